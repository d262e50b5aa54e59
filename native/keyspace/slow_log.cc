#include "slow_log.h"

#include <algorithm>

namespace orrery::keyspace {
namespace {
constexpr std::size_t kMaxArguments = 32, kMaxBytes = 128, kSamples = 160;
}

SlowLog& SlowLog::instance() {
  static auto* log = new SlowLog();
  return *log;
}

void SlowLog::add(std::span<const std::string_view> arguments, std::int64_t micros, std::int64_t seconds, std::string_view address, std::string_view name) {
  const std::int64_t threshold = threshold_micros.load(std::memory_order_relaxed);
  if (threshold < 0 || micros < threshold) return;
  Entry e{0, seconds, micros, {}, std::string(address), std::string(name)};
  const std::size_t shown = std::min(arguments.size(), kMaxArguments);
  for (std::size_t i = 0; i < shown; i++) {
    if (shown != arguments.size() && i == shown - 1) {
      e.arguments.push_back("... (" + std::to_string(arguments.size() - shown + 1) + " more arguments)");
      break;
    }
    const std::string_view a = arguments[i];
    std::string text(a.substr(0, kMaxBytes));
    if (a.size() > kMaxBytes) text += "... (" + std::to_string(a.size() - kMaxBytes) + " more bytes)";
    e.arguments.push_back(std::move(text));
  }
  const std::lock_guard guard(mutex_);
  e.id = next_id_++;
  entries_.push_front(std::move(e));
  while (entries_.size() > max_length_) entries_.pop_back();
}

std::vector<SlowLog::Entry> SlowLog::newest(std::int64_t count) {
  const std::lock_guard guard(mutex_);
  const std::size_t n = count < 0 ? entries_.size() : std::min(static_cast<std::size_t>(count), entries_.size());
  return {entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(n)};
}

std::size_t SlowLog::size() {
  const std::lock_guard guard(mutex_);
  return entries_.size();
}

void SlowLog::clear() {
  const std::lock_guard guard(mutex_);
  entries_.clear();
}

void SlowLog::max_length(std::size_t length) {
  const std::lock_guard guard(mutex_);
  max_length_ = length;
  while (entries_.size() > max_length_) entries_.pop_back();
}

void SlowLog::add_latency(std::string_view event, std::int64_t millis, std::int64_t seconds) {
  const std::int64_t threshold = latency_threshold_millis.load(std::memory_order_relaxed);
  if (threshold <= 0 || millis < threshold) return;
  const std::lock_guard guard(mutex_);
  Event& e = events_[std::string(event)];
  e.name = event;
  e.max = std::max(e.max, millis);
  if (!e.samples.empty() && e.samples.back().seconds == seconds) {
    e.samples.back().millis = std::max(e.samples.back().millis, millis);  // one moment a second
    return;
  }
  e.samples.push_back({seconds, millis});
  if (e.samples.size() > kSamples) e.samples.pop_front();
}

std::vector<SlowLog::Event> SlowLog::latencies() {
  const std::lock_guard guard(mutex_);
  std::vector<Event> all;
  for (const auto& [name, event] : events_) all.push_back(event);
  return all;
}

std::size_t SlowLog::clear_latencies(std::span<const std::string> names) {
  const std::lock_guard guard(mutex_);
  std::size_t count = 0;
  if (names.empty()) {
    count = events_.size();
    events_.clear();
  }
  for (const std::string& name : names) count += events_.erase(name);
  return count;
}

}  // namespace orrery::keyspace
