#include "lock_manager.h"

#include <algorithm>

#include "../core/check.h"

namespace orrery::storage {

namespace {
constexpr bool is_symmetric() {
  for (int a = 1; a <= 8; a++)
    for (int b = 1; b <= 8; b++)
      if (conflicts(static_cast<LockMode>(a), static_cast<LockMode>(b)) != conflicts(static_cast<LockMode>(b), static_cast<LockMode>(a))) return false;
  return true;
}
static_assert(is_symmetric());
static_assert(!conflicts(LockMode::kShare, LockMode::kShare) && conflicts(LockMode::kShare, LockMode::kRowExclusive));
static_assert(conflicts(LockMode::kAccessShare, LockMode::kAccessExclusive) && !conflicts(LockMode::kAccessShare, LockMode::kExclusive));
static_assert(conflicts(LockMode::kShareUpdateExclusive, LockMode::kShareUpdateExclusive) && conflicts(LockMode::kRowShare, LockMode::kExclusive));
static_assert(!conflicts(LockMode::kRowExclusive, LockMode::kRowExclusive) && !conflicts(LockMode::kRowShare, LockMode::kShareRowExclusive));

void run(std::vector<std::function<void()>>& wakes) {
  for (auto& wake : wakes) wake();
}
}  // namespace

/// Whether another process holds a mode that conflicts.
bool LockManager::held_against(const Lock& lock, ProcessId process, LockMode mode) {
  return std::any_of(lock.holders.begin(), lock.holders.end(),
                     [&](const Holder& h) { return h.process != process && conflicts(h.mode, mode); });
}

void LockManager::grant(Lock& lock, ProcessId process, LockMode mode) {
  for (Holder& h : lock.holders)
    if (h.process == process && h.mode == mode) {
      h.count++;
      return;
    }
  lock.holders.push_back({process, mode, 1});
}

LockManager::Outcome LockManager::acquire(ProcessId process, const LockTag& tag, LockMode mode, std::function<void()> wake) {
  std::lock_guard guard(latch_);
  Lock& lock = locks_[tag];
  if (tag.is_relation() && is_strong(mode)) {
    slots_->count_strong(tag.field[1]);
    slots_->take_over(tag.field[1], [&](ProcessId owner, std::uint32_t weak) { grant(lock, owner, static_cast<LockMode>(weak)); });
  }
  const auto holds_against = [&](LockMode other) {
    return std::any_of(lock.holders.begin(), lock.holders.end(), [&](const Holder& h) { return h.process == process && conflicts(h.mode, other); });
  };
  const auto holds_same = std::any_of(lock.holders.begin(), lock.holders.end(), [&](const Holder& h) { return h.process == process && h.mode == mode; });
  const auto before = std::find_if(lock.queue.begin(), lock.queue.end(), [&](const Waiter& w) { return holds_against(w.mode); });
  const bool behind = std::any_of(lock.queue.begin(), before, [&](const Waiter& w) { return conflicts(w.mode, mode); });
  if (holds_same || (!behind && !held_against(lock, process, mode))) {
    grant(lock, process, mode);
    return Outcome::kGranted;
  }
  // A process that waits already asks for nothing more: its second request could not be told from its first.
  if (!wake || !waiting_.emplace(process, tag).second) {
    forget(tag, mode);
    return Outcome::kBusy;
  }
  // PostgreSQL's early look: one that holds what this process waits for, and waits for what this process holds.
  const bool is_deadlock = before != lock.queue.end() && std::any_of(lock.holders.begin(), lock.holders.end(), [&](const Holder& h) {
                             return h.process == before->process && conflicts(h.mode, mode);
                           });
  lock.queue.insert(before, {process, mode, std::move(wake)});
  return is_deadlock ? Outcome::kDeadlock : Outcome::kQueued;
}

void LockManager::transfer(ProcessId from, ProcessId to, const LockTag& tag, LockMode mode) {
  std::lock_guard guard(latch_);
  Lock& lock = locks_[tag];
  const auto h = std::find_if(lock.holders.begin(), lock.holders.end(), [&](const Holder& x) { return x.process == from && x.mode == mode; });
  if (h != lock.holders.end() && --h->count == 0) lock.holders.erase(h);
  else if (h == lock.holders.end() && tag.is_relation() && is_strong(mode)) slots_->count_strong(tag.field[1]);
  grant(lock, to, mode);
}

/// A lock that is held or wanted no more.
void LockManager::forget(const LockTag& tag, LockMode mode, std::uint32_t count) noexcept {
  if (tag.is_relation() && is_strong(mode))
    for (; count > 0; count--) slots_->uncount_strong(tag.field[1]);
}

/// Grants from the queue what nothing stands against any more, and forgets a lock that nobody has.
void LockManager::settle(std::unordered_map<LockTag, Lock, Hash>::iterator at, Wakes& wakes) {
  Lock& lock = at->second;
  for (auto w = lock.queue.begin(); w != lock.queue.end();) {
    const bool behind = std::any_of(lock.queue.begin(), w, [&](const Waiter& earlier) { return conflicts(earlier.mode, w->mode); });
    if (behind || held_against(lock, w->process, w->mode)) {
      ++w;
      continue;
    }
    grant(lock, w->process, w->mode);
    waiting_.erase(w->process);
    wakes.push_back(std::move(w->wake));
    w = lock.queue.erase(w);
  }
  if (lock.holders.empty()) {
    ORRERY_ASSERT(lock.queue.empty());
    locks_.erase(at);
  }
}

bool LockManager::cancel_latched(ProcessId process, Wakes& wakes) {
  const auto waiting = waiting_.find(process);
  if (waiting == waiting_.end()) return false;
  const auto at = locks_.find(waiting->second);
  waiting_.erase(waiting);
  std::erase_if(at->second.queue, [&](const Waiter& w) {
    if (w.process == process) forget(at->first, w.mode);
    return w.process == process;
  });
  settle(at, wakes);
  return true;
}

bool LockManager::cancel(ProcessId process) {
  Wakes wakes;
  bool waited;
  {
    std::lock_guard guard(latch_);
    waited = cancel_latched(process, wakes);
  }
  run(wakes);
  return waited;
}

bool LockManager::release(ProcessId process, const LockTag& tag, LockMode mode) {
  Wakes wakes;
  {
    std::lock_guard guard(latch_);
    const auto at = locks_.find(tag);
    if (at == locks_.end()) return false;
    auto& holders = at->second.holders;
    const auto h = std::find_if(holders.begin(), holders.end(), [&](const Holder& x) { return x.process == process && x.mode == mode; });
    if (h == holders.end()) return false;
    forget(tag, mode);
    if (--h->count == 0) {
      holders.erase(h);
      settle(at, wakes);
    }
  }
  run(wakes);
  return true;
}

void LockManager::release_all(ProcessId process) {
  Wakes wakes;
  {
    std::lock_guard guard(latch_);
    cancel_latched(process, wakes);
    for (auto at = locks_.begin(); at != locks_.end();) {
      const auto next = std::next(at);
      const auto gone = std::erase_if(at->second.holders, [&](const Holder& h) {
        if (h.process == process) forget(at->first, h.mode, h.count);
        return h.process == process;
      });
      if (gone != 0) settle(at, wakes);
      at = next;
    }
  }
  run(wakes);
}

std::vector<LockManager::Entry> LockManager::entries() const {
  std::vector<Entry> out;
  std::lock_guard guard(latch_);
  for (const auto& [tag, lock] : locks_) {
    for (const Holder& h : lock.holders) out.push_back({tag, h.process, h.mode, true, false});
    for (const Waiter& w : lock.queue) out.push_back({tag, w.process, w.mode, false, false});
  }
  slots_->for_each([&](std::uint32_t relation, ProcessId process, std::uint32_t mode) {
    out.push_back({LockTag::relation(relation), process, static_cast<LockMode>(mode), true, true});
  });
  return out;
}

std::vector<LockManager::Edge> LockManager::edges() const {
  std::lock_guard guard(latch_);
  return edges_latched();
}

void LockManager::settle_wait(ProcessId process, const std::function<bool(const std::vector<Edge>&)>& judge) {
  Wakes wakes;
  {
    std::lock_guard guard(latch_);
    if (judge(edges_latched())) cancel_latched(process, wakes);
  }
  run(wakes);
}

std::vector<LockManager::Edge> LockManager::edges_latched() const {
  std::vector<Edge> out;
  for (const auto& [process, tag] : waiting_) {
    const Lock& lock = locks_.find(tag)->second;
    const auto self = std::find_if(lock.queue.begin(), lock.queue.end(), [&](const Waiter& w) { return w.process == process; });
    for (const Holder& h : lock.holders)
      if (h.process != process && conflicts(h.mode, self->mode)) out.push_back({tag, self->mode, process, h.process});
    for (auto w = lock.queue.begin(); w != self; ++w)
      if (conflicts(w->mode, self->mode)) out.push_back({tag, self->mode, process, w->process});
  }
  return out;
}

}  // namespace orrery::storage
