#include "index_scan.h"

#include <algorithm>

namespace orrery::index {

using storage::RowId;
using storage::VersionRef;

std::optional<KeyRange> range_of(const KeyEncoder& encoder, const Block* lower, bool lower_inclusive, const Block* upper,
                                 bool upper_inclusive) {
  const auto& columns = encoder.columns();
  Key low, high;
  std::size_t low_columns = 0, high_columns = 0;
  if (lower != nullptr && lower->row_count() > 0) {
    encoder.encode(*lower, 0, low);
    low_columns = std::min<std::size_t>(lower->column_count(), columns.size());
  }
  if (upper != nullptr && upper->row_count() > 0) {
    encoder.encode(*upper, 0, high);
    high_columns = std::min<std::size_t>(upper->column_count(), columns.size());
  }
  return range_of(encoder, {low, low_columns, lower_inclusive}, {high, high_columns, upper_inclusive});
}

std::optional<KeyRange> range_of(const KeyEncoder& encoder, const EncodedBound& lower, const EncodedBound& upper) {
  const auto& columns = encoder.columns();
  KeyRange range;
  // Values that one side leaves open in a column that the other side bounds: cut the NULLs off, where they are on that side.
  const bool low_is_prefix = lower.columns < upper.columns && upper.key.starts_with(lower.key);
  const bool high_is_prefix = upper.columns < lower.columns && lower.key.starts_with(upper.key);
  if (lower.columns > 0 || low_is_prefix) {
    range.lower = lower.key;
    if (lower.columns > 0 && !lower.inclusive && !next_prefix(*range.lower)) return std::nullopt;
    if (low_is_prefix && (lower.columns == 0 || lower.inclusive) && columns[lower.columns].nulls_first) range.lower->push_back('\x01');
    if (range.lower->empty()) range.lower.reset();
  }
  if (upper.columns > 0 || high_is_prefix) {
    Key bound = upper.key;
    if (high_is_prefix && (upper.columns == 0 || upper.inclusive) && !columns[upper.columns].nulls_first) {
      bound.push_back('\xff');
      range.upper = std::move(bound);
    } else if (upper.columns > 0) {
      if (!upper.inclusive || next_prefix(bound)) range.upper = std::move(bound);
    }
  }
  return range;
}

IndexScan::IndexScan(storage::TransactionManager& manager, const storage::Snapshot& snapshot, std::shared_ptr<storage::SecondaryIndex> index,
                     std::vector<std::uint32_t> columns, bool with_row_ids, std::optional<KeyRange> range, bool backward)
    : hold_(manager, snapshot), held_index_(std::move(index)), index_(static_cast<const BTree&>(*held_index_)),
      writer_(index_.relation(), std::move(columns), with_row_ids), backward_(backward) {
  index_.relation().note_read(snapshot, manager, storage::Serializability::Read::kNewRows);
  if (range) range_ = std::move(*range);
  else position_.finished = true;
}

void IndexScan::refill(std::uint32_t max_rows) {
  found_.clear();
  given_ = 0;
  Key key;
  while (found_.empty() && !position_.finished) {
    items_.clear();
    keys_.clear();
    bool recheck = false;
    index_.collect(range_, backward_, position_, max_rows, items_, keys_, &recheck);
    for (const BTree::Item& item : items_) {
      const VersionRef v = index_.relation().visible(item.row, hold_.snapshot(), hold_.manager());
      if (!v) continue;
      if (recheck) {
        index_.encoder().encode(v, key);
        if (key != std::string_view(keys_).substr(item.key_at, item.key_length)) continue;
      }
      found_.push_back(v);
    }
  }
}

std::int64_t IndexScan::next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) {
  if (given_ == found_.size()) refill(std::max(max_rows, 1u));
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

IndexLookup::IndexLookup(storage::TransactionManager& manager, const storage::Snapshot& snapshot,
                         std::shared_ptr<storage::SecondaryIndex> index, std::vector<std::uint32_t> columns, bool with_row_ids,
                         const Block& keys, bool nulls_equal)
    : hold_(manager, snapshot), held_index_(std::move(index)), index_(static_cast<const BTree&>(*held_index_)),
      writer_(index_.relation(), std::move(columns), with_row_ids) {
  index_.relation().note_read(snapshot, manager, storage::Serializability::Read::kNewRows);
  Key key;
  for (std::uint32_t r = 0; r < keys.row_count(); r++) {
    // A NULL in the key equals nothing.
    if (index_.encoder().encode(keys, r, key) && !nulls_equal) continue;
    wanted_.push_back({keys_.size(), static_cast<std::uint32_t>(key.size()), r});
    keys_.append(key);
  }
}

std::int64_t IndexLookup::next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) {
  if (given_ == found_.size()) {
    found_.clear();
    numbers_.clear();
    given_ = 0;
    Key key;
    for (; at_ < wanted_.size() && found_.size() < max_rows; at_++) {
      const Wanted& w = wanted_[at_];
      const std::string_view wanted = std::string_view(keys_).substr(w.key_at, w.key_length);
      rows_.clear();
      const bool recheck = index_.lookup(wanted, rows_);
      for (const RowId row : rows_) {
        const VersionRef v = index_.relation().visible(row, hold_.snapshot(), hold_.manager());
        if (!v) continue;
        if (recheck) {
          index_.encoder().encode(v, key);
          if (key != wanted) continue;
        }
        found_.push_back(v);
        numbers_.push_back(static_cast<std::int32_t>(w.number));
      }
    }
    if (found_.empty()) return 0;
  }
  std::span<const VersionRef> rest(found_);
  rest = rest.subspan(given_);
  rest = rest.first(std::min<std::size_t>(rest.size(), max_rows));
  std::size_t need = 0;
  const std::uint32_t n = writer_.fit(rest, capacity, 4, &need);
  if (n == 0) return -static_cast<std::int64_t>(need);
  const storage::VersionBlockWriter::Extra extra{PhysicalType::kInt32, numbers_.data() + given_};
  writer_.write(rest.first(n), block, std::span(&extra, 1));
  given_ += n;
  return n;
}

VersionRef find_row(const BTree& index, const Block& key_block, const storage::Snapshot& snapshot,
                    const storage::TransactionManager& manager) {
  thread_local Key wanted, key;
  thread_local std::vector<RowId> rows;
  rows.clear();
  if (index.encoder().encode(key_block, 0, wanted)) return {};
  index.relation().note_read(snapshot, manager, storage::Serializability::Read::kNewRows);
  const bool recheck = index.lookup(wanted, rows);
  for (const RowId row : rows) {
    const VersionRef v = index.relation().visible(row, snapshot, manager);
    if (!v) continue;
    if (recheck) {
      index.encoder().encode(v, key);
      if (key != wanted) continue;
    }
    return v;
  }
  return {};
}

}  // namespace orrery::index
