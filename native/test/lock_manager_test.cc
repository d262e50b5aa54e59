// Locks of objects: the order of the queue, counts, and what a release grants.
#include <atomic>
#include <thread>

#include "../storage/lock_manager.h"
#include "check.h"

using namespace orrery::storage;

namespace {
constexpr LockTag kTag{10, {1, 2, 3, 1}};
using Outcome = LockManager::Outcome;
}  // namespace

TEST("lock manager: a shared request waits behind an exclusive one that came before") {
  LockManager locks;
  int woken = 0;
  const auto wake = [&] { woken++; };
  CHECK(locks.acquire(1, kTag, LockMode::kShare, nullptr) == Outcome::kGranted);
  CHECK(locks.acquire(2, kTag, LockMode::kExclusive, wake) == Outcome::kQueued);
  CHECK(locks.acquire(3, kTag, LockMode::kShare, nullptr) == Outcome::kBusy);
  CHECK(locks.acquire(3, kTag, LockMode::kShare, wake) == Outcome::kQueued);
  CHECK_EQ(locks.edges().size(), 2u);  // 2 -> 1, 3 -> 2
  CHECK(locks.release(1, kTag, LockMode::kShare));
  CHECK_EQ(woken, 1);
  CHECK(!locks.cancel(2));
  CHECK(locks.release(2, kTag, LockMode::kExclusive));
  CHECK_EQ(woken, 2);
  locks.release_all(3);
  CHECK(locks.entries().empty());
}

TEST("lock manager: who holds what a waiter waits for passes it") {
  LockManager locks;
  CHECK(locks.acquire(1, kTag, LockMode::kShare, nullptr) == Outcome::kGranted);
  CHECK(locks.acquire(2, kTag, LockMode::kExclusive, [] {}) == Outcome::kQueued);
  CHECK(locks.acquire(1, kTag, LockMode::kRowShare, nullptr) == Outcome::kGranted);
  CHECK(locks.cancel(2));
  CHECK(!locks.cancel(2));
  CHECK(!locks.release(2, kTag, LockMode::kExclusive));
}

TEST("lock manager: a holding is released as often as it was taken") {
  LockManager locks;
  for (int i = 0; i < 3; i++) CHECK(locks.acquire(1, kTag, LockMode::kExclusive, nullptr) == Outcome::kGranted);
  for (int i = 0; i < 3; i++) {
    CHECK(locks.acquire(2, kTag, LockMode::kAccessShare, nullptr) == Outcome::kGranted);
    CHECK(locks.acquire(2, kTag, LockMode::kShare, nullptr) == Outcome::kBusy);
    CHECK(locks.release(1, kTag, LockMode::kExclusive));
  }
  CHECK(locks.acquire(2, kTag, LockMode::kShare, nullptr) == Outcome::kGranted);
}

TEST("threads: an exclusive lock has one holder") {
  LockManager locks;
  std::atomic<int> inside{0};
  std::vector<std::thread> threads;
  for (ProcessId p = 1; p <= 4; p++)
    threads.emplace_back([&, p] {
      for (int i = 0; i < 2000; i++) {
        std::atomic<bool> woken{false};
        if (locks.acquire(p, kTag, LockMode::kExclusive, [&] { woken = true; }) == Outcome::kQueued)
          while (!woken) std::this_thread::yield();
        CHECK_EQ(inside.fetch_add(1), 0);
        inside.fetch_sub(1);
        CHECK(locks.release(p, kTag, LockMode::kExclusive));
      }
    });
  for (auto& t : threads) t.join();
  CHECK(locks.entries().empty());
}

TEST("lock slots: a strong lock finds weak ones, and is found by those that come after") {
  LockManager locks;
  LockSlots& slots = *locks.slots();
  LockSlots::Region* region = slots.take_region();
  const LockTag tag = LockTag::relation(20000);
  region->slots[3].mode = 3;
  region->slots[3].process = 7;
  region->slots[3].relation = 20000;
  CHECK_EQ(locks.entries().size(), 1u);
  CHECK(locks.entries()[0].in_slot);
  int woken = 0;
  CHECK(locks.acquire(8, tag, LockMode::kShareUpdateExclusive, nullptr) == Outcome::kGranted);
  CHECK(!slots.is_contended(20000));
  CHECK(locks.release(8, tag, LockMode::kShareUpdateExclusive));
  CHECK(locks.acquire(8, tag, LockMode::kShare, nullptr) == Outcome::kBusy);
  CHECK(!slots.is_contended(20000));
  CHECK_EQ(region->slots[3].relation.load(), LockSlots::kMoved);
  CHECK(locks.acquire(8, tag, LockMode::kShare, [&] { woken++; }) == Outcome::kQueued);
  CHECK(slots.is_contended(20000));
  CHECK_EQ(locks.edges().size(), 1u);
  CHECK(locks.release(7, tag, LockMode::kRowExclusive));
  CHECK_EQ(woken, 1);
  CHECK(locks.acquire(7, tag, LockMode::kRowExclusive, nullptr) == Outcome::kBusy);
  CHECK(locks.acquire(7, tag, LockMode::kAccessShare, nullptr) == Outcome::kGranted);
  locks.release_all(8);
  CHECK(!slots.is_contended(20000));
  slots.give_back(region);
}

TEST("threads: weak locks in slots and strong ones exclude each other") {
  LockManager locks;
  LockSlots& slots = *locks.slots();
  const LockTag tag = LockTag::relation(20001);
  std::atomic<int> weak{0}, strong{0};
  std::vector<std::thread> threads;
  for (ProcessId p = 1; p <= 3; p++)
    threads.emplace_back([&, p] {
      LockSlots::Region* region = slots.take_region();
      LockSlots::Slot& slot = region->slots[p];
      // Counted are the grants: a thread that finds the relation contended each time would end without one.
      for (int given = 0; given < 1000;) {
        // As src/engine/lock-slots.ts does it.
        if (slots.is_contended(20001)) {
          std::this_thread::yield();
          continue;
        }
        slot.mode = 3;
        slot.process = p;
        slot.relation.store(20001);
        std::uint32_t mine = 20001;
        if (slots.is_contended(20001) && slot.relation.compare_exchange_strong(mine, 0)) continue;
        given++;
        weak++;
        CHECK_EQ(strong.load(), 0);
        weak--;
        mine = 20001;
        if (!slot.relation.compare_exchange_strong(mine, 0)) {
          CHECK(locks.release(p, tag, LockMode::kRowExclusive));
          slot.relation = 0;
        }
      }
      slots.give_back(region);
    });
  threads.emplace_back([&] {
    for (int i = 0; i < 500; i++) {
      std::atomic<bool> woken{false};
      const Outcome outcome = locks.acquire(9, tag, LockMode::kAccessExclusive, [&] { woken = true; });
      while (outcome == Outcome::kQueued && !woken) std::this_thread::yield();
      strong++;
      CHECK_EQ(weak.load(), 0);
      strong--;
      CHECK(locks.release(9, tag, LockMode::kAccessExclusive));
    }
  });
  for (std::thread& t : threads) t.join();
  CHECK(locks.entries().empty());
}

TEST("lock manager: a request behind one that waits for its own process is a deadlock at once") {
  LockManager locks;
  CHECK(locks.acquire(1, kTag, LockMode::kShare, nullptr) == Outcome::kGranted);
  CHECK(locks.acquire(2, kTag, LockMode::kShare, nullptr) == Outcome::kGranted);
  CHECK(locks.acquire(1, kTag, LockMode::kRowExclusive, [] {}) == Outcome::kQueued);
  CHECK(locks.acquire(2, kTag, LockMode::kRowExclusive, nullptr) == Outcome::kBusy);
  CHECK(locks.acquire(2, kTag, LockMode::kRowExclusive, [] {}) == Outcome::kDeadlock);
  CHECK(locks.cancel(2));
  CHECK(locks.release(2, kTag, LockMode::kShare));
  CHECK(!locks.cancel(1));  // granted
}

TEST("lock manager: a holding changes hands, and one that was in a slot is given") {
  LockManager locks;
  const LockTag tag = LockTag::relation(20002);
  CHECK(locks.acquire(1, tag, LockMode::kShare, nullptr) == Outcome::kGranted);
  CHECK(locks.acquire(1, tag, LockMode::kShare, nullptr) == Outcome::kGranted);
  locks.transfer(1, 5, tag, LockMode::kShare);
  locks.transfer(1, 5, tag, LockMode::kShare);
  CHECK(!locks.release(1, tag, LockMode::kShare));
  locks.transfer(1, 5, tag, LockMode::kRowShare);
  CHECK(locks.acquire(2, tag, LockMode::kRowExclusive, nullptr) == Outcome::kBusy);
  CHECK(locks.slots()->is_contended(20002));
  for (int i = 0; i < 2; i++) CHECK(locks.release(5, tag, LockMode::kShare));
  CHECK(!locks.slots()->is_contended(20002));
  CHECK(locks.acquire(2, tag, LockMode::kExclusive, nullptr) == Outcome::kBusy);
  CHECK(locks.release(5, tag, LockMode::kRowShare));
  CHECK(locks.entries().empty());
  // After a restart nobody hands it over.
  locks.transfer(0, 6, tag, LockMode::kExclusive);
  CHECK(locks.slots()->is_contended(20002));
  CHECK(locks.release(6, tag, LockMode::kExclusive));
  CHECK(!locks.slots()->is_contended(20002));
}
