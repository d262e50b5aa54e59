// latch.h: a shard's mutex. It knows whether somebody waits for it, so that who takes it slice after slice can let the others go first: a
// plain mutex goes to whoever is running, which is the one that has just released it.
#pragma once
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

namespace orrery::keyspace {

class Latch {
 public:
  void lock() noexcept {
    if (mutex_.try_lock()) [[likely]] return;
    waiting_.fetch_add(1, std::memory_order_relaxed);
    mutex_.lock();
    waiting_.fetch_sub(1, std::memory_order_relaxed);
  }
  void unlock() noexcept { mutex_.unlock(); }
  /// Not held by the caller, who is about to take it once more: returns when nobody waits, or after about 20 ms.
  void let_others_go() const noexcept {
    for (int i = 0; i < 1000 && waiting_.load(std::memory_order_relaxed) > 0; i++) std::this_thread::sleep_for(std::chrono::microseconds(20));
  }

 private:
  std::mutex mutex_;
  std::atomic<std::uint32_t> waiting_{0};
};

}  // namespace orrery::keyspace
