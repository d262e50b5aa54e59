// entry_writer.h: how keys are written when all of them are saved: in the checkpoint's form or as an RDB file.
//
// A small value is written at once; of a large one first its head, then its elements, each exactly once and in any order (a list's nodes
// and a string's pieces in theirs).
// Threads: const after it was made; any.
#pragma once
#include <atomic>
#include <cstdint>
#include <string_view>

#include "../core/bytes.h"
#include "rdb_value.h"
#include "value.h"

namespace orrery::keyspace {

class EntryWriter {
 public:
  virtual ~EntryWriter() = default;
  virtual void entry(ByteWriter& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms, Value& value) const = 0;
  /// All that comes before the elements of a large value: a list or a stream of nodes, a raw string, a collection with a table.
  virtual void head(ByteWriter& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms, Value& value) const = 0;
  /// `earliest_ms`: the earliest time of a field when the hash's head was written; 0: none had one.
  virtual void field(ByteWriter& out, std::int64_t earliest_ms, std::int64_t when_ms, std::string_view field, std::string_view value) const = 0;
  virtual void member(ByteWriter& out, std::string_view member) const = 0;
  virtual void scored(ByteWriter& out, std::string_view member, double score) const = 0;
  virtual void node(ByteWriter& out, const Packed& node) const = 0;
  virtual void stream_node(ByteWriter& out, StreamId id, std::string_view entries) const = 0;
  /// What follows a stream's nodes.
  virtual void stream_end(ByteWriter& out, const Stream& stream) const = 0;
  void piece(ByteWriter& out, std::string_view bytes) const { out.raw(bytes.data(), bytes.size()); }
};

/// docs/formats/keyspace.md
const EntryWriter& checkpoint_writer();
/// docs/formats/rdb-values.md; every entry names its database. It counts the keys that Redis 7.0 has no word for; `contents` tells whether
/// they are written whole, or hashes without times and no vector sets.
class RdbEntryWriter final : public EntryWriter {
 public:
  explicit RdbEntryWriter(RdbContents contents) : contents_(contents) {}
  std::uint64_t timed_hashes() const noexcept { return timed_hashes_.load(std::memory_order_relaxed); }
  std::uint64_t vector_sets() const noexcept { return vector_sets_.load(std::memory_order_relaxed); }
  /// Which version the file needs, once everything is written.
  std::uint16_t version() const noexcept;

  void entry(ByteWriter& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms, Value& value) const override;
  void head(ByteWriter& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms, Value& value) const override;
  void field(ByteWriter& out, std::int64_t earliest_ms, std::int64_t when_ms, std::string_view field, std::string_view value) const override;
  void member(ByteWriter& out, std::string_view member) const override;
  void scored(ByteWriter& out, std::string_view member, double score) const override;
  void node(ByteWriter& out, const Packed& node) const override;
  void stream_node(ByteWriter& out, StreamId id, std::string_view entries) const override;
  void stream_end(ByteWriter& out, const Stream& stream) const override;

 private:
  /// Counts the value; false when it is left out.
  bool admits(Value& value) const noexcept;
  const RdbContents contents_;
  mutable std::atomic<std::uint64_t> timed_hashes_{0}, vector_sets_{0};  // several threads write what they are about to change
};

}  // namespace orrery::keyspace
