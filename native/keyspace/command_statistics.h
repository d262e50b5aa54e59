// command_statistics.h: how often each command ran, how long, how it ended: INFO commandstats, latencystats, errorstats, LATENCY HISTOGRAM.
//
// Every thread counts in a block of its own (plain adds, no shared cache line); readers add the blocks up. A command is known by its
// place in the command table. Time comes from the processor's tick counter, calibrated once against the clock. Cheap commands that follow each
// other in a pipeline share one reading: each counts with its share.
// Threads: record from any thread; the rest from any thread, a little behind the writers.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::keyspace {

/// A monotonic tick; about ten nanoseconds to read. `nanos_of` turns a difference into time.
std::uint64_t read_ticks() noexcept;
double nanos_of(std::uint64_t ticks) noexcept;

class CommandStatistics {
 public:
  /// Eight buckets per doubling of nanoseconds: a percentile is right within an eighth.
  static constexpr std::size_t kBuckets = 40 * 8;
  static CommandStatistics& instance();

  /// Before any record: how many commands there are.
  void size(std::size_t commands);
  /// `calls` runs of `nanos` nanoseconds each; `failed`: they answered an error.
  void record(std::size_t command, double nanos, std::uint32_t calls, bool failed) noexcept;
  /// A command that was refused before it ran.
  void record_rejected(std::size_t command) noexcept;
  /// An error reply ("-ERR text…" without the dash): counted by its first word.
  void record_error(std::string_view reply);

  struct Row {
    std::uint64_t calls = 0, nanos = 0, rejected = 0, failed = 0;
    std::array<std::uint64_t, kBuckets> histogram{};
  };
  /// Summed over the threads since the last reset.
  Row row(std::size_t command);
  std::map<std::string, std::uint64_t> errors();
  std::uint64_t error_total() const noexcept { return error_total_.load(std::memory_order_relaxed); }
  /// Forgets counts (CONFIG RESETSTAT); `histograms` of one command alone, or of all with -1 (LATENCY RESET has its own).
  void reset();

  /// Upper end of a bucket in nanoseconds.
  static double bucket_end(std::size_t bucket) noexcept;

 private:
  struct Cell {
    std::atomic<std::uint64_t> calls{0}, nanos{0}, rejected{0}, failed{0};
    std::array<std::atomic<std::uint32_t>, kBuckets> histogram{};
  };
  struct Block { std::vector<Cell> cells; explicit Block(std::size_t n) : cells(n) {} };
  Block& mine();
  std::mutex mutex_;
  std::size_t commands_ = 0;
  std::vector<std::unique_ptr<Block>> blocks_;  // of threads that ended too: their counts stay
  std::map<std::string, std::uint64_t> errors_;
  std::atomic<std::uint64_t> error_total_{0};
};

}  // namespace orrery::keyspace
