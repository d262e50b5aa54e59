// lzf.h: LZF, the compression of long strings in RDB files. Format: a control byte below 32 begins a run of that many + 1 literal
// bytes; otherwise its top three bits are a length - 2 (7: one more byte of length) and the rest with the next byte a distance - 1.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace orrery::keyspace {

/// False when the bytes are not LZF of exactly `size` bytes.
inline bool lzf_expand(std::string_view in, std::size_t size, std::string* out) {
  out->clear();
  out->reserve(size);
  for (std::size_t i = 0; i < in.size();) {
    const auto control = static_cast<std::uint8_t>(in[i++]);
    if (control < 32) {
      const std::size_t n = control + std::size_t{1};
      if (n > in.size() - i || out->size() + n > size) return false;
      out->append(in.substr(i, n));
      i += n;
      continue;
    }
    std::size_t length = control >> 5;
    if (length == 7) {
      if (i >= in.size()) return false;
      length += static_cast<std::uint8_t>(in[i++]);
    }
    if (i >= in.size()) return false;
    const std::size_t distance = ((static_cast<std::size_t>(control & 0x1f) << 8) | static_cast<std::uint8_t>(in[i++])) + 1;
    length += 2;
    if (distance > out->size() || out->size() + length > size) return false;
    for (std::size_t from = out->size() - distance; length > 0; length--, from++) out->push_back((*out)[from]);
  }
  return out->size() == size;
}

}  // namespace orrery::keyspace
