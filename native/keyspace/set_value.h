// set_value.h: a set value: sorted integers while all members are integers and few, a hash table otherwise (and never back).
#pragma once
#include <memory>

#include "int_set.h"
#include "limits.h"
#include "number.h"
#include "table.h"

namespace orrery::keyspace {

class Set {
 public:
  struct Nothing {};
  using Members = Table<Nothing>;
  /// nullptr while the members are integers in a row.
  const Members* table() const noexcept { return table_.get(); }
  Members* table() noexcept { return table_.get(); }
  bool is_intset() const noexcept { return table_ == nullptr; }
  std::size_t size() const noexcept { return table_ ? table_->size() : integers_.size(); }

  bool contains(std::string_view member) {
    if (table_) return table_->find(member) != nullptr;
    std::int64_t v;
    return parse_integer(member, &v) && integers_.contains(v);
  }
  /// As Hash::reserve.
  void reserve(std::size_t count) {
    if (count <= limits().set_max_intset_entries.load(std::memory_order_relaxed) || size() > 0 || table_) return;
    table_ = std::make_unique<Members>();
    table_->reserve(count);
  }
  bool add(std::string_view member) {
    if (!table_) {
      std::int64_t v;
      if (parse_integer(member, &v)) {
        if (!integers_.add(v)) return false;
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
    return parse_integer(member, &v) && integers_.erase(v);
  }
  template <typename Visit>
  void each(Visit&& visit) const {
    if (table_) return table_->each([&](auto& n) { visit(n.key()); });
    char text[24];
    for (std::size_t i = 0; i < integers_.size(); i++) visit(std::string_view{text, write_integer(text, integers_[i])});
  }
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, Visit&& visit) const {
    if (table_) return table_->scan(cursor, [&](auto& n) { visit(n.key()); });
    each(visit);
    return 0;
  }
  /// A random member, valid until the set changes; `scratch` (24 bytes) is used for an integer. Not empty.
  std::string_view random(char* scratch) {
    if (table_) return table_->random()->key();
    return {scratch, write_integer(scratch, integers_[random_below(integers_.size())])};
  }
  std::size_t memory() const noexcept {
    if (!table_) return sizeof(Set) + integers_.memory();
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
    integers_.clear();
  }
  IntSet integers_;
  std::unique_ptr<Members> table_;
};

}  // namespace orrery::keyspace
