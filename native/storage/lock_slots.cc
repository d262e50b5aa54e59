#include "lock_slots.h"

namespace orrery::storage {

LockSlots::Region* LockSlots::take_region() {
  std::lock_guard guard(latch_);
  if (free_.empty()) {
    regions_.push_back(std::make_unique<Region>());
    return regions_.back().get();
  }
  Region* region = free_.back();
  free_.pop_back();
  return region;
}

void LockSlots::give_back(Region* region) {
  std::lock_guard guard(latch_);
  for (Slot& slot : region->slots) slot.relation.store(0, std::memory_order_seq_cst);
  free_.push_back(region);
}

void LockSlots::take_over(std::uint32_t relation, const std::function<void(std::uint32_t, std::uint32_t)>& take) {
  std::lock_guard guard(latch_);
  for (auto& region : regions_)
    for (Slot& slot : region->slots) {
      std::uint32_t found = relation;
      // After the exchange the slot cannot be used anew before its owner has come to the lock manager, so what it says is of this lock.
      if (slot.relation.load(std::memory_order_seq_cst) == relation && slot.relation.compare_exchange_strong(found, kMoved, std::memory_order_seq_cst))
        take(slot.process.load(std::memory_order_relaxed), slot.mode.load(std::memory_order_relaxed));
    }
}

void LockSlots::for_each(const std::function<void(std::uint32_t, std::uint32_t, std::uint32_t)>& look) const {
  std::lock_guard guard(latch_);
  for (const auto& region : regions_)
    for (const Slot& slot : region->slots) {
      const std::uint32_t relation = slot.relation.load(std::memory_order_seq_cst);
      if (relation != 0 && relation != kMoved) look(relation, slot.process.load(std::memory_order_relaxed), slot.mode.load(std::memory_order_relaxed));
    }
}

}  // namespace orrery::storage
