// hot_statements.h: how often each statement has run on I/O threads, over all connections.
//
// Threads: any; the counters themselves are relaxed atomics that plans hold.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace orrery::io {

class HotStatements {
 public:
  using Counter = std::shared_ptr<std::atomic<std::uint64_t>>;
  /// The counter of a text. Beyond so many texts a statement is counted by nobody.
  Counter counter_of(const std::string& text) {
    const std::lock_guard guard(mutex_);
    const auto found = counters_.find(text);
    if (found != counters_.end()) return found->second;
    auto fresh = std::make_shared<std::atomic<std::uint64_t>>(0);
    if (counters_.size() < kTextsMax) counters_.emplace(text, fresh);
    return fresh;
  }
  std::vector<std::pair<std::string, std::uint64_t>> all() const {
    const std::lock_guard guard(mutex_);
    std::vector<std::pair<std::string, std::uint64_t>> out;
    for (const auto& [text, calls] : counters_) out.emplace_back(text, calls->load(std::memory_order_relaxed));
    return out;
  }

 private:
  static constexpr std::size_t kTextsMax = 2000;  // as many as a thread's plan cache keeps
  mutable std::mutex mutex_;
  std::map<std::string, Counter> counters_;
};

}  // namespace orrery::io
