// packed.h: a sequence of byte strings in one allocation, for small collections and for the nodes of lists.
//
// Element: [length varint][bytes][length varint, bytes reversed], so it can be walked both ways. Finding is a linear walk:
// the thresholds of the collections that use it keep it short.
// Invariant: a position is the offset of an element's first byte; end() is one past the last element.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "blob.h"
#include "shared_buffers.h"

namespace orrery::keyspace {

class Packed {
 public:
  std::size_t count() const noexcept { return count_; }
  std::size_t bytes() const noexcept { return size_; }
  std::size_t begin() const noexcept { return 0; }
  std::size_t end() const noexcept { return size_; }

  Packed() = default;
  Packed(Packed&& o) noexcept : data_(std::exchange(o.data_, nullptr)), size_(std::exchange(o.size_, 0)), capacity_(std::exchange(o.capacity_, 0)), count_(o.count_), shared_(o.shared_) {
    o.count_ = 0;
    o.shared_ = 0;
  }
  Packed& operator=(Packed&& o) noexcept {
    std::swap(data_, o.data_);
    std::swap(size_, o.size_);
    std::swap(capacity_, o.capacity_);
    const std::uint32_t count = count_, shared = shared_;
    count_ = o.count_;
    shared_ = o.shared_;
    o.count_ = count & kMostElements;
    o.shared_ = shared & 1;
    return *this;
  }
  Packed(const Packed& o) : size_(o.size_), capacity_(o.size_), count_(o.count_), shared_(0) {
    if (size_ == 0) return;
    data_ = static_cast<char*>(allocate(size_));
    std::memcpy(data_, o.data_, size_);
  }
  ~Packed() { let_go(); }
  /// The same bytes in the same buffer: whoever changes them first copies it. Any thread may read and drop what this returns.
  Packed share() {
    Packed other;
    if (data_ == nullptr) return other;
    SharedBuffers::instance().share(data_);
    shared_ = other.shared_ = 1;
    other.data_ = data_;
    other.size_ = other.capacity_ = size_;
    other.count_ = count_;
    return other;
  }

  std::string_view at(std::size_t position) const noexcept {
    std::size_t length = 0;
    const char* p = data_ + position;
    for (int shift = 0;; shift += 7) {
      const auto b = static_cast<std::uint8_t>(*p++);
      length |= static_cast<std::size_t>(b & 0x7f) << shift;
      if ((b & 0x80) == 0) break;
    }
    return {p, length};
  }
  std::size_t next(std::size_t position) const noexcept {
    const std::string_view v = at(position);
    const auto header = static_cast<std::size_t>(v.data() - (data_ + position));
    return position + 2 * header + v.size();
  }
  /// The element that ends at `position` (> 0).
  std::size_t previous(std::size_t position) const noexcept {
    std::size_t length = 0, header = 0;
    const char* p = data_ + position - 1;
    for (int shift = 0;; shift += 7) {
      const auto b = static_cast<std::uint8_t>(*p--);
      header++;
      length |= static_cast<std::size_t>(b & 0x7f) << shift;
      if ((b & 0x80) == 0) break;
    }
    return position - 2 * header - length;
  }
  /// Position of element `index` (< count), from the nearer side.
  std::size_t locate(std::size_t index) const noexcept {
    if (index <= count_ / 2) {
      std::size_t p = 0;
      while (index-- > 0) p = next(p);
      return p;
    }
    std::size_t p = size_;
    for (std::size_t i = count_; i > index; i--) p = previous(p);
    return p;
  }

  void insert(std::size_t position, std::string_view value) {
    char header[10];
    std::size_t n = 0;
    for (std::size_t v = value.size();; v >>= 7) {
      header[n++] = static_cast<char>(v >= 0x80 ? (v & 0x7f) | 0x80 : v);
      if (v < 0x80) break;
    }
    const std::size_t total = 2 * n + value.size();
    if (size_ + total > capacity_ || shared_ != 0) {
      // The value may lie in this very allocation (a copy within a collection), so grow into a fresh one.
      // Small ones grow tightly: there may be millions of them.
      const std::size_t capacity = size_ + total + (size_ < 256 ? 0 : std::min<std::size_t>(size_ / 4, 2048));
      char* fresh = static_cast<char*>(allocate(capacity));
      if (position > 0) std::memcpy(fresh, data_, position);
      write(fresh + position, header, n, value);
      if (size_ > position) std::memcpy(fresh + position + total, data_ + position, size_ - position);
      let_go();
      data_ = fresh;
      capacity_ = static_cast<std::uint32_t>(capacity);
    } else {
      if (size_ > position) std::memmove(data_ + position + total, data_ + position, size_ - position);
      write(data_ + position, header, n, value);
    }
    size_ += static_cast<std::uint32_t>(total);
    count_++;
  }
  void push_back(std::string_view value) { insert(size_, value); }
  void push_front(std::string_view value) { insert(0, value); }

  void erase(std::size_t position) noexcept {
    own();
    const std::size_t after = next(position);
    std::memmove(data_ + position, data_ + after, size_ - after);
    size_ -= static_cast<std::uint32_t>(after - position);
    count_--;
  }
  /// The `count` elements from position `from` to before position `to`.
  void erase_range(std::size_t from, std::size_t to, std::size_t count) noexcept {
    own();
    std::memmove(data_ + from, data_ + to, size_ - to);
    size_ -= static_cast<std::uint32_t>(to - from);
    count_ -= static_cast<std::uint32_t>(count) & kMostElements;
  }
  /// The elements at `positions`, which ascend: one pass.
  void erase_all(std::span<const std::size_t> positions) noexcept {
    if (positions.empty()) return;
    own();
    std::size_t to = positions[0];
    for (std::size_t i = 0; i < positions.size(); i++) {
      const std::size_t from = next(positions[i]), until = i + 1 < positions.size() ? positions[i + 1] : size_;
      std::memmove(data_ + to, data_ + from, until - from);
      to += until - from;
    }
    size_ = static_cast<std::uint32_t>(to);
    count_ -= static_cast<std::uint32_t>(positions.size()) & kMostElements;
  }
  void replace(std::size_t position, std::string_view value) {
    if (shared_ != 0) {
      const std::string kept(value);  // it may lie in the buffer that is let go
      own();
      return replace(position, kept);
    }
    const std::string_view old = at(position);
    if (old.size() == value.size()) {
      if (!value.empty()) std::memmove(const_cast<char*>(old.data()), value.data(), value.size());
      return;
    }
    erase(position);
    insert(position, value);
  }
  std::size_t memory() const noexcept { return sizeof(Packed) + (data_ == nullptr ? 0 : malloc_usable_size(data_)); }

 private:
  static constexpr std::uint32_t kMostElements = 0x7fffffff;
  void let_go() noexcept {
    if (shared_ == 0 || SharedBuffers::instance().release(data_)) release(data_);
    shared_ = 0;
  }
  /// Before a change in place.
  void own() {
    if (shared_ == 0) [[likely]] return;
    if (!SharedBuffers::instance().is_last(data_)) {
      auto* fresh = static_cast<char*>(allocate(capacity_));
      std::memcpy(fresh, data_, size_);
      let_go();
      data_ = fresh;
    }
    shared_ = 0;
  }
  static void write(char* to, const char* header, std::size_t n, std::string_view value) noexcept {
    std::memcpy(to, header, n);
    if (!value.empty()) std::memcpy(to + n, value.data(), value.size());
    for (std::size_t i = 0; i < n; i++) to[n + value.size() + i] = header[n - 1 - i];
  }
  char* data_ = nullptr;
  std::uint32_t size_ = 0, capacity_ = 0;
  std::uint32_t count_ : 31 = 0;
  std::uint32_t shared_ : 1 = 0;  // the buffer may have another holder (shared_buffers.h)
};
static_assert(sizeof(Packed) == 24, "there may be millions of them");

}  // namespace orrery::keyspace
