#include "command_statistics.h"

#include <algorithm>
#include <bit>
#include <chrono>

namespace orrery::keyspace {
namespace {

std::uint64_t steady_nanos() noexcept {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

#if defined(__x86_64__)
/// Two milliseconds are enough for a rate that is right within a thousandth.
double calibrate() noexcept {
  const std::uint64_t from = steady_nanos(), first = __builtin_ia32_rdtsc();
  while (steady_nanos() - from < 2000000) {}
  const std::uint64_t ticks = __builtin_ia32_rdtsc() - first;
  return ticks == 0 ? 1 : static_cast<double>(steady_nanos() - from) / static_cast<double>(ticks);
}
const double nanos_per_tick = calibrate();
#endif

std::size_t bucket_of(double nanos) noexcept {
  const auto n = static_cast<std::uint64_t>(std::max(nanos, 8.0));
  const auto exponent = static_cast<std::size_t>(63 - std::countl_zero(n));
  const std::size_t bucket = (exponent - 3) * 8 + ((n >> (exponent - 3)) & 7);
  return std::min(bucket, CommandStatistics::kBuckets - 1);
}

/// Only this thread writes the counter: no locked instruction is needed.
template <typename T>
void bump(std::atomic<T>& counter, T by) noexcept { counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed); }

}  // namespace

#if defined(__x86_64__)
std::uint64_t read_ticks() noexcept { return __builtin_ia32_rdtsc(); }
double nanos_of(std::uint64_t ticks) noexcept { return static_cast<double>(ticks) * nanos_per_tick; }
#else
std::uint64_t read_ticks() noexcept { return steady_nanos(); }
double nanos_of(std::uint64_t ticks) noexcept { return static_cast<double>(ticks); }
#endif

CommandStatistics& CommandStatistics::instance() {
  static auto* statistics = new CommandStatistics();
  return *statistics;
}

void CommandStatistics::size(std::size_t commands) {
  const std::lock_guard guard(mutex_);
  if (commands_ == 0) commands_ = commands;
}

CommandStatistics::Block& CommandStatistics::mine() {
  thread_local Block* block = nullptr;
  if (block == nullptr) {
    const std::lock_guard guard(mutex_);
    blocks_.push_back(std::make_unique<Block>(commands_));
    block = blocks_.back().get();
  }
  return *block;
}

void CommandStatistics::record(std::size_t command, double nanos, std::uint32_t calls, bool failed) noexcept {
  Block& block = mine();
  if (command >= block.cells.size()) return;
  Cell& cell = block.cells[command];
  bump<std::uint64_t>(cell.calls, calls);
  bump<std::uint64_t>(cell.nanos, static_cast<std::uint64_t>(nanos * calls));
  bump<std::uint32_t>(cell.histogram[bucket_of(nanos)], calls);
  if (failed) bump<std::uint64_t>(cell.failed, calls);
}

void CommandStatistics::record_rejected(std::size_t command) noexcept {
  Block& block = mine();
  if (command < block.cells.size()) bump<std::uint64_t>(block.cells[command].rejected, 1);
}

void CommandStatistics::record_error(std::string_view reply) {
  error_total_.fetch_add(1, std::memory_order_relaxed);
  std::string_view name = reply.substr(0, reply.find_first_of(" \r\n"));
  if (name.size() > 128) name = name.substr(0, 128);
  const std::lock_guard guard(mutex_);
  // Texts of scripts choose the word: its number is bounded, as in Redis.
  if (errors_.size() < 128 || errors_.contains(std::string(name))) errors_[std::string(name)]++;
}

CommandStatistics::Row CommandStatistics::row(std::size_t command) {
  Row sum;
  const std::lock_guard guard(mutex_);
  for (const auto& block : blocks_) {
    if (command >= block->cells.size()) continue;
    const Cell& cell = block->cells[command];
    sum.calls += cell.calls.load(std::memory_order_relaxed);
    sum.nanos += cell.nanos.load(std::memory_order_relaxed);
    sum.rejected += cell.rejected.load(std::memory_order_relaxed);
    sum.failed += cell.failed.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < kBuckets; i++) sum.histogram[i] += cell.histogram[i].load(std::memory_order_relaxed);
  }
  return sum;
}

std::map<std::string, std::uint64_t> CommandStatistics::errors() {
  const std::lock_guard guard(mutex_);
  return errors_;
}

void CommandStatistics::reset() {
  const std::lock_guard guard(mutex_);
  for (const auto& block : blocks_)
    for (Cell& cell : block->cells) {
      cell.calls = cell.nanos = cell.rejected = cell.failed = 0;
      for (auto& bucket : cell.histogram) bucket = 0;
    }
  errors_.clear();
  error_total_ = 0;
}

double CommandStatistics::bucket_end(std::size_t bucket) noexcept {
  const std::size_t exponent = bucket / 8 + 3;
  return static_cast<double>((8ull + bucket % 8 + 1) << (exponent - 3));
}

}  // namespace orrery::keyspace
