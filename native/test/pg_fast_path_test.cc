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
  for (const char* other :
       {"select value from t where key = 1 ", "select value from t where key = ", "select value from t where key = --1", "select value from t where key = 1.5",
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
