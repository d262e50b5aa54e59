// row_store.cc: definitions, and inserting, updating, deleting and locking rows.
#include "row_store.h"

#include <algorithm>
#include <system_error>
#include <thread>

#include "../core/check.h"
#include "../core/heap.h"

namespace orrery::storage {

RowChanges& RowStore::changes_of(Transaction& t) {
  t.note_write();
  auto* changes = static_cast<RowChanges*>(t.participant(ParticipantSlot::kRows));
  if (changes == nullptr) {
    auto fresh = std::make_unique<RowChanges>(*this, t.xid());
    changes = fresh.get();
    t.attach(ParticipantSlot::kRows, std::move(fresh));
  }
  changes->start(t.xid());
  t.want_nothing();
  return *changes;
}

Status RowStore::undo(Transaction& t, std::size_t mark, Status status) {
  t.participant(ParticipantSlot::kRows)->on_rollback_to(mark);
  return status;
}

/// A change that waits will be made again: the rows that it has got already stay locked.
Status RowStore::undo_change(Transaction& t, std::size_t mark, Status status) {
  if (status.code != StatusCode::kWait) return undo(t, mark, std::move(status));
  t.participant(ParticipantSlot::kRows)->on_restart_from(mark);
  return status;
}

std::shared_ptr<Relation> RowStore::share(RelationId id) const {
  std::shared_lock guard(registry_latch_);
  const auto it = relations_.find(id);
  return it == relations_.end() ? nullptr : it->second;
}

Relation* RowStore::find(RelationId id) const {
  std::shared_lock guard(registry_latch_);
  const auto it = relations_.find(id);
  return it == relations_.end() ? nullptr : it->second.get();
}

std::shared_ptr<SecondaryIndex> RowStore::find_index(RelationId id) const {
  std::shared_lock guard(registry_latch_);
  const auto it = indexes_.find(id);
  return it == indexes_.end() ? nullptr : it->second;
}

std::uint32_t RowStore::allocate_oid() {
  constexpr std::uint32_t kLogAhead = 256;
  std::lock_guard guard(oid_latch_);
  const std::uint32_t oid = next_oid_.load(std::memory_order_relaxed);
  if (oid >= logged_oid_) {
    ByteWriter payload;
    payload.varint(oid + kLogAhead);
    EffectBuffer effects;
    effects.add(Room::kStorage, static_cast<std::uint8_t>(StorageEffect::kOids), payload.span());
    manager_.append_effects(effects.span());
    logged_oid_ = oid + kLogAhead;
  }
  next_oid_.store(oid + 1, std::memory_order_relaxed);
  return oid;
}

void RowStore::raise_oid(std::uint32_t used) noexcept {
  if (used >= next_oid_.load(std::memory_order_relaxed)) next_oid_.store(used + 1, std::memory_order_relaxed);
}

void RowStore::define(Transaction& t, StorageEffect effect, const ByteWriter& payload, std::function<void(CommitTs)> commit,
                      std::function<void()> rollback) {
  changes_of(t).defined(std::move(commit), std::move(rollback));
  t.effects().add(Room::kStorage, static_cast<std::uint8_t>(effect), payload.span());
}

void RowStore::retire(std::shared_ptr<void> object) {
  std::lock_guard guard(retired_latch_);
  retired_.push_back({std::move(object), manager_.newest()});
}

void RowStore::purge_retired() {
  std::vector<Retired> gone;  // destroyed outside the latch
  const CommitTs oldest = manager_.oldest_needed();
  std::lock_guard guard(retired_latch_);
  const auto purge = [&](std::vector<Retired>& retired, CommitTs until) {
    const auto end = std::stable_partition(retired.begin(), retired.end(), [&](const Retired& r) { return r.ts >= until; });
    std::move(end, retired.end(), std::back_inserter(gone));
    retired.erase(end, retired.end());
  };
  purge(retired_, oldest);
  purge(retired_chunks_, manager_.oldest_user());
  if (!gone.empty()) heap_was_freed.store(true, std::memory_order_relaxed);
}

void RowStore::erase_relation(RelationId id) {
  std::shared_ptr<Relation> gone;
  {
    std::unique_lock guard(registry_latch_);
    const auto it = relations_.find(id);
    if (it == relations_.end()) return;
    gone = std::move(it->second);
    relations_.erase(it);
  }
  retire(std::move(gone));
}

void RowStore::erase_index(RelationId id) {
  std::shared_ptr<SecondaryIndex> gone;
  {
    std::unique_lock guard(registry_latch_);
    const auto it = indexes_.find(id);
    if (it == indexes_.end()) return;
    gone = std::move(it->second);
    indexes_.erase(it);
  }
  gone->relation().detach_index(id);
  retire(std::move(gone));
}

Status RowStore::create_relation(Transaction& t, RelationId id, std::span<const ColumnType> columns) {
  auto relation = std::make_shared<Relation>(id, columns);
  relation->definer.store(t.xid());
  {
    std::unique_lock guard(registry_latch_);
    if (!relations_.emplace(id, relation).second) return Status::error(StatusCode::kInvalid, "the relation exists");
  }
  ByteWriter payload;
  payload.varint(id);
  payload.varint(columns.size());
  for (const ColumnType& c : columns) {
    payload.u8(static_cast<std::uint8_t>(c.type));
    payload.varint(c.dimensions);
  }
  define(t, StorageEffect::kCreateRelation, payload, [r = relation.get()](CommitTs ts) { r->definer.store(0); r->created.store(ts); },
         [this, id] { erase_relation(id); });
  return Status::ok();
}

/// Another open transaction that has written rows of the relation, or 0. The caller holds the write latch.
Xid RowStore::open_writer(const Relation& relation, Xid own) const noexcept {
  for (std::uint32_t i = 0; i < relation.chunk_count(); i++) {
    const Chunk* chunk = relation.chunk(i);
    if (chunk == nullptr || (chunk->unsettled() == 0 && chunk->ended() == 0)) continue;
    const std::uint32_t count = chunk->count();
    for (std::uint32_t slot = 0; slot < count; slot++)
      for (const Stamp s : {chunk->begin(slot), chunk->end(slot)})
        if (is_open(s) && xid_of(s) != own && manager_.resolve(xid_of(s)) == 0) return xid_of(s);
  }
  return 0;
}

/// Makes the transaction the only one that defines or writes the relation until it ends: replay applies rows in commit order, so rows must
/// not be written under one definition and committed under another.
Status RowStore::claim_definition(Transaction& t, Relation& relation, bool* fresh) {
  std::lock_guard guard(relation.write_latch());
  Status status = enterable(t, relation);
  if (!status.is_ok()) return status;
  *fresh = relation.definer.load() == 0;
  if (!*fresh) return status;
  if (const Xid writer = open_writer(relation, t.xid()); writer != 0) return Status::wait(writer);
  relation.definer.store(t.xid());
  return status;
}

/// May this transaction write the relation's rows? The caller holds the write latch.
Status RowStore::enterable(const Transaction& t, const Relation& relation) {
  const Xid definer = relation.definer.load(std::memory_order_relaxed);
  if (definer != 0 && definer != t.xid()) return Status::wait(definer);
  if (relation.dropped.load(std::memory_order_relaxed) != 0) return Status::error(StatusCode::kNotFound, "the relation was dropped");
  return Status::ok();
}

Status RowStore::drop_relation(Transaction& t, RelationId id) {
  Relation* relation = find(id);
  if (relation == nullptr) return Status::error(StatusCode::kNotFound, "no such relation");
  bool fresh = false;
  Status status = claim_definition(t, *relation, &fresh);
  if (!status.is_ok()) return status;
  ByteWriter payload;
  payload.varint(id);
  define(t, StorageEffect::kDropRelation, payload,
         [relation](CommitTs ts) {
           relation->dropped.store(ts);
           relation->definer.store(0);
           for (const auto& index : *relation->indexes()) index->dropped.store(ts);
         },
         [relation, fresh] { if (fresh) relation->definer.store(0); });
  return Status::ok();
}

Status RowStore::add_column(Transaction& t, RelationId id, ColumnType type, const Block* missing) {
  Relation* relation = find(id);
  if (relation == nullptr) return Status::error(StatusCode::kNotFound, "no such relation");
  bool fresh = false;
  std::string value;
  bool is_null = true;
  if (missing != nullptr && missing->row_count() == 1 && missing->column_count() == 1 && !missing->is_null(0, 0)) {
    const Block::Column& c = missing->column(0);
    if (c.type != type.type || c.dimensions != type.dimensions) return Status::error(StatusCode::kInvalid, "the value has another type");
    is_null = false;
    if (type.type == PhysicalType::kVarlen) value = missing->varlen(0, 0);
    else value.assign(reinterpret_cast<const char*>(c.values), width_of(type.type, type.dimensions));
  }
  Status status = claim_definition(t, *relation, &fresh);
  if (!status.is_ok()) return status;
  std::uint32_t column;
  {
    std::lock_guard guard(relation->write_latch());
    column = relation->column_count();
    relation->add_column(type, is_null, value);
  }
  ByteWriter payload;
  payload.varint(id);
  payload.u8(static_cast<std::uint8_t>(type.type));
  payload.varint(type.dimensions);
  payload.u8(is_null ? 0 : 1);
  payload.string(value);
  define(t, StorageEffect::kAddColumn, payload,
         [relation, column, fresh](CommitTs ts) {
           relation->settle_column(column, ts);
           if (fresh) relation->definer.store(0);
         },
         [relation, fresh] {
           std::lock_guard guard(relation->write_latch());
           relation->remove_last_column();
           if (fresh) relation->definer.store(0);
         });
  return Status::ok();
}

Status RowStore::create_btree(Transaction& t, RelationId id, RelationId relation_id, std::span<const index::KeyColumn> columns, bool unique,
                              bool nulls_not_distinct) {
  Relation* relation = find(relation_id);
  if (relation == nullptr) return Status::error(StatusCode::kNotFound, "no such relation");
  if (columns.empty()) return Status::error(StatusCode::kInvalid, "an index needs a column");
  for (const index::KeyColumn& c : columns)
    if (c.column >= relation->column_count() || !index::key_kind_fits(c.kind, relation->column(c.column).type.type))
      return Status::error(StatusCode::kInvalid, "the key column does not fit its relation");
  auto index = std::make_shared<index::BTree>(id, *relation, std::vector<index::KeyColumn>(columns.begin(), columns.end()), unique,
                                              nulls_not_distinct, manager_);
  {
    // Writers stay out, so every version is either built from here or inserted by a writer that sees the index.
    std::lock_guard guard(relation->write_latch());
    Status status = index->build(t.xid());
    if (!status.is_ok()) return status;
    std::unique_lock registry(registry_latch_);
    if (!indexes_.emplace(id, index).second) return Status::error(StatusCode::kInvalid, "the index exists");
    relation->attach_index(index);
  }
  ByteWriter payload;
  payload.varint(id);
  payload.varint(relation_id);
  payload.u8(unique ? 1 : 0);
  payload.u8(nulls_not_distinct ? 1 : 0);
  payload.varint(columns.size());
  for (const index::KeyColumn& c : columns) {
    payload.varint(c.column);
    payload.u8(static_cast<std::uint8_t>(c.kind));
    payload.u8((c.descending ? 1 : 0) | (c.nulls_first ? 2 : 0));
  }
  define(t, StorageEffect::kCreateBTree, payload, [i = index.get()](CommitTs ts) { i->created.store(ts); }, [this, id] { erase_index(id); });
  return Status::ok();
}

namespace {
/// A half-built index of millions of lists takes longer to be given back than who cancelled it shall wait.
void free_elsewhere(std::shared_ptr<index::InvertedIndex> index) {
  try {
    std::thread([index = std::move(index)]() mutable { index.reset(); }).detach();
  } catch (const std::system_error&) {
    // No thread is to be had: it goes with the argument, here.
  }
}
}  // namespace

Status RowStore::create_inverted(Transaction& t, RelationId id, RelationId relation_id, std::span<const index::InvertedColumn> columns) {
  Relation* relation = find(relation_id);
  if (relation == nullptr) return Status::error(StatusCode::kNotFound, "no such relation");
  if (!index::InvertedIndex::fits(*relation, columns)) return Status::error(StatusCode::kInvalid, "the key column does not fit its relation");
  auto index = std::make_shared<index::InvertedIndex>(id, *relation, std::vector<index::InvertedColumn>(columns.begin(), columns.end()));
  {
    // As for a B-tree: no writer comes between the rows that are read here and those that reach the attached index.
    std::lock_guard guard(relation->write_latch());
    if (Status s = index->build(); !s.is_ok()) {
      free_elsewhere(std::move(index));
      return s;
    }
    std::unique_lock registry(registry_latch_);
    if (!indexes_.emplace(id, index).second) return Status::error(StatusCode::kInvalid, "the index exists");
    relation->attach_index(index);
  }
  ByteWriter payload;
  payload.varint(id);
  payload.varint(relation_id);
  payload.varint(columns.size());
  for (const index::InvertedColumn& c : columns) {
    payload.varint(c.column);
    payload.u8(static_cast<std::uint8_t>(c.kind));
  }
  define(t, StorageEffect::kCreateInverted, payload, [i = index.get()](CommitTs ts) { i->created.store(ts); },
         [this, id] { erase_index(id); });
  return Status::ok();
}

Status RowStore::drop_index(Transaction& t, RelationId id) {
  const auto index = find_index(id);
  if (!index) return Status::error(StatusCode::kNotFound, "no such index");
  ByteWriter payload;
  payload.varint(id);
  define(t, StorageEffect::kDropIndex, payload,
         [index](CommitTs ts) {
           index->dropped.store(ts);
           index->relation().detach_index(index->id());
         },
         {});
  return Status::ok();
}

void RowStore::attach_index(std::shared_ptr<SecondaryIndex> index) {
  {
    std::unique_lock guard(registry_latch_);
    indexes_[index->id()] = index;
  }
  index->relation().attach_index(std::move(index));
}

void RowStore::detach_index(RelationId id) { erase_index(id); }

Status RowStore::create_sequence(Transaction& t, RelationId id, const SequenceDefinition& d) {
  if (sequences_.exists(id)) return Status::error(StatusCode::kInvalid, "the sequence exists");
  sequences_.create(id, d);
  ByteWriter payload;
  payload.varint(id);
  for (const std::int64_t v : {d.increment, d.min, d.max, d.start}) payload.i64(v);
  payload.u8(d.cycle ? 1 : 0);
  define(t, StorageEffect::kCreateSequence, payload, {}, [this, id] { sequences_.drop(id); });
  return Status::ok();
}

Status RowStore::alter_sequence(Transaction& t, RelationId id, const SequenceDefinition& d) {
  std::int64_t value;
  bool is_called;
  SequenceDefinition before;
  Status status = sequences_.read(id, &value, &is_called, &before);
  if (!status.is_ok()) return status;
  sequences_.alter(id, d);
  ByteWriter payload;
  payload.varint(id);
  for (const std::int64_t v : {d.increment, d.min, d.max, d.start}) payload.i64(v);
  payload.u8(d.cycle ? 1 : 0);
  define(t, StorageEffect::kAlterSequence, payload, {}, [this, id, before] { sequences_.alter(id, before); });
  return Status::ok();
}

Status RowStore::drop_sequence(Transaction& t, RelationId id) {
  if (!sequences_.exists(id)) return Status::error(StatusCode::kNotFound, "no such sequence");
  ByteWriter payload;
  payload.varint(id);
  define(t, StorageEffect::kDropSequence, payload, [this, id](CommitTs) { sequences_.drop(id); }, {});
  return Status::ok();
}

Status RowStore::put_catalog(Transaction& t, CatalogStore::Oid oid, std::optional<std::string> json) {
  bool fresh = false;
  Status status = catalog_.claim(oid, t.xid(), &fresh);
  if (!status.is_ok()) return status;
  ByteWriter payload;
  payload.varint(oid);
  if (json) payload.string(*json);
  t.effects().add(Room::kStorage, static_cast<std::uint8_t>(json ? StorageEffect::kCatalogPut : StorageEffect::kCatalogDelete), payload.span());
  changes_of(t).catalog_changed({oid, std::move(json)}, fresh);
  return Status::ok();
}

namespace {

bool fits(const Relation& relation, const Block& block) {
  if (block.column_count() != relation.column_count()) return false;
  for (std::uint32_t c = 0; c < block.column_count(); c++)
    if (block.column(c).type != relation.column(c).type.type || block.column(c).dimensions != relation.column(c).type.dimensions) return false;
  return true;
}

void identity(std::vector<std::uint32_t>& rows, std::uint32_t n) {
  rows.resize(n);
  for (std::uint32_t i = 0; i < n; i++) rows[i] = i;
}

/// Ranges of consecutive ids: [first, count] pairs, as varints after their number.
void encode_ranges(ByteWriter& out, std::span<const RowId> rows) {
  std::size_t ranges = 0;
  for (std::size_t i = 0; i < rows.size(); i++) ranges += i == 0 || rows[i] != rows[i - 1] + 1;
  out.varint(ranges);
  for (std::size_t i = 0; i < rows.size();) {
    std::size_t end = i + 1;
    while (end < rows.size() && rows[end] == rows[end - 1] + 1) end++;
    out.varint(rows[i]);
    out.varint(end - i);
    i = end;
  }
}

}  // namespace

namespace {

/// Adds versions to the indexes. As if row by row: where several rows are refused it is the first, whichever index refuses it, that is told of.
template <typename Indexes, typename Wanted>
Status enter(const Indexes& indexes, std::span<const VersionRef> versions, Xid writer, std::size_t* failed, Wanted wanted) {
  Status refused = Status::ok();
  for (const auto& index : indexes) {
    if (!wanted(*index) || (!refused.is_ok() && !index->unique())) continue;
    Status status = index->insert(versions, writer, failed);
    if (status.is_ok()) continue;
    refused = std::move(status);
    versions = versions.first(*failed);
  }
  return refused;
}

}  // namespace

Status RowStore::insert(Transaction& t, Relation& relation, const Block& block, RowId* first_row, std::size_t* failed_row) {
  static thread_local std::vector<VersionRef> versions;
  static thread_local std::vector<std::uint32_t> rows;
  static thread_local ByteWriter payload;
  const std::uint32_t n = block.row_count();
  *failed_row = 0;
  if (n == 0) return Status::ok();
  versions.clear();
  RowChanges& changes = changes_of(t);
  const std::size_t mark = changes.mark();
  const Stamp stamp = t.stamp();
  RowId first;
  {
    std::lock_guard guard(relation.write_latch());
    if (Status status = enterable(t, relation); !status.is_ok()) return status;
    if (!fits(relation, block)) return Status::error(StatusCode::kInvalid, "the block's columns are not the relation's");
    first = relation.allocate_rows(n);
    for (std::uint32_t done = 0; done < n;) {
      const Relation::Run run = relation.allocate(n - done);
      for (std::uint32_t i = 0; i < run.count; i++) {
        relation.write_header(run, i, first + done + i, kNoVersion, stamp, false);
        versions.push_back({run.chunk, run.slot + i});
      }
      relation.write_rows(run, block, done);
      relation.publish(run, stamp);
      for (std::uint32_t i = 0; i < run.count; i++) relation.set_newest(first + done + i, run.chunk->first() + run.slot + i);
      changes.inserted(relation, run.chunk->first() + run.slot, run.count);
      done += run.count;
    }
  }
  relation.live_rows.fetch_add(n, std::memory_order_relaxed);
  if (t.isolation() == Isolation::kSerializable)
    for (RowId row = first; row < first + n; row++) manager_.serializability().wrote(t.xid(), relation.id(), row, true);
  Status entered = enter(*relation.indexes(), versions, t.xid(), failed_row, [](const SecondaryIndex&) { return true; });
  if (!entered.is_ok()) return undo(t, mark, std::move(entered));
  identity(rows, n);
  payload.clear();
  payload.varint(relation.id());
  payload.varint(first);
  payload.varint(n);
  payload.varint(block.column_count());
  for (std::uint32_t c = 0; c < block.column_count(); c++) encode_column(payload, block, c, rows);
  t.effects().add(Room::kStorage, static_cast<std::uint8_t>(StorageEffect::kInsert), payload.span());
  *first_row = first;
  return Status::ok();
}

/// May this transaction change or lock the row at this strength? The caller holds the write latch. *skip: the row was already changed by this
/// very command, which changes it once (as PostgreSQL does). Without `fate` a row that changed after the snapshot is a serialization failure;
/// with it the newest version counts, and *fate says what became of the row.
Status RowStore::writable(const Transaction& t, Relation& relation, VersionRef newest, RowId row, LockStrength strength, bool* skip,
                          RowFate* fate) const {
  *skip = false;
  if (fate != nullptr) *fate = RowFate::kSame;
  const auto failed = [&](RowFate what) {
    if (fate == nullptr) return Status::error(StatusCode::kSerializationFailure, what == RowFate::kGone ? "concurrent delete" : "");
    *fate = what;
    return Status::ok();
  };
  if (!newest) return failed(RowFate::kGone);
  const Snapshot& snapshot = t.snapshot();
  const auto settled = [&](auto read) {
    for (;;) {
      const Stamp stamp = read();
      if (!is_open(stamp)) return stamp;
      const Stamp outcome = manager_.resolve(xid_of(stamp));
      if (outcome == 0) return stamp;
      if (outcome != kLive) return outcome;
    }
  };
  Stamp begin = settled([&] { return newest.chunk->begin(newest.slot); });
  if (is_open(begin)) {
    if (xid_of(begin) != t.xid()) {
      // A key share lock passes an update that leaves the keys alone.
      if (strength != LockStrength::kKeyShare || newest.chunk->key_changed(newest.slot) || newest.chunk->older(newest.slot) == kNoVersion ||
          is_open(newest.chunk->end(newest.slot))) {
        // What the snapshot sees was changed already, whatever becomes of the change of that change.
        const VersionPos older = newest.chunk->older(newest.slot);
        const VersionRef before = fate == nullptr && older != kNoVersion ? relation.version(older) : VersionRef{};
        if (before && !before.chunk->moved(before.slot)) {
          const Stamp changed = settled([&] { return before.chunk->begin(before.slot); });
          if (!is_open(changed) && changed != kAborted && changed > snapshot.read_ts) return failed(RowFate::kChanged);
        }
        return Status::wait(xid_of(begin));
      }
    } else if (command_of(begin) >= snapshot.command) {
      *skip = true;
      return Status::ok();
    }
  } else if (begin == kAborted) {
    return failed(RowFate::kGone);
  } else {
    VersionRef at = newest;
    while (begin > snapshot.read_ts) {
      const bool same = at.chunk->moved(at.slot) || (strength == LockStrength::kKeyShare && !at.chunk->key_changed(at.slot));
      const VersionPos older = at.chunk->older(at.slot);
      const VersionRef before = same && older != kNoVersion ? relation.version(older) : VersionRef{};
      if (!before) {
        if (Status status = failed(RowFate::kChanged); !status.is_ok()) return status;
        break;
      }
      at = before;
      begin = settled([&] { return at.chunk->begin(at.slot); });
    }
  }
  const Stamp end = settled([&] { return newest.chunk->end(newest.slot); });
  if (is_open(end)) {
    if (xid_of(end) != t.xid()) return Status::wait(xid_of(end));
    *skip = true;  // deleted by this transaction
    return Status::ok();
  }
  if (end != kLive && end != kAborted) return failed(newest.chunk->left(newest.slot) ? RowFate::kMoved : RowFate::kGone);
  if (relation.row_locks.load(std::memory_order_relaxed) != 0) {
    const Xid holder = locks_.conflict(relation.id(), row, t.xid(), strength);
    if (holder != 0) return Status::wait(holder);
  }
  return Status::ok();
}

/// What writable() says of a row, and who waits for it in which order (row_queues.h). Who holds a lock on the row already stands in no queue: those
/// who do may be waiting for its end.
Status RowStore::in_turn(Transaction& t, const Relation& relation, RowId row, LockStrength strength, Status status) {
  const RowPlace place{relation.id(), row};
  const bool is_queued = t.is_queued_for(place);
  if (status.is_ok()) {
    const Xid ahead = is_queued ? manager_.ahead_of(t) : 0;
    if (ahead == 0) return status;
    status = Status::wait(ahead);
  }
  // After a row that has changed under it, it is judged anew and keeps its place.
  const bool stays = is_queued && status.code == StatusCode::kSerializationFailure;
  if (stays || (status.code == StatusCode::kWait && (is_queued || !locks_.holds(relation.id(), row, t.xid()))))
    t.want({place, strength, status.detail});
  return status;
}

LockStrength RowStore::strength_of_update(const Relation::IndexList& indexes, std::span<const std::uint8_t> changed, VersionRef old,
                                          const Block& block, std::uint32_t row) const {
  for (const auto& index : indexes) {
    if (!index->unique() || !index->touches(changed)) continue;
    const auto* btree = static_cast<const index::BTree*>(index.get());
    for (const index::KeyColumn& key : btree->encoder().columns()) {
      const std::uint32_t c = key.column;
      if (changed[c] == 0) continue;
      const bool was_null = old.chunk->is_null(c, old.slot);
      if (was_null != block.is_null(c, row)) return LockStrength::kUpdate;
      if (was_null) continue;
      if (block.column(c).type == PhysicalType::kVarlen) {
        if (old.chunk->varlen(c, old.slot) != block.varlen(c, row)) return LockStrength::kUpdate;
      } else {
        const std::size_t width = width_of(block.column(c).type);
        if (std::memcmp(old.chunk->fixed_at(c, old.slot, width), block.column(c).values + row * width, width) != 0) return LockStrength::kUpdate;
      }
    }
  }
  return LockStrength::kNoKeyUpdate;
}

Status RowStore::update(Transaction& t, Relation& relation, const Block& block, std::span<const std::uint32_t> changed,
                        std::size_t* failed_row, bool reevaluated, std::span<const RowId> row_ids) {
  static thread_local std::vector<VersionRef> versions;
  static thread_local std::vector<std::uint32_t> rows;
  static thread_local ByteWriter payload;
  const std::uint32_t n = block.row_count();
  *failed_row = 0;
  if (n == 0) return Status::ok();
  if (!block.has_row_ids() && row_ids.size() != n) return Status::error(StatusCode::kInvalid, "an update's block has row ids");
  const auto row_id = [&](std::uint32_t r) { return row_ids.empty() ? static_cast<RowId>(block.row_id(r)) : row_ids[r]; };
  versions.clear();
  rows.clear();
  std::vector<std::uint8_t> mask(relation.column_count(), 0);
  for (const std::uint32_t c : changed) {
    if (c >= mask.size()) return Status::error(StatusCode::kInvalid, "no such column");
    mask[c] = 1;
  }
  RowChanges& changes = changes_of(t);
  const std::size_t mark = changes.mark();
  const Stamp stamp = t.stamp();
  const auto indexes = relation.indexes();
  {
    std::unique_lock guard(relation.write_latch());
    if (Status status = enterable(t, relation); !status.is_ok()) return status;
    if (!fits(relation, block)) return Status::error(StatusCode::kInvalid, "the block's columns are not the relation's");
    for (std::uint32_t r = 0; r < n; r++) {
      const RowId row = row_id(r);
      const VersionPos old_pos = relation.newest_pos(row);
      const VersionRef old = relation.newest(row);
      const LockStrength strength = old ? strength_of_update(*indexes, mask, old, block, r) : LockStrength::kUpdate;
      bool skip = false;
      RowFate fate;
      Status status = in_turn(t, relation, row, strength, writable(t, relation, old, row, strength, &skip, reevaluated ? &fate : nullptr));
      if (!status.is_ok()) {
        guard.unlock();
        *failed_row = r;
        return undo_change(t, mark, std::move(status));
      }
      if (t.is_queued_for({relation.id(), row})) manager_.leave_queue(t, strength);
      if (skip) continue;
      const Relation::Run run = relation.allocate(1);
      relation.write_header(run, 0, row, old_pos, stamp, strength == LockStrength::kUpdate);
      relation.write_update(run, 0, block, r, mask, old);
      relation.publish(run, stamp);
      relation.set_newest(row, run.chunk->first() + run.slot);
      relation.set_end(old, stamp);
      changes.updated(relation, run.chunk->first() + run.slot);
      versions.push_back({run.chunk, run.slot});
      rows.push_back(r);
    }
  }
  if (t.isolation() == Isolation::kSerializable) {
    const bool new_keys = std::any_of(indexes->begin(), indexes->end(), [&](const auto& index) { return index->touches(mask); });
    for (const std::uint32_t r : rows) manager_.serializability().wrote(t.xid(), relation.id(), row_id(r), new_keys);
  }
  std::size_t failed = 0;
  Status entered = enter(*relation.indexes(), versions, t.xid(), &failed, [&](const SecondaryIndex& index) { return index.touches(mask); });
  if (!entered.is_ok()) {
    *failed_row = rows[failed];
    return undo_change(t, mark, std::move(entered));
  }
  if (rows.empty()) return Status::ok();
  payload.clear();
  payload.varint(relation.id());
  payload.varint(mask.size());
  payload.raw(mask.data(), mask.size());
  payload.varint(rows.size());
  for (const std::uint32_t r : rows) payload.varint(row_id(r));
  for (std::uint32_t c = 0; c < mask.size(); c++)
    if (mask[c] != 0) encode_column(payload, block, c, rows);
  t.effects().add(Room::kStorage, static_cast<std::uint8_t>(StorageEffect::kUpdate), payload.span());
  return Status::ok();
}

Status RowStore::remove(Transaction& t, Relation& relation, std::span<const RowId> rows, bool reevaluated, bool moves) {
  RowChanges& changes = changes_of(t);
  const std::size_t mark = changes.mark();
  const Stamp stamp = t.stamp();
  std::vector<RowId> removed;
  removed.reserve(rows.size());
  {
    std::unique_lock guard(relation.write_latch());
    if (Status status = enterable(t, relation); !status.is_ok()) return status;
    for (const RowId row : rows) {
      const VersionRef newest = relation.newest(row);
      bool skip = false;
      RowFate fate;
      constexpr LockStrength strength = LockStrength::kUpdate;
      Status status = in_turn(t, relation, row, strength, writable(t, relation, newest, row, strength, &skip, reevaluated ? &fate : nullptr));
      if (!status.is_ok()) {
        guard.unlock();
        return undo_change(t, mark, std::move(status));
      }
      if (t.is_queued_for({relation.id(), row})) manager_.leave_queue(t, strength);
      if (skip) continue;
      changes.removed(relation, relation.newest_pos(row));
      if (moves) relation.mark_left(newest);
      relation.set_end(newest, stamp);
      relation.live_rows.fetch_sub(1, std::memory_order_relaxed);
      removed.push_back(row);
    }
  }
  if (removed.empty()) return Status::ok();
  if (t.isolation() == Isolation::kSerializable)
    for (const RowId row : removed) manager_.serializability().wrote(t.xid(), relation.id(), row, false);
  ByteWriter payload;
  payload.varint(relation.id());
  encode_ranges(payload, removed);
  t.effects().add(Room::kStorage, static_cast<std::uint8_t>(StorageEffect::kDelete), payload.span());
  return Status::ok();
}

Status RowStore::truncate(Transaction& t, RelationId id) {
  Relation* relation = find(id);
  if (relation == nullptr) return Status::error(StatusCode::kNotFound, "no such relation");
  RowChanges& changes = changes_of(t);
  const std::size_t mark = changes.mark();
  const Stamp stamp = t.stamp();
  std::vector<RowId> removed;
  {
    // Every live row goes, whatever the snapshot says; an open transaction's row must be waited for.
    std::unique_lock guard(relation->write_latch());
    if (Status status = enterable(t, *relation); !status.is_ok()) return status;
    for (RowId row = 1; row < relation->row_limit(); row++) {
      const VersionRef newest = relation->newest(row);
      if (!newest) continue;
      Xid blocker = 0;
      for (const Stamp s : {newest.chunk->begin(newest.slot), newest.chunk->end(newest.slot)})
        if (is_open(s) && xid_of(s) != t.xid() && manager_.resolve(xid_of(s)) == 0) blocker = xid_of(s);
      if (blocker != 0) {
        guard.unlock();
        return undo(t, mark, Status::wait(blocker));
      }
      if (newest.chunk->begin(newest.slot) == kAborted || newest.chunk->end(newest.slot) != kLive) continue;
      changes.removed(*relation, relation->newest_pos(row));
      relation->set_end(newest, stamp);
      removed.push_back(row);
    }
    relation->live_rows.fetch_sub(static_cast<std::int64_t>(removed.size()), std::memory_order_relaxed);
  }
  if (removed.empty()) return Status::ok();
  ByteWriter payload;
  payload.varint(id);
  encode_ranges(payload, removed);
  t.effects().add(Room::kStorage, static_cast<std::uint8_t>(StorageEffect::kDelete), payload.span());
  return Status::ok();
}

Status RowStore::lock_rows(Transaction& t, Relation& relation, std::span<const RowId> rows, LockStrength strength) {
  return lock(t, relation, rows, strength, {});
}

Status RowStore::lock_newest(Transaction& t, Relation& relation, std::span<const RowId> rows, LockStrength strength, std::span<RowFate> fates) {
  ORRERY_ASSERT(fates.size() >= rows.size());
  return lock(t, relation, rows, strength, fates);
}

/// No `fates`: what the snapshot sees is locked.
Status RowStore::lock(Transaction& t, Relation& relation, std::span<const RowId> rows, LockStrength strength, std::span<RowFate> fates) {
  RowChanges& changes = changes_of(t);
  const std::size_t mark = changes.mark();
  std::unique_lock guard(relation.write_latch());
  for (std::size_t i = 0; i < rows.size(); i++) {
    const RowId row = rows[i];
    Status status = Status::ok();
    bool skip = false;
    if (row != 0) status = in_turn(t, relation, row, strength, writable(t, relation, relation.newest(row), row, strength, &skip, fates.empty() ? nullptr : &fates[i]));
    const bool exists = fates.empty() || (fates[i] != RowFate::kGone && fates[i] != RowFate::kMoved);
    if (status.is_ok() && !skip && exists) {
      bool added = false;
      const Xid holder = locks_.acquire(relation.id(), row, t.xid(), strength, &added);
      if (holder != 0) status = in_turn(t, relation, row, strength, Status::wait(holder));
      if (holder == 0 && added) {
        relation.row_locks.fetch_add(1, std::memory_order_relaxed);
        changes.locked(relation, row, strength);
      }
    }
    if (status.is_ok() && t.is_queued_for({relation.id(), row})) manager_.leave_queue(t, exists ? std::optional(strength) : std::nullopt);
    if (!status.is_ok()) {
      guard.unlock();
      return undo(t, mark, std::move(status));
    }
  }
  return Status::ok();
}

std::size_t RowStore::memory_bytes() const {
  std::shared_lock guard(registry_latch_);
  std::size_t bytes = 0;
  for (const auto& [id, relation] : relations_) bytes += relation->memory_bytes();
  for (const auto& [id, index] : indexes_) bytes += index->memory_bytes();
  return bytes;
}

}  // namespace orrery::storage
