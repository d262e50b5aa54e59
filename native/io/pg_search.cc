#include "pg_search.h"

#include <algorithm>

#include "../index/btree/index_scan.h"
#include "pg_arrays.h"

namespace orrery::io {
namespace {

constexpr bool is_integer(PgType type) noexcept { return type == PgType::kInt2 || type == PgType::kInt4 || type == PgType::kInt8; }

}  // namespace

bool SearchKeys::make(const PgPlan& plan, const PgParameters& parameters) {
  const PgSearch& search = *plan.search;
  if (make_key(plan, parameters, prefix_) != KeyMade::kYes) return false;
  const auto limit = limit_of(search.limit, search.limit_parameter, parameters, kSearchRowsMax);
  if (!limit) return false;
  limit_ = *limit;
  return search.form == PgSearch::Form::kRange ? make_range(plan, parameters) : make_list(plan, parameters);
}

bool SearchKeys::make_list(const PgPlan& plan, const PgParameters& parameters) {
  const PgSearch& search = *plan.search;
  const PgType type = search.list[0].type;
  elements_.clear();
  if (search.form == PgSearch::Form::kArray) {
    const PgParameter& array = parameters[search.list[0].parameter];
    if (array.is_null || !read_array(array, type, kListMax, &elements_)) return false;
  } else {
    for (const PgKey& item : search.list) elements_.push_back(parameters[item.parameter]);
  }
  if (elements_.size() > kListMax || std::any_of(elements_.begin(), elements_.end(), [](const PgParameter& e) { return e.is_null; })) return false;
  const index::KeyEncoder& encoder = plan.encoder();
  const std::size_t column = plan.keys.size();
  key_count_ = 0;
  const auto next_key = [&]() -> index::Key& {
    if (key_count_ == keys_.size()) keys_.emplace_back();
    keys_[key_count_] = prefix_;
    return keys_[key_count_];
  };
  // In the order that JavaScript's index scan gives them: numbers ascend, other values come as they were listed; each once.
  if (is_integer(type)) {
    integers_.resize(elements_.size());
    for (std::size_t i = 0; i < elements_.size(); i++)
      if (!read_integer(elements_[i], type, &integers_[i])) return false;
    std::sort(integers_.begin(), integers_.end());
    integers_.erase(std::unique(integers_.begin(), integers_.end()), integers_.end());
    // A value that the column cannot hold is in no row.
    for (const std::int64_t value : integers_)
      if (encoder.append_integer(column, value, next_key())) key_count_++;
    return true;
  }
  for (const PgParameter& element : elements_) {
    index::Key& key = next_key();
    if (append_key(encoder, column, type, element, key) != KeyMade::kYes) return false;
    const auto end = keys_.begin() + static_cast<std::ptrdiff_t>(key_count_);
    if (std::find(keys_.begin(), end, key) == end) key_count_++;
  }
  return true;
}

bool SearchKeys::bound(const PgPlan& plan, const PgParameters& parameters, const std::optional<PgSearch::Bound>& given, index::Key* key) const {
  *key = prefix_;
  return !given || append_key(plan.encoder(), plan.keys.size(), given->key.type, parameters[given->key.parameter], *key) == KeyMade::kYes;
}

bool SearchKeys::make_range(const PgPlan& plan, const PgParameters& parameters) {
  const auto& [form, list, lower, upper, backward, limit, limit_parameter] = *plan.search;
  index::Key low, high;
  if (!bound(plan, parameters, lower, &low) || !bound(plan, parameters, upper, &high)) return false;
  const std::size_t equal = plan.keys.size();
  range_ = index::range_of(plan.encoder(), {low, equal + (lower ? 1 : 0), !lower || lower->inclusive}, {high, equal + (upper ? 1 : 0), !upper || upper->inclusive});
  return true;
}

std::optional<std::uint32_t> SearchKeys::run(const PgPlan& plan, const storage::Snapshot& snapshot, const storage::TransactionManager& manager,
                                             wire::WireBuffer& out) const {
  const exec::PointSelect& select = *plan.select;
  std::uint32_t count = 0;
  if (plan.search->form == PgSearch::Form::kRange) {
    const auto most = static_cast<std::uint32_t>(std::min<std::size_t>(limit_, kSearchRowsMax + 1));
    if (range_) count = select.run_range(*range_, plan.search->backward, most, snapshot, manager, out);
  } else {
    for (std::size_t i = 0; i < key_count_ && count <= kSearchRowsMax && !out.overflowed(); i++) count += select.run_encoded(keys_[i], snapshot, manager, out);
    if (count > limit_) return std::nullopt;
  }
  if (count > kSearchRowsMax || out.overflowed()) return std::nullopt;
  return count;
}

}  // namespace orrery::io
