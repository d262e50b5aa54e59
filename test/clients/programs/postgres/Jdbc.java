// The JDBC driver: batches, server-prepared statements, binary transfer, COPY, metadata, types. Prints its version, then what it saw.
import java.io.*;
import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;
import org.postgresql.copy.CopyManager;
import org.postgresql.util.PGobject;
import org.postgresql.util.PSQLException;

public class Jdbc {
  static void rows(String title, ResultSet r) throws SQLException {
    ResultSetMetaData m = r.getMetaData();
    System.out.println("-- " + title);
    while (r.next()) {
      StringBuilder line = new StringBuilder();
      for (int i = 1; i <= m.getColumnCount(); i++) line.append(i == 1 ? "" : "|").append(r.getString(i));
      System.out.println(line);
    }
    r.close();
  }
  static Object show(Object v) throws SQLException {
    if (v instanceof byte[]) return Arrays.toString((byte[]) v);
    if (v instanceof java.sql.Array) return Arrays.deepToString((Object[]) ((java.sql.Array) v).getArray());
    return v;
  }

  public static void main(String[] args) throws Exception {
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    String url = "jdbc:postgresql://127.0.0.1:" + args[0] + "/postgres?user=postgres";
    System.out.println(org.postgresql.util.DriverInfo.DRIVER_VERSION);
    try (Connection setup = DriverManager.getConnection(url); Statement s = setup.createStatement()) {
      s.execute("set client_min_messages to warning; drop schema if exists jdbc_test cascade; create schema jdbc_test; set search_path to jdbc_test;"
          + "create type mood as enum ('sad', 'ok'); create type pair as (l int, r text); create domain posint as int check (value > 0);"
          + "create table item (id serial primary key, name varchar(40) not null unique, price numeric(8,2) default 1.5, born date, at timestamptz, local timestamp, clock time, raw bytea, ok boolean, tags text[], key uuid, doc jsonb, big bigint, ratio float8, single real, small smallint, how mood, p pair, n posint, bits bit(3), j json, c char(3), m money, i interval, o oid, x text);"
          + "create table sub (a int, b int, item int references item (id) on delete cascade on update set null deferrable, primary key (a, b)); create index sub_item on sub (item desc, (a + b)) where a > 1;"
          + "comment on table item is 'the items'; comment on column item.name is 'its name'; create view v as select id, name from item; create materialized view mv as select 1 as one; create sequence seq;"
          + "create function add_one(a int, out b int) language sql as 'select a + 1'; create function many(n int) returns setof int language sql as 'select generate_series(1, n)'; create procedure proc(inout a int) language sql as 'select a * 2';"
          + "create table parted (a int) partition by list (a); create table parted_1 partition of parted for values in (1); grant select on item to public; create table ident (a int generated always as identity, g int generated always as (1 + 1) stored)");
    }
    for (String mode : new String[] {"extended", "extendedForPrepared", "extendedCacheEverything"}) {
      System.out.println("== " + mode);
      try (Connection c = DriverManager.getConnection(url + "&currentSchema=jdbc_test&preferQueryMode=" + mode + "&prepareThreshold=2&stringtype=unspecified")) {
        types(c);
        c.createStatement().execute("truncate item restart identity cascade");
      }
    }
    try (Connection c = DriverManager.getConnection(url + "&currentSchema=jdbc_test&prepareThreshold=-1")) { types(c); }
    try (Connection c = DriverManager.getConnection(url + "&currentSchema=jdbc_test")) {
      statements(c);
      metadata(c);
      c.createStatement().execute("set client_min_messages to warning; drop schema jdbc_test cascade");
    }
    try { DriverManager.getConnection(url.replace("/postgres?", "/nothing?")); } catch (PSQLException e) { System.out.println(e.getSQLState() + " " + e.getMessage()); }
    try { DriverManager.getConnection(url.replace("user=postgres", "user=nobody")); } catch (PSQLException e) { System.out.println(e.getSQLState() + " " + e.getMessage()); }
  }

  static void types(Connection c) throws Exception {
    String sql = "insert into item (name, price, born, at, local, clock, raw, ok, tags, key, doc, big, ratio, single, small, how, n, c, p) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?::mood,?,?,?::pair)";
    for (int round = 0; round < 4; round++) {
      try (PreparedStatement p = c.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS)) {
        p.setString(1, "näme" + round); p.setBigDecimal(2, new BigDecimal("12.50")); p.setObject(3, LocalDate.of(2024, 2, 29)); p.setObject(4, OffsetDateTime.parse("2024-02-29T01:02:03.000004Z"));
        p.setTimestamp(5, Timestamp.valueOf("2024-02-29 01:02:03.5")); p.setObject(6, LocalTime.of(1, 2, 3, 4000)); p.setBytes(7, new byte[] {0, -1, 92}); p.setBoolean(8, round % 2 == 0);
        p.setArray(9, c.createArrayOf("text", new String[] {"a", null, "b \"c\""})); p.setObject(10, UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"));
        PGobject json = new PGobject(); json.setType("jsonb"); json.setValue("{\"a\": [1]}"); p.setObject(11, json); p.setLong(12, 1L << 60); p.setDouble(13, 0.1); p.setFloat(14, 1.5f); p.setShort(15, (short) -3);
        p.setString(16, "ok"); p.setInt(17, 5); p.setNull(18, Types.CHAR); p.setString(19, "(1,x)");
        p.executeUpdate();
        try (ResultSet keys = p.getGeneratedKeys()) { keys.next(); System.out.println(keys.getInt("id")); }
      }
    }
    for (int round = 0; round < 4; round++)
      try (PreparedStatement p = c.prepareStatement("select * from item where id = ? and name = any (?)")) {
        if (round > 1) p.unwrap(PGStatement.class).setPrepareThreshold(1);
        p.setInt(1, 1); p.setArray(2, c.createArrayOf("varchar", new String[] {"näme0", "x"}));
        try (ResultSet r = p.executeQuery()) {
          while (r.next()) for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) System.out.print(show(r.getObject(i)) + " ");
          System.out.println();
        }
      }
    try (PreparedStatement p = c.prepareStatement("select ?::int4, ?::numeric, ?::date, ?::timestamptz, ?::int4[], ?::bytea, ?::float8")) {
      for (int round = 0; round < 7; round++) {
        p.setObject(1, round); p.setBigDecimal(2, new BigDecimal("-0.00120")); p.setObject(3, LocalDate.of(2024, 1, 1 + round)); p.setObject(4, OffsetDateTime.parse("2024-01-01T00:00:00Z"));
        p.setArray(5, c.createArrayOf("int4", new Integer[] {1, null, round})); p.setBytes(6, new byte[] {1, 2}); p.setDouble(7, Double.NaN);
        ResultSet r = p.executeQuery(); r.next();
        if (round == 6) for (int i = 1; i <= 7; i++) System.out.print(show(r.getObject(i)) + " ");
      }
      System.out.println();
    }
  }

  static void statements(Connection c) throws Exception {
    try (Statement s = c.createStatement()) {
      System.out.println(s.execute("select 1; update item set x = 'y'; select 2") + " " + s.getMoreResults() + " " + s.getUpdateCount() + " " + s.getMoreResults());
      for (String q : new String[] {"insert into item (name) values ('näme0')", "select nosuch", "selec", "select 1/0", "insert into sub values (1, 1, 99999)", "select 'x'::int", "insert into item (name) values (repeat('x', 50))", "select 1 from item group by"})
        try { s.execute(q); } catch (PSQLException e) {
          var m = e.getServerErrorMessage();
          System.out.println(e.getSQLState() + " " + m.getMessage() + " " + m.getDetail() + " " + m.getHint() + " " + m.getPosition() + " " + m.getConstraint() + " " + m.getTable() + " " + m.getColumn() + " " + m.getSchema());
        }
    }
    try (PreparedStatement p = c.prepareStatement("insert into sub values (?, ?, ?)")) {
      for (int i = 0; i < 300; i++) { p.setInt(1, i); p.setInt(2, i % 7); p.setInt(3, 1); p.addBatch(); }
      System.out.println(Arrays.stream(p.executeBatch()).sum());
      p.setInt(1, 1000); p.setInt(2, 1); p.setInt(3, 1); p.addBatch(); p.setInt(1, 1); p.setInt(2, 1); p.setInt(3, 1); p.addBatch();
      try { p.executeBatch(); } catch (BatchUpdateException e) { System.out.println(e.getSQLState() + " " + e.getMessage().split("\n")[0] + " " + Arrays.toString(e.getUpdateCounts())); }
    }
    c.setAutoCommit(false);
    try (PreparedStatement p = c.prepareStatement("select a, b from sub order by a")) {
      p.setFetchSize(50);
      int n = 0; long sum = 0;
      try (ResultSet r = p.executeQuery()) { while (r.next()) { n++; sum += r.getInt(1); } }
      System.out.println(n + " " + sum);
      Savepoint sp = c.setSavepoint("s");
      try { c.createStatement().execute("select 1/0"); } catch (SQLException e) { System.out.println(e.getSQLState()); }
      c.rollback(sp);
      c.releaseSavepoint(c.setSavepoint());
      c.commit();
    }
    try (Statement s = c.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE); ResultSet r = s.executeQuery("select id, name, price from item order by id")) {
      r.last(); System.out.println(r.getRow()); r.absolute(2); r.updateBigDecimal("price", new BigDecimal("99.00")); r.updateRow(); r.moveToInsertRow(); r.updateInt(1, 500); r.updateString(2, "inserted"); r.insertRow(); r.first(); r.deleteRow();
    } catch (SQLException e) { System.out.println("updatable: " + e.getSQLState() + " " + e.getMessage()); }
    c.commit();
    rows("after", c.createStatement().executeQuery("select id, name, price from item order by id"));
    c.rollback();
    for (int level : new int[] {1, 2, 4, 8}) { c.setTransactionIsolation(level); System.out.println(c.getTransactionIsolation()); c.commit(); }
    c.setTransactionIsolation(2);
    c.setReadOnly(true);
    try { c.createStatement().execute("delete from sub"); } catch (SQLException e) { System.out.println(e.getSQLState() + " " + e.getMessage()); }
    c.rollback(); c.setReadOnly(false); c.setAutoCommit(true);
    try (CallableStatement f = c.prepareCall("{? = call add_one(?)}")) { f.registerOutParameter(1, Types.INTEGER); f.setInt(2, 41); f.execute(); System.out.println(f.getInt(1)); }
    try (CallableStatement f = c.prepareCall("call proc(?)")) { f.registerOutParameter(1, Types.INTEGER); f.setInt(1, 21); f.execute(); System.out.println(f.getInt(1)); } catch (SQLException e) { System.out.println(e.getSQLState() + e.getMessage()); }
    CopyManager copy = c.unwrap(PGConnection.class).getCopyAPI();
    System.out.println(copy.copyIn("copy sub from stdin with (format csv)", new StringReader("2000,1,\n2001,1,\n")));
    StringWriter out = new StringWriter(); System.out.println(copy.copyOut("copy (select * from sub where a >= 2000 order by 1) to stdout", out) + out.toString());
    ByteArrayOutputStream binary = new ByteArrayOutputStream(); System.out.println(copy.copyOut("copy (select a, b from sub where a = 2000) to stdout with (format binary)", binary) + Arrays.toString(binary.toByteArray()));
    System.out.println(copy.copyIn("copy sub (a, b) from stdin with (format binary)", new ByteArrayInputStream(rewritten(binary.toByteArray()))));
    try { copy.copyIn("copy sub from stdin", new StringReader("bad\n")); } catch (SQLException e) { System.out.println(e.getSQLState() + " " + e.getMessage().split("\n")[0]); }
    c.createStatement().execute("listen chan"); c.createStatement().execute("notify chan, 'hi'");
    var notes = c.unwrap(PGConnection.class).getNotifications(1000); System.out.println(notes[0].getName() + notes[0].getParameter());
    try (Statement s = c.createStatement()) { s.setQueryTimeout(1); s.execute("select pg_sleep(20)"); } catch (SQLException e) { System.out.println(e.getSQLState() + " " + e.getMessage()); }
    // A changed table under a server-prepared statement.
    try (PreparedStatement p = c.prepareStatement("select * from sub where a = ?")) {
      p.unwrap(PGStatement.class).setPrepareThreshold(1);
      p.setInt(1, 5); p.executeQuery(); p.executeQuery(); c.createStatement().execute("alter table sub add column extra int default 3");
      ResultSet r = p.executeQuery(); r.next(); System.out.println(r.getMetaData().getColumnCount());
    }
    rows("many", c.createStatement().executeQuery("select * from many(3)"));
    System.out.println(c.isValid(2) + " " + c.getSchema() + " " + c.getCatalog() + " " + c.getClientInfo());
    c.setClientInfo("ApplicationName", "jdbc app"); rows("app", c.createStatement().executeQuery("show application_name"));
    c.createStatement().execute("discard all"); c.setSchema("jdbc_test");
    ParameterMetaData pm = c.prepareStatement("select * from item where id = ? and name = ? and price > ?").getParameterMetaData();
    for (int i = 1; i <= pm.getParameterCount(); i++) System.out.print(pm.getParameterTypeName(i) + " ");
    ResultSetMetaData rm = c.prepareStatement("select id, name, price, price * 2 as twice, how, tags, at from item").getMetaData();
    for (int i = 1; i <= rm.getColumnCount(); i++)
      System.out.println(rm.getColumnName(i) + " " + rm.getColumnTypeName(i) + " " + rm.getPrecision(i) + " " + rm.getScale(i) + " " + rm.isNullable(i) + " " + rm.isAutoIncrement(i) + " " + rm.getTableName(i) + " " + rm.getSchemaName(i) + " " + rm.getColumnDisplaySize(i) + " " + rm.getColumnClassName(i));
  }
  static byte[] rewritten(byte[] copy) { copy[28] = 77; return copy; }

  static void metadata(Connection c) throws SQLException {
    DatabaseMetaData d = c.getMetaData();
    System.out.println(d.getDatabaseMajorVersion() + "" + " " + d.getMaxColumnNameLength() + " " + d.getDefaultTransactionIsolation() + " " + d.getSQLKeywords());
    rows("tables", d.getTables(null, "jdbc_test", "%", null)); rows("some", d.getTables(null, "jdbc_test", "%", new String[] {"TABLE", "VIEW", "SEQUENCE", "PARTITIONED TABLE", "TYPE"})); rows("columns", d.getColumns(null, "jdbc_test", "%", "%"));
    rows("pk", d.getPrimaryKeys(null, "jdbc_test", "sub")); rows("imported", d.getImportedKeys(null, "jdbc_test", "sub")); rows("exported", d.getExportedKeys(null, "jdbc_test", "item")); rows("cross", d.getCrossReference(null, "jdbc_test", "item", null, "jdbc_test", "sub"));
    c.createStatement().execute("analyze jdbc_test.sub");
    // The pages of an index are the server's own affair.
    ResultSet x = d.getIndexInfo(null, "jdbc_test", "sub", false, false);
    while (x.next()) System.out.println(x.getString("INDEX_NAME") + " " + x.getBoolean("NON_UNIQUE") + " " + x.getInt("TYPE") + " " + x.getInt("ORDINAL_POSITION") + " " + x.getString("COLUMN_NAME") + " " + x.getString("ASC_OR_DESC") + " " + x.getLong("CARDINALITY") + " " + x.getString("FILTER_CONDITION"));
    rows("best", d.getBestRowIdentifier(null, "jdbc_test", "sub", 0, false)); rows("version", d.getVersionColumns(null, "jdbc_test", "sub"));
    rows("privileges", d.getTablePrivileges(null, "jdbc_test", "item")); rows("column privileges", d.getColumnPrivileges(null, "jdbc_test", "v", "%")); rows("procedures", d.getProcedures(null, "jdbc_test", "%")); rows("procedure columns", d.getProcedureColumns(null, "jdbc_test", "%", "%"));
    rows("functions", d.getFunctions(null, "jdbc_test", "%")); rows("function columns", d.getFunctionColumns(null, "jdbc_test", "%", "%")); rows("udts", d.getUDTs(null, "jdbc_test", "%", null)); rows("table types", d.getTableTypes());
    ResultSet s = d.getSchemas(null, "jdbc%"); rows("schemas", s); rows("catalogs", d.getCatalogs()); rows("client info", d.getClientInfoProperties());
    ResultSet t = d.getTypeInfo(); Set<String> names = new TreeSet<>(), wanted = Set.of("int4", "numeric", "text", "bytea", "timestamptz", "serial", "mood", "_mood", "pair", "_pair", "posint", "_posint", "item", "_item", "jsonb", "uuid");
    while (t.next()) if (wanted.contains(t.getString(1))) names.add(t.getString(1) + ":" + t.getInt(2) + ":" + t.getInt(3) + ":" + t.getInt("SEARCHABLE"));
    System.out.println(names);
    System.out.println(d.getNumericFunctions().length() + " " + d.supportsTransactions());
  }
}
