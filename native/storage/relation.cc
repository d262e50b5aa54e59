#include "relation.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "../core/check.h"
#include "index.h"

namespace orrery::storage {

Relation::Relation(RelationId id, std::span<const ColumnType> columns) : id_(id) {
  for (const ColumnType& type : columns) {
    add_column(type, true, {});
    columns_[column_count() - 1].added.store(1);
  }
  indexes_ = std::make_shared<const IndexList>();
}

Relation::~Relation() {
  for (std::uint32_t i = 0; i < chunk_count(); i++) delete chunks_[i].load(std::memory_order_relaxed);
}

VersionRef Relation::visible(RowId row, const Snapshot& snapshot, const TransactionManager& manager) const noexcept {
  if (snapshot.serializable) manager.serializability().read(snapshot.xid, id(), Serializability::Read::kRow, row);
  VersionPos pos = newest_pos(row);
  while (pos != kNoVersion) {
    const VersionRef v = version(pos);
    if (!v) return {};
    if (v.chunk->is_visible(v.slot, snapshot, manager)) return v;
    const Stamp begin = v.chunk->begin(v.slot);
    if (!is_open(begin) && begin <= snapshot.read_ts) return {};  // invariant 3
    pos = v.chunk->older(v.slot);
  }
  return {};
}

std::uint64_t Relation::live_estimate() const noexcept {
  const std::int64_t n = live_rows.load(std::memory_order_relaxed);
  return n < 0 ? 0 : static_cast<std::uint64_t>(n);
}

std::size_t Relation::memory_bytes() const noexcept {
  std::size_t bytes = sizeof(Relation);
  const std::uint32_t chunks = chunk_count();
  for (std::uint32_t i = 0; i < chunks; i++)
    if (const Chunk* c = chunk(i)) bytes += c->memory_bytes();
  for (std::uint32_t i = 0; i < column_count(); i++)
    if (const auto& matrix = column(i).matrix) bytes += matrix->memory_bytes();
  return bytes + row_limit() * sizeof(std::uint64_t);
}

void Relation::attach_index(std::shared_ptr<SecondaryIndex> index) {
  auto list = std::make_shared<IndexList>(*indexes());
  list->push_back(std::move(index));
  std::atomic_store(&indexes_, std::shared_ptr<const IndexList>(std::move(list)));
}

void Relation::detach_index(RelationId index) {
  auto list = std::make_shared<IndexList>(*indexes());
  std::erase_if(*list, [index](const auto& i) { return i->id() == index; });
  std::atomic_store(&indexes_, std::shared_ptr<const IndexList>(std::move(list)));
}

Relation::Run Relation::allocate(std::uint32_t count) {
  if (tail_ == nullptr || tail_->allocated_ == tail_->capacity_) {
    const std::uint32_t i = chunk_count_.load(std::memory_order_relaxed);
    chunks_.reserve(i + 1);
    tail_ = new Chunk(*this, Layout::first(i), static_cast<std::uint32_t>(Layout::size(i)));
    chunks_[i].store(tail_, std::memory_order_release);
    chunk_count_.store(i + 1, std::memory_order_release);
  }
  const std::uint32_t n = std::min(count, tail_->capacity_ - tail_->allocated_);
  const Run run{tail_, tail_->allocated_, n};
  tail_->allocated_ += n;
  return run;
}

RowId Relation::allocate_rows(std::uint32_t count) {
  const RowId first = row_limit_.load(std::memory_order_relaxed);
  reserve_rows(first + count);
  return first;
}

void Relation::reserve_rows(RowId limit) {
  rows_.reserve(limit);
  if (limit > row_limit_.load(std::memory_order_relaxed)) row_limit_.store(limit, std::memory_order_release);
}

void Relation::write_header(Run run, std::uint32_t i, RowId row, VersionPos older, Stamp begin, bool key_changed, bool moved) noexcept {
  const std::uint32_t slot = run.slot + i;
  run.chunk->stamps_[slot].begin.store(begin, std::memory_order_relaxed);
  run.chunk->stamps_[slot].end.store(kLive, std::memory_order_relaxed);
  run.chunk->headers_[slot].row.store(row | (key_changed ? Chunk::kKeyChanged : 0) | (moved ? Chunk::kMoved : 0), std::memory_order_relaxed);
  run.chunk->headers_[slot].older.store(older, std::memory_order_relaxed);
}

void Relation::write_row(Run run, std::uint32_t i, const Block& block, std::uint32_t row) {
  const std::uint32_t columns = run.chunk->column_count();
  for (std::uint32_t c = 0; c < columns; c++) run.chunk->set_value(c, run.slot + i, block, c, row);
}

void Relation::write_rows(Run run, const Block& block, std::uint32_t row) {
  const std::uint32_t columns = run.chunk->column_count();
  for (std::uint32_t c = 0; c < columns; c++) {
    const PhysicalType type = column(c).type.type;
    if (type == PhysicalType::kVarlen || type == PhysicalType::kVector || block.column(c).validity != nullptr) {
      for (std::uint32_t i = 0; i < run.count; i++) run.chunk->set_value(c, run.slot + i, block, c, row + i);
    } else {
      const std::size_t width = width_of(type);
      std::memcpy(run.chunk->segments_[c].values + run.slot * width, block.column(c).values + row * width, run.count * width);
    }
  }
}

void Relation::write_update(Run run, std::uint32_t i, const Block& block, std::uint32_t row, std::span<const std::uint8_t> changed,
                            VersionRef old) {
  const std::uint32_t columns = run.chunk->column_count();
  for (std::uint32_t c = 0; c < columns; c++) {
    if (c < changed.size() && changed[c] != 0) run.chunk->set_value(c, run.slot + i, block, c, row);
    else run.chunk->copy_value(c, run.slot + i, *old.chunk, old.slot);
  }
}

void Relation::copy_row(Run run, std::uint32_t i, VersionRef old) {
  const std::uint32_t columns = run.chunk->column_count();
  for (std::uint32_t c = 0; c < columns; c++) run.chunk->copy_value(c, run.slot + i, *old.chunk, old.slot);
}

namespace {
void raise_to(std::atomic<CommitTs>& place, CommitTs ts) noexcept {
  CommitTs seen = place.load(std::memory_order_relaxed);
  while (seen < ts && !place.compare_exchange_weak(seen, ts, std::memory_order_release, std::memory_order_relaxed)) {}
}
}  // namespace

void Relation::publish(Run run, Stamp begin) noexcept {
  if (is_open(begin)) run.chunk->unsettled_.fetch_add(run.count, std::memory_order_relaxed);
  else raise_to(run.chunk->max_begin_, begin);
  run.chunk->count_.store(run.slot + run.count, std::memory_order_release);
}

void Relation::set_end(VersionRef version, Stamp stamp) noexcept {
  auto& chunk = const_cast<Chunk&>(*version.chunk);
  chunk.ended_.fetch_add(1, std::memory_order_release);
  chunk.stamps_[version.slot].end.store(stamp, std::memory_order_release);
  if (!is_open(stamp)) dead_versions.fetch_add(1, std::memory_order_relaxed);
}

void Relation::clear_end(VersionRef version) noexcept {
  auto& chunk = const_cast<Chunk&>(*version.chunk);
  chunk.headers_[version.slot].row.fetch_and(~Chunk::kLeft, std::memory_order_relaxed);
  chunk.stamps_[version.slot].end.store(kLive, std::memory_order_release);
  chunk.ended_.fetch_sub(1, std::memory_order_release);
}

void Relation::mark_left(VersionRef version) noexcept {
  const_cast<Chunk&>(*version.chunk).headers_[version.slot].row.fetch_or(Chunk::kLeft, std::memory_order_relaxed);
}

void Relation::abort_version(VersionRef version) noexcept {
  auto& chunk = const_cast<Chunk&>(*version.chunk);
  chunk.ended_.fetch_add(1, std::memory_order_release);
  chunk.stamps_[version.slot].begin.store(kAborted, std::memory_order_release);
  chunk.unsettled_.fetch_sub(1, std::memory_order_release);
  dead_versions.fetch_add(1, std::memory_order_relaxed);
}

void Relation::settle_begin(VersionRef version, CommitTs ts) noexcept {
  auto& chunk = const_cast<Chunk&>(*version.chunk);
  chunk.stamps_[version.slot].begin.store(ts, std::memory_order_release);
  raise_to(chunk.max_begin_, ts);
  chunk.unsettled_.fetch_sub(1, std::memory_order_release);
}

void Relation::settle_end(VersionRef version, CommitTs ts) noexcept {
  auto& chunk = const_cast<Chunk&>(*version.chunk);
  chunk.stamps_[version.slot].end.store(ts, std::memory_order_release);
  dead_versions.fetch_add(1, std::memory_order_relaxed);
}

void Relation::add_column(ColumnType type, bool missing_null, std::string_view missing) {
  const std::uint32_t i = column_count_.load(std::memory_order_relaxed);
  columns_.reserve(i + 1);
  Column& column = columns_[i];
  column.type = type;
  column.missing_null = missing_null;
  column.missing = missing_null ? std::string(type.type == PhysicalType::kVarlen ? 0 : width_of(type.type, type.dimensions), '\0')
                                : std::string(missing);
  column.added.store(0);
  column.missing_slot = MatrixStore::kNoSlot;
  column.matrix.reset();
  if (type.type == PhysicalType::kVector) {
    column.matrix = std::make_unique<MatrixStore>(type.dimensions);
    if (!missing_null) {
      std::vector<float> row(type.dimensions);
      std::memcpy(row.data(), missing.data(), row.size() * sizeof(float));
      column.missing_slot = column.matrix->append(row.data());
    }
  }
  column_count_.store(i + 1, std::memory_order_release);
  tail_ = nullptr;  // rows from now on lie in chunks that have the column
}

void Relation::settle_column(std::uint32_t column, CommitTs ts) noexcept { columns_[column].added.store(ts); }

void Relation::remove_last_column() {
  column_count_.fetch_sub(1, std::memory_order_release);
  tail_ = nullptr;
}

void Relation::unlink(VersionRef newer, VersionRef gone) noexcept {
  Chunk::Header& header = const_cast<Chunk&>(*newer.chunk).headers_[newer.slot];
  std::uint64_t row = header.row.load(std::memory_order_relaxed);
  // What `newer` says of its change is now said of both.
  if (gone.chunk->key_changed(gone.slot)) row |= Chunk::kKeyChanged;
  if (!gone.chunk->moved(gone.slot)) row &= ~Chunk::kMoved;
  header.row.store(row, std::memory_order_relaxed);
  header.older.store(gone.chunk->older(gone.slot), std::memory_order_release);
  const_cast<Chunk&>(*gone.chunk).stamps_[gone.slot].begin.store(kAborted, std::memory_order_release);
}

bool Relation::is_judged(const Chunk& chunk, CommitTs oldest) noexcept {
  const Chunk::Judgement now{oldest, pruned_ts, chunk.ended()};
  return std::exchange(const_cast<Chunk&>(chunk).judgement_, now) == now;
}

std::unique_ptr<Chunk> Relation::detach_chunk(std::uint32_t i) noexcept {
  Chunk* c = chunks_[i].exchange(nullptr, std::memory_order_acq_rel);
  if (c == tail_) tail_ = nullptr;
  return std::unique_ptr<Chunk>(c);
}

}  // namespace orrery::storage
