// rdb_value.h: values as Redis writes them into RDB files, DUMP payloads and to replicas. Every encoding of versions 6 to 12 is read;
// what is written is what Redis 7.0 (version 10) reads, or also what it has no word for. Layouts: docs/formats/rdb-values.md.
//
// Reading trusts nothing: lengths, listpacks, ziplists and intsets are checked before they are walked.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "value.h"

namespace orrery::keyspace {

constexpr std::uint16_t kRdbVersionWritten = 10;
/// The newest that is read (Redis 7.4), and what is written with anything that Redis 7.0 has no word for: so it refuses the whole.
constexpr std::uint16_t kRdbVersionRead = 12;

/// What becomes of that: times of hash fields as Redis 7.4 has them, vector sets in a form of our own.
enum class RdbContents : bool { kRedis7, kWhole };

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
/// The type byte's value for `value`, then its bytes. As for Redis 7.0 a hash is written without the times of its fields; vector sets are
/// for the caller to leave out.
std::uint8_t rdb_type_of(Value& value, RdbContents contents);
void rdb_write_value(std::string& out, Value& value, RdbContents contents);
/// Of a hash that is written with times: the earliest of them, before the number of fields; then each field with its own (0: none).
void rdb_write_earliest_time(std::string& out, std::int64_t earliest_ms);
void rdb_write_timed_field(std::string& out, std::int64_t earliest_ms, std::int64_t when_ms, std::string_view field, std::string_view value);
// A stream in parts: after the number of its nodes each node, then what follows them.
void rdb_write_stream_node(std::string& out, StreamId id, std::string_view entries);
void rdb_write_stream_end(std::string& out, const Stream& stream);
/// One node of a list whose nodes are written as they lie in memory.
void rdb_write_node(std::string& out, const Packed& node);
/// False when it does not parse, or holds nothing.
bool rdb_read_value(RdbReader& in, std::uint8_t type, Value* out);
/// Moves past a value that belongs to a module.
bool rdb_skip_module(RdbReader& in);

/// DUMP's payload: type, value, version u16, CRC-64.
std::string rdb_dump(Value& value, RdbContents contents);
/// Whether version and checksum of a payload are right.
bool rdb_payload_intact(std::string_view payload);
/// The value of an intact payload; false when it does not parse.
bool rdb_restore(std::string_view payload, Value* out);

}  // namespace orrery::keyspace
