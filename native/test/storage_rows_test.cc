// Visibility, conflicts, savepoints, uniqueness, locks and vacuum of the row store.
#include <algorithm>
#include <map>
#include <random>

#include "storage_support.h"

using namespace orrery;
using namespace orrery::test;

TEST("visible: own changes from the next command on, others' after commit and by snapshot") {
  Database db;
  Transaction* reader = db.begin(Isolation::kRepeatableRead);
  Transaction* writer = db.begin();
  CHECK(db.insert(writer, {{1, "a"}}).is_ok());
  CHECK_EQ(db.scan(writer->snapshot()).size(), 0u);
  db.manager.next_command(*writer);
  CHECK_EQ(db.scan(writer->snapshot()).size(), 1u);
  CHECK_EQ(db.scan().size(), 0u);
  db.commit(writer);
  CHECK_EQ(db.scan().size(), 1u);
  db.manager.next_command(*reader);
  CHECK_EQ(db.scan(reader->snapshot()).size(), 0u);
  db.commit(reader);
}

TEST("visible: a deleted row stays for older snapshots, a rolled back delete changes nothing") {
  Database db;
  Transaction* t = db.begin();
  RowId row = 0;
  CHECK(db.insert(t, {{1, "a"}}, &row).is_ok());
  db.commit(t);
  const Snapshot before = db.manager.acquire_snapshot();
  t = db.begin();
  CHECK(db.remove(t, row).is_ok());
  db.manager.rollback(t);
  CHECK_EQ(db.scan().size(), 1u);
  t = db.begin();
  CHECK(db.remove(t, row).is_ok());
  db.commit(t);
  CHECK_EQ(db.scan().size(), 0u);
  CHECK_EQ(db.scan(before).size(), 1u);
  CHECK_EQ(db.index_scan(Database::kPrimary, before).size(), 1u);
  db.manager.release_snapshot(before);
}

TEST("savepoint: rolling back takes inserts, updates and deletes back in order") {
  Database db(true);
  Transaction* t = db.begin();
  RowId row = 0;
  CHECK(db.insert(t, {{1, "a"}, {2, "b"}}, &row).is_ok());
  db.commit(t);
  t = db.begin();
  CHECK(db.update(t, {10, "aa", row}).is_ok());
  db.manager.next_command(*t);
  const std::size_t savepoint = db.manager.savepoint(*t);
  CHECK(db.update(t, {11, "aaa", row}).is_ok());
  CHECK(db.insert(t, {{3, "c"}}).is_ok());
  db.manager.next_command(*t);
  CHECK(db.remove(t, row).is_ok());
  db.manager.next_command(*t);
  CHECK_EQ(db.scan(t->snapshot()).size(), 2u);
  db.manager.rollback_to(*t, savepoint);
  db.manager.next_command(*t);
  auto rows = db.index_scan(Database::kPrimary, t->snapshot());
  CHECK_EQ(rows.size(), 2u);
  CHECK_EQ(rows[0].key, 2);
  CHECK_EQ(rows[1].key, 10);
  db.commit(t);
  CHECK_EQ(db.index_scan(Database::kByValue).size(), 2u);
  CHECK_EQ(db.index_scan(Database::kByValue)[0].value, "b");  // descending
}

TEST("unique: an open transaction's key is waited for, a committed one refuses, a rolled back one is free") {
  Database db;
  Transaction* first = db.begin();
  Transaction* second = db.begin();
  RowId row = 0;
  CHECK(db.insert(first, {{1, "a"}}, &row).is_ok());
  Status status = db.insert(second, {{2, "x"}, {1, "b"}});
  CHECK(status.code == StatusCode::kWait);
  CHECK_EQ(status.detail, first->xid());
  db.commit(first);
  status = db.insert(second, {{2, "x"}, {1, "b"}});
  CHECK(status.code == StatusCode::kUniqueViolation);
  CHECK_EQ(status.object, Database::kPrimary + 0ull);
  CHECK_EQ(status.detail, row);
  // A key that an open transaction deletes must be waited for as well.
  Transaction* third = db.begin();
  CHECK(db.remove(third, row).is_ok());
  CHECK(db.insert(second, {{1, "b"}}).code == StatusCode::kWait);
  db.commit(third);
  CHECK(db.insert(second, {{1, "b"}}).is_ok());
  db.manager.rollback(second);
  CHECK_EQ(db.scan().size(), 0u);
  CHECK_EQ(static_cast<index::BTree&>(*db.rows.find_index(Database::kPrimary)).entry_count(), 1u);  // the deleted row's, until vacuum
}

TEST("unique: a stale entry of an older version does not refuse") {
  Database db;
  Transaction* t = db.begin();
  RowId row = 0;
  CHECK(db.insert(t, {{1, "a"}}, &row).is_ok());
  db.manager.next_command(*t);
  CHECK(db.update(t, {2, "a", row}).is_ok());
  CHECK(db.insert(t, {{1, "b"}}).is_ok());
  CHECK(db.insert(t, {{2, "c"}}).code == StatusCode::kUniqueViolation);
  db.commit(t);
  const auto rows = db.index_scan(Database::kPrimary);
  CHECK_EQ(rows.size(), 2u);
  CHECK_EQ(rows[0].value, "b");
}

TEST("unique: an index over colliding rows is refused") {
  Database db;
  Transaction* t = db.begin();
  CHECK(db.insert(t, {{1, "same"}, {2, "same"}, {3, ""}, {4, ""}}).is_ok());
  db.commit(t);
  t = db.begin();
  const index::KeyColumn value{1, KeyKind::kBytes, false, false};
  CHECK(db.rows.create_btree(*t, 103, Database::kTable, std::span(&value, 1), true, false).code == StatusCode::kUniqueViolation);
  CHECK(db.remove(t, 2).is_ok());
  CHECK(db.rows.create_btree(*t, 103, Database::kTable, std::span(&value, 1), true, false).is_ok());
  db.manager.rollback(t);
  CHECK(db.rows.find_index(103) == nullptr);
}

TEST("conflict: a row changed by another is waited for, then must be read again") {
  Database db;
  Transaction* t = db.begin();
  RowId row = 0;
  CHECK(db.insert(t, {{1, "a"}}, &row).is_ok());
  db.commit(t);
  Transaction* first = db.begin();
  Transaction* second = db.begin(Isolation::kRepeatableRead);
  CHECK(db.update(first, {1, "b", row}).is_ok());
  CHECK(db.update(second, {1, "c", row}).code == StatusCode::kWait);
  CHECK(db.remove(second, row).code == StatusCode::kWait);
  db.commit(first);
  CHECK(db.update(second, {1, "c", row}).code == StatusCode::kSerializationFailure);
  db.manager.next_command(*second);
  CHECK(db.update(second, {1, "c", row}).code == StatusCode::kSerializationFailure);
  db.manager.rollback(second);
}

TEST("locks: the four strengths conflict as PostgreSQL's, with lockers and with writers") {
  const bool expected[4][4] = {{false, false, false, true}, {false, false, true, true}, {false, true, true, true}, {true, true, true, true}};
  for (int a = 0; a < 4; a++) {
    for (int b = 0; b < 4; b++) {
      Database db;
      Transaction* t = db.begin();
      RowId row = 0;
      CHECK(db.insert(t, {{1, "a"}}, &row).is_ok());
      db.commit(t);
      Transaction* first = db.begin();
      Transaction* second = db.begin();
      CHECK(db.rows.lock_rows(*first, *db.table, std::span(&row, 1), static_cast<LockStrength>(a)).is_ok());
      const Status status = db.rows.lock_rows(*second, *db.table, std::span(&row, 1), static_cast<LockStrength>(b));
      CHECK_EQ(status.code == StatusCode::kWait, expected[a][b]);
      CHECK_EQ(db.update(second, {1, "z", row}).code == StatusCode::kWait, expected[a][2]);
      db.manager.rollback(first);
      CHECK(db.remove(second, row).is_ok());
      db.manager.rollback(second);
      CHECK_EQ(db.table->row_locks.load(), 0u);
    }
  }
}

TEST("definitions: a column and a drop wait for open writers, and writers for them") {
  Database db;
  Transaction* writer = db.begin();
  Transaction* definer = db.begin();
  CHECK(db.insert(writer, {{1, "a"}}).is_ok());
  CHECK(db.rows.add_column(*definer, Database::kTable, {PhysicalType::kInt32, 0}, nullptr).code == StatusCode::kWait);
  CHECK(db.rows.drop_relation(*definer, Database::kTable).code == StatusCode::kWait);
  db.commit(writer);
  CHECK(db.rows.drop_relation(*definer, Database::kTable).is_ok());
  writer = db.begin();
  CHECK_EQ(db.insert(writer, {{2, "b"}}).detail, definer->xid());
  CHECK_EQ(db.scan().size(), 1u);
  db.manager.rollback(definer);
  CHECK(db.insert(writer, {{2, "b"}}).is_ok());
  db.commit(writer);
  CHECK_EQ(db.scan().size(), 2u);
}

TEST("vacuum: updates without end do not grow memory, and nothing visible is lost") {
  Database db(true);
  Transaction* t = db.begin();
  RowId first = 0;
  CHECK(db.insert(t, {{1, "a"}, {2, "b"}, {3, std::string(2000, 'x')}}, &first).is_ok());
  db.commit(t);
  for (int i = 0; i < 50'000; i++) {
    t = db.begin();
    CHECK(db.update(t, {1 + 10 * (i % 7), "v" + std::to_string(i), first}).is_ok());
    db.commit(t);
    if (i % 500 == 0) while (db.rows.vacuum(Database::kTable)) {}
  }
  for (int i = 0; i < 4; i++) {
    t = db.begin();
    CHECK(db.update(t, {2, "b" + std::to_string(i), first + 1}).is_ok());
    db.commit(t);
    while (db.rows.vacuum(Database::kTable)) {}
  }
  CHECK(db.table->dead_versions.load() < 5000);
  CHECK(static_cast<index::BTree&>(*db.rows.find_index(Database::kByValue)).entry_count() < 5000);
  const auto rows = db.index_scan(Database::kPrimary);
  CHECK_EQ(rows.size(), 3u);
  CHECK_EQ(db.scan().size(), 3u);
  CHECK_EQ(std::count_if(rows.begin(), rows.end(), [](const Row& r) { return r.value == std::string(2000, 'x'); }), 1);
}

TEST("random: rows and both indexes agree with a map under commits, rollbacks and savepoints") {
  Database db(true);
  std::mt19937 random(7);
  std::map<std::int32_t, Row> model;
  for (int round = 0; round < 400; round++) {
    auto trial = model;
    Transaction* t = db.begin();
    std::size_t savepoint = 0;
    auto at_savepoint = trial;
    bool has_savepoint = false;
    for (int step = 0; step < 12; step++) {
      const auto key = static_cast<std::int32_t>(random() % 200);
      const std::string value(random() % 40 + (random() % 50 == 0 ? 700 : 1), static_cast<char>('a' + random() % 26));
      switch (random() % 5) {
        case 0:
        case 1: {
          RowId row = 0;
          const Status status = db.insert(t, {{key, value}}, &row);
          CHECK_EQ(status.is_ok(), trial.count(key) == 0);
          if (status.is_ok()) trial[key] = {key, value, row};
          break;
        }
        case 2: {
          if (trial.empty()) break;
          auto it = trial.lower_bound(key);
          if (it == trial.end()) it = trial.begin();
          const Row row = it->second;
          const auto next = static_cast<std::int32_t>(random() % 200);
          const Status status = db.update(t, {next, value, row.id});
          const bool free = next == row.key || trial.count(next) == 0;
          CHECK_EQ(status.is_ok(), free);
          if (free) {
            trial.erase(row.key);
            trial[next] = {next, value, row.id};
          }
          break;
        }
        case 3: {
          const auto it = trial.find(key);
          if (it == trial.end()) break;
          CHECK(db.remove(t, it->second.id).is_ok());
          trial.erase(it);
          break;
        }
        case 4:
          if (!has_savepoint) {
            savepoint = db.manager.savepoint(*t);
            at_savepoint = trial;
            has_savepoint = true;
          } else {
            db.manager.rollback_to(*t, savepoint);
            trial = at_savepoint;
          }
          break;
      }
      db.manager.next_command(*t);
    }
    if (random() % 3 == 0) {
      db.manager.rollback(t);
    } else {
      db.commit(t);
      model = std::move(trial);
    }
    if (round % 10 == 0) while (db.rows.vacuum(Database::kTable)) {}
    if (round % 20 != 0) continue;
    const auto by_key = db.index_scan(Database::kPrimary);
    auto by_value = db.index_scan(Database::kByValue);
    CHECK_EQ(by_key.size(), model.size());
    CHECK_EQ(by_value.size(), model.size());
    CHECK_EQ(db.scan().size(), model.size());
    std::size_t i = 0;
    for (const auto& [key, row] : model) {
      if (i >= by_key.size()) break;
      CHECK_EQ(by_key[i].key, key);
      CHECK_EQ(by_key[i].value, row.value);
      i++;
    }
    CHECK(std::is_sorted(by_value.begin(), by_value.end(), [](const Row& a, const Row& b) { return a.value > b.value; }));
  }
}
