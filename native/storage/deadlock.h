// deadlock.h: finding a cycle of waits through one process and giving up its wait, as one step.
//
// Waits are of two kinds: for the end of a transaction (transaction.h) and for a lock of an object (lock_manager.h). Both are held still while the
// cycle is looked for, so of several processes that look at the same moment the first breaks the cycle and the others find none.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "lock_manager.h"
#include "transaction.h"

namespace orrery::storage {

/// `waiter` waits for `blocker`: for the end of its transaction `xid`, or behind it for a row, or for a lock.
struct WaitEdge {
  ProcessId waiter = 0, blocker = 0;
  Xid xid = 0, waiter_xid = 0;
  std::optional<LockManager::Edge> lock;
  RowPlace row{};  // relation 0: no wait for a row
  LockStrength strength = LockStrength::kKeyShare;
  bool is_behind = false;

  static WaitEdge of(const TransactionManager::WaitFacts& w) {
    return {w.process, w.blocker_process, w.blocker, w.waiter, std::nullopt, w.row, w.strength, w.is_behind};
  }
};

/// The edges of a cycle through `start`, from its own wait on; empty: there is none.
std::vector<WaitEdge> find_cycle(const std::vector<WaitEdge>& edges, ProcessId start);

/// The same over all waits; where there is one, `process` waits no longer (nothing wakes it) and holds nothing more than before.
std::vector<WaitEdge> break_deadlock(LockManager& locks, TransactionManager& transactions, ProcessId process);

}  // namespace orrery::storage
