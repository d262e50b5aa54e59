#include "transaction.h"

#include <bit>

#include "key_snapshot.h"
#include "limits.h"

namespace orrery::keyspace {

KeyTransaction::~KeyTransaction() = default;

Status KeyTransaction::execute(Session& session, wire::RespWriter& reply, storage::EffectBuffer& effects, std::span<const std::string_view> args) {
  const Command* command = CommandTable::instance().find(args[0]);
  if (command == nullptr || command->body == nullptr || (command->flags & kAllShards) != 0)
    return Status::error(StatusCode::kInvalid, "the command " + std::string(args[0]) + " cannot run inside a transaction");
  Context context(keyspace_, session, reply, effects);
  context.args = args;
  context.command = command;
  context.now = now_millis();
  context.transaction = this;
  const auto argc = static_cast<std::int32_t>(args.size());
  if (command->arity >= 0 ? argc != command->arity : argc < -command->arity) {
    context.wrong_arity();
    return Status::ok();
  }
  if ((command->flags & kWrite) != 0 && keyspace_.refuses_writes()) {
    reply.error("READONLY You can't write against a read only replica.");
    return Status::ok();
  }
  if ((command->flags & kDenyOom) != 0 && out_of_memory() && !keyspace_.make_room(false)) {
    reply.error(kOutOfMemory);
    return Status::ok();
  }
  std::vector<std::size_t> positions;
  Executor::key_arguments(*command, args, &positions);
  std::uint64_t mask = 0;
  for (const std::size_t i : positions) mask |= 1ull << Keyspace::shard_index(args[i]);
  for (std::uint64_t m = mask; m != 0; m &= m - 1) keyspace_.shard(static_cast<std::uint32_t>(std::countr_zero(m))).latch.lock();
  Status status = Status::ok();
  if (keyspace_.busy() != nullptr) status = Status::error(StatusCode::kInvalid, "a Redis script is running: keys cannot be used until it ends");
  if ((command->flags & kWrite) != 0) {
    for (const std::size_t i : positions)
      if (status.is_ok()) status = take(session.db, args[i], keyspace_.shard(Keyspace::shard_index(args[i])));
    if (status.is_ok())
      for (const std::size_t i : positions) remember(session.db, args[i]);
  }
  if (status.is_ok()) command->body(context);
  for (std::uint64_t m = mask; m != 0; m &= m - 1) keyspace_.shard(static_cast<std::uint32_t>(std::countr_zero(m))).latch.unlock();
  if (context.unhandled) return Status::error(StatusCode::kInvalid, "the command " + std::string(args[0]) + " cannot run inside a transaction");
  return status;
}

Status KeyTransaction::revive(std::uint8_t operation, ByteReader payload, storage::EffectBuffer& effects) {
  const auto corrupt = [] { return Status::error(StatusCode::kCorrupt, "a key's effect does not parse"); };
  const std::span<const std::uint8_t> whole{payload.at(), payload.remaining()};
  const std::uint8_t db = payload.u8();
  const std::string_view key = payload.string();
  if (!payload.ok() || db >= kDatabaseCount) return corrupt();
  Shard& shard = keyspace_.shard(Keyspace::shard_index(key));
  {
    std::lock_guard guard(shard.latch);
    if (Status status = take(db, key, shard); !status.is_ok()) return status;
  }
  if (!apply_effect(static_cast<Effect>(operation), databases_[db], key, payload).is_ok()) return corrupt();
  effects.add(storage::Room::kKeyspace, operation, whole);
  return Status::ok();
}

/// Locks a key and copies what is committed. Latch held. On kWait locks taken before stay: they are the transaction's until its end.
Status KeyTransaction::take(std::uint8_t db, std::string_view key, Shard& shard) {
  if (owns(db, key)) return Status::ok();
  std::string name = qualified(db, key);
  if (const auto l = shard.locks.find(name); l != shard.locks.end()) return Status::wait(l->second.xid);
  shard.locks.emplace(name, KeyLock{xid_, keyspace_.log_end()});
  owned_.insert(std::move(name));
  const std::uint32_t hash = hash_bytes(key);
  if (Node* n = shard.databases[db].keys.find(key, hash); n != nullptr) {
    Database& mine = databases_[db];
    Node* copy = mine.insert(key, hash, n->payload.value.clone());
    mine.set_deadline(copy, n->payload.expire_ms);
  }
  return Status::ok();
}

void KeyTransaction::remember(std::uint8_t db, std::string_view key) {
  Node* n = databases_[db].keys.find(key);
  Undo u{db, std::string(key), n != nullptr, Value{}, 0};
  if (n != nullptr) {
    u.value = n->payload.value.clone();
    u.expire_ms = n->payload.expire_ms;
  }
  undo_.push_back(std::move(u));
}

void KeyTransaction::on_rollback_to(std::size_t mark) noexcept {
  while (undo_.size() > mark) {
    Undo& u = undo_.back();
    Database& mine = databases_[u.db];
    const std::uint32_t hash = hash_bytes(u.key);
    Node* n = mine.keys.find(u.key, hash);
    if (!u.existed) {
      if (n != nullptr) mine.erase(n);
    } else {
      if (n == nullptr) n = mine.insert(u.key, hash, std::move(u.value));
      else n->payload.value = std::move(u.value);
      mine.set_deadline(n, u.expire_ms);
    }
    undo_.pop_back();
  }
}

void KeyTransaction::on_commit(storage::CommitTs, storage::Lsn) noexcept { swap_epoch_ = keyspace_.swaps.begin(); }

void KeyTransaction::after_commit(storage::CommitTs) noexcept {
  std::uint64_t mask = 0;
  for (const std::string& name : owned_) mask |= 1ull << Keyspace::shard_index(std::string_view(name).substr(1));
  for (std::uint64_t m = mask; m != 0; m &= m - 1) keyspace_.shard(static_cast<std::uint32_t>(std::countr_zero(m))).latch.lock();
  for (const std::string& name : owned_) {
    const auto db = static_cast<std::uint8_t>(name[0]);
    const std::string_view key = std::string_view(name).substr(1);
    const std::uint32_t hash = hash_bytes(key);
    Shard& shard = keyspace_.shard(Keyspace::shard_index(key));
    Database& committed = shard.databases[db];
    if (shard.snapshot != nullptr) shard.snapshot->before_change(db, key, hash);
    Node* target = committed.keys.find(key, hash);
    Node* source = databases_[db].keys.find(key, hash);
    if (source == nullptr) {
      if (target != nullptr) committed.erase(target);
    } else {
      if (target == nullptr) target = committed.insert(key, hash, std::move(source->payload.value));
      else target->payload.value = std::move(source->payload.value);
      committed.set_deadline(target, source->payload.expire_ms);
      committed.note_fields(target);
    }
    keyspace_.touch(shard, db, key);
    if (keyspace_.tracking.active()) keyspace_.tracking.invalidate(key, 0);
    shard.locks.erase(name);
  }
  for (std::uint64_t m = mask; m != 0; m &= m - 1) keyspace_.shard(static_cast<std::uint32_t>(std::countr_zero(m))).latch.unlock();
  owned_.clear();
  keyspace_.swaps.end(swap_epoch_);
  for (const TellLater& e : events_) keyspace_.events.publish(e.name, e.db, e.key);
  events_.clear();
  keyspace_.notify_changes();
}

void KeyTransaction::on_rollback() noexcept {
  for (const std::string& name : owned_) {
    Shard& shard = keyspace_.shard(Keyspace::shard_index(std::string_view(name).substr(1)));
    const std::lock_guard guard(shard.latch);
    shard.locks.erase(name);
    // A client that waits for the key may have met the lock.
    keyspace_.waiters.changed(static_cast<std::uint8_t>(name[0]), std::string_view(name).substr(1));
  }
  owned_.clear();
  events_.clear();
  keyspace_.notify_changes();
}

}  // namespace orrery::keyspace
