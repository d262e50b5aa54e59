#include "tracking.h"

#include <algorithm>

namespace orrery::keyspace {

void Tracking::start(std::uint64_t client, std::uint64_t listener, bool broadcast, const std::vector<std::string>& prefixes, bool no_loop) {
  const std::lock_guard guard(mutex_);
  clients_[client] = {listener, broadcast, no_loop};
  for (const std::string& prefix : prefixes) {
    auto& all = prefixes_[prefix];
    if (std::find(all.begin(), all.end(), client) == all.end()) all.push_back(client);
  }
  active_.store(static_cast<std::uint32_t>(clients_.size()), std::memory_order_relaxed);
}

void Tracking::stop(std::uint64_t client) {
  const std::lock_guard guard(mutex_);
  if (clients_.erase(client) == 0) return;
  for (auto at = prefixes_.begin(); at != prefixes_.end();) {
    std::erase(at->second, client);
    at = at->second.empty() ? prefixes_.erase(at) : std::next(at);
  }
  // Remembered keys of a client that is gone are forgotten when they change; with the last client all of them are.
  if (clients_.empty()) {
    readers_.clear();
    items_ = 0;
  }
  active_.store(static_cast<std::uint32_t>(clients_.size()), std::memory_order_relaxed);
}

void Tracking::remember(std::uint64_t client, std::string_view key) {
  const std::lock_guard guard(mutex_);
  if (!clients_.contains(client)) return;
  auto& all = readers_[std::string(key)];
  if (std::find(all.begin(), all.end(), client) != all.end()) return;
  all.push_back(client);
  items_++;
  forget_some();
}

void Tracking::forget_some() {
  while (limit_ != 0 && readers_.size() > limit_) {
    const auto victim = readers_.begin();
    const std::string_view key = victim->first;
    for (const std::uint64_t reader : victim->second)
      if (const auto c = clients_.find(reader); c != clients_.end()) invalidate_(c->second.listener, reader, &key, false);
    items_ -= victim->second.size();
    readers_.erase(victim);
  }
}

void Tracking::limit(std::size_t keys) {
  const std::lock_guard guard(mutex_);
  limit_ = keys;
  if (invalidate_) forget_some();
}

void Tracking::invalidate(std::string_view key, std::uint64_t by) {
  const std::lock_guard guard(mutex_);
  if (const auto at = readers_.find(std::string(key)); at != readers_.end()) {
    for (const std::uint64_t reader : at->second) {
      const auto c = clients_.find(reader);
      if (c == clients_.end() || c->second.broadcast || (c->second.no_loop && reader == by)) continue;
      invalidate_(c->second.listener, reader, &key, false);
    }
    items_ -= at->second.size();
    readers_.erase(at);
  }
  for (const auto& [prefix, all] : prefixes_) {
    if (!key.starts_with(prefix)) continue;
    for (const std::uint64_t client : all) {
      const auto c = clients_.find(client);
      if (c == clients_.end() || !c->second.broadcast || (c->second.no_loop && client == by)) continue;
      invalidate_(c->second.listener, client, &key, true);
    }
  }
}

void Tracking::invalidate_all() {
  const std::lock_guard guard(mutex_);
  for (const auto& [client, c] : clients_) invalidate_(c.listener, client, nullptr, false);
  readers_.clear();
  items_ = 0;
}

Tracking::Totals Tracking::totals() {
  const std::lock_guard guard(mutex_);
  return {readers_.size(), items_, prefixes_.size(), clients_.size()};
}

}  // namespace orrery::keyspace
