// relation.h: a table's rows: chunks of versions, the indirection from row ids to newest versions, and its indexes.
//
// Reading, from any thread, with no latch but a registered snapshot (TransactionManager):
//   all rows       for (i < relation.chunk_count()) if (const Chunk* c = relation.chunk(i)) { n = c->count(); … }
//                  c->all_visible(snapshot.read_ts) skips the stamps; else visible(…) per slot
//   one row        relation.visible(row_id, snapshot, manager) -> VersionRef (empty: the snapshot does not see the row)
//   values         chunk->fixed<T>(column, slot), varlen, vector, is_null
//
// Invariants
//  1. A row has at most one version that a snapshot sees; versions chain from the newest (newest(row)) to older ones.
//  2. The begin stamp of a version is the end stamp of the next older one, if the row was not inserted by it and vacuum took none between.
//  3. A version with a committed begin <= read_ts ends the walk to older ones: they cannot be visible.
// Threads: writers hold `write_latch`; indexes are entered after it was released (latch order: transaction.h).
// Source: "An Empirical Evaluation of In-Memory MVCC" (Wu et al., VLDB 2017): append-only, newest-to-oldest, logical pointers.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "chunk.h"
#include "matrix_store.h"
#include "segments.h"
#include "transaction.h"

namespace orrery::storage {

class SecondaryIndex;

struct ColumnType {
  PhysicalType type = PhysicalType::kInt32;
  std::uint32_t dimensions = 0;
};

/// A physical column. Its position never changes; dropping a column is the catalog's business.
struct Column {
  ColumnType type;
  std::unique_ptr<MatrixStore> matrix;       // kVector only
  bool missing_null = true;                  // value of rows older than the column
  std::string missing;                       // its bytes: fixed width, varlen, or float32s
  std::atomic<CommitTs> added{0};            // 0: by an open transaction
  std::uint32_t missing_slot = MatrixStore::kNoSlot;  // kVector with a missing value: where it lies in the matrix
};

class Relation {
 public:
  // 32 versions, doubling to 64 Ki: a thousand small tables cost little.
  using Layout = SegmentLayout<32, 65536>;

  Relation(RelationId id, std::span<const ColumnType> columns);
  ~Relation();
  Relation(const Relation&) = delete;
  Relation& operator=(const Relation&) = delete;

  RelationId id() const noexcept { return id_; }
  std::uint32_t column_count() const noexcept { return column_count_.load(std::memory_order_acquire); }
  const Column& column(std::uint32_t i) const noexcept { return columns_[i]; }

  std::uint32_t chunk_count() const noexcept { return chunk_count_.load(std::memory_order_acquire); }
  /// nullptr: vacuum took it.
  const Chunk* chunk(std::uint32_t i) const noexcept { return chunks_[i].load(std::memory_order_acquire); }
  VersionRef version(VersionPos pos) const noexcept {
    const auto place = Layout::place(pos);
    const Chunk* c = chunks_[place.segment].load(std::memory_order_acquire);
    return {c, static_cast<std::uint32_t>(place.offset)};
  }
  /// The newest version whoever made it, or empty.
  VersionRef newest(RowId row) const noexcept {
    const VersionPos pos = newest_pos(row);
    return pos == kNoVersion ? VersionRef{} : version(pos);
  }
  /// Asks the memory for where a row's newest version is.
  void prefetch(RowId row) const noexcept {
    if (row < row_limit_.load(std::memory_order_acquire)) __builtin_prefetch(&rows_[row]);
  }
  /// Asks the memory for what visible() will read of a row, and for its value in a column.
  void prefetch(RowId row, std::uint32_t column) const noexcept {
    const VersionRef v = newest(row);
    if (!v) return;
    v.chunk->prefetch_stamps(v.slot);
    v.chunk->prefetch_value(column, v.slot);
  }
  VersionPos newest_pos(RowId row) const noexcept {
    if (row == 0 || row >= row_limit_.load(std::memory_order_acquire)) return kNoVersion;
    return rows_[row].load(std::memory_order_acquire) - 1;
  }
  VersionRef visible(RowId row, const Snapshot& snapshot, const TransactionManager& manager) const noexcept;
  /// A scan says before it reads that it reads all rows (or, through an index, also rows that are not there yet).
  void note_read(const Snapshot& snapshot, const TransactionManager& manager, Serializability::Read what) const {
    if (snapshot.serializable) manager.serializability().read(snapshot.xid, id(), what, 0);
  }
  /// Row ids given out so far are below this.
  RowId row_limit() const noexcept { return row_limit_.load(std::memory_order_acquire); }
  std::uint64_t live_estimate() const noexcept;
  /// At most a thousandth of its versions is dead: who finds rows elsewhere may ask whether they are there at the end only.
  bool mostly_alive() const noexcept { return dead_versions.load(std::memory_order_relaxed) * 1000 <= live_estimate(); }
  std::size_t memory_bytes() const noexcept;

  /// The indexes that writers maintain. The list is replaced whole; hold the pointer while walking it.
  using IndexList = std::vector<std::shared_ptr<SecondaryIndex>>;
  std::shared_ptr<const IndexList> indexes() const noexcept { return std::atomic_load(&indexes_); }
  void attach_index(std::shared_ptr<SecondaryIndex> index);
  void detach_index(RelationId index);

  // ---- writers: hold write_latch() ----
  std::mutex& write_latch() noexcept { return write_latch_; }
  /// Lays `count` new versions down without publishing; `take` gets them run by run (contiguous in a chunk).
  struct Run { Chunk* chunk; std::uint32_t slot; std::uint32_t count; };
  Run allocate(std::uint32_t count);
  /// Row ids for `count` new rows: first of a contiguous range.
  RowId allocate_rows(std::uint32_t count);
  void reserve_rows(RowId limit);
  void set_newest(RowId row, VersionPos pos) noexcept { rows_[row].store(pos + 1, std::memory_order_release); }
  void write_header(Run run, std::uint32_t i, RowId row, VersionPos older, Stamp begin, bool key_changed, bool moved = false) noexcept;
  void write_row(Run run, std::uint32_t i, const Block& block, std::uint32_t row);
  /// Rows row, row + 1 … of the block into the whole run.
  void write_rows(Run run, const Block& block, std::uint32_t row);
  /// An update: columns in `changed` come from the block, the others are shared with or copied from `old`.
  void write_update(Run run, std::uint32_t i, const Block& block, std::uint32_t row, std::span<const std::uint8_t> changed, VersionRef old);
  void copy_row(Run run, std::uint32_t i, VersionRef old);
  /// Readers may see the run from now on; `begin` is the stamp that write_header gave all of it.
  void publish(Run run, Stamp begin) noexcept;
  void set_end(VersionRef version, Stamp stamp) noexcept;    // kLive -> open or committed
  void clear_end(VersionRef version) noexcept;               // rollback: back to kLive
  void mark_left(VersionRef version) noexcept;               // before set_end: the row goes to another partition
  void abort_version(VersionRef version) noexcept;           // begin = kAborted
  void add_column(ColumnType type, bool missing_null, std::string_view missing);
  void settle_column(std::uint32_t column, CommitTs ts) noexcept;
  void remove_last_column();
  /// New rows go to a new chunk from now on.
  void seal_tail() noexcept { tail_ = nullptr; }

  // ---- restamping after commit: no latch ----
  void settle_begin(VersionRef version, CommitTs ts) noexcept;
  void settle_end(VersionRef version, CommitTs ts) noexcept;

  // ---- vacuum: holds write_latch() ----
  std::unique_ptr<Chunk> detach_chunk(std::uint32_t i) noexcept;
  void forget_row(RowId row) noexcept { rows_[row].store(0, std::memory_order_release); }
  /// Takes `gone`, the next older version of `newer`, out of its row's chain: no snapshot sees it, now or later. Its place is as if it had
  /// never been; who stands on it still gets on to the older ones.
  void unlink(VersionRef newer, VersionRef gone) noexcept;
  /// True when vacuum looked at the chunk in the same circumstances before; notes them.
  bool is_judged(const Chunk& chunk, CommitTs oldest) noexcept;
  /// Held for a step of vacuum, before the write latch: two at work on one relation would each take the other's moves for open changes.
  std::mutex vacuum_latch;
  CommitTs pruned_ts = 0;                        // when versions between snapshots were unlinked last
  std::uint64_t pruned_dead = 0;                 // dead_versions then
  Chunk* tail() const noexcept { return tail_; }
  std::atomic<std::uint64_t> dead_versions{0};   // ended or aborted, not yet reclaimed
  std::atomic<std::int64_t> live_rows{0};        // inserts minus deletes, open ones included
  std::atomic<std::uint32_t> row_locks{0};       // entries of the lock table for this relation

  // ---- life, guarded by the row store's registry ----
  std::atomic<CommitTs> created{0};              // 0: by an open transaction
  std::atomic<CommitTs> dropped{0};              // 0: alive
  std::atomic<Xid> definer{0};                   // open transaction that created, dropped or altered it

 private:
  const RelationId id_;
  std::mutex write_latch_;
  std::atomic<std::uint32_t> column_count_{0};
  StableArray<Column, 8, 10> columns_;
  std::atomic<std::uint32_t> chunk_count_{0};
  StableArray<std::atomic<Chunk*>, 16, 28> chunks_;
  StableArray<std::atomic<std::uint64_t>, 32, 44> rows_;  // row id -> newest position + 1; 0 = none
  std::atomic<RowId> row_limit_{1};
  Chunk* tail_ = nullptr;
  std::shared_ptr<const IndexList> indexes_;
};

}  // namespace orrery::storage
