// entry_writer.h: how keys are written when all of them are saved: in the checkpoint's form or as an RDB file.
//
// A small value is written at once; of a large one first its head, then its elements, each exactly once and in any order (a list's nodes
// and a string's pieces in theirs).
// Threads: const after it was made; any.
#pragma once
#include <cstdint>
#include <string_view>

#include "../core/bytes.h"
#include "value.h"

namespace orrery::keyspace {

class EntryWriter {
 public:
  virtual ~EntryWriter() = default;
  virtual void entry(ByteWriter& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms, Value& value) const = 0;
  /// All that comes before the elements of a large value: a list of nodes, a raw string, a collection with a table.
  virtual void head(ByteWriter& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms, Value& value) const = 0;
  /// `when_ms`: of a hash that had a field with a time when its head was written; 0 otherwise.
  virtual void field(ByteWriter& out, bool timed, std::int64_t when_ms, std::string_view field, std::string_view value) const = 0;
  virtual void member(ByteWriter& out, std::string_view member) const = 0;
  virtual void scored(ByteWriter& out, std::string_view member, double score) const = 0;
  virtual void node(ByteWriter& out, const Packed& node) const = 0;
  void piece(ByteWriter& out, std::string_view bytes) const { out.raw(bytes.data(), bytes.size()); }
};

/// docs/formats/keyspace.md
const EntryWriter& checkpoint_writer();
/// docs/formats/rdb-values.md; every entry names its database.
const EntryWriter& rdb_writer();

}  // namespace orrery::keyspace
