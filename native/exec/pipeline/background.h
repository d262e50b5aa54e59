// background.h: runs a pipeline on a thread of the pool, some chunks of encoded rows ahead of the reader.
//
// The reader (a JavaScript thread) takes chunks; when there is none it is woken once. A reader that does not come back for long, because
// its client does not read, finds at most kAheadChunks: the task ends there and the next `take` submits it again.
// Threads: `take`, `start` and `stop` from the reader's thread; the work on one thread of the pool at a time.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "../../core/task_pool.h"
#include "pipeline.h"

namespace orrery::exec {

class Background : public std::enable_shared_from_this<Background> {
 public:
  /// `wake` is called on a thread of the pool, after a `take` or `start` that has to wait.
  Background(Pipeline& pipeline, TaskPool& pool, std::function<void()> wake) : pipeline_(pipeline), pool_(pool), wake_(std::move(wake)) {}

  /// Encodes all rows.
  void start(std::unique_ptr<RowEncoder> encoder);
  /// As Pipeline::next_rows. kYielded: `wake` is going to be called.
  std::int64_t take(std::uint8_t* out, std::size_t capacity, std::uint32_t* rows);
  /// After it the pool does not touch the pipeline any more. Waits at most for what lies between two looks at Context::stopped.
  void stop();

 private:
  struct Chunk {
    std::vector<std::uint8_t> bytes;
    std::size_t used = 0;
    std::uint32_t rows = 0;
  };
  using ChunkPtr = std::unique_ptr<Chunk>;
  void submit();
  void work();
  /// Fills a chunk; the pipeline's result when there will be no more rows, kYielded when the time is over, else 1.
  std::int64_t fill(Chunk& chunk);
  static constexpr std::size_t kChunkBytes = 256u << 10, kAheadChunks = 4;
  static constexpr std::uint32_t kBudgetMicros = 5000;

  Pipeline& pipeline_;
  TaskPool& pool_;
  const std::function<void()> wake_;
  std::unique_ptr<RowEncoder> encoder_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::deque<ChunkPtr> ready_;
  std::vector<ChunkPtr> spare_;
  bool queued_ = false;   // a task is in the pool
  bool running_ = false;  // and a thread is in it
  bool stopped_ = false;
  bool waiting_ = false;  // the reader wants to be woken
  bool finished_ = false;
  std::int64_t result_ = 0;  // when finished
};

}  // namespace orrery::exec
