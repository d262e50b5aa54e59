// hash_value.h: a hash value: packed field/value pairs while small, a hash table beyond the limits (and never back).
#pragma once
#include <memory>

#include "limits.h"
#include "packed.h"
#include "table.h"

namespace orrery::keyspace {

class Hash {
 public:
  using Fields = Table<Blob>;
  bool packed() const noexcept { return table_ == nullptr; }
  std::size_t size() const noexcept { return table_ ? table_->size() : packed_.count() / 2; }

  /// False when absent. The view is valid until the hash changes.
  bool get(std::string_view field, std::string_view* value) {
    if (table_) {
      auto* n = table_->find(field);
      if (n == nullptr) return false;
      *value = n->payload.view();
      return true;
    }
    const std::size_t p = find(field);
    if (p == packed_.end()) return false;
    *value = packed_.at(packed_.next(p));
    return true;
  }
  /// True when the field is new.
  bool set(std::string_view field, std::string_view value) {
    if (!table_) {
      const std::size_t longest = limits().hash_max_packed_value.load(std::memory_order_relaxed);
      if (field.size() > longest || value.size() > longest) {
        to_table();
      } else {
        const std::size_t p = find(field);
        if (p != packed_.end()) {
          packed_.replace(packed_.next(p), value);
          return false;
        }
        packed_.push_back(field);
        packed_.push_back(value);
        if (size() > limits().hash_max_packed_entries.load(std::memory_order_relaxed)) to_table();
        return true;
      }
    }
    const std::uint32_t hash = hash_bytes(field);
    if (auto* n = table_->find(field, hash); n != nullptr) {
      n->payload.assign(value);
      return false;
    }
    table_->insert(field, hash, value);
    return true;
  }
  bool erase(std::string_view field) {
    if (table_) {
      auto* n = table_->find(field);
      if (n == nullptr) return false;
      table_->erase(n);
      return true;
    }
    const std::size_t p = find(field);
    if (p == packed_.end()) return false;
    packed_.erase(p);
    packed_.erase(p);
    return true;
  }
  template <typename Visit>
  void each(Visit&& visit) const {
    if (table_) return table_->each([&](auto& n) { visit(n.key(), n.payload.view()); });
    for (std::size_t p = 0; p < packed_.end();) {
      const std::size_t v = packed_.next(p);
      visit(packed_.at(p), packed_.at(v));
      p = packed_.next(v);
    }
  }
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, Visit&& visit) const {
    if (table_) return table_->scan(cursor, [&](auto& n) { visit(n.key(), n.payload.view()); });
    each(visit);
    return 0;
  }
  /// A random field; not empty.
  std::pair<std::string_view, std::string_view> random() {
    if (table_) {
      auto* n = table_->random();
      return {n->key(), n->payload.view()};
    }
    const std::size_t p = packed_.locate(2 * random_below(size()));
    return {packed_.at(p), packed_.at(packed_.next(p))};
  }
  std::size_t memory() const noexcept {
    if (!table_) return packed_.memory();
    std::size_t n = sizeof(Fields);
    table_->each([&](auto& f) { n += 32 + f.length + f.payload.memory() + 8; });
    return n;
  }

 private:
  std::size_t find(std::string_view field) const noexcept {
    std::size_t p = 0;
    while (p < packed_.end() && packed_.at(p) != field) p = packed_.next(packed_.next(p));
    return p;
  }
  void to_table() {
    auto table = std::make_unique<Fields>();
    table->reserve(size() + 1);
    each([&](std::string_view f, std::string_view v) { table->insert(f, hash_bytes(f), v); });
    table_ = std::move(table);
    packed_ = Packed{};
  }
  Packed packed_;
  std::unique_ptr<Fields> table_;
};

}  // namespace orrery::keyspace
