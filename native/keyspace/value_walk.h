// value_walk.h: writing a large value as it is at one moment, in slices, while others read and change it between them.
//
// A collection with a table is walked by the places of its elements; who is about to change an element that the walk has not reached yet
// gives the walk the old one (Table::Watcher); so is a stream by the ids of its nodes (Stream::Watcher). A list's nodes and a string's bytes are shared instead, and copied by who changes them
// (shared_buffers.h). A collection that is deleted meanwhile becomes the walk's own.
// Invariants
//  1. Every element of the moment is written exactly once, none of later ones.
//  2. A collection has one walk at a time (snapshots of the keyspace exclude each other).
// Threads: construction, slices and destruction under the latch of the shard that holds the value; `shard` follows it when RENAME takes it
// elsewhere.
#pragma once
#include <atomic>
#include <memory>

#include "entry_writer.h"

namespace orrery::keyspace {

class ValueWalk {
 public:
  /// Whether a value takes too long to be written at once.
  static bool is_large(Value& value) noexcept;
  /// Of a large value; its head is written to the first slice.
  static std::unique_ptr<ValueWalk> begin(const EntryWriter& writer, std::uint32_t shard, std::uint8_t db, std::string_view key, std::int64_t expire_ms, Value& value);
  /// The walk over a stream or a collection with a table; nullptr when there is none.
  static ValueWalk* of(Value& value) noexcept;
  virtual ~ValueWalk() = default;
  /// Adds about `bytes` to `out`; true when the value is written.
  virtual bool slice(ByteWriter& out, std::size_t bytes) = 0;
  std::atomic<std::uint32_t> shard{0};
};

}  // namespace orrery::keyspace
