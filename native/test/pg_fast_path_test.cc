// Statements of SQL on I/O threads without a socket: which messages run, which go to JavaScript, and what is answered at every split.
#include "../io/pg_fast_path.h"

#include "pg_support.h"
#include "storage_support.h"

using namespace orrery;
using namespace orrery::io;
using namespace orrery::test::pg;

namespace {

struct Lane {
  test::Database database{true};
  PgState state;
  PgFastPath path{&database.rows};

  Lane() {
    storage::Transaction* t = database.begin();
    std::vector<test::Row> rows;
    for (std::int32_t i = 0; i < 100; i++) rows.push_back({i, "value " + std::to_string(i)});
    CHECK(database.insert(t, rows).is_ok());
    database.commit(t);
    state.add(plan("by key", test::Database::kPrimary, PgType::kInt4));
    state.add(plan("by text", test::Database::kByValue, PgType::kText));
  }
  PgPlan plan(std::string statement, storage::RelationId index, PgType type) {
    auto tree = std::dynamic_pointer_cast<index::BTree>(database.rows.find_index(index));
    CHECK(tree != nullptr);
    PgPlan out;
    out.statement = std::move(statement);
    out.formats = number(0, 2);
    out.select = std::make_shared<exec::PointSelect>(std::move(tree), std::vector<wire::OutputColumn>{{1, wire::WireKind::kBytes, false}});
    out.keys = {{type, 0}};
    out.parameter_count = 1;
    out.catalog_version = database.rows.catalog().version();
    out.row_description = kDescription;
    return out;
  }
  void add_text(std::vector<std::string> pieces, std::string literals, storage::RelationId index, PgType type) {
    PgPlan added = plan("", index, type);
    added.pieces = std::move(pieces);
    added.literals = std::move(literals);
    state.add(std::move(added));
  }
  /// What is answered; then whose the rest is, and where it begins.
  std::string ask(const std::string& input) {
    path.clear();
    const Served served = path.serve(&state, input);
    const std::string out(path.output());
    path.clear();
    if (served.next == Next::kHandOver) return out + "JavaScript from " + std::to_string(served.consumed);
    if (served.next == Next::kIncomplete) return out + "more from " + std::to_string(served.consumed);
    CHECK_EQ(served.consumed, input.size());
    return out;
  }
};

const std::string kAnswer = std::string("2\0\0\0\4", 5);

}  // namespace

TEST("statements: an execution of a registered plan is answered, described or not, by every form of its key") {
  Lane lane;
  CHECK_EQ(lane.ask(bind("by key", {"7"}) + kExecute + kSync), kAnswer + row("value 7") + done(1));
  CHECK_EQ(lane.ask(bind("by key", {number(7, 4)}, 1) + kDescribe + kExecute + kSync), kAnswer + kDescription + row("value 7") + done(1));
  CHECK_EQ(lane.ask(bind("by key", {"700"}) + kExecute + kSync), kAnswer + done(0));
  CHECK_EQ(lane.ask(bind("by text", {"value 9"}) + kExecute + kSync), kAnswer + row("value 9") + done(1));
  const std::string one = bind("by key", {"7"}) + kExecute + kSync;
  CHECK_EQ(lane.ask(one + one), lane.ask(one) + lane.ask(one));
}

TEST("statements: what is no such execution goes to JavaScript before anything is answered") {
  Lane lane;
  const std::string null = message('B', text("") + text("by key") + number(0, 2) + number(1, 2) + number(0xffffffff, 4) + number(0, 2));
  const std::string good = bind("by key", {"7"});
  for (const std::string& first : {bind("no such", {"7"}), bind("by key", {" 7"}), bind("by key", {"99999999999"}), bind("by key", {""}), bind("by key", {"7", "8"}),
                                   bind("by key", {"7"}, 2), bind("by key", {number(7, 8)}, 1), bind("by text", {"\xc3"}), bind("by text", {"\xed\xa0\x80"}), null})
    CHECK_EQ(lane.ask(first + kExecute + kSync), "JavaScript from 0");
  CHECK_EQ(lane.ask(good + message('D', "S" + text("by key")) + kExecute + kSync), "JavaScript from 0");
  CHECK_EQ(lane.ask(good + message('E', text("") + number(1, 4)) + kSync), "JavaScript from 0");
  CHECK_EQ(lane.ask(good + kExecute + good + kExecute + kSync), "JavaScript from 0");
  const std::string whole = good + kExecute + kSync;
  CHECK_EQ(lane.ask(whole + query("select 1")), lane.ask(whole) + "JavaScript from " + std::to_string(whole.size()));
  // The catalog has moved on.
  lane.state.plans[0].catalog_version++;
  CHECK_EQ(lane.ask(whole), "JavaScript from 0");
  CHECK_EQ(PgFastPath(nullptr).serve(&lane.state, whole).consumed, 0u);
}

TEST("statements: while somebody holds or wants a strong lock of the table JavaScript decides") {
  Lane lane;
  lane.state.plans[0].relation = 20000;
  storage::LockSlots& slots = *lane.database.rows.lock_manager().slots();
  const std::string whole = bind("by key", {"7"}) + kExecute + kSync;
  slots.count_strong(20000);
  CHECK_EQ(lane.ask(whole), "JavaScript from 0");
  slots.uncount_strong(20000);
  CHECK_EQ(lane.ask(whole), kAnswer + row("value 7") + done(1));
}

TEST("statements: the unnamed statement may be made again, but no other") {
  Lane lane;
  PgPlan plan = lane.plan("", test::Database::kPrimary, PgType::kInt4);
  plan.parse = text("") + text("select value from t where key = $1") + number(0, 2);
  const std::string parse = message('P', plan.parse);
  lane.state.add(std::move(plan));
  const std::string made_elsewhere = bind("", {"7"}) + kExecute + kSync;
  CHECK_EQ(lane.ask(made_elsewhere), "JavaScript from 0");
  const std::string rest = bind("", {"7"}) + kDescribe + kExecute + kSync;
  CHECK_EQ(lane.ask(parse + rest), std::string("1\0\0\0\4", 5) + kAnswer + kDescription + row("value 7") + done(1));
  CHECK_EQ(lane.ask(rest), kAnswer + kDescription + row("value 7") + done(1));
  CHECK_EQ(lane.ask(parse + bind("by key", {"7"}) + kExecute + kSync), "JavaScript from 0");
  CHECK_EQ(lane.ask(message('P', text("") + text("select 1") + number(0, 2)) + rest), "JavaScript from 0");
  CHECK_EQ(lane.ask(parse + kSync), "JavaScript from 0");
}

TEST("statements: a simple query is a registered text but for its literals") {
  Lane lane;
  lane.add_text({"select value from t where key = ", ""}, "i", test::Database::kPrimary, PgType::kInt4);
  lane.add_text({"select value from t where value = ", " -- text"}, "s", test::Database::kByValue, PgType::kText);
  CHECK_EQ(lane.ask(query("select value from t where key = 12")), kDescription + row("value 12") + done(1));
  CHECK_EQ(lane.ask(query("select value from t where key = 1234")), kDescription + done(0));
  CHECK_EQ(lane.ask(query("select value from t where value = '\xc3\xa9' -- text")), kDescription + done(0));
  lane.add_text({"select value from t where key = ", ""}, "n", test::Database::kPrimary, PgType::kInt4);
  CHECK_EQ(lane.ask(query("select value from t where key = -12")), kDescription + done(0));
  CHECK_EQ(lane.ask(query("select value from t where value = 'value 3' -- text")), kDescription + row("value 3") + done(1));
  CHECK_EQ(lane.ask(query("select value from t where key = 12 ")), kDescription + row("value 12") + done(1));
  for (const char* other :
       {"select value from t where key = ", "select value from t where key = --1", "select value from t where key = 1.5",
        "select value from t where key = 1234567890", "select value from t where key = '1'", "select value from t where value = 'it''s' -- text",
        "select value from t where value = '\\' -- text", "select value from t where value = 'open -- text", "select value from t where value = '\xc3' -- text", ""})
    CHECK_EQ(lane.ask(query(other)), "JavaScript from 0");
}

TEST("statements: input cut at every byte is waited for, and lengths that lie are JavaScript's") {
  Lane lane;
  lane.add_text({"select value from t where key = ", ""}, "i", test::Database::kPrimary, PgType::kInt4);
  for (const std::string& whole : {bind("by key", {"7"}) + kDescribe + kExecute + kSync, query("select value from t where key = 12")})
    for (std::size_t length = 1; length < whole.size(); length++) CHECK_EQ(lane.ask(whole.substr(0, length)), "more from 0");
  CHECK_EQ(lane.ask(std::string("B\x7f\xff\xff\xff", 5)), "JavaScript from 0");
  CHECK_EQ(lane.ask(std::string("B\0\0\0\3", 5)), "JavaScript from 0");
  std::uint32_t state = 1;
  const auto random = [&state] { return (state = state * 1664525u + 1013904223u) >> 8; };
  const std::string whole = bind("by key", {"7"}) + kDescribe + kExecute + kSync;
  for (int i = 0; i < 20000; i++) {
    std::string broken = whole;
    for (std::uint32_t n = 1 + random() % 3; n > 0; n--) broken[random() % broken.size()] = static_cast<char>(random());
    (void)lane.path.serve(&lane.state, broken);
    lane.path.clear();
  }
}

namespace {

PgSearch list_of(PgType type, std::uint32_t count) {
  PgSearch search;
  search.form = PgSearch::Form::kList;
  for (std::uint32_t i = 0; i < count; i++) search.list.push_back({type, i});
  return search;
}
PgSearch array_of(PgType type) {
  PgSearch search;
  search.form = PgSearch::Form::kArray;
  search.list = {{type, 0}};
  return search;
}
PgPlan searching(Lane& lane, const std::string& name, storage::RelationId index, PgType type, std::uint32_t parameters, PgSearch search) {
  PgPlan plan = lane.plan(name, index, type);
  plan.keys.clear();
  plan.parameter_count = parameters;
  plan.search = std::move(search);
  return plan;
}
std::string rows_of(const std::vector<int>& keys) {
  std::string out;
  for (const int key : keys) out += row("value " + std::to_string(key));
  return out;
}
std::string run_of(const std::string& name, const std::vector<std::string>& values, int format = 0) { return test::pg::bind(name, values, format) + kExecute + kSync; }

}  // namespace

TEST("statements: a list of keys gives each row once, numbers in their order") {
  Lane lane;
  lane.state.add(searching(lane, "list", test::Database::kPrimary, PgType::kInt8, 4, list_of(PgType::kInt8, 4)));
  lane.state.add(searching(lane, "texts", test::Database::kByValue, PgType::kText, 2, list_of(PgType::kText, 2)));
  CHECK_EQ(lane.ask(run_of("list", {"9", "3", "9", "700"})), kAnswer + rows_of({3, 9}) + done(2));
  // A value that the column cannot hold is in no row.
  CHECK_EQ(lane.ask(run_of("list", {"9", "99999999999", "-1", "5"})), kAnswer + rows_of({5, 9}) + done(2));
  CHECK_EQ(lane.ask(run_of("texts", {"value 9", "value 3"})), kAnswer + rows_of({9, 3}) + done(2));
  CHECK_EQ(lane.ask(run_of("texts", {"value 9", "value 9"})), kAnswer + rows_of({9}) + done(1));
  for (const auto& values : {std::vector<std::string>{"1", "2", "3", "x"}, {"1", "2", "3", ""}, {"1", "2", "3"}})
    CHECK_EQ(lane.ask(run_of("list", values)), "JavaScript from 0");
}

TEST("statements: the elements of an array are such a list, in text and binary form") {
  Lane lane;
  lane.state.add(searching(lane, "array", test::Database::kPrimary, PgType::kInt4, 1, array_of(PgType::kInt4)));
  lane.state.add(searching(lane, "texts", test::Database::kByValue, PgType::kText, 1, array_of(PgType::kText)));
  CHECK_EQ(lane.ask(run_of("array", {"{9,3,9}"})), kAnswer + rows_of({3, 9}) + done(2));
  CHECK_EQ(lane.ask(run_of("array", {"{}"})), kAnswer + done(0));
  CHECK_EQ(lane.ask(run_of("texts", {"{\"value 9\",value3,\"value 3\"}"})), kAnswer + rows_of({9, 3}) + done(2));
  const auto binary = [](std::uint64_t dimensions, std::uint64_t oid, const std::string& rest) { return number(dimensions, 4) + number(0, 4) + number(oid, 4) + rest; };
  const std::string two = number(2, 4) + number(1, 4) + number(4, 4) + number(9, 4) + number(4, 4) + number(3, 4);
  CHECK_EQ(lane.ask(run_of("array", {binary(1, 23, two)}, 1)), kAnswer + rows_of({3, 9}) + done(2));
  CHECK_EQ(lane.ask(run_of("array", {binary(0, 23, "")}, 1)), kAnswer + done(0));
  const std::string null = number(1, 4) + number(1, 4) + number(0xffffffff, 4);
  for (const std::string& other : {binary(1, 20, two), binary(2, 23, two), binary(1, 23, two + "x"), binary(1, 23, two.substr(0, 20)), binary(1, 23, null),
                                   binary(1, 23, number(1, 4) + number(0, 4) + number(4, 4) + number(9, 4)), std::string("x")})
    CHECK_EQ(lane.ask(run_of("array", {other}, 1)), "JavaScript from 0");
  std::string long_list = "{1";
  for (int i = 0; i < 100; i++) long_list += ",1";
  for (const std::string& other : {std::string("{1,NULL}"), std::string("{null}"), std::string("{1, 2}"), std::string("[0:1]={1,2}"), std::string("{{1}}"), std::string("{1"),
                                   std::string("{1,}"), std::string(""), std::string("{"), long_list + "}"})
    CHECK_EQ(lane.ask(run_of("array", {other})), "JavaScript from 0");
  CHECK_EQ(lane.ask(run_of("texts", {"{\"a\\\"b\"}"})), "JavaScript from 0");
}

TEST("statements: a range gives its rows in the index's order, up to a limit") {
  Lane lane;
  PgSearch between;
  between.lower = PgSearch::Bound{{PgType::kInt4, 0}, true};
  between.upper = PgSearch::Bound{{PgType::kInt4, 1}, false};
  lane.state.add(searching(lane, "between", test::Database::kPrimary, PgType::kInt4, 2, between));
  PgSearch after = between;
  after.upper.reset();
  after.lower->inclusive = false;
  after.limit_parameter = PgKey{PgType::kInt8, 1};
  lane.state.add(searching(lane, "after", test::Database::kPrimary, PgType::kInt4, 2, after));
  PgSearch last;
  last.backward = true;
  last.limit = 2;
  lane.state.add(searching(lane, "last", test::Database::kPrimary, PgType::kInt4, 0, last));
  CHECK_EQ(lane.ask(run_of("between", {"7", "10"})), kAnswer + rows_of({7, 8, 9}) + done(3));
  CHECK_EQ(lane.ask(run_of("between", {"10", "7"})), kAnswer + done(0));
  CHECK_EQ(lane.ask(run_of("after", {"96", "2"})), kAnswer + rows_of({97, 98}) + done(2));
  CHECK_EQ(lane.ask(run_of("after", {"96", "0"})), kAnswer + done(0));
  CHECK_EQ(lane.ask(run_of("after", {"96", "99"})), kAnswer + rows_of({97, 98, 99}) + done(3));
  CHECK_EQ(lane.ask(run_of("last", {})), kAnswer + rows_of({99, 98}) + done(2));
  CHECK_EQ(lane.ask(run_of("after", {"96", "-1"})), "JavaScript from 0");
  CHECK_EQ(lane.ask(run_of("between", {"7", ""})), "JavaScript from 0");
}

TEST("statements: a range without end is JavaScript's, and leaves no half of an answer") {
  Lane lane;
  storage::Transaction* t = lane.database.begin();
  std::vector<test::Row> rows;
  for (std::int32_t i = 100; i < 1200; i++) rows.push_back({i, "value " + std::to_string(i)});
  CHECK(lane.database.insert(t, rows).is_ok());
  lane.database.commit(t);
  lane.state.add(searching(lane, "all", test::Database::kPrimary, PgType::kInt4, 0, PgSearch{}));
  const std::string first = bind("by key", {"7"}) + kExecute + kSync;
  CHECK_EQ(lane.ask(first + run_of("all", {})), lane.ask(first) + "JavaScript from " + std::to_string(first.size()));
}
