// keyspace.h: the key dictionary: shards by hash slot, sixteen databases in each.
//
// Invariants
//  1. A key lives in the shard of its hash slot; everything about it (value, deadline, locks, watches) is guarded by that shard's latch.
//  2. A change's effects are appended to the log while the latches of its shards are held: log order is apply order for every key.
//  3. Several latches are taken in ascending shard order.
//  4. A key locked by an open SQL transaction is not changed by anyone else until the transaction ends; readers see the committed value.
//  5. `deadlines` holds exactly the nodes whose expire_ms is not 0.
// Latch order: shard latches -> commit mutex (append) -> the log's own. So nothing takes a shard latch under the commit mutex.
// Expiry: lazily at each access, and by `expire_some`, which walks each shard's ordered deadlines (a departure from a timing wheel: exact,
// no ticks when nothing expires, O(log n) per change of a deadline).
#pragma once
#include <array>
#include <functional>
#include <map>
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
#include "side_store.h"
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

  void set_deadline(Node* node, std::int64_t when_ms) {
    if (node->payload.expire_ms != 0) deadlines.erase({node->payload.expire_ms, node});
    node->payload.expire_ms = when_ms;
    if (when_ms != 0) deadlines.insert({when_ms, node});
  }
  void erase(Node* node) {
    set_deadline(node, 0);
    keys.erase(node);
  }
  void clear() {
    deadlines.clear();
    keys.clear();
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

struct alignas(64) Shard {
  std::mutex latch;
  std::array<Database, kDatabaseCount> databases;
  std::unordered_map<std::string, KeyLock> locks;
  struct Watched { std::uint64_t version; std::uint32_t watchers; };
  std::unordered_map<std::string, Watched> watched;
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
  void unlock_all() noexcept { for (std::uint32_t i = kShardCount; i-- > 0;) shards_[i].latch.unlock(); }

  /// Deletes keys whose time has come, at most `limit`; tells how many. Any thread, no latch held.
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

  /// SQL commits that are in the log and whose keys are not swapped in yet (transaction.h).
  SwapEpochs swaps;

  // Blocking commands: threads with blocked clients hear of changes, coalesced per thread by the receiver.
  using Post = std::function<void(std::uint64_t listener, std::uint64_t token)>;
  void set_post(Post post) { post_ = std::move(post); }
  /// token 0: no more.
  void want_changes(std::uint64_t listener, std::uint64_t token);
  /// After a write, no latch held. Costs one relaxed load while nobody is blocked.
  void notify_changes() {
    if (change_listeners_count_.load(std::memory_order_relaxed) != 0) post_changes();
  }

  // Counters (INFO). Relaxed.
  std::atomic<std::uint64_t> commands{0}, hits{0}, misses{0}, expired{0}, evicted{0}, changes{0};
  /// Databases' sizes: keys and keys with a deadline. Takes every latch in turn unless `latched`.
  struct Size { std::size_t keys, expiring; };
  std::array<Size, kDatabaseCount> sizes(bool latched);

  /// Bumps the version of a watched key. Shard latch held.
  static void touch(Shard& shard, std::uint8_t db, std::string_view key) {
    if (shard.watched.empty()) return;
    if (auto w = shard.watched.find(qualified(db, key)); w != shard.watched.end()) w->second.version++;
  }
  static void touch_all(Shard& shard) { for (auto& [name, w] : shard.watched) w.version++; }

 private:
  std::array<Shard, kShardCount> shards_;
  void post_changes();
  std::mutex change_mutex_;
  std::map<std::uint64_t, std::uint64_t> change_listeners_;
  std::atomic<std::size_t> change_listeners_count_{0};
  Post post_;
  std::atomic<const void*> busy_{nullptr};
  std::atomic<bool> writes_failed_{false};
  std::string write_error_ = "MISCONF Errors writing to the AOF file: the log refuses";
  Append append_;
  std::function<storage::Lsn()> appended_;
};

/// Applies one effect to the database it names; no log, no watches. kCorrupt when the payload does not parse.
Status apply_effect(Effect effect, Database& database, std::string_view key, ByteReader& payload);

}  // namespace orrery::keyspace
