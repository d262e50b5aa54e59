// crc32c.cc: table (slicing by 8, after Kounavis and Berry, "Novel Table Lookup-Based Algorithms for High-Performance CRC
// Generation", 2008) and instruction variants.
#include "crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#endif

namespace orrery {
namespace {

constexpr std::array<std::array<std::uint32_t, 256>, 8> make_tables() {
  std::array<std::array<std::uint32_t, 256>, 8> t{};
  for (std::uint32_t i = 0; i < 256; i++) {
    std::uint32_t c = i;
    for (int k = 0; k < 8; k++) c = (c & 1) != 0 ? (c >> 1) ^ 0x82f63b78u : c >> 1;
    t[0][i] = c;
  }
  for (std::uint32_t i = 0; i < 256; i++)
    for (std::size_t k = 1; k < 8; k++) t[k][i] = (t[k - 1][i] >> 8) ^ t[0][t[k - 1][i] & 0xff];
  return t;
}
constexpr auto kTables = make_tables();

using Crc = std::uint32_t (*)(const void*, std::size_t, std::uint32_t) noexcept;

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_hardware(const void* data, std::size_t length, std::uint32_t crc) noexcept {
  const auto* p = static_cast<const std::uint8_t*>(data);
  std::uint64_t c = ~crc;
  for (; length >= 8; p += 8, length -= 8) {
    std::uint64_t v;
    std::memcpy(&v, p, 8);
    c = _mm_crc32_u64(c, v);
  }
  auto c32 = static_cast<std::uint32_t>(c);
  for (; length > 0; p++, length--) c32 = _mm_crc32_u8(c32, *p);
  return ~c32;
}
bool detect() noexcept { return __builtin_cpu_supports("sse4.2") != 0; }
#elif defined(__aarch64__)
__attribute__((target("+crc"))) std::uint32_t crc32c_hardware(const void* data, std::size_t length, std::uint32_t crc) noexcept {
  const auto* p = static_cast<const std::uint8_t*>(data);
  std::uint32_t c = ~crc;
  for (; length >= 8; p += 8, length -= 8) {
    std::uint64_t v;
    std::memcpy(&v, p, 8);
    c = __crc32cd(c, v);
  }
  for (; length > 0; p++, length--) c = __crc32cb(c, *p);
  return ~c;
}
#if defined(__linux__)
bool detect() noexcept { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }
#else
bool detect() noexcept { return true; }  // every Apple processor of this architecture has it
#endif
#else
std::uint32_t crc32c_hardware(const void* data, std::size_t length, std::uint32_t crc) noexcept {
  return crc32c_table(data, length, crc);
}
bool detect() noexcept { return false; }
#endif

}  // namespace

std::uint32_t crc32c_table(const void* data, std::size_t length, std::uint32_t crc) noexcept {
  const auto* p = static_cast<const std::uint8_t*>(data);
  std::uint32_t c = ~crc;
  for (; length >= 8; p += 8, length -= 8) {
    std::uint32_t low, high;
    std::memcpy(&low, p, 4);
    std::memcpy(&high, p + 4, 4);
    low ^= c;
    c = kTables[7][low & 0xff] ^ kTables[6][(low >> 8) & 0xff] ^ kTables[5][(low >> 16) & 0xff] ^ kTables[4][low >> 24] ^
        kTables[3][high & 0xff] ^ kTables[2][(high >> 8) & 0xff] ^ kTables[1][(high >> 16) & 0xff] ^ kTables[0][high >> 24];
  }
  for (; length > 0; p++, length--) c = (c >> 8) ^ kTables[0][(c ^ *p) & 0xff];
  return ~c;
}

bool crc32c_has_hardware() noexcept {
  static const bool has = detect();
  return has;
}

std::uint32_t crc32c(const void* data, std::size_t length, std::uint32_t crc) noexcept {
  static const Crc chosen = crc32c_has_hardware() ? crc32c_hardware : crc32c_table;
  return chosen(data, length, crc);
}

}  // namespace orrery
