// arena.h: memory that many arrays share and that is given back all at once, in huge pages once it is large (large_block.h).
//
// Threads: one at a time.
#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

#include "large_block.h"

namespace orrery {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() {
    for (const Block& b : blocks_) free_large_block(b.memory, b.bytes);
  }

  /// Bytes that begin at a multiple of 64. Throws std::bad_alloc.
  void* take(std::size_t bytes) {
    constexpr std::size_t kLine = 64;
    bytes = (bytes + kLine - 1) / kLine * kLine;
    if (bytes > left_) grow(bytes);
    void* taken = at_;
    at_ += bytes;
    left_ -= bytes;
    return taken;
  }

 private:
  struct Block {
    void* memory;
    std::size_t bytes;
  };
  /// Blocks as large as all before them together, up to some huge pages: little is unused, whatever the size.
  void grow(std::size_t least) {
    constexpr std::size_t kMost = 4 * kHugePage;
    std::size_t bytes = std::max(least, std::min(total_, kMost));
    if (bytes >= kHugePage) bytes = (bytes + kHugePage - 1) / kHugePage * kHugePage;
    blocks_.reserve(blocks_.size() + 1);
    at_ = static_cast<std::byte*>(allocate_large_block(bytes));
    left_ = bytes;
    total_ += bytes;
    blocks_.push_back({at_, bytes});
  }
  std::vector<Block> blocks_;
  std::byte* at_ = nullptr;
  std::size_t left_ = 0, total_ = 0;
};

}  // namespace orrery
