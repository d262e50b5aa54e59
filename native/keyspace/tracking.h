// tracking.h: client-side caching (CLIENT TRACKING): which clients remember which keys, and who is told that one changed.
//
// Default mode: a key that a tracked client reads is remembered for it until it changes once; then the client is told and the key
// forgotten. Broadcast mode: the client is told of every change of a key that begins with one of its prefixes. As in Redis, keys are
// remembered by name alone, not by database.
//
// Invariants
//  1. `active_` counts started clients: while it is 0 a write pays one relaxed load.
//  2. A client is told at most once of a key that it read, until it reads it again.
// Threads: any, also under shard latches; one mutex. `Invalidate` is called under it and must not come back here.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace orrery::keyspace {

class Tracking {
 public:
  /// `key` nullptr: everything (FLUSHALL). `broadcast`: the message may be gathered with others of the same moment.
  using Invalidate = std::function<void(std::uint64_t listener, std::uint64_t client, const std::string_view* key, bool broadcast)>;
  void set_invalidate(Invalidate invalidate) { invalidate_ = std::move(invalidate); }

  bool active() const noexcept { return active_.load(std::memory_order_relaxed) != 0; }
  /// `prefixes` (broadcast mode): one empty prefix for every key. Starting again adds prefixes.
  void start(std::uint64_t client, std::uint64_t listener, bool broadcast, const std::vector<std::string>& prefixes, bool no_loop);
  void stop(std::uint64_t client);
  /// The client has read `key`.
  void remember(std::uint64_t client, std::string_view key);
  /// `key` changed; `by`: the client whose command did it, 0 for none.
  void invalidate(std::string_view key, std::uint64_t by);
  void invalidate_all();
  /// tracking-table-max-keys, 0 for no limit.
  void limit(std::size_t keys);

  struct Totals { std::size_t keys, items, prefixes, clients; };
  Totals totals();

 private:
  struct Client { std::uint64_t listener; bool broadcast, no_loop; };
  void forget_some();
  std::atomic<std::uint32_t> active_{0};
  std::mutex mutex_;
  Invalidate invalidate_;
  std::unordered_map<std::uint64_t, Client> clients_;
  std::unordered_map<std::string, std::vector<std::uint64_t>> readers_;
  std::map<std::string, std::vector<std::uint64_t>, std::less<>> prefixes_;
  std::size_t items_ = 0, limit_ = 1000000;
};

}  // namespace orrery::keyspace
