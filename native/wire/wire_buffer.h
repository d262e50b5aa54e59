// wire_buffer.h: what encoders write into.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace orrery::wire {

/// Bytes into a fixed buffer; after an overflow nothing is written and `size()` tells how much would have been.
class WireBuffer {
 public:
  WireBuffer(std::uint8_t* data, std::size_t capacity) : data_(data), capacity_(capacity) {}
  void raw(const void* bytes, std::size_t length) noexcept {
    if (at_ + length <= capacity_) std::memcpy(data_ + at_, bytes, length);
    at_ += length;
  }
  /// Where `length` bytes may be written, then told by `wrote`; nullptr: there is no such room.
  char* room(std::size_t length) noexcept { return at_ + length <= capacity_ ? reinterpret_cast<char*>(data_ + at_) : nullptr; }
  void wrote(std::size_t length) noexcept { at_ += length; }
  void u8(std::uint8_t v) noexcept { raw(&v, 1); }
  void be16(std::uint16_t v) noexcept { v = __builtin_bswap16(v); raw(&v, 2); }
  void be32(std::uint32_t v) noexcept { v = __builtin_bswap32(v); raw(&v, 4); }
  void patch_be32(std::size_t at, std::uint32_t v) noexcept {
    v = __builtin_bswap32(v);
    if (at + 4 <= capacity_) std::memcpy(data_ + at, &v, 4);
  }
  std::size_t size() const noexcept { return at_; }
  /// Forgets what was written from `size` on.
  void rewind(std::size_t size) noexcept { at_ = size; }
  bool overflowed() const noexcept { return at_ > capacity_; }

 private:
  std::uint8_t* data_;
  std::size_t capacity_;
  std::size_t at_ = 0;
};

}  // namespace orrery::wire
