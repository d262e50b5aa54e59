// Readers, writers, committers and vacuum at once. Run under ThreadSanitizer.
#include <thread>

#include "storage_support.h"

using namespace orrery;
using namespace orrery::test;

TEST("threads: transfers between rows keep their sum for every reader while vacuum runs") {
  Database db(true);
  constexpr int kRows = 16, kTotal = kRows * 1000;
  Transaction* t = db.begin();
  RowId first = 0;
  std::vector<Row> rows;
  for (int i = 0; i < kRows; i++) rows.push_back({i, "1000"});
  CHECK(db.insert(t, rows, &first).is_ok());
  db.commit(t);
  db.rows.start_vacuum();
  std::atomic<bool> stop{false};
  std::atomic<int> committed{0}, wrong{0};
  std::vector<std::thread> threads;
  for (int w = 0; w < 2; w++)
    threads.emplace_back([&, w] {
      std::uint32_t seed = 77 + static_cast<std::uint32_t>(w);
      for (int i = 0; i < 1500; i++) {
        seed = seed * 1664525 + 1013904223;
        const RowId from = first + (seed >> 8) % kRows, to = first + (seed >> 16) % kRows;
        if (from == to) continue;
        Transaction* t = db.begin();
        bool ok = true;
        for (const auto& [row, delta] : {std::pair{from, -1}, std::pair{to, 1}}) {
          const VersionRef v = db.table->visible(row, t->snapshot(), db.manager);
          if (!v) { ok = false; wrong++; break; }
          const int value = std::stoi(std::string(v.chunk->varlen(1, v.slot))) + delta;
          ok = db.update(t, {v.chunk->fixed<std::int32_t>(0, v.slot), std::to_string(value), row}).is_ok();
          if (!ok) break;
          db.manager.next_command(*t);
        }
        if (ok) {
          db.commit(t);
          committed++;
        } else {
          db.manager.rollback(t);
        }
      }
    });
  for (int r = 0; r < 2; r++)
    threads.emplace_back([&, r] {
      while (!stop) {
        const Snapshot snapshot = db.manager.acquire_snapshot();
        const auto seen = r == 0 ? db.scan(snapshot) : db.index_scan(Database::kPrimary, snapshot);
        db.manager.release_snapshot(snapshot);
        int sum = 0;
        for (const Row& row : seen) sum += std::stoi(row.value);
        if (sum != kTotal || seen.size() != kRows) wrong++;
      }
    });
  threads[0].join();
  threads[1].join();
  stop = true;
  threads[2].join();
  threads[3].join();
  db.rows.stop_vacuum();
  CHECK_EQ(wrong.load(), 0);
  CHECK(committed.load() > 0);
}

TEST("threads: of two inserters of each key one wins, and the index has it once") {
  Database db;
  std::vector<std::thread> threads;
  std::atomic<int> won{0};
  for (int w = 0; w < 3; w++)
    threads.emplace_back([&] {
      for (std::int32_t key = 0; key < 800; key++) {
        for (;;) {
          Transaction* t = db.begin();
          const Status status = db.insert(t, {{key, "value"}});
          if (status.is_ok()) {
            db.commit(t);
            won++;
            break;
          }
          db.manager.rollback(t);
          if (status.code != StatusCode::kWait) break;
        }
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK_EQ(won.load(), 800);
  CHECK_EQ(db.index_scan(Database::kPrimary).size(), 800u);
  CHECK_EQ(db.scan().size(), 800u);
}

TEST("threads: waiters are woken once, whoever ends first") {
  Database db;
  for (int i = 0; i < 300; i++) {
    Transaction* blocker = db.begin();
    Transaction* waiter = db.begin();
    std::atomic<int> woken{0};
    const Xid blocker_xid = blocker->xid();
    std::thread ender([&] { db.commit(blocker); });
    const bool waits = db.manager.wait_for(waiter->xid(), blocker_xid, [&] { woken++; });
    ender.join();
    CHECK_EQ(woken.load() + (waits ? 0 : 1), 1);
    db.manager.rollback(waiter);
  }
}
