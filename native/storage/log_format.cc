// log_format.cc: encoding and checking of log headers and names.
#include "log_format.h"

#include <charconv>
#include <cstdio>

#include "../core/crc32c.h"

namespace orrery::storage {
namespace {
template <typename T>
void put(std::uint8_t* at, T v) { std::memcpy(at, &v, sizeof v); }
template <typename T>
T get(const std::uint8_t* at) { T v; std::memcpy(&v, at, sizeof v); return v; }

std::string name_of(const char* prefix, Lsn lsn) {
  char text[48];
  std::snprintf(text, sizeof text, "%s%016llx", prefix, static_cast<unsigned long long>(lsn));
  return text;
}

std::optional<Lsn> parse_name(std::string_view prefix, std::string_view name) {
  if (name.size() != prefix.size() + 16 || !name.starts_with(prefix)) return std::nullopt;
  Lsn lsn = 0;
  const auto [end, error] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), lsn, 16);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return lsn;
}
}  // namespace

std::array<std::uint8_t, kSegmentHeaderBytes> encode_segment_header(const SegmentHeader& header) {
  std::array<std::uint8_t, kSegmentHeaderBytes> out{};
  put(out.data(), kSegmentMagic);
  put(out.data() + 8, kLogVersion);
  put(out.data() + 16, header.database_id);
  put(out.data() + 24, header.first_lsn);
  put(out.data() + 32, header.boot_id);
  put(out.data() + 40, header.durable_lsn);
  put(out.data() + 12, crc32c(out.data() + 16, kSegmentHeaderBytes - 16));
  return out;
}

std::optional<SegmentHeader> decode_segment_header(std::span<const std::uint8_t> b) {
  if (b.size() < kSegmentHeaderBytes || get<std::uint64_t>(b.data()) != kSegmentMagic) return std::nullopt;
  const auto version = get<std::uint32_t>(b.data() + 8);
  if (version == 0 || version > kLogVersion) return std::nullopt;
  if (get<std::uint32_t>(b.data() + 12) != crc32c(b.data() + 16, kSegmentHeaderBytes - 16)) return std::nullopt;
  SegmentHeader header{get<std::uint64_t>(b.data() + 16), get<std::uint64_t>(b.data() + 24), get<std::uint64_t>(b.data() + 32),
                       get<std::uint64_t>(b.data() + 40)};
  if (version == 1) header.durable_lsn = header.first_lsn;
  return header;
}

std::array<std::uint8_t, kBlockHeaderBytes> encode_block_header(const BlockHeader& header, std::uint64_t database_id) {
  std::array<std::uint8_t, kBlockHeaderBytes> out{};
  put(out.data(), kBlockMagic);
  put(out.data() + 8, header.first_lsn);
  put(out.data() + 16, header.payload_bytes);
  put(out.data() + 24, header.durable_lsn);
  put(out.data() + 32, header.payload_crc);
  put(out.data() + 36, static_cast<std::uint32_t>(database_id));
  put(out.data() + 4, crc32c(out.data() + 8, kBlockHeaderBytes - 8));
  return out;
}

std::optional<BlockHeader> decode_block_header(std::span<const std::uint8_t> b, std::uint64_t database_id) {
  if (b.size() < kBlockHeaderBytes || get<std::uint32_t>(b.data()) != kBlockMagic) return std::nullopt;
  if (get<std::uint32_t>(b.data() + 36) != static_cast<std::uint32_t>(database_id)) return std::nullopt;
  if (get<std::uint32_t>(b.data() + 4) != crc32c(b.data() + 8, kBlockHeaderBytes - 8)) return std::nullopt;
  return BlockHeader{get<std::uint64_t>(b.data() + 8), get<std::uint64_t>(b.data() + 16), get<std::uint64_t>(b.data() + 24),
                     get<std::uint32_t>(b.data() + 32)};
}

std::string segment_name(Lsn first_lsn) { return name_of("log-", first_lsn); }
std::optional<Lsn> parse_segment_name(std::string_view name) { return parse_name("log-", name); }
std::string checkpoint_name(Lsn start_lsn) { return name_of("checkpoint-", start_lsn); }
std::optional<Lsn> parse_checkpoint_name(std::string_view name) { return parse_name("checkpoint-", name); }

}  // namespace orrery::storage
