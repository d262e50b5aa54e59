// swap_epochs.h: how a checkpoint waits for the swaps that were due when it began, and for none that come later.
//
// Each SQL commit with keys counts itself into the epoch of its moment, and out again once its keys are swapped in. A checkpoint
// starts a new epoch and waits until the old one is empty: commits that keep coming are in the new one, so the wait ends.
// Invariant: a swap that began before wait_for_earlier() was called is over when it returns.
// Threads: begin and end from any thread; wait_for_earlier from one at a time (checkpoints do not overlap).
#pragma once
#include <atomic>
#include <cstdint>
#include <thread>

namespace orrery::keyspace {

class SwapEpochs {
 public:
  /// The epoch, for end().
  std::uint64_t begin() noexcept {
    for (;;) {
      const std::uint64_t epoch = epoch_.load();
      due_[epoch & 1].fetch_add(1);
      // Counted before the epoch ended, so its wait sees it; else count again, in the new one.
      if (epoch_.load() == epoch) return epoch;
      due_[epoch & 1].fetch_sub(1);
    }
  }
  void end(std::uint64_t epoch) noexcept { due_[epoch & 1].fetch_sub(1); }

  /// Whether no swap is due. Stays true while the caller holds the commit mutex, under which swaps begin.
  bool none_due() const noexcept { return due_[0].load() == 0 && due_[1].load() == 0; }

  void wait_for_earlier() noexcept {
    const std::uint64_t old = epoch_.fetch_add(1);
    while (due_[old & 1].load() != 0) std::this_thread::yield();
  }

 private:
  std::atomic<std::uint64_t> epoch_{0};
  std::atomic<std::int64_t> due_[2]{};
};

}  // namespace orrery::keyspace
