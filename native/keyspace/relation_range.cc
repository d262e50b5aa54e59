// relation_range.cc: redis.* in the order of keys: each shard gives its next few names, the names are merged, and rows are read name by name,
// so that no two latches are held at once.
#include <algorithm>

#include "relation_block.h"

namespace orrery::keyspace {
namespace {

/// A key by what it is compared by: its text, then its bytes.
struct Name {
  std::string bytes;
  std::optional<std::string> replaced;  // the text, when it is not the bytes
  std::string_view text() const noexcept { return replaced.has_value() ? std::string_view(*replaced) : std::string_view(bytes); }
  static Name of(std::string_view key) { return {std::string(key), replaced_text(key)}; }
};

class Collector {
 public:
  Collector(const KeyRange& range, const std::optional<std::string>& after, std::size_t per_source) : range_(range), per_source_(per_source) {
    if (after.has_value()) after_ = Name::of(*after);
  }

  /// Takes the first names of a database that are behind `after`; `is_hidden(key)`: not this one. Its latch is held.
  template <typename IsHidden>
  void collect(const Database& database, IsHidden&& is_hidden) {
    std::vector<Name> found;
    if (database.ordered == nullptr) {
      database.keys.each([&](const Node& n) {
        if (Name name = Name::of(n.key()); wanted(name) && !is_hidden(n.key())) found.push_back(std::move(name));
      });
      cut(found);
    } else {
      std::string_view from_text;
      const std::string_view* from = range_.backward ? range_.upper : range_.lower;
      if (after_.has_value()) {
        from_text = after_->text();
        from = &from_text;
      }
      database.ordered->each_plain(from, range_.backward, [&](const Node* n) {
        if (is_beyond(n->key())) return false;
        Name name{std::string(n->key()), std::nullopt};
        if (wanted(name) && !is_hidden(n->key())) found.push_back(std::move(name));
        return found.size() <= per_source_;
      });
      cut(found);
      // Of one text all are taken: their order among each other is the bytes'.
      std::vector<Name> odd;
      database.ordered->each_odd(from, range_.backward, [&](std::string_view text, const Node* n) {
        if (is_beyond(text) || (odd.size() > per_source_ && text != odd.back().text())) return false;
        Name name{std::string(n->key()), std::string(text)};
        if (wanted(name) && !is_hidden(n->key())) odd.push_back(std::move(name));
        return true;
      });
      cut(odd);
      std::move(odd.begin(), odd.end(), std::back_inserter(names_));
    }
    std::move(found.begin(), found.end(), std::back_inserter(names_));
  }

  /// What is certain: names up to the nearest end of a source that has more. `complete`: there are no others.
  std::vector<Name> finish(bool* complete) {
    std::sort(names_.begin(), names_.end(), [this](const Name& a, const Name& b) { return is_before(a, b); });
    *complete = !horizon_.has_value();
    if (horizon_.has_value()) {
      const auto end = std::partition_point(names_.begin(), names_.end(), [this](const Name& n) { return !is_before(*horizon_, n); });
      names_.erase(end, names_.end());
    }
    return std::move(names_);
  }

 private:
  bool is_before(const Name& a, const Name& b) const noexcept {
    if (const int order = a.text().compare(b.text()); order != 0) return (order < 0) != range_.backward;
    return (a.bytes < b.bytes) != range_.backward && a.bytes != b.bytes;
  }
  bool is_beyond(std::string_view text) const noexcept {
    return range_.backward ? range_.lower != nullptr && text < *range_.lower : range_.upper != nullptr && text > *range_.upper;
  }
  bool wanted(const Name& name) const noexcept {
    const std::string_view text = name.text();
    if ((range_.lower != nullptr && text < *range_.lower) || (range_.upper != nullptr && text > *range_.upper)) return false;
    return !after_.has_value() || is_before(*after_, name);
  }
  /// Leaves the first per_source_ of a source's names; what is left out lies behind the horizon.
  void cut(std::vector<Name>& found) {
    if (found.size() <= per_source_) return;
    const auto before = [this](const Name& a, const Name& b) { return is_before(a, b); };
    std::nth_element(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(per_source_), found.end(), before);
    found.resize(per_source_);
    const Name& last = *std::max_element(found.begin(), found.end(), before);
    if (!horizon_.has_value() || is_before(last, *horizon_)) horizon_ = last;
  }

  const KeyRange& range_;
  const std::size_t per_source_;
  std::optional<Name> after_, horizon_;
  std::vector<Name> names_;
};

}  // namespace

std::vector<std::uint8_t> relation_range(Keyspace& keyspace, KeyTransaction* transaction, KeyRelation relation, const KeyRange& range, std::optional<std::string>* after,
                                         std::size_t per_shard) {
  const auto owned = [&](std::string_view key) { return transaction != nullptr && transaction->owns(0, key); };
  Collector collector(range, *after, std::max<std::size_t>(per_shard, 1));
  for (std::uint32_t i = 0; i < kShardCount; i++) {
    const std::lock_guard guard(keyspace.shard(i).latch);
    collector.collect(keyspace.shard(i).databases[0], owned);
  }
  if (transaction != nullptr) {
    if (keyspace.ordered_keys()) transaction->database(0).keep_ordered(true);
    collector.collect(transaction->database(0), [](std::string_view) { return false; });
  }
  bool complete;
  const std::vector<Name> names = collector.finish(&complete);

  RelationRows rows(columns_of(relation));
  const std::int64_t now = now_millis();
  std::size_t at = 0;
  for (; at < names.size() && rows.count() < kRowsPerBlock; at++) {
    const std::string& key = names[at].bytes;
    Shard& shard = keyspace.shard(Keyspace::shard_index(key));
    const std::lock_guard guard(shard.latch);
    Database& database = owned(key) ? transaction->database(0) : shard.databases[0];
    if (Node* n = database.keys.find(key); n != nullptr) add_rows(rows, relation, *n, now);
  }
  if (complete && at == names.size()) after->reset();
  else if (at > 0) *after = names[at - 1].bytes;
  return rows.block();
}

}  // namespace orrery::keyspace
