// Deadlocks over both kinds of waits: the cycle is found, and its finder waits no longer.
#include "../storage/deadlock.h"
#include "../storage/memory_log.h"
#include "check.h"

using namespace orrery::storage;

TEST("deadlock: of a transaction and a lock, broken once") {
  MemoryLog log;
  TransactionManager transactions(log);
  LockManager locks;
  Transaction* a = transactions.begin(Isolation::kReadCommitted, 1);
  Transaction* b = transactions.begin(Isolation::kReadCommitted, 2);
  const LockTag tag = LockTag::relation(20000);
  int woken = 0;
  const auto wake = [&] { woken++; };
  CHECK(locks.acquire(1, tag, LockMode::kAccessExclusive, nullptr) == LockManager::Outcome::kGranted);
  CHECK(transactions.wait_for(a->xid(), b->xid(), wake));
  CHECK(break_deadlock(locks, transactions, 1).empty());
  CHECK(locks.acquire(2, tag, LockMode::kAccessShare, wake) == LockManager::Outcome::kQueued);
  const auto cycle = break_deadlock(locks, transactions, 1);
  CHECK_EQ(cycle.size(), 2u);
  CHECK_EQ(cycle[0].xid, b->xid());
  CHECK(cycle[1].lock.has_value());
  // The other finds nothing any more, and still waits.
  CHECK(break_deadlock(locks, transactions, 2).empty());
  CHECK_EQ(locks.edges().size(), 1u);
  CHECK(transactions.waits().empty());
  CHECK_EQ(woken, 0);
  transactions.rollback(a);
  CHECK(locks.release(1, tag, LockMode::kAccessExclusive));
  CHECK_EQ(woken, 1);
  transactions.rollback(b);
}

TEST("deadlock: a cycle is found behind a dead end, and none is made up") {
  const auto edge = [](ProcessId waiter, ProcessId blocker) { return WaitEdge{waiter, blocker, 1, 1, std::nullopt}; };
  CHECK(find_cycle({edge(1, 2), edge(2, 3), edge(3, 2)}, 1).empty());
  CHECK(find_cycle({edge(1, 2)}, 0).empty());
  const auto cycle = find_cycle({edge(1, 4), edge(1, 2), edge(2, 5), edge(2, 3), edge(3, 1)}, 1);
  CHECK_EQ(cycle.size(), 3u);
  CHECK_EQ(cycle[2].blocker, 1u);
}
