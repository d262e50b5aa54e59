// vector_scan.cc: the two ways to rows by distance.
#include "vector_scan.h"

#include <algorithm>
#include <cmath>

namespace orrery::exec {

using index::hnsw::Hit;
using index::hnsw::sql_distance;
using storage::VersionRef;

namespace {

/// By distance, NaN last; equal ones by row id.
template <typename Found>
bool nearer(const Found& a, const Found& b) noexcept {
  const bool a_nan = std::isnan(a.distance), b_nan = std::isnan(b.distance);
  if (a_nan != b_nan) return b_nan;
  if (!a_nan && a.distance != b.distance) return a.distance < b.distance;
  return a.row < b.row;
}

}  // namespace

std::int64_t VectorOutput::write(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) {
  std::span<const VersionRef> rest(versions_);
  rest = rest.subspan(given_, std::min<std::size_t>(size(), max_rows));
  if (rest.empty()) return 0;
  std::size_t need = 0;
  const std::uint32_t n = writer_.fit(rest, capacity, sizeof(double), &need);
  if (n == 0) return -static_cast<std::int64_t>(need);
  const storage::VersionBlockWriter::Extra distances{PhysicalType::kFloat64, distances_.data() + given_};
  writer_.write(rest.first(n), block, {&distances, 1});
  given_ += n;
  return n;
}

HnswScan::HnswScan(storage::TransactionManager& manager, const storage::Snapshot& snapshot,
                   std::shared_ptr<index::hnsw::HnswIndex> index, VectorQuery query, std::uint32_t ef)
    : hold_(manager, snapshot), index_(std::move(index)), query_(std::move(query)),
      walk_(index_->graph(), query_.values.data(), std::max(ef, query_.limit),
            [this](storage::RowId row, std::uint32_t slot) { return accepts(row, slot); }, !query_.predicate.empty()),
      output_(index_->relation(), query_) {}

bool HnswScan::accepts(storage::RowId row, std::uint32_t slot) const {
  const VersionRef v = index_->relation().visible(row, hold_.snapshot(), hold_.manager());
  return index_->has_slot(v, slot) && query_.predicate.matches(v);
}

std::int64_t HnswScan::next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) {
  if (output_.empty()) {
    output_.clear();
    // The first block ends at the limit, and no block makes the walk go on for rows that may not be wanted.
    const std::uint64_t want = returned_ < query_.limit ? std::min<std::uint64_t>(max_rows, query_.limit - returned_) : max_rows;
    const auto& graph = index_->graph();
    for (Hit hit; output_.size() < want && (output_.empty() || walk_.buffered() > 0) && walk_.next(hit);) {
      const VersionRef v = index_->relation().visible(hit.row, hold_.snapshot(), hold_.manager());
      const float* values = v.chunk->vector(index_->column(), v.slot);
      output_.add(v, sql_distance(graph.options().metric, query_.values.data(), values, graph.options().dimensions));
    }
    returned_ += output_.size();
  }
  return output_.write(block, capacity, max_rows);
}

IvfflatScan::IvfflatScan(storage::TransactionManager& manager, const storage::Snapshot& snapshot,
                         std::shared_ptr<index::ivfflat::IvfflatIndex> index, VectorQuery query, std::uint32_t probes, std::uint32_t max_probes)
    : hold_(manager, snapshot), index_(std::move(index)), query_(std::move(query)), probes_(std::max(1u, probes)),
      max_probes_(std::max(probes_, max_probes)), output_(index_->relation(), query_) {}

void IvfflatScan::read_lists() {
  const auto& lists = index_->lists();
  if (order_.empty()) order_ = lists.order(query_.values.data());
  found_.clear();
  at_ = 0;
  std::vector<index::ivfflat::Entry> entries;
  const std::size_t end = std::min<std::size_t>({read_ + probes_, max_probes_, order_.size()});
  for (; read_ < end; read_++) {
    entries.clear();
    lists.collect(order_[read_], entries);
    for (const auto& e : entries) {
      const VersionRef v = index_->relation().visible(e.row, hold_.snapshot(), hold_.manager());
      if (!index_->has_slot(v, e.slot) || !query_.predicate.matches(v)) continue;
      const float* values = v.chunk->vector(index_->column(), v.slot);
      found_.push_back({sql_distance(lists.options().metric, query_.values.data(), values, lists.options().dimensions), e.row, v});
    }
  }
  std::sort(found_.begin(), found_.end(), nearer<Found>);
}

std::int64_t IvfflatScan::next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) {
  if (output_.empty()) {
    output_.clear();
    while (at_ == found_.size() && (order_.empty() || (read_ < max_probes_ && read_ < order_.size()))) read_lists();
    for (; output_.size() < max_rows && at_ < found_.size(); at_++) output_.add(found_[at_].version, found_[at_].distance);
  }
  return output_.write(block, capacity, max_rows);
}

ExactVectorScan::ExactVectorScan(storage::TransactionManager& manager, const storage::Snapshot& snapshot, const storage::Relation& relation,
                                 std::uint32_t column, index::Metric metric, VectorQuery query)
    : hold_(manager, snapshot), relation_(relation), column_(column), metric_(metric), query_(std::move(query)), output_(relation, query_) {}

void ExactVectorScan::compare_all() {
  const std::uint32_t dimensions = relation_.column(column_).type.dimensions;
  std::vector<std::uint32_t> slots;
  for (std::uint32_t i = 0, chunks = relation_.chunk_count(); i < chunks; i++) {
    const storage::Chunk* chunk = relation_.chunk(i);
    if (chunk == nullptr) continue;
    const std::uint32_t count = chunk->count();
    const bool all = chunk->all_visible(hold_.snapshot().read_ts);
    slots.clear();
    for (std::uint32_t slot = 0; slot < count; slot++)
      if (all || chunk->is_visible(slot, hold_.snapshot(), hold_.manager())) slots.push_back(slot);
    query_.predicate.filter(*chunk, slots);
    for (const std::uint32_t slot : slots) {
      const float* values = chunk->vector(column_, slot);
      if (values == nullptr) continue;
      const Found f{sql_distance(metric_, query_.values.data(), values, dimensions), chunk->row_id(slot), {chunk, slot}};
      if (query_.limit == 0 || found_.size() < query_.limit) {
        found_.push_back(f);
        if (query_.limit != 0) std::push_heap(found_.begin(), found_.end(), nearer<Found>);
      } else if (nearer<Found>(f, found_.front())) {
        std::pop_heap(found_.begin(), found_.end(), nearer<Found>);
        found_.back() = f;
        std::push_heap(found_.begin(), found_.end(), nearer<Found>);
      }
    }
  }
  std::sort(found_.begin(), found_.end(), nearer<Found>);
}

std::int64_t ExactVectorScan::next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) {
  if (!compared_) {
    compared_ = true;
    compare_all();
  }
  if (output_.empty()) {
    output_.clear();
    for (; output_.size() < max_rows && at_ < found_.size(); at_++) output_.add(found_[at_].version, found_[at_].distance);
  }
  return output_.write(block, capacity, max_rows);
}

}  // namespace orrery::exec
