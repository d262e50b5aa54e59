// bytes.h: little-endian byte writing and bounds-checked reading, for log records, checkpoint files and blocks.
//
// A reader never runs past its end: after a short read `ok()` is false and every later read gives zero,
// so a decoder checks once at the end. Layouts are drawn in docs/formats/.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace orrery {

class ByteWriter {
 public:
  void u8(std::uint8_t v) { bytes_.push_back(v); }
  void u16(std::uint16_t v) { raw(&v, sizeof v); }
  void u32(std::uint32_t v) { raw(&v, sizeof v); }
  void u64(std::uint64_t v) { raw(&v, sizeof v); }
  void i64(std::int64_t v) { raw(&v, sizeof v); }
  void f64(double v) { raw(&v, sizeof v); }
  /// Unsigned LEB128.
  void varint(std::uint64_t v) {
    while (v >= 0x80) { u8(static_cast<std::uint8_t>(v) | 0x80); v >>= 7; }
    u8(static_cast<std::uint8_t>(v));
  }
  void raw(const void* data, std::size_t length) {
    const auto* p = static_cast<const std::uint8_t*>(data);
    bytes_.insert(bytes_.end(), p, p + length);
  }
  /// varint length, then the bytes.
  void string(std::string_view s) { varint(s.size()); raw(s.data(), s.size()); }
  std::size_t size() const noexcept { return bytes_.size(); }
  const std::uint8_t* data() const noexcept { return bytes_.data(); }
  std::span<const std::uint8_t> span() const noexcept { return bytes_; }
  std::vector<std::uint8_t>& bytes() noexcept { return bytes_; }
  void truncate(std::size_t size) { bytes_.resize(size); }
  void clear() noexcept { bytes_.clear(); }
  void patch_u32(std::size_t at, std::uint32_t v) { std::memcpy(bytes_.data() + at, &v, sizeof v); }

 private:
  std::vector<std::uint8_t> bytes_;
};

class ByteReader {
 public:
  ByteReader(const std::uint8_t* data, std::size_t length) : at_(data), end_(data + length) {}
  explicit ByteReader(std::span<const std::uint8_t> s) : ByteReader(s.data(), s.size()) {}
  std::uint8_t u8() { return fixed<std::uint8_t>(); }
  std::uint16_t u16() { return fixed<std::uint16_t>(); }
  std::uint32_t u32() { return fixed<std::uint32_t>(); }
  std::uint64_t u64() { return fixed<std::uint64_t>(); }
  std::int64_t i64() { return fixed<std::int64_t>(); }
  double f64() { return fixed<double>(); }
  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t b = u8();
      v |= static_cast<std::uint64_t>(b & 0x7f) << shift;
      if ((b & 0x80) == 0) return v;
    }
    ok_ = false;
    return 0;
  }
  /// A view into the reader's memory.
  std::string_view raw(std::size_t length) {
    if (static_cast<std::size_t>(end_ - at_) < length) { ok_ = false; at_ = end_; return {}; }
    const auto* p = reinterpret_cast<const char*>(at_);
    at_ += length;
    return {p, length};
  }
  std::string_view string() { const auto n = varint(); return raw(n); }
  bool ok() const noexcept { return ok_; }
  std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  const std::uint8_t* at() const noexcept { return at_; }

 private:
  template <typename T>
  T fixed() {
    T v{};
    if (static_cast<std::size_t>(end_ - at_) < sizeof(T)) { ok_ = false; at_ = end_; return v; }
    std::memcpy(&v, at_, sizeof(T));
    at_ += sizeof(T);
    return v;
  }
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool ok_ = true;
};

}  // namespace orrery
