// listpack.h: a sequence of strings and integers in one allocation, byte for byte as Redis writes it, so that streams, DUMP and RDB
// files need no conversion. Layout: docs/formats/rdb-values.md.
//
//   total bytes u32 | element count u16 (65535: count them) | element… | 0xff
//   element: encoding and data | length of that, 7 bits a byte, read backwards
//
// Invariants
//  1. A position is the offset of an element's first byte; `end()` is the offset of the terminator.
//  2. Whatever parses as a canonical 64-bit integer is stored as one.
// Reading trusts the bytes: what comes from outside must pass `valid` first.
#pragma once
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "memory.h"
#include "number.h"

namespace orrery::keyspace {

class Listpack {
 public:
  static constexpr std::size_t kHeaderBytes = 6;

  Listpack() = default;
  /// An empty one with room for `capacity` bytes.
  explicit Listpack(std::size_t capacity);
  /// A copy of bytes that are `valid`.
  static Listpack copy_of(std::string_view bytes);
  Listpack(Listpack&& o) noexcept : data_(std::exchange(o.data_, nullptr)) {}
  Listpack& operator=(Listpack&& o) noexcept {
    std::swap(data_, o.data_);
    return *this;
  }
  ~Listpack() { release(data_); }

  bool allocated() const noexcept { return data_ != nullptr; }
  std::string_view bytes() const noexcept { return {reinterpret_cast<const char*>(data_), total()}; }
  std::size_t total() const noexcept { std::uint32_t n; std::memcpy(&n, data_, 4); return n; }
  std::size_t begin() const noexcept { return kHeaderBytes; }
  std::size_t end() const noexcept { return total() - 1; }
  std::size_t memory() const noexcept { return data_ == nullptr ? 0 : malloc_usable_size(data_); }

  std::size_t next(std::size_t at) const noexcept {
    const std::size_t n = encoded_length(data_ + at);
    return at + n + backlen_bytes(n);
  }
  std::size_t previous(std::size_t at) const noexcept;
  /// The element as text; `scratch` (24 bytes) is used for an integer.
  std::string_view text(std::size_t at, char* scratch) const noexcept;
  /// The element as an integer; one that is a string counts as 0.
  std::int64_t integer(std::size_t at) const noexcept;

  void append(std::string_view value);
  void append(std::int64_t value);
  void replace(std::size_t at, std::int64_t value);
  void shrink();

  /// Whether `bytes` is a listpack whose every element lies inside; *count gets the number of elements.
  static bool valid(std::string_view bytes, std::size_t* count) noexcept;
  /// Reads an element of bytes that are `valid`.
  static std::string_view text_at(std::string_view bytes, std::size_t at, char* scratch) noexcept;
  static std::size_t next_at(std::string_view bytes, std::size_t at) noexcept {
    const std::size_t n = encoded_length(reinterpret_cast<const std::uint8_t*>(bytes.data()) + at);
    return at + n + backlen_bytes(n);
  }

 private:
  /// Bytes of encoding and data, without the length at the end.
  static std::size_t encoded_length(const std::uint8_t* p) noexcept;
  static std::size_t backlen_bytes(std::size_t n) noexcept { return n <= 127 ? 1 : n < 16383 ? 2 : n < 2097151 ? 3 : n < 268435455 ? 4 : 5; }
  static std::size_t write_backlen(std::uint8_t* to, std::size_t n) noexcept;
  static std::size_t encode_integer(std::uint8_t* to, std::int64_t v) noexcept;
  static bool integer_value(const std::uint8_t* p, std::int64_t* v) noexcept;
  /// Room for `more` bytes at the end.
  void reserve(std::size_t more);
  void set_total(std::size_t n) noexcept { const auto v = static_cast<std::uint32_t>(n); std::memcpy(data_, &v, 4); }
  void count_one_more() noexcept;
  std::uint8_t* data_ = nullptr;
};

}  // namespace orrery::keyspace
