// node.h: entries and nodes of the B-tree.
//
// An entry is 24 bytes: keys of up to 16 bytes lie in it, big-endian in two words, so most comparisons are one or two integer
// compares; a longer key has its first 8 bytes in `high` and the rest behind a pointer.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "../../storage/ids.h"

namespace orrery::index {

struct LongKey { std::uint32_t length; char bytes[1]; };

struct Entry {
  static constexpr std::uint64_t kRowMask = (1ull << 53) - 1;
  static constexpr std::uint32_t kInline = 16;
  static constexpr std::uint32_t kLong = 31;
  std::uint64_t high = 0;
  std::uint64_t low = 0;   // next 8 bytes, or the LongKey
  std::uint64_t tail = 0;  // row id, inline length << 53

  storage::RowId row() const noexcept { return tail & kRowMask; }
  std::uint32_t inline_length() const noexcept { return static_cast<std::uint32_t>(tail >> 53); }
  bool is_long() const noexcept { return inline_length() == kLong; }
  const LongKey* long_key() const noexcept { return reinterpret_cast<const LongKey*>(low); }

  /// `scratch` (at least 4 + key.size() bytes when the key is long) is what a long entry points at.
  static Entry make(std::string_view key, storage::RowId row, LongKey* scratch) noexcept {
    Entry e;
    char first[16] = {};
    std::memcpy(first, key.data(), key.size() < 16 ? key.size() : 16);
    e.high = big_endian(first);
    if (key.size() <= kInline) {
      e.low = big_endian(first + 8);
      e.tail = row | static_cast<std::uint64_t>(key.size()) << 53;
    } else {
      scratch->length = static_cast<std::uint32_t>(key.size());
      std::memcpy(scratch->bytes, key.data(), key.size());
      e.low = reinterpret_cast<std::uint64_t>(scratch);
      e.tail = row | static_cast<std::uint64_t>(kLong) << 53;
    }
    return e;
  }
  static LongKey* allocate(std::size_t length) { return static_cast<LongKey*>(std::malloc(sizeof(std::uint32_t) + length)); }
  /// A view of the key; inline keys are written to `buffer` (16 bytes).
  std::string_view key(char* buffer) const noexcept {
    if (is_long()) return {long_key()->bytes, long_key()->length};
    put_big_endian(buffer, high);
    put_big_endian(buffer + 8, low);
    return {buffer, inline_length()};
  }

  static int compare_keys(const Entry& a, const Entry& b) noexcept {
    if (a.high != b.high) return a.high < b.high ? -1 : 1;
    if (!a.is_long() && !b.is_long()) {
      if (a.low != b.low) return a.low < b.low ? -1 : 1;
      return static_cast<int>(a.inline_length()) - static_cast<int>(b.inline_length());
    }
    char left[16], right[16];
    const std::string_view x = a.key(left), y = b.key(right);
    return x.compare(y);
  }
  static int compare(const Entry& a, const Entry& b) noexcept {
    const int c = compare_keys(a, b);
    if (c != 0) return c;
    return a.row() < b.row() ? -1 : a.row() > b.row() ? 1 : 0;
  }

 private:
  static std::uint64_t big_endian(const char* p) noexcept { std::uint64_t v; std::memcpy(&v, p, 8); return __builtin_bswap64(v); }
  static void put_big_endian(char* p, std::uint64_t v) noexcept { v = __builtin_bswap64(v); std::memcpy(p, &v, 8); }
};
static_assert(sizeof(Entry) == 24);

struct Node {
  bool leaf = true;
  std::uint16_t count = 0;  // entries; an inner node has one child more
};

struct Leaf : Node {
  static constexpr std::uint32_t kCapacity = 84;  // about 2 KiB
  Leaf* previous = nullptr;
  Leaf* next = nullptr;
  Entry entries[kCapacity];
};

/// keys[i] is at or below everything in children[i + 1] and above everything in children[i].
struct Inner : Node {
  static constexpr std::uint32_t kCapacity = 84;
  Entry keys[kCapacity];
  Node* children[kCapacity + 1];
  Inner() { leaf = false; }
};

/// First position whose entry is not below `probe`.
inline std::uint32_t lower_bound(const Entry* entries, std::uint32_t count, const Entry& probe) noexcept {
  std::uint32_t low = 0;
  while (count > 0) {
    const std::uint32_t half = count / 2;
    if (Entry::compare(entries[low + half], probe) < 0) { low += half + 1; count -= half + 1; }
    else count = half;
  }
  return low;
}
/// First position whose entry is above `probe`.
inline std::uint32_t upper_bound(const Entry* entries, std::uint32_t count, const Entry& probe) noexcept {
  std::uint32_t low = 0;
  while (count > 0) {
    const std::uint32_t half = count / 2;
    if (Entry::compare(entries[low + half], probe) <= 0) { low += half + 1; count -= half + 1; }
    else count = half;
  }
  return low;
}

}  // namespace orrery::index
