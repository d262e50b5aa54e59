// hnsw_store.cc: creation, log and checkpoints of vector indexes.
#include "hnsw_store.h"

#include "../../storage/row_changes.h"

namespace orrery::index::hnsw {
namespace {

bool is_metric(Metric m) noexcept { return m >= Metric::kL2 && m <= Metric::kL1; }

}  // namespace

Status HnswStore::make(storage::RelationId id, storage::RelationId relation_id, std::uint32_t column, Options options,
                       std::shared_ptr<HnswIndex>* index) {
  storage::Relation* relation = rows_.find(relation_id);
  if (relation == nullptr) return Status::error(StatusCode::kNotFound, "no such relation");
  if (column >= relation->column_count() || relation->column(column).type.type != PhysicalType::kVector)
    return Status::error(StatusCode::kInvalid, "the column is not a vector column");
  // Beyond these a neighbor count would not fit its byte, nor the walk's buffer.
  if (!is_metric(options.metric) || options.m < 2 || options.m > 100 || options.ef_construction < 4 || options.ef_construction > 1000)
    return Status::error(StatusCode::kInvalid, "options of the vector index are out of bounds");
  options.dimensions = relation->column(column).type.dimensions;
  *index = std::make_shared<HnswIndex>(id, *relation, column, options);
  return Status::ok();
}

void HnswStore::attach(const std::shared_ptr<HnswIndex>& index) {
  {
    // Writers publish under this latch and look for indexes after it: every version is either there now or inserted by its writer.
    const std::scoped_lock lock(index->relation().write_latch());
    rows_.attach_index(index);
  }
  const std::scoped_lock lock(latch_);
  indexes_[index->id()] = index;
}

Status HnswStore::create(storage::Transaction& t, storage::RelationId id, storage::RelationId relation, std::uint32_t column, Options options) {
  if (rows_.find_index(id)) return Status::error(StatusCode::kInvalid, "the index exists");
  std::shared_ptr<HnswIndex> index;
  if (Status s = make(id, relation, column, options, &index); !s.is_ok()) return s;
  attach(index);
  if (Status s = index->build(rows_.manager().oldest_needed()); !s.is_ok()) {
    rows_.detach_index(id);
    return s;
  }
  rows_.changes_of(t).defined([raw = index.get()](storage::CommitTs ts) { raw->created.store(ts); }, [this, id] { rows_.detach_index(id); });
  ByteWriter payload;
  payload.varint(id);
  payload.varint(relation);
  payload.varint(column);
  payload.u8(static_cast<std::uint8_t>(options.metric));
  payload.varint(options.m);
  payload.varint(options.ef_construction);
  t.effects().add(storage::Room::kIndex, kCreate, payload.span());
  return Status::ok();
}

std::shared_ptr<HnswIndex> HnswStore::find(storage::RelationId id) const {
  const auto found = std::dynamic_pointer_cast<HnswIndex>(rows_.find_index(id));
  return found && found->dropped.load() == 0 ? found : nullptr;
}

std::vector<std::shared_ptr<HnswIndex>> HnswStore::all() const {
  std::vector<std::shared_ptr<HnswIndex>> found;
  const std::scoped_lock lock(latch_);
  for (const auto& [id, weak] : indexes_)
    if (auto index = weak.lock(); index && rows_.find_index(id) == index) found.push_back(std::move(index));
  return found;
}

Status HnswStore::redo(std::uint8_t operation, ByteReader in, storage::CommitTs ts, storage::Lsn) {
  if (ts <= loaded_ts_) return Status::ok();
  if (operation != kCreate) return Status::error(StatusCode::kCorrupt, "an unknown effect of vector indexes");
  const auto id = static_cast<storage::RelationId>(in.varint());
  const auto relation = static_cast<storage::RelationId>(in.varint());
  const auto column = static_cast<std::uint32_t>(in.varint());
  Options options;
  options.metric = static_cast<Metric>(in.u8());
  options.m = static_cast<std::uint32_t>(in.varint());
  options.ef_construction = static_cast<std::uint32_t>(in.varint());
  if (!in.ok()) return Status::error(StatusCode::kCorrupt, "creation of a vector index is cut short");
  std::shared_ptr<HnswIndex> index;
  if (Status s = make(id, relation, column, options, &index); !s.is_ok()) return Status::error(StatusCode::kCorrupt, "vector index: " + s.message);
  index->set_recovering();
  index->created.store(ts);
  attach(index);
  return Status::ok();
}

Status HnswStore::save(storage::CheckpointWriter& out, const storage::CheckpointMark& mark) {
  const auto alive = [&](storage::CommitTs created, storage::CommitTs dropped) {
    return created != 0 && created <= mark.read_ts && (dropped == 0 || dropped > mark.read_ts);
  };
  const storage::Snapshot snapshot{.read_ts = mark.read_ts};
  for (const auto& index : all()) {
    const storage::Relation& relation = index->relation();
    if (!alive(index->created.load(), index->dropped.load()) || !alive(relation.created.load(), relation.dropped.load())) continue;
    const Options& options = index->graph().options();
    ByteWriter image;
    image.u32(index->id());
    image.u32(relation.id());
    image.u32(index->column());
    image.u64(index->created.load());
    image.u8(static_cast<std::uint8_t>(options.metric));
    image.u32(options.m);
    image.u32(options.ef_construction);
    index->graph().save(image, [&](RowId row, std::uint32_t slot) {
      return index->has_slot(relation.visible(row, snapshot, rows_.manager()), slot);
    });
    std::unique_ptr<storage::CheckpointStream> stream;
    if (Status s = out.create("hnsw." + std::to_string(index->id()), &stream); !s.is_ok()) return s;
    stream->u64(image.size());
    stream->write(image);
    if (Status s = stream->close(); !s.is_ok()) return s;
  }
  return Status::ok();
}

Status HnswStore::load(storage::CheckpointReader& in) {
  loaded_ts_ = in.mark().read_ts;
  for (const std::string& name : in.names("hnsw.")) {
    std::unique_ptr<storage::CheckpointInput> stream;
    if (Status s = in.open(name, &stream); !s.is_ok()) return s;
    const std::uint64_t size = stream->u64();
    if (Status s = stream->status(); !s.is_ok()) return s;
    if (size > stream->remaining()) return Status::error(StatusCode::kCorrupt, name + ": cut short");
    std::vector<std::uint8_t> bytes(size);
    if (!stream->read(bytes.data(), bytes.size())) return stream->status();
    ByteReader image(bytes);
    const storage::RelationId id = image.u32();
    const storage::RelationId relation_id = image.u32();
    const std::uint32_t column = image.u32();
    const storage::CommitTs created = image.u64();
    Options options;
    options.metric = static_cast<Metric>(image.u8());
    options.m = image.u32();
    options.ef_construction = image.u32();
    std::shared_ptr<HnswIndex> index;
    if (Status s = make(id, relation_id, column, options, &index); !s.is_ok()) return Status::error(StatusCode::kCorrupt, name + ": " + s.message);
    const storage::Relation& relation = index->relation();
    const Status loaded = index->graph().load(image, [&](RowId row, Item* item) {
      const storage::VersionRef newest = relation.newest(row);
      return newest && index->item_of(newest, item);
    });
    if (!loaded.is_ok()) return Status::error(StatusCode::kCorrupt, name + ": " + loaded.message);
    index->set_recovering();
    index->created.store(created);
    attach(index);
  }
  return Status::ok();
}

Status HnswStore::recovered(storage::Lsn) {
  for (const auto& index : all())
    if (Status s = index->recovered(); !s.is_ok()) return s;
  return Status::ok();
}

void HnswStore::digest(Digest& out) {
  const storage::Snapshot snapshot = rows_.manager().acquire_snapshot();
  for (const auto& index : all()) {
    const storage::Relation& relation = index->relation();
    if (index->created.load() == 0 || index->dropped.load() != 0 || relation.dropped.load() != 0) continue;
    const std::string space = "hnsw:" + std::to_string(index->id());
    const std::size_t width = sizeof(float) * index->graph().options().dimensions;
    index->graph().each([&](RowId row, std::uint32_t slot) {
      const storage::VersionRef v = relation.visible(row, snapshot, rows_.manager());
      if (!index->has_slot(v, slot)) return;
      const float* values = v.chunk->vector(index->column(), v.slot);
      out.add(space, {reinterpret_cast<const std::uint8_t*>(values), width});
    });
  }
  rows_.manager().release_snapshot(snapshot);
}

void HnswStore::statistics(const std::function<void(std::string_view, double)>& report) {
  double bytes = 0, nodes = 0, removed = 0;
  for (const auto& index : all()) {
    const Facts facts = index->graph().facts();
    bytes += static_cast<double>(facts.bytes);
    nodes += static_cast<double>(facts.nodes);
    removed += static_cast<double>(index->graph().removed_count());
  }
  report("hnsw.bytes", bytes);
  report("hnsw.nodes", nodes);
  report("hnsw.removed", removed);
}

}  // namespace orrery::index::hnsw
