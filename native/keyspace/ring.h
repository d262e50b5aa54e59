// ring.h: a double-ended queue in one circular allocation, for the nodes of lists: small when short, both ends cheap.
// The middle is found by index; inserting and erasing there moves what lies behind it.
#pragma once
#include <new>
#include <utility>

#include "memory.h"

namespace orrery::keyspace {

template <typename T>
class Ring {
 public:
  Ring() = default;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() {
    for (std::size_t i = 0; i < size_; i++) (*this)[i].~T();
    release(data_);
  }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T& operator[](std::size_t i) noexcept { return data_[(first_ + i) & (capacity_ - 1)]; }
  const T& operator[](std::size_t i) const noexcept { return data_[(first_ + i) & (capacity_ - 1)]; }
  T& front() noexcept { return (*this)[0]; }
  const T& front() const noexcept { return (*this)[0]; }
  T& back() noexcept { return (*this)[size_ - 1]; }
  const T& back() const noexcept { return (*this)[size_ - 1]; }

  void emplace_back() {
    grow();
    new (&data_[(first_ + size_) & (capacity_ - 1)]) T();
    size_++;
  }
  void emplace_front() {
    grow();
    first_ = (first_ + capacity_ - 1) & (capacity_ - 1);
    new (&data_[first_]) T();
    size_++;
  }
  void pop_front() noexcept {
    front().~T();
    first_ = (first_ + 1) & (capacity_ - 1);
    size_--;
  }
  void pop_back() noexcept {
    back().~T();
    size_--;
  }
  /// Before element `at`.
  void insert(std::size_t at, T&& value) {
    emplace_back();
    for (std::size_t i = size_ - 1; i > at; i--) (*this)[i] = std::move((*this)[i - 1]);
    (*this)[at] = std::move(value);
  }
  void erase(std::size_t at) noexcept {
    for (std::size_t i = at; i + 1 < size_; i++) (*this)[i] = std::move((*this)[i + 1]);
    pop_back();
  }
  /// All for which `gone(element)` holds, in one pass.
  template <typename Gone>
  void erase_if(Gone&& gone) noexcept {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; i++) {
      if (gone((*this)[i])) continue;
      if (kept != i) (*this)[kept] = std::move((*this)[i]);
      kept++;
    }
    while (size_ > kept) pop_back();
  }
  std::size_t memory() const noexcept { return data_ == nullptr ? 0 : malloc_usable_size(data_); }

 private:
  void grow() {
    if (size_ < capacity_) return;
    const std::uint32_t room = capacity_ == 0 ? 1 : capacity_ * 2;
    T* fresh = static_cast<T*>(allocate(room * sizeof(T)));
    for (std::size_t i = 0; i < size_; i++) {
      new (&fresh[i]) T(std::move((*this)[i]));
      (*this)[i].~T();
    }
    release(data_);
    data_ = fresh;
    first_ = 0;
    capacity_ = room;
  }
  T* data_ = nullptr;
  std::uint32_t first_ = 0, size_ = 0, capacity_ = 0;  // capacity: a power of two
};

}  // namespace orrery::keyspace
