// slow_log.h: commands that took long (SLOWLOG) and moments that took long (LATENCY): kept in memory, bounded, for all threads.
//
// Threads: any; one mutex each, taken only for what was slow.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::keyspace {

class SlowLog {
 public:
  struct Entry {
    std::uint64_t id;
    std::int64_t seconds, micros;
    std::vector<std::string> arguments;  // at most 32, of at most 128 bytes and a note of what is missing
    std::string address, name;
  };
  static SlowLog& instance();
  /// Both in microseconds; negative: never.
  std::atomic<std::int64_t> threshold_micros{10000};
  std::atomic<std::int64_t> latency_threshold_millis{0};
  /// Whether a command of this duration is of interest to anybody.
  bool is_slow(double nanos) const noexcept {
    const std::int64_t slow = threshold_micros.load(std::memory_order_relaxed), latency = latency_threshold_millis.load(std::memory_order_relaxed);
    return (slow >= 0 && nanos >= static_cast<double>(slow) * 1e3) || (latency > 0 && nanos >= static_cast<double>(latency) * 1e6);
  }
  void add(std::span<const std::string_view> arguments, std::int64_t micros, std::int64_t seconds, std::string_view address, std::string_view name);
  /// Newest first, at most `count`; all with a negative count.
  std::vector<Entry> newest(std::int64_t count);
  std::size_t size();
  void clear();
  void max_length(std::size_t length);

  // LATENCY: per event the last 160 moments and the worst one.
  struct Sample { std::int64_t seconds, millis; };
  struct Event { std::string name; std::deque<Sample> samples; std::int64_t max = 0; };
  void add_latency(std::string_view event, std::int64_t millis, std::int64_t seconds);
  std::vector<Event> latencies();
  /// How many of the named events (all when there is no name) were forgotten.
  std::size_t clear_latencies(std::span<const std::string> names);

 private:
  std::mutex mutex_;
  std::deque<Entry> entries_;
  std::uint64_t next_id_ = 0;
  std::size_t max_length_ = 128;
  std::map<std::string, Event, std::less<>> events_;
};

}  // namespace orrery::keyspace
