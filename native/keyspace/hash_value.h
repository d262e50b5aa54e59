// hash_value.h: a hash value: packed field/value pairs while small, a hash table beyond the limits (and never back); fields may expire.
#pragma once
#include <memory>

#include "field_times.h"
#include "limits.h"
#include "packed.h"
#include "table.h"

namespace orrery::keyspace {

class Hash {
 public:
  using Fields = Table<Blob>;
  /// nullptr while packed.
  const Fields* table() const noexcept { return table_.get(); }
  Fields* table() noexcept { return table_.get(); }
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
  /// Of an empty hash that is about to get `count` fields: elements that come in the order of their places would crowd a table that grows.
  void reserve(std::size_t count) {
    if (count <= limits().hash_max_packed_entries.load(std::memory_order_relaxed) || size() > 0 || table_) return;
    table_ = std::make_unique<Fields>();
    table_->reserve(count);
  }
  /// True when the field is new. A time that the field has goes.
  bool set(std::string_view field, std::string_view value) {
    if (times_) set_time(field, 0);
    return set_keeping_time(field, value);
  }
  bool set_keeping_time(std::string_view field, std::string_view value) {
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
      table_->changing(*n);
      n->payload.assign(value);
      return false;
    }
    table_->insert(field, hash, value);
    return true;
  }
  bool erase(std::string_view field) {
    if (times_) set_time(field, 0);
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
  /// nullptr while no field expires.
  const FieldTimes* times() const noexcept { return times_.get(); }
  /// When the field, which is there, expires; 0: never.
  void set_time(std::string_view field, std::int64_t when_ms) {
    if (table_ && table_->watcher() != nullptr)
      if (auto* n = table_->find(field); n != nullptr) table_->changing(*n);
    if (!times_) {
      if (when_ms == 0) return;
      times_ = std::make_unique<FieldTimes>();
    }
    times_->set(field, when_ms);
    if (times_->empty()) times_.reset();
  }
  std::int64_t time_of(std::string_view field) const noexcept { return times_ ? times_->get(field) : 0; }

  std::size_t memory() const noexcept {
    const std::size_t times = times_ ? sizeof(FieldTimes) + times_->memory() : 0;
    if (!table_) return packed_.memory() + times;
    std::size_t n = sizeof(Fields) + times;
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
  std::unique_ptr<FieldTimes> times_;
};

}  // namespace orrery::keyspace
