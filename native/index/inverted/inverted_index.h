// inverted_index.h: an index from the keys inside of values (elements of arrays, members and scalars of jsonb) to the rows that have them.
//
// Invariants
//  1. Every version of a row that some snapshot may see has an entry for each of its keys (keys.h); NULL has none.
//  2. Entries may be stale, and a key is a hash: a reader judges the visible version by the condition itself.
// Threads: one shared latch: readers share it while they evaluate a query, writers hold it for one block of rows.
// Source: Zobel and Moffat, "Inverted Files for Text Search Engines" (ACM Computing Surveys 2006): the rarest list first, the others probed.
#pragma once
#include <optional>
#include <shared_mutex>
#include <span>
#include <vector>

#include "../../storage/index.h"
#include "keys.h"
#include "postings.h"

namespace orrery::index {

struct InvertedColumn {
  std::uint32_t column;
  InvertedKind kind;
};

/// A query as its operations in postfix order, in words: kKey key, kAnd count, kOr count. An Or of nothing has no rows; an And has arguments.
class InvertedQuery {
 public:
  enum Operation : std::uint32_t { kKey = 0, kAnd = 1, kOr = 2 };
  /// nullopt: the words are no query.
  static std::optional<InvertedQuery> parse(std::span<const std::uint32_t> words);

 private:
  friend class InvertedIndex;
  struct Node { Operation operation; std::uint32_t key; std::vector<std::uint32_t> arguments; };
  std::vector<Node> nodes_;  // arguments before what they belong to; the last is the whole
};

class InvertedIndex final : public storage::SecondaryIndex {
 public:
  InvertedIndex(storage::RelationId id, storage::Relation& relation, std::vector<InvertedColumn> columns)
      : SecondaryIndex(id, relation), columns_(std::move(columns)) {}

  /// Whether each column is there and holds bytes.
  static bool fits(const storage::Relation& relation, std::span<const InvertedColumn> columns);

  std::span<const InvertedColumn> columns() const noexcept { return columns_; }
  bool touches(std::span<const std::uint8_t> changed) const noexcept override;
  Status insert(std::span<const storage::VersionRef> versions, storage::Xid writer, std::size_t* failed) override;
  void remove(std::span<const storage::VersionRef> versions) noexcept override;
  void remove_stale(storage::VersionRef version) noexcept override;
  std::size_t memory_bytes() const noexcept override;

  /// Fills the empty index from every version that is not aborted. The caller holds the relation's write latch.
  /// kInterrupted: the statement shall end; the index is good for nothing then.
  Status build();

  /// Row ids in ascending order: all rows that can meet the query, and maybe others.
  std::vector<storage::RowId> search(const InvertedQuery& query) const;
  /// At most this many rows meet the query.
  std::size_t estimate(const InvertedQuery& query) const;

  // ---- checkpoints and digests ----
  std::vector<Postings::Key> keys() const;
  void rows_of(Postings::Key key, std::vector<storage::RowId>& rows) const;
  void load(Postings::Key key, storage::RowId row) { postings_.add(key, row); }
  bool contains(Postings::Key key, storage::RowId row) const;
  std::uint64_t entry_count() const;
  /// The keys of one version, each once.
  void keys_of(storage::VersionRef version, std::vector<Postings::Key>& keys) const;

 private:
  std::size_t estimate(const InvertedQuery& query, std::uint32_t node) const;
  void evaluate(const InvertedQuery& query, std::uint32_t node, std::vector<storage::RowId>& rows) const;

  const std::vector<InvertedColumn> columns_;
  mutable std::shared_mutex latch_;
  Postings postings_;
};

}  // namespace orrery::index
