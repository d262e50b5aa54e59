// context.h: what one run of a pipeline shares: memory, the snapshot, the time to give the thread back, what went wrong.
#pragma once
#include <chrono>
#include <cstdint>

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
};

struct Context {
  Memory memory;
  const storage::Snapshot* snapshot = nullptr;
  const storage::TransactionManager* manager = nullptr;
  Failure failure = Failure::kNone;
  std::chrono::steady_clock::time_point deadline{};

  bool late() const noexcept { return std::chrono::steady_clock::now() > deadline; }
  Step fail(Failure why) noexcept {
    if (failure == Failure::kNone) failure = why;
    return Step::kFail;
  }
  /// After each batch that an operator keeps something of.
  bool failed() noexcept {
    if (memory.exceeded) fail(Failure::kMemory);
    return failure != Failure::kNone;
  }
};

}  // namespace orrery::exec
