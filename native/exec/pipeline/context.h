// context.h: what one run of a pipeline shares: memory, the snapshot, the time to give the thread back, what went wrong.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>

#include "../../core/temporary_files.h"
#include "../../storage/relation.h"
#include "../../storage/transaction.h"
#include "memory.h"

namespace orrery::exec {

/// What an operator's `next` gave.
enum class Step : std::uint8_t {
  kRows,   // a batch, not empty
  kEnd,
  kYield,  // the time is over: call again
  kFail,   // Context::failure says why
};

enum class Failure : std::uint8_t {
  kNone,
  /// A value that the native form cannot compute (overflow, division by zero, 40 digits): the general operators run the statement, and
  /// raise the error if it is one.
  kFallback,
  kMemory,
  /// Context::disk says why.
  kDisk,
  /// Nobody wants the rows any more.
  kStopped,
};

struct Context {
  Memory memory;
  const storage::Snapshot* snapshot = nullptr;
  const storage::TransactionManager* manager = nullptr;
  /// Where rows go that do not fit; used only while memory.spill_limit is set.
  TemporaryFiles* temporary = nullptr;
  /// Rows went to files by the hash of their keys: they do not come out in the order of the general operators any more.
  bool reordered = false;
  Failure failure = Failure::kNone;
  Status disk;
  std::chrono::steady_clock::time_point deadline{};

  /// Set from another thread. Loops that run for more than some milliseconds look at it.
  std::atomic<bool> stop{false};

  bool stopped() const noexcept { return stop.load(std::memory_order_relaxed); }
  bool late() const noexcept { return stopped() || std::chrono::steady_clock::now() > deadline; }
  /// body(from, to) over pieces of 0…n that take some milliseconds at most; false: stopped.
  template <typename Body>
  bool in_pieces(std::size_t n, Body body) {
    constexpr std::size_t kPiece = 1 << 16;
    for (std::size_t from = 0; from < n; from += kPiece) {
      if (stopped()) return fail(Failure::kStopped), false;
      body(from, n - from < kPiece ? n : from + kPiece);
    }
    return true;
  }
  Step fail(Failure why) noexcept {
    if (failure == Failure::kNone) failure = why;
    return Step::kFail;
  }
  /// After each batch that an operator keeps something of.
  bool failed() noexcept {
    if (stopped()) fail(Failure::kStopped);
    if (memory.exceeded) fail(Failure::kMemory);
    return failure != Failure::kNone;
  }
};

}  // namespace orrery::exec
