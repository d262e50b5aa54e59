// pubsub.h: channels and patterns and who listens, shared by all JavaScript threads. Nothing of it is logged.
//
// Threads: any; one mutex. `Deliver` is called under it and must not come back here.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace orrery::keyspace {

/// The numbers are in src/native/keyspace.ts.
enum class ChannelKind : std::uint8_t { kChannel = 0, kPattern = 1, kShard = 2 };

class PubSub {
 public:
  /// `listener`: the JavaScript thread; `pattern` nullptr for a channel's own subscribers.
  using Deliver = std::function<void(std::uint64_t listener, std::uint64_t subscriber, std::string_view channel, std::string_view payload,
                                     const std::string* pattern, ChannelKind kind)>;
  explicit PubSub(Deliver deliver) : deliver_(std::move(deliver)) {}

  std::uint64_t add_subscriber(std::uint64_t listener);
  void remove_subscriber(std::uint64_t subscriber);
  void subscribe(std::uint64_t subscriber, std::string_view channel, ChannelKind kind);
  void unsubscribe(std::uint64_t subscriber, std::string_view channel, ChannelKind kind);
  /// Receivers reached. A shard channel's message reaches its own subscribers alone.
  std::size_t publish(std::string_view channel, std::string_view payload, bool sharded = false);
  /// Channels with subscribers; all when `pattern` is nullptr.
  std::vector<std::string> channels(const std::string_view* pattern, bool sharded = false);
  std::size_t subscriber_count(std::string_view channel, bool sharded = false);
  std::size_t pattern_count();

 private:
  using Subscribers = std::map<std::string, std::set<std::uint64_t>, std::less<>>;
  struct Subscriber {
    std::uint64_t listener;
    std::array<std::set<std::string, std::less<>>, 3> names;  // by ChannelKind
  };
  Subscribers& of(ChannelKind kind) noexcept { return subscribers_[static_cast<std::size_t>(kind)]; }
  void forget(ChannelKind kind, std::string_view channel, std::uint64_t subscriber);
  std::mutex mutex_;
  Deliver deliver_;
  std::uint64_t next_ = 1;
  std::unordered_map<std::uint64_t, Subscriber> known_;
  std::array<Subscribers, 3> subscribers_;
};

}  // namespace orrery::keyspace
