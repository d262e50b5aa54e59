// key_snapshot.h: all keys as they are at one moment, written in small slices while others read and change them.
//
// The moment is `begin`, under every latch. From then on a shard is walked by the places of its keys (Table::visit_places), its latch held
// for one slice at a time; who is about to change a key that the walk has not reached yet first writes it as it was (`before_change`), or, if
// it is large, begins a walk of its own over it (value_walk.h). A database that is flushed leaves its keys to the walk whole. There is no
// fork and no copy: what is written early is what changed meanwhile.
//
// Invariants
//  1. A key of the moment is written exactly once, as it was; a key that came later is not.
//  2. Whoever changes, adds or deletes a key calls before_change first, with the shard's latch held (Context::key_named and Context::find do it
//     for commands).
// Departure from Redis, which forks: memory grows by what changes before the walk comes to it, not by pages.
// Threads: one snapshot at a time (the constructor waits for the one before); `write_shard` on the snapshot's thread, ShardSnapshot by
// whoever holds the shard's latch.
#pragma once
#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "../core/status.h"
#include "entry_writer.h"
#include "keyspace.h"
#include "value_walk.h"

namespace orrery::keyspace {

/// What of a shard is not written yet. The shard's latch guards it.
class ShardSnapshot {
 public:
  ShardSnapshot(const EntryWriter& writer, std::uint32_t index, Shard& shard);
  /// The key is about to change, to come, or to go.
  void before_change(std::uint8_t db, std::string_view key, std::uint32_t hash);
  void before_clear(std::uint8_t db);
  void before_swap(std::uint8_t a, std::uint8_t b) noexcept { std::swap(live_[a], live_[b]); }

 private:
  friend class KeySnapshot;
  /// A database's keys as far as they are not written: `db` is its number at the moment.
  struct Source {
    std::uint8_t db = 0;
    std::uint64_t place = Keys::kPlacesEnd;  // keys before it are written
    bool done() const noexcept { return place == Keys::kPlacesEnd; }
  };
  struct Flushed { Source source; Keys keys; };

  /// Writes keys until `out` has about `bytes`; true when there are no more.
  bool advance(ByteWriter& out, std::size_t bytes);
  bool advance(Source& source, Keys& keys, ByteWriter& out, std::size_t bytes);
  void write(ByteWriter& out, std::uint8_t db, Node& node);

  const EntryWriter& writer_;
  std::uint32_t index_;
  Shard& shard_;
  std::array<Source, kDatabaseCount> live_;         // by the number that the database has now
  std::vector<std::unique_ptr<Flushed>> flushed_;
  std::unordered_set<std::string> handled_;         // qualified names behind a place that need no more: written before they changed, or new
  ByteWriter early_;                                // whole entries, written by who changed the keys
  std::vector<std::unique_ptr<ValueWalk>> large_;   // begun and not written
};

class LatchTurns;

class KeySnapshot {
 public:
  /// Takes a piece of the output: whole entries, or a part of a large one that the next pieces go on with. No latch held.
  using Sink = std::function<Status(const ByteWriter& piece)>;

  KeySnapshot(Keyspace& keyspace, const EntryWriter& writer);
  KeySnapshot(const KeySnapshot&) = delete;
  KeySnapshot& operator=(const KeySnapshot&) = delete;
  /// What was not written is dropped. No latch held.
  ~KeySnapshot();
  /// This is the moment. All latches held, no script at work that gave them back.
  void begin();
  /// Writes all keys of one shard, once.
  Status write_shard(std::uint32_t index, const Sink& sink);

 private:
  Status write_large(const Sink& sink, LatchTurns& turns);
  Keyspace& keyspace_;
  const EntryWriter& writer_;
  std::unique_lock<std::mutex> alone_;
  std::array<std::unique_ptr<ShardSnapshot>, kShardCount> shards_;
  std::unique_ptr<ValueWalk> current_;  // the large value that is being written
};

}  // namespace orrery::keyspace
