// byte_queue.h: bytes that wait: appended at the end, taken from the front. Grows by doubling and gives large memory back when empty.
//
// Threads: one at a time.
#pragma once
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "../core/check.h"

namespace orrery::io {

class ByteQueue {
 public:
  ByteQueue() = default;
  ByteQueue(const ByteQueue&) = delete;
  ByteQueue& operator=(const ByteQueue&) = delete;
  ~ByteQueue() { std::free(data_); }

  bool empty() const noexcept { return begin_ == end_; }
  std::size_t size() const noexcept { return end_ - begin_; }
  std::string_view view() const noexcept { return {data_ + begin_, size()}; }
  /// At least `bytes` of free memory behind the end; what was written there is added by `grew`.
  char* room(std::size_t bytes) {
    if (capacity_ - end_ < bytes) {
      const std::size_t length = size();
      if (begin_ > 0) std::memmove(data_, data_ + begin_, length);
      begin_ = 0;
      end_ = length;
      if (capacity_ - end_ < bytes) {
        std::size_t capacity = capacity_ == 0 ? 4096 : capacity_;
        while (capacity - end_ < bytes) capacity *= 2;
        data_ = static_cast<char*>(std::realloc(data_, capacity));
        ORRERY_ASSERT(data_ != nullptr);
        capacity_ = capacity;
      }
    }
    return data_ + end_;
  }
  std::size_t free_bytes() const noexcept { return capacity_ - end_; }
  void grew(std::size_t bytes) noexcept { end_ += bytes; }
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
    grew(bytes.size());
  }
  void consume(std::size_t bytes) noexcept {
    begin_ += bytes;
    if (begin_ < end_) return;
    begin_ = end_ = 0;
    if (capacity_ > kKeepBytes) clear();
  }
  /// Gives the memory back.
  void clear() noexcept {
    std::free(data_);
    data_ = nullptr;
    begin_ = end_ = capacity_ = 0;
  }

 private:
  /// An idle connection keeps no memory for its buffers.
  static constexpr std::size_t kKeepBytes = 0;
  char* data_ = nullptr;
  std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
};

}  // namespace orrery::io
