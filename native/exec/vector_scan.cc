// vector_scan.cc: the two ways to rows by distance.
#include "vector_scan.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "../index/vector_distance.h"

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

/// Asked for after the snapshot was taken: with every version that it sees.
index::MatchMap::View matches_of(index::hnsw::HnswIndex& index, const Predicate& predicate) {
  if (predicate.empty()) return {};
  return index.matches(predicate.program(), [&predicate](const storage::Chunk& chunk, std::vector<std::uint32_t>& slots) { predicate.filter(chunk, slots); });
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
            [this](storage::RowId row, std::uint32_t slot) { return accepts(row, slot); }, !query_.predicate.empty(),
            index::hnsw::Scan::WhenExact::kYield, matches_of(*index_, query_.predicate),
            [this](storage::RowId row) { index_->relation().prefetch(row, index_->column()); }),
      output_(index_->relation(), query_) {
  if (index_->relation().mostly_alive()) walk_.ask_late();
  index_->relation().note_read(snapshot, manager, storage::Serializability::Read::kRelation);
}
HnswScan::~HnswScan() = default;

bool HnswScan::accepts(storage::RowId row, std::uint32_t slot) const {
  const VersionRef v = index_->relation().visible(row, hold_.snapshot(), hold_.manager());
  return index_->has_slot(v, slot) && query_.predicate.matches(v);
}

void HnswScan::find(std::uint64_t want) {
  const auto& options = index_->graph().options();
  while (!ended_ && output_.size() < want && (output_.empty() || walk_.buffered() > 0)) {
    Hit hit;
    if (!walk_.next(hit)) break;
    const VersionRef v = index_->relation().visible(hit.row, hold_.snapshot(), hold_.manager());
    const double distance = sql_distance(options.metric, query_.values.data(), v.chunk->vector(index_->column(), v.slot), options.dimensions);
    // In order within a batch: what follows in this one is farther, and what a later one would bring nearer was missed.
    if (distance > query_.max_distance) ended_ = true;
    else output_.add(v, distance);
  }
  if (walk_.yielded())
    exact_ = std::make_unique<ExactVectorScan>(hold_.manager(), hold_.snapshot(), index_->relation(), index_->column(), options.metric, query_,
                                               options.metric != index::Metric::kCosine && options.metric != index::Metric::kSparseCosine);
}

std::int64_t HnswScan::next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) {
  if (!exact_ && output_.empty()) {
    output_.clear();
    // The first block ends at the limit, and no block makes the walk go on for rows that may not be wanted.
    find(returned_ < query_.limit ? std::min<std::uint64_t>(max_rows, query_.limit - returned_) : max_rows);
    returned_ += output_.size();
  }
  return exact_ ? exact_->next(block, capacity, max_rows) : output_.write(block, capacity, max_rows);
}

IvfflatScan::IvfflatScan(storage::TransactionManager& manager, const storage::Snapshot& snapshot,
                         std::shared_ptr<index::ivfflat::IvfflatIndex> index, VectorQuery query, std::uint32_t probes, std::uint32_t max_probes)
    : hold_(manager, snapshot), index_(std::move(index)), query_(std::move(query)), probes_(std::max(1u, probes)),
      max_probes_(std::max(probes_, max_probes)), output_(index_->relation(), query_) {
  index_->relation().note_read(snapshot, manager, storage::Serializability::Read::kRelation);
}

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
      const double distance = sql_distance(lists.options().metric, query_.values.data(), values, lists.options().dimensions);
      if (!(distance > query_.max_distance)) found_.push_back({distance, e.row, v});
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
                                 std::uint32_t column, index::Metric metric, VectorQuery query, bool with_nan)
    : hold_(manager, snapshot), relation_(relation), column_(column), metric_(metric), query_(std::move(query)), with_nan_(with_nan),
      output_(relation, query_) {
  relation.note_read(snapshot, manager, storage::Serializability::Read::kRelation);
}

/// What one thread found: with a limit a heap whose front is the farthest.
struct ExactVectorScan::Part {
  std::vector<Found> found;
  std::vector<Found> without_order;  // NaN
  std::vector<std::uint32_t> slots;

  void add(const Found& f, std::uint32_t limit) {
    if (limit != 0 && found.size() == limit) {
      if (!nearer<Found>(f, found.front())) return;
      std::pop_heap(found.begin(), found.end(), nearer<Found>);
      found.back() = f;
    } else {
      found.push_back(f);
    }
    if (limit != 0) std::push_heap(found.begin(), found.end(), nearer<Found>);
  }
};

void ExactVectorScan::compare_chunk(const storage::Chunk& chunk, Part& part) const {
  // Ordered by the kernel's own result first: a square root and a float64 sum for each row would cost as much as fetching it.
  const index::QueryDistance distance(metric_, relation_.column(column_).type.dimensions, query_.values.data());
  const double bound = (metric_ == index::Metric::kL2 || metric_ == index::Metric::kSparseL2) && query_.max_distance >= 0 ? query_.max_distance * query_.max_distance : query_.max_distance;
  const auto farthest = static_cast<float>(bound + std::abs(bound) * 1e-5);  // the caller judges what is this close
  auto& slots = part.slots;
  slots.clear();
  const bool all = chunk.all_visible(hold_.snapshot().read_ts);
  for (std::uint32_t slot = 0, count = chunk.count(); slot < count; slot++)
    if (all || chunk.is_visible(slot, hold_.snapshot(), hold_.manager())) slots.push_back(slot);
  query_.predicate.filter(chunk, slots);
  // Where the vectors lie is found out once, for some rows ahead of those that are compared.
  constexpr std::size_t kBatch = 512, kAhead = 8;
  const float* vectors[kBatch];
  for (std::size_t begin = 0; begin < slots.size(); begin += kBatch) {
    const std::size_t count = std::min(kBatch, slots.size() - begin);
    for (std::size_t i = 0; i < count; i++) vectors[i] = chunk.vector(column_, slots[begin + i]);
    for (std::size_t i = 0; i < count; i++) {
      if (i + kAhead < count) distance.prefetch(vectors[i + kAhead]);
      if (vectors[i] == nullptr) continue;
      const std::uint32_t slot = slots[begin + i];
      const float d = distance(vectors[i]);
      if (d > farthest) continue;
      const bool is_full = query_.limit != 0 && part.found.size() == query_.limit;
      if (is_full && d > static_cast<float>(part.found.front().distance)) continue;
      const Found f{d, chunk.row_id(slot), {&chunk, slot}};
      if (!std::isnan(d)) part.add(f, query_.limit);
      else if (with_nan_ && (query_.limit == 0 || part.without_order.size() < query_.limit)) part.without_order.push_back(f);
    }
  }
}

void ExactVectorScan::compare_all() {
  const std::uint32_t dimensions = relation_.column(column_).type.dimensions;
  const std::uint32_t chunks = relation_.chunk_count();
  std::atomic<std::uint32_t> next{0};
  const auto work = [&](Part& part) {
    for (std::uint32_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < chunks;)
      if (const storage::Chunk* chunk = relation_.chunk(i)) compare_chunk(*chunk, part);
  };
  // A thread costs some 30 us to start and end; memory gives 10 GB a second.
  constexpr double kWorthAThread = 16e6;
  const double bytes = static_cast<double>(relation_.row_limit()) * dimensions * sizeof(float);
  const unsigned threads = std::min<unsigned>(index::all_cores(), static_cast<unsigned>(std::min(bytes / kWorthAThread, 64.0)) + 1);
  std::vector<Part> parts(threads);
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; i++) others.emplace_back([&, i] { work(parts[i]); });
  work(parts[0]);
  for (auto& t : others) t.join();

  std::vector<Found> without_order;
  for (Part& part : parts) {
    found_.insert(found_.end(), part.found.begin(), part.found.end());
    without_order.insert(without_order.end(), part.without_order.begin(), part.without_order.end());
  }
  for (Found& f : found_)
    f.distance = sql_distance(metric_, query_.values.data(), f.version.chunk->vector(column_, f.version.slot), dimensions);
  std::sort(found_.begin(), found_.end(), nearer<Found>);
  std::sort(without_order.begin(), without_order.end(), nearer<Found>);
  found_.insert(found_.end(), without_order.begin(), without_order.end());
  if (query_.limit != 0 && found_.size() > query_.limit) found_.resize(query_.limit);
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
