// blob.h: an owned byte string of up to 2 GiB behind one pointer, with spare room for appending. A walk over a long one shares its buffer
// for a while (shared_buffers.h).
#pragma once
#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "memory.h"
#include "shared_buffers.h"

namespace orrery::keyspace {

class Blob {
 public:
  Blob() = default;
  explicit Blob(std::string_view s) { assign(s); }
  Blob(Blob&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
  Blob& operator=(Blob&& other) noexcept {
    std::swap(head_, other.head_);
    return *this;
  }
  ~Blob() { let_go(); }
  /// The same bytes in the same buffer: whoever changes them first copies it. Any thread may read and drop what this returns.
  Blob share() {
    Blob other;
    if (head_ == nullptr) return other;
    SharedBuffers::instance().share(head_);
    head_->shared = 1;
    other.head_ = head_;
    return other;
  }
  /// Before `data` is written to.
  void own() {
    if (head_ == nullptr || head_->shared == 0) [[likely]] return;
    if (SharedBuffers::instance().is_last(head_)) {
      head_->shared = 0;
      return;
    }
    Head* fresh = make(head_->capacity);
    fresh->size = head_->size;
    std::memcpy(reinterpret_cast<char*>(fresh + 1), data(), head_->size);
    let_go();
    head_ = fresh;
  }

  std::string_view view() const noexcept { return head_ == nullptr ? std::string_view{} : std::string_view{data(), head_->size}; }
  std::size_t size() const noexcept { return head_ == nullptr ? 0 : head_->size; }
  char* data() const noexcept { return reinterpret_cast<char*>(head_ + 1); }

  void assign(std::string_view s) {
    if (head_ == nullptr || head_->shared != 0 || head_->capacity < s.size() || head_->capacity > 2 * s.size() + 64) {
      Head* fresh = make(s.size());
      if (!s.empty()) std::memcpy(reinterpret_cast<char*>(fresh + 1), s.data(), s.size());
      let_go();
      head_ = fresh;
    } else if (!s.empty()) {
      std::memmove(data(), s.data(), s.size());
    }
    head_->size = static_cast<std::uint32_t>(s.size());
  }
  void append(std::string_view s) {
    const std::size_t before = size();
    reserve(before + s.size());
    if (!s.empty()) std::memcpy(data() + before, s.data(), s.size());
    head_->size = static_cast<std::uint32_t>(before + s.size());
  }
  /// Grows with zero bytes; never shrinks.
  void extend(std::size_t size_wanted) {
    const std::size_t before = size();
    if (size_wanted <= before) return;
    reserve(size_wanted);
    std::memset(data() + before, 0, size_wanted - before);
    head_->size = static_cast<std::uint32_t>(size_wanted);
  }
  std::size_t memory() const noexcept { return head_ == nullptr ? 0 : malloc_usable_size(head_); }

 private:
  struct Head { std::uint32_t size, capacity : 31, shared : 1; };
  static constexpr std::uint32_t kMostBytes = 0x7fffffff;
  static Head* make(std::size_t capacity) {
    Head* h = static_cast<Head*>(allocate(sizeof(Head) + capacity));
    h->size = 0;
    h->capacity = static_cast<std::uint32_t>(capacity) & kMostBytes;
    h->shared = 0;
    return h;
  }
  void let_go() noexcept {
    if (head_ != nullptr && (head_->shared == 0 || SharedBuffers::instance().release(head_))) release(head_);
    head_ = nullptr;
  }
  void reserve(std::size_t capacity) {
    own();
    if (head_ == nullptr) {
      head_ = make(capacity);
    } else if (head_->capacity < capacity) {
      const std::size_t room = capacity < (1u << 20) ? capacity * 2 : std::min<std::size_t>(capacity + (1u << 20), kMostBytes);
      head_ = static_cast<Head*>(reallocate(head_, sizeof(Head) + room));
      head_->capacity = static_cast<std::uint32_t>(room) & kMostBytes;
    }
  }
  Head* head_ = nullptr;
};

}  // namespace orrery::keyspace
