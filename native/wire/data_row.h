// data_row.h: PostgreSQL DataRow messages straight from row versions, text or binary per column.
//
// Text forms are PostgreSQL's under the settings that Orrery starts with (DateStyle ISO, extra_float_digits 1, bytea hex); a session
// with others, or a column whose kind is not here, is encoded by TypeScript instead (src/functions/types is the definition, a
// test compares the two).
// Sources: PostgreSQL documentation, "Message Formats"; numeric.c (numeric_send), float.c (shortest-exact output).
// Threads: functions over the caller's buffer; the version must be held by a snapshot.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "../storage/chunk.h"
#include "../storage/relation.h"

namespace orrery::wire {

/// How a physical value looks on the wire. The numbers are in src/execution/wire-kind.ts.
enum class WireKind : std::uint8_t {
  kBool = 1, kInt2 = 2, kInt4 = 3, kInt8 = 4, kOid = 5, kFloat4 = 6, kFloat8 = 7,
  kBytes = 8,  // text, varchar, bpchar, json: the bytes in both formats
  kBytea = 9, kUuid = 10, kDate = 11, kTime = 12, kTimestamp = 13,
  kTimestampTzUtc = 14,  // text form for TimeZone UTC only
  kNumeric = 15, kVector = 16, kJsonb = 17,
};

struct OutputColumn {
  std::uint32_t column;  // of the relation
  WireKind kind;
  bool binary;
};

/// Bytes into a fixed buffer; after an overflow nothing is written and `size()` tells how much would have been.
class WireBuffer {
 public:
  WireBuffer(std::uint8_t* data, std::size_t capacity) : data_(data), capacity_(capacity) {}
  void raw(const void* bytes, std::size_t length) noexcept {
    if (at_ + length <= capacity_) {
      // Short values are most: no call for them.
      if (length <= 8 && length >= 4) {
        std::uint32_t first, last;
        std::memcpy(&first, bytes, 4);
        std::memcpy(&last, static_cast<const std::uint8_t*>(bytes) + length - 4, 4);
        std::memcpy(data_ + at_, &first, 4);
        std::memcpy(data_ + at_ + length - 4, &last, 4);
      } else {
        std::memcpy(data_ + at_, bytes, length);
      }
    }
    at_ += length;
  }
  /// Where `length` bytes may be written, then told by `wrote`; nullptr: there is no such room.
  char* room(std::size_t length) noexcept { return at_ + length <= capacity_ ? reinterpret_cast<char*>(data_ + at_) : nullptr; }
  void wrote(std::size_t length) noexcept { at_ += length; }
  void u8(std::uint8_t v) noexcept { raw(&v, 1); }
  void be16(std::uint16_t v) noexcept { v = __builtin_bswap16(v); raw(&v, 2); }
  void be32(std::uint32_t v) noexcept { v = __builtin_bswap32(v); raw(&v, 4); }
  void be64(std::uint64_t v) noexcept { v = __builtin_bswap64(v); raw(&v, 8); }
  void patch_be32(std::size_t at, std::uint32_t v) noexcept {
    v = __builtin_bswap32(v);
    if (at + 4 <= capacity_) std::memcpy(data_ + at, &v, 4);
  }
  std::size_t size() const noexcept { return at_; }
  /// Forgets what was written from `size` on.
  void rewind(std::size_t size) noexcept { at_ = size; }
  bool overflowed() const noexcept { return at_ > capacity_; }

 private:
  std::uint8_t* data_;
  std::size_t capacity_;
  std::size_t at_ = 0;
};

/// Appends one field of a DataRow, length included; the value is not NULL. `fixed`: the value of a fixed-width kind (uuid and vector, too);
/// `varlen`: the bytes of the others.
void write_field(WireKind kind, bool binary, const std::uint8_t* fixed, std::string_view varlen, std::uint32_t dimensions,
                 WireBuffer& out) noexcept;
/// Appends one DataRow message.
void write_data_row(storage::VersionRef version, std::span<const OutputColumn> columns, WireBuffer& out) noexcept;

/// True when `kind` can show values of `type`.
bool wire_kind_fits(WireKind kind, PhysicalType type) noexcept;

// Text forms, for tests and other encoders. `out` must hold the stated number of bytes; each returns the length.
std::size_t format_integer(std::int64_t value, char* out) noexcept;  // 24
std::size_t format_float8(double value, char* out) noexcept;       // 32
std::size_t format_float4(float value, char* out) noexcept;        // 24
std::size_t format_date(std::int32_t days, char* out) noexcept;    // 24
std::size_t format_time(std::int64_t micros, char* out) noexcept;  // 16
std::size_t format_timestamp(std::int64_t micros, bool utc_zone, char* out) noexcept;  // 48
/// Appends a numeric_send value as text.
void write_numeric_text(std::string_view bytes, WireBuffer& out) noexcept;

}  // namespace orrery::wire
