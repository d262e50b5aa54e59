// checkpointer.h: runs checkpoints: on call, after enough log, at a clean close. The steps are drawn in checkpoint.h.
//
// Threads: run() from any thread, one at a time (others wait); the background thread calls it when the log has grown.
// Latch order: run()'s mutex comes before every latch of a room.
#pragma once
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "file_log.h"
#include "recovery.h"
#include "transaction.h"

namespace orrery::storage {

struct CheckpointerSettings {
  std::string folder;
  std::uint64_t database_id = 0;
  std::uint64_t log_bytes = 256ull << 20;  // a checkpoint after this much log; 0 = only on call
  bool keep_log = false;
};

class Checkpointer {
 public:
  Checkpointer(FileSystem& files, CheckpointerSettings settings, FileLog& log, TransactionManager& transactions,
               std::span<const Participant> rooms);
  ~Checkpointer();
  /// `last` = start LSN of the checkpoint that was loaded.
  void start(Lsn last);
  void stop();
  /// Nothing to do when no record came since the last one.
  Status run();
  std::uint64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
  std::uint64_t failure_count() const noexcept { return failures_.load(std::memory_order_relaxed); }
  Lsn last() const noexcept { return last_.load(std::memory_order_relaxed); }

 private:
  Status run_locked();
  Status write(const CheckpointMark& mark, const std::string& partial);
  Status drop_older(Lsn start);

  FileSystem& files_;
  const CheckpointerSettings settings_;
  FileLog& log_;
  TransactionManager& transactions_;
  const std::vector<Participant> rooms_;
  std::mutex run_mutex_;
  std::atomic<Lsn> last_{0};
  std::atomic<std::uint64_t> count_{0}, failures_{0};

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace orrery::storage
