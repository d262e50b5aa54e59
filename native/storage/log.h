// log.h: the write-ahead log behind its small interface: append, flushed-up-to, read from a position.
//
// A record is one commit: the effects of one transaction, or of one RESP command (or EXEC), whole. Effects are
// deterministic; replaying records in order gives the database. The file log (file_log.h) is the default; a
// replicated log takes its place in a cluster. Layout: docs/formats/log.md.
//
// Invariants
//  1. Records become durable in append order; `flushed()` never goes back.
//  2. A caller that must not lose a record acknowledges it only after flushed() >= the LSN append returned.
//  3. After a write or sync error the log is failed for good: every append refuses, nothing later is acknowledged.
// Threads: every method may be called from any thread.
#pragma once
#include <functional>
#include <span>

#include "../core/bytes.h"
#include "../core/status.h"
#include "ids.h"

namespace orrery::storage {

/// Who replays an effect. The numbers are on disk. kLog: marks of the log itself, nothing to replay.
enum class Room : std::uint8_t { kLog = 0, kStorage = 1, kKeyspace = 2, kIndex = 3, kIvfflat = 4, kPrepared = 5 };

/// The effects of one transaction in the order they happened: [room u8][operation u8][length varint][payload]…
class EffectBuffer {
 public:
  void add(Room room, std::uint8_t operation, std::span<const std::uint8_t> payload) {
    out_.u8(static_cast<std::uint8_t>(room));
    out_.u8(operation);
    out_.varint(payload.size());
    out_.raw(payload.data(), payload.size());
  }
  bool empty() const noexcept { return out_.size() == 0; }
  std::size_t size() const noexcept { return out_.size(); }
  void truncate(std::size_t size) { out_.truncate(size); }  // rollback to a savepoint
  void clear() noexcept { out_.clear(); }
  std::span<const std::uint8_t> span() const noexcept { return out_.span(); }

 private:
  ByteWriter out_;
};

/// Replays effects and takes part in checkpoints. One per Room.
class LogParticipant {
 public:
  virtual ~LogParticipant() = default;
  /// Applies one effect of the record that committed at `ts` and ends at `lsn`. Idempotent for records that the
  /// loaded checkpoint already holds. A payload that does not parse is kCorrupt.
  virtual Status redo(std::uint8_t operation, ByteReader payload, CommitTs ts, Lsn lsn) = 0;
};

class Log {
 public:
  virtual ~Log() = default;
  /// Appends one record and returns the LSN just past it; not yet durable. Cost: a mutex and a copy.
  /// Lsn 0 means the log has failed (see failure()).
  virtual Lsn append(CommitTs ts, std::span<const std::uint8_t> effects) = 0;
  /// Asks the flusher for durability up to `lsn`; returns at once. Many requests share one fdatasync.
  virtual void request_flush(Lsn lsn) = 0;
  /// Blocks until durable or failed: shutdown, checkpoints, tests. JavaScript threads use the listener.
  virtual Status wait_flushed(Lsn lsn) = 0;
  virtual Lsn appended() const noexcept = 0;
  virtual Lsn flushed() const noexcept = 0;
  /// Called on the flusher thread after each flush (and on failure) with flushed().
  virtual void set_flush_listener(std::function<void(Lsn)> listener) = 0;
  virtual Status failure() const = 0;
};

}  // namespace orrery::storage
