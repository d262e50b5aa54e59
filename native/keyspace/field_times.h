// field_times.h: when fields of a hash expire (HEXPIRE and the others): only the fields that have a time, kept beside the hash's own table.
//
// Invariant: `order_` holds exactly the entries of `times_`, earliest first.
// Threads: as the hash that owns it.
#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "counted.h"

namespace orrery::keyspace {

class FieldTimes {
 public:
  bool empty() const noexcept { return times_.empty(); }
  /// Of the field that expires first; not empty.
  std::int64_t earliest() const noexcept { return order_.begin()->first; }
  std::string_view earliest_field() const noexcept { return *order_.begin()->second; }
  /// 0: it does not expire.
  std::int64_t get(std::string_view field) const noexcept {
    const auto at = times_.find(field);
    return at == times_.end() ? 0 : at->second;
  }
  /// 0 takes the time away.
  void set(std::string_view field, std::int64_t when_ms) {
    auto at = times_.find(field);
    if (at != times_.end()) order_.erase({at->second, &at->first});
    if (when_ms == 0) {
      if (at != times_.end()) times_.erase(at);
      return;
    }
    if (at == times_.end()) at = times_.emplace(field, when_ms).first;
    at->second = when_ms;
    order_.insert({when_ms, &at->first});
  }
  template <typename Visit>
  void each(Visit&& visit) const {
    for (const auto& [field, when] : times_) visit(std::string_view(field), when);
  }
  std::size_t memory() const noexcept { return times_.size() * kEntryBytes; }

 private:
  static constexpr std::size_t kEntryBytes = 160;  // two tree nodes
  using Name = std::pair<std::int64_t, const std::string*>;
  CountedMap<std::string, std::int64_t> times_;
  std::set<Name, std::less<Name>, CountedAllocator<Name>> order_;
};

}  // namespace orrery::keyspace
