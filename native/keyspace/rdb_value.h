// rdb_value.h: values as Redis writes them into RDB files, DUMP payloads and to replicas. Every encoding of versions 6 to 12 is read;
// what is written is what Redis 7.0 (version 10) reads. Layouts: docs/formats/rdb-values.md.
//
// Reading trusts nothing: lengths, listpacks, ziplists and intsets are checked before they are walked.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "value.h"

namespace orrery::keyspace {

constexpr std::uint16_t kRdbVersionWritten = 10;
/// The newest that is read (Redis 7.4).
constexpr std::uint16_t kRdbVersionRead = 12;

/// A cursor over bytes in RDB's primitive encodings. After a bad read `ok()` is false and stays so.
class RdbReader {
 public:
  explicit RdbReader(std::string_view bytes) : bytes_(bytes) {}
  bool ok() const noexcept { return ok_; }
  std::size_t position() const noexcept { return at_; }
  std::size_t remaining() const noexcept { return bytes_.size() - at_; }
  std::uint8_t u8();
  std::uint64_t fixed(std::size_t bytes);         // little-endian
  std::string_view raw(std::size_t length);
  /// A length; `*encoded` tells that it is a special encoding's number instead.
  std::uint64_t length(bool* encoded = nullptr);
  std::string string();
  double real();         // binary
  double text_real();    // length byte and digits
  void fail() noexcept { ok_ = false; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

void rdb_write_length(std::string& out, std::uint64_t n);
void rdb_write_string(std::string& out, std::string_view s);
/// The type byte's value for `value`, then its bytes.
std::uint8_t rdb_type_of(Value& value);
void rdb_write_value(std::string& out, Value& value);
/// One node of a list whose nodes are written as they lie in memory.
void rdb_write_node(std::string& out, const Packed& node);
/// False when it does not parse, or holds nothing.
bool rdb_read_value(RdbReader& in, std::uint8_t type, Value* out);
/// Moves past a value that belongs to a module.
bool rdb_skip_module(RdbReader& in);

/// DUMP's payload: type, value, version u16, CRC-64. `with_field_times`: a hash with fields that expire as Redis 7.4 writes it, which 7.0 refuses;
/// otherwise without their times.
std::string rdb_dump(Value& value, bool with_field_times);
/// Whether version and checksum of a payload are right.
bool rdb_payload_intact(std::string_view payload);
/// The value of an intact payload; false when it does not parse.
bool rdb_restore(std::string_view payload, Value* out);

}  // namespace orrery::keyspace
