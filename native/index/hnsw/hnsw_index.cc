// hnsw_index.cc: from row versions to nodes.
#include "hnsw_index.h"

namespace orrery::index::hnsw {

using storage::VersionRef;

HnswIndex::HnswIndex(storage::RelationId id, storage::Relation& relation, std::uint32_t column, const Options& options)
    : VectorColumnIndex(id, relation, column), graph_(options) {}

/// Beyond these a neighbor count would not fit its byte, nor the walk's buffer.
bool HnswIndex::is_valid(const Options& o) noexcept {
  return is_metric(o.metric) && is_quantizable(o.metric, o.quantization) && o.m >= 2 && o.m <= 100 && o.ef_construction >= 4 &&
         o.ef_construction <= 1000;
}

void HnswIndex::write_options(ByteWriter& out, const Options& options) {
  out.u8(static_cast<std::uint8_t>(options.metric));
  out.varint(options.m);
  out.varint(options.ef_construction);
  if (options.quantization != Quantization::kNone) out.u8(static_cast<std::uint8_t>(options.quantization));
}

Options HnswIndex::read_options(ByteReader& in) {
  Options options;
  options.metric = static_cast<Metric>(in.u8());
  options.m = static_cast<std::uint32_t>(in.varint());
  options.ef_construction = static_cast<std::uint32_t>(in.varint());
  if (in.ok() && in.remaining() > 0) options.quantization = static_cast<Quantization>(in.u8());
  return options;
}

void HnswIndex::save(ByteWriter& out, const IsCurrent& current) const {
  const Options& options = graph_.options();
  out.u32(id());
  out.u32(relation().id());
  out.u32(column());
  out.u64(created.load());
  out.u8(static_cast<std::uint8_t>(options.metric));
  out.u32(options.m);
  out.u32(options.ef_construction);
  graph_.save(out, current);
  recall().write(out);
}

Status HnswIndex::load(ByteReader& in, const Locate& locate) {
  if (Status s = graph_.load(in, locate); !s.is_ok()) return s;
  if (in.remaining() == 0) return Status::ok();  // of a version that measured nothing
  if (!RecallProfile::read(in, &recall_)) return Status::error(StatusCode::kCorrupt, "hnsw image: recall");
  probed_nodes_ = recall_.nodes;
  return Status::ok();
}

HnswIndex::Header HnswIndex::read_header(ByteReader& in) {
  Header header;
  header.id = in.u32();
  header.relation = in.u32();
  header.column = in.u32();
  header.created = in.u64();
  header.options.metric = static_cast<Metric>(in.u8());
  header.options.m = in.u32();
  header.options.ef_construction = in.u32();
  header.options.quantization = Graph::quantization_of(in);
  return header;
}

void HnswIndex::statistics(const std::function<void(std::string_view, double)>& add) const {
  const Facts facts = graph_.facts();
  add("bytes", static_cast<double>(facts.bytes));
  add("nodes", static_cast<double>(facts.nodes));
  add("removed", static_cast<double>(facts.removed));
}

HnswIndex::~HnswIndex() {
  stop_ = true;
  if (maintenance_.joinable()) maintenance_.join();
}

Status HnswIndex::insert(std::span<const VersionRef> versions, storage::Xid, std::size_t* failed) {
  if (recovering_) return Status::ok();
  for (std::size_t i = 0; i < versions.size(); i++) {
    Item item;
    if (!item_of(versions[i], &item)) continue;
    if (Status s = graph_.insert(item); !s.is_ok()) {
      *failed = i;
      return s;
    }
  }
  if (is_probe_due()) maintain_if_due();
  return Status::ok();
}

void HnswIndex::remove(std::span<const VersionRef> versions) noexcept {
  if (recovering_) return;
  for (const VersionRef v : versions) {
    Item item;
    if (item_of(v, &item)) graph_.remove(item.row, item.slot);
  }
  maintain_if_due();
}

void HnswIndex::remove_stale(VersionRef version) noexcept {
  Item item;
  if (recovering_ || !item_of(version, &item) || is_needed_by_another(version, item)) return;
  graph_.remove(item.row, item.slot);
  maintain_if_due();
}

Status HnswIndex::build(storage::CommitTs oldest, unsigned threads) {
  if (Status s = graph_.build(items_since(oldest), threads); !s.is_ok()) return s;
  probe();
  return Status::ok();
}

Status HnswIndex::recovered() {
  recovering_ = false;
  const storage::Relation& rows = relation();
  std::vector<std::pair<RowId, std::uint32_t>> dead;
  graph_.each([&](RowId row, std::uint32_t slot) {
    if (!has_slot(rows.newest(row), slot)) dead.push_back({row, slot});
  });
  for (const auto& [row, slot] : dead) graph_.remove(row, slot);
  std::vector<Item> items = newest_items();
  std::erase_if(items, [this](const Item& item) { return graph_.has(item.row, item.slot); });
  Status status = graph_.build(items, all_cores());
  maintain_if_due();
  return status;
}

std::uint32_t HnswIndex::effort(std::uint32_t ef, double recall_target, std::uint32_t limit) const {
  if (recall_target <= 0) return ef;
  const std::scoped_lock lock(recall_latch_);
  return recall_.is_measured() ? recall_.effort(recall_target, std::max(1u, limit)) : ef;
}

RecallProfile HnswIndex::recall() const {
  const std::scoped_lock lock(recall_latch_);
  return recall_;
}

/// A tenth of the graph: walks pass removed nodes at full cost, so this bounds what they cost.
bool HnswIndex::is_repair_due() const {
  const std::size_t removed = graph_.removed_count();
  return removed >= 256 && removed >= graph_.size() / 10;
}

/// Below that a walk sees nearly everything anyway.
bool HnswIndex::is_probe_due() const noexcept { return graph_.size() >= std::max<std::uint64_t>(1000, 2 * probed_nodes_.load(std::memory_order_relaxed)); }

void HnswIndex::probe() {
  constexpr std::uint32_t kQueries = 100;
  RecallProfile profile = measure_profile(graph_, kQueries, all_cores(), &stop_);
  probed_nodes_ = std::max<std::uint64_t>(profile.nodes, 1);
  const std::scoped_lock lock(recall_latch_);
  recall_ = std::move(profile);
}

void HnswIndex::maintain_if_due() {
  if (!is_probe_due() && !is_repair_due()) return;
  const std::scoped_lock lock(maintenance_latch_);
  if (stop_ || maintaining_.exchange(true)) return;
  if (maintenance_.joinable()) maintenance_.join();
  maintenance_ = std::thread([this] {
    const bool repaired = is_repair_due() && graph_.repair(&stop_) > 0;
    if (repaired || is_probe_due()) probe();
    maintaining_ = false;
  });
}

}  // namespace orrery::index::hnsw
