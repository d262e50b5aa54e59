// engine_rooms.h: an open engine: every native room, wired.
//
// Members are in the order of dependence (destroyed in reverse): a room may use what stands above it.
// `participants` lists the rooms that replay the log and take part in checkpoints, in the order of loading.
// Threads: the struct does not change between open and close; each room has its own rules.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "../storage/checkpoint.h"
#include "../storage/log.h"
#include "events.h"

namespace orrery::binding {

struct EngineSettings {
  std::string folder;  // real path; empty = in memory
  std::uint64_t checkpoint_log_bytes = 256ull << 20;
  bool keep_log = false;
};

struct RoomEntry {
  storage::Room room;
  storage::CheckpointParticipant* participant;
};

struct Engine {
  EngineSettings settings;
  EventHub events;
  std::unique_ptr<storage::Log> log;
  // Rooms join here as they come: transactions, relations, vector indexes, keyspace.
  std::vector<RoomEntry> participants;
};

/// Creates the rooms, recovers what the folder holds and starts the log. On failure the engine must not be used.
Status open_rooms(Engine& engine);
/// Runs a checkpoint now (waits for one that runs). Nothing to do in memory.
Status checkpoint_rooms(Engine& engine);
/// Flushes and closes; `with_checkpoint` makes the next start quick.
void close_rooms(Engine& engine, bool with_checkpoint);

}  // namespace orrery::binding
