// file_log.h: the log in segment files, with group commit by one flusher thread. Layout: docs/formats/log.md.
//
// append copies a record into a piece of memory (log_pieces.h). The flusher writes pieces as blocks (log_segments.h), and syncs when somebody
// asked (request_flush). Requests that arrive while a sync runs share the next one. Without a request the bytes are handed to the
// operating system within a few milliseconds, so a killed process loses next to nothing, and their sync begins within a second.
//
// Syncs that nobody asked for have a thread of their own, and so does the end of a segment: the flusher goes on writing beside them, or
// appenders would find the memory full and wait for a disk that has half a second of writing before it. A gigabyte may be written and not
// durable; then appenders feel the disk, a segment at a time, not in one long wait.
//
// Before a sync the flusher waits a moment for the commits of those whom the last sync let go (GroupPacer): without that, clients that
// commit one after the other fall into two groups that wait for each other's syncs, and a sync carries half of what it could.
//
// Invariants (beyond log.h)
//  1. One sync runs at a time, in the order of the log: `flushed` moves over what is durable without a hole.
//  2. Memory is bounded: an appender waits while too much is not written yet, and goes on when a piece of it is.
// Crash: blocks after the last sync may be torn or missing; recovery cuts there (log_reader.h). A block names what was durable
// when it was written, so damage before that point is told apart from a torn tail.
// Threads: as log.h. Latch: mutex_ is the last in the order (transaction.h), held for a copy; no I/O under it.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "../core/file.h"
#include "file_log_settings.h"
#include "log.h"
#include "log_pieces.h"
#include "log_segments.h"

namespace orrery::storage {

/// Judges whether a sync that was asked for waits for more commits. Those that the last sync let go plus those that came while it ran are
/// expected; when waiting for them was in vain, the next 1, 2, 4 … 64 syncs do not wait.
class GroupPacer {
 public:
  /// How many records the next sync should carry, `waiting` being there: as many or fewer mean that it does not wait.
  std::size_t target(std::size_t waiting) noexcept {
    if (waiting >= expected_) return waiting;
    if (skips_ == 0) return expected_;
    skips_--;
    return waiting;
  }
  /// What waiting brought: `before` records became `after`.
  void gathered(std::size_t before, std::size_t after) noexcept {
    if (after >= expected_ || after - before >= before) {
      fruitless_ = 0;
      return;
    }
    skips_ = 1u << fruitless_;
    if (fruitless_ < 6) fruitless_++;
  }
  /// A sync of `records` is over; `waiting` more are there.
  void synced(std::size_t records, std::size_t waiting) noexcept { expected_ = records + waiting; }

 private:
  std::size_t expected_ = 0;
  std::uint32_t skips_ = 0, fruitless_ = 0;
};

class FileLog final : public Log {
 public:
  FileLog(FileSystem& files, FileLogSettings settings);
  ~FileLog() override;

  /// After recovery: goes on at `end`, all of which is durable. Nothing may be appended before.
  void start(Lsn end);
  /// Flushes and ends the flusher; appends fail from then on.
  Status stop();

  Lsn append(CommitTs ts, std::span<const std::uint8_t> effects) override;
  void request_flush(Lsn lsn) override;
  Status wait_flushed(Lsn lsn) override;
  Lsn appended() const noexcept override { return appended_.load(std::memory_order_acquire); }
  Lsn flushed() const noexcept override { return flushed_.load(std::memory_order_acquire); }
  void set_flush_listener(std::function<void(Lsn)> listener) override;
  Status failure() const override;

  /// Removes segments that hold nothing after `lsn`. The current one stays.
  Status remove_before(Lsn lsn);
  std::uint64_t sync_count() const noexcept { return segments_.sync_count(); }

 private:
  using Clock = LogSegments::Clock;
  void run();
  /// Waits for more commits before a sync when that pays. The lock is mutex_'s.
  void gather(std::unique_lock<std::mutex>& lock);
  /// Writes pieces and gives them back.
  Status write(std::vector<LogPiece>& pieces, bool wanted);
  bool sync_is_due() const;
  /// Syncs everything that was written, after what the other thread is at. The lock is mutex_'s.
  Status sync_asked(std::unique_lock<std::mutex>& lock);
  void run_syncs();
  void note_synced(const LogSegments::Sync& sync);
  void fail(Status status);
  void report(Lsn flushed);

  FileSystem& files_;
  const FileLogSettings settings_;

  mutable std::mutex mutex_;
  std::condition_variable work_;   // the flusher waits
  std::condition_variable unasked_;  // the thread for syncs that nobody asked for waits
  std::condition_variable space_;  // appenders wait for room
  std::condition_variable done_;   // wait_flushed waits, and the flusher for a sync of the other thread
  LogPieces pieces_;
  std::size_t appenders_waiting_ = 0;  // for space
  Lsn requested_ = 0;
  std::size_t waiting_ = 0;  // records in pieces that were not taken
  std::size_t gather_target_ = 0;  // the flusher waits until so many are; 0: it does not
  bool idle_ = false;  // the flusher sleeps until told: the next append wakes it
  bool stopping_ = false;
  std::optional<LogSegments::Sync> unasked_sync_;  // to be performed
  bool syncing_ = false;                           // it was handed over and is not over
  bool syncs_end_ = false;
  Clock::time_point durable_until_;  // what was written before this moment is durable
  bool started_ = false;
  Status failure_;
  std::atomic<bool> failed_{false};
  std::atomic<Lsn> appended_{0};
  std::atomic<Lsn> flushed_{0};

  // The flusher's own, but for syncs.
  LogSegments segments_;
  GroupPacer pacer_;
  std::size_t unsynced_ = 0;             // records that were written since the last sync
  std::chrono::nanoseconds sync_time_{};  // of the last syncs, smoothed

  std::mutex listener_mutex_;
  std::function<void(Lsn)> listener_;
  std::thread thread_, sync_thread_;
};

}  // namespace orrery::storage
