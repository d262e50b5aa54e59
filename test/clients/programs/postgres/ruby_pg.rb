# ruby-pg: typed maps, prepared statements, pipelines, COPY, single rows, notifications. Prints its version, then what it saw.
require 'pg'
puts PG::VERSION
conn = PG.connect(host: '127.0.0.1', port: ARGV[0], user: 'postgres', dbname: 'postgres')
conn.exec('set client_min_messages to warning; drop schema if exists rubypg_test cascade; create schema rubypg_test; set search_path to rubypg_test; reset client_min_messages')
conn.set_notice_processor { |m| puts "notice #{m}" }
conn.type_map_for_results = PG::BasicTypeMapForResults.new(conn)
conn.type_map_for_queries = PG::BasicTypeMapForQueries.new(conn)
p conn.exec("select 1::int2, 2::int8, 1.5::float8, 1.25::numeric, true, 'x'::text, '2024-02-29'::date, '2024-02-29 01:02:03.5+00'::timestamptz, '\\x00ff'::bytea, '{1,2}'::int[], '{\"a\": [1]}'::json, '10.0.0.1/8'::inet, null").values
conn.exec("create table item (id serial primary key, name text unique, tags text[], price numeric, flag bool)")
p conn.exec_params('insert into item (name, tags, price, flag) values ($1, $2, $3, $4) returning *', ['n', %w[a b], 1.5, true]).to_a
conn.prepare('ins', 'insert into item (name, price) values ($1, $2)')
20.times { |i| conn.exec_prepared('ins', ["p#{i}", i]) }
d = conn.describe_prepared('ins'); p d.nparams, d.paramtype(0), d.paramtype(1)
p conn.exec('select count(*), sum(price)::int from item').values, conn.exec('update item set price = 0 where id < 5').cmd_tuples
begin
  conn.exec("insert into item (name) values ('n')")
rescue PG::UniqueViolation => e
  p e.class, e.result.error_field(PG::PG_DIAG_SQLSTATE), e.result.error_field(PG::PG_DIAG_CONSTRAINT_NAME), e.message
end
begin
  conn.exec('select 1 from nosuch')
rescue PG::Error => e
  puts e.message
end
begin
  conn.transaction { |c| c.exec("insert into item (name) values ('rolled')"); raise 'no' }
rescue RuntimeError
  p conn.exec("select count(*) from item where name = 'rolled'").getvalue(0, 0)
end
conn.copy_data('copy item (name, price) from stdin', PG::TextEncoder::CopyRow.new) { 50.times { |i| conn.put_copy_data(["c#{i}\t", i.to_s]) } }
conn.copy_data("copy (select name, price from item where name like 'c4%' order by id) to stdout", PG::TextDecoder::CopyRow.new) { while (row = conn.get_copy_data); p row; end }
other = PG.connect(host: '127.0.0.1', port: ARGV[0], user: 'postgres', dbname: 'postgres')
begin
  other.copy_data('copy rubypg_test.item (name) from stdin') { raise 'stop' }
rescue StandardError => e
  p e.class, e.message
end
other.close
conn.send_query('select generate_series(1, 5) as x')
conn.set_single_row_mode
conn.get_result.stream_each { |row| print row, ' ' }
conn.get_last_result
puts
conn.enter_pipeline_mode
conn.send_query_params('select $1::int', [1]); conn.send_query_params('select 1/0', []); conn.send_query_params('select 3', []); conn.pipeline_sync
statuses = []
loop do
  r = conn.get_result
  next if r.nil?
  statuses << r.res_status(r.result_status)
  break if r.result_status == PG::PGRES_PIPELINE_SYNC
rescue PG::Error => e
  statuses << e.class.name
end
p statuses
conn.exit_pipeline_mode
conn.exec('listen news'); conn.exec("notify news, 'hi'")
conn.wait_for_notify(2) { |channel, _pid, payload| p channel, payload }
conn.exec('drop table if exists nosuch')
r = conn.exec('select id, name, price * 2 as double from item limit 1')
p r.fields, (0..2).map { |i| [r.ftype(i), r.fmod(i), r.fsize(i), r.ftablecol(i), r.fformat(i)] }
p conn.escape_string("it's"), conn.escape_identifier('a"b'), conn.escape_literal("x\\y"), conn.server_version / 10000, conn.parameter_status('server_encoding'), conn.transaction_status
res = conn.exec_params('select $1::int4 as v', [{ value: [7].pack('N'), type: 23, format: 1 }], 1, PG::TypeMapAllStrings.new); p res.fformat(0)
conn.internal_encoding = 'ISO-8859-1'
p conn.exec("select 'é' || $1::text as v".encode('ISO-8859-1')).getvalue(0, 0) rescue p $!.class
conn.exec('set client_encoding to utf8')
conn.send_query('select pg_sleep(10)'); sleep 0.2; conn.cancel
begin; conn.get_last_result; rescue PG::QueryCanceled => e; puts e.message; end
conn.exec('drop schema rubypg_test cascade')
