// log_segments.h: the log's files as they are written: blocks, the change from one segment to the next, and what is to be synced.
// Layout: docs/formats/log.md.
//
// Invariants
//  1. Blocks are written in order, each naming the first LSN it holds and what was durable when it was written; a segment's name is its
//     first LSN.
//  2. A segment is complete when the next one begins, but not yet durable: its sync may go on beside the writing. Syncs are handed out in
//     the order of the log (next_sync), so that what is durable is a prefix of it.
// Crash: blocks and segments after the last sync may be torn or missing, earlier ones too while later ones are there; recovery cuts at the
// first that does not hold (log_reader.h).
// Threads: one that writes; `perform` any.
#pragma once
#include <atomic>
#include <chrono>
#include <deque>
#include <memory>

#include "../core/file.h"
#include "file_log_settings.h"
#include "ids.h"

namespace orrery::storage {

class LogSegments {
 public:
  using Clock = std::chrono::steady_clock;
  /// A part of what was written and is not durable. When it is performed, and those before it, the log is durable up to `lsn`.
  struct Sync {
    std::shared_ptr<File> file;
    bool is_new = false;  // its name is not durable either
    Lsn lsn = 0;
    Clock::time_point since;  // nothing later than it was written before this moment
  };

  LogSegments(FileSystem& files, const FileLogSettings& settings) : files_(files), settings_(settings) {}
  /// The log ends here, and all of it is durable.
  void start(Lsn end) noexcept { written_ = sealed_ = end; }

  /// Appends a block of whole records. `zeros`: space is written ahead for the syncs that follow.
  Status write(ConstBytes records, Lsn durable, bool zeros);
  /// Writes an empty block that names what is durable, after a quiet moment: damage to the last blocks is told from a torn tail.
  Status seal(Lsn durable);
  /// Cuts off the zeros that were written ahead: nothing more comes.
  Status finish();

  Lsn written() const noexcept { return written_; }
  /// The durable LSN that the newest block names.
  Lsn sealed() const noexcept { return sealed_; }
  bool has_open() const noexcept { return segment_ != nullptr; }
  /// Whether a segment is complete and its sync was not handed out.
  bool has_complete() const noexcept { return !complete_.empty(); }
  /// The oldest part that was not handed out. There must be one.
  Sync next_sync();
  Status perform(const Sync& sync);
  std::uint64_t sync_count() const noexcept { return syncs_.load(std::memory_order_relaxed); }

 private:
  Status open_segment(Lsn durable);
  Status complete_segment();

  FileSystem& files_;
  const FileLogSettings& settings_;
  std::shared_ptr<File> segment_;
  bool is_new_ = false;              // the segment's name may not be durable
  std::uint64_t at_ = 0;             // end of what was written to the segment
  std::uint64_t allocated_ = 0;      // end of what was written or zeroed
  Lsn written_ = 0;
  Lsn sealed_ = 0;
  std::deque<Sync> complete_;
  std::atomic<std::uint64_t> syncs_{0};
};

}  // namespace orrery::storage
