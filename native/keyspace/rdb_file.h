// rdb_file.h: whole RDB files into and out of the keyspace. Layout: docs/formats/rdb-values.md.
//
// Import takes the file piece by piece: it uses whole records and tells how far it came; the caller keeps the rest and brings more. Keys are
// logged like any other write. Export gives the file piece by piece, one shard at a time: one moment when nobody else is there.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "entry_writer.h"
#include "keyspace.h"

namespace orrery::keyspace {

class RdbImport {
 public:
  explicit RdbImport(Keyspace& keyspace) : keyspace_(keyspace) {}
  /// Uses what it can of `bytes`; *consumed gets how much. With `last` an unfinished record is damage. False after damage (see error()).
  bool feed(std::string_view bytes, bool last, std::size_t* consumed);
  bool finished() const noexcept { return finished_; }
  const std::string& error() const noexcept { return error_; }
  std::uint64_t keys() const noexcept { return keys_; }
  std::uint64_t expired() const noexcept { return expired_; }
  /// Function libraries of the file, for who runs them.
  const std::vector<std::string>& functions() const noexcept { return functions_; }
  /// What the file says about itself, by name.
  const std::vector<std::pair<std::string, std::string>>& about() const noexcept { return about_; }

 private:
  enum class Step { kDone, kMore, kDamage };
  Step record(std::string_view bytes, std::size_t* used);
  bool damaged(std::string text) {
    error_ = std::move(text);
    return false;
  }
  void store(std::string_view key, Value&& value, std::int64_t expire_ms);
  Keyspace& keyspace_;
  bool header_seen_ = false, finished_ = false;
  std::uint8_t db_ = 0;
  std::uint64_t version_ = 0, keys_ = 0, expired_ = 0;
  std::string error_;
  std::vector<std::string> functions_;
  std::vector<std::pair<std::string, std::string>> about_;
};

/// The file's beginning: magic, version, facts.
std::string rdb_header(std::uint16_t version);
/// What comes before a key's value: its database, deadline, type and name.
void rdb_write_key(std::string& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms, std::uint8_t type);
/// Adds every key of one shard. Takes its latch.
void rdb_shard(ByteWriter& out, Keyspace& keyspace, std::uint32_t shard, const RdbEntryWriter& writer);
/// Function libraries, which stand before the keys.
std::string rdb_functions(std::span<const std::pair<std::string, std::string>> libraries);
/// The file's end, without a checksum (readers take 0 as "none").
std::string rdb_footer();

}  // namespace orrery::keyspace
