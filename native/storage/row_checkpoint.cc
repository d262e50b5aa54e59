// row_checkpoint.cc: saving and loading relations, B-trees, sequences and the catalog. Layout: docs/formats/checkpoint-storage.md.
//
// Rows and index entries are those of the checkpoint's snapshot; loading gives rows their ids back and lays index entries down in
// order, so nothing is rebuilt or sorted.
#include <algorithm>

#include "../core/check.h"
#include "row_store.h"

namespace orrery::storage {
namespace {

constexpr std::uint32_t kRowsPerPart = 4096;
constexpr std::uint32_t kFormat = 1;

struct BlockMemory {
  std::vector<std::uint64_t> words = std::vector<std::uint64_t>(1 << 17);
  std::uint8_t* bytes() { return reinterpret_cast<std::uint8_t*>(words.data()); }
  std::size_t size() const { return words.size() * 8; }
};

}  // namespace

Status RowStore::save(CheckpointWriter& out, const CheckpointMark& mark) {
  const Snapshot snapshot{mark.read_ts, 0, 0, 0};
  std::vector<std::shared_ptr<Relation>> relations;
  std::vector<std::shared_ptr<SecondaryIndex>> indexes;
  {
    std::shared_lock guard(registry_latch_);
    const auto alive = [&](CommitTs created, CommitTs dropped) {
      return created != 0 && created <= mark.read_ts && (dropped == 0 || dropped > mark.read_ts);
    };
    for (const auto& [id, r] : relations_)
      if (alive(r->created.load(), r->dropped.load())) relations.push_back(r);
    for (const auto& [id, i] : indexes_)
      if (alive(i->created.load(), i->dropped.load())) indexes.push_back(i);
  }
  for (const auto& r : relations) {
    Status status = save_relation(out, *r, snapshot);
    if (!status.is_ok()) return status;
  }
  for (const auto& i : indexes) {
    const RelationId owner = i->relation().id();
    if (std::none_of(relations.begin(), relations.end(), [owner](const auto& r) { return r->id() == owner; })) continue;
    Status status = Status::ok();
    if (const auto* tree = dynamic_cast<const index::BTree*>(i.get())) status = save_index(out, *tree, snapshot);
    else if (const auto* inverted = dynamic_cast<const index::InvertedIndex*>(i.get())) status = save_inverted(out, *inverted, snapshot);
    if (!status.is_ok()) return status;
  }
  ByteWriter bytes;
  bytes.u32(kFormat);
  sequences_.save(bytes);
  {
    std::lock_guard guard(oid_latch_);
    bytes.u32(next_oid_.load());
    logged_oid_ = 0;  // what the log knew is before the checkpoint: log again
  }
  std::vector<CatalogStore::Change> objects;
  std::uint64_t version = 0;
  CommitTs catalog_ts = 0;
  manager_.in_commit_order([&] {
    catalog_ts = manager_.newest();
    version = catalog_.changes(0, objects);
  });
  std::erase_if(objects, [](const auto& o) { return !o.json; });
  bytes.u64(catalog_ts);
  bytes.u64(version);
  bytes.u32(static_cast<std::uint32_t>(objects.size()));
  for (const auto& o : objects) {
    bytes.u32(o.oid);
    bytes.string(*o.json);
  }
  std::unique_ptr<CheckpointStream> stream;
  Status status = out.create("storage", &stream);
  if (!status.is_ok()) return status;
  stream->u64(bytes.size());
  stream->write(bytes);
  return stream->close();
}

Status RowStore::save_relation(CheckpointWriter& out, const Relation& relation, const Snapshot& snapshot) {
  std::unique_ptr<CheckpointStream> stream;
  Status status = out.create("relation." + std::to_string(relation.id()), &stream);
  if (!status.is_ok()) return status;
  std::vector<std::uint32_t> columns;
  for (std::uint32_t c = 0; c < relation.column_count(); c++) {
    const CommitTs added = relation.column(c).added.load();
    if (added != 0 && added <= snapshot.read_ts) columns.push_back(c);
  }
  ByteWriter header;
  header.u32(kFormat);
  header.u32(relation.id());
  header.u64(relation.created.load());
  header.u64(relation.row_limit());
  header.u32(static_cast<std::uint32_t>(columns.size()));
  for (const std::uint32_t c : columns) {
    header.u8(static_cast<std::uint8_t>(relation.column(c).type.type));
    header.u32(relation.column(c).type.dimensions);
  }
  stream->u64(header.size());
  stream->write(header);

  // Parts: row count, then row ids, then the columns as effects encode them. A part without rows ends the stream.
  VersionBlockWriter writer(relation, columns, true);
  BlockMemory memory;
  std::vector<VersionRef> versions;
  std::vector<std::uint32_t> rows;
  ByteWriter part;
  const auto flush = [&] {
    std::span<const VersionRef> rest(versions);
    while (!rest.empty()) {
      std::size_t need = 0;
      const std::uint32_t n = writer.fit(rest, memory.size(), 0, &need);
      if (n == 0) {
        memory.words.resize(need / 8 + 1);
        continue;
      }
      writer.write(rest.first(n), memory.bytes());
      const auto block = Block::parse(memory.bytes(), memory.size());
      ORRERY_ASSERT(block.has_value());
      rows.resize(n);
      for (std::uint32_t i = 0; i < n; i++) rows[i] = i;
      part.clear();
      for (std::uint32_t i = 0; i < n; i++) part.u64(block->row_id(i));
      for (std::uint32_t c = 0; c < columns.size(); c++) encode_column(part, *block, c, rows);
      stream->u32(n);
      stream->u64(part.size());
      stream->write(part);
      rest = rest.subspan(n);
    }
    versions.clear();
  };
  const std::uint32_t chunks = relation.chunk_count();
  for (std::uint32_t i = 0; i < chunks && !stream->failed(); i++) {
    const Chunk* chunk = relation.chunk(i);
    if (chunk == nullptr) continue;
    const std::uint32_t count = chunk->count();
    for (std::uint32_t slot = 0; slot < count; slot++) {
      if (!chunk->is_visible(slot, snapshot, manager_)) continue;
      versions.push_back({chunk, slot});
      if (versions.size() == kRowsPerPart) flush();
    }
  }
  flush();
  stream->u32(0);
  return stream->close();
}

Status RowStore::save_index(CheckpointWriter& out, const index::BTree& index, const Snapshot& snapshot) {
  std::unique_ptr<CheckpointStream> stream;
  Status status = out.create("btree." + std::to_string(index.id()), &stream);
  if (!status.is_ok()) return status;
  ByteWriter header;
  header.u32(kFormat);
  header.u32(index.id());
  header.u32(index.relation().id());
  header.u64(index.created.load());
  header.u8(index.unique() ? 1 : 0);
  header.u8(index.nulls_not_distinct() ? 1 : 0);
  header.u32(static_cast<std::uint32_t>(index.encoder().columns().size()));
  for (const index::KeyColumn& c : index.encoder().columns()) {
    header.u32(c.column);
    header.u8(static_cast<std::uint8_t>(c.kind));
    header.u8((c.descending ? 1 : 0) | (c.nulls_first ? 2 : 0));
  }
  stream->u64(header.size());
  stream->write(header);
  index::BTree::Position position;
  std::vector<index::BTree::Item> items;
  index::Key keys, key;
  ByteWriter part;
  while (!position.finished && !stream->failed()) {
    items.clear();
    keys.clear();
    bool recheck = true;
    index.collect({}, false, position, kRowsPerPart, items, keys, &recheck, true);
    part.clear();
    std::uint32_t count = 0;
    for (const auto& item : items) {
      const VersionRef v = index.relation().visible(item.row, snapshot, manager_);
      if (!v) continue;
      const std::string_view entry = std::string_view(keys).substr(item.key_at, item.key_length);
      if (recheck) {
        index.encoder().encode(v, key);
        if (key != entry) continue;
      }
      part.varint(item.row);
      part.string(entry);
      count++;
    }
    if (count == 0) continue;
    stream->u32(count);
    stream->u64(part.size());
    stream->write(part);
  }
  stream->u32(0);
  return stream->close();
}

/// Which keys a row had under the snapshot is not asked: an entry too many is a row that a reader judges. Entries of rows that the snapshot
/// does not see come back with redo.
Status RowStore::save_inverted(CheckpointWriter& out, const index::InvertedIndex& index, const Snapshot& snapshot) {
  std::unique_ptr<CheckpointStream> stream;
  Status status = out.create("inverted." + std::to_string(index.id()), &stream);
  if (!status.is_ok()) return status;
  ByteWriter header;
  header.u32(kFormat);
  header.u32(index.id());
  header.u32(index.relation().id());
  header.u64(index.created.load());
  header.u32(static_cast<std::uint32_t>(index.columns().size()));
  for (const index::InvertedColumn& c : index.columns()) {
    header.u32(c.column);
    header.u8(static_cast<std::uint8_t>(c.kind));
  }
  stream->u64(header.size());
  stream->write(header);
  constexpr std::size_t kPartBytes = 1 << 16;
  std::vector<RowId> rows;
  ByteWriter part;
  std::uint32_t count = 0;
  const auto flush = [&] {
    if (count == 0) return;
    stream->u32(count);
    stream->u64(part.size());
    stream->write(part);
    part.clear();
    count = 0;
  };
  for (const index::Postings::Key key : index.keys()) {
    if (stream->failed()) break;
    rows.clear();
    index.rows_of(key, rows);
    std::erase_if(rows, [&](RowId row) { return !index.relation().visible(row, snapshot, manager_); });
    if (rows.empty()) continue;
    part.u32(key);
    part.varint(rows.size());
    RowId before = 0;
    for (const RowId row : rows) {
      part.varint(row - before);
      before = row;
    }
    count++;
    if (part.size() >= kPartBytes) flush();
  }
  flush();
  stream->u32(0);
  return stream->close();
}

namespace {

Status damaged(const CheckpointInput& in, const char* what) {
  Status status = in.status();
  return status.is_ok() ? Status::error(StatusCode::kCorrupt, std::string("checkpoint: ") + what) : status;
}

/// Reads a length and that many bytes.
bool read_part(CheckpointInput& in, std::vector<std::uint8_t>& bytes) {
  const std::uint64_t length = in.u64();
  if (!in.status().is_ok() || length > in.remaining()) return false;
  bytes.resize(length);
  return in.read(bytes.data(), length);
}

}  // namespace

Status RowStore::load(CheckpointReader& in) {
  loaded_ts_ = in.mark().read_ts;
  using Load = Status (RowStore::*)(CheckpointInput&);
  // Relations first: an index has to find its own.
  for (const auto& [kind, load] : std::initializer_list<std::pair<const char*, Load>>{
           {"relation.", &RowStore::load_relation}, {"btree.", &RowStore::load_index}, {"inverted.", &RowStore::load_inverted}}) {
    for (const std::string& name : in.names(kind)) {
      std::unique_ptr<CheckpointInput> input;
      Status status = in.open(name, &input);
      if (status.is_ok()) status = (this->*load)(*input);
      if (!status.is_ok()) return status;
    }
  }
  std::unique_ptr<CheckpointInput> input;
  Status status = in.open("storage", &input);
  if (!status.is_ok()) return status;
  std::vector<std::uint8_t> bytes;
  if (!read_part(*input, bytes)) return damaged(*input, "storage");
  ByteReader reader(bytes);
  if (reader.u32() != kFormat || !sequences_.load(reader)) return damaged(*input, "sequences");
  next_oid_.store(std::max(next_oid_.load(), reader.u32()));
  loaded_catalog_ts_ = reader.u64();
  const std::uint64_t version = reader.u64();
  const std::uint32_t count = reader.u32();
  std::vector<CatalogStore::Change> objects;
  for (std::uint32_t i = 0; i < count && reader.ok(); i++) {
    const std::uint32_t oid = reader.u32();
    objects.push_back({oid, std::string(reader.string())});
    raise_oid(oid);
  }
  if (!reader.ok()) return damaged(*input, "catalog");
  catalog_.restore(version, std::move(objects));
  return Status::ok();
}

Status RowStore::load_relation(CheckpointInput& in) {
  std::vector<std::uint8_t> bytes;
  if (!read_part(in, bytes)) return damaged(in, "relation");
  ByteReader header(bytes);
  const std::uint32_t format = header.u32();
  const RelationId id = header.u32();
  const CommitTs created = header.u64();
  const RowId row_limit = header.u64();
  const std::uint32_t columns = header.u32();
  std::vector<ColumnType> types;
  for (std::uint32_t c = 0; c < columns && header.ok(); c++) {
    ColumnType type;
    type.type = static_cast<PhysicalType>(header.u8());
    type.dimensions = header.u32();
    types.push_back(type);
  }
  if (!header.ok() || format != kFormat) return damaged(in, "relation");
  auto relation = std::make_shared<Relation>(id, types);
  relation->created.store(created);
  relation->reserve_rows(row_limit);
  raise_oid(id);
  const std::vector<std::uint8_t> all(types.size(), 1);
  std::vector<std::uint64_t> memory;
  std::vector<RowId> ids;
  for (std::uint32_t n = in.u32(); n != 0; n = in.u32()) {
    if (!read_part(in, bytes)) return damaged(in, "rows");
    ByteReader part(bytes);
    if (part.remaining() / 8 < n) return damaged(in, "rows");
    ids.resize(n);
    for (RowId& row : ids) row = part.u64();
    std::size_t length = 0;
    if (!decode_columns(part, types, all, n, memory, &length)) return damaged(in, "rows");
    const auto block = Block::parse(reinterpret_cast<const std::uint8_t*>(memory.data()), length);
    if (!block) return damaged(in, "rows");
    for (std::uint32_t done = 0; done < n;) {
      const Relation::Run run = relation->allocate(n - done);
      for (std::uint32_t i = 0; i < run.count; i++) {
        if (ids[done + i] == 0 || ids[done + i] >= row_limit) return damaged(in, "row ids");
        relation->write_header(run, i, ids[done + i], kNoVersion, 1, false);
      }
      relation->write_rows(run, *block, done);
      relation->publish(run, 1);
      for (std::uint32_t i = 0; i < run.count; i++) relation->set_newest(ids[done + i], run.chunk->first() + run.slot + i);
      done += run.count;
    }
    relation->live_rows.fetch_add(n);
  }
  if (!in.status().is_ok()) return in.status();
  relations_[id] = std::move(relation);
  return Status::ok();
}

Status RowStore::load_index(CheckpointInput& in) {
  std::vector<std::uint8_t> bytes;
  if (!read_part(in, bytes)) return damaged(in, "index");
  ByteReader header(bytes);
  const std::uint32_t format = header.u32();
  const RelationId id = header.u32();
  Relation* relation = find(header.u32());
  const CommitTs created = header.u64();
  const bool unique = header.u8() != 0, nulls_not_distinct = header.u8() != 0;
  const std::uint32_t columns = header.u32();
  std::vector<index::KeyColumn> keys;
  for (std::uint32_t c = 0; c < columns && header.ok(); c++) {
    index::KeyColumn k;
    k.column = header.u32();
    k.kind = static_cast<KeyKind>(header.u8());
    const std::uint8_t flags = header.u8();
    k.descending = (flags & 1) != 0;
    k.nulls_first = (flags & 2) != 0;
    keys.push_back(k);
  }
  if (!header.ok() || format != kFormat || relation == nullptr) return damaged(in, "index");
  auto index = std::make_shared<index::BTree>(id, *relation, std::move(keys), unique, nulls_not_distinct, manager_);
  index->created.store(created);
  raise_oid(id);
  for (std::uint32_t n = in.u32(); n != 0; n = in.u32()) {
    if (!read_part(in, bytes)) return damaged(in, "index entries");
    ByteReader part(bytes);
    for (std::uint32_t i = 0; i < n && part.ok(); i++) {
      const RowId row = part.varint();
      const std::string_view key = part.string();
      if (part.ok()) index->append_sorted(key, row);
    }
    if (!part.ok()) return damaged(in, "index entries");
  }
  if (!in.status().is_ok()) return in.status();
  indexes_[id] = index;
  relation->attach_index(std::move(index));
  return Status::ok();
}

Status RowStore::load_inverted(CheckpointInput& in) {
  std::vector<std::uint8_t> bytes;
  if (!read_part(in, bytes)) return damaged(in, "index");
  ByteReader header(bytes);
  const std::uint32_t format = header.u32();
  const RelationId id = header.u32();
  Relation* relation = find(header.u32());
  const CommitTs created = header.u64();
  const std::uint32_t count = header.u32();
  std::vector<index::InvertedColumn> columns;
  for (std::uint32_t c = 0; c < count && header.ok(); c++) {
    const std::uint32_t column = header.u32();
    columns.push_back({column, static_cast<index::InvertedKind>(header.u8())});
  }
  if (!header.ok() || format != kFormat || relation == nullptr || !index::InvertedIndex::fits(*relation, columns)) return damaged(in, "index");
  auto index = std::make_shared<index::InvertedIndex>(id, *relation, std::move(columns));
  index->created.store(created);
  raise_oid(id);
  for (std::uint32_t n = in.u32(); n != 0; n = in.u32()) {
    if (!read_part(in, bytes)) return damaged(in, "index entries");
    ByteReader part(bytes);
    for (std::uint32_t i = 0; i < n && part.ok(); i++) {
      const index::Postings::Key key = part.u32();
      const std::uint64_t rows = part.varint();
      RowId row = 0;
      for (std::uint64_t r = 0; r < rows && part.ok(); r++) {
        row += part.varint();
        if (part.ok()) index->load(key, row);
      }
    }
    if (!part.ok()) return damaged(in, "index entries");
  }
  if (!in.status().is_ok()) return in.status();
  indexes_[id] = index;
  relation->attach_index(std::move(index));
  return Status::ok();
}

Status RowStore::recovered(Lsn) {
  // Sequences and OIDs log again before anything is handed out.
  logged_oid_ = 0;
  return Status::ok();
}

void RowStore::digest(Digest& out) {
  const Snapshot snapshot = manager_.acquire_snapshot();
  std::vector<std::shared_ptr<Relation>> relations;
  std::vector<std::shared_ptr<SecondaryIndex>> indexes;
  {
    std::shared_lock guard(registry_latch_);
    for (const auto& [id, r] : relations_)
      if (r->created.load() != 0 && r->dropped.load() == 0) relations.push_back(r);
    for (const auto& [id, i] : indexes_)
      if (i->created.load() != 0 && i->dropped.load() == 0) indexes.push_back(i);
  }
  ByteWriter item;
  for (const auto& r : relations) {
    const std::string space = "rows:" + std::to_string(r->id());
    for (std::uint32_t i = 0; i < r->chunk_count(); i++) {
      const Chunk* chunk = r->chunk(i);
      if (chunk == nullptr) continue;
      const std::uint32_t count = chunk->count();
      for (std::uint32_t slot = 0; slot < count; slot++) {
        if (!chunk->is_visible(slot, snapshot, manager_)) continue;
        item.clear();
        for (std::uint32_t c = 0; c < r->column_count(); c++) {
          const ColumnType type = r->column(c).type;
          const bool null = chunk->is_null(c, slot);
          item.u8(null ? 0 : 1);
          if (null) continue;
          if (type.type == PhysicalType::kVarlen) item.string(chunk->varlen(c, slot));
          else if (type.type == PhysicalType::kVector) item.raw(chunk->vector(c, slot), 4 * static_cast<std::size_t>(type.dimensions));
          else item.raw(chunk->fixed_at(c, slot, width_of(type.type)), width_of(type.type));
        }
        out.add(space, item.span());
      }
    }
  }
  std::vector<index::Postings::Key> inverted_keys;
  for (const auto& i : indexes) {
    const auto* inverted = dynamic_cast<const index::InvertedIndex*>(i.get());
    if (inverted == nullptr) continue;
    const std::string space = "inverted:" + std::to_string(inverted->id());
    const Relation& r = inverted->relation();
    for (RowId row = 1; row < r.row_limit(); row++) {
      const VersionRef v = r.visible(row, snapshot, manager_);
      if (!v) continue;
      inverted->keys_of(v, inverted_keys);
      for (const index::Postings::Key key : inverted_keys) {
        if (!inverted->contains(key, row)) continue;
        item.clear();
        item.u32(key);
        out.add(space, item.span());
      }
    }
  }
  for (const auto& i : indexes) {
    if (dynamic_cast<const index::BTree*>(i.get()) == nullptr) continue;
    const auto& tree = static_cast<const index::BTree&>(*i);
    const std::string space = "btree:" + std::to_string(tree.id());
    index::BTree::Position position;
    std::vector<index::BTree::Item> items;
    index::Key keys, key;
    while (!position.finished) {
      items.clear();
      keys.clear();
      bool recheck = true;
      tree.collect({}, false, position, kRowsPerPart, items, keys, &recheck, true);
      for (const auto& entry : items) {
        const VersionRef v = tree.relation().visible(entry.row, snapshot, manager_);
        if (!v) continue;
        tree.encoder().encode(v, key);
        if (key != std::string_view(keys).substr(entry.key_at, entry.key_length)) continue;
        out.add(space, {reinterpret_cast<const std::uint8_t*>(key.data()), key.size()});
      }
    }
  }
  std::vector<CatalogStore::Change> objects;
  catalog_.changes(0, objects);
  for (const auto& o : objects) {
    if (!o.json) continue;
    item.clear();
    item.u32(o.oid);
    item.string(*o.json);
    out.add("catalog", item.span());
  }
  // A sequence's value is left out: replay gives the value that was logged ahead.
  sequences_.each([&](RelationId id, const SequenceDefinition& d, std::int64_t, bool) {
    item.clear();
    item.u32(id);
    for (const std::int64_t v : {d.increment, d.min, d.max, d.start}) item.i64(v);
    out.add("sequences", item.span());
  });
  manager_.release_snapshot(snapshot);
}

void RowStore::statistics(const std::function<void(std::string_view, double)>& report) {
  std::shared_lock guard(registry_latch_);
  double relation_bytes = 0, index_bytes = 0, rows = 0, dead = 0;
  for (const auto& [id, r] : relations_) {
    relation_bytes += static_cast<double>(r->memory_bytes());
    rows += static_cast<double>(r->live_estimate());
    dead += static_cast<double>(r->dead_versions.load());
  }
  for (const auto& [id, i] : indexes_) index_bytes += static_cast<double>(i->memory_bytes());
  report("storage.relations", static_cast<double>(relations_.size()));
  report("storage.indexes", static_cast<double>(indexes_.size()));
  report("storage.relationBytes", relation_bytes);
  report("storage.indexBytes", index_bytes);
  report("storage.rows", rows);
  report("storage.deadVersions", dead);
  const auto counters = manager_.counters();
  report("transactions.commits", static_cast<double>(counters.commits));
  report("transactions.rollbacks", static_cast<double>(counters.rollbacks));
  report("transactions.open", static_cast<double>(counters.open));
}

}  // namespace orrery::storage
