// A checkpoint waits for the key swaps that were due when it began, however many commits keep coming.
#include <array>
#include <atomic>
#include <thread>

#include "../keyspace/swap_epochs.h"
#include "check.h"

using namespace orrery::keyspace;

TEST("threads: waits for swaps end under commits that never pause, and miss no earlier swap") {
  SwapEpochs swaps;
  std::atomic<bool> stop{false};
  struct Progress { std::atomic<std::uint64_t> begun{0}, ended{0}; };
  std::array<Progress, 3> progress;
  std::array<std::thread, 3> threads;
  for (std::size_t t = 0; t < threads.size(); t++)
    threads[t] = std::thread([&, t] {
      std::uint64_t previous = swaps.begin();
      for (std::uint64_t i = 1; !stop.load(); i++) {
        // The next begins before the last ends: at no moment is nothing due.
        const std::uint64_t next = swaps.begin();
        progress[t].begun.store(i);
        progress[t].ended.store(i - 1);
        swaps.end(previous);
        previous = next;
      }
      progress[t].ended.store(progress[t].begun.load());
      swaps.end(previous);
    });
  for (int round = 0; round < 40; round++) {
    std::array<std::uint64_t, 3> begun{};
    for (std::size_t t = 0; t < begun.size(); t++) begun[t] = progress[t].begun.load();
    swaps.wait_for_earlier();
    for (std::size_t t = 0; t < begun.size(); t++) CHECK(progress[t].ended.load() >= begun[t]);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}
