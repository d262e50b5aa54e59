// log_reader.cc: walking segments and telling a torn tail from damage.
#include "log_reader.h"

#include <algorithm>

#include "../core/crc32c.h"
#include "log_format.h"

namespace orrery::storage {
namespace {

Status corrupt(const std::string& path, std::uint64_t offset, const std::string& what) {
  return Status::error(StatusCode::kCorrupt, "damaged log: " + path + " at offset " + std::to_string(offset) + ": " + what);
}

using Bytes = std::vector<std::uint8_t>;

std::optional<BlockHeader> valid_block(const Bytes& bytes, std::uint64_t offset, std::uint64_t database_id) {
  if (offset + kBlockHeaderBytes > bytes.size()) return std::nullopt;
  const auto header = decode_block_header({bytes.data() + offset, kBlockHeaderBytes}, database_id);
  if (!header || header->payload_bytes > bytes.size() - offset - kBlockHeaderBytes) return std::nullopt;
  if (crc32c(bytes.data() + offset + kBlockHeaderBytes, header->payload_bytes) != header->payload_crc) return std::nullopt;
  return header;
}

/// What valid blocks from `offset` on tell about the place where reading stopped.
struct Later {
  Lsn durable = 0;     // the highest LSN that one says was durable
  bool block = false;  // there is one
};
Later look_further(const Bytes& bytes, std::uint64_t offset, std::uint64_t database_id) {
  Later later;
  for (std::uint64_t at = offset; at + kBlockHeaderBytes <= bytes.size();) {
    const auto header = valid_block(bytes, at, database_id);
    if (header) later = {std::max(later.durable, header->durable_lsn), true};
    at += header ? padded(kBlockHeaderBytes + header->payload_bytes) : kBlockAlignment;
  }
  return later;
}

std::uint64_t nonzero_end(const Bytes& bytes, std::uint64_t from) {
  std::uint64_t end = bytes.size();
  while (end > from && bytes[end - 1] == 0) end--;
  return end;
}

}  // namespace

Status read_log(FileSystem& files, const LogReadRequest& request, const std::function<Status(const LogRecord&)>& on_record,
                LogReadResult* result) {
  *result = {};
  result->end = request.from;
  std::vector<std::string> names;
  if (Status s = files.list(request.folder, &names); !s.is_ok()) return s;
  std::vector<std::pair<Lsn, std::string>> segments;
  for (const std::string& name : names)
    if (const auto first = parse_segment_name(name)) segments.emplace_back(*first, request.folder + "/" + name);
  // The segment that holds `from` is the last one that begins at or before it.
  const auto after = std::upper_bound(segments.begin(), segments.end(), request.from,
                                      [](Lsn lsn, const auto& segment) { return lsn < segment.first; });
  if (after == segments.begin()) {
    if (!segments.empty() || request.durable > request.from)
      return Status::error(StatusCode::kCorrupt, "damaged log: " + request.folder + " has no segment that holds position " +
                                                     std::to_string(request.from));
    return Status::ok();
  }
  segments.erase(segments.begin(), after - 1);

  Lsn expected = segments.front().first;
  Bytes bytes;
  for (std::size_t i = 0; i < segments.size(); i++) {
    const auto& [first, path] = segments[i];
    if (Status s = read_file(files, path, &bytes); !s.is_ok()) return s;
    if (first > expected) return corrupt(path, 0, "records from position " + std::to_string(expected) + " are missing before it");
    const auto header = decode_segment_header(bytes);
    if (header && header->database_id != request.database_id) return corrupt(path, 16, "the segment belongs to another database");
    const bool begins = header && header->first_lsn == first;
    std::uint64_t offset = begins ? kSegmentHeaderBytes : 0;
    while (begins) {
      const auto block = valid_block(bytes, offset, request.database_id);
      if (!block || block->first_lsn != expected) break;
      ByteReader reader(bytes.data() + offset + kBlockHeaderBytes, block->payload_bytes);
      while (reader.remaining() > 0) {
        const std::size_t before = reader.remaining();
        const CommitTs ts = reader.varint();
        const std::string_view effects = reader.string();
        if (!reader.ok()) return corrupt(path, offset, "a record does not end inside its block");
        expected += before - reader.remaining();
        if (expected <= request.from) continue;
        result->records++;
        result->newest_ts = std::max(result->newest_ts, ts);
        const LogRecord record{ts, expected, {reinterpret_cast<const std::uint8_t*>(effects.data()), effects.size()}};
        if (Status s = on_record(record); !s.is_ok()) {
          if (s.code == StatusCode::kCorrupt) s.message = corrupt(path, offset, s.message).message;
          return s;
        }
      }
      offset += padded(kBlockHeaderBytes + block->payload_bytes);
      result->end = std::max(result->end, expected);
    }
    result->last_segment = path;
    result->last_segment_end = std::min<std::uint64_t>(offset, bytes.size());
    // The segment is complete when the next one goes on where it ended.
    if (begins && i + 1 < segments.size() && segments[i + 1].first == expected) continue;

    Later later_blocks = look_further(bytes, offset, request.database_id);
    Lsn durable = std::max(request.durable, later_blocks.durable);
    const bool same_boot = header && header->boot_id != 0 && header->boot_id == files.boot_id();
    result->torn_bytes = nonzero_end(bytes, offset) - std::min<std::uint64_t>(offset, bytes.size());
    for (std::size_t later = i + 1; later < segments.size(); later++) {
      if (Status s = read_file(files, segments[later].second, &bytes); !s.is_ok()) return s;
      const Later more = look_further(bytes, 0, request.database_id);
      later_blocks.block |= more.block;
      durable = std::max(durable, more.durable);
      if (const auto begun = decode_segment_header(bytes)) durable = std::max(durable, begun->durable_lsn);
      result->dead_segments.push_back(segments[later].second);
      result->torn_bytes += nonzero_end(bytes, 0);
    }
    if (durable > expected || (same_boot && later_blocks.block)) return corrupt(path, offset, "the checksum does not match, and this was complete once");
    break;
  }
  if (result->end < request.durable)
    return corrupt(result->last_segment, result->last_segment_end,
                   "the log ends before position " + std::to_string(request.durable) + ", which was durable");
  return Status::ok();
}

Status cut_log(FileSystem& files, const std::string& folder, const LogReadResult& result) {
  for (auto i = result.dead_segments.rbegin(); i != result.dead_segments.rend(); ++i)
    if (Status s = files.remove(*i); !s.is_ok()) return s;
  if (result.last_segment.empty()) return Status::ok();
  if (result.last_segment_end <= kSegmentHeaderBytes) {
    // Only just created: the next one may take its name.
    if (Status s = files.remove(result.last_segment); !s.is_ok()) return s;
    return files.sync_folder(folder);
  }
  std::unique_ptr<File> file;
  if (Status s = files.open(result.last_segment, OpenMode::kWrite, &file); !s.is_ok()) return s;
  std::uint64_t size = 0;
  if (Status s = file->size(&size); !s.is_ok()) return s;
  if (size > result.last_segment_end)
    if (Status s = file->truncate(result.last_segment_end); !s.is_ok()) return s;
  if (Status s = file->sync(); !s.is_ok()) return s;
  return files.sync_folder(folder);
}

Status for_each_effect(std::span<const std::uint8_t> effects,
                       const std::function<Status(std::uint8_t, std::uint8_t, ByteReader)>& apply) {
  ByteReader reader(effects);
  while (reader.remaining() > 0) {
    const std::uint8_t room = reader.u8();
    const std::uint8_t operation = reader.u8();
    const std::string_view payload = reader.string();
    if (!reader.ok()) return Status::error(StatusCode::kCorrupt, "an effect does not end inside its record");
    if (Status s = apply(room, operation, ByteReader(reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size())); !s.is_ok())
      return s;
  }
  return Status::ok();
}

}  // namespace orrery::storage
