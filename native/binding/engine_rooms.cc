// engine_rooms.cc: wiring of the rooms at open and their orderly end at close.
#include "engine_rooms.h"

#include <algorithm>

#include "../keyspace/transaction.h"
#include "../storage/memory_log.h"

namespace orrery::binding {
namespace {

/// Rooms that replay the log are created here, before recovery, and join `participants`.
void create_rooms(Engine& engine) {
  engine.transactions = std::make_unique<storage::TransactionManager>(*engine.log);
  engine.exported_snapshots = std::make_unique<storage::ExportedSnapshots>(*engine.transactions);
  engine.rows = std::make_unique<storage::RowStore>(*engine.log, *engine.transactions);
  engine.rows->catalog().set_listener([&events = engine.events](std::uint64_t version) { events.broadcast(Event::catalog(version)); });
  engine.participants.push_back({storage::Room::kStorage, engine.rows.get()});
  engine.vectors = std::make_unique<index::HnswStore>(*engine.rows);
  engine.participants.push_back({storage::Room::kIndex, engine.vectors.get()});
  engine.ivfflat = std::make_unique<index::IvfflatStore>(*engine.rows);
  engine.participants.push_back({storage::Room::kIvfflat, engine.ivfflat.get()});
  engine.keyspace = std::make_unique<keyspace::Keyspace>(
      [&transactions = *engine.transactions](std::span<const std::uint8_t> effects) { return transactions.append_effects(effects); },
      [&log = *engine.log] { return log.appended(); });
  engine.keyspace->waiters.set_post([&events = engine.events](std::uint64_t listener, std::uint64_t token) { events.post(listener, Event::wait_over(token)); });
  engine.replication.set_post([&events = engine.events](std::uint64_t listener, std::uint64_t token) { events.post(listener, Event::wait_over(token)); });
  engine.transactions->set_tap([&feed = engine.replication](std::span<const std::uint8_t> effects) { feed.record(effects); });
  engine.participants.push_back({storage::Room::kKeyspace, engine.keyspace.get()});
  engine.prepared = std::make_unique<storage::PreparedTransactions>(*engine.rows, *engine.transactions);
  engine.prepared->set_key_reviver([&keyspace = *engine.keyspace](storage::Transaction& t, std::uint8_t operation, ByteReader payload) {
    if (t.participant(storage::ParticipantSlot::kKeys) == nullptr)
      t.attach(storage::ParticipantSlot::kKeys, std::make_unique<keyspace::KeyTransaction>(keyspace, t.xid()));
    return static_cast<keyspace::KeyTransaction*>(t.participant(storage::ParticipantSlot::kKeys))->revive(operation, payload, t.effects());
  });
  engine.participants.push_back({storage::Room::kPrepared, engine.prepared.get()});
  engine.pubsub = std::make_unique<keyspace::PubSub>(
      [&events = engine.events](std::uint64_t listener, std::uint64_t subscriber, std::string_view channel, std::string_view payload, const std::string* pattern,
                               keyspace::ChannelKind kind) {
        events.post(listener, pattern == nullptr ? Event::message(subscriber, std::string(channel), std::string(payload), kind == keyspace::ChannelKind::kShard)
                                                 : Event::pattern_message(subscriber, std::string(channel), std::string(payload), *pattern));
      });
  engine.keyspace->events.set_publish([&pubsub = *engine.pubsub](std::string_view channel, std::string_view message) { pubsub.publish(channel, message); });
  engine.keyspace->tracking.set_invalidate([&events = engine.events](std::uint64_t listener, std::uint64_t client, const std::string_view* key, bool broadcast) {
    events.post(listener, Event::invalidate(client, key, broadcast));
  });
}

void listen_to_log(Engine& engine) {
  engine.log->set_flush_listener([&engine](storage::Lsn lsn) {
    engine.events.flushed(lsn);
    if (Status s = engine.log->failure(); !s.is_ok()) {
      engine.keyspace->fail_writes(s.message);
      engine.events.broadcast(Event::log_failed(s));
    }
    engine.io.note_flushed();
  });
}

}  // namespace

Status open_rooms(Engine& engine) {
  if (engine.settings.folder.empty()) {
    engine.log = std::make_unique<storage::MemoryLog>();
    create_rooms(engine);
    engine.rows->start_vacuum();
    listen_to_log(engine);
    return Status::ok();
  }
  FileSystem& files = real_file_system();
  const std::string& path = engine.settings.folder;
  if (Status s = storage::open_data_folder(files, path, &engine.folder); !s.is_ok()) return s;
  if (Status s = engine.temporary.open(files, path + "/temporary"); !s.is_ok()) return s;
  storage::FileLogSettings log_settings;
  log_settings.folder = path;
  log_settings.database_id = engine.folder.database_id;
  auto log = std::make_unique<storage::FileLog>(files, log_settings);
  engine.file_log = log.get();
  engine.log = std::move(log);
  create_rooms(engine);
  if (Status s = storage::recover(files, path, engine.folder.database_id, engine.participants, &engine.recovery); !s.is_ok()) return s;
  engine.transactions->restore(std::max<storage::CommitTs>(engine.recovery.newest_ts, 1), 1);
  engine.file_log->start(engine.recovery.end);
  if (Status s = engine.prepared->revive(); !s.is_ok()) return s;
  listen_to_log(engine);
  engine.checkpointer = std::make_unique<storage::Checkpointer>(
      files,
      storage::CheckpointerSettings{path, engine.folder.database_id, engine.settings.checkpoint_log_bytes, engine.settings.keep_log},
      *engine.file_log, *engine.transactions, engine.participants);
  engine.checkpointer->start(engine.recovery.checkpoint_lsn);
  engine.rows->start_vacuum();
  return Status::ok();
}

Status checkpoint_rooms(Engine& engine) { return engine.checkpointer ? engine.checkpointer->run() : Status::ok(); }

Status close_rooms(Engine& engine, bool with_checkpoint) {
  Status status;
  engine.io.stop();
  engine.rows->stop_vacuum();
  if (engine.checkpointer) {
    engine.checkpointer->stop();
    if (with_checkpoint) status = engine.checkpointer->run();
  }
  if (engine.file_log != nullptr) {
    Status s = engine.file_log->stop();
    if (status.is_ok()) status = std::move(s);
  }
  engine.log->set_flush_listener({});
  engine.temporary.close();
  engine.folder.lock.reset();
  return status;
}

}  // namespace orrery::binding
