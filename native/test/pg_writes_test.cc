// Writes and transaction blocks on I/O threads without a socket: what is answered, what the rows are then, what goes to JavaScript with nothing done.
#include <atomic>
#include <thread>
#include <tuple>

#include "../io/pg_fast_path.h"
#include "pg_support.h"
#include "storage_support.h"

using namespace orrery;
using namespace orrery::io;
using namespace orrery::test::pg;

namespace {

constexpr std::uint32_t kOid = 20000;
const std::string kBound = std::string("2\0\0\0\4", 5);
const std::string kElsewhere = "JavaScript from 0";
std::string complete(std::string_view tag, bool in_block = false) { return message('C', text(tag)) + message('Z', in_block ? "T" : "I"); }
std::string run(std::string_view statement, const std::vector<std::string>& values) { return bind(statement, values) + kExecute + kSync; }

/// One connection over the table of `storage_support.h`: key int4 unique, value text.
struct Writer {
  test::Database& database;
  PgState state;
  PgFastPath path{&database.rows};

  explicit Writer(test::Database& d, storage::ProcessId process = 7) : database(d) {
    state.process = process;
    add(PgPlan::Kind::kInsert, "insert", {{0, PgValue::Form::kParameter, PgType::kInt4, 0, true, -1}, {1, PgValue::Form::kParameter, PgType::kText, 1, false, 14}});
    add(PgPlan::Kind::kUpdate, "set", {{1, PgValue::Form::kParameter, PgType::kText, 1, false, 14}});
    add(PgPlan::Kind::kUpdate, "add", {{0, PgValue::Form::kAdd, PgType::kInt4, 1, true, -1}});
    add(PgPlan::Kind::kUpdate, "minus one", {{0, PgValue::Form::kAddConstant, PgType::kInt8, 0, true, -1, -1}});
    add(PgPlan::Kind::kDelete, "delete", {});
    add_conflict("upsert", true);
    add_conflict("or nothing", false);
    // Texts of simple queries.
    for (const auto& [name, pieces, literals] : {std::tuple<std::string, std::vector<std::string>, std::string>{"insert", {"insert ", " ", ""}, "is"}, {"set", {"set ", " ", ""}, "is"}}) {
      PgPlan plan = *state.find(name, number(0, 2), {});
      plan.statement.clear();
      plan.formats.clear();
      plan.row_description.clear();
      plan.pieces = pieces;
      plan.literals = literals;
      state.add(std::move(plan));
    }
    PgPlan select;
    select.statement = "select";
    select.formats = number(0, 2);
    select.select = std::make_shared<exec::PointSelect>(tree(), outputs());
    finish(select, 1);
    state.add(std::move(select));
    for (const auto& [kind, word] : {std::pair{PgPlan::Kind::kBegin, "BEGIN"}, {PgPlan::Kind::kCommit, "COMMIT"}, {PgPlan::Kind::kRollback, "ROLLBACK"}}) {
      PgPlan plan;
      plan.kind = kind;
      plan.pieces = {word};
      plan.tag = word;
      state.add(std::move(plan));
    }
  }
  std::shared_ptr<index::BTree> tree() { return std::dynamic_pointer_cast<index::BTree>(database.rows.find_index(test::Database::kPrimary)); }
  static std::vector<wire::OutputColumn> outputs() { return {{1, wire::WireKind::kBytes, false}}; }
  void finish(PgPlan& plan, std::uint32_t parameters) {
    plan.keys = {{PgType::kInt4, 0}};
    plan.parameter_count = parameters;
    plan.catalog_version = database.rows.catalog().version();
    plan.row_description = kDescription;
    plan.relation = kOid;
  }
  /// Twice: as it is, and with RETURNING value under the name with a star.
  void add(PgPlan::Kind kind, std::string name, std::vector<PgValue> values) {
    std::uint32_t parameters = 1;
    std::vector<std::uint32_t> changed;
    for (const PgValue& v : values) {
      parameters = std::max(parameters, v.parameter + 1);
      changed.push_back(v.column);
    }
    for (const bool returns : {false, true}) {
      PgPlan plan;
      plan.kind = kind;
      plan.statement = returns ? name + "*" : name;
      plan.formats = number(0, 2);
      plan.values = values;
      plan.image = RowImage::of(test::RowBlock({{0, ""}}).block());
      plan.write = std::make_shared<exec::PointWrite>(static_cast<exec::PointWrite::Kind>(kind), test::Database::kTable, kind == PgPlan::Kind::kInsert ? nullptr : tree(), changed,
                                                      returns ? outputs() : std::vector<wire::OutputColumn>{});
      finish(plan, parameters);
      if (kind == PgPlan::Kind::kInsert) plan.keys.clear();
      state.add(std::move(plan));
    }
  }
  /// INSERT of a key and a value; DO UPDATE puts the value behind the one that is there.
  void add_conflict(std::string name, bool updates) {
    for (const char* star : {"", "*"}) {
      PgPlan plan = *state.find(std::string("insert") + star, number(0, 2), {});
      plan.statement = name + star;
      PgConflict conflict;
      conflict.updates = updates;
      conflict.values = {{1, PgValue::Form::kAppend, PgType::kText, 1, false, 14}};
      conflict.image = *RowImage::of(test::RowBlock({{0, ""}}).block());
      conflict.update = std::make_shared<exec::PointWrite>(exec::PointWrite::Kind::kUpdate, test::Database::kTable, tree(), std::vector<std::uint32_t>{1},
                                                           *star == 0 ? std::vector<wire::OutputColumn>{} : outputs());
      plan.conflict = std::move(conflict);
      state.add(std::move(plan));
    }
  }
  std::string ask(const std::string& input) {
    path.clear();
    const Served served = path.serve(&state, input);
    const std::string out(path.output());
    path.clear();
    if (served.next == Next::kHandOver) return out + "JavaScript from " + std::to_string(served.consumed);
    CHECK(served.next == Next::kAll);
    return out;
  }
  /// The value under a key in a snapshot of now; "none" without a row.
  std::string value(std::int32_t key) {
    const storage::Snapshot snapshot = database.manager.acquire_snapshot();
    std::string out = "none";
    for (const test::Row& r : database.scan(snapshot))
      if (r.key == key) out = r.value;
    database.manager.release_snapshot(snapshot);
    return out;
  }
};

}  // namespace

TEST("hot writes: a row is inserted, changed and deleted, with what RETURNING asks for") {
  test::Database database;
  Writer w(database);
  CHECK_EQ(w.ask(run("insert", {"1", "one"})), kBound + complete("INSERT 0 1"));
  CHECK_EQ(w.ask(run("insert*", {"2", "two"})), kBound + row("two") + complete("INSERT 0 1"));
  CHECK_EQ(w.value(1) + w.value(2), "onetwo");
  CHECK_EQ(w.ask(run("set", {"1", "uno"})), kBound + complete("UPDATE 1"));
  CHECK_EQ(w.ask(run("set*", {"1", "\xc3\xbcno"})), kBound + row("\xc3\xbcno") + complete("UPDATE 1"));
  CHECK_EQ(w.ask(run("set", {"9", "nine"})), kBound + complete("UPDATE 0"));
  CHECK_EQ(w.ask(run("add*", {"1", "10"})), kBound + row("\xc3\xbcno") + complete("UPDATE 1"));
  CHECK_EQ(w.ask(run("minus one", {"11"})), kBound + complete("UPDATE 1"));
  CHECK_EQ(w.value(10), "\xc3\xbcno");
  CHECK_EQ(w.ask(run("delete*", {"10"})), kBound + row("\xc3\xbcno") + complete("DELETE 1"));
  CHECK_EQ(w.ask(run("delete", {"10"})), kBound + complete("DELETE 0"));
  CHECK_EQ(w.value(10), "none");
  CHECK_EQ(database.manager.counters().open, 0u);
}

TEST("hot writes: what a column or other row refuses goes to JavaScript with nothing done") {
  test::Database database;
  Writer w(database);
  CHECK_EQ(w.ask(run("insert", {"1", "one"})), kBound + complete("INSERT 0 1"));
  CHECK_EQ(w.ask(run("insert", {"1", "again"})), kElsewhere);
  CHECK_EQ(w.ask(run("insert", {"3", "eleven char"})), kElsewhere);
  CHECK_EQ(w.ask(run("insert", {"3", "\xff"})), kElsewhere);
  CHECK_EQ(w.ask(run("insert", {" 3", "x"})), kElsewhere);
  CHECK_EQ(w.ask(run("add", {"1", "2147483647"})), kElsewhere);
  CHECK_EQ(w.ask(run("set", {"9", "\xff"})), kElsewhere);
  const auto null = [](std::string_view statement, bool key) {
    std::string body = text("") + text(statement) + number(0, 2) + number(2, 2);
    body += key ? number(0xffffffff, 4) + number(1, 4) + "x" : number(1, 4) + "1" + number(0xffffffff, 4);
    return message('B', body + number(0, 2)) + kExecute + kSync;
  };
  CHECK_EQ(w.ask(null("insert", true)), kElsewhere);
  CHECK_EQ(w.ask(null("set", true)), kElsewhere);
  CHECK_EQ(w.ask(null("add", false)), kElsewhere);
  CHECK_EQ(w.value(1), "one");
  CHECK_EQ(w.ask(null("set*", false)), kBound + message('D', number(1, 2) + number(0xffffffff, 4)) + complete("UPDATE 1"));
  CHECK_EQ(w.value(3), "none");
  for (PgPlan& plan : w.state.plans) plan.catalog_version++;
  CHECK_EQ(w.ask(run("set", {"1", "x"})), kElsewhere);
  CHECK_EQ(database.manager.counters().open, 0u);
}

TEST("hot writes: a block begins, sees its own rows, and ends with all of them or none") {
  test::Database database;
  Writer w(database);
  Writer other(database, 8);
  CHECK_EQ(w.ask(query("COMMIT")), kElsewhere);
  CHECK_EQ(w.ask(query("BEGIN")), complete("BEGIN", true));
  CHECK_EQ(w.ask(query("BEGIN")), kElsewhere);
  CHECK_EQ(w.ask(run("insert", {"1", "one"}) + run("select", {"1"})),
           kBound + complete("INSERT 0 1", true) + kBound + row("one") + complete("SELECT 1", true));
  CHECK_EQ(w.value(1), "none");
  CHECK_EQ(other.ask(run("insert", {"1", "mine"})), kElsewhere);  // it would have to wait
  CHECK_EQ(w.ask(query("ROLLBACK")), complete("ROLLBACK"));
  CHECK_EQ(w.value(1), "none");
  CHECK_EQ(w.ask(query("BEGIN") + run("insert", {"1", "one"}) + run("insert", {"2", "two"}) + run("set", {"1", "uno"}) + query("COMMIT")),
           complete("BEGIN", true) + kBound + complete("INSERT 0 1", true) + kBound + complete("INSERT 0 1", true) + kBound + complete("UPDATE 1", true) +
               complete("COMMIT"));
  CHECK_EQ(w.value(1) + w.value(2), "unotwo");
  // Read committed: each statement sees what others committed meanwhile.
  CHECK_EQ(w.ask(query("BEGIN") + run("select", {"1"})), complete("BEGIN", true) + kBound + row("uno") + complete("SELECT 1", true));
  CHECK_EQ(other.ask(run("set", {"1", "eins"})), kBound + complete("UPDATE 1"));
  CHECK_EQ(w.ask(run("select", {"1"}) + query("COMMIT")), kBound + row("eins") + complete("SELECT 1", true) + complete("COMMIT"));
  // Repeatable read: what changed since the first is JavaScript's to refuse.
  w.state.isolation = storage::Isolation::kRepeatableRead;
  CHECK_EQ(w.ask(query("BEGIN") + run("select", {"1"})), complete("BEGIN", true) + kBound + row("eins") + complete("SELECT 1", true));
  CHECK_EQ(other.ask(run("set", {"1", "un"})), kBound + complete("UPDATE 1"));
  CHECK_EQ(w.ask(run("select", {"1"})), kBound + row("eins") + complete("SELECT 1", true));
  CHECK_EQ(w.ask(run("set", {"1", "x"})), kElsewhere);
  CHECK_EQ(w.ask(query("ROLLBACK")), complete("ROLLBACK"));
  CHECK_EQ(database.manager.counters().open, 0u);
}

TEST("hot writes: ON CONFLICT inserts where the key is free, and changes the row or nothing where it is not") {
  test::Database database;
  Writer w(database), other(database, 8);
  CHECK_EQ(w.ask(run("upsert*", {"1", "a"})), kBound + row("a") + complete("INSERT 0 1"));
  CHECK_EQ(w.ask(run("upsert*", {"1", "b"})), kBound + row("ab") + complete("INSERT 0 1"));
  CHECK_EQ(w.ask(run("or nothing*", {"1", "c"})), kBound + complete("INSERT 0 0"));
  CHECK_EQ(w.ask(run("or nothing", {"2", "c"})), kBound + complete("INSERT 0 1"));
  CHECK_EQ(w.ask(run("upsert", {"1", "ten or more"})), kElsewhere);
  CHECK_EQ(w.ask(run("upsert", {"1", "123456789"})), kElsewhere);  // too long behind what is there
  CHECK_EQ(w.value(1) + w.value(2), "abc");
  // In a block over a row of its own; of another block's it waits.
  CHECK_EQ(w.ask(query("BEGIN") + run("upsert", {"3", "x"}) + run("upsert", {"3", "y"})),
           complete("BEGIN", true) + kBound + complete("INSERT 0 1", true) + kBound + complete("INSERT 0 1", true));
  CHECK_EQ(other.ask(run("upsert", {"3", "z"})), kElsewhere);
  CHECK_EQ(other.ask(run("or nothing", {"3", "z"})), kElsewhere);
  CHECK_EQ(w.ask(query("COMMIT")), complete("COMMIT"));
  CHECK_EQ(other.ask(run("upsert*", {"3", "z"})), kBound + row("xyz") + complete("INSERT 0 1"));
  // A row that changes while the statement waits is changed as it is then.
  CHECK_EQ(other.ask(query("BEGIN") + run("set", {"3", "new"})), complete("BEGIN", true) + kBound + complete("UPDATE 1", true));
  CHECK_EQ(w.ask(query("BEGIN")), complete("BEGIN", true));
  CHECK(w.path.serve(&w.state, run("upsert*", {"3", "er"}), true).next == Next::kWait);
  CHECK_EQ(other.ask(query("COMMIT")), complete("COMMIT"));
  CHECK_EQ(w.ask(run("upsert*", {"3", "er"}) + query("COMMIT")), kBound + row("newer") + complete("INSERT 0 1", true) + complete("COMMIT"));
  CHECK_EQ(database.manager.counters().open, 0u);
}

TEST("hot writes: the statements of one message are one transaction, and all run here or none") {
  test::Database database;
  Writer w(database), other(database, 8);
  const auto tags = [](std::string_view first, std::string_view second, bool in_block = false) {
    return message('C', text(first)) + complete(second, in_block);
  };
  CHECK_EQ(w.ask(query("insert 1 'one'; insert 2 'two'")), tags("INSERT 0 1", "INSERT 0 1"));
  CHECK_EQ(w.ask(query(" set 1 'uno' ;\n set 9 'x'; ")), tags("UPDATE 1", "UPDATE 0"));
  CHECK_EQ(w.ask(query("set 1 'un';")), complete("UPDATE 1"));
  CHECK_EQ(w.value(1) + w.value(2), "untwo");
  CHECK_EQ(w.ask(query("insert 3 'three'; insert 1 'again'")), kElsewhere);
  CHECK_EQ(w.ask(query("insert 3 'three'; select 1")), kElsewhere);
  CHECK_EQ(w.ask(query("insert 3 'three'; COMMIT")), kElsewhere);
  CHECK_EQ(w.ask(query("insert 3 'three';; set 1 'x'")), kElsewhere);
  CHECK_EQ(w.ask(query("BEGIN; insert 3 'three'; COMMIT; set 1 'x'")), kElsewhere);
  CHECK_EQ(w.value(3) + w.value(1), "noneun");
  CHECK_EQ(w.ask(query("BEGIN; insert 3 'three'; ROLLBACK")), message('C', text("BEGIN")) + tags("INSERT 0 1", "ROLLBACK"));
  CHECK_EQ(w.ask(query("BEGIN; insert 3 'three'; COMMIT")), message('C', text("BEGIN")) + tags("INSERT 0 1", "COMMIT"));
  CHECK_EQ(w.value(3), "three");
  // In a block: what is handed over leaves what was done before it.
  CHECK_EQ(w.ask(query("BEGIN; set 1 'a'")), tags("BEGIN", "UPDATE 1", true));
  CHECK_EQ(w.ask(query("set 2 'b'; insert 1 'again'")), kElsewhere);
  CHECK_EQ(w.ask(query("set 3 'c'; COMMIT")), tags("UPDATE 1", "COMMIT"));
  CHECK_EQ(w.value(1) + w.value(2) + w.value(3), "atwoc");
  CHECK_EQ(w.ask(query("BEGIN") + query("set 1 'x'; insert 1 'again'")), complete("BEGIN", true) + "JavaScript from " + std::to_string(query("BEGIN").size()));
  CHECK_EQ(take_block(w.state, database.rows)->xid, 0u);
  CHECK_EQ(w.ask(query("BEGIN; BEGIN")), kElsewhere);
  // A row that somebody holds: undone, and not waited for here.
  CHECK_EQ(other.ask(query("BEGIN; set 1 'mine'")), tags("BEGIN", "UPDATE 1", true));
  CHECK_EQ(w.ask(query("set 2 'x'; set 1 'x'")), kElsewhere);
  CHECK_EQ(other.ask(query("ROLLBACK")), complete("ROLLBACK"));
  CHECK_EQ(w.value(2), "two");
  CHECK_EQ(database.manager.counters().open, 0u);
  for (const auto& entry : database.rows.lock_manager().entries()) CHECK_EQ(entry.process, 7u);
}

TEST("hot writes: JavaScript takes a block over with its transaction and its locks") {
  test::Database database;
  Writer w(database);
  storage::LockManager& manager = database.rows.lock_manager();
  CHECK(!take_block(w.state, database.rows));
  const std::string known = query("BEGIN") + run("insert", {"1", "one"}) + run("select", {"1"});
  CHECK(w.ask(known + query("select 1")).ends_with("JavaScript from " + std::to_string(known.size())));
  const auto block = take_block(w.state, database.rows);
  CHECK(block.has_value());
  CHECK(!w.state.in_block);
  storage::Transaction* t = database.manager.find(block->xid);
  CHECK(t != nullptr);
  CHECK_EQ(block->locks.size(), 2u);
  for (const HeldLocks::Lock& lock : block->locks) {
    CHECK_EQ(lock.relation, kOid);
    CHECK(manager.release(7, storage::LockTag::relation(kOid), lock.mode));
    CHECK(!manager.release(7, storage::LockTag::relation(kOid), lock.mode));
  }
  database.commit(t);
  CHECK_EQ(w.value(1), "one");
  // A block without a statement has no transaction yet.
  CHECK_EQ(w.ask(query("BEGIN")), complete("BEGIN", true));
  const auto empty = take_block(w.state, database.rows);
  CHECK(empty.has_value());
  CHECK_EQ(empty->xid, 0u);
}

TEST("hot writes: a strong lock waits for the block's weak one, and keeps later statements out") {
  test::Database database;
  Writer w(database);
  Writer other(database, 8);
  storage::LockManager& manager = database.rows.lock_manager();
  const storage::LockTag tag = storage::LockTag::relation(kOid);
  using Outcome = storage::LockManager::Outcome;
  CHECK_EQ(w.ask(query("BEGIN") + run("insert", {"1", "one"})), complete("BEGIN", true) + kBound + complete("INSERT 0 1", true));
  bool granted = false;
  CHECK(manager.acquire(99, tag, storage::LockMode::kAccessExclusive, [&] { granted = true; }) == Outcome::kQueued);
  CHECK_EQ(other.ask(run("insert", {"2", "two"})), kElsewhere);
  CHECK_EQ(other.ask(run("select", {"1"})), kElsewhere);
  CHECK_EQ(w.ask(run("insert", {"3", "three"})), kBound + complete("INSERT 0 1", true));  // it has the lock
  CHECK(!granted);
  CHECK_EQ(w.ask(query("COMMIT")), complete("COMMIT"));
  CHECK(granted);
  CHECK(manager.release(99, tag, storage::LockMode::kAccessExclusive));
  CHECK_EQ(other.ask(run("insert", {"2", "two"})), kBound + complete("INSERT 0 1"));
  // The same where the lock was taken over before JavaScript took the block.
  CHECK_EQ(w.ask(query("BEGIN") + run("delete", {"1"})), complete("BEGIN", true) + kBound + complete("DELETE 1", true));
  granted = false;
  CHECK(manager.acquire(99, tag, storage::LockMode::kAccessExclusive, [&] { granted = true; }) == Outcome::kQueued);
  const auto block = take_block(w.state, database.rows);
  CHECK_EQ(block->locks.size(), 1u);
  database.manager.rollback(database.manager.find(block->xid));
  CHECK(!granted);
  CHECK(manager.release(7, tag, storage::LockMode::kRowExclusive));
  CHECK(granted);
  CHECK(manager.release(99, tag, storage::LockMode::kAccessExclusive));
}

TEST("hot writes: a block's statement waits for a row, keeps its snapshot, and judges the row as it is then") {
  test::Database database;
  Writer w(database), other(database, 8);
  const auto meets = [&](const std::string& held, const std::string& waiting) {
    for (const char* key : {"1", "2", "3"}) (void)w.ask(run("delete", {key}) + run("insert", {key, "old"}));
    CHECK_EQ(other.ask(query("BEGIN") + held).find("JavaScript"), std::string::npos);
    CHECK_EQ(w.ask(query("BEGIN") + run("set", {"3", "mine"})).find("JavaScript"), std::string::npos);
    w.path.clear();
    const Served served = w.path.serve(&w.state, waiting, true);
    CHECK(served.next == Next::kWait);
    CHECK_EQ(served.consumed, 0u);
    CHECK_EQ(served.blocker, other.state.transaction->xid());
    CHECK_EQ(served.waiter, w.state.transaction->xid());
    CHECK(w.path.output().empty());
    CHECK(w.path.serve(&w.state, waiting, true).next == Next::kWait);
    CHECK_EQ(other.ask(query("COMMIT")), complete("COMMIT"));
    std::string answer = w.ask(waiting);
    if (answer.find("JavaScript") == std::string::npos) {
      CHECK_EQ(w.ask(query("COMMIT")), complete("COMMIT"));
    } else {
      const auto block = take_block(w.state, database.rows);
      database.manager.rollback(database.manager.find(block->xid));
      for (const auto& lock : block->locks) CHECK(database.rows.lock_manager().release(7, storage::LockTag::relation(kOid), lock.mode));
    }
    return answer;
  };
  CHECK_EQ(meets(run("set", {"1", "theirs"}), run("set*", {"1", "new"})), kBound + row("new") + complete("UPDATE 1", true));
  CHECK_EQ(meets(run("add", {"1", "100"}), run("set*", {"1", "new"})), kBound + complete("UPDATE 0", true));  // it has another key now
  (void)w.ask(run("delete", {"101"}));
  CHECK_EQ(meets(run("delete", {"1"}), run("set", {"1", "new"})), kBound + complete("UPDATE 0", true));
  CHECK_EQ(meets(run("delete", {"1"}) + run("insert", {"1", "other row"}), run("set", {"1", "new"})), kBound + complete("UPDATE 0", true));
  CHECK_EQ(w.value(1), "other row");
  CHECK_EQ(meets(run("set", {"1", "theirs"}), run("delete*", {"1"})), kBound + row("theirs") + complete("DELETE 1", true));
  CHECK_EQ(meets(run("insert", {"4", "theirs"}), run("insert", {"4", "mine"})), kElsewhere);
  CHECK_EQ(w.value(4), "theirs");
  w.state.isolation = storage::Isolation::kRepeatableRead;
  CHECK_EQ(meets(run("set", {"1", "theirs"}), run("set", {"1", "new"})), kElsewhere);
}

TEST("threads: hot writes and blocks of several threads keep every row's count, with vacuum and strong locks between them") {
  test::Database database;
  constexpr int kThreads = 3, kRounds = 400, kRows = 4;
  {
    Writer w(database);
    for (int i = 0; i < kRows; i++) CHECK_EQ(w.ask(run("insert", {std::to_string(1000 * (i + 1)), "row"})), kBound + complete("INSERT 0 1"));
  }
  database.rows.start_vacuum();
  std::atomic<int> done{0};
  std::atomic<std::int64_t> inserted{0}, refused{0};
  std::vector<std::thread> threads;
  for (int n = 0; n < kThreads; n++)
    threads.emplace_back([&, n] {
      Writer w(database, static_cast<storage::ProcessId>(10 + n));
      std::uint32_t state = static_cast<std::uint32_t>(n) + 1;
      const auto random = [&] { return (state = state * 1664525u + 1013904223u) >> 8; };
      for (int i = 0; i < kRounds; i++) {
        const std::string key = std::to_string(100000 + n * kRounds + i);
        const bool in_block = random() % 2 == 0, commits = random() % 3 != 0;
        std::string input = in_block ? query("BEGIN") : "";
        input += run("insert", {key, "mine"}) + run("set", {std::to_string(1000 * (1 + random() % kRows)), std::to_string(i)});
        if (in_block) input += query(commits ? "COMMIT" : "ROLLBACK");
        const std::string answer = w.ask(input);
        const bool is_whole = answer.find("JavaScript") == std::string::npos;
        if (!is_whole) refused++;
        if (const auto block = take_block(w.state, database.rows)) {
          // As a session would that meets an error.
          if (block->xid != 0) database.manager.rollback(database.manager.find(block->xid));
          for (const auto& lock : block->locks) CHECK(database.rows.lock_manager().release(w.state.process, storage::LockTag::relation(kOid), lock.mode));
        } else if ((is_whole && (!in_block || commits)) || (!in_block && answer.find("INSERT") != std::string::npos)) {
          inserted++;
        }
      }
      done++;
    });
  threads.emplace_back([&] {
    storage::LockManager& manager = database.rows.lock_manager();
    const storage::LockTag tag = storage::LockTag::relation(kOid);
    while (done < kThreads) {
      if (manager.acquire(99, tag, storage::LockMode::kShare, {}) == storage::LockManager::Outcome::kGranted) CHECK(manager.release(99, tag, storage::LockMode::kShare));
      std::this_thread::yield();
    }
  });
  for (std::thread& t : threads) t.join();
  database.rows.stop_vacuum();
  const storage::Snapshot snapshot = database.manager.acquire_snapshot();
  CHECK_EQ(static_cast<std::int64_t>(database.scan(snapshot).size()), inserted + kRows);
  database.manager.release_snapshot(snapshot);
  CHECK(refused < kThreads * kRounds);
  for (const auto& entry : database.rows.lock_manager().entries()) CHECK_EQ(entry.process, 0u);
}
