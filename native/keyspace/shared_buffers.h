// shared_buffers.h: buffers that a value and a walk over it (value_walk.h) both hold for a while: whoever changes one takes a copy.
//
// A holder marks its own reference as shared; only marked ones ask here, so that values nobody walks pay for one bit. A mark may outlive
// the sharing: then the holder turns out to be the last one and keeps the buffer.
// Invariant: a registered buffer is not written and not freed; the last holder to let go unregisters it.
// Threads: any; one mutex, taken with shard latches held (it is the innermost).
#pragma once
#include <mutex>
#include <unordered_map>

namespace orrery::keyspace {

class SharedBuffers {
 public:
  static SharedBuffers& instance() {
    static SharedBuffers buffers;
    return buffers;
  }
  /// One more holder beside the first.
  void share(const void* buffer) {
    const std::lock_guard guard(mutex_);
    holders_.try_emplace(buffer, 1).first->second++;
  }
  /// A holder lets go. True: it was the last one, the buffer is its own.
  bool release(const void* buffer) noexcept {
    const std::lock_guard guard(mutex_);
    const auto at = holders_.find(buffer);
    if (at == holders_.end()) return true;
    if (--at->second > 0) return false;
    holders_.erase(at);
    return true;
  }
  /// Whether the caller is the only holder left; the buffer is its own then, without sharing.
  bool is_last(const void* buffer) noexcept {
    const std::lock_guard guard(mutex_);
    const auto at = holders_.find(buffer);
    if (at == holders_.end()) return true;
    if (at->second > 1) return false;
    holders_.erase(at);
    return true;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<const void*, int> holders_;
};

}  // namespace orrery::keyspace
