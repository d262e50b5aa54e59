// engine_rooms.h: an open engine: every native room, wired.
//
// Members are in the order of dependence (destroyed in reverse): a room may use what stands above it.
// `participants` lists the rooms that replay the log and take part in checkpoints, in the order of loading.
// Threads: the struct does not change between open and close; each room has its own rules.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "../core/file.h"
#include "../core/task_pool.h"
#include "../core/temporary_files.h"
#include "../index/vector_index_store.h"
#include "../io/pool.h"
#include "../keyspace/keyspace.h"
#include "../keyspace/pubsub.h"
#include "../keyspace/replication_feed.h"
#include "../storage/checkpoint.h"
#include "../storage/checkpointer.h"
#include "../storage/data_folder.h"
#include "../storage/file_log.h"
#include "../storage/log.h"
#include "../storage/prepared.h"
#include "../storage/exported_snapshots.h"
#include "../storage/recovery.h"
#include "../storage/row_store.h"
#include "../storage/transaction.h"
#include "events.h"

namespace orrery::binding {

struct EngineSettings {
  std::string folder;  // real path; empty = in memory
  std::uint64_t checkpoint_log_bytes = 256ull << 20;
  bool keep_log = false;
};

struct Engine {
  EngineSettings settings;
  storage::DataFolder folder;      // the lock; empty in memory
  EventHub events;
  std::unique_ptr<storage::Log> log;
  storage::FileLog* file_log = nullptr;  // `log` when there is a folder
  std::unique_ptr<storage::TransactionManager> transactions;
  std::unique_ptr<storage::ExportedSnapshots> exported_snapshots;
  std::unique_ptr<storage::RowStore> rows;
  std::unique_ptr<storage::PreparedTransactions> prepared;
  std::unique_ptr<index::HnswStore> vectors;
  std::unique_ptr<index::IvfflatStore> ivfflat;
  std::unique_ptr<keyspace::Keyspace> keyspace;
  std::unique_ptr<keyspace::PubSub> pubsub;
  keyspace::ReplicationFeed replication;
  // Rooms stand here in their order of dependence: relations, vector indexes, keyspace.
  std::vector<storage::Participant> participants;
  std::unique_ptr<storage::Checkpointer> checkpointer;  // none in memory
  storage::RecoveryResult recovery;
  TemporaryFiles temporary;  // none in memory
  TaskPool pool{std::thread::hardware_concurrency()};  // the first to go: its tasks use the rooms
  io::Pool io;  // runs when a JavaScript thread has attached to it
};

/// Creates the rooms, recovers what the folder holds and starts the log. On failure the engine must not be used.
Status open_rooms(Engine& engine);
/// Runs a checkpoint now (waits for one that runs). Nothing to do in memory.
Status checkpoint_rooms(Engine& engine);
/// Flushes and closes; `with_checkpoint` makes the next start quick.
Status close_rooms(Engine& engine, bool with_checkpoint);

}  // namespace orrery::binding
