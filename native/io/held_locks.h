// held_locks.h: the weak relation locks of one connection's transaction on an I/O thread (ADR 19): slots that strong lockers look through.
//
// Invariants
//  1. Slots belong to who owns the connection's statements (connection.h, invariant 1); nobody else fills or empties them.
//  2. A slot that reads kMoved stands for a lock that the lock manager holds for the process.
// Threads: LockPlaces from any; HeldLocks from the owner's.
#pragma once
#include <array>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "../storage/lock_manager.h"

namespace orrery::io {

/// Room for slots: pieces of regions, a piece per connection.
class LockPlaces {
 public:
  /// Relations times modes that one transaction may lock here; one with more is JavaScript's.
  static constexpr std::size_t kSlots = 16;
  explicit LockPlaces(std::shared_ptr<storage::LockSlots> slots) : slots_(std::move(slots)) {}
  ~LockPlaces();
  LockPlaces(const LockPlaces&) = delete;
  LockPlaces& operator=(const LockPlaces&) = delete;
  storage::LockSlots::Slot* take();
  void give_back(storage::LockSlots::Slot* piece);

 private:
  const std::shared_ptr<storage::LockSlots> slots_;
  std::mutex latch_;
  std::vector<storage::LockSlots::Region*> regions_;
  std::vector<storage::LockSlots::Slot*> free_;
};

class HeldLocks {
 public:
  struct Lock { std::uint32_t relation; storage::LockMode mode; };
  HeldLocks() = default;
  ~HeldLocks();
  HeldLocks(const HeldLocks&) = delete;
  HeldLocks& operator=(const HeldLocks&) = delete;
  /// Before the first lock.
  void open(std::shared_ptr<LockPlaces> places) {
    if (!places_) places_ = std::move(places);
  }
  /// False: somebody has or wants a stronger lock, or there is no slot left.
  bool take(storage::LockManager& manager, storage::ProcessId process, std::uint32_t relation, storage::LockMode mode);
  void release_all(storage::LockManager& manager, storage::ProcessId process);
  /// From now on the lock manager has them for the process, who releases them there.
  std::vector<Lock> move_to(storage::LockManager& manager, storage::ProcessId process);

 private:
  std::shared_ptr<LockPlaces> places_;
  storage::LockSlots::Slot* slots_ = nullptr;
  std::array<Lock, LockPlaces::kSlots> locks_;
  std::size_t count_ = 0;
};

}  // namespace orrery::io
