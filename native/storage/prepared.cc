#include "prepared.h"

#include "log_reader.h"

namespace orrery::storage {
namespace {

/// The numbers are on disk.
constexpr std::uint8_t kPrepare = 1, kFinish = 2;

Status corrupt() { return Status::error(StatusCode::kCorrupt, "a prepared transaction's record does not parse"); }

/// What can be run again (RowStore::revive, KeyTransaction::revive).
bool can_revive(std::uint8_t room, std::uint8_t operation) {
  if (room == static_cast<std::uint8_t>(Room::kKeyspace)) return true;
  if (room != static_cast<std::uint8_t>(Room::kStorage)) return false;
  const auto effect = static_cast<StorageEffect>(operation);
  return effect == StorageEffect::kInsert || effect == StorageEffect::kUpdate || effect == StorageEffect::kDelete;
}

/// The head of a record; what follows are the effects.
struct Head {
  std::string name, owner;
  std::int64_t micros = 0;
  std::vector<PreparedTransactions::ObjectLock> locks;
  std::vector<RowChanges::RowLock> row_locks;
};

void write_head(ByteWriter& out, const Head& head) {
  out.string(head.name);
  out.string(head.owner);
  out.i64(head.micros);
  out.varint(head.locks.size());
  for (const auto& lock : head.locks) {
    out.u32(lock.tag.kind);
    for (const std::uint32_t field : lock.tag.field) out.u32(field);
    out.u8(static_cast<std::uint8_t>(lock.mode));
  }
  out.varint(head.row_locks.size());
  for (const auto& lock : head.row_locks) {
    out.varint(lock.relation);
    out.varint(lock.row);
    out.u8(static_cast<std::uint8_t>(lock.strength));
  }
}

bool read_head(ByteReader& in, Head* head) {
  head->name = in.string();
  head->owner = in.string();
  head->micros = in.i64();
  for (std::uint64_t n = in.varint(); n > 0 && in.ok(); n--) {
    PreparedTransactions::ObjectLock lock;
    lock.tag.kind = in.u32();
    for (std::uint32_t& field : lock.tag.field) field = in.u32();
    const std::uint8_t mode = in.u8();
    if (mode < 1 || mode > 8) return false;
    lock.mode = static_cast<LockMode>(mode);
    head->locks.push_back(lock);
  }
  for (std::uint64_t n = in.varint(); n > 0 && in.ok(); n--) {
    RowChanges::RowLock lock;
    lock.relation = static_cast<RelationId>(in.varint());
    lock.row = in.varint();
    const std::uint8_t strength = in.u8();
    if (strength > 3) return false;
    lock.strength = static_cast<LockStrength>(strength);
    head->row_locks.push_back(lock);
  }
  return in.ok();
}

}  // namespace

Status PreparedTransactions::prepare(Transaction* t, std::string name, std::string owner, std::int64_t micros, ProcessId process,
                                     std::span<const ObjectLock> locks, std::size_t most, Lsn* lsn) {
  bool revivable = true;
  Status parsed = for_each_effect(t->effects().span(), [&](std::uint8_t room, std::uint8_t operation, ByteReader) {
    revivable = revivable && can_revive(room, operation);
    return Status::ok();
  });
  if (!parsed.is_ok()) return parsed;
  if (!revivable) return Status::error(StatusCode::kInvalid, "the transaction has changed definitions");
  Head head{name, std::move(owner), micros, {locks.begin(), locks.end()}, rows_.changes_of(*t).row_locks()};
  ByteWriter record;
  write_head(record, head);
  record.raw(t->effects().span().data(), t->effects().span().size());
  EffectBuffer effects;
  effects.add(Room::kPrepared, kPrepare, record.span());

  std::lock_guard guard(latch_);
  if (entries_.contains(name)) return Status::error(StatusCode::kUniqueViolation);
  if (entries_.size() >= most) return Status::error(StatusCode::kLimit);
  *lsn = manager_.append_effects(effects.span());
  if (*lsn == 0) return Status::error(StatusCode::kIoError, "the log refused the record");
  Entry& entry = entries_[name];
  entry.record = std::move(record.bytes());
  entry.locks = std::move(head.locks);
  entry.transaction = t;
  entry.facts = {std::move(name), std::move(head.owner), micros, t->xid(), next_process_++};
  for (const ObjectLock& lock : entry.locks) rows_.lock_manager().transfer(process, entry.facts.process, lock.tag, lock.mode);
  manager_.park(*t, entry.facts.process);
  return Status::ok();
}

void PreparedTransactions::release_locks(const Entry& entry) {
  for (const ObjectLock& lock : entry.locks) (void)rows_.lock_manager().release(entry.facts.process, lock.tag, lock.mode);
}

Status PreparedTransactions::finish(const std::string& name, bool commits, Lsn* lsn) {
  ByteWriter mark;
  mark.string(name);
  Entry entry;
  {
    std::lock_guard guard(latch_);
    const auto found = entries_.find(name);
    if (found == entries_.end()) return Status::error(StatusCode::kNotFound);
    Transaction* t = found->second.transaction;
    if (commits) {
      t->effects().add(Room::kPrepared, kFinish, mark.span());
      // A log that refuses takes the transaction back in memory; in the log it stays in doubt.
      if (Status status = manager_.commit(t, lsn); !status.is_ok()) {
        release_locks(found->second);
        entries_.erase(found);
        return status;
      }
    } else {
      EffectBuffer effects;
      effects.add(Room::kPrepared, kFinish, mark.span());
      *lsn = manager_.append_effects(effects.span());
      if (*lsn == 0) return Status::error(StatusCode::kIoError, "the log refused the record");
      manager_.rollback(t);
    }
    entry = std::move(found->second);
    entries_.erase(found);
  }
  release_locks(entry);
  return Status::ok();
}

std::vector<PreparedTransactions::Facts> PreparedTransactions::list() const {
  std::lock_guard guard(latch_);
  std::vector<Facts> out;
  for (const auto& [name, entry] : entries_) out.push_back(entry.facts);
  return out;
}

Status PreparedTransactions::redo(std::uint8_t operation, ByteReader payload, CommitTs, Lsn) {
  if (operation == kFinish) {
    const std::string name(payload.string());
    if (!payload.ok()) return corrupt();
    entries_.erase(name);
    return Status::ok();
  }
  if (operation != kPrepare) return corrupt();
  const std::uint8_t* from = payload.at();
  std::vector<std::uint8_t> record(from, from + payload.remaining());
  Head head;
  if (!read_head(payload, &head)) return corrupt();
  Entry entry;
  entry.record = std::move(record);
  entry.facts = {head.name, head.owner, head.micros, 0, 0};
  entries_[head.name] = std::move(entry);
  return Status::ok();
}

Status PreparedTransactions::revive() {
  for (auto& [name, entry] : entries_)
    if (Status status = revive_one(entry); !status.is_ok())
      return Status::error(StatusCode::kCorrupt, "the prepared transaction \"" + name + "\" cannot be opened again: " + status.message);
  return Status::ok();
}

Status PreparedTransactions::revive_one(Entry& entry) {
  ByteReader in(entry.record);
  Head head;
  if (!read_head(in, &head)) return corrupt();
  entry.locks = std::move(head.locks);
  entry.facts.process = next_process_++;
  for (const ObjectLock& lock : entry.locks) rows_.lock_manager().transfer(0, entry.facts.process, lock.tag, lock.mode);
  Transaction* t = manager_.begin(Isolation::kReadCommitted, entry.facts.process);
  entry.transaction = t;
  entry.facts.xid = t->xid();
  t->note_write();
  RowStore::RevivedRows rows;
  Status status = for_each_effect({in.at(), in.remaining()}, [&](std::uint8_t room, std::uint8_t operation, ByteReader payload) {
    if (room == static_cast<std::uint8_t>(Room::kStorage)) {
      manager_.next_command(*t);  // a later change of a row has to see the one before it
      return rows_.revive(*t, operation, payload, rows);
    }
    if (room == static_cast<std::uint8_t>(Room::kKeyspace) && revive_key_) return revive_key_(*t, operation, payload);
    return corrupt();
  });
  for (const auto& lock : head.row_locks) {
    if (!status.is_ok()) break;
    Relation* relation = rows_.find(lock.relation);
    if (relation == nullptr) return corrupt();
    // Rows of its own that it had locked have other ids now, and are its own anyway.
    if (rows.contains({lock.relation, lock.row})) continue;
    const RowId row = lock.row;
    RowStore::RowFate fate;
    status = rows_.lock_newest(*t, *relation, {&row, 1}, lock.strength, {&fate, 1});
  }
  manager_.park(*t, entry.facts.process);
  return status;
}

// One stream: the records as they stand in the log. Redo of what the log has of them too changes nothing: the last word about a name is the log's.
Status PreparedTransactions::save(CheckpointWriter& out, const CheckpointMark&) {
  ByteWriter bytes;
  {
    std::lock_guard guard(latch_);
    bytes.u64(entries_.size());
    for (const auto& [name, entry] : entries_) {
      bytes.u64(entry.record.size());
      bytes.raw(entry.record.data(), entry.record.size());
    }
  }
  std::unique_ptr<CheckpointStream> stream;
  if (Status status = out.create("prepared", &stream); !status.is_ok()) return status;
  stream->write(bytes);
  return stream->close();
}

Status PreparedTransactions::load(CheckpointReader& in) {
  if (!in.has("prepared")) return Status::ok();  // of a version without
  std::unique_ptr<CheckpointInput> input;
  if (Status status = in.open("prepared", &input); !status.is_ok()) return status;
  for (std::uint64_t n = input->u64(); n > 0; n--) {
    const std::uint64_t size = input->u64();
    if (!input->status().is_ok() || size > input->remaining()) return input->status().is_ok() ? corrupt() : input->status();
    std::vector<std::uint8_t> record(size);
    if (!input->read(record.data(), size)) return input->status();
    if (Status status = redo(kPrepare, ByteReader(record), 0, 0); !status.is_ok()) return status;
  }
  return input->status();
}

void PreparedTransactions::digest(Digest& out) {
  std::lock_guard guard(latch_);
  for (const auto& [name, entry] : entries_) {
    ByteWriter bytes;
    bytes.string(name);
    out.add("prepared", bytes.span());
  }
}

}  // namespace orrery::storage
