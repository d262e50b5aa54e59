// vector_column_index.h: what the indexes over one vector column share: from row versions to items, and back.
//
// An entry stands for a row id and the slot of a vector. It is of use to a snapshot whose visible version of the row has that slot; a
// reader checks. So an update that leaves the vector alone touches nothing, and one that changes it adds an entry.
// Threads: as SecondaryIndex.
#pragma once
#include <vector>

#include "../storage/index.h"

namespace orrery::index {

/// What an entry stands for. The vector stays owned by the matrix store.
struct VectorItem {
  storage::RowId row = 0;
  std::uint32_t slot = 0;
  const float* vector = nullptr;
};

enum class Metric : std::uint8_t { kL2 = 1, kInnerProduct = 2, kCosine = 3, kL1 = 4 };

class VectorColumnIndex : public storage::SecondaryIndex {
 public:
  VectorColumnIndex(storage::RelationId id, storage::Relation& relation, std::uint32_t column) : SecondaryIndex(id, relation), column_(column) {}

  bool touches(std::span<const std::uint8_t> changed) const noexcept override { return column_ < changed.size() && changed[column_] != 0; }
  std::uint32_t column() const noexcept { return column_; }
  /// The version's row, slot and vector; false when it is NULL.
  bool item_of(storage::VersionRef version, VectorItem* item) const noexcept;
  /// Whether `version` (of the entry's row) has the vector that the entry was made of.
  bool has_slot(storage::VersionRef version, std::uint32_t slot) const noexcept {
    return version && version.chunk->vector_slot(column_, version.slot) == slot;
  }

 protected:
  /// Every version with a vector that a snapshot from `oldest` on may see.
  std::vector<VectorItem> items_since(storage::CommitTs oldest) const;
  /// The newest version of every row that lives, where it has a vector. During recovery only: nobody writes.
  std::vector<VectorItem> newest_items() const;
  /// Whether another version than this one, on the row's chain, has the same vector: the entry must stay.
  bool is_needed_by_another(storage::VersionRef version, const VectorItem& item) const noexcept;

 private:
  const std::uint32_t column_;
};

}  // namespace orrery::index
