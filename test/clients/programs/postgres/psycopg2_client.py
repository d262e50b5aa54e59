"""psycopg2: what applications do with it. Prints its version, then what it saw: the same text is expected from PostgreSQL."""
import sys
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
import io

import psycopg2
import psycopg2.extensions
import psycopg2.extras
from psycopg2 import errors, sql

DSN = f"host=127.0.0.1 port={sys.argv[1]} user=postgres dbname=postgres application_name=exercise"
print(psycopg2.__version__.split()[0])
psycopg2.extras.register_uuid()

connection = psycopg2.connect(DSN)
cursor = connection.cursor()
cursor.execute("drop schema if exists psycopg2_test cascade")
cursor.execute("create schema psycopg2_test")
cursor.execute("set search_path to psycopg2_test")
connection.commit()
cursor.execute("set search_path to psycopg2_test")

cursor.execute(
    "create table item (id serial primary key, name text not null unique, price numeric(10,2), born date, at timestamptz,"
    " span interval, tags text[], doc jsonb, raw bytea, key uuid, flag boolean, ratio float8, clock time)")
values = ("böld \\ 'quoted'", Decimal("12.50"), date(2024, 2, 29), datetime(2024, 2, 29, 12, 0, 0, 5, tzinfo=timezone.utc),
          timedelta(days=3, seconds=5, microseconds=7), ["a", 'b "c"', None, ""], psycopg2.extras.Json({"k": [1, None, "é"]}),
          b"\x00\xff\\", uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), True, 0.1, time(1, 2, 3, 4))
cursor.execute("insert into item values (default" + ", %s" * len(values) + ") returning *", values)
print([bytes(v) if isinstance(v, memoryview) else v for v in cursor.fetchone()])
print([(c.name, c.type_code, c.display_size, c.internal_size, c.precision, c.scale, c.null_ok) for c in cursor.description])
print(cursor.statusmessage, cursor.rowcount)

# Many rows at once.
psycopg2.extras.execute_values(cursor, "insert into item (name, price) values %s returning id", [(f"n{i}", i) for i in range(250)], page_size=100)
print(cursor.statusmessage, cursor.rowcount)
psycopg2.extras.execute_batch(cursor, "update item set price = price + %s where name = %s", [(1, f"n{i}") for i in range(50)])
cursor.execute("select count(*), sum(price), max(name) from item")
print(cursor.fetchone())
cursor.executemany("insert into item (name) values (%s)", [("x",), ("y",)])
print(cursor.rowcount)

# Errors, with everything that libpq tells about them.
for statement in ("insert into item (name) values ('x')", "select nosuch from item", "insert into item (name) values (null)", "select 1/0",
                  "selec", "select 'x'::int", "select * from nothere", "insert into item (id, name, flag) values (1, 'q', 'maybe')"):
    cursor.execute("savepoint s")
    try:
        cursor.execute(statement)
    except psycopg2.Error as error:
        d = error.diag
        print(type(error).__name__, error.pgcode, d.severity, d.message_primary, d.message_detail, d.message_hint, d.statement_position,
              d.schema_name, d.table_name, d.column_name, d.constraint_name, d.datatype_name, d.context)
    cursor.execute("rollback to savepoint s")
try:
    cursor.execute("insert into item (name) values ('x')")
except errors.UniqueViolation:
    print("status", connection.info.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_INERROR)
try:
    cursor.execute("select 1")
except errors.InFailedSqlTransaction as error:
    print(error.pgcode)
connection.rollback()
cursor.execute("select to_regclass('psycopg2_test.item')")
print(cursor.fetchone())
cursor.execute("set search_path to psycopg2_test")
cursor.execute("create table item (id serial primary key, name text, price numeric, doc json)")
psycopg2.extras.execute_values(cursor, "insert into item (name, price) values %s", [(f"n{i}", i) for i in range(1000)])
connection.commit()
cursor.execute("set search_path to psycopg2_test")

# Server side cursors: forward, scrollable, with hold.
with connection.cursor("forward") as named:
    named.itersize = 100
    named.execute("select id, name from item order by id")
    print(sum(row[0] for row in named))
with connection.cursor("scrolling", scrollable=True) as named:
    named.execute("select id from item order by id")
    print(named.fetchmany(3))
    named.scroll(500)
    print(named.fetchone())
    named.scroll(0, mode="absolute")
    print(named.fetchone())
with connection.cursor("held", withhold=True) as named:
    named.execute("select id from item order by id desc")
    print(named.fetchone())
    connection.commit()
    print(named.fetchone())
    connection.commit()
cursor.execute("set search_path to psycopg2_test")

# COPY.
text = io.StringIO("".join(f"{i}\tname\\t{i}\t\\N\t{{\"a\": {i}}}\n" for i in range(5000, 5100)))
cursor.copy_from(text, "item", columns=("id", "name", "price", "doc"))
print(cursor.rowcount)
out = io.StringIO()
cursor.copy_to(out, "item", columns=("id", "name"))
print(len(out.getvalue().splitlines()))
out = io.StringIO()
cursor.copy_expert("copy (select * from item where id >= 5098 order by id) to stdout with (format csv, header, force_quote (name))", out)
print(out.getvalue())
out = io.BytesIO()
cursor.copy_expert("copy (select id, name, price from item where id = 5099) to stdout with (format binary)", out)
print(out.getvalue())
try:
    cursor.copy_expert("copy item (id, name) from stdin with (format csv)", io.StringIO("7000,a\nbad,b\n"))
except psycopg2.Error as error:
    print(error.pgcode, error.diag.message_primary, error.diag.context)
connection.rollback()
cursor.execute("set search_path to psycopg2_test")

# Rows as dictionaries and named tuples, composed statements.
with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as named:
    named.execute(sql.SQL("select {}, {} from {} where {} = %s").format(
        sql.Identifier("id"), sql.Identifier("name"), sql.Identifier("psycopg2_test", "item"), sql.Identifier("id")), (3,))
    print(dict(named.fetchone()))
with connection.cursor(cursor_factory=psycopg2.extras.NamedTupleCursor) as named:
    named.execute("select 1 as one, 'b' as two")
    print(named.fetchone())

# Adapters that ask the catalogs.
cursor.execute("create type psycopg2_test.pair as (l int, r text)")
cursor.execute("create type psycopg2_test.mood as enum ('sad', 'ok')")
caster = psycopg2.extras.register_composite("psycopg2_test.pair", cursor)
cursor.execute("select row(1, 'x,y')::psycopg2_test.pair, array[row(2, null)]::psycopg2_test.pair[], array['ok']::psycopg2_test.mood[]")
print(cursor.fetchone())
print(caster.name, caster.schema, caster.attnames)
cursor.execute("select %s, %s", (psycopg2.extras.NumericRange(1, 5), psycopg2.extras.DateRange(date(2024, 1, 1), None, "[)")))
print(cursor.fetchone())
cursor.execute("select int4range(1, 10), tstzrange('2024-01-01', null), '{1,2}'::int8[], '{{1,2},{3,4}}'::int[], '192.168.0.1/24'::inet")
print(cursor.fetchone())
cursor.callproc("lower", ["ABC"])
print(cursor.fetchone())
connection.commit()

# Isolation, read only, autocommit.
connection.set_session(isolation_level="SERIALIZABLE", readonly=True, deferrable=True)
with connection, connection.cursor() as c:
    c.execute("show transaction_isolation")
    print(c.fetchone())
    c.execute("show transaction_read_only")
    print(c.fetchone())
connection.set_session(isolation_level="DEFAULT", readonly=False, deferrable=False, autocommit=True)
cursor.execute("select 1")
print(connection.info.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_IDLE)

# Notifications, notices, encodings, parameters.
cursor.execute("listen news")
cursor.execute("notify news, 'hello'")
connection.poll()
print([(n.channel, n.payload, n.pid == connection.info.backend_pid) for n in connection.notifies])
cursor.execute("drop table if exists psycopg2_test.nothere")
print(connection.notices)
print(connection.encoding, connection.get_parameter_status("TimeZone"), connection.get_parameter_status("application_name"),
      connection.server_version // 10000, connection.info.protocol_version)
connection.set_client_encoding("LATIN1")
cursor.execute("select 'é', %s, length(%s)", ("ü", "ü"))
print(cursor.fetchone())
try:
    cursor.execute("select '€' || chr(8364)" .encode("utf8"))
except psycopg2.Error as error:
    print(error.pgcode, error.diag.message_primary)
connection.set_client_encoding("UTF8")

connection.autocommit = False

# A cancelled statement.
import threading
cursor.execute("select 1")
timer = threading.Timer(0.3, connection.cancel)
timer.start()
try:
    cursor.execute("select pg_sleep(20)")
except psycopg2.Error as error:
    print(type(error).__name__, error.pgcode, error.diag.message_primary)
connection.rollback()

# Asynchronous connection.
import select as selecting
def wait(conn):
    while True:
        state = conn.poll()
        if state == psycopg2.extensions.POLL_OK:
            return
        selecting.select([conn.fileno()] if state == psycopg2.extensions.POLL_READ else [],
                         [conn.fileno()] if state == psycopg2.extensions.POLL_WRITE else [], [], 10)
other = psycopg2.connect(DSN, async_=1)
wait(other)
asynchronous = other.cursor()
asynchronous.execute("select 42")
wait(other)
print(asynchronous.fetchone())
other.close()

cursor.execute("drop schema psycopg2_test cascade")
connection.commit()
print(connection.notices[-1].splitlines()[0])
connection.close()
