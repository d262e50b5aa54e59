// The order in which waiters get a row, whichever thread is quicker.
#include <atomic>
#include <memory>
#include <mutex>
#include <semaphore>
#include <thread>
#include <vector>

#include "../storage/deadlock.h"
#include "../storage/memory_log.h"
#include "check.h"

using namespace orrery::storage;

namespace {
constexpr RowPlace kRow{20000, 7};

struct Waiter {
  Transaction* t;
  int woken = 0;
};
/// As after a statement that met the row in the hands of `blocker`.
bool wait(TransactionManager& m, Waiter& w, Xid blocker, LockStrength strength = LockStrength::kUpdate, RowPlace place = kRow) {
  w.t->want({place, strength, blocker});
  return m.wait_for(w.t->xid(), blocker, [&w] { w.woken++; });
}
/// As when it has got the row.
void take(TransactionManager& m, Waiter& w, LockStrength strength = LockStrength::kUpdate) {
  w.t->want_nothing();
  m.leave_queue(*w.t, strength);
}
}  // namespace

TEST("row queues: the holder's end wakes the first, and each next one waits for the one before") {
  MemoryLog log;
  TransactionManager m(log);
  Transaction* holder = m.begin(Isolation::kReadCommitted, 1);
  Waiter a{m.begin(Isolation::kReadCommitted, 2)}, b{m.begin(Isolation::kReadCommitted, 3)}, c{m.begin(Isolation::kReadCommitted, 4)};
  CHECK(wait(m, a, holder->xid()));
  CHECK(wait(m, b, holder->xid()));
  CHECK(wait(m, c, holder->xid()));
  m.rollback(holder);
  CHECK_EQ(a.woken, 1);
  CHECK_EQ(b.woken + c.woken, 0);
  // b asks again for another reason: it is not its turn.
  CHECK_EQ(m.ahead_of(*b.t), a.t->xid());
  take(m, a);
  CHECK_EQ(b.woken, 0);
  m.rollback(a.t);
  CHECK_EQ(b.woken, 1);
  CHECK_EQ(c.woken, 0);
  // It goes away without the row.
  m.rollback(b.t);
  CHECK_EQ(c.woken, 1);
  m.rollback(c.t);
  CHECK(m.waits().empty());
}

TEST("row queues: sharers go together, and who conflicts with them comes after all of them") {
  MemoryLog log;
  TransactionManager m(log);
  Transaction* holder = m.begin(Isolation::kReadCommitted, 1);
  Waiter a{m.begin(Isolation::kReadCommitted, 2)}, b{m.begin(Isolation::kReadCommitted, 3)}, c{m.begin(Isolation::kReadCommitted, 4)};
  CHECK(wait(m, a, holder->xid(), LockStrength::kShare));
  CHECK(wait(m, b, holder->xid(), LockStrength::kShare));
  CHECK(wait(m, c, holder->xid(), LockStrength::kNoKeyUpdate));
  m.rollback(holder);
  CHECK_EQ(a.woken + b.woken, 2);
  take(m, b, LockStrength::kShare);
  take(m, a, LockStrength::kShare);
  CHECK_EQ(c.woken, 0);
  m.rollback(a.t);
  CHECK_EQ(c.woken, 1);
  m.rollback(b.t);
  m.rollback(c.t);
}

TEST("row queues: who gives up its wait lets the next one look, and who asks twice keeps its place") {
  MemoryLog log;
  TransactionManager m(log);
  Transaction* holder = m.begin(Isolation::kReadCommitted, 1);
  Waiter a{m.begin(Isolation::kReadCommitted, 2)}, b{m.begin(Isolation::kReadCommitted, 3)};
  CHECK(wait(m, a, holder->xid()));
  CHECK(wait(m, b, holder->xid()));
  m.cancel_wait(a.t->xid());
  CHECK_EQ(b.woken, 0);
  CHECK(wait(m, a, holder->xid()));
  CHECK_EQ(m.ahead_of(*b.t), a.t->xid());
  m.cancel_wait(a.t->xid());
  m.leave_queue(*a.t);
  CHECK_EQ(b.woken, 1);
  CHECK(wait(m, b, holder->xid()));
  m.rollback(holder);
  CHECK_EQ(b.woken, 2);
  m.rollback(a.t);
  m.rollback(b.t);
}

TEST("row queues: a wait for another row leaves the first queue; the next command leaves, a statement that goes on does not") {
  MemoryLog log;
  TransactionManager m(log);
  Transaction* holder = m.begin(Isolation::kReadCommitted, 1);
  Waiter a{m.begin(Isolation::kReadCommitted, 2)}, b{m.begin(Isolation::kReadCommitted, 3)};
  CHECK(wait(m, a, holder->xid()));
  CHECK(wait(m, b, holder->xid()));
  CHECK(wait(m, a, holder->xid(), LockStrength::kUpdate, {20000, 8}));
  CHECK_EQ(b.woken, 1);
  m.next_command(*a.t);
  CHECK(a.t->is_queued());
  a.t->want_nothing();
  m.next_command(*a.t);
  CHECK(!a.t->is_queued());
  m.rollback(holder);
  m.rollback(a.t);
  m.rollback(b.t);
}

TEST("row queues: a deadlock is found through the queue, and says who stands before whom") {
  MemoryLog log;
  TransactionManager m(log);
  LockManager locks;
  Transaction* holder = m.begin(Isolation::kReadCommitted, 1);
  Waiter a{m.begin(Isolation::kReadCommitted, 2)}, b{m.begin(Isolation::kReadCommitted, 3)};
  CHECK(wait(m, a, holder->xid()));
  CHECK(wait(m, b, holder->xid()));
  CHECK(m.wait_for(holder->xid(), b.t->xid(), [] {}));
  const auto cycle = break_deadlock(locks, m, 3);
  CHECK_EQ(cycle.size(), 3u);
  CHECK(cycle[0].is_behind && cycle[0].row == kRow && cycle[0].blocker == 2);
  CHECK(!cycle[1].is_behind);
  m.rollback(b.t);
  m.rollback(holder);
  CHECK_EQ(a.woken, 1);
  CHECK_EQ(b.woken, 0);
  m.rollback(a.t);
}

TEST("row queues: a deadlock that somebody's leaving closes is found by who stood behind it") {
  MemoryLog log;
  TransactionManager m(log);
  LockManager locks;
  Transaction* holder = m.begin(Isolation::kReadCommitted, 1);
  Waiter a{m.begin(Isolation::kReadCommitted, 2)}, b{m.begin(Isolation::kReadCommitted, 3)}, c{m.begin(Isolation::kReadCommitted, 4)};
  CHECK(wait(m, a, holder->xid()));
  CHECK(wait(m, b, holder->xid()));
  CHECK(wait(m, c, holder->xid()));
  CHECK(m.wait_for(holder->xid(), c.t->xid(), [] {}));
  // b is the victim of another deadlock, and has not come to leave the queue yet: c sees no way on behind it.
  m.cancel_wait(b.t->xid());
  CHECK(break_deadlock(locks, m, 4).empty());
  m.rollback(b.t);
  CHECK_EQ(a.woken, 0);
  CHECK_EQ(c.woken, 1);
  CHECK(wait(m, c, holder->xid()));
  CHECK_EQ(m.ahead_of(*c.t), a.t->xid());
  CHECK_EQ(break_deadlock(locks, m, 4).size(), 3u);
  m.rollback(c.t);
  m.rollback(holder);
  CHECK_EQ(a.woken, 1);
  m.rollback(a.t);
}

TEST("threads: a row goes round in order, and nobody is forgotten") {
  MemoryLog log;
  TransactionManager m(log);
  std::mutex row;  // the relation's write latch: who looks at the row, and takes it
  Xid owner = 0;
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; n++)
    threads.emplace_back([&] {
      for (int i = 0; i < 500; i++) {
        Transaction* t = m.begin(Isolation::kReadCommitted, 1);
        for (;;) {
          Xid blocker = 0;
          {
            std::lock_guard guard(row);
            t->want_nothing();
            blocker = owner;
            if (blocker == 0 && t->is_queued()) blocker = m.ahead_of(*t);
            if (blocker == 0) {
              owner = t->xid();
              m.leave_queue(*t, LockStrength::kUpdate);
            } else t->want({kRow, LockStrength::kUpdate, blocker});
          }
          if (blocker == 0) break;
          const auto woken = std::make_shared<std::binary_semaphore>(0);
          if (m.wait_for(t->xid(), blocker, [woken] { woken->release(); })) woken->acquire();
        }
        taken++;
        {
          std::lock_guard guard(row);
          owner = 0;
        }
        m.rollback(t);
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK_EQ(taken.load(), 2000);
  CHECK(m.waits().empty());
}
