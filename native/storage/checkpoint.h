// checkpoint.h: saving every room's state while work goes on, so that the log before it is not needed any more.
//
// Layout: docs/formats/checkpoint.md. A checkpoint is a folder `checkpoint-<start lsn>` of named streams and a manifest; it is
// written under a temporary name, synced and renamed, so one that is there is complete. The one before it is removed after.
//
// How it runs (see Checkpointer)
//  1. A marker record is appended in commit order: its LSN is mark.start_lsn. So every record at or before start_lsn has been
//     applied and published, and a snapshot taken now (mark.read_ts) sees all of them.
//  2. Each participant saves, one after the other, on the checkpoint's thread, while other threads read and write.
//  3. The log is flushed up to what is appended now: everything a participant may have saved is durable in the log too.
//  4. The manifest (start_lsn, read_ts, that durable LSN) makes the checkpoint valid; older segments and checkpoints go.
// Recovery: load() of every participant in the order of registration, redo() of every record after start_lsn, recovered().
//
// What a participant must guarantee
//  A. save() holds at least the effect of every record at or before mark.start_lsn.
//  B. redo() of records after start_lsn is idempotent over what save() wrote. The two usual ways:
//     - by timestamp: save exactly what a snapshot at mark.read_ts sees, and skip in redo() records with ts <= read_ts
//       (log order is timestamp order);
//     - by part: save a part (a shard, an index) under the latch that every writer holds from before its append until its
//       change is applied, together with log.appended() read under that latch, and skip in redo() that part's effects with
//       lsn <= the saved one. A transaction's keys are applied after its append, under the commit mutex only: a part that such
//       a transaction may be about to change (it has a locked key) is saved inside mark.in_commit_order.
//  C. What save() wrote beyond start_lsn (by part) may only come from appended records, never from an open transaction,
//     except entries that redo or recovered() can tell to be dead (an index entry whose row does not exist).
//  D. save() holds latches only for short steps; load() of n bytes takes time proportional to n, with no rebuilding.
// Threads: save() is called by one thread at a time; load(), redo() and recovered() before any other thread sees the room.
// A participant may open, write and close streams from several threads of its own.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../core/bytes.h"
#include "../core/digest.h"
#include "../core/file.h"
#include "../core/status.h"
#include "ids.h"
#include "log.h"

namespace orrery::storage {

struct CheckpointMark {
  Lsn start_lsn = 0;     // redo begins here
  CommitTs read_ts = 0;  // a snapshot of this timestamp is held until the checkpoint ends
  /// Runs work under the commit mutex: no transaction is between its append and its end there. Short work only. Empty in load().
  std::function<void(const std::function<void()>&)> in_commit_order;
};

/// A stream being written. Errors stick: write on, close() tells.
class CheckpointStream {
 public:
  virtual ~CheckpointStream() = default;
  virtual void write(const void* data, std::size_t length) = 0;
  void write(const ByteWriter& bytes) { write(bytes.data(), bytes.size()); }
  void u8(std::uint8_t v) { write(&v, sizeof v); }
  void u32(std::uint32_t v) { write(&v, sizeof v); }
  void u64(std::uint64_t v) { write(&v, sizeof v); }
  void string(std::string_view s) { u64(s.size()); write(s.data(), s.size()); }
  virtual bool failed() const noexcept = 0;
  /// Ends it; the stream is in the checkpoint only when this is ok.
  virtual Status close() = 0;
};

class CheckpointWriter {
 public:
  virtual ~CheckpointWriter() = default;
  /// `name`: [a-z0-9.-]+, unique in the checkpoint: "relation.16385", "keys.0", "hnsw.16390".
  virtual Status create(std::string_view name, std::unique_ptr<CheckpointStream>* stream) = 0;
};

/// A stream being read; every block's CRC is checked before its bytes are handed out. Errors stick, and reads then give zeros:
/// check status() at the end (and before allocating by a length that was read).
class CheckpointInput {
 public:
  virtual ~CheckpointInput() = default;
  /// False at a short stream or damage.
  virtual bool read(void* data, std::size_t length) = 0;
  std::uint8_t u8() { return fixed<std::uint8_t>(); }
  std::uint32_t u32() { return fixed<std::uint32_t>(); }
  std::uint64_t u64() { return fixed<std::uint64_t>(); }
  std::string string();
  virtual std::uint64_t remaining() const noexcept = 0;
  /// kCorrupt with file and offset; ok after reading past the end is impossible: that is kCorrupt too.
  virtual Status status() const = 0;

 private:
  template <typename T>
  T fixed() { T v{}; if (!read(&v, sizeof v)) v = T{}; return v; }
};

class CheckpointReader {
 public:
  virtual ~CheckpointReader() = default;
  virtual bool has(std::string_view name) const = 0;
  virtual std::vector<std::string> names(std::string_view prefix) const = 0;  // sorted
  virtual Status open(std::string_view name, std::unique_ptr<CheckpointInput>* input) = 0;
  virtual const CheckpointMark& mark() const noexcept = 0;
};

/// A room's part in checkpoints, digests and statistics; its redo() is in LogParticipant.
class CheckpointParticipant : public LogParticipant {
 public:
  virtual Status save(CheckpointWriter& out, const CheckpointMark& mark) = 0;
  /// Not called when there is no checkpoint yet.
  virtual Status load(CheckpointReader& in) = 0;
  /// After the last redo: drop what turned out dead, start background work. `end` is the end of the log.
  virtual Status recovered(Lsn end) { (void)end; return Status::ok(); }
  /// Adds every committed item of the room: rows without row ids or stamps, keys, catalog objects, index contents.
  virtual void digest(Digest& out) = 0;
  /// Calls `report(name, value)` with stable names: "storage.bytes", "keyspace.keys".
  virtual void statistics(const std::function<void(std::string_view, double)>& report) { (void)report; }
};

}  // namespace orrery::storage
