// redo.cc: replaying Room::kStorage effects (docs/formats/log-storage.md).
//
// Records come in timestamp order with one thread, so versions are written with their final stamps and nobody conflicts. Records that the
// checkpoint's snapshot saw are skipped by timestamp; sequences, which are saved later than the snapshot, by LSN.
#include <optional>

#include "row_store.h"

namespace orrery::storage {
namespace {

Status corrupt(const char* what) { return Status::error(StatusCode::kCorrupt, std::string("log effect does not parse: ") + what); }

bool read_sequence(ByteReader& in, SequenceDefinition& d) {
  d.increment = in.i64();
  d.min = in.i64();
  d.max = in.i64();
  d.start = in.i64();
  d.cycle = in.u8() != 0;
  return in.ok();
}

/// The rows of an insert (ids from `first` on) or an update (`ids`, columns where mask is not 0).
struct LoggedRows {
  std::vector<std::uint8_t> mask;
  RowId first = 0;
  std::uint64_t count = 0;
  std::vector<RowId> ids;
  std::optional<Block> block;
};

/// `memory` holds the block.
Status read_rows(const Relation& relation, StorageEffect effect, ByteReader& in, std::vector<std::uint64_t>& memory, LoggedRows* rows) {
  std::vector<ColumnType> types;
  for (std::uint32_t c = 0; c < relation.column_count(); c++) types.push_back(relation.column(c).type);
  rows->mask.assign(types.size(), 1);
  if (effect == StorageEffect::kInsert) {
    rows->first = in.varint();
    rows->count = in.varint();
    if (in.varint() != types.size()) return corrupt("insert: columns");
  } else {
    const std::uint64_t columns = in.varint();
    const std::string_view bytes = in.raw(columns);
    if (!in.ok() || columns != rows->mask.size()) return corrupt("update: columns");
    std::copy(bytes.begin(), bytes.end(), rows->mask.begin());
    rows->count = in.varint();
    if (rows->count > in.remaining()) return corrupt("update: rows");
    for (std::uint64_t i = 0; i < rows->count; i++) rows->ids.push_back(in.varint());
  }
  std::size_t length = 0;
  if (rows->count > UINT32_MAX || !decode_columns(in, types, rows->mask, static_cast<std::uint32_t>(rows->count), memory, &length))
    return corrupt("rows");
  rows->block = Block::parse(reinterpret_cast<const std::uint8_t*>(memory.data()), length);
  return rows->block ? Status::ok() : corrupt("rows");
}

}  // namespace

Status RowStore::revive(Transaction& t, std::uint8_t operation, ByteReader in, RevivedRows& rows) {
  const auto effect = static_cast<StorageEffect>(operation);
  const auto id = static_cast<RelationId>(in.varint());
  Relation* relation = find(id);
  if (!in.ok() || relation == nullptr) return corrupt("rows of an unknown relation");
  const auto now = [&](RowId logged) {
    const auto found = rows.find({id, logged});
    return found == rows.end() ? logged : found->second;
  };
  if (effect == StorageEffect::kDelete) {
    std::vector<RowId> removed;
    for (std::uint64_t ranges = in.varint(); ranges > 0 && in.ok(); ranges--) {
      const RowId first = in.varint(), count = in.varint();
      if (count > relation->row_limit()) return corrupt("delete");
      for (RowId row = first; row < first + count; row++) removed.push_back(now(row));
    }
    return in.ok() ? remove(t, *relation, removed, true) : corrupt("delete");
  }
  std::vector<std::uint64_t> memory;
  LoggedRows logged;
  if (Status status = read_rows(*relation, effect, in, memory, &logged); !status.is_ok()) return status;
  std::size_t failed = 0;
  if (effect == StorageEffect::kInsert) {
    RowId first = 0;
    if (Status status = insert(t, *relation, *logged.block, &first, &failed); !status.is_ok()) return status;
    for (std::uint64_t i = 0; i < logged.count; i++) rows[{id, logged.first + i}] = first + i;
    return Status::ok();
  }
  std::vector<std::uint32_t> changed;
  for (std::uint32_t c = 0; c < logged.mask.size(); c++)
    if (logged.mask[c] != 0) changed.push_back(c);
  for (RowId& row : logged.ids) row = now(row);
  return update(t, *relation, *logged.block, changed, &failed, true, logged.ids);
}

Status RowStore::redo(std::uint8_t operation, ByteReader in, CommitTs ts, Lsn lsn) {
  const auto effect = static_cast<StorageEffect>(operation);
  const auto id = static_cast<RelationId>(effect == StorageEffect::kOids ? 0 : in.varint());
  if (!in.ok()) return corrupt("no object id");
  switch (effect) {
    case StorageEffect::kOids: {
      const auto next = static_cast<std::uint32_t>(in.varint());
      if (!in.ok()) return corrupt("oids");
      raise_oid(next - 1);
      return Status::ok();
    }
    case StorageEffect::kSetSequence: {
      const std::int64_t value = in.i64();
      const bool is_called = in.u8() != 0;
      if (!in.ok()) return corrupt("sequence value");
      sequences_.redo_set(id, value, is_called, lsn);
      return Status::ok();
    }
    case StorageEffect::kCreateSequence:
    case StorageEffect::kAlterSequence: {
      SequenceDefinition d;
      if (!read_sequence(in, d)) return corrupt("sequence");
      raise_oid(id);
      if (!sequences_.exists(id)) sequences_.create(id, d);
      else if (effect == StorageEffect::kAlterSequence) sequences_.alter(id, d);
      return Status::ok();
    }
    case StorageEffect::kDropSequence:
      sequences_.drop(id);
      return Status::ok();
    case StorageEffect::kCatalogPut:
    case StorageEffect::kCatalogDelete: {
      CatalogStore::Change change{id, std::nullopt};
      if (effect == StorageEffect::kCatalogPut) change.json = std::string(in.string());
      if (!in.ok()) return corrupt("catalog object");
      raise_oid(id);
      if (ts > loaded_catalog_ts_) {
        std::vector<CatalogStore::Change> changes;
        changes.push_back(std::move(change));
        catalog_.apply(std::move(changes), 0);
      }
      return Status::ok();
    }
    default:
      break;
  }
  if (ts <= loaded_ts_) return Status::ok();
  switch (effect) {
    case StorageEffect::kCreateRelation: {
      const std::uint64_t count = in.varint();
      std::vector<ColumnType> columns;
      for (std::uint64_t i = 0; i < count && in.ok(); i++) {
        ColumnType c;
        c.type = static_cast<PhysicalType>(in.u8());
        c.dimensions = static_cast<std::uint32_t>(in.varint());
        columns.push_back(c);
      }
      if (!in.ok()) return corrupt("relation");
      auto relation = std::make_shared<Relation>(id, columns);
      relation->created.store(ts);
      raise_oid(id);
      relations_[id] = std::move(relation);
      return Status::ok();
    }
    case StorageEffect::kDropRelation: {
      const auto relation = share(id);
      if (!relation) return corrupt("drop of an unknown relation");
      for (const auto& index : *relation->indexes()) indexes_.erase(index->id());
      relations_.erase(id);
      return Status::ok();
    }
    case StorageEffect::kAddColumn: {
      const auto relation = share(id);
      if (!relation) return corrupt("column of an unknown relation");
      ColumnType type;
      type.type = static_cast<PhysicalType>(in.u8());
      type.dimensions = static_cast<std::uint32_t>(in.varint());
      const bool has_value = in.u8() != 0;
      const std::string_view value = in.string();
      if (!in.ok() || (has_value && type.type != PhysicalType::kVarlen && value.size() != width_of(type.type, type.dimensions)))
        return corrupt("column");
      relation->add_column(type, !has_value, value);
      relation->settle_column(relation->column_count() - 1, ts);
      return Status::ok();
    }
    case StorageEffect::kCreateBTree: {
      const auto relation = share(static_cast<RelationId>(in.varint()));
      const bool unique = in.u8() != 0, nulls_not_distinct = in.u8() != 0;
      const std::uint64_t count = in.varint();
      std::vector<index::KeyColumn> columns;
      for (std::uint64_t i = 0; i < count && in.ok(); i++) {
        index::KeyColumn c;
        c.column = static_cast<std::uint32_t>(in.varint());
        c.kind = static_cast<KeyKind>(in.u8());
        const std::uint8_t flags = in.u8();
        c.descending = (flags & 1) != 0;
        c.nulls_first = (flags & 2) != 0;
        if (!relation || c.column >= relation->column_count() || !index::key_kind_fits(c.kind, relation->column(c.column).type.type))
          return corrupt("index column");
        columns.push_back(c);
      }
      if (!in.ok() || !relation) return corrupt("index");
      auto index = std::make_shared<index::BTree>(id, *relation, std::move(columns), unique, nulls_not_distinct, manager_);
      index->created.store(ts);
      Status status = index->build(0);
      if (!status.is_ok()) return status;
      raise_oid(id);
      indexes_[id] = index;
      relation->attach_index(std::move(index));
      return Status::ok();
    }
    case StorageEffect::kCreateInverted: {
      const auto relation = share(static_cast<RelationId>(in.varint()));
      const std::uint64_t count = in.varint();
      std::vector<index::InvertedColumn> columns;
      for (std::uint64_t i = 0; i < count && in.ok(); i++) {
        const auto column = static_cast<std::uint32_t>(in.varint());
        columns.push_back({column, static_cast<index::InvertedKind>(in.u8())});
      }
      if (!in.ok() || !relation || !index::InvertedIndex::fits(*relation, columns)) return corrupt("index");
      auto index = std::make_shared<index::InvertedIndex>(id, *relation, std::move(columns));
      index->created.store(ts);
      if (Status s = index->build(); !s.is_ok()) return s;
      raise_oid(id);
      indexes_[id] = index;
      relation->attach_index(std::move(index));
      return Status::ok();
    }
    case StorageEffect::kDropIndex: {
      const auto index = find_index(id);
      if (!index) return Status::ok();  // dropped with its relation
      index->relation().detach_index(id);
      indexes_.erase(id);
      return Status::ok();
    }
    case StorageEffect::kInsert:
    case StorageEffect::kUpdate:
    case StorageEffect::kDelete: {
      const auto relation = share(id);
      if (!relation) return corrupt("rows of an unknown relation");
      return redo_rows(*relation, effect, in, ts);
    }
    default:
      return corrupt("unknown operation");
  }
}

Status RowStore::redo_rows(Relation& relation, StorageEffect effect, ByteReader& in, CommitTs ts) {
  static thread_local std::vector<std::uint64_t> memory;
  std::vector<VersionRef> versions;
  if (effect == StorageEffect::kDelete) {
    const std::uint64_t ranges = in.varint();
    for (std::uint64_t i = 0; i < ranges && in.ok(); i++) {
      const RowId first = in.varint(), count = in.varint();
      for (RowId row = first; row < first + count; row++) {
        const VersionRef v = relation.newest(row);
        if (!v || v.chunk->end(v.slot) != kLive) return corrupt("a deleted row is not there");
        relation.set_end(v, ts);
        relation.live_rows.fetch_sub(1, std::memory_order_relaxed);
      }
    }
    return in.ok() ? Status::ok() : corrupt("delete");
  }
  LoggedRows logged;
  if (Status status = read_rows(relation, effect, in, memory, &logged); !status.is_ok()) return status;
  const auto& [mask, first, count, ids, block] = logged;
  if (effect == StorageEffect::kInsert) {
    relation.reserve_rows(first + count);
    for (std::uint32_t done = 0; done < count;) {
      const Relation::Run run = relation.allocate(static_cast<std::uint32_t>(count) - done);
      for (std::uint32_t i = 0; i < run.count; i++) {
        relation.write_header(run, i, first + done + i, kNoVersion, ts, false);
        versions.push_back({run.chunk, run.slot + i});
      }
      relation.write_rows(run, *block, done);
      relation.publish(run, ts);
      for (std::uint32_t i = 0; i < run.count; i++) relation.set_newest(first + done + i, run.chunk->first() + run.slot + i);
      done += run.count;
    }
    relation.live_rows.fetch_add(static_cast<std::int64_t>(count), std::memory_order_relaxed);
  } else {
    for (std::uint32_t r = 0; r < count; r++) {
      const VersionRef old = relation.newest(ids[r]);
      if (!old || old.chunk->end(old.slot) != kLive) return corrupt("an updated row is not there");
      const VersionPos old_pos = relation.newest_pos(ids[r]);
      const Relation::Run run = relation.allocate(1);
      relation.write_header(run, 0, ids[r], old_pos, ts, true);
      relation.write_update(run, 0, *block, r, mask, old);
      relation.publish(run, ts);
      relation.set_newest(ids[r], run.chunk->first() + run.slot);
      relation.set_end(old, ts);
      versions.push_back({run.chunk, run.slot});
    }
  }
  for (const auto& index : *relation.indexes()) {
    if (effect == StorageEffect::kUpdate && !index->touches(mask)) continue;
    std::size_t failed = 0;
    Status status = index->insert(versions, 0, &failed);
    if (!status.is_ok()) return status;
  }
  return Status::ok();
}

}  // namespace orrery::storage
