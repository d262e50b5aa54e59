#include "scan.h"

#include <algorithm>
#include <cstring>

namespace orrery::storage {

ScanTable::Handle ScanTable::open(std::unique_ptr<Scan> scan) {
  std::lock_guard guard(mutex_);
  if (!free_.empty()) {
    const Handle h = free_.back();
    free_.pop_back();
    scans_[h - 1] = std::move(scan);
    return h;
  }
  scans_.push_back(std::move(scan));
  return static_cast<Handle>(scans_.size());
}

Scan* ScanTable::find(Handle handle) {
  std::lock_guard guard(mutex_);
  return handle == 0 || handle > scans_.size() ? nullptr : scans_[handle - 1].get();
}

void ScanTable::close(Handle handle) {
  std::unique_ptr<Scan> gone;  // destroyed outside the latch: it may release a snapshot
  std::lock_guard guard(mutex_);
  if (handle == 0 || handle > scans_.size() || !scans_[handle - 1]) return;
  gone = std::move(scans_[handle - 1]);
  free_.push_back(handle);
}

std::unique_ptr<Scan> ScanTable::take(Handle handle) {
  std::lock_guard guard(mutex_);
  if (handle == 0 || handle > scans_.size() || !scans_[handle - 1]) return nullptr;
  std::unique_ptr<Scan> taken = std::move(scans_[handle - 1]);
  free_.push_back(handle);
  return taken;
}

SnapshotHold::SnapshotHold(TransactionManager& manager, const Snapshot& snapshot)
    : manager_(manager), snapshot_(snapshot), held_(manager.hold_snapshot(snapshot)) {}
SnapshotHold::~SnapshotHold() { manager_.release_snapshot(held_); }

namespace {
constexpr std::size_t align8(std::size_t n) { return (n + 7) & ~std::size_t{7}; }
void put_u32(std::uint8_t* at, std::uint32_t v) { std::memcpy(at, &v, sizeof v); }
}  // namespace

VersionBlockWriter::VersionBlockWriter(const Relation& relation, std::vector<std::uint32_t> columns, bool with_row_ids)
    : relation_(relation), columns_(std::move(columns)), with_row_ids_(with_row_ids), all_fixed_(true), row_bytes_(with_row_ids ? 8 : 0) {
  for (const std::uint32_t c : columns_) {
    const ColumnType type = relation.column(c).type;
    row_bytes_ += 1 + width_of(type.type, type.dimensions);
    if (type.type == PhysicalType::kVarlen) all_fixed_ = false;
  }
}

std::uint32_t VersionBlockWriter::fit(std::span<const VersionRef> versions, std::size_t capacity, std::size_t extra_width,
                                      std::size_t* need) const {
  // Header, descriptors (extras at most 4), and up to 16 bytes of alignment and end offset for each column.
  const std::size_t fixed = 16 + 16 * (columns_.size() + 4) + 24 * (columns_.size() + 4) + 8;
  const std::size_t row = row_bytes_ + extra_width;
  if (all_fixed_) {
    const std::size_t rows = capacity <= fixed ? 0 : row == 0 ? versions.size() : (capacity - fixed) / row;
    *need = fixed + row;
    return static_cast<std::uint32_t>(std::min(rows, versions.size()));
  }
  std::size_t total = fixed;
  for (std::uint32_t i = 0; i < versions.size(); i++) {
    total += row;
    for (const std::uint32_t c : columns_)
      if (relation_.column(c).type.type == PhysicalType::kVarlen && !versions[i].chunk->is_null(c, versions[i].slot))
        total += versions[i].chunk->varlen(c, versions[i].slot).size();
    if (total > capacity) {
      *need = total;
      return i;
    }
  }
  return static_cast<std::uint32_t>(versions.size());
}

void VersionBlockWriter::write(std::span<const VersionRef> versions, std::uint8_t* block, std::span<const Extra> extras) const {
  const auto n = static_cast<std::uint32_t>(versions.size());
  const std::size_t columns = columns_.size() + extras.size();
  put_u32(block, n);
  put_u32(block + 4, static_cast<std::uint32_t>(columns));
  std::size_t at = 16 + 16 * columns;
  std::size_t ids = 0;
  if (with_row_ids_) {
    ids = at;
    auto* out = reinterpret_cast<double*>(block + at);
    for (std::uint32_t i = 0; i < n; i++) out[i] = static_cast<double>(versions[i].row_id());
    at += 8 * n;
  }
  put_u32(block + 8, static_cast<std::uint32_t>(ids));
  for (std::size_t i = 0; i < columns_.size(); i++) write_column(columns_[i], versions, block, 16 + 16 * i, at);
  for (std::size_t i = 0; i < extras.size(); i++) {
    at = align8(at);
    std::uint8_t* descriptor = block + 16 + 16 * (columns_.size() + i);
    std::memset(descriptor, 0, 16);
    descriptor[0] = static_cast<std::uint8_t>(extras[i].type);
    put_u32(descriptor + 12, static_cast<std::uint32_t>(at));
    const std::size_t bytes = n * width_of(extras[i].type);
    std::memcpy(block + at, extras[i].values, bytes);
    at += bytes;
  }
  put_u32(block + 12, static_cast<std::uint32_t>(at));
}

void VersionBlockWriter::write_column(std::uint32_t column, std::span<const VersionRef> versions, std::uint8_t* block,
                                      std::size_t descriptor_at, std::size_t& at) const {
  const ColumnType type = relation_.column(column).type;
  const auto n = static_cast<std::uint32_t>(versions.size());
  std::uint8_t* descriptor = block + descriptor_at;
  std::memset(descriptor, 0, 16);
  descriptor[0] = static_cast<std::uint8_t>(type.type);
  put_u32(descriptor + 4, type.dimensions);

  bool nulls = false;
  for (std::uint32_t i = 0; i < n && !nulls; i++)
    if (i == 0 || versions[i].chunk != versions[i - 1].chunk) nulls = !versions[i].chunk->no_nulls(column);
  const std::uint8_t* valid = nullptr;
  if (nulls) {
    put_u32(descriptor + 8, static_cast<std::uint32_t>(at));
    valid = block + at;
    for (std::uint32_t i = 0; i < n; i++) block[at + i] = versions[i].chunk->is_null(column, versions[i].slot) ? 0 : 1;
    at += n;
  }
  at = align8(at);
  put_u32(descriptor + 12, static_cast<std::uint32_t>(at));

  if (type.type == PhysicalType::kVarlen) {
    auto* offsets = reinterpret_cast<std::uint32_t*>(block + at);
    std::size_t bytes = at + 4 * (static_cast<std::size_t>(n) + 1);
    for (std::uint32_t i = 0; i < n; i++) {
      offsets[i] = static_cast<std::uint32_t>(bytes);
      if (valid != nullptr && valid[i] == 0) continue;
      const std::string_view value = versions[i].chunk->varlen(column, versions[i].slot);
      std::memcpy(block + bytes, value.data(), value.size());
      bytes += value.size();
    }
    offsets[n] = static_cast<std::uint32_t>(bytes);
    at = bytes;
    at = align8(at);
    return;
  }
  if (type.type == PhysicalType::kVector) {
    const std::size_t width = 4 * static_cast<std::size_t>(type.dimensions);
    for (std::uint32_t i = 0; i < n; i++) {
      const float* row = versions[i].chunk->vector(column, versions[i].slot);
      if (row != nullptr) std::memcpy(block + at + i * width, row, width);
      else std::memset(block + at + i * width, 0, width);
    }
    at += n * width;
    return;
  }
  const std::size_t width = width_of(type.type);
  std::uint8_t* out = block + at;
  // Runs of neighbouring slots of one chunk are copied whole: the common case of a table scan.
  for (std::uint32_t i = 0; i < n;) {
    const Chunk* chunk = versions[i].chunk;
    const std::uint32_t first = versions[i].slot;
    std::uint32_t end = i + 1;
    while (end < n && versions[end].chunk == chunk && versions[end].slot == first + (end - i)) end++;
    if (const std::uint8_t* values = chunk->values(column)) {
      const std::size_t bytes = (end - i) * width;
      if (end - i == 1 && width == 4) std::memcpy(out + i * 4, values + static_cast<std::size_t>(first) * 4, 4);
      else if (end - i == 1 && width == 8) std::memcpy(out + i * 8, values + static_cast<std::size_t>(first) * 8, 8);
      else std::memcpy(out + i * width, values + first * width, bytes);
    } else {
      for (std::uint32_t r = i; r < end; r++) std::memcpy(out + r * width, chunk->fixed_at(column, first, width), width);
    }
    i = end;
  }
  at += n * width;
}

}  // namespace orrery::storage
