// log_reader.h: reading the log from a position, for recovery, checking and replay.
//
// A block is valid when its header and payload checksums hold and it begins at the LSN where the one before it ended.
// At the first place that is not valid the log ends, or is damaged. It is damaged when what stands there was durable
// once: a later valid block says so in its header (durable_lsn), or the caller knows (a checkpoint's durable LSN). It is
// damaged too when a valid block follows and the machine was not restarted since: the page cache loses nothing then.
// Otherwise it is the torn tail of a crash, and what follows was never acknowledged as durable.
// Threads: one.
#pragma once
#include <functional>
#include <string>

#include "../core/file.h"
#include "ids.h"
#include "log.h"

namespace orrery::storage {

struct LogRecord {
  CommitTs ts;
  Lsn lsn;  // just past the record
  std::span<const std::uint8_t> effects;
};

struct LogReadRequest {
  std::string folder;
  std::uint64_t database_id = 0;
  Lsn from = 0;         // records that end after it are given
  Lsn durable = 0;      // known to have been durable: damage before it is damage
};

struct LogReadResult {
  Lsn end = 0;                      // just past the last valid record
  std::uint64_t records = 0;        // given to the caller
  CommitTs newest_ts = 0;
  std::string last_segment;         // path of the segment where the log ends; empty = no segments
  std::uint64_t last_segment_end = 0;  // valid bytes of it
  std::vector<std::string> dead_segments;  // paths after it: nothing valid that counts
  std::uint64_t torn_bytes = 0;     // not zero and cut off
};

/// Calls `on_record` for every record; its first failure ends the reading.
Status read_log(FileSystem& files, const LogReadRequest& request, const std::function<Status(const LogRecord&)>& on_record,
                LogReadResult* result);

/// Makes the files end where the log ends (after a read): cuts the tail, removes dead segments, syncs.
Status cut_log(FileSystem& files, const std::string& folder, const LogReadResult& result);

/// Calls `apply(room, operation, payload)` for each effect of a record.
Status for_each_effect(std::span<const std::uint8_t> effects,
                       const std::function<Status(std::uint8_t room, std::uint8_t operation, ByteReader payload)>& apply);

}  // namespace orrery::storage
