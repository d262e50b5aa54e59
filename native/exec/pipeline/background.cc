#include "background.h"

namespace orrery::exec {

void Background::start(std::unique_ptr<RowEncoder> encoder) {
  encoder_ = std::move(encoder);
  const std::lock_guard guard(mutex_);
  waiting_ = true;
  submit();
}

/// Under `mutex_`.
void Background::submit() {
  queued_ = true;
  pool_.submit([self = shared_from_this()] { self->work(); });
}

std::int64_t Background::take(std::uint8_t* out, std::size_t capacity, std::uint32_t* rows) {
  const std::lock_guard guard(mutex_);
  *rows = 0;
  if (ready_.empty()) {
    if (finished_) return result_;
    waiting_ = true;
    if (!queued_) submit();
    return Pipeline::kYielded;
  }
  ChunkPtr chunk = std::move(ready_.front());
  if (chunk->used > capacity) {
    const auto need = static_cast<std::int64_t>(chunk->used);
    ready_.front() = std::move(chunk);
    return -need;
  }
  ready_.pop_front();
  std::memcpy(out, chunk->bytes.data(), chunk->used);
  const auto used = static_cast<std::int64_t>(chunk->used);
  *rows = chunk->rows;
  if (!finished_) spare_.push_back(std::move(chunk));
  if (!finished_ && !queued_ && ready_.size() <= kAheadChunks / 2) submit();
  return used;
}

void Background::stop() {
  pipeline_.interrupt();
  std::unique_lock guard(mutex_);
  stopped_ = true;
  left_.wait(guard, [this] { return !running_; });
}

std::int64_t Background::fill(Chunk& chunk) {
  for (;;) {
    wire::WireBuffer buffer(chunk.bytes.data() + chunk.used, chunk.bytes.size() - chunk.used);
    std::uint32_t rows = 0;
    const std::int64_t result = pipeline_.next_rows(*encoder_, buffer, kBudgetMicros, &rows);
    if (result > 0) {
      chunk.used += static_cast<std::size_t>(result);
      chunk.rows += rows;
      if (chunk.used > kChunkBytes / 4 * 3) return 1;
    } else if (result <= -16) {
      // Not even one row fits into what is left.
      if (chunk.used > 0) return 1;
      chunk.bytes.resize(static_cast<std::size_t>(-result));
    } else {
      return result;
    }
  }
}

void Background::work() {
  std::unique_lock guard(mutex_);
  running_ = true;
  for (;;) {
    if (stopped_ || finished_ || ready_.size() >= kAheadChunks || pool_.ending()) break;
    ChunkPtr chunk;
    if (spare_.empty()) {
      chunk = std::make_unique<Chunk>();
    } else {
      chunk = std::move(spare_.back());
      spare_.pop_back();
    }
    guard.unlock();
    if (chunk->bytes.size() < kChunkBytes) chunk->bytes.resize(kChunkBytes);
    chunk->used = chunk->rows = 0;
    const std::int64_t result = fill(*chunk);
    guard.lock();
    if (chunk->used > 0) ready_.push_back(std::move(chunk));
    else spare_.push_back(std::move(chunk));
    if (result <= 0 && result != Pipeline::kYielded) {
      finished_ = true;
      result_ = result;
      spare_.clear();
    }
    if (waiting_ && (finished_ || !ready_.empty())) {
      waiting_ = false;
      if (!stopped_) wake_();
    }
    if (!finished_ && !stopped_ && ready_.size() < kAheadChunks && pool_.busy()) {
      running_ = false;
      submit();
      left_.notify_all();
      return;
    }
  }
  running_ = queued_ = false;
  left_.notify_all();
}

}  // namespace orrery::exec
