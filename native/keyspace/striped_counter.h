// striped_counter.h: a statistic that every command counts in, without a cache line that all threads fight for.
//
// Each thread adds to a stripe of its own with plain loads and stores; readers add the stripes up and are a little behind. Threads beyond
// kStripes - 1 share the last one with locked additions. A stripe goes back to the pool when its thread ends; its sum stays.
// Threads: any.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

namespace orrery::keyspace {

constexpr std::uint32_t kStripes = 32;

namespace detail {

class StripePool {
 public:
  static StripePool& instance() noexcept {
    static auto* pool = new StripePool();
    return *pool;
  }
  std::uint32_t take() noexcept {
    const std::lock_guard guard(mutex_);
    for (std::uint32_t i = 0; i + 1 < kStripes; i++)
      if (!taken_[i]) {
        taken_[i] = true;
        return i;
      }
    return kStripes - 1;
  }
  void give_back(std::uint32_t stripe) noexcept {
    const std::lock_guard guard(mutex_);
    if (stripe + 1 < kStripes) taken_[stripe] = false;
  }

 private:
  std::mutex mutex_;
  std::array<bool, kStripes> taken_{};
};

constexpr std::uint32_t kNoStripe = ~0u;
inline thread_local std::uint32_t thread_stripe = kNoStripe;

inline std::uint32_t take_stripe() noexcept {
  // Gives it back at the thread's end; what is counted after that (by other destructors) goes to the shared stripe.
  struct Holder {
    ~Holder() {
      StripePool::instance().give_back(thread_stripe);
      thread_stripe = kStripes - 1;
    }
  };
  thread_stripe = StripePool::instance().take();
  thread_local const Holder holder;
  (void)holder;
  return thread_stripe;
}

}  // namespace detail

/// Named as std::atomic names them; the orders are relaxed whatever is asked.
class StripedCounter {
 public:
  void fetch_add(std::int64_t n, std::memory_order = std::memory_order_relaxed) noexcept {
    const std::uint32_t stripe = detail::thread_stripe != detail::kNoStripe ? detail::thread_stripe : detail::take_stripe();
    std::atomic<std::int64_t>& cell = cells_[stripe].value;
    if (stripe + 1 < kStripes) [[likely]] cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    else cell.fetch_add(n, std::memory_order_relaxed);
  }
  void fetch_sub(std::int64_t n, std::memory_order = std::memory_order_relaxed) noexcept { fetch_add(-n); }
  std::int64_t load(std::memory_order = std::memory_order_relaxed) const noexcept {
    std::int64_t sum = 0;
    for (const Cell& c : cells_) sum += c.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  struct alignas(64) Cell { std::atomic<std::int64_t> value{0}; };
  std::array<Cell, kStripes> cells_;
};

}  // namespace orrery::keyspace
