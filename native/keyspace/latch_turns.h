// latch_turns.h: taking a latch slice after slice without being put aside while it is held.
//
// A thread that computes for long and holds a latch most of that time is also put aside with the latch most of the time: who needs a key then
// waits for the turns of all the other threads that want the core, tens of milliseconds, not for a slice. So this thread begins each slice
// rested: after a short sleep the scheduler owes it a turn, which is longer than a slice, and lets it in at once. It sleeps only
// while cores are wanted, which it knows from having been put aside lately.
// Threads: the one that makes it.
#pragma once
#include <chrono>
#include <thread>

#include "../core/thread_turns.h"

namespace orrery::keyspace {

class LatchTurns {
 public:
  LatchTurns() noexcept : before_(set_turn_nanos(kTurnNanos)), seen_(times_put_aside()) {}
  ~LatchTurns() { (void)set_turn_nanos(before_); }
  LatchTurns(const LatchTurns&) = delete;
  LatchTurns& operator=(const LatchTurns&) = delete;

  /// Before the latch is taken.
  void before_slice() {
    const std::uint64_t now = times_put_aside();
    if (now != seen_) rested_slices_ = kRestedSlices;
    seen_ = now;
    if (rested_slices_ == 0) return;
    rested_slices_--;
    std::this_thread::sleep_for(kRest);
  }

 private:
  static constexpr std::uint64_t kTurnNanos = 400'000;  // more than two slices
  static constexpr std::chrono::microseconds kRest{20};
  static constexpr int kRestedSlices = 2000;            // about half a second

  const std::uint64_t before_;
  std::uint64_t seen_;
  int rested_slices_ = 0;
};

}  // namespace orrery::keyspace
