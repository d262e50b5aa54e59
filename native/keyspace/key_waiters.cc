#include "key_waiters.h"

namespace orrery::keyspace {

void KeyWaiters::wait(std::uint64_t listener, std::uint64_t token, std::string name) {
  const std::lock_guard guard(mutex_);
  Listener& l = listeners_[listener];
  l.token = token;
  l.names[std::move(name)].clients++;
  waiting_.fetch_add(1, std::memory_order_relaxed);
}

void KeyWaiters::forget(std::uint64_t listener, const std::string& name) {
  const std::lock_guard guard(mutex_);
  const auto l = listeners_.find(listener);
  if (l == listeners_.end()) return;
  const auto at = l->second.names.find(name);
  if (at == l->second.names.end()) return;
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  if (--at->second.clients == 0) l->second.names.erase(at);
}

void KeyWaiters::note(std::uint8_t db, std::string_view key) {
  std::string name(1, static_cast<char>(db));
  name += key;
  const std::lock_guard guard(mutex_);
  for (auto& [id, l] : listeners_) {
    const auto at = l.names.find(name);
    if (at == l.names.end() || at->second.listed) continue;
    at->second.listed = true;
    l.changed.push_back(name);
    if (!l.posted) ready_.store(true, std::memory_order_relaxed);
  }
}

void KeyWaiters::changed_all() {
  if (waiting_.load(std::memory_order_relaxed) == 0) return;
  const std::lock_guard guard(mutex_);
  for (auto& [id, l] : listeners_)
    for (auto& [name, waited] : l.names) {
      if (waited.listed) continue;
      waited.listed = true;
      l.changed.push_back(name);
      if (!l.posted) ready_.store(true, std::memory_order_relaxed);
    }
}

void KeyWaiters::send() {
  const std::lock_guard guard(mutex_);
  ready_.store(false, std::memory_order_relaxed);
  for (auto& [id, l] : listeners_) {
    if (l.changed.empty() || l.posted) continue;
    l.posted = true;
    post_(id, l.token);
  }
}

std::vector<std::string> KeyWaiters::take(std::uint64_t listener) {
  const std::lock_guard guard(mutex_);
  const auto l = listeners_.find(listener);
  if (l == listeners_.end()) return {};
  l->second.posted = false;
  for (const std::string& name : l->second.changed)
    if (const auto at = l->second.names.find(name); at != l->second.names.end()) at->second.listed = false;
  std::vector<std::string> changed = std::exchange(l->second.changed, {});
  if (l->second.names.empty()) listeners_.erase(l);
  return changed;
}

}  // namespace orrery::keyspace
