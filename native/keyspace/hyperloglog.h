// hyperloglog.h: the HyperLogLog of PFADD, byte for byte in Redis' format, so that its strings can be moved between the two.
//
//   "HYLL" | encoding u8 (0 dense, 1 sparse) | 3 zero bytes | cached cardinality u64, top bit: not valid | registers
//   dense: 16384 registers of 6 bits, least significant bits first
//   sparse: 00llllll = l+1 zeros; 01llllll llllllll = l+1 zeros; 1vvvvvll = l+1 registers of v+1
// Source: Flajolet et al. (AofA 2007); the estimator is Otmar Ertl's (arXiv:1702.01284).
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace orrery::keyspace {

constexpr std::size_t kHllRegisters = 16384;
constexpr std::size_t kHllHeaderBytes = 16;
constexpr std::size_t kHllDenseBytes = kHllHeaderBytes + kHllRegisters * 6 / 8;
using HllRegisters = std::array<std::uint8_t, kHllRegisters>;

/// Magic, encoding and length are right. The sparse opcodes are checked by who reads them.
bool hll_is_valid(std::string_view bytes) noexcept;
inline bool hll_is_sparse(std::string_view bytes) noexcept { return bytes[4] == 1; }
/// An empty sparse one.
std::string hll_empty();

enum class HllChange { kNone, kChanged, kCorrupt };
/// Where an element goes and with which value.
void hll_place(std::string_view element, std::size_t* index, std::uint8_t* value) noexcept;
/// Raises a register; may turn sparse into dense when it grows beyond `sparse_max_bytes`.
HllChange hll_raise(std::string& bytes, std::size_t index, std::uint8_t value, std::size_t sparse_max_bytes);
/// Same for one that is dense; in place.
bool hll_raise_dense(char* bytes, std::size_t index, std::uint8_t value) noexcept;
std::uint8_t hll_dense_register(std::string_view bytes, std::size_t index) noexcept;
/// False when corrupt.
bool hll_to_dense(std::string& bytes);
/// registers[i] = max(registers[i], the value's). False when corrupt.
bool hll_merge_into(HllRegisters& registers, std::string_view bytes) noexcept;
std::uint64_t hll_estimate(const HllRegisters& registers) noexcept;
/// "z:3 v:1,2 Z:100": the opcodes of a sparse one.
std::string hll_decode(std::string_view bytes);

bool hll_cached(std::string_view bytes, std::uint64_t* cardinality) noexcept;
void hll_cache(char* bytes, std::uint64_t cardinality) noexcept;
inline void hll_invalidate(char* bytes) noexcept { bytes[15] = static_cast<char>(bytes[15] | 0x80); }

}  // namespace orrery::keyspace
