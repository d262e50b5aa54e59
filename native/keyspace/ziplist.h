// ziplist.h: reading ziplists, the compact lists of Redis before 7.
//
//   bytes u32 | tail offset u32 | count u16 | entry… | 0xff
//   entry: length of the previous one (1 byte, or 254 and u32) | encoding (6, 14 or 32 bits of length, or an integer's kind) | data
#pragma once
#include <cstdint>
#include <cstring>
#include <string_view>

#include "number.h"

namespace orrery::keyspace {

/// visit(text) for each element; false when the bytes are not a ziplist.
template <typename Visit>
bool each_ziplist(std::string_view bytes, Visit&& visit) {
  if (bytes.size() < 11) return false;
  const auto* p = reinterpret_cast<const std::uint8_t*>(bytes.data());
  std::uint32_t total;
  std::memcpy(&total, p, 4);
  const std::size_t end = bytes.size() - 1;
  if (total != bytes.size() || p[end] != 0xff) return false;
  char text[24];
  for (std::size_t at = 10; at < end;) {
    at += p[at] == 254 ? 5 : 1;
    if (at >= end) return false;
    const std::uint8_t b = p[at];
    std::size_t header = 1, length = 0;
    std::int64_t v = 0;
    bool is_text = true;
    switch (b >> 6) {
      case 0: length = b & 0x3f; break;
      case 1:
        header = 2;
        if (end - at < header) return false;
        length = (static_cast<std::size_t>(b & 0x3f) << 8) | p[at + 1];
        break;
      case 2:
        header = 5;
        if (end - at < header) return false;
        length = (static_cast<std::size_t>(p[at + 1]) << 24) | (static_cast<std::size_t>(p[at + 2]) << 16) | (static_cast<std::size_t>(p[at + 3]) << 8) | p[at + 4];
        break;
      default:
        is_text = false;
        length = b == 0xc0 ? 2 : b == 0xd0 ? 4 : b == 0xe0 ? 8 : b == 0xf0 ? 3 : b == 0xfe ? 1 : 0;
        if (length == 0) {
          if (b < 0xf1 || b > 0xfd) return false;
          v = (b & 0x0f) - 1;
        }
    }
    if (length > end - at - header) return false;
    const std::uint8_t* data = p + at + header;
    if (is_text) {
      visit(std::string_view{reinterpret_cast<const char*>(data), length});
    } else {
      for (std::size_t i = 0; i < length; i++) v |= static_cast<std::int64_t>(static_cast<std::uint64_t>(data[i]) << (8 * i));
      if (length > 0 && length < 8) {
        const int shift = 64 - 8 * static_cast<int>(length);
        v = static_cast<std::int64_t>(static_cast<std::uint64_t>(v) << shift) >> shift;
      }
      visit(std::string_view{text, write_integer(text, v)});
    }
    at += header + length;
  }
  return true;
}

}  // namespace orrery::keyspace
