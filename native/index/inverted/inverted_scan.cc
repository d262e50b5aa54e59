#include "inverted_scan.h"

#include <algorithm>

namespace orrery::index {

using storage::VersionRef;

InvertedScan::InvertedScan(storage::TransactionManager& manager, const storage::Snapshot& snapshot,
                           std::shared_ptr<storage::SecondaryIndex> index, std::vector<std::uint32_t> columns, bool with_row_ids,
                           const InvertedQuery& query)
    : hold_(manager, snapshot), held_index_(std::move(index)), index_(static_cast<const InvertedIndex&>(*held_index_)),
      writer_(index_.relation(), std::move(columns), with_row_ids) {
  index_.relation().note_read(snapshot, manager, storage::Serializability::Read::kNewRows);
  rows_ = index_.search(query);
}

std::int64_t InvertedScan::next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) {
  if (given_ == found_.size()) {
    found_.clear();
    given_ = 0;
    const std::size_t most = std::max(max_rows, 1u);
    for (; at_ < rows_.size() && found_.size() < most; at_++)
      if (const VersionRef v = index_.relation().visible(rows_[at_], hold_.snapshot(), hold_.manager())) found_.push_back(v);
  }
  if (found_.empty()) return 0;
  std::span<const VersionRef> rest(found_);
  rest = rest.subspan(given_);
  rest = rest.first(std::min<std::size_t>(rest.size(), max_rows));
  std::size_t need = 0;
  const std::uint32_t n = writer_.fit(rest, capacity, 0, &need);
  if (n == 0) return -static_cast<std::int64_t>(need);
  writer_.write(rest.first(n), block);
  given_ += n;
  return n;
}

}  // namespace orrery::index
