// memory.h: the memory of one pipeline: growable arrays and byte arenas that count against the statement's limit.
//
// Invariants
//  1. `used` is what the pipeline's buffers hold now; a buffer takes its bytes off when it dies.
//  2. Growing beyond the limit succeeds and sets `exceeded`: operators look at it once per batch, so the overshoot is one batch's
//     worth (or one doubling of an array).
// Threads: one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "../../core/check.h"

namespace orrery::exec {

struct Memory {
  std::size_t used = 0;
  std::size_t peak = 0;
  std::size_t limit = SIZE_MAX;
  /// Beyond it operators that can go on with temporary files.
  std::size_t spill_limit = SIZE_MAX;
  bool exceeded = false;
  /// `more`: what an operator is about to take.
  bool is_tight(std::size_t more = 0) const noexcept { return spill_limit != SIZE_MAX && used + more > spill_limit; }
  void add(std::size_t bytes) noexcept {
    used += bytes;
    if (used > peak) peak = used;
    if (used > limit) exceeded = true;
  }
  void remove(std::size_t bytes) noexcept { used -= bytes; }
};

/// Memory of one large array. From kHugeBytes on it comes from the system in huge pages: a fault per 2 MiB, and it goes back at once.
class LargeMemory {
 public:
  /// `to` bytes that begin with the first `from` bytes of `old`, which is gone.
  static void* grow(void* old, std::size_t from, std::size_t to) {
#ifdef __linux__
    if (is_huge(to)) {
      void* at = MAP_FAILED;
      if (is_huge(from)) {
        at = mremap(old, rounded(from), rounded(to), MREMAP_MAYMOVE);
      } else {
        at = mmap(nullptr, rounded(to), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      }
      ORRERY_ASSERT(at != MAP_FAILED);
      madvise(at, rounded(to), MADV_HUGEPAGE);
      if (!is_huge(from) && old != nullptr) {
        std::memcpy(at, old, from);
        std::free(old);
      }
      return at;
    }
#endif
    void* at = std::realloc(old, to);
    ORRERY_ASSERT(at != nullptr);
    return at;
  }
  static void free(void* memory, std::size_t bytes) noexcept {
#ifdef __linux__
    if (is_huge(bytes)) {
      munmap(memory, rounded(bytes));
      return;
    }
#endif
    (void)bytes;
    std::free(memory);
  }

 private:
  static constexpr std::size_t kHugePage = 2u << 20, kHugeBytes = 4u << 20;
  static constexpr bool is_huge(std::size_t bytes) noexcept { return bytes >= kHugeBytes; }
  static constexpr std::size_t rounded(std::size_t bytes) noexcept { return (bytes + kHugePage - 1) & ~(kHugePage - 1); }
};

/// An array of plain values that doubles when it is full.
template <typename T>
class PodBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit PodBuffer(Memory& memory) : memory_(&memory) {}
  PodBuffer(PodBuffer&& other) noexcept
      : memory_(other.memory_), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  PodBuffer& operator=(PodBuffer&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~PodBuffer() { release(); }

  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T& operator[](std::size_t i) noexcept { return data_[i]; }
  const T& operator[](std::size_t i) const noexcept { return data_[i]; }
  T& back() noexcept { return data_[size_ - 1]; }
  void push_back(T value) {
    if (size_ == capacity_) reserve(size_ + 1);
    data_[size_++] = value;
  }
  /// New places are not initialized.
  T* extend(std::size_t count) {
    reserve(size_ + count);
    T* at = data_ + size_;
    size_ += count;
    return at;
  }
  void resize(std::size_t size) {
    reserve(size);
    size_ = size;
  }
  void assign(std::size_t size, T value) {
    resize(size);
    for (std::size_t i = 0; i < size; i++) data_[i] = value;
  }
  void clear() noexcept { size_ = 0; }
  void release() noexcept {
    memory_->remove(capacity_ * sizeof(T));
    if (data_ != nullptr) LargeMemory::free(data_, capacity_ * sizeof(T));
    data_ = nullptr;
    size_ = capacity_ = 0;
  }
  void reserve(std::size_t wanted) {
    if (wanted <= capacity_) return;
    std::size_t capacity = capacity_ < 16 ? 16 : capacity_ * 2;
    if (capacity < wanted) capacity = wanted;
    void* grown = LargeMemory::grow(data_, capacity_ * sizeof(T), capacity * sizeof(T));
    memory_->add((capacity - capacity_) * sizeof(T));
    data_ = static_cast<T*>(grown);
    capacity_ = capacity;
  }

 private:
  Memory* memory_;
  T* data_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
};

/// Bytes that live as long as the arena (or until `clear`) and never move.
class Arena {
 public:
  explicit Arena(Memory& memory) : memory_(&memory) {}
  Arena(Arena&& other) noexcept : Arena(*other.memory_) { *this = std::move(other); }
  Arena& operator=(Arena&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(blocks_, other.blocks_);
    std::swap(at_, other.at_);
    std::swap(left_, other.left_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Arena() { memory_->remove(bytes_); }
  char* take(std::size_t length) {
    if (length > left_) grow(length);
    char* at = at_;
    at_ += length;
    left_ -= length;
    return at;
  }
  std::string_view copy(std::string_view s) {
    if (s.empty()) return {"", 0};
    char* at = take(s.size());
    std::memcpy(at, s.data(), s.size());
    return {at, s.size()};
  }
  /// Forgets everything; a block that is the only one is kept.
  void clear() noexcept {
    if (blocks_.empty()) return;
    if (blocks_.size() == 1) {
      at_ = blocks_[0].bytes.get();
      left_ = blocks_[0].size;
      return;
    }
    memory_->remove(bytes_);
    bytes_ = 0;
    blocks_.clear();
    at_ = nullptr;
    left_ = 0;
  }

 private:
  struct Piece { std::unique_ptr<char[]> bytes; std::size_t size; };
  void grow(std::size_t length) {
    std::size_t size = blocks_.empty() ? 4096 : blocks_.back().size * 2;
    if (size > kLargest) size = kLargest;
    if (size < length) size = length;
    blocks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
    at_ = blocks_.back().bytes.get();
    left_ = size;
    bytes_ += size;
    memory_->add(size);
  }
  static constexpr std::size_t kLargest = 1 << 20;
  Memory* memory_;
  std::vector<Piece> blocks_;
  char* at_ = nullptr;
  std::size_t left_ = 0, bytes_ = 0;
};

}  // namespace orrery::exec
