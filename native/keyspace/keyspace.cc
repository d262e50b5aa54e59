#include "keyspace.h"

#include <thread>

#include "background_free.h"
#include "key_snapshot.h"
#include "vector_set.h"

namespace orrery::keyspace {

using storage::Lsn;

namespace {
/// Entries and groups; when a consumer was last seen is not logged and does not count.
template <typename Item>
void digest_stream(const Stream& s, Item&& item, ByteWriter& w) {
  const auto id = [&](StreamId v) { w.u64(v.ms); w.u64(v.seq); };
  item([&] { id(s.last_id); id(s.max_deleted_id); w.varint(s.entries_added); });
  s.range({}, StreamId::max(), false, [&](const Stream::Entry& e) {
    item([&] { id(e.id()); e.fields([&](std::string_view f, std::string_view v) { w.string(f); w.string(v); }); });
    return true;
  });
  if (s.groups() == nullptr) return;
  for (const auto& [name, g] : *s.groups()) {
    item([&] { w.string(name); id(g.last_id); w.i64(g.entries_read); });
    for (const auto& [consumer, state] : g.consumers) item([&] { w.string(name); w.string(consumer); });
    for (const auto& [pending, p] : g.pending)
      item([&] { w.string(name); id(pending); w.string(p.consumer->first); w.i64(p.delivery_ms); w.i64(p.delivery_count); });
  }
}
}  // namespace

Keyspace::Keyspace(Append append, std::function<Lsn()> appended)
    : side([this](std::span<const std::uint8_t> effects) { return this->append(effects); }), append_(std::move(append)), appended_(std::move(appended)) {}
Keyspace::~Keyspace() = default;

void Keyspace::fail_writes(std::string reason) {
  const std::lock_guard guard(failure_mutex_);
  if (writes_failed_.load(std::memory_order_relaxed)) return;
  write_error_ = "MISCONF Errors writing to the AOF file: " + reason;
  writes_failed_.store(true, std::memory_order_release);
}

void Keyspace::set_ordered_keys(bool on) {
  const std::lock_guard one(ordering_mutex_);
  for (Shard& s : shards_) {
    const std::lock_guard guard(s.latch);
    for (Database& d : s.databases) d.keep_ordered(on);
  }
  ordered_keys_.store(on, std::memory_order_relaxed);
}

std::size_t Keyspace::expire_some(std::int64_t now_ms, std::size_t limit) {
  if (is_replica()) return 0;
  std::size_t count = 0;
  storage::EffectBuffer effects;
  ByteWriter payload;
  for (Shard& s : shards_) {
    const std::lock_guard guard(s.latch);
    if (busy() != nullptr) break;  // a script sees no key vanish
    effects.clear();
    for (std::uint8_t db = 0; db < kDatabaseCount; db++) {
      Database& d = s.databases[db];
      for (auto at = d.deadlines.begin(); at != d.deadlines.end() && at->first <= now_ms && count < limit;) {
        Node* node = at->second;
        ++at;
        const std::string name = qualified(db, node->key());
        if (s.locks.contains(name)) continue;  // its transaction decides
        if (s.snapshot != nullptr) s.snapshot->before_change(db, node->key(), node->hash);
        payload.clear();
        payload.u8(db);
        payload.string(node->key());
        effects.add(storage::Room::kKeyspace, static_cast<std::uint8_t>(Effect::kDelete), payload.span());
        touch(s, db, node->key());
        if (tracking.active()) tracking.invalidate(node->key(), 0);
        if (events.wants(kNotifyExpired)) events.publish("expired", db, node->key());
        free_later(node->payload.value);
        d.erase(node);
        count++;
      }
    }
    if (count < limit) count += expire_fields_of(s, now_ms, effects);
    if (!effects.empty()) append_(effects.span());
    if (count >= limit) break;
  }
  expired.fetch_add(count, std::memory_order_relaxed);
  notify_changes();
  return count;
}

std::size_t Keyspace::expire_fields_of(Shard& s, std::int64_t now_ms, storage::EffectBuffer& effects) {
  constexpr int kLookedAt = 256;  // keys a call; the next call goes on behind them
  std::size_t count = 0;
  int looked = 0;
  ByteWriter payload;
  const std::string last = std::exchange(s.fields_looked_at, {});
  const auto first_db = last.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(last[0]);
  for (std::uint8_t db = first_db; db < kDatabaseCount; db++) {
    Database& d = s.databases[db];
    auto at = db == first_db && !last.empty() ? d.expiring_fields.upper_bound(std::string_view(last).substr(1)) : d.expiring_fields.begin();
    for (; at != d.expiring_fields.end() && looked < kLookedAt; looked++) {
      Node* node = d.keys.find(*at);
      const FieldTimes* times = node == nullptr ? nullptr : node->payload.value.field_times();
      if (times == nullptr) {
        at = d.expiring_fields.erase(at);
        continue;
      }
      const std::string& key = *at;
      ++at;
      if (times->earliest() > now_ms || s.locks.contains(qualified(db, key))) continue;
      if (s.snapshot != nullptr) s.snapshot->before_change(db, key, node->hash);
      Hash& hash = node->payload.value.hash();
      std::vector<std::string> gone;
      for (; hash.times() != nullptr && hash.times()->earliest() <= now_ms; hash.erase(gone.back())) gone.emplace_back(hash.times()->earliest_field());
      payload.clear();
      payload.u8(db);
      payload.string(key);
      payload.varint(gone.size());
      for (const std::string& field : gone) payload.string(field);
      effects.add(storage::Room::kKeyspace, static_cast<std::uint8_t>(Effect::kHashDelete), payload.span());
      count += gone.size();
      touch(s, db, key);
      if (tracking.active()) tracking.invalidate(key, 0);
      if (events.wants(kNotifyHash)) events.publish("hexpired", db, key);
      if (hash.size() > 0) continue;
      if (events.wants(kNotifyGeneric)) events.publish("del", db, key);
      d.erase(node);
    }
    if (looked == kLookedAt && at != d.expiring_fields.end()) {
      s.fields_looked_at = qualified(db, at == d.expiring_fields.begin() ? std::string_view() : std::string_view(*std::prev(at)));
      break;
    }
  }
  return count;
}

std::array<Keyspace::Size, kDatabaseCount> Keyspace::sizes(bool latched) {
  std::array<Size, kDatabaseCount> all{};
  for (Shard& s : shards_) {
    const std::unique_lock guard = latched ? std::unique_lock<Latch>() : std::unique_lock(s.latch);
    for (std::size_t db = 0; db < kDatabaseCount; db++) {
      all[db].keys += s.databases[db].keys.size();
      all[db].expiring += s.databases[db].deadlines.size();
    }
  }
  return all;
}

Status Keyspace::redo(std::uint8_t operation, ByteReader payload, storage::CommitTs, Lsn lsn) {
  const auto corrupt = [&] { return Status::error(StatusCode::kCorrupt, "keyspace effect " + std::to_string(operation) + " does not parse"); };
  const auto effect = static_cast<Effect>(operation);
  if (effect >= Effect::kSideSet && effect <= Effect::kSideClear) return side.redo(operation, payload) ? Status::ok() : corrupt();
  if (effect == Effect::kFlush || effect == Effect::kSwap) {
    const std::uint8_t a = payload.u8();
    const std::uint8_t b = effect == Effect::kSwap ? payload.u8() : 0;
    if (!payload.ok() || (a >= kDatabaseCount && !(effect == Effect::kFlush && a == 0xff)) || b >= kDatabaseCount) return corrupt();
    for (Shard& s : shards_) {
      if (lsn <= s.loaded_lsn) continue;
      if (effect == Effect::kSwap) {
        s.databases[a].swap(s.databases[b]);
      } else {
        for (std::uint8_t db = 0; db < kDatabaseCount; db++)
          if (a == 0xff || a == db) s.databases[db].clear();
      }
    }
    return Status::ok();
  }
  const std::uint8_t db = payload.u8();
  const std::string_view key = payload.string();
  if (!payload.ok() || db >= kDatabaseCount) return corrupt();
  Shard& s = shards_[shard_index(key)];
  if (lsn <= s.loaded_lsn) {
    const auto exception = s.loaded_exceptions.find(qualified(db, key));
    if (exception == s.loaded_exceptions.end() || lsn <= exception->second) return Status::ok();
  }
  return apply_effect(effect, s.databases[db], key, payload).is_ok() ? Status::ok() : corrupt();
}

Status Keyspace::recovered(Lsn) {
  for (Shard& s : shards_) {
    s.loaded_lsn = 0;
    s.loaded_exceptions.clear();
  }
  return Status::ok();
}

void Keyspace::lock_all_whole() {
  for (;;) {
    lock_all();
    // The effects of a script that gave its latches back are in memory and not in the log yet.
    if (busy() == nullptr) return;
    unlock_all();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// Checkpoint: one stream a shard, all of one moment (docs/formats/keyspace.md).
Status Keyspace::save(storage::CheckpointWriter& out, const storage::CheckpointMark&) {
  // Commits before the mark are in the dictionary once no swap of the epoch that ends here is due; each takes microseconds.
  swaps.wait_for_earlier();
  KeySnapshot snapshot(*this, checkpoint_writer());
  std::array<std::vector<std::pair<std::string, Lsn>>, kShardCount> locked;
  lock_all_whole();
  const Lsn lsn = appended_();
  for (std::uint32_t i = 0; i < kShardCount; i++)
    for (const auto& [name, lock] : shards_[i].locks) locked[i].emplace_back(name, lock.since);
  snapshot.begin();
  unlock_all();
  for (std::uint32_t i = 0; i < kShardCount; i++) {
    std::unique_ptr<storage::CheckpointStream> stream;
    if (Status status = out.create("keys." + std::to_string(i), &stream); !status.is_ok()) return status;
    ByteWriter head;
    head.u64(lsn);
    head.u32(static_cast<std::uint32_t>(locked[i].size()));
    for (const auto& [name, since] : locked[i]) {
      head.string(name);
      head.u64(since);
    }
    stream->write(head);
    const auto sink = [&](const ByteWriter& piece) {
      stream->write(piece);
      return Status::ok();  // an error sticks: close() tells
    };
    if (Status status = snapshot.write_shard(i, sink); !status.is_ok()) return status;
    stream->u8(0);
    if (Status status = stream->close(); !status.is_ok()) return status;
  }
  ByteWriter texts;
  side.save(texts);
  std::unique_ptr<storage::CheckpointStream> stream;
  if (Status status = out.create("keys.side", &stream); !status.is_ok()) return status;
  stream->write(texts);
  return stream->close();
}

Status Keyspace::load(storage::CheckpointReader& in) {
  if (in.has("keys.side")) {
    std::unique_ptr<storage::CheckpointInput> input;
    if (Status status = in.open("keys.side", &input); !status.is_ok()) return status;
    std::vector<std::uint8_t> bytes(input->remaining());
    if (!input->read(bytes.data(), bytes.size())) return input->status();
    ByteReader r(bytes.data(), bytes.size());
    if (!side.load(r)) return Status::error(StatusCode::kCorrupt, "stream keys.side does not parse");
  }
  for (std::uint32_t i = 0; i < kShardCount; i++) {
    const std::string name = "keys." + std::to_string(i);
    if (!in.has(name)) return Status::error(StatusCode::kCorrupt, "the checkpoint has no stream " + name);
    std::unique_ptr<storage::CheckpointInput> input;
    if (Status status = in.open(name, &input); !status.is_ok()) return status;
    std::vector<std::uint8_t> bytes(input->remaining());
    if (!input->read(bytes.data(), bytes.size())) return input->status();
    ByteReader r(bytes.data(), bytes.size());
    Shard& s = shards_[i];
    s.loaded_lsn = r.u64();
    const std::uint32_t locks = r.u32();
    for (std::uint32_t l = 0; l < locks && r.ok(); l++) {
      std::string key(r.string());
      s.loaded_exceptions[std::move(key)] = r.u64();
    }
    while (r.ok() && r.u8() == 1) {
      const std::uint8_t db = r.u8();
      const std::string_view key = r.string();
      const std::int64_t expire = r.i64();
      Value value;
      if (!r.ok() || db >= kDatabaseCount || !Value::deserialize(r, &value)) return Status::error(StatusCode::kCorrupt, "stream " + name + " does not parse");
      Node* n = s.databases[db].insert(key, hash_bytes(key), std::move(value));
      s.databases[db].set_deadline(n, expire);
      s.databases[db].note_fields(n);
    }
    if (!r.ok()) return Status::error(StatusCode::kCorrupt, "stream " + name + " does not parse");
  }
  return Status::ok();
}

void Keyspace::digest(Digest& out) {
  ByteWriter w;
  for (Shard& s : shards_) {
    const std::lock_guard guard(s.latch);
    for (std::uint8_t db = 0; db < kDatabaseCount; db++)
      s.databases[db].keys.each([&](const Node& n) {
        // Members are items of their own, so that the order of a hash table does not matter.
        const auto item = [&](auto&& write) {
          w.clear();
          w.u8(db);
          w.string(n.key());
          write();
          out.add("keys", w.span());
        };
        Value& v = const_cast<Node&>(n).payload.value;
        item([&] { w.u8(static_cast<std::uint8_t>(v.type())); w.i64(n.payload.expire_ms); w.varint(v.size()); });
        char scratch[24];
        switch (v.type()) {
          case ValueType::kString: item([&] { w.string(v.text(scratch)); }); break;
          case ValueType::kList: v.list().walk(0, true, [&](std::size_t at, std::string_view e) { item([&] { w.varint(at); w.string(e); }); return true; }); break;
          case ValueType::kSet: v.set().each([&](std::string_view m) { item([&] { w.string(m); }); }); break;
          case ValueType::kZset: v.zset().each([&](ScoredMember m) { item([&] { w.string(m.member); w.f64(m.score); }); }); break;
          case ValueType::kHash: v.hash().each([&](std::string_view f, std::string_view e) { item([&] { w.string(f); w.string(e); w.i64(v.hash().time_of(f)); }); }); break;
          case ValueType::kStream: digest_stream(v.stream(), item, w); break;
          case ValueType::kVectorSet:
            v.vectors().range(nullptr, false, [&](const VectorSet::Element& e) {
              item([&] { w.string(*e.name); w.string(e.attributes.view()); w.raw(&e.norm, sizeof e.norm); w.raw(e.values.data(), e.values.size() * sizeof(float)); });
              return true;
            });
            break;
        }
      });
  }
}

void Keyspace::statistics(const std::function<void(std::string_view, double)>& report) {
  std::size_t keys = 0, expiring = 0;
  for (const Size& s : sizes(false)) {
    keys += s.keys;
    expiring += s.expiring;
  }
  report("keyspace.keys", static_cast<double>(keys));
  report("keyspace.expiring", static_cast<double>(expiring));
  report("keyspace.bytes", static_cast<double>(used_memory().load(std::memory_order_relaxed)));
  report("keyspace.commands", static_cast<double>(commands.load(std::memory_order_relaxed)));
  report("keyspace.hits", static_cast<double>(hits.load(std::memory_order_relaxed)));
  report("keyspace.misses", static_cast<double>(misses.load(std::memory_order_relaxed)));
  report("keyspace.expired", static_cast<double>(expired.load(std::memory_order_relaxed)));
  report("keyspace.changes", static_cast<double>(changes.load(std::memory_order_relaxed)));
}

}  // namespace orrery::keyspace
