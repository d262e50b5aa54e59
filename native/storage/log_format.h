// log_format.h: the bytes of log segments (docs/formats/log.md draws them): segment header, block header, record.
//
// An LSN counts record bytes from the beginning of the log, headers and padding left out, so append can name a record's
// end before anyone knows how it will be cut into blocks.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "../core/bytes.h"
#include "ids.h"

namespace orrery::storage {

constexpr std::uint64_t kSegmentMagic = 0x31474f4c5952524full;  // "ORRYLOG1"
constexpr std::uint32_t kLogVersion = 2;
constexpr std::size_t kSegmentHeaderBytes = 64;
constexpr std::uint32_t kBlockMagic = 0x4b4c424f;  // "OBLK"
constexpr std::size_t kBlockHeaderBytes = 40;
constexpr std::size_t kBlockAlignment = 8;  // so that a search for the next valid block looks at few places

struct SegmentHeader {
  std::uint64_t database_id = 0;
  Lsn first_lsn = 0;
  std::uint64_t boot_id = 0;  // FileSystem::boot_id() of the writer
  Lsn durable_lsn = 0;        // what was durable when the segment was created; in version 1 everything before it
};
std::array<std::uint8_t, kSegmentHeaderBytes> encode_segment_header(const SegmentHeader& header);
std::optional<SegmentHeader> decode_segment_header(std::span<const std::uint8_t> bytes);

struct BlockHeader {
  Lsn first_lsn = 0;
  std::uint64_t payload_bytes = 0;
  Lsn durable_lsn = 0;  // what was durable when the block was written: everything before it must be readable
  std::uint32_t payload_crc = 0;
};
std::array<std::uint8_t, kBlockHeaderBytes> encode_block_header(const BlockHeader& header, std::uint64_t database_id);
std::optional<BlockHeader> decode_block_header(std::span<const std::uint8_t> bytes, std::uint64_t database_id);

constexpr std::uint64_t padded(std::uint64_t bytes) { return (bytes + kBlockAlignment - 1) / kBlockAlignment * kBlockAlignment; }

/// A record: [ts varint][length varint][effects].
constexpr std::size_t kRecordHeaderBytesMax = 20;
inline std::size_t put_varint(std::uint8_t* out, std::uint64_t v) {
  std::size_t n = 0;
  for (; v >= 0x80; v >>= 7) out[n++] = static_cast<std::uint8_t>(v) | 0x80;
  out[n++] = static_cast<std::uint8_t>(v);
  return n;
}

/// "log-" and the first LSN in 16 hexadecimal digits: names sort like positions.
std::string segment_name(Lsn first_lsn);
std::optional<Lsn> parse_segment_name(std::string_view name);
/// "checkpoint-" and the start LSN likewise.
std::string checkpoint_name(Lsn start_lsn);
std::optional<Lsn> parse_checkpoint_name(std::string_view name);

}  // namespace orrery::storage
