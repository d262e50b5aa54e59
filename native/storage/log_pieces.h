// log_pieces.h: records on their way to the log's files, in pieces of memory that become one block each.
//
// A piece is never moved and never grows: an appender copies its record and that is all, however much waits already. Written pieces are
// used again, their pages being there: a busy log asks the system for no memory.
//
// Invariants
//  1. A record lies in one piece; one that is larger than a piece has one of its own.
//  2. `bytes` counts pieces until they are given back, so that what is being written counts, too.
// Threads: the caller's latch (FileLog's mutex), except for the contents of pieces that were taken.
#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace orrery::storage {

struct LogPiece {
  std::unique_ptr<std::uint8_t[]> data;
  std::size_t size = 0, capacity = 0;
  std::span<const std::uint8_t> bytes() const noexcept { return {data.get(), size}; }
};

class LogPieces {
 public:
  explicit LogPieces(std::size_t piece_bytes) : piece_bytes_(piece_bytes) {}

  /// Memory for a record of so many bytes, which counts from now on.
  std::uint8_t* add(std::size_t bytes) {
    if (waiting_.empty() || waiting_.back().capacity - waiting_.back().size < bytes) waiting_.push_back(fresh(bytes));
    LogPiece& piece = waiting_.back();
    std::uint8_t* const at = piece.data.get() + piece.size;
    piece.size += bytes;
    waiting_bytes_ += bytes;
    return at;
  }
  /// The oldest pieces: `bytes` or a little more, or all.
  std::vector<LogPiece> take(std::size_t bytes) {
    std::vector<LogPiece> taken;
    for (std::size_t sum = 0; !waiting_.empty() && sum < bytes; sum += taken.back().size) {
      taken.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
      waiting_bytes_ -= taken.back().size;
      taken_bytes_ += taken.back().size;
    }
    return taken;
  }
  void give_back(LogPiece&& piece) {
    taken_bytes_ -= piece.size;
    piece.size = 0;
    if (piece.capacity == piece_bytes_ && kept_.size() < kKeptWhenBusy) kept_.push_back(std::move(piece));
  }
  /// Nothing waits and nothing comes: memory goes back.
  void release() {
    if (kept_.size() > kKeptWhenQuiet) kept_.resize(kKeptWhenQuiet);
  }

  std::size_t waiting() const noexcept { return waiting_bytes_; }
  std::size_t bytes() const noexcept { return waiting_bytes_ + taken_bytes_; }

 private:
  static constexpr std::size_t kKeptWhenBusy = 32, kKeptWhenQuiet = 2;

  LogPiece fresh(std::size_t bytes) {
    if (bytes <= piece_bytes_ && !kept_.empty()) {
      LogPiece piece = std::move(kept_.back());
      kept_.pop_back();
      return piece;
    }
    const std::size_t capacity = std::max(bytes, piece_bytes_);
    return {std::make_unique_for_overwrite<std::uint8_t[]>(capacity), 0, capacity};
  }

  const std::size_t piece_bytes_;
  std::deque<LogPiece> waiting_;
  std::vector<LogPiece> kept_;  // the last one was written last: its pages are the warmest
  std::size_t waiting_bytes_ = 0, taken_bytes_ = 0;
};

}  // namespace orrery::storage
