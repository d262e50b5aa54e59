#include "pubsub.h"

#include "context.h"

namespace orrery::keyspace {

std::uint64_t PubSub::add_subscriber(std::uint64_t listener) {
  const std::lock_guard guard(mutex_);
  listener_of_[next_] = listener;
  return next_++;
}

void PubSub::remove_subscriber(std::uint64_t subscriber) {
  const std::lock_guard guard(mutex_);
  listener_of_.erase(subscriber);
  for (Subscribers* all : {&channels_, &patterns_})
    for (auto at = all->begin(); at != all->end();) {
      at->second.erase(subscriber);
      at = at->second.empty() ? all->erase(at) : std::next(at);
    }
}

void PubSub::subscribe(std::uint64_t subscriber, std::string_view channel, bool is_pattern) {
  const std::lock_guard guard(mutex_);
  (is_pattern ? patterns_ : channels_)[std::string(channel)].insert(subscriber);
}

void PubSub::unsubscribe(std::uint64_t subscriber, std::string_view channel, bool is_pattern) {
  const std::lock_guard guard(mutex_);
  Subscribers& all = is_pattern ? patterns_ : channels_;
  const auto at = all.find(channel);
  if (at == all.end()) return;
  at->second.erase(subscriber);
  if (at->second.empty()) all.erase(at);
}

std::size_t PubSub::publish(std::string_view channel, std::string_view payload) {
  const std::lock_guard guard(mutex_);
  std::size_t count = 0;
  if (const auto at = channels_.find(channel); at != channels_.end())
    for (const std::uint64_t s : at->second) {
      deliver_(listener_of_[s], s, channel, payload, nullptr);
      count++;
    }
  for (const auto& [pattern, subscribers] : patterns_) {
    if (!glob_match(pattern, channel)) continue;
    for (const std::uint64_t s : subscribers) {
      deliver_(listener_of_[s], s, channel, payload, &pattern);
      count++;
    }
  }
  return count;
}

std::vector<std::string> PubSub::channels(const std::string_view* pattern) {
  const std::lock_guard guard(mutex_);
  std::vector<std::string> out;
  for (const auto& [channel, subscribers] : channels_)
    if (pattern == nullptr || glob_match(*pattern, channel)) out.push_back(channel);
  return out;
}

std::size_t PubSub::subscriber_count(std::string_view channel) {
  const std::lock_guard guard(mutex_);
  const auto at = channels_.find(channel);
  return at == channels_.end() ? 0 : at->second.size();
}

std::size_t PubSub::pattern_count() {
  const std::lock_guard guard(mutex_);
  return patterns_.size();
}

}  // namespace orrery::keyspace
