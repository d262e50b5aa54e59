// point_select.h: rows by a whole key of a B-tree index (through its hash, where it has one) or by a range of keys, encoded as DataRow messages: what
// a prepared point SELECT runs.
//
// Made once per plan, run per execution: encode the key, look it up, check visibility, encode. Nothing is allocated after the first run
// on a thread. Threads: immutable after construction; run() from any thread with its own output.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "../core/block.h"
#include "../index/btree/btree.h"
#include "../storage/relation.h"
#include "../wire/data_row.h"

namespace orrery::exec {

class PointSelect {
 public:
  PointSelect(std::shared_ptr<index::BTree> index, std::vector<wire::OutputColumn> columns)
      : index_(std::move(index)), columns_(std::move(columns)) {}

  /// `key`: one row, all key columns. Appends a DataRow per visible row; returns how many. The snapshot is held by the caller.
  std::uint32_t run(const Block& key, const storage::Snapshot& snapshot, const storage::TransactionManager& manager, wire::WireBuffer& out) const;
  /// The same for an index over one integer column (has_integer_key), without a block; a value beyond the column's type finds nothing.
  std::uint32_t run_integer(std::int64_t value, const storage::Snapshot& snapshot, const storage::TransactionManager& manager,
                            wire::WireBuffer& out) const;
  bool has_integer_key() const noexcept;
  /// The same for a key that the caller has encoded with `encoder()`, all columns, none of them NULL.
  std::uint32_t run_encoded(const index::Key& key, const storage::Snapshot& snapshot, const storage::TransactionManager& manager,
                            wire::WireBuffer& out) const;
  /// The rows of a range of keys in their order, `most` at most.
  std::uint32_t run_range(const index::KeyRange& range, bool backward, std::uint32_t most, const storage::Snapshot& snapshot,
                          const storage::TransactionManager& manager, wire::WireBuffer& out) const;
  const index::KeyEncoder& encoder() const noexcept;

 private:
  template <typename HasKey>
  std::uint32_t emit(const index::Key& key, const storage::Snapshot& snapshot, const storage::TransactionManager& manager,
                     wire::WireBuffer& out, HasKey&& has_key) const;
  const std::shared_ptr<index::BTree> index_;
  const std::vector<wire::OutputColumn> columns_;
};

}  // namespace orrery::exec
