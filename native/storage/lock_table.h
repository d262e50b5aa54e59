// lock_table.h: row locks without change (SELECT … FOR UPDATE, foreign keys): who holds which strength on which row.
//
// Invariants: an entry lives until its transaction rolls it back or ends; a transaction's locks never conflict with its own.
// Threads: lockers and row writers hold the relation's write latch around test and act; release comes from any thread.
// Strengths and their conflicts are PostgreSQL's (heapam's README.tuplock).
#pragma once
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "ids.h"

namespace orrery::storage {

enum class LockStrength : std::uint8_t { kKeyShare = 0, kShare = 1, kNoKeyUpdate = 2, kUpdate = 3 };

constexpr bool conflicts(LockStrength a, LockStrength b) {
  const auto x = static_cast<int>(a), y = static_cast<int>(b);
  // Key share only with update; share with both updates; no key update with all but key share; update with all.
  return x + y >= 3 && !(x == 1 && y == 1);
}

class LockTable {
 public:
  /// 0 when granted (*added: a new entry, to be released), else the xid that holds a conflicting lock.
  Xid acquire(RelationId relation, RowId row, Xid xid, LockStrength strength, bool* added);
  /// The xid of another transaction that holds a lock conflicting with `strength`, or 0.
  Xid conflict(RelationId relation, RowId row, Xid xid, LockStrength strength) const;
  /// It holds a lock on the row, of any strength.
  bool holds(RelationId relation, RowId row, Xid xid) const;
  void release(RelationId relation, RowId row, Xid xid, LockStrength strength);

 private:
  struct Key {
    RelationId relation;
    RowId row;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& k) const noexcept { return (k.row * 0x9e3779b97f4a7c15ull) ^ (k.relation * 0xd6e8feb86659fd93ull); }
  };
  struct Holder { Xid xid; LockStrength strength; };
  struct Shard {
    mutable std::mutex latch;
    std::unordered_map<Key, std::vector<Holder>, Hash> rows;
  };
  Shard& shard(const Key& key) const { return shards_[(Hash{}(key) >> 32) % kShards]; }
  static constexpr std::size_t kShards = 16;
  mutable Shard shards_[kShards];
};

}  // namespace orrery::storage
