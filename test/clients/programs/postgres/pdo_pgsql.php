<?php
// php: PDO and pg_*: prepared statements, types, metadata, COPY, asynchronous queries. Prints its version, then what it saw.
echo phpversion('pgsql'), "\n";
$port = $argv[1];
$pdo = new PDO("pgsql:host=127.0.0.1;port=$port;dbname=postgres", 'postgres', '', [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$pdo->exec('set client_min_messages to warning');
$pdo->exec('drop schema if exists php_test cascade; create schema php_test; set search_path to php_test');
$pdo->exec('create table item (id serial primary key, name text unique, price numeric(8,2), raw bytea, ok boolean, tags text[])');
foreach ([false, true] as $emulate) {
  $pdo->setAttribute(PDO::ATTR_EMULATE_PREPARES, $emulate);
  $s = $pdo->prepare('insert into item (name, price, raw, ok) values (:name, :price, :raw, :ok) returning id');
  $s->bindValue('name', "it's é$emulate"); $s->bindValue('price', '12.50'); $s->bindValue('raw', "\x00\xff", PDO::PARAM_LOB); $s->bindValue('ok', true, PDO::PARAM_BOOL);
  $s->execute(); var_dump($s->fetchColumn());
}
$pdo->setAttribute(PDO::ATTR_EMULATE_PREPARES, false);
$s = $pdo->query('select * from item order by id');
foreach ($s as $row) { $row['raw'] = bin2hex(stream_get_contents($row['raw'])); unset($row[3]); echo json_encode($row), "\n"; }
for ($i = 0; $i < $s->columnCount(); $i++) echo json_encode($s->getColumnMeta($i)), "\n";
var_dump($pdo->lastInsertId('item_id_seq'), $pdo->lastInsertId());
foreach (["insert into item (name) values ('x'), ('x')", 'select nosuch', 'selec', "select 'a'::int", 'select 1/0'] as $q) { try { $pdo->query($q); } catch (PDOException $e) { echo json_encode($e->errorInfo), "\n"; } }
$pdo->beginTransaction(); $pdo->exec("insert into item (name) values ('tx')"); var_dump($pdo->inTransaction()); $pdo->rollBack();
echo json_encode($pdo->query('select 1::int2 a, 2::int8 b, 1.5::float8 c, true d, null e, \'{1,2}\'::int[] f, now() is not null g')->fetch(PDO::FETCH_ASSOC)), "\n";
var_dump($pdo->pgsqlCopyFromArray('item', ["copied1\t1", "copied2\t2"], "\t", '\\\\N', 'name, price'), $pdo->pgsqlCopyToArray('item (name, price)', ',', 'NULL'));
$s = $pdo->prepare('select id from item order by id', [PDO::ATTR_CURSOR => PDO::CURSOR_SCROLL]); $s->execute();
echo json_encode([$s->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_LAST), $s->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_FIRST), $s->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_ABS, 2)]), "\n"; $s = null;
$pdo->exec('listen chan'); $pdo->exec("notify chan, 'hi'"); $n = $pdo->pgsqlGetNotify(PDO::FETCH_ASSOC, 1000); echo $n['message'], $n['payload'], "\n";
echo $pdo->getAttribute(PDO::ATTR_SERVER_VERSION) >= 15 ? 'ok' : 'old', ' ', $pdo->getAttribute(PDO::ATTR_CONNECTION_STATUS), "\n";

$c = pg_connect("host=127.0.0.1 port=$port user=postgres dbname=postgres options='-c search_path=php_test -c client_min_messages=warning'");
var_dump(pg_client_encoding($c), pg_parameter_status($c, 'server_encoding'), pg_transaction_status($c), pg_escape_literal($c, "it's \\"), pg_escape_identifier($c, 'a"b'));
echo json_encode(pg_fetch_all(pg_query_params($c, 'select $1::int + 1 as n, $2::text as t', [1, 'x']))), "\n";
pg_prepare($c, 'p', 'select name from item where id = $1'); echo json_encode(pg_fetch_row(pg_execute($c, 'p', [1]))), "\n";
$r = pg_query($c, 'select id, name, price from item limit 1');
for ($i = 0; $i < 3; $i++) echo pg_field_name($r, $i), ' ', pg_field_type($r, $i), ' ', pg_field_type_oid($r, $i), ' ', pg_field_size($r, $i), ' ', pg_field_table($r, $i), ' ', pg_field_prtlen($r, 0, $i), "\n";
echo json_encode(pg_meta_data($c, 'php_test.item', true)), "\n"; echo json_encode(pg_meta_data($c, 'php_test.item')), "\n";
var_dump(pg_insert($c, 'php_test.item', ['name' => 'by pg_insert', 'price' => 3.5]) !== false, pg_select($c, 'php_test.item', ['name' => 'by pg_insert'])[0]['price'], pg_update($c, 'php_test.item', ['price' => 4], ['name' => 'by pg_insert']), pg_delete($c, 'php_test.item', ['name' => 'by pg_insert']));
var_dump(pg_copy_from($c, 'item', ["7000\tcopied\t1\t\\N\tt\t{a}\n"]), pg_copy_to($c, 'item')[0]);
$r = @pg_query($c, 'select nosuch'); echo pg_last_error($c), "\n"; pg_send_query($c, 'select 1/0'); $r = pg_get_result($c);
foreach ([PGSQL_DIAG_SEVERITY, PGSQL_DIAG_SQLSTATE, PGSQL_DIAG_MESSAGE_PRIMARY, PGSQL_DIAG_STATEMENT_POSITION] as $f) echo json_encode(pg_result_error_field($r, $f)), "\n";
pg_send_query($c, 'select 1; select 2'); while ($r = pg_get_result($c)) echo pg_fetch_result($r, 0, 0), pg_result_status($r), "\n";
pg_send_query($c, 'select pg_sleep(10)'); usleep(200000); var_dump(pg_cancel_query($c)); echo json_encode(pg_fetch_row(pg_query($c, 'select 5'))), "\n";
pg_set_client_encoding($c, 'LATIN1'); echo bin2hex(pg_fetch_result(pg_query_params($c, 'select $1::text', ["\xe9"]), 0, 0)), pg_client_encoding($c), "\n";
pg_query($c, 'drop schema php_test cascade');
