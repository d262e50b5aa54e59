// memory_log.h: the log of an engine without a folder. Positions advance, nothing is kept, everything counts as flushed at once.
#pragma once
#include <atomic>
#include <mutex>

#include "log.h"

namespace orrery::storage {

class MemoryLog final : public Log {
 public:
  Lsn append(CommitTs, std::span<const std::uint8_t> effects) override {
    return end_.fetch_add(effects.size() + 1, std::memory_order_acq_rel) + effects.size() + 1;
  }
  void request_flush(Lsn) override {
    const std::lock_guard guard(mutex_);
    if (listener_) listener_(flushed());
  }
  Status wait_flushed(Lsn) override { return Status::ok(); }
  Lsn appended() const noexcept override { return end_.load(std::memory_order_acquire); }
  Lsn flushed() const noexcept override { return appended(); }
  void set_flush_listener(std::function<void(Lsn)> listener) override {
    const std::lock_guard guard(mutex_);
    listener_ = std::move(listener);
  }
  Status failure() const override { return Status::ok(); }

 private:
  std::atomic<Lsn> end_{0};
  std::mutex mutex_;
  std::function<void(Lsn)> listener_;
};

}  // namespace orrery::storage
