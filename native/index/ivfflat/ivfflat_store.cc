// ivfflat_store.cc: creation, log and checkpoints of IVFFlat indexes.
#include "ivfflat_store.h"

#include "../../storage/row_changes.h"

namespace orrery::index::ivfflat {
namespace {

void write_definition(ByteWriter& out, const IvfflatIndex& index) {
  const Options& options = index.lists().options();
  out.varint(index.id());
  out.varint(index.relation().id());
  out.varint(index.column());
  out.u8(static_cast<std::uint8_t>(options.metric));
  out.varint(options.lists);
}

struct Definition {
  storage::RelationId id, relation;
  std::uint32_t column;
  Options options;
};
Definition read_definition(ByteReader& in) {
  Definition d{};
  d.id = static_cast<storage::RelationId>(in.varint());
  d.relation = static_cast<storage::RelationId>(in.varint());
  d.column = static_cast<std::uint32_t>(in.varint());
  d.options.metric = static_cast<Metric>(in.u8());
  d.options.lists = static_cast<std::uint32_t>(in.varint());
  return d;
}

}  // namespace

Status IvfflatStore::make(storage::RelationId id, storage::RelationId relation_id, std::uint32_t column, Options options,
                          std::shared_ptr<IvfflatIndex>* index) {
  storage::Relation* relation = rows_.find(relation_id);
  if (relation == nullptr) return Status::error(StatusCode::kNotFound, "no such relation");
  if (column >= relation->column_count() || relation->column(column).type.type != PhysicalType::kVector)
    return Status::error(StatusCode::kInvalid, "the column is not a vector column");
  if (options.metric < Metric::kL2 || options.metric > Metric::kCosine || options.lists < 1 || options.lists > kMaxLists)
    return Status::error(StatusCode::kInvalid, "options of the vector index are out of bounds");
  options.dimensions = relation->column(column).type.dimensions;
  *index = std::make_shared<IvfflatIndex>(id, *relation, column, options);
  return Status::ok();
}

void IvfflatStore::attach(const std::shared_ptr<IvfflatIndex>& index) {
  {
    // Writers publish under this latch and look for indexes after it: every version is either there now or inserted by its writer.
    const std::scoped_lock lock(index->relation().write_latch());
    rows_.attach_index(index);
  }
  const std::scoped_lock lock(latch_);
  indexes_[index->id()] = index;
}

Status IvfflatStore::create(storage::Transaction& t, storage::RelationId id, storage::RelationId relation, std::uint32_t column, Options options) {
  if (rows_.find_index(id)) return Status::error(StatusCode::kInvalid, "the index exists");
  std::shared_ptr<IvfflatIndex> index;
  if (Status s = make(id, relation, column, options, &index); !s.is_ok()) return s;
  attach(index);
  index->build(rows_.manager().oldest_needed());
  rows_.changes_of(t).defined([raw = index.get()](storage::CommitTs ts) { raw->created.store(ts); }, [this, id] { rows_.detach_index(id); });
  ByteWriter payload;
  write_definition(payload, *index);
  t.effects().add(storage::Room::kIvfflat, kCreate, payload.span());
  return Status::ok();
}

std::shared_ptr<IvfflatIndex> IvfflatStore::find(storage::RelationId id) const {
  const auto found = std::dynamic_pointer_cast<IvfflatIndex>(rows_.find_index(id));
  return found && found->dropped.load() == 0 ? found : nullptr;
}

std::vector<std::shared_ptr<IvfflatIndex>> IvfflatStore::all() const {
  std::vector<std::shared_ptr<IvfflatIndex>> found;
  const std::scoped_lock lock(latch_);
  for (const auto& [id, weak] : indexes_)
    if (auto index = weak.lock(); index && rows_.find_index(id) == index) found.push_back(std::move(index));
  return found;
}

Status IvfflatStore::redo(std::uint8_t operation, ByteReader in, storage::CommitTs ts, storage::Lsn) {
  if (ts <= loaded_ts_) return Status::ok();
  if (operation != kCreate) return Status::error(StatusCode::kCorrupt, "an unknown effect of ivfflat indexes");
  const Definition d = read_definition(in);
  if (!in.ok()) return Status::error(StatusCode::kCorrupt, "creation of an ivfflat index is cut short");
  std::shared_ptr<IvfflatIndex> index;
  if (Status s = make(d.id, d.relation, d.column, d.options, &index); !s.is_ok())
    return Status::error(StatusCode::kCorrupt, "ivfflat index: " + s.message);
  index->recovering_ = true;
  index->created.store(ts);
  attach(index);
  return Status::ok();
}

Status IvfflatStore::save(storage::CheckpointWriter& out, const storage::CheckpointMark& mark) {
  const auto alive = [&](storage::CommitTs created, storage::CommitTs dropped) {
    return created != 0 && created <= mark.read_ts && (dropped == 0 || dropped > mark.read_ts);
  };
  const storage::Snapshot snapshot{.read_ts = mark.read_ts};
  for (const auto& index : all()) {
    const storage::Relation& relation = index->relation();
    if (!alive(index->created.load(), index->dropped.load()) || !alive(relation.created.load(), relation.dropped.load())) continue;
    ByteWriter image;
    write_definition(image, *index);
    image.u64(index->created.load());
    index->lists().save(image, [&](const Entry& e) { return index->has_slot(relation.visible(e.row, snapshot, rows_.manager()), e.slot); });
    std::unique_ptr<storage::CheckpointStream> stream;
    if (Status s = out.create("ivfflat." + std::to_string(index->id()), &stream); !s.is_ok()) return s;
    stream->u64(image.size());
    stream->write(image);
    if (Status s = stream->close(); !s.is_ok()) return s;
  }
  return Status::ok();
}

Status IvfflatStore::load(storage::CheckpointReader& in) {
  loaded_ts_ = in.mark().read_ts;
  for (const std::string& name : in.names("ivfflat.")) {
    std::unique_ptr<storage::CheckpointInput> stream;
    if (Status s = in.open(name, &stream); !s.is_ok()) return s;
    const std::uint64_t size = stream->u64();
    if (Status s = stream->status(); !s.is_ok()) return s;
    if (size > stream->remaining()) return Status::error(StatusCode::kCorrupt, name + ": cut short");
    std::vector<std::uint8_t> bytes(size);
    if (!stream->read(bytes.data(), bytes.size())) return stream->status();
    ByteReader image(bytes);
    const Definition d = read_definition(image);
    const storage::CommitTs created = image.u64();
    if (!image.ok()) return Status::error(StatusCode::kCorrupt, name + ": cut short");
    std::shared_ptr<IvfflatIndex> index;
    if (Status s = make(d.id, d.relation, d.column, d.options, &index); !s.is_ok()) return Status::error(StatusCode::kCorrupt, name + ": " + s.message);
    const Status loaded = index->lists().load(image, [&](storage::RowId row, VectorItem* item) {
      const storage::VersionRef newest = index->relation().newest(row);
      return newest && index->item_of(newest, item);
    });
    if (!loaded.is_ok()) return Status::error(StatusCode::kCorrupt, name + ": " + loaded.message);
    index->recovering_ = true;
    index->created.store(created);
    attach(index);
  }
  return Status::ok();
}

Status IvfflatStore::recovered(storage::Lsn) {
  for (const auto& index : all()) index->recovered();
  return Status::ok();
}

void IvfflatStore::digest(Digest& out) {
  const storage::Snapshot snapshot = rows_.manager().acquire_snapshot();
  for (const auto& index : all()) {
    const storage::Relation& relation = index->relation();
    if (index->created.load() == 0 || index->dropped.load() != 0 || relation.dropped.load() != 0) continue;
    const std::string space = "ivfflat:" + std::to_string(index->id());
    const std::size_t width = sizeof(float) * index->lists().options().dimensions;
    index->lists().each([&](const Entry& e) {
      const storage::VersionRef v = relation.visible(e.row, snapshot, rows_.manager());
      if (!index->has_slot(v, e.slot)) return;
      out.add(space, {reinterpret_cast<const std::uint8_t*>(v.chunk->vector(index->column(), v.slot)), width});
    });
  }
  rows_.manager().release_snapshot(snapshot);
}

void IvfflatStore::statistics(const std::function<void(std::string_view, double)>& report) {
  double bytes = 0, entries = 0;
  for (const auto& index : all()) {
    bytes += static_cast<double>(index->memory_bytes());
    entries += static_cast<double>(index->lists().entry_count());
  }
  report("ivfflat.bytes", bytes);
  report("ivfflat.entries", entries);
}

}  // namespace orrery::index::ivfflat
