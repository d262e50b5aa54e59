// hash.h: the two hashes of a key: the cluster's hash slot (CRC16/XMODEM, hash tags honoured) and the dictionary's.
//
// The dictionary hash is seeded once per process so that clients cannot choose colliding keys. No result of it may
// reach the disk or a digest.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>

namespace orrery::keyspace {

constexpr std::uint32_t kSlotCount = 16384;

namespace detail {
constexpr std::array<std::uint16_t, 256> make_crc16_table() {
  std::array<std::uint16_t, 256> table{};
  for (unsigned i = 0; i < 256; i++) {
    std::uint16_t crc = static_cast<std::uint16_t>(i << 8);
    for (int bit = 0; bit < 8; bit++) crc = static_cast<std::uint16_t>((crc & 0x8000) ? (crc << 1) ^ 0x1021 : crc << 1);
    table[i] = crc;
  }
  return table;
}
inline constexpr auto kCrc16Table = make_crc16_table();
}  // namespace detail

inline std::uint16_t crc16(std::string_view s) noexcept {
  std::uint16_t crc = 0;
  for (const char c : s) crc = static_cast<std::uint16_t>((crc << 8) ^ detail::kCrc16Table[((crc >> 8) ^ static_cast<std::uint8_t>(c)) & 0xff]);
  return crc;
}

/// The slot of a key; only the part between the first '{' and the next '}' counts when it is not empty.
inline std::uint32_t hash_slot(std::string_view key) noexcept {
  if (const void* open = key.empty() ? nullptr : std::memchr(key.data(), '{', key.size()); open != nullptr) {
    const std::size_t start = static_cast<std::size_t>(static_cast<const char*>(open) - key.data()) + 1;
    const std::size_t end = key.find('}', start);
    if (end != std::string_view::npos && end != start) key = key.substr(start, end - start);
  }
  return crc16(key) & (kSlotCount - 1);
}

inline std::uint64_t hash_seed() noexcept {
  static const std::uint64_t seed = [] {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) | device();
  }();
  return seed;
}

/// Multiply-and-fold over 8-byte words; 32 well-mixed bits.
inline std::uint32_t hash_bytes(std::string_view s) noexcept {
  constexpr std::uint64_t k1 = 0x9e3779b97f4a7c15ull, k2 = 0xd6e8feb86659fd93ull;
  const auto fold = [](std::uint64_t a, std::uint64_t b) {
    const unsigned __int128 m = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(m) ^ static_cast<std::uint64_t>(m >> 64);
  };
  std::uint64_t h = hash_seed() ^ (s.size() * k1);
  const char* p = s.data();
  std::size_t n = s.size();
  for (; n >= 8; p += 8, n -= 8) {
    std::uint64_t w;
    std::memcpy(&w, p, 8);
    h = fold(h ^ w, k1);
  }
  if (n > 0) {
    std::uint64_t w = 0;
    std::memcpy(&w, p, n);
    h = fold(h ^ w, k2);
  }
  h = fold(h ^ k2, k1);
  return static_cast<std::uint32_t>(h ^ (h >> 32));
}

}  // namespace orrery::keyspace
