// int_set.h: sorted distinct integers in one allocation, each as wide as the widest needs (2, 4 or 8 bytes).
//
// Finding is a binary search, adding and erasing move what lies behind: the limit of the set that uses it keeps it small.
// Invariant: no value fits less than `width` bytes unless a wider one is or was there (widths never shrink).
#pragma once
#include <cstdint>
#include <cstring>
#include <utility>

#include "memory.h"

namespace orrery::keyspace {

class IntSet {
 public:
  IntSet() = default;
  IntSet(const IntSet&) = delete;
  IntSet& operator=(const IntSet&) = delete;
  ~IntSet() { clear(); }

  std::size_t size() const noexcept { return head_ == nullptr ? 0 : head_->count; }
  std::int64_t operator[](std::size_t at) const noexcept { return get(bytes(), head_->width, at); }
  bool contains(std::int64_t v) const noexcept {
    const std::size_t at = place(v);
    return at < size() && (*this)[at] == v;
  }
  /// False when it is there already.
  bool add(std::int64_t v) {
    const std::size_t at = place(v);
    if (at < size() && (*this)[at] == v) return false;
    make_room(width_of(v));
    std::uint8_t* const from = bytes() + at * head_->width;
    std::memmove(from + head_->width, from, (head_->count - at) * head_->width);
    head_->count++;
    put(bytes(), head_->width, at, v);
    return true;
  }
  bool erase(std::int64_t v) noexcept {
    const std::size_t at = place(v);
    if (at >= size() || (*this)[at] != v) return false;
    std::uint8_t* const from = bytes() + at * head_->width;
    std::memmove(from, from + head_->width, (head_->count - at - 1) * head_->width);
    head_->count--;
    return true;
  }
  void clear() noexcept {
    release(head_);
    head_ = nullptr;
  }
  std::size_t memory() const noexcept { return head_ == nullptr ? 0 : malloc_usable_size(head_); }

 private:
  struct Head { std::uint32_t count, width; };
  std::uint8_t* bytes() const noexcept { return reinterpret_cast<std::uint8_t*>(head_ + 1); }
  static std::uint32_t width_of(std::int64_t v) noexcept { return v >= INT16_MIN && v <= INT16_MAX ? 2 : v >= INT32_MIN && v <= INT32_MAX ? 4 : 8; }
  template <typename T>
  static std::int64_t read(const std::uint8_t* from, std::size_t at) noexcept { T v; std::memcpy(&v, from + at * sizeof v, sizeof v); return v; }
  template <typename T>
  static void write(std::uint8_t* to, std::size_t at, std::int64_t v) noexcept { const auto t = static_cast<T>(v); std::memcpy(to + at * sizeof t, &t, sizeof t); }
  static std::int64_t get(const std::uint8_t* from, std::uint32_t width, std::size_t at) noexcept {
    return width == 2 ? read<std::int16_t>(from, at) : width == 4 ? read<std::int32_t>(from, at) : read<std::int64_t>(from, at);
  }
  static void put(std::uint8_t* to, std::uint32_t width, std::size_t at, std::int64_t v) noexcept {
    if (width == 2) write<std::int16_t>(to, at, v);
    else if (width == 4) write<std::int32_t>(to, at, v);
    else write<std::int64_t>(to, at, v);
  }
  /// Of the first value that is not below `v`.
  std::size_t place(std::int64_t v) const noexcept {
    std::size_t low = 0, high = size();
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if ((*this)[middle] < v) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  /// Room for one more of `width` bytes, with the others widened when it is wider.
  void make_room(std::uint32_t width) {
    const std::uint32_t count = static_cast<std::uint32_t>(size()), old = head_ == nullptr ? width : head_->width;
    if (width < old) width = old;
    const std::size_t needed = sizeof(Head) + std::size_t{count + 1} * width;
    if (head_ == nullptr || malloc_usable_size(head_) < needed) {
      head_ = static_cast<Head*>(reallocate(head_, needed < 64 ? needed : needed + needed / 8));
      head_->count = count;
    }
    head_->width = width;
    if (width != old)
      for (std::size_t i = count; i-- > 0;) put(bytes(), width, i, get(bytes(), old, i));
  }
  Head* head_ = nullptr;
};

}  // namespace orrery::keyspace
