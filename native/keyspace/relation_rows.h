// relation_rows.h: keys of database 0 as rows of redis.keys, redis.strings, … in blocks (docs/formats/block.md).
//
// A scan goes shard by shard, bucket by bucket, latching one shard per block: it sees every key that is there all along, and each
// key's rows as of one moment. With a transaction, the keys that it owns are seen as it left them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transaction.h"

namespace orrery::keyspace {

enum class KeyRelation : std::uint32_t {
  kKeys = 0,     // key text, type text, ttl int8 (milliseconds left, NULL without), encoding text, expires_at int8 (Unix milliseconds)
  kStrings = 1,  // key, value
  kHashes = 2,   // key, field, value
  kLists = 3,    // key, index int8, value
  kSets = 4,     // key, member
  kZsets = 5,    // key, member, score float8
  kStreams = 6,  // key, id text, field, value
};

/// The next block from *cursor (0 = start), which becomes the cursor after it (0 = the end). `key`: only this one, in one block.
/// `member` with `key`: only this field or member of a hash, set or sorted set, found without looking at the others.
std::vector<std::uint8_t> relation_rows(Keyspace& keyspace, KeyTransaction* transaction, KeyRelation relation, std::uint64_t* cursor, const std::string_view* key,
                                        const std::string_view* member);

/// Keys whose text lies between two bounds, both included, in the order of their texts.
struct KeyRange {
  const std::string_view *lower = nullptr, *upper = nullptr;  // nullptr: no bound
  bool backward = false;
};

/// The next block in the order of keys, behind the key `*after` (empty optional: from the start), which becomes the last key of the block,
/// or empty at the end. At most `per_shard` keys of each shard are looked at. Without the option ordered-keys each call walks all keys.
std::vector<std::uint8_t> relation_range(Keyspace& keyspace, KeyTransaction* transaction, KeyRelation relation, const KeyRange& range, std::optional<std::string>* after,
                                         std::size_t per_shard);

}  // namespace orrery::keyspace
