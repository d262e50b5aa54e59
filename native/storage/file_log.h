// file_log.h: the log in segment files, with group commit by one flusher thread. Layout: docs/formats/log.md.
//
// append copies a record into a memory buffer. The flusher swaps the buffer, cuts it into blocks at record boundaries,
// writes them, and syncs when somebody asked (request_flush) or a second after the last sync. Requests that arrive while a
// sync runs share the next one. Without a request the bytes are handed to the operating system within a few
// milliseconds, so a killed process loses next to nothing.
//
// Before a sync the flusher waits a moment for the commits of those whom the last sync let go (GroupPacer): without that, clients that
// commit one after the other fall into two groups that wait for each other's syncs, and a sync carries half of what it could.
//
// Invariants (beyond log.h)
//  1. Blocks are written in order, each naming the first LSN it holds; a segment's name is its first LSN.
//  2. A segment is complete and synced before the next one exists; its name is durable before its blocks count as flushed.
//  3. The buffer is bounded: an appender waits while it is full.
// Crash: blocks after the last sync may be torn or missing; recovery cuts there (log_reader.h). A block names what was durable
// when it was written, so damage before that point is told apart from a torn tail.
// Threads: as log.h. Latch: mutex_ is the last in the order (transaction.h), held for a copy; no I/O under it.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "../core/file.h"
#include "log.h"

namespace orrery::storage {

struct FileLogSettings {
  std::string folder;
  std::uint64_t database_id = 0;
  std::uint64_t segment_bytes = 64ull << 20;
  std::uint64_t buffer_bytes_max = 128ull << 20;  // there are two buffers: twice this in all
  std::uint64_t block_bytes = 1ull << 20;         // a block is cut at the first record boundary after this
  std::uint64_t preallocate_bytes = 4ull << 20;   // zeros written ahead, so that a sync has no metadata to write; 0 = none
  std::uint32_t write_delay_ms = 2;               // how long unrequested bytes may stay in the process
  std::uint32_t sync_interval_ms = 1000;          // how long unrequested bytes may stay unsynced (everysec)
  std::uint32_t gather_us = 0;                    // how long a sync waits for more commits; 0 = half of what a sync takes, at most 1 ms
};

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
  std::uint64_t sync_count() const noexcept { return syncs_.load(std::memory_order_relaxed); }

 private:
  /// Plain memory that grows without being zeroed.
  struct Buffer {
    std::uint8_t* data = nullptr;
    std::size_t size = 0, capacity = 0;
    Buffer() = default;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer();
    void reserve(std::size_t bytes);
    void release_when_large();
  };

  void run();
  /// Waits for more commits before a sync when that pays. The lock is mutex_'s.
  void gather(std::unique_lock<std::mutex>& lock);
  Status write_blocks(const Buffer& buffer, Lsn first);
  Status write_block(ConstBytes payload, Lsn first);
  Status seal();
  Status open_segment(Lsn first);
  Status finish_segment();
  Status sync_segment();
  void fail(Status status);
  void report(Lsn flushed);

  FileSystem& files_;
  const FileLogSettings settings_;

  mutable std::mutex mutex_;
  std::condition_variable work_;   // the flusher waits
  std::condition_variable space_;  // appenders wait for room
  std::condition_variable done_;   // wait_flushed waits
  Buffer buffers_[2];
  int active_ = 0;
  Lsn requested_ = 0;
  std::size_t waiting_ = 0;  // records in the active buffer
  std::size_t gather_target_ = 0;  // the flusher waits until so many are; 0: it does not
  bool idle_ = false;  // the flusher sleeps until told: the next append wakes it
  bool stopping_ = false;
  bool started_ = false;
  Status failure_;
  std::atomic<bool> failed_{false};
  std::atomic<Lsn> appended_{0};
  std::atomic<Lsn> flushed_{0};
  std::atomic<std::uint64_t> syncs_{0};

  // The flusher's own.
  std::unique_ptr<File> segment_;
  Lsn written_ = 0;
  Lsn sealed_ = 0;  // the durable LSN that the newest block names
  std::uint64_t segment_at_ = 0;         // end of what was written to the segment
  std::uint64_t segment_allocated_ = 0;  // end of what was written or zeroed
  GroupPacer pacer_;
  std::size_t unsynced_ = 0;             // records that were written since the last sync
  std::chrono::nanoseconds sync_time_{};  // of the last syncs, smoothed

  std::mutex listener_mutex_;
  std::function<void(Lsn)> listener_;
  std::mutex segments_mutex_;  // remove_before against open_segment
  std::thread thread_;
};

}  // namespace orrery::storage
