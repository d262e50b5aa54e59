// physical_type.h: how a value lies in memory. Storage knows these and no SQL type's meaning.
//
// The numbers are on disk and in blocks (docs/formats/block.md); src/native/physical-type.ts mirrors them.
// Variable-length values hold the bytes of PostgreSQL's binary wire form wherever one exists (text and
// json as UTF-8, jsonb as its canonical text without the version byte, numeric and arrays as sent by
// numeric_send / array_send), so that binary results are copies.
#pragma once
#include <cstddef>
#include <cstdint>

namespace orrery {

enum class PhysicalType : std::uint8_t {
  kBool = 1,      // 1 byte, 0 or 1
  kInt16 = 2,     // little-endian, like all fixed-width values
  kInt32 = 3,     // int4, date (days since 2000-01-01), oid
  kInt64 = 4,     // int8, time, timestamp, timestamptz (microseconds since 2000-01-01)
  kFloat32 = 5,
  kFloat64 = 6,
  kUuid = 7,      // 16 bytes as on the wire
  kInterval = 8,  // int64 microseconds, int32 days, int32 months
  kVarlen = 9,    // bytes
  kVector = 10,   // float32[dimensions]; the chunk holds the slot in the column's matrix store
};

/// Bytes a value takes in a block's values area; kVarlen: one u32 offset, kVector: 4 * dimensions.
constexpr std::size_t width_of(PhysicalType type, std::uint32_t dimensions = 0) {
  switch (type) {
    case PhysicalType::kBool: return 1;
    case PhysicalType::kInt16: return 2;
    case PhysicalType::kInt32:
    case PhysicalType::kFloat32: return 4;
    case PhysicalType::kInt64:
    case PhysicalType::kFloat64: return 8;
    case PhysicalType::kUuid:
    case PhysicalType::kInterval: return 16;
    case PhysicalType::kVarlen: return 4;
    case PhysicalType::kVector: return 4 * static_cast<std::size_t>(dimensions);
  }
  return 0;
}

/// How an index key column orders; the encoding that memcmp orders is drawn in docs/formats/key.md.
enum class KeyKind : std::uint8_t {
  kBool = 1, kInt16 = 2, kInt32 = 3, kInt64 = 4, kFloat32 = 5, kFloat64 = 6, kUuid = 7,
  kInterval = 8,  // by total microseconds (30-day months, 24-hour days), as interval_cmp
  kBytes = 9,     // text, varchar, bytea: byte order (collation "C")
  kNumeric = 10,  // numeric_send bytes
  kBpchar = 11,   // trailing spaces ignored
};

}  // namespace orrery
