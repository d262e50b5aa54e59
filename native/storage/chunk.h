// chunk.h: up to 64 Ki row versions of one relation, column by column; the unit of scanning and vacuuming.
//
// Layout in memory: the versions' stamps (begin, end), their headers (row id with flags, position of the older version), then one array per
// column. Fixed-width values lie in an array of their width; a varlen value is a 16-byte VarlenEntry (docs below); a vector is the
// u32 slot in the column's MatrixStore. A validity array (one byte a row) exists only once the chunk holds a NULL in that column.
//
// Invariants
//  1. What lies below count() never changes, stamps and the links of a row's versions excepted; addresses never move while the chunk lives.
//  2. unsettled() counts versions whose begin stamp may still be open; ended() counts versions with an end stamp or an aborted begin.
//     So with both zero and max_begin() <= read_ts, every version below count() is visible.
//  3. A chunk has the columns its relation had when it was made; later ones read as the column's `missing` value.
// Threads: readers need no latch, only a registered snapshot (vacuum frees chunks by it). Writers hold the relation's write latch;
// stamps may be set by their transaction at any time.
// Source: Data Blocks (Lang et al., SIGMOD 2016); version stamps as in HyPer (Neumann et al., SIGMOD 2015).
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "../core/block.h"
#include "ids.h"
#include "transaction.h"

namespace orrery::storage {

class Relation;

/// Linear position of a version in its relation, from 0. Positions are never reused.
using VersionPos = std::uint64_t;
constexpr VersionPos kNoVersion = UINT64_MAX;

/// A varlen value: up to 12 bytes inline; longer ones as a 4-byte prefix and a pointer into the chunk's heap; above
/// kSharedLength the pointer leads to a SharedValue that several versions of the row hold together.
struct VarlenEntry {
  static constexpr std::uint32_t kInlineLength = 12;
  static constexpr std::uint32_t kSharedLength = 512;  // below, a copy is cheaper than a shared cache line
  std::uint32_t length;
  char bytes[12];  // inline value, or prefix (4) and pointer (8)
  const char* pointer() const noexcept { const char* p; std::memcpy(&p, bytes + 4, sizeof p); return p; }
  std::string_view view() const noexcept {
    return length <= kInlineLength ? std::string_view(bytes, length) : std::string_view(pointer(), length);
  }
};
static_assert(sizeof(VarlenEntry) == 16);

class Chunk {
 public:
  Chunk(const Relation& relation, VersionPos first, std::uint32_t capacity);
  ~Chunk();
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;

  const Relation& relation() const noexcept { return relation_; }
  VersionPos first() const noexcept { return first_; }
  std::uint32_t capacity() const noexcept { return capacity_; }
  /// Versions that readers may look at.
  std::uint32_t count() const noexcept { return count_.load(std::memory_order_acquire); }
  std::uint32_t column_count() const noexcept { return column_count_; }

  Stamp begin(std::uint32_t slot) const noexcept { return stamps_[slot].begin.load(std::memory_order_acquire); }
  Stamp end(std::uint32_t slot) const noexcept { return stamps_[slot].end.load(std::memory_order_acquire); }
  RowId row_id(std::uint32_t slot) const noexcept { return headers_[slot].row.load(std::memory_order_relaxed) & kRowMask; }
  /// The next older version of the row, or kNoVersion.
  VersionPos older(std::uint32_t slot) const noexcept { return headers_[slot].older.load(std::memory_order_acquire); }
  /// The update that made this version, or one between it and the next older version, changed a column of a unique index.
  bool key_changed(std::uint32_t slot) const noexcept { return (headers_[slot].row.load(std::memory_order_relaxed) & kKeyChanged) != 0; }
  /// The version ended because its row went to another partition.
  bool left(std::uint32_t slot) const noexcept { return (headers_[slot].row.load(std::memory_order_relaxed) & kLeft) != 0; }
  /// Vacuum moved the row here; its values are those of the older version.
  bool moved(std::uint32_t slot) const noexcept { return (headers_[slot].row.load(std::memory_order_relaxed) & kMoved) != 0; }
  bool is_visible(std::uint32_t slot, const Snapshot& snapshot, const TransactionManager& manager) const noexcept {
    const Stamp begin = stamps_[slot].begin.load(std::memory_order_acquire);
    if (begin <= snapshot.read_ts && stamps_[slot].end.load(std::memory_order_acquire) == kLive) return true;
    return storage::is_visible(stamps_[slot].begin, stamps_[slot].end, snapshot, manager);
  }
  std::uint32_t ended() const noexcept { return ended_.load(std::memory_order_relaxed); }
  std::uint32_t unsettled() const noexcept { return unsettled_.load(std::memory_order_relaxed); }
  /// All versions below count() are visible at read_ts. Read count() first, then ask.
  bool all_visible(CommitTs read_ts) const noexcept {
    return unsettled_.load(std::memory_order_acquire) == 0 && ended_.load(std::memory_order_acquire) == 0 &&
           max_begin_.load(std::memory_order_acquire) <= read_ts;
  }

  bool is_null(std::uint32_t column, std::uint32_t slot) const noexcept;
  /// True when no version below count() is NULL in the column.
  bool no_nulls(std::uint32_t column) const noexcept;
  /// Fixed-width value; meaningless when NULL. T's size is the type's width.
  template <typename T>
  T fixed(std::uint32_t column, std::uint32_t slot) const noexcept {
    T v;
    std::memcpy(&v, fixed_at(column, slot, sizeof(T)), sizeof(T));
    return v;
  }
  const std::uint8_t* fixed_at(std::uint32_t column, std::uint32_t slot, std::size_t width) const noexcept;
  std::string_view varlen(std::uint32_t column, std::uint32_t slot) const noexcept;
  /// nullptr when NULL.
  const float* vector(std::uint32_t column, std::uint32_t slot) const noexcept;
  /// The slot in the column's MatrixStore, kNoSlot when NULL.
  std::uint32_t vector_slot(std::uint32_t column, std::uint32_t slot) const noexcept;
  /// The column's value array for direct loops (elements of the type's width, VarlenEntry or u32 slot); nullptr when the chunk is
  /// older than the column. `validity`: nullptr = no NULLs.
  const std::uint8_t* values(std::uint32_t column) const noexcept { return column < column_count_ ? segments_[column].values : nullptr; }
  const std::uint8_t* validity(std::uint32_t column) const noexcept {
    return column < column_count_ ? segments_[column].validity.load(std::memory_order_acquire) : nullptr;
  }
  /// For readers of one version whose lines are nowhere near: start to load its stamps, and its value of a column.
  void prefetch_stamps(std::uint32_t slot) const noexcept { __builtin_prefetch(stamps_ + slot); }
  void prefetch_value(std::uint32_t column, std::uint32_t slot) const noexcept {
    if (column < column_count_) __builtin_prefetch(segments_[column].values + slot * segments_[column].width);
  }
  std::size_t memory_bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

 private:
  friend class Relation;
  static constexpr std::uint64_t kRowMask = (1ull << 53) - 1;
  static constexpr std::uint64_t kLeft = 1ull << 61;
  static constexpr std::uint64_t kKeyChanged = 1ull << 62;
  static constexpr std::uint64_t kMoved = 1ull << 63;
  struct Stamps { std::atomic<Stamp> begin, end; };  // one cache line decides whether a version is seen
  struct Header { std::atomic<std::uint64_t> row; std::atomic<VersionPos> older; };
  struct Segment {
    std::uint8_t* values = nullptr;
    PhysicalType type = PhysicalType::kInt32;
    std::uint8_t width = 0;  // bytes of an element of `values`
    std::atomic<std::uint8_t*> validity{nullptr};
  };
  /// Lies before the bytes that the pointers of long values lead to.
  struct SharedHeader { std::atomic<std::uint32_t> references; std::uint32_t length; };
  static SharedHeader* shared_header(const char* bytes) noexcept {
    return reinterpret_cast<SharedHeader*>(const_cast<char*>(bytes) - sizeof(SharedHeader));
  }

  // Writers (relation.cc).
  void set_null(std::uint32_t column, std::uint32_t slot);
  void set_value(std::uint32_t column, std::uint32_t slot, const Block& block, std::uint32_t block_column, std::uint32_t row);
  void copy_value(std::uint32_t column, std::uint32_t slot, const Chunk& from, std::uint32_t from_slot);
  void set_varlen(std::uint32_t column, std::uint32_t slot, std::string_view value);
  char* heap_bytes(std::uint32_t length);

  const Relation& relation_;
  const VersionPos first_;
  const std::uint32_t capacity_;
  const std::uint32_t column_count_;
  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::uint32_t> unsettled_{0};
  std::atomic<std::uint32_t> ended_{0};
  std::atomic<CommitTs> max_begin_{0};
  std::atomic<std::size_t> bytes_{0};
  std::uint8_t* memory_ = nullptr;
  Stamps* stamps_ = nullptr;
  Header* headers_ = nullptr;
  std::unique_ptr<Segment[]> segments_;
  std::vector<std::unique_ptr<char[]>> heap_;  // append-only blocks
  std::uint32_t heap_used_ = 0, heap_size_ = 0;
  std::uint32_t allocated_ = 0;  // slots given to writers
  bool has_shared_ = false;
  /// When vacuum last found that nothing can be done here: until one of these moves it need not look again. Write latch.
  struct Judgement { CommitTs oldest = 0, pruned = 0; std::uint32_t ended = 0; bool operator==(const Judgement&) const = default; };
  Judgement judgement_;
};

/// One version. Empty (`chunk == nullptr`): there is none.
struct VersionRef {
  const Chunk* chunk = nullptr;
  std::uint32_t slot = 0;
  explicit operator bool() const noexcept { return chunk != nullptr; }
  RowId row_id() const noexcept { return chunk->row_id(slot); }
};

}  // namespace orrery::storage
