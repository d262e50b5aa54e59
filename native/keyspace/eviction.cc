// eviction.cc: makes room when used memory is above maxmemory, by the policy in force.
//
// As Redis does it: a few keys are sampled and the best of them goes, until memory is below the limit. Departures: each shard is sampled on
// its own, so the sample is maxmemory-samples keys of one shard at a time; volatile-ttl is exact within a shard.
#include "access.h"
#include "key_snapshot.h"

namespace orrery::keyspace {
namespace {

/// A key with a deadline: by the table when most have one, otherwise near a random moment of the deadlines.
Node* random_expiring(Database& d) {
  if (d.deadlines.size() * 4 >= d.keys.size())
    for (int tries = 0; tries < 16; tries++)
      if (Node* n = d.keys.random(); n->payload.expire_ms != 0) return n;
  const std::int64_t first = d.deadlines.begin()->first, last = d.deadlines.rbegin()->first;
  const std::int64_t when = first + static_cast<std::int64_t>(random_below(static_cast<std::uint64_t>(last - first) + 1));
  auto at = d.deadlines.lower_bound({when, nullptr});
  return at == d.deadlines.end() ? d.deadlines.rbegin()->second : at->second;
}

/// How much a key should go: more is sooner.
std::uint64_t badness(const Entry& e, Eviction policy, std::int64_t now_ms) {
  if (uses_lfu(policy)) return 255 - lfu_counter(e.access, now_ms);
  const std::int64_t idle = now_ms / 1000 - static_cast<std::int64_t>(e.access);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(idle, 0));
}

}  // namespace

bool Keyspace::make_room(bool latched) {
  if (!out_of_memory() || is_replica()) return true;
  const Eviction policy = limits().policy.load(std::memory_order_relaxed);
  if (policy == Eviction::kNone) return false;
  const bool only_expiring = is_volatile(policy);
  const std::int64_t now = now_millis();
  const std::uint32_t samples = std::max(1u, limits().maxmemory_samples.load(std::memory_order_relaxed));
  storage::EffectBuffer effects;
  ByteWriter payload;
  std::uint32_t fruitless = 0;
  for (std::uint32_t i = static_cast<std::uint32_t>(random_below(kShardCount)); fruitless < kShardCount; i = (i + 1) % kShardCount) {
    if (!out_of_memory()) return true;
    Shard& s = shards_[i];
    const std::unique_lock guard = latched ? std::unique_lock<Latch>() : std::unique_lock(s.latch);
    Node* worst = nullptr;
    std::uint8_t worst_db = 0;
    std::uint64_t most = 0;
    for (std::uint8_t db = 0; db < kDatabaseCount; db++) {
      Database& d = s.databases[db];
      if (d.keys.size() == 0 || (only_expiring && d.deadlines.empty())) continue;
      const bool random = policy == Eviction::kVolatileRandom || policy == Eviction::kAllRandom;
      for (std::uint32_t k = 0; k < (random ? 1 : samples); k++) {
        Node* n;
        std::uint64_t bad;
        if (policy == Eviction::kVolatileTtl) {
          n = d.deadlines.begin()->second;
          bad = ~static_cast<std::uint64_t>(n->payload.expire_ms);
          k = samples;
        } else {
          n = only_expiring ? random_expiring(d) : d.keys.random();
          bad = random ? random_below(UINT32_MAX) : badness(n->payload, policy, now);
        }
        if ((worst == nullptr || bad > most) && (s.locks.empty() || !s.locks.contains(qualified(db, n->key())))) {
          worst = n;
          worst_db = db;
          most = bad;
        }
      }
    }
    if (worst == nullptr) {
      fruitless++;
      continue;
    }
    fruitless = 0;
    effects.clear();
    payload.clear();
    payload.u8(worst_db);
    payload.string(worst->key());
    effects.add(storage::Room::kKeyspace, static_cast<std::uint8_t>(Effect::kDelete), payload.span());
    if (s.snapshot != nullptr) s.snapshot->before_change(worst_db, worst->key(), worst->hash);
    touch(s, worst_db, worst->key());
    if (tracking.active()) tracking.invalidate(worst->key(), 0);
    if (events.wants(kNotifyEvicted)) events.publish("evicted", worst_db, worst->key());
    s.databases[worst_db].erase(worst);
    if (append_(effects.span()) == 0) return false;
    evicted.fetch_add(1, std::memory_order_relaxed);
  }
  return !out_of_memory();
}

}  // namespace orrery::keyspace
