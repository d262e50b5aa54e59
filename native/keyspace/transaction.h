// transaction.h: keys in a SQL transaction: an overlay of private copies that is swapped in at commit.
//
// Invariants
//  1. A key is in the overlay exactly while this transaction holds its lock; the overlay's database then is what the transaction sees of it.
//  2. Before a command changes an owned key, its value is put on the undo list, so a rollback to a savepoint restores it.
//  3. Effects of the commands are in the transaction's buffer, in order; the swap at commit gives what replaying them gives.
// The swap happens in after_commit, with all of the transaction's shards latched at once: a RESP writer appends to the log (commit
// mutex) while it holds a shard latch, so nobody may take a shard latch under the commit mutex. Until then the keys stay locked, and
// a checkpoint waits for swaps that are due (Keyspace::swaps).
// Threads: used by the transaction's thread.
#pragma once
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "../storage/transaction.h"
#include "context.h"
#include "executor.h"

namespace orrery::keyspace {

class KeyTransaction final : public storage::TransactionParticipant {
 public:
  KeyTransaction(Keyspace& keyspace, storage::Xid xid) : keyspace_(keyspace), xid_(xid) {}
  ~KeyTransaction() override;

  bool owns(std::uint8_t db, std::string_view key) const { return !owned_.empty() && owned_.contains(qualified(db, key)); }
  Database& database(std::uint8_t db) { return databases_[db]; }

  /// Runs one command; the reply goes to `reply`. kWait: `detail` is the transaction that holds a key. kInvalid: the command cannot run
  /// inside a transaction (message names it).
  Status execute(Session& session, wire::RespWriter& reply, storage::EffectBuffer& effects, std::span<const std::string_view> args);

  /// Does to its copies what a logged effect says: a transaction that was prepared before a restart.
  Status revive(std::uint8_t operation, ByteReader payload, storage::EffectBuffer& effects);

  /// A keyspace notification that waits for the commit.
  void remember_event(const char* name, std::uint8_t db, std::string_view key) { events_.push_back({name, db, std::string(key)}); }

  void on_commit(storage::CommitTs ts, storage::Lsn lsn) noexcept override;
  void after_commit(storage::CommitTs ts) noexcept override;
  void on_rollback() noexcept override;
  std::size_t mark() const noexcept override { return undo_.size(); }
  void on_rollback_to(std::size_t mark) noexcept override;

 private:
  struct Undo { std::uint8_t db; std::string key; bool existed; Value value; std::int64_t expire_ms; };
  Status take(std::uint8_t db, std::string_view key, Shard& shard);
  void remember(std::uint8_t db, std::string_view key);

  Keyspace& keyspace_;
  storage::Xid xid_;
  std::unordered_set<std::string> owned_;
  std::map<std::uint8_t, Database> databases_;
  std::vector<Undo> undo_;
  struct TellLater { const char* name; std::uint8_t db; std::string key; };
  std::vector<TellLater> events_;
  std::uint64_t swap_epoch_ = 0;  // between on_commit and after_commit
};

}  // namespace orrery::keyspace
