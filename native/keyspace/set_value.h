// set_value.h: a set value: sorted integers while all members are integers and few, a hash table otherwise (and never back).
#pragma once
#include <algorithm>
#include <memory>
#include <vector>

#include "counted.h"
#include "limits.h"
#include "number.h"
#include "table.h"

namespace orrery::keyspace {

class Set {
 public:
  struct Nothing {};
  using Members = Table<Nothing>;
  bool is_intset() const noexcept { return table_ == nullptr; }
  std::size_t size() const noexcept { return table_ ? table_->size() : integers_.size(); }

  bool contains(std::string_view member) {
    if (table_) return table_->find(member) != nullptr;
    std::int64_t v;
    return parse_integer(member, &v) && std::binary_search(integers_.begin(), integers_.end(), v);
  }
  bool add(std::string_view member) {
    if (!table_) {
      std::int64_t v;
      if (parse_integer(member, &v)) {
        const auto at = std::lower_bound(integers_.begin(), integers_.end(), v);
        if (at != integers_.end() && *at == v) return false;
        integers_.insert(at, v);
        if (integers_.size() > limits().set_max_intset_entries.load(std::memory_order_relaxed)) to_table();
        return true;
      }
      to_table();
    }
    const std::uint32_t hash = hash_bytes(member);
    if (table_->find(member, hash) != nullptr) return false;
    table_->insert(member, hash);
    return true;
  }
  bool erase(std::string_view member) {
    if (table_) {
      auto* n = table_->find(member);
      if (n == nullptr) return false;
      table_->erase(n);
      return true;
    }
    std::int64_t v;
    if (!parse_integer(member, &v)) return false;
    const auto at = std::lower_bound(integers_.begin(), integers_.end(), v);
    if (at == integers_.end() || *at != v) return false;
    integers_.erase(at);
    return true;
  }
  template <typename Visit>
  void each(Visit&& visit) const {
    if (table_) return table_->each([&](auto& n) { visit(n.key()); });
    char text[24];
    for (const std::int64_t v : integers_) visit(std::string_view{text, write_integer(text, v)});
  }
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, Visit&& visit) const {
    if (table_) return table_->scan(cursor, [&](auto& n) { visit(n.key()); });
    each(visit);
    return 0;
  }
  /// A random member, copied; not empty.
  std::string random() {
    if (table_) return std::string(table_->random()->key());
    return std::to_string(integers_[random_below(integers_.size())]);
  }
  std::size_t memory() const noexcept {
    if (!table_) return sizeof(Set) + integers_.capacity() * 8;
    std::size_t n = sizeof(Members);
    table_->each([&](auto& m) { n += 32 + m.length; });
    return n;
  }

 private:
  void to_table() {
    auto table = std::make_unique<Members>();
    table->reserve(size() + 1);
    each([&](std::string_view m) { table->insert(m, hash_bytes(m)); });
    table_ = std::move(table);
    integers_ = {};
  }
  CountedVector<std::int64_t> integers_;
  std::unique_ptr<Members> table_;
};

}  // namespace orrery::keyspace
