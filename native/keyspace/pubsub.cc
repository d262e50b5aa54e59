#include "pubsub.h"

#include "context.h"

namespace orrery::keyspace {

std::uint64_t PubSub::add_subscriber(std::uint64_t listener) {
  const std::lock_guard guard(mutex_);
  known_[next_].listener = listener;
  return next_++;
}

void PubSub::forget(ChannelKind kind, std::string_view channel, std::uint64_t subscriber) {
  Subscribers& all = of(kind);
  const auto at = all.find(channel);
  if (at == all.end()) return;
  at->second.erase(subscriber);
  if (at->second.empty()) all.erase(at);
}

void PubSub::remove_subscriber(std::uint64_t subscriber) {
  const std::lock_guard guard(mutex_);
  const auto at = known_.find(subscriber);
  if (at == known_.end()) return;
  for (std::size_t kind = 0; kind < 3; kind++)
    for (const std::string& channel : at->second.names[kind]) forget(static_cast<ChannelKind>(kind), channel, subscriber);
  known_.erase(at);
}

void PubSub::subscribe(std::uint64_t subscriber, std::string_view channel, ChannelKind kind) {
  const std::lock_guard guard(mutex_);
  const auto at = known_.find(subscriber);
  if (at == known_.end()) return;
  at->second.names[static_cast<std::size_t>(kind)].emplace(channel);
  of(kind)[std::string(channel)].insert(subscriber);
}

void PubSub::unsubscribe(std::uint64_t subscriber, std::string_view channel, ChannelKind kind) {
  const std::lock_guard guard(mutex_);
  const auto at = known_.find(subscriber);
  if (at == known_.end()) return;
  auto& names = at->second.names[static_cast<std::size_t>(kind)];
  if (const auto name = names.find(channel); name != names.end()) names.erase(name);
  forget(kind, channel, subscriber);
}

std::size_t PubSub::publish(std::string_view channel, std::string_view payload, bool sharded) {
  const std::lock_guard guard(mutex_);
  const ChannelKind kind = sharded ? ChannelKind::kShard : ChannelKind::kChannel;
  std::size_t count = 0;
  if (const auto at = of(kind).find(channel); at != of(kind).end())
    for (const std::uint64_t s : at->second) {
      deliver_(known_[s].listener, s, channel, payload, nullptr, kind);
      count++;
    }
  if (sharded) return count;
  for (const auto& [pattern, subscribers] : of(ChannelKind::kPattern)) {
    if (!glob_match(pattern, channel)) continue;
    for (const std::uint64_t s : subscribers) {
      deliver_(known_[s].listener, s, channel, payload, &pattern, ChannelKind::kPattern);
      count++;
    }
  }
  return count;
}

std::vector<std::string> PubSub::channels(const std::string_view* pattern, bool sharded) {
  const std::lock_guard guard(mutex_);
  std::vector<std::string> out;
  for (const auto& [channel, subscribers] : of(sharded ? ChannelKind::kShard : ChannelKind::kChannel))
    if (pattern == nullptr || glob_match(*pattern, channel)) out.push_back(channel);
  return out;
}

std::size_t PubSub::subscriber_count(std::string_view channel, bool sharded) {
  const std::lock_guard guard(mutex_);
  const Subscribers& all = of(sharded ? ChannelKind::kShard : ChannelKind::kChannel);
  const auto at = all.find(channel);
  return at == all.end() ? 0 : at->second.size();
}

std::size_t PubSub::pattern_count() {
  const std::lock_guard guard(mutex_);
  return of(ChannelKind::kPattern).size();
}

}  // namespace orrery::keyspace
