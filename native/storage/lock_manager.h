// lock_manager.h: locks of whole objects: relations and advisory keys. Row locks are lock_table.h's; most weak locks of relations never get
// here (lock_slots.h).
//
// Owners are processes (sessions), because a lock may outlive its transaction. Modes, conflicts and the order of the queue are
// PostgreSQL's (storage/lmgr/README): a request waits behind earlier requests that it conflicts with, unless its process already
// holds what those wait for.
//
// Invariants
//  1. A process waits for at most one lock at a time.
//  2. A lock without holders has no queue: every release grants what it can before it returns.
// Threads: any. `wake` runs on the releasing thread, outside the latch.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "lock_slots.h"

namespace orrery::storage {

using ProcessId = std::uint32_t;  // 0: nobody

enum class LockMode : std::uint8_t {
  kAccessShare = 1,
  kRowShare,
  kRowExclusive,
  kShareUpdateExclusive,
  kShare,
  kShareRowExclusive,
  kExclusive,
  kAccessExclusive
};

/// Modes that weak ones (up to row exclusive) can meet.
constexpr bool is_strong(LockMode mode) { return mode > LockMode::kShareUpdateExclusive; }

/// PostgreSQL's table of conflicting modes.
constexpr bool conflicts(LockMode a, LockMode b) {
  constexpr std::uint16_t with[9] = {0, 1u << 8, 3u << 7, 0xfu << 5, 0x1fu << 4, 0x1bu << 3 | 1u << 8, 0x3fu << 3, 0x7fu << 2, 0xffu << 1};
  return (with[static_cast<int>(a)] >> static_cast<int>(b) & 1) != 0;
}

struct LockTag {
  std::uint32_t kind = 0;  // 0 relation, 10 advisory, as PostgreSQL numbers them
  std::uint32_t field[4] = {0, 0, 0, 0};
  static LockTag relation(std::uint32_t oid) noexcept { return {0, {0, oid, 0, 0}}; }
  bool is_relation() const noexcept { return kind == 0; }
  bool operator==(const LockTag&) const = default;
};

class LockManager {
 public:
  /// kDeadlock: queued too, but behind a request that waits for this process: nothing but giving up can end it.
  enum class Outcome : std::uint8_t { kGranted, kBusy, kQueued, kDeadlock };
  struct Entry { LockTag tag; ProcessId process; LockMode mode; bool granted; bool in_slot; };
  /// `waiter` wants `mode`; `blocker` holds, or asked earlier for, a mode that conflicts.
  struct Edge { LockTag tag; LockMode mode; ProcessId waiter; ProcessId blocker; };

  /// Without `wake` a lock that is not free is kBusy. A queued request becomes a held lock by itself; then `wake` runs once.
  Outcome acquire(ProcessId process, const LockTag& tag, LockMode mode, std::function<void()> wake);
  /// Gives up waiting; false: the process does not wait (its request may have been granted meanwhile).
  bool cancel(ProcessId process);
  /// A holding changes hands; one that `from` has in a slot is given to `to` beside it.
  void transfer(ProcessId from, ProcessId to, const LockTag& tag, LockMode mode);
  /// One of the holdings of this mode; false: there is none.
  bool release(ProcessId process, const LockTag& tag, LockMode mode);
  void release_all(ProcessId process);

  std::vector<Entry> entries() const;
  std::vector<Edge> edges() const;
  /// `judge` gets the edges while nothing about locks can change; true: `process` gives up waiting.
  /// Latch order: this one before whatever `judge` takes.
  void settle_wait(ProcessId process, const std::function<bool(const std::vector<Edge>&)>& judge);

  /// Shared with the views that JavaScript threads have of it.
  const std::shared_ptr<LockSlots>& slots() const noexcept { return slots_; }

 private:
  struct Holder { ProcessId process; LockMode mode; std::uint32_t count; };
  struct Waiter { ProcessId process; LockMode mode; std::function<void()> wake; };
  struct Lock { std::vector<Holder> holders; std::vector<Waiter> queue; };
  struct Hash {
    std::size_t operator()(const LockTag& t) const noexcept {
      std::uint64_t h = t.kind;
      for (const std::uint32_t f : t.field) h = (h ^ f) * 0x9e3779b97f4a7c15ull;
      return h ^ (h >> 32);
    }
  };
  using Wakes = std::vector<std::function<void()>>;
  static bool held_against(const Lock& lock, ProcessId process, LockMode mode);
  static void grant(Lock& lock, ProcessId process, LockMode mode);
  void settle(std::unordered_map<LockTag, Lock, Hash>::iterator lock, Wakes& wakes);
  bool cancel_latched(ProcessId process, Wakes& wakes);
  std::vector<Edge> edges_latched() const;
  void forget(const LockTag& tag, LockMode mode, std::uint32_t count = 1) noexcept;

  mutable std::mutex latch_;
  std::unordered_map<LockTag, Lock, Hash> locks_;
  std::unordered_map<ProcessId, LockTag> waiting_;
  const std::shared_ptr<LockSlots> slots_ = std::make_shared<LockSlots>();
};

}  // namespace orrery::storage
