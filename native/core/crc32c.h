// crc32c.h: the Castagnoli checksum (polynomial 0x1EDC6F41, reflected) of everything on disk.
//
// The processor's instruction where there is one (SSE 4.2, ARMv8 CRC), chosen when first used, else a table.
// No allocation, no exceptions; any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace orrery {

/// CRC of `data` continuing from `crc` (the result of an earlier call; 0 to begin): crc32c(b, crc32c(a)) == crc32c(ab).
std::uint32_t crc32c(const void* data, std::size_t length, std::uint32_t crc = 0) noexcept;
inline std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t crc = 0) noexcept {
  return crc32c(bytes.data(), bytes.size(), crc);
}

/// The variants, for tests.
std::uint32_t crc32c_table(const void* data, std::size_t length, std::uint32_t crc) noexcept;
bool crc32c_has_hardware() noexcept;

}  // namespace orrery
