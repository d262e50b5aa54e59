// vector_column_index.h: what the indexes over one vector column share: from row versions to items, and back.
//
// An entry stands for a row id and the slot of a vector. It is of use to a snapshot whose visible version of the row has that slot; a
// reader checks. So an update that leaves the vector alone touches nothing, and one that changes it adds an entry.
// Threads: as SecondaryIndex.
#pragma once
#include <algorithm>
#include <functional>
#include <thread>
#include <vector>

#include "../storage/index.h"

namespace orrery::index {

/// What the image of a vector index in a checkpoint begins with.
template <typename Options>
struct VectorIndexHeader {
  storage::RelationId id = 0, relation = 0;
  std::uint32_t column = 0;
  storage::CommitTs created = 0;
  Options options;
};

/// What an entry stands for. The vector stays owned by the matrix store.
struct VectorItem {
  storage::RowId row = 0;
  std::uint32_t slot = 0;
  const float* vector = nullptr;
};

/// How far apart two vectors are. Under the kSparse ones the places of the matrix hold packed sparse vectors (kernels/sparse.h). Under kHamming and kJaccard a "vector" is a bit string, packed into the float32 places of the matrix: 32 bits
/// each, the first bit of the string lowest, zeros after its end; nothing computes with such a place as a float.
enum class Metric : std::uint8_t {  // on disk
  kL2 = 1, kInnerProduct = 2, kCosine = 3, kL1 = 4, kHamming = 5, kJaccard = 6,
  kSparseL2 = 7, kSparseInnerProduct = 8, kSparseCosine = 9, kSparseL1 = 10,
};
/// How many threads build and measure: work of minutes that a user waits for.
inline unsigned all_cores() noexcept { return std::max(1u, std::thread::hardware_concurrency()); }

constexpr bool is_metric(Metric m) noexcept { return m >= Metric::kL2 && m <= Metric::kSparseL1; }
constexpr bool is_sparse(Metric m) noexcept { return m >= Metric::kSparseL2 && m <= Metric::kSparseL1; }
constexpr bool is_of_bits(Metric m) noexcept { return m == Metric::kHamming || m == Metric::kJaccard; }

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

/// Whether an entry of this row and slot belongs to the saved database.
using IsCurrent = std::function<bool(storage::RowId row, std::uint32_t slot)>;
/// Where a row's vector lies now, for loading an image: false when there is no such row or it has none.
using Locate = std::function<bool(storage::RowId row, VectorItem* item)>;

}  // namespace orrery::index
