#include "held_locks.h"

#include "../core/check.h"

namespace orrery::io {

using storage::LockSlots;
using storage::LockTag;

static_assert(LockSlots::kSlotsPerRegion % LockPlaces::kSlots == 0);

LockPlaces::~LockPlaces() {
  for (LockSlots::Region* region : regions_) slots_->give_back(region);
}

LockSlots::Slot* LockPlaces::take() {
  const std::lock_guard guard(latch_);
  if (free_.empty()) {
    regions_.push_back(slots_->take_region());
    for (std::size_t at = LockSlots::kSlotsPerRegion; at > 0; at -= kSlots) free_.push_back(&regions_.back()->slots[at - kSlots]);
  }
  LockSlots::Slot* piece = free_.back();
  free_.pop_back();
  return piece;
}

void LockPlaces::give_back(LockSlots::Slot* piece) {
  const std::lock_guard guard(latch_);
  free_.push_back(piece);
}

HeldLocks::~HeldLocks() {
  // A connection that ends with its engine may leave locks behind; the next user of the piece must find it empty.
  if (slots_ == nullptr) return;
  for (std::size_t i = 0; i < LockPlaces::kSlots; i++) slots_[i].relation.store(0, std::memory_order_seq_cst);
  places_->give_back(slots_);
}

bool HeldLocks::take(storage::LockManager& manager, storage::ProcessId process, std::uint32_t relation, storage::LockMode mode) {
  for (std::size_t i = 0; i < count_; i++)
    if (locks_[i].relation == relation && locks_[i].mode == mode) return true;
  LockSlots& all = *manager.slots();
  if (count_ == LockPlaces::kSlots || all.is_contended(relation)) return false;
  if (slots_ == nullptr) slots_ = places_->take();
  LockSlots::Slot& slot = slots_[count_];
  slot.mode.store(static_cast<std::uint32_t>(mode), std::memory_order_relaxed);
  slot.process.store(process, std::memory_order_relaxed);
  slot.relation.store(relation, std::memory_order_seq_cst);
  // Whoever counted itself before the store is seen now; whoever did after it finds the slot, and the lock is held.
  std::uint32_t expected = relation;
  if (all.is_contended(relation) && slot.relation.compare_exchange_strong(expected, 0, std::memory_order_seq_cst)) return false;
  locks_[count_++] = {relation, mode};
  return true;
}

void HeldLocks::release_all(storage::LockManager& manager, storage::ProcessId process) {
  for (; count_ > 0; count_--) {
    const Lock& lock = locks_[count_ - 1];
    std::atomic<std::uint32_t>& relation = slots_[count_ - 1].relation;
    std::uint32_t expected = lock.relation;
    if (relation.compare_exchange_strong(expected, 0, std::memory_order_seq_cst)) continue;
    (void)manager.release(process, LockTag::relation(lock.relation), lock.mode);
    relation.store(0, std::memory_order_seq_cst);
  }
}

std::vector<HeldLocks::Lock> HeldLocks::move_to(storage::LockManager& manager, storage::ProcessId process) {
  std::vector<Lock> moved;
  for (; count_ > 0; count_--) {
    const Lock& lock = locks_[count_ - 1];
    const LockTag tag = LockTag::relation(lock.relation);
    // While the slot stands nobody is granted what conflicts with it, and a lock that was taken over is there to be counted twice.
    const auto outcome = manager.acquire(process, tag, lock.mode, {});
    ORRERY_ASSERT(outcome == storage::LockManager::Outcome::kGranted);
    std::atomic<std::uint32_t>& relation = slots_[count_ - 1].relation;
    std::uint32_t expected = lock.relation;
    if (!relation.compare_exchange_strong(expected, 0, std::memory_order_seq_cst)) {
      (void)manager.release(process, tag, lock.mode);
      relation.store(0, std::memory_order_seq_cst);
    }
    moved.push_back(lock);
  }
  return moved;
}

}  // namespace orrery::io
