// recovery.h: from a data folder to rooms in memory: the newest checkpoint, then the log after it.
//
// Invariants
//  1. After kOk the rooms hold exactly the records up to `end`, all of which are durable; the files end there too.
//  2. Damage is an error that names file and offset; nothing is changed on disk before the whole log was read.
// Threads: one, before anybody else sees the rooms.
#pragma once
#include <span>

#include "../core/file.h"
#include "checkpoint.h"

namespace orrery::storage {

/// A room that replays and is saved; `room` says which effects are its own.
struct Participant {
  Room room;
  CheckpointParticipant* target;
};

struct RecoveryResult {
  Lsn end = 0;             // where the log goes on
  Lsn checkpoint_lsn = 0;  // start LSN of the loaded checkpoint, 0 = none
  CommitTs newest_ts = 0;
  std::uint64_t records = 0;
  std::uint64_t torn_bytes = 0;  // cut off the end
};

Status recover(FileSystem& files, const std::string& folder, std::uint64_t database_id, std::span<const Participant> rooms,
               RecoveryResult* result);

/// Reads everything and changes nothing. Damage is a problem in the list, not a failing status.
struct VerifyResult {
  std::uint64_t records = 0;
  Lsn last_lsn = 0;
  std::uint64_t torn_bytes = 0;
  std::vector<std::string> problems;
};
Status verify_folder(FileSystem& files, const std::string& folder, VerifyResult* result);

}  // namespace orrery::storage
