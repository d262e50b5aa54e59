// libpqxx: transactions, prepared statements, streams, cursors, pipelines, notifications. Argument: the port.
#include <iostream>
#include <pqxx/pqxx>

struct Listener : pqxx::notification_receiver {
  using notification_receiver::notification_receiver;
  void operator()(const std::string &payload, int) override { std::cout << "heard " << payload << "\n"; }
};
int main(int, char **argv) {
  std::cout << PQXX_VERSION << "\n";
  pqxx::connection c("host=127.0.0.1 port=" + std::string(argv[1]) + " user=postgres dbname=postgres");
  { pqxx::work t(c); t.exec("set client_min_messages to warning; drop table if exists pqxx_item; create table pqxx_item (id int primary key, name text, price numeric)"); t.commit(); }
  { pqxx::work t(c); pqxx::stream_to s(t, "pqxx_item", std::vector<std::string>{"id", "name", "price"}); for (int i = 0; i < 500; i++) s << std::make_tuple(i, "name\t" + std::to_string(i), i * 0.5); s.complete(); t.commit(); }
  c.prepare("by_id", "select name, price from pqxx_item where id = $1");
  { pqxx::work t(c); auto r = t.exec_prepared1("by_id", 7); std::cout << r[0].c_str() << " " << r["price"].as<double>() << " " << r[1].type() << "\n"; std::cout << t.exec_params("select $1::int + $2", 1, 2)[0][0].as<int>() << " " << t.exec("update pqxx_item set price = 1 where id < 5").affected_rows() << "\n"; t.commit(); }
  { pqxx::work t(c); pqxx::stateless_cursor<pqxx::cursor_base::read_only, pqxx::cursor_base::owned> cur(t, "select id from pqxx_item order by id", "cur", false); std::cout << cur.size() << " " << cur.retrieve(10, 13)[0][0].c_str() << " " << cur.retrieve(20, 18).size() << "\n"; }
  { pqxx::work t(c); pqxx::icursorstream s(t, "select id from pqxx_item order by id", "str", 100); pqxx::result r; int n = 0; while (s.get(r) && !r.empty()) n += r.size(); std::cout << n << "\n"; }
  { pqxx::work t(c); pqxx::pipeline p(t); auto a = p.insert("select 1"); auto b = p.insert("select 'two'"); std::cout << p.retrieve(a)[0][0].c_str() << p.retrieve(b)[0][0].c_str() << "\n"; }
  try { pqxx::work t(c); t.exec("insert into pqxx_item values (1)"); } catch (const pqxx::unique_violation &e) { std::cout << e.sqlstate() << " " << e.what(); }
  try { pqxx::work t(c); { pqxx::subtransaction s(t); s.exec("select nosuch"); } } catch (const pqxx::undefined_column &e) { std::cout << e.what() << "\n"; }
  { pqxx::transaction<pqxx::serializable> t(c); std::cout << t.exec("show transaction_isolation")[0][0].c_str() << "\n"; }
  { pqxx::nontransaction t(c); Listener l(c, "chan"); t.exec("notify chan, 'hi'"); c.get_notifs(); c.await_notification(1, 0); }
  std::cout << c.esc("it's") << c.quote_name("a\"b") << " " << c.get_variable("work_mem") << "\n";
  { pqxx::work t(c); t.exec("drop table pqxx_item"); t.commit(); }
}
