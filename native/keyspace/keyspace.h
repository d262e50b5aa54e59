// keyspace.h: the key dictionary: shards by hash slot, sixteen databases in each.
//
// Invariants
//  1. A key lives in the shard of its hash slot; everything about it (value, deadline, locks, watches) is guarded by that shard's latch.
//  2. A change's effects are appended to the log while the latches of its shards are held: log order is apply order for every key.
//  3. Several latches are taken in ascending shard order.
//  4. A key locked by an open SQL transaction is not changed by anyone else until the transaction ends; readers see the committed value.
//  5. `Shard::snapshot` hears of a change of a key before it happens.
//  6. `deadlines` holds exactly the nodes whose expire_ms is not 0.
//  7. Nodes come and go through Database::insert, erase and clear alone, which keep `ordered` when there is one.
// Latch order: shard latches -> commit mutex (append) -> the log's own. So nothing takes a shard latch under the commit mutex.
// Expiry: lazily at each access, and by `expire_some`, which walks each shard's ordered deadlines (a departure from a timing wheel: exact,
// no ticks when nothing expires, O(log n) per change of a deadline).
#pragma once
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>

#include "../storage/checkpoint.h"
#include "../storage/ids.h"
#include "../storage/log.h"
#include "clock.h"
#include "effect.h"
#include "key_events.h"
#include "key_waiters.h"
#include "latch.h"
#include "ordered_keys.h"
#include "side_store.h"
#include "striped_counter.h"
#include "swap_epochs.h"
#include "table.h"
#include "tracking.h"
#include "value.h"

namespace orrery::keyspace {

/// All latches together must stay below the 64 that ThreadSanitizer can follow in one thread.
constexpr std::uint32_t kShardCount = 32;
constexpr std::uint64_t kAllLatches = (1ull << kShardCount) - 1;
constexpr std::uint32_t kDatabaseCount = 16;
/// No log gets there: who waits for it hears of the failure instead. Exact as a JavaScript number.
constexpr storage::Lsn kNeverDurable = (1ull << 53) - 1;

struct Entry {
  [[no_unique_address]] Value value;  // its padding takes the next member: 24 bytes in all
  std::uint32_t access = 0;           // access.h
  std::int64_t expire_ms = 0;
  Entry() = default;
  explicit Entry(Value&& v) : value(std::move(v)) {}
};
static_assert(sizeof(Entry) == 24, "an entry is as small as it can be");
using Keys = Table<Entry>;
using Node = Keys::Node;

struct Database {
  Keys keys;
  std::set<std::pair<std::int64_t, Node*>> deadlines;
  /// Names of keys whose hashes have fields that expire; a name may be left over from a key that is gone (expire_some takes it out).
  std::set<std::string, std::less<>> expiring_fields;
  /// With the option ordered-keys: all nodes of `keys` in order.
  std::unique_ptr<OrderedNodes<Node>> ordered;

  /// The key must be absent.
  Node* insert(std::string_view key, std::uint32_t hash, Value&& value) {
    Node* node = keys.insert(key, hash, std::move(value));
    if (ordered != nullptr) [[unlikely]] ordered->insert(node);
    return node;
  }
  void keep_ordered(bool on) {
    if (on == (ordered != nullptr)) return;
    ordered = on ? std::make_unique<OrderedNodes<Node>>() : nullptr;
    if (on) keys.each([&](Node& n) { ordered->insert(&n); });
  }

  /// After a value came in whole.
  void note_fields(const Node* node) {
    const Value& v = node->payload.value;
    if (v.field_times() != nullptr) expiring_fields.emplace(node->key());
  }

  void set_deadline(Node* node, std::int64_t when_ms) {
    if (node->payload.expire_ms != 0) deadlines.erase({node->payload.expire_ms, node});
    node->payload.expire_ms = when_ms;
    if (when_ms != 0) deadlines.insert({when_ms, node});
  }
  void erase(Node* node) {
    set_deadline(node, 0);
    if (ordered != nullptr) [[unlikely]] ordered->erase(node);
    keys.erase(node);
  }
  void clear() {
    deadlines.clear();
    expiring_fields.clear();
    if (ordered != nullptr) ordered->clear();
    keys.clear();
  }
  void swap(Database& other) noexcept {
    keys.swap(other.keys);
    deadlines.swap(other.deadlines);
    expiring_fields.swap(other.expiring_fields);
    ordered.swap(other.ordered);
  }
};

/// The name of a key in a shard's side tables: database and key.
inline std::string qualified(std::uint8_t db, std::string_view key) {
  std::string s(1, static_cast<char>(db));
  s += key;
  return s;
}

struct KeyLock {
  storage::Xid xid;
  storage::Lsn since;  // everything about the key up to here was applied when the lock was taken
};

class ShardSnapshot;

struct alignas(64) Shard {
  Latch latch;
  ShardSnapshot* snapshot = nullptr;  // key_snapshot.h; nullptr: no snapshot has this shard still to write
  std::array<Database, kDatabaseCount> databases;
  std::unordered_map<std::string, KeyLock> locks;
  struct Watched { std::uint64_t version; std::uint32_t watchers; };
  std::unordered_map<std::string, Watched> watched;
  std::string fields_looked_at;  // qualified name of the last key that expire_some looked at for its fields
  // Recovery: effects up to this LSN are in the loaded checkpoint, except for keys that were locked when it was written.
  storage::Lsn loaded_lsn = 0;
  std::unordered_map<std::string, storage::Lsn> loaded_exceptions;
};

class Keyspace final : public storage::CheckpointParticipant {
 public:
  using Append = std::function<storage::Lsn(std::span<const std::uint8_t>)>;
  /// `append` puts effects into the log in commit order; `appended` is the log's end.
  Keyspace(Append append, std::function<storage::Lsn()> appended);
  ~Keyspace() override;

  static std::uint32_t shard_index(std::string_view key) noexcept { return hash_slot(key) % kShardCount; }
  Shard& shard(std::uint32_t index) noexcept { return shards_[index]; }
  /// The LSN to wait for before the change is acknowledged; kNeverDurable when the log has failed.
  storage::Lsn append(std::span<const std::uint8_t> effects) {
    const storage::Lsn lsn = append_(effects);
    return lsn == 0 ? kNeverDurable : lsn;
  }
  storage::Lsn log_end() const { return appended_(); }
  /// Evicts until used memory is below maxmemory; false when it stays above. No latch held, or all of them (`latched`).
  bool make_room(bool latched);
  /// The log cannot be written any more: every later write is refused with this reason. Set once.
  void fail_writes(std::string reason);
  bool writes_failed() const noexcept { return writes_failed_.load(std::memory_order_acquire); }
  /// Redis' error for it; only after writes_failed().
  const std::string& write_error() const noexcept { return write_error_; }

  void lock_all() noexcept { for (Shard& s : shards_) s.latch.lock(); }
  /// The same when no script is at work that gave its latches back: everything in memory is in the log.
  void lock_all_whole();
  void unlock_all() noexcept { for (std::uint32_t i = kShardCount; i-- > 0;) shards_[i].latch.unlock(); }

  /// Deletes keys and fields whose time has come, at most `limit` (fields: about); tells how many. Any thread, no latch held.
  std::size_t expire_some(std::int64_t now_ms, std::size_t limit);

  // Room kKeyspace of the log and of checkpoints.
  Status redo(std::uint8_t operation, ByteReader payload, storage::CommitTs ts, storage::Lsn lsn) override;
  Status save(storage::CheckpointWriter& out, const storage::CheckpointMark& mark) override;
  Status load(storage::CheckpointReader& in) override;
  Status recovered(storage::Lsn end) override;
  void digest(Digest& out) override;
  void statistics(const std::function<void(std::string_view, double)>& report) override;

  KeyEvents events;
  Tracking tracking;
  SideStore side;

  /// A script that runs longer than busy-reply-threshold has given its latches back so that threads can answer BUSY; until it ends
  /// nobody else may look at keys (each command checks after it has its latches). nullptr: no such script.
  const void* busy() const noexcept { return busy_.load(std::memory_order_acquire); }
  void set_busy(const void* session) noexcept { busy_.store(session, std::memory_order_release); }

  /// This server follows a primary: keys expire and are evicted when the primary says so.
  bool is_replica() const noexcept { return replica_.load(std::memory_order_relaxed); }
  /// Writes of others than the primary's stream are refused (replica-read-only).
  bool refuses_writes() const noexcept { return refuses_writes_.load(std::memory_order_relaxed); }
  void set_replica(bool replica, bool refuses_writes) noexcept {
    replica_.store(replica, std::memory_order_relaxed);
    refuses_writes_.store(refuses_writes, std::memory_order_relaxed);
  }

  /// Held by the one snapshot at work (key_snapshot.h). Taken with no latch held.
  std::mutex snapshot_mutex;
  /// The option ordered-keys: whether every database keeps its keys in order. Setting it walks all keys, a shard at a time.
  bool ordered_keys() const noexcept { return ordered_keys_.load(std::memory_order_relaxed); }
  void set_ordered_keys(bool on);

  /// SQL commits that are in the log and whose keys are not swapped in yet (transaction.h).
  SwapEpochs swaps;

  /// Blocking commands: threads hear of changes of the keys that their clients wait for.
  KeyWaiters waiters;
  /// After a write, no latch held.
  void notify_changes() { waiters.post(); }

  // Counters (INFO).
  StripedCounter commands, hits, misses, expired, evicted, changes;
  /// Databases' sizes: keys and keys with a deadline. Takes every latch in turn unless `latched`.
  struct Size { std::size_t keys, expiring; };
  std::array<Size, kDatabaseCount> sizes(bool latched);

  /// A key changed: bumps its version when it is watched, notes it for who waits for it. Shard latch held.
  void touch(Shard& shard, std::uint8_t db, std::string_view key) {
    waiters.changed(db, key);
    if (shard.watched.empty()) return;
    if (auto w = shard.watched.find(qualified(db, key)); w != shard.watched.end()) w->second.version++;
  }

 private:
  /// Deletes fields of some of the shard's hashes; tells how many. Latch held.
  std::size_t expire_fields_of(Shard& s, std::int64_t now_ms, storage::EffectBuffer& effects);
  std::array<Shard, kShardCount> shards_;
  std::mutex failure_mutex_;
  std::atomic<const void*> busy_{nullptr};
  std::atomic<bool> writes_failed_{false};
  std::atomic<bool> replica_{false}, refuses_writes_{false}, ordered_keys_{false};
  std::mutex ordering_mutex_;  // one set_ordered_keys at a time; before shard latches
  std::string write_error_ = "MISCONF Errors writing to the AOF file: the log refuses";
  Append append_;
  std::function<storage::Lsn()> appended_;
};

/// Applies one effect to the database it names; no log, no watches. kCorrupt when the payload does not parse.
Status apply_effect(Effect effect, Database& database, std::string_view key, ByteReader& payload);

}  // namespace orrery::keyspace
