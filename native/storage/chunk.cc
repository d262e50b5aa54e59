#include "chunk.h"

#include <cstdlib>
#include <cstring>

#include "../core/check.h"
#include "relation.h"

namespace orrery::storage {
namespace {

constexpr std::size_t align16(std::size_t n) { return (n + 15) & ~std::size_t{15}; }

/// Bytes that a value takes in a chunk's array.
constexpr std::size_t stored_width(PhysicalType type) {
  return type == PhysicalType::kVarlen ? sizeof(VarlenEntry) : type == PhysicalType::kVector ? sizeof(std::uint32_t) : width_of(type);
}

}  // namespace

Chunk::Chunk(const Relation& relation, VersionPos first, std::uint32_t capacity)
    : relation_(relation), first_(first), capacity_(capacity), column_count_(relation.column_count()) {
  std::size_t size = capacity * (sizeof(Stamps) + sizeof(Header));
  for (std::uint32_t i = 0; i < column_count_; i++) size += align16(capacity * stored_width(relation.column(i).type.type));
  // calloc: large chunks come as untouched zero pages, so a chunk costs what is written to it.
  memory_ = static_cast<std::uint8_t*>(std::calloc(1, size));
  ORRERY_ASSERT(memory_ != nullptr);
  std::uint8_t* at = memory_;
  stamps_ = reinterpret_cast<Stamps*>(at);
  at += capacity * sizeof(Stamps);
  headers_ = reinterpret_cast<Header*>(at);
  at += capacity * sizeof(Header);
  segments_ = std::make_unique<Segment[]>(column_count_);
  for (std::uint32_t i = 0; i < column_count_; i++) {
    segments_[i].values = at;
    segments_[i].type = relation.column(i).type.type;
    segments_[i].width = static_cast<std::uint8_t>(stored_width(segments_[i].type));
    at += align16(capacity * stored_width(relation.column(i).type.type));
  }
  bytes_.store(size + sizeof(Chunk) + column_count_ * sizeof(Segment), std::memory_order_relaxed);
}

Chunk::~Chunk() {
  for (std::uint32_t c = 0; c < column_count_; c++) {
    std::free(segments_[c].validity.load(std::memory_order_relaxed));
    if (!has_shared_ || segments_[c].type != PhysicalType::kVarlen) continue;
    const auto* entries = reinterpret_cast<const VarlenEntry*>(segments_[c].values);
    for (std::uint32_t slot = 0; slot < allocated_; slot++) {
      if (entries[slot].length <= VarlenEntry::kSharedLength) continue;
      SharedHeader* header = shared_header(entries[slot].pointer());
      if (header->references.fetch_sub(1, std::memory_order_acq_rel) == 1) std::free(header);
    }
  }
  std::free(memory_);
}

bool Chunk::is_null(std::uint32_t column, std::uint32_t slot) const noexcept {
  if (column >= column_count_) return relation_.column(column).missing_null;
  const std::uint8_t* validity = segments_[column].validity.load(std::memory_order_acquire);
  return validity != nullptr && validity[slot] == 0;
}

bool Chunk::no_nulls(std::uint32_t column) const noexcept {
  if (column >= column_count_) return !relation_.column(column).missing_null;
  return segments_[column].validity.load(std::memory_order_acquire) == nullptr;
}

const std::uint8_t* Chunk::fixed_at(std::uint32_t column, std::uint32_t slot, std::size_t width) const noexcept {
  if (column < column_count_) return segments_[column].values + slot * width;
  return reinterpret_cast<const std::uint8_t*>(relation_.column(column).missing.data());
}

std::string_view Chunk::varlen(std::uint32_t column, std::uint32_t slot) const noexcept {
  if (column < column_count_) return reinterpret_cast<const VarlenEntry*>(segments_[column].values)[slot].view();
  return relation_.column(column).missing;
}

std::uint32_t Chunk::vector_slot(std::uint32_t column, std::uint32_t slot) const noexcept {
  if (column >= column_count_) return relation_.column(column).missing_slot;
  if (is_null(column, slot)) return MatrixStore::kNoSlot;
  return reinterpret_cast<const std::uint32_t*>(segments_[column].values)[slot];
}

const float* Chunk::vector(std::uint32_t column, std::uint32_t slot) const noexcept {
  const std::uint32_t at = vector_slot(column, slot);
  return at == MatrixStore::kNoSlot ? nullptr : relation_.column(column).matrix->at(at);
}

void Chunk::set_null(std::uint32_t column, std::uint32_t slot) {
  std::uint8_t* validity = segments_[column].validity.load(std::memory_order_relaxed);
  if (validity == nullptr) {
    validity = static_cast<std::uint8_t*>(std::malloc(capacity_));
    ORRERY_ASSERT(validity != nullptr);
    std::memset(validity, 1, capacity_);
    bytes_.fetch_add(capacity_, std::memory_order_relaxed);
    validity[slot] = 0;
    segments_[column].validity.store(validity, std::memory_order_release);
  } else {
    validity[slot] = 0;
  }
}

char* Chunk::heap_bytes(std::uint32_t length) {
  if (heap_size_ - heap_used_ < length) {
    const std::uint32_t doubled = std::min<std::uint32_t>(heap_size_ == 0 ? 512 : heap_size_ * 2, 1 << 18);
    heap_size_ = std::max(doubled, length);
    heap_.push_back(std::make_unique_for_overwrite<char[]>(heap_size_));
    heap_used_ = 0;
    bytes_.fetch_add(heap_size_, std::memory_order_relaxed);
  }
  char* at = heap_.back().get() + heap_used_;
  heap_used_ += length;
  return at;
}

void Chunk::set_varlen(std::uint32_t column, std::uint32_t slot, std::string_view value) {
  VarlenEntry& entry = reinterpret_cast<VarlenEntry*>(segments_[column].values)[slot];
  entry.length = static_cast<std::uint32_t>(value.size());
  if (value.size() <= VarlenEntry::kInlineLength) {
    std::memcpy(entry.bytes, value.data(), value.size());
    return;
  }
  char* at;
  if (value.size() > VarlenEntry::kSharedLength) {
    void* memory = std::malloc(sizeof(SharedHeader) + value.size());
    ORRERY_ASSERT(memory != nullptr);
    new (memory) SharedHeader{1, static_cast<std::uint32_t>(value.size())};
    at = static_cast<char*>(memory) + sizeof(SharedHeader);
    has_shared_ = true;
    bytes_.fetch_add(sizeof(SharedHeader) + value.size(), std::memory_order_relaxed);
  } else {
    at = heap_bytes(entry.length);
  }
  std::memcpy(at, value.data(), value.size());
  std::memcpy(entry.bytes, value.data(), 4);
  std::memcpy(entry.bytes + 4, &at, sizeof at);
}

void Chunk::set_value(std::uint32_t column, std::uint32_t slot, const Block& block, std::uint32_t block_column, std::uint32_t row) {
  if (block.is_null(block_column, row)) return set_null(column, slot);
  const Column& info = relation_.column(column);
  if (info.type.type == PhysicalType::kVarlen) return set_varlen(column, slot, block.varlen(block_column, row));
  if (info.type.type == PhysicalType::kVector) {
    reinterpret_cast<std::uint32_t*>(segments_[column].values)[slot] = info.matrix->append(block.vector(block_column, row));
    return;
  }
  const std::size_t width = width_of(info.type.type);
  std::memcpy(segments_[column].values + slot * width, block.column(block_column).values + row * width, width);
}

void Chunk::copy_value(std::uint32_t column, std::uint32_t slot, const Chunk& from, std::uint32_t from_slot) {
  if (from.is_null(column, from_slot)) return set_null(column, slot);
  const Column& info = relation_.column(column);
  if (info.type.type == PhysicalType::kVector) {
    reinterpret_cast<std::uint32_t*>(segments_[column].values)[slot] = from.vector_slot(column, from_slot);
  } else if (info.type.type == PhysicalType::kVarlen) {
    const std::string_view value = from.varlen(column, from_slot);
    if (value.size() > VarlenEntry::kSharedLength && column < from.column_count_) {
      const auto& entry = reinterpret_cast<const VarlenEntry*>(from.segments_[column].values)[from_slot];
      shared_header(entry.pointer())->references.fetch_add(1, std::memory_order_relaxed);
      reinterpret_cast<VarlenEntry*>(segments_[column].values)[slot] = entry;
      has_shared_ = true;
    } else {
      set_varlen(column, slot, value);
    }
  } else {
    const std::size_t width = width_of(info.type.type);
    std::memcpy(segments_[column].values + slot * width, from.fixed_at(column, from_slot, width), width);
  }
}

}  // namespace orrery::storage
