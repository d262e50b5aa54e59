#include "relation_rows.h"

#include "relation_block.h"

namespace orrery::keyspace {

std::vector<std::uint8_t> relation_rows(Keyspace& keyspace, KeyTransaction* transaction, KeyRelation relation, std::uint64_t* cursor, const std::string_view* key,
                                        const std::string_view* member) {
  RelationRows rows(columns_of(relation));
  const std::int64_t now = now_millis();
  if (key != nullptr) {
    *cursor = 0;
    const bool owned = transaction != nullptr && transaction->owns(0, *key);
    Shard& shard = keyspace.shard(Keyspace::shard_index(*key));
    const std::lock_guard guard(shard.latch);
    Database& database = owned ? transaction->database(0) : shard.databases[0];
    if (Node* n = database.keys.find(*key); n != nullptr && (member == nullptr || !add_member(rows, relation, *n, *member, now))) add_rows(rows, relation, *n, now);
    return rows.block();
  }
  std::uint64_t shard_at = *cursor % kShardCount, bucket = *cursor / kShardCount;
  if (*cursor == 0 && transaction != nullptr) transaction->database(0).keys.each([&](Node& n) { add_rows(rows, relation, n, now); });
  while (shard_at < kShardCount && rows.count() < kRowsPerBlock) {
    Shard& shard = keyspace.shard(static_cast<std::uint32_t>(shard_at));
    const std::lock_guard guard(shard.latch);
    do {
      bucket = shard.databases[0].keys.scan(bucket, [&](Node& n) {
        if (transaction == nullptr || !transaction->owns(0, n.key())) add_rows(rows, relation, n, now);
      });
    } while (bucket != 0 && rows.count() < kRowsPerBlock);
    if (bucket == 0) shard_at++;
  }
  *cursor = shard_at == kShardCount ? 0 : bucket * kShardCount + shard_at;
  return rows.block();
}

}  // namespace orrery::keyspace
