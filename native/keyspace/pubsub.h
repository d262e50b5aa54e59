// pubsub.h: channels and patterns and who listens, shared by all JavaScript threads. Nothing of it is logged.
//
// Threads: any; one mutex. `Deliver` is called under it and must not come back here.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::keyspace {

class PubSub {
 public:
  /// `listener`: the JavaScript thread; `pattern` nullptr for a channel's own subscribers.
  using Deliver = std::function<void(std::uint64_t listener, std::uint64_t subscriber, std::string_view channel, std::string_view payload, const std::string* pattern)>;
  explicit PubSub(Deliver deliver) : deliver_(std::move(deliver)) {}

  std::uint64_t add_subscriber(std::uint64_t listener);
  void remove_subscriber(std::uint64_t subscriber);
  void subscribe(std::uint64_t subscriber, std::string_view channel, bool is_pattern);
  void unsubscribe(std::uint64_t subscriber, std::string_view channel, bool is_pattern);
  /// Receivers reached.
  std::size_t publish(std::string_view channel, std::string_view payload);
  /// Channels with subscribers; all when `pattern` is nullptr.
  std::vector<std::string> channels(const std::string_view* pattern);
  std::size_t subscriber_count(std::string_view channel);
  std::size_t pattern_count();

 private:
  using Subscribers = std::map<std::string, std::set<std::uint64_t>, std::less<>>;
  std::mutex mutex_;
  Deliver deliver_;
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, std::uint64_t> listener_of_;
  Subscribers channels_, patterns_;
};

}  // namespace orrery::keyspace
