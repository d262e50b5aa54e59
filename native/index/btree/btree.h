// btree.h: an ordered index from keys to row ids: a B+tree over memcmp keys (key.h), duplicates told apart by row id.
//
// Invariants
//  1. Entries are ordered by key, then row id; each (key, row id) is there once.
//  2. Every version of a row that some snapshot may see has its entry. Entries may be stale (the row has another key now):
//     a reader compares the visible version's key, unless no row has changed its key yet (may_be_stale()).
//  3. Check for uniqueness and insertion are one step under the exclusive latch.
//  4. Leaves may be any emptier than half; a leaf that gets empty leaves the tree.
//  5. Whole keys without NULL of a unique index may also be in a hash (hash/key_hash.h), all or none: made once lookups are many enough to pay
//     for it, maintained from then on. It is in memory only.
// Threads: one shared latch for the tree: readers share it for one batch, writers hold it for one block of rows.
// Source: Bayer and Unterauer, prefix B-trees (TODS 1977) for the key prefix in the entry; Lehman and Yao's linked leaves.
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <vector>

#include "../../storage/index.h"
#include "../hash/key_hash.h"
#include "key.h"
#include "node.h"

namespace orrery::index {

/// A range of keys: [lower, upper), bytes; an absent bound is open.
struct KeyRange {
  std::optional<Key> lower;
  std::optional<Key> upper;
};

class BTree final : public storage::SecondaryIndex {
 public:
  BTree(storage::RelationId id, storage::Relation& relation, std::vector<KeyColumn> columns, bool unique, bool nulls_not_distinct,
        const storage::TransactionManager& manager);
  ~BTree() override;

  const KeyEncoder& encoder() const noexcept { return encoder_; }
  bool unique() const noexcept override { return unique_; }
  bool nulls_not_distinct() const noexcept { return nulls_not_distinct_; }
  std::uint64_t entry_count() const noexcept { return entries_.load(std::memory_order_relaxed); }
  bool may_be_stale() const noexcept { return may_be_stale_.load(std::memory_order_acquire); }

  bool touches(std::span<const std::uint8_t> changed) const noexcept override;
  Status insert(std::span<const storage::VersionRef> versions, storage::Xid writer, std::size_t* failed) override;
  void remove(std::span<const storage::VersionRef> versions) noexcept override;
  void remove_stale(storage::VersionRef version) noexcept override;
  std::size_t memory_bytes() const noexcept override { return bytes_.load(std::memory_order_relaxed) + hash_bytes() + sizeof(BTree); }

  /// Fills the empty tree from every version that is not aborted. The caller holds the relation's write latch.
  Status build(storage::Xid writer);
  /// Fills the empty tree from entries in order.
  void append_sorted(std::string_view key, storage::RowId row);

  /// Where a scan stands: after `key`, `row` (before it when backward).
  struct Position { Key key; storage::RowId row = 0; bool started = false; bool finished = false; };
  struct Item { storage::RowId row; std::uint32_t key_at; std::uint32_t key_length; };
  /// Appends up to `max` entries of the range after `position` to `items` and moves it. `keys` gets the entries' keys when
  /// `with_keys` or when *recheck is set: rows must then be rechecked.
  void collect(const KeyRange& range, bool backward, Position& position, std::size_t max, std::vector<Item>& items, Key& keys,
               bool* recheck, bool with_keys = false) const;
  /// Appends row ids of one whole key without NULLs. True: some may be of other keys, so the visible versions must be compared.
  bool lookup(std::string_view key, std::vector<storage::RowId>& rows) const;
  /// Whether the newest version of a row lives on as far as `writer` can know; *blocker is set when another transaction decides.
  bool lives(storage::VersionRef newest, storage::Xid writer, storage::Xid* blocker) const noexcept;
  /// Makes the hash now, if the index may have one.
  void make_hash() const;
  std::size_t hash_bytes() const noexcept;

 private:
  friend class BTreeTest;
  struct Path { Inner* nodes[24]; std::uint32_t at[24]; std::uint32_t depth = 0; };
  Leaf* descend(const Entry& probe, Path* path) const noexcept;
  void insert_latched(std::string_view key, storage::RowId row);
  void insert_above(Path& path, Entry separator, Node* right);
  bool remove_latched(std::string_view key, storage::RowId row) noexcept;
  void unlink_leaf(Path& path, Leaf* leaf) noexcept;
  Status check_unique(std::string_view key, storage::RowId row, storage::Xid writer) const;
  Entry own(std::string_view key, storage::RowId row);
  Entry own_copy(const Entry& entry);
  void disown(const Entry& entry) noexcept;
  void destroy(Node* node) noexcept;
  bool hashes(std::string_view key) const noexcept {
    return whole_length_ == 0 ? !key.empty() && key[0] == KeyEncoder::kValueMarker : key.size() == whole_length_;
  }
  std::uint64_t hash_seed() const noexcept { return reinterpret_cast<std::uintptr_t>(this); }
  void added(std::string_view key, storage::RowId row);

  // Below, a descent stays in the processor's caches.
  static constexpr std::uint64_t kHashFrom = 2048;
  // Making the hash costs about as much as this share of the entries' lookups saves.
  static constexpr std::uint64_t kLookupShare = 16;

  const KeyEncoder encoder_;
  const bool unique_;
  const bool nulls_not_distinct_;
  const storage::TransactionManager& manager_;
  std::size_t whole_length_ = 0;  // of a key of fixed-width columns without NULLs; 0: one column of any width
  mutable std::atomic<bool> hashable_{false};
  mutable std::shared_mutex latch_;
  mutable std::unique_ptr<KeyHash> hash_;
  mutable std::atomic<std::uint64_t> lookups_{0};  // about, until there is a hash
  Node* root_ = nullptr;
  Leaf* first_ = nullptr;
  Leaf* last_ = nullptr;
  std::atomic<std::uint64_t> entries_{0};
  std::atomic<std::size_t> bytes_{0};
  std::atomic<bool> may_be_stale_{false};
};

}  // namespace orrery::index
