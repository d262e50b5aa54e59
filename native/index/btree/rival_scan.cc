#include "rival_scan.h"

namespace orrery::index {

using storage::VersionRef;
using storage::Xid;

RivalScan::RivalScan(storage::TransactionManager& manager, const storage::Snapshot& snapshot, Xid writer,
                     std::shared_ptr<storage::SecondaryIndex> index, std::vector<std::uint32_t> columns, const Block& lower,
                     const Block& upper, bool reach_back, std::uint32_t equal_columns)
    : hold_(manager, snapshot), writer_xid_(writer), held_index_(std::move(index)), index_(static_cast<const BTree&>(*held_index_)),
      writer_(index_.relation(), std::move(columns), true), reach_back_(reach_back) {
  Key key;
  for (std::uint32_t r = 0; r < lower.row_count() && r < upper.row_count(); r++) {
    Wanted wanted;
    index_.encoder().encode(lower, r, key);
    wanted.range.lower = key;
    wanted.below.upper = key;
    index_.encoder().encode(upper, r, key);
    if (next_prefix(key)) wanted.range.upper = key;
    index_.encoder().encode(lower, r, key, equal_columns);
    wanted.below.lower = key;
    wanted_.push_back(std::move(wanted));
  }
}

/// True when the row is there and is sure to stay.
bool RivalScan::take(const BTree::Item& item, std::int32_t number) {
  static thread_local Key now;
  const VersionRef newest = index_.relation().newest(item.row);
  Xid blocker = 0;
  if (!newest || !index_.lives(newest, writer_xid_, &blocker)) return false;
  index_.encoder().encode(newest, now);
  const bool same = now == std::string_view(keys_).substr(item.key_at, item.key_length);
  if (!same && blocker == 0) return false;
  found_.push_back(newest);
  numbers_.push_back(number);
  blockers_.push_back(same ? static_cast<std::int64_t>(blocker) : -static_cast<std::int64_t>(blocker));
  return blocker == 0;
}

void RivalScan::search(const Wanted& wanted, std::int32_t number) {
  constexpr std::size_t kBatch = 64;
  std::vector<BTree::Item> items;
  const auto each = [&](const KeyRange& range, std::size_t batch, bool to_first) {
    BTree::Position position;
    while (!position.finished) {
      items.clear();
      keys_.clear();
      bool recheck = false;
      index_.collect(range, true, position, batch, items, keys_, &recheck, true);
      for (const BTree::Item& item : items)
        if (take(item, number) && to_first) return;
    }
  };
  each(wanted.range, kBatch, false);
  if (reach_back_) each(wanted.below, 1, true);
}

std::int64_t RivalScan::next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) {
  if (given_ == found_.size()) {
    found_.clear();
    numbers_.clear();
    blockers_.clear();
    given_ = 0;
    for (; at_ < wanted_.size() && found_.size() < max_rows; at_++) search(wanted_[at_], static_cast<std::int32_t>(at_));
    if (found_.empty()) return 0;
  }
  std::span<const VersionRef> rest(found_);
  rest = rest.subspan(given_);
  rest = rest.first(std::min<std::size_t>(rest.size(), max_rows));
  std::size_t need = 0;
  const std::uint32_t n = writer_.fit(rest, capacity, 12, &need);
  if (n == 0) return -static_cast<std::int64_t>(need);
  const storage::VersionBlockWriter::Extra extras[] = {{PhysicalType::kInt32, numbers_.data() + given_},
                                                       {PhysicalType::kInt64, blockers_.data() + given_}};
  writer_.write(rest.first(n), block, extras);
  given_ += n;
  return n;
}

}  // namespace orrery::index
