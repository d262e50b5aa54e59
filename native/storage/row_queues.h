// row_queues.h: who waits for a row, in the order they came.
//
// Who waits for the end of a row's holder stands in the row's queue until it has the row, or waits for something else, or gives up. Only those
// in front, with nobody before them whose strength conflicts, wait for the holder; the others wait for the one before them. So the row goes
// from hand to hand in the order of the requests, whichever thread is quicker, and its holder's end wakes one waiter instead of all.
// Source: PostgreSQL, heapam's README.tuplock ("the tuple lock"): the same order, kept there by a lock of the object table.
//
// Invariants
//  1. A transaction stands in one queue at most.
//  2. Who never waited for a row may take it when it is free, also past a queue (as in PostgreSQL).
// Threads: the caller's latch (TransactionManager's of waits).
#pragma once
#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <vector>

#include "ids.h"
#include "lock_table.h"

namespace orrery::storage {

struct RowPlace {
  RelationId relation = 0;
  RowId row = 0;
  bool operator==(const RowPlace&) const = default;
  struct Hash {
    std::size_t operator()(const RowPlace& p) const noexcept { return (p.row * 0x9e3779b97f4a7c15ull) ^ (p.relation * 0xd6e8feb86659fd93ull); }
  };
};

class RowQueues {
 public:
  struct Entry {
    Xid xid = 0;
    LockStrength strength = LockStrength::kKeyShare;
    Xid next_blocker = 0;  // who took the row from before it, when it was not yet asleep; 0: nobody
  };

  /// At the end; nothing when it stands there already.
  void join(const RowPlace& place, Xid xid, LockStrength strength) {
    auto& queue = queues_[place];
    if (find(queue, xid) == queue.end()) queue.push_back({xid, strength, 0});
  }
  Entry* entry(const RowPlace& place, Xid xid) {
    const auto at = queues_.find(place);
    if (at == queues_.end()) return nullptr;
    const auto e = find(at->second, xid);
    return e == at->second.end() ? nullptr : &*e;
  }
  /// The nearest before it whose strength conflicts, or 0.
  Xid ahead(const RowPlace& place, Xid xid) const {
    const auto at = queues_.find(place);
    if (at == queues_.end()) return 0;
    Ahead before;
    for (const Entry& e : at->second) {
      if (e.xid == xid) return before.of(e.strength);
      before.add(e);
    }
    return 0;
  }
  /// `visit(Entry&, Xid)` gets everyone that stood behind it, in order, and whom each stands behind now (0: nobody).
  template <typename Visit>
  void leave(const RowPlace& place, Xid xid, Visit visit) {
    const auto at = queues_.find(place);
    if (at == queues_.end()) return;
    auto& queue = at->second;
    const auto self = find(queue, xid);
    if (self == queue.end()) return;
    const auto position = self - queue.begin();
    queue.erase(self);
    Ahead before;
    for (auto e = queue.begin(); e != queue.end(); ++e) {
      if (e - queue.begin() >= position) visit(*e, before.of(e->strength));
      before.add(*e);
    }
    if (queue.empty()) queues_.erase(at);
  }
  bool empty() const noexcept { return queues_.empty(); }

 private:
  using Queue = std::vector<Entry>;
  static Queue::iterator find(Queue& queue, Xid xid) {
    return std::find_if(queue.begin(), queue.end(), [&](const Entry& e) { return e.xid == xid; });
  }
  /// The last entry of each strength that was passed.
  struct Ahead {
    struct Last { Xid xid = 0; std::size_t at = 0; } last[4];
    std::size_t count = 0;
    void add(const Entry& e) noexcept { last[static_cast<int>(e.strength)] = {e.xid, ++count}; }
    Xid of(LockStrength strength) const noexcept {
      Last nearest;
      for (int s = 0; s < 4; s++)
        if (conflicts(static_cast<LockStrength>(s), strength) && last[s].at > nearest.at) nearest = last[s];
      return nearest.xid;
    }
  };

  std::unordered_map<RowPlace, Queue, RowPlace::Hash> queues_;
};

}  // namespace orrery::storage
