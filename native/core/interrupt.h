// interrupt.h: whether the statement that this thread works for shall end: somebody asked for it, or its time is over; and how far it has come.
//
// Long native work looks now and then and answers kInterrupted; who called it words the error. The word is written by any JavaScript thread, the
// progress read by any (src/engine/session-places.ts); both outlive the call. Work that goes on in other threads takes a copy along.
#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace orrery {

/// How much of what a phase has to do is done: pg_stat_progress_*.
struct Progress {
  std::atomic<double> total;
  std::atomic<double> done;
};

struct Interrupt {
  const std::atomic<std::int32_t>* word = nullptr;  // not 0: end
  Progress* progress = nullptr;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  bool is_due() const noexcept {
    if (word == nullptr) return false;
    return word->load(std::memory_order_relaxed) != 0 || std::chrono::steady_clock::now() > deadline;
  }
  void expect(std::size_t total) const noexcept {
    if (progress != nullptr) progress->total.store(static_cast<double>(total), std::memory_order_relaxed);
  }
  void advance(std::size_t by) const noexcept {
    if (progress != nullptr) progress->done.fetch_add(static_cast<double>(by), std::memory_order_relaxed);
  }
};

/// Of the call that runs on this thread; a default one where nobody can ask.
inline Interrupt& current_interrupt() noexcept {
  thread_local Interrupt current;
  return current;
}

}  // namespace orrery
