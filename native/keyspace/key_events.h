// key_events.h: keyspace notifications (CONFIG notify-keyspace-events): who is told that something happened to a key.
//
// A body calls Context::event(class, name, key) after it changed the key; while no client asked (flags 0, the default) that is one
// relaxed load. Events are messages on two channels, `__keyspace@<db>__:<key>` (the message is the event's name) and
// `__keyevent@<db>__:<event>` (the message is the key). In a SQL transaction they leave at commit.
// Threads: any, also under shard latches: `publish` takes only the subscriptions' own mutex.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace orrery::keyspace {

/// Redis' bits; the letters of notify-keyspace-events stand behind them.
enum NotifyClass : std::uint32_t {
  kNotifyKeyspace = 1 << 0,  // K
  kNotifyKeyevent = 1 << 1,  // E
  kNotifyGeneric = 1 << 2,   // g
  kNotifyString = 1 << 3,    // $
  kNotifyList = 1 << 4,      // l
  kNotifySet = 1 << 5,       // s
  kNotifyHash = 1 << 6,      // h
  kNotifyZset = 1 << 7,      // z
  kNotifyExpired = 1 << 8,   // x
  kNotifyEvicted = 1 << 9,   // e
  kNotifyStream = 1 << 10,   // t
  kNotifyKeyMiss = 1 << 11,  // m
  kNotifyNew = 1 << 14,      // n
};

class KeyEvents {
 public:
  using Publish = std::function<void(std::string_view channel, std::string_view message)>;
  void set_publish(Publish publish) { publish_ = std::move(publish); }
  void set_flags(std::uint32_t flags) noexcept { flags_.store(flags, std::memory_order_relaxed); }
  std::uint32_t flags() const noexcept { return flags_.load(std::memory_order_relaxed); }
  bool wants(std::uint32_t classes) const noexcept { return (flags() & classes) != 0; }
  void publish(std::string_view name, std::uint8_t db, std::string_view key) const;

 private:
  std::atomic<std::uint32_t> flags_{0};
  Publish publish_;
};

}  // namespace orrery::keyspace
