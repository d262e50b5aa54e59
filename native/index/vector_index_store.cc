// vector_index_store.cc: creation, log and checkpoints of vector indexes.
#include "vector_index_store.h"

#include "../storage/row_changes.h"

namespace orrery::index {
namespace {

Status corrupt(std::string what) { return Status::error(StatusCode::kCorrupt, std::move(what)); }

template <typename Index>
std::string stream_name(storage::RelationId id) { return std::string(Index::kKind) + "." + std::to_string(id); }

}  // namespace

template <typename Index>
Status VectorIndexStore<Index>::make(storage::RelationId id, storage::RelationId relation_id, std::uint32_t column, Options options,
                                     std::shared_ptr<Index>* index) {
  storage::Relation* relation = rows_.find(relation_id);
  if (relation == nullptr) return Status::error(StatusCode::kNotFound, "no such relation");
  if (column >= relation->column_count() || relation->column(column).type.type != PhysicalType::kVector)
    return Status::error(StatusCode::kInvalid, "the column is not a vector column");
  if (!Index::is_valid(options)) return Status::error(StatusCode::kInvalid, "options of the vector index are out of bounds");
  options.dimensions = relation->column(column).type.dimensions;
  *index = std::make_shared<Index>(id, *relation, column, options);
  return Status::ok();
}

template <typename Index>
void VectorIndexStore<Index>::attach(const std::shared_ptr<Index>& index) {
  {
    // Writers publish under this latch and look for indexes after it: every version is either there now or inserted by its writer.
    const std::scoped_lock lock(index->relation().write_latch());
    rows_.attach_index(index);
  }
  const std::scoped_lock lock(latch_);
  indexes_[index->id()] = index;
}

template <typename Index>
Status VectorIndexStore<Index>::create(storage::Transaction& t, storage::RelationId id, storage::RelationId relation, std::uint32_t column,
                                       Options options, unsigned threads) {
  if (rows_.find_index(id)) return Status::error(StatusCode::kInvalid, "the index exists");
  std::shared_ptr<Index> index;
  if (Status s = make(id, relation, column, options, &index); !s.is_ok()) return s;
  attach(index);
  if (Status s = index->build(rows_.manager().oldest_needed(), threads); !s.is_ok()) {
    rows_.detach_index(id);
    return s;
  }
  rows_.changes_of(t).defined([raw = index.get()](storage::CommitTs ts) { raw->created.store(ts); }, [this, id] { rows_.detach_index(id); });
  ByteWriter payload;
  payload.varint(id);
  payload.varint(relation);
  payload.varint(column);
  Index::write_options(payload, options);
  t.effects().add(Index::kRoom, kCreate, payload.span());
  return Status::ok();
}

template <typename Index>
std::shared_ptr<Index> VectorIndexStore<Index>::find(storage::RelationId id) const {
  const auto found = std::dynamic_pointer_cast<Index>(rows_.find_index(id));
  return found && found->dropped.load() == 0 ? found : nullptr;
}

template <typename Index>
std::vector<std::shared_ptr<Index>> VectorIndexStore<Index>::all() const {
  std::vector<std::shared_ptr<Index>> found;
  const std::scoped_lock lock(latch_);
  for (const auto& [id, weak] : indexes_)
    if (auto index = weak.lock(); index && rows_.find_index(id) == index) found.push_back(std::move(index));
  return found;
}

template <typename Index>
Status VectorIndexStore<Index>::redo(std::uint8_t operation, ByteReader in, storage::CommitTs ts, storage::Lsn) {
  if (ts <= loaded_ts_) return Status::ok();
  const std::string kind(Index::kKind);
  if (operation != kCreate) return corrupt("an unknown effect of " + kind + " indexes");
  const auto id = static_cast<storage::RelationId>(in.varint());
  const auto relation = static_cast<storage::RelationId>(in.varint());
  const auto column = static_cast<std::uint32_t>(in.varint());
  const Options options = Index::read_options(in);
  if (!in.ok()) return corrupt("creation of an index (" + kind + ") is cut short");
  std::shared_ptr<Index> index;
  if (Status s = make(id, relation, column, options, &index); !s.is_ok()) return corrupt(kind + " index: " + s.message);
  index->set_recovering();
  index->created.store(ts);
  attach(index);
  return Status::ok();
}

template <typename Index>
Status VectorIndexStore<Index>::save(storage::CheckpointWriter& out, const storage::CheckpointMark& mark) {
  const auto alive = [&](storage::CommitTs created, storage::CommitTs dropped) {
    return created != 0 && created <= mark.read_ts && (dropped == 0 || dropped > mark.read_ts);
  };
  const storage::Snapshot snapshot{.read_ts = mark.read_ts};
  for (const auto& index : all()) {
    const storage::Relation& relation = index->relation();
    if (!alive(index->created.load(), index->dropped.load()) || !alive(relation.created.load(), relation.dropped.load())) continue;
    ByteWriter image;
    index->save(image, [&](storage::RowId row, std::uint32_t slot) {
      return index->has_slot(relation.visible(row, snapshot, rows_.manager()), slot);
    });
    std::unique_ptr<storage::CheckpointStream> stream;
    if (Status s = out.create(stream_name<Index>(index->id()), &stream); !s.is_ok()) return s;
    stream->u64(image.size());
    stream->write(image);
    if (Status s = stream->close(); !s.is_ok()) return s;
  }
  return Status::ok();
}

template <typename Index>
Status VectorIndexStore<Index>::load(storage::CheckpointReader& in) {
  loaded_ts_ = in.mark().read_ts;
  for (const std::string& name : in.names(std::string(Index::kKind) + ".")) {
    std::unique_ptr<storage::CheckpointInput> stream;
    if (Status s = in.open(name, &stream); !s.is_ok()) return s;
    const std::uint64_t size = stream->u64();
    if (Status s = stream->status(); !s.is_ok()) return s;
    if (size > stream->remaining()) return corrupt(name + ": cut short");
    std::vector<std::uint8_t> bytes(size);
    if (!stream->read(bytes.data(), bytes.size())) return stream->status();
    if (Status s = load_image(ByteReader(bytes)); !s.is_ok()) return corrupt(name + ": " + s.message);
  }
  return Status::ok();
}

template <typename Index>
Status VectorIndexStore<Index>::load_image(ByteReader image) {
  const typename Index::Header header = Index::read_header(image);
  if (!image.ok()) return corrupt("cut short");
  std::shared_ptr<Index> index;
  if (Status s = make(header.id, header.relation, header.column, header.options, &index); !s.is_ok()) return s;
  const storage::Relation& relation = index->relation();
  const Status loaded = index->load(image, [&](storage::RowId row, VectorItem* item) {
    const storage::VersionRef newest = relation.newest(row);
    return newest && index->item_of(newest, item);
  });
  if (!loaded.is_ok()) return loaded;
  index->set_recovering();
  index->created.store(header.created);
  attach(index);
  return Status::ok();
}

template <typename Index>
Status VectorIndexStore<Index>::recovered(storage::Lsn) {
  for (const auto& index : all())
    if (Status s = index->recovered(); !s.is_ok()) return s;
  return Status::ok();
}

template <typename Index>
void VectorIndexStore<Index>::digest(Digest& out) {
  const storage::Snapshot snapshot = rows_.manager().acquire_snapshot();
  for (const auto& index : all()) {
    const storage::Relation& relation = index->relation();
    if (index->created.load() == 0 || index->dropped.load() != 0 || relation.dropped.load() != 0) continue;
    const std::string space = std::string(Index::kKind) + ":" + std::to_string(index->id());
    const std::size_t width = sizeof(float) * relation.column(index->column()).type.dimensions;
    index->each([&](storage::RowId row, std::uint32_t slot) {
      const storage::VersionRef v = relation.visible(row, snapshot, rows_.manager());
      if (!index->has_slot(v, slot)) return;
      out.add(space, {reinterpret_cast<const std::uint8_t*>(v.chunk->vector(index->column(), v.slot)), width});
    });
  }
  rows_.manager().release_snapshot(snapshot);
}

template <typename Index>
void VectorIndexStore<Index>::statistics(const std::function<void(std::string_view, double)>& report) {
  std::map<std::string_view, double> sums;
  for (const std::string_view name : Index::kStatistics) sums[name] = 0;
  for (const auto& index : all()) index->statistics([&](std::string_view name, double value) { sums[name] += value; });
  for (const auto& [name, value] : sums) report(std::string(Index::kKind) + "." + std::string(name), value);
}

template class VectorIndexStore<hnsw::HnswIndex>;
template class VectorIndexStore<ivfflat::IvfflatIndex>;

}  // namespace orrery::index
