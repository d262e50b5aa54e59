// crc64.h: the CRC-64 that ends RDB files and DUMP payloads (Jones polynomial, reflected, no inversion).
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace orrery::keyspace {

namespace detail {
constexpr std::array<std::uint64_t, 256> make_crc64_table() {
  std::array<std::uint64_t, 256> table{};
  for (unsigned i = 0; i < 256; i++) {
    std::uint64_t crc = i;
    for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x95ac9329ac4bc9b5ull : crc >> 1;
    table[i] = crc;
  }
  return table;
}
inline constexpr auto kCrc64Table = make_crc64_table();
}  // namespace detail

inline std::uint64_t crc64(std::uint64_t crc, std::string_view s) noexcept {
  for (const char c : s) crc = detail::kCrc64Table[static_cast<std::uint8_t>(crc) ^ static_cast<std::uint8_t>(c)] ^ (crc >> 8);
  return crc;
}

}  // namespace orrery::keyspace
