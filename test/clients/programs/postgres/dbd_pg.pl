# DBD::Pg: placeholders, types, metadata, COPY, asynchronous queries, savepoints. Prints its version, then what it saw.
use strict;
use warnings;
use DBI;
use DBD::Pg qw(:pg_types :async);
use Data::Dumper;
$Data::Dumper::Indent = 0; $Data::Dumper::Terse = 1; $Data::Dumper::Sortkeys = 1; $| = 1;
binmode STDOUT, ':utf8';
my $port = shift;
print "$DBD::Pg::VERSION\n";
my $dbh = DBI->connect("dbi:Pg:dbname=postgres;host=127.0.0.1;port=$port", 'postgres', '', { RaiseError => 1, PrintError => 0, PrintWarn => 0, AutoCommit => 1 });
sub show { print Dumper(@_ == 1 ? $_[0] : \@_), "\n" }
$dbh->do('set client_min_messages to warning');
$dbh->do('drop schema if exists dbdpg_test cascade'); $dbh->do('create schema dbdpg_test'); $dbh->do('set search_path to dbdpg_test');
$dbh->do("create table item (id serial primary key, name varchar(20) not null unique, price numeric(8,2) default 1.5, raw bytea, tags text[], at timestamptz, ok boolean, constraint positive check (price > 0))");
$dbh->do('create table sub (a int, b int, item int references item (id) on delete cascade, primary key (a, b))');
$dbh->do('create index sub_item on sub (item desc) where a > 1'); $dbh->do("comment on column item.name is 'its name'"); $dbh->do('create view v as select id, name from item');
my $insert = $dbh->prepare('insert into item (name, price, raw, tags, ok) values (?, ?, ?, ?, ?) returning id, name, price, raw, tags, ok');
$insert->bind_param(3, undef, { pg_type => PG_BYTEA });
for my $i (1 .. 5) { $insert->execute("näme$i", $i, "\x00\xff$i", ['a', undef, 'b "c"'], $i % 2); show($insert->fetchrow_hashref) }
show($insert->{NAME}, $insert->{TYPE}, $insert->{PRECISION}, $insert->{SCALE}, $insert->{NULLABLE}, $insert->{pg_type}, $insert->rows);
my $named = $dbh->prepare('select :a::int + :b::int, $$:quoted ?$$'); $named->bind_param(':a', 1); $named->bind_param(':b', 2); $named->execute; show($named->fetchall_arrayref);
my $numbered = $dbh->prepare('select $2::text, $1::int'); $numbered->execute(1, 'x'); show($numbered->fetchrow_array);
show($dbh->selectall_arrayref('select id, name from item where name = any(?) order by id', { Slice => {} }, ['näme1', 'näme3']));
show($dbh->selectcol_arrayref('select ?::bigint union all select 9007199254740993 order by 1', undef, 5));
my @many; my $tuples = $dbh->prepare('insert into item (name) values (?)')->execute_array({ ArrayTupleStatus => \@many }, [map { "m$_" } 1 .. 10]); show($tuples, \@many);
for my $statement ("insert into item (name) values ('m1')", 'select nosuch', 'insert into item (name, price) values (1, -1)', 'select 1 +', "select 'x'::int", "insert into sub values (1, 1, 9999)") {
  eval { $dbh->do($statement) }; show($dbh->state, $dbh->errstr, $dbh->pg_error_field('constraint'), $dbh->pg_error_field('table'), $dbh->pg_error_field('detail'));
}
$dbh->begin_work; $dbh->do("insert into item (name) values ('tx')"); $dbh->pg_savepoint('s'); eval { $dbh->do('select 1/0') }; show($dbh->state, $dbh->ping, $dbh->pg_ping); $dbh->pg_rollback_to('s'); $dbh->pg_release('s'); $dbh->rollback;
show($dbh->selectrow_array("select count(*) from item where name = 'tx'"));
show($dbh->last_insert_id(undef, 'dbdpg_test', 'item', undef));
# Metadata.
sub rows { my $sth = shift; return [] unless $sth; my $names = $sth->{NAME}; show($names); for my $row (@{ $sth->fetchall_arrayref }) { show([map { $names->[$_] =~ /^(CARDINALITY|PAGES)$/ ? '' : $row->[$_] } 0 .. $#$row]) } }
rows($dbh->table_info('', 'dbdpg_test', '%', 'TABLE,VIEW')); rows($dbh->column_info('', 'dbdpg_test', 'item', '%')); rows($dbh->primary_key_info('', 'dbdpg_test', 'sub'));
$dbh->do('insert into sub select x, x, 1 from generate_series(1, 9) x'); $dbh->do('analyze dbdpg_test.sub');
rows($dbh->foreign_key_info('', 'dbdpg_test', 'item', '', 'dbdpg_test', 'sub')); rows($dbh->statistics_info(undef, 'dbdpg_test', 'sub', undef, undef));
show([$dbh->tables('', 'dbdpg_test', '', '')]); show([$dbh->primary_key('', 'dbdpg_test', 'sub')]);
show($dbh->quote("it's \\ x"), $dbh->quote_identifier('dbdpg_test', 'We"ird'), $dbh->quote("\x00\x01", { pg_type => PG_BYTEA }));
show($dbh->get_info(18) =~ /^15/ ? 'version' : '', $dbh->{pg_server_version} >= 150000, $dbh->{pg_default_port} // '', $dbh->{pg_db});
show([sort map { $_->{TYPE_NAME} } grep { ref eq 'HASH' } $dbh->type_info(DBI::SQL_VARCHAR)]);
# COPY.
$dbh->do('copy item (name, price) from stdin'); $dbh->pg_putcopydata("copied$_\t$_\n") for 1 .. 100; $dbh->pg_putcopyend;
$dbh->do("copy (select name, price from item where name like 'copied1%' order by id) to stdout with csv"); my $line = ''; while ($dbh->pg_getcopydata($line) >= 0) { print $line }
# Asynchronous.
my $async = $dbh->prepare('select pg_sleep(1.5), 42', { pg_async => PG_ASYNC }); $async->execute; show($dbh->pg_ready); show($dbh->pg_result); show($async->fetchall_arrayref);
$async = $dbh->prepare('select pg_sleep(10)', { pg_async => PG_ASYNC }); $async->execute; show($dbh->pg_cancel); undef $async;
# Notifications, large objects, statements prepared by the server.
$dbh->do('listen chan'); $dbh->do("notify chan, 'hello'"); my $n = $dbh->pg_notifies; show($n->[0], $n->[2]);
{ local $dbh->{pg_server_prepare} = 1; local $dbh->{pg_switch_prepared} = 1; my $s = $dbh->prepare('select name from item where id = ?'); for (1 .. 4) { $s->execute($_); show($s->fetchrow_array) } show($s->{pg_prepare_name} ne '' ? 1 : 0); }
show($dbh->selectrow_array('select count(*) from pg_prepared_statements'));
$dbh->begin_work; $dbh->do('declare c cursor for select id from item order by id'); show($dbh->selectall_arrayref('fetch 3 from c')); $dbh->commit;
$dbh->do('drop schema dbdpg_test cascade'); $dbh->disconnect;
