// postings.h: lists of row ids by key: a hash table from 32-bit keys to ascending lists.
//
// Invariants
//  1. A list is ascending and has each row id once. A key of one row keeps it in the table itself.
//  2. Blocks of a list are in order, none is empty; a block's ids are its base plus 32-bit offsets, the first of which is 0.
//  3. A key whose list became empty stays in the table until it is laid out anew: probing must not break.
// Adding ids in ascending order is O(1); elsewhere it moves at most one block's offsets (4 KiB) and, when a block is cut, the list of blocks.
// Threads: none of its own; the index latches.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../../core/interrupt.h"
#include "../../storage/ids.h"

namespace orrery::index {

class PostingList {
 public:
  /// False: it is there already.
  bool add(storage::RowId row);
  /// False: it is not there.
  bool remove(storage::RowId row);
  std::size_t size() const noexcept { return size_; }
  void append_to(std::vector<storage::RowId>& rows) const;
  /// Keeps the rows (ascending) that are in the list.
  void intersect(std::vector<storage::RowId>& rows) const;
  bool contains(storage::RowId row) const;

 private:
  static constexpr std::size_t kBlockMax = 1024;
  struct Block { storage::RowId base; std::vector<std::uint32_t> offsets; };
  /// The last block from `from` on whose base is not above the row; blocks_.size(): all are above.
  std::size_t block_of(storage::RowId row, std::size_t from = 0) const noexcept;

  std::vector<Block> blocks_;
  std::size_t size_ = 0;
};

class Postings {
 public:
  using Key = std::uint32_t;
  Postings() = default;
  ~Postings();
  Postings(const Postings&) = delete;
  Postings& operator=(const Postings&) = delete;

  /// False: `interrupt` came while the table was laid out anew, and nothing was added.
  bool add(Key key, storage::RowId row, const Interrupt& interrupt = {});
  void remove(Key key, storage::RowId row);
  std::size_t count(Key key) const noexcept;
  bool contains(Key key, storage::RowId row) const;
  void append_to(Key key, std::vector<storage::RowId>& rows) const;
  void intersect(Key key, std::vector<storage::RowId>& rows) const;
  /// All keys that have rows, in no order.
  std::vector<Key> keys() const;
  std::uint64_t entry_count() const noexcept { return entries_; }
  /// Close to what the allocator gave.
  std::size_t memory_bytes() const noexcept;

 private:
  enum class State : std::uint8_t { kFree, kNone, kOne, kList };
  struct Slot {
    Key key;
    State state;
    union { storage::RowId row; PostingList* list; };
  };
  const Slot* find(Key key) const noexcept;
  /// False: interrupted; the table is as it was.
  bool grow(const Interrupt& interrupt);

  std::vector<Slot> slots_;  // a power of two, at most three quarters used
  std::size_t used_ = 0;
  std::size_t lists_ = 0;
  std::uint64_t entries_ = 0;
};

}  // namespace orrery::index
