// transaction.h: snapshots, transactions and the manager that orders commits.
//
// A transaction is used by one thread at a time. Commit: under the commit mutex take the next timestamp, append the
// effects to the log, let participants apply what they held back, publish the transaction's commit timestamp (readers
// that meet its open stamps resolve them through the manager), publish the timestamp as the newest; outside the
// mutex restamp the versions. So a reader sees all of a transaction or nothing.
// Sources: HyPer's MVCC (Neumann et al., SIGMOD 2015); Hekaton's commit resolution (Larson et al., VLDB 2011).
//
// Latch order: commit mutex -> relation -> index -> key shard -> log. Never take one on the left holding one on the right.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "ids.h"
#include "log.h"
#include "row_queues.h"
#include "serializable.h"

namespace orrery::storage {

enum class Isolation : std::uint8_t { kReadCommitted = 0, kRepeatableRead = 1, kSerializable = 2 };

/// What a statement sees: versions committed at or before `read_ts`, and its own transaction's versions of
/// commands before `command`.
struct Snapshot {
  CommitTs read_ts = 0;
  Xid xid = 0;  // 0: a reader without a transaction
  CommandId command = 0;
  std::uint32_t seat = 0;  // where the manager registered it; used by release_snapshot only
  bool serializable = false;  // what is read is to be noted (serializable.h)
};

class Transaction;

/// Something a transaction carries that must follow its fate: row versions to stamp, key overlay to apply.
class TransactionParticipant {
 public:
  virtual ~TransactionParticipant() = default;
  /// Under the commit mutex, after the log append: make the changes visible. Must not fail.
  virtual void on_commit(CommitTs ts, Lsn lsn) noexcept = 0;
  /// After the commit mutex was released: clean-up that may take long (restamping).
  virtual void after_commit(CommitTs) noexcept {}
  virtual void on_rollback() noexcept = 0;
  /// The transaction is over and keeps this object for its next user: forget everything. False: destroy me instead.
  virtual bool reuse() noexcept { return false; }
  /// A mark to come back to; savepoint numbers are positions in the participant's own undo list.
  virtual std::size_t mark() const noexcept = 0;
  virtual void on_rollback_to(std::size_t mark) noexcept = 0;
  /// The same for a statement that will run again: what it changed goes, the locks on those rows stay.
  virtual void on_restart_from(std::size_t mark) noexcept { on_rollback_to(mark); }
};

enum class ParticipantSlot : std::uint8_t { kRows = 0, kKeys = 1, kCount = 2 };

class Transaction {
 public:
  Xid xid() const noexcept { return xid_; }
  Isolation isolation() const noexcept { return isolation_; }
  const Snapshot& snapshot() const noexcept { return snapshot_; }
  EffectBuffer& effects() noexcept { return effects_; }
  TransactionParticipant* participant(ParticipantSlot slot) const noexcept {
    return participants_[static_cast<std::size_t>(slot)].get();
  }
  /// It has changed or locked something; read by other threads too.
  bool has_written() const noexcept { return has_written_.load(std::memory_order_relaxed); }
  void note_write() noexcept { has_written_.store(true, std::memory_order_relaxed); }
  /// The stamp of what this transaction's current command writes.
  Stamp stamp() const noexcept { return open_stamp(xid_, snapshot_.command); }
  void attach(ParticipantSlot slot, std::unique_ptr<TransactionParticipant> p) {
    participants_[static_cast<std::size_t>(slot)] = std::move(p);
  }

  /// The row that its last operation could not have: a wait for `blocker` that follows is a wait for the row (row_queues.h).
  struct RowWant { RowPlace place; LockStrength strength = LockStrength::kKeyShare; Xid blocker = 0; };
  void want(const RowWant& row) noexcept { want_ = row; }
  void want_nothing() noexcept { want_ = {}; }
  /// Something outside refers to it by its xid (exported_snapshots.h) and is told before it ends.
  void announce_end() noexcept { announces_end_ = true; }
  bool is_queued() const noexcept { return queued_.relation != 0; }
  bool is_queued_for(const RowPlace& place) const noexcept { return queued_ == place; }

 private:
  friend class TransactionManager;
  struct Savepoint { std::size_t effects; std::size_t marks[static_cast<std::size_t>(ParticipantSlot::kCount)]; };
  Xid xid_ = 0;
  std::uint32_t seat_ = 0;
  Isolation isolation_ = Isolation::kReadCommitted;
  Snapshot snapshot_;
  std::atomic<bool> has_written_{false};
  bool announces_end_ = false;
  RowWant want_;
  RowPlace queued_;  // the queue that it stands in; relation 0: none
  EffectBuffer effects_;
  std::vector<Savepoint> savepoints_;
  std::unique_ptr<TransactionParticipant> participants_[static_cast<std::size_t>(ParticipantSlot::kCount)];
};

class TransactionManager {
 public:
  explicit TransactionManager(Log& log);
  ~TransactionManager();

  /// `process`: the session it belongs to, for deadlocks and pg_locks; 0: nobody's.
  /// `read_only` is of interest to serializable ones. `at`: a held snapshot whose moment it is to see (not for read committed), of a serializable
  /// transaction that is still open where it is serializable itself.
  Transaction* begin(Isolation isolation, std::uint32_t process = 0, bool read_only = false, const Snapshot* at = nullptr);
  /// Starts the next command: advances the command id and, at read committed, takes a new snapshot (a statement that runs again keeps its own).
  void next_command(Transaction& transaction, bool keep_snapshot = false);
  /// Returns the LSN to wait for (0: nothing was written). On a failed log the transaction is rolled back.
  Status commit(Transaction* transaction, Lsn* lsn);
  /// Commits changes that are not effects (vacuum moving rows): a timestamp of their own, nothing in the log.
  void commit_unlogged(Transaction* transaction);
  void rollback(Transaction* transaction);
  std::size_t savepoint(Transaction& transaction);
  void rollback_to(Transaction& transaction, std::size_t savepoint);  // the savepoint stays
  /// Undoes a statement that will run again, from `savepoint` (kWholeTransaction: it is the first) on; row locks and the snapshot stay.
  static constexpr std::size_t kWholeTransaction = SIZE_MAX;
  void restart_from(Transaction& transaction, std::size_t savepoint);
  void release(Transaction& transaction, std::size_t savepoint);
  std::size_t savepoint_count(const Transaction& transaction) const noexcept { return transaction.savepoints_.size(); }

  /// A snapshot of now for a reader without a transaction; release it so that vacuum may pass it.
  Snapshot acquire_snapshot();
  void release_snapshot(const Snapshot& snapshot);
  /// Registers a snapshot that a living transaction owns once more, so that it may outlast it (cursors); release_snapshot ends it.
  Snapshot hold_snapshot(const Snapshot& snapshot);
  /// The transaction belongs to `process` from now on, which runs no statements in it: it needs no snapshot any more.
  void park(Transaction& transaction, std::uint32_t process) noexcept;
  /// The open transaction with this xid, or nullptr. The caller is the thread that uses it.
  Transaction* find(Xid xid) const noexcept;

  /// Runs `work` inside the commit order: takes a timestamp, appends `effects` as one record. For writers that are
  /// not transactions (RESP commands). The caller holds the latches that make its change atomic.
  Lsn append_effects(std::span<const std::uint8_t> effects);

  /// `tap` sees the effects of every record after its append, in log order, under the commit mutex. Set before the first commit.
  void set_tap(std::function<void(std::span<const std::uint8_t>)> tap);

  /// Told of transactions that announce their end, before it, by the thread that ends them. Set before the first of them.
  void set_end_listener(std::function<void(Xid)> listener);

  /// Runs `work` under the commit mutex: no transaction is between its append and the publishing of its changes. For checkpoints.
  void in_commit_order(const std::function<void()>& work);

  /// Reads and writes of serializable transactions.
  Serializability& serializability() const noexcept;

  CommitTs newest() const noexcept;
  /// The oldest timestamp that any snapshot may still read at: versions that ended before it are garbage.
  CommitTs oldest_needed() const;
  /// The timestamps that snapshots read at, ascending, each once; `now` is the newest commit: later snapshots read at it or after it.
  /// False while a snapshot is being taken: try again later.
  bool read_timestamps(std::vector<CommitTs>& out, CommitTs* now) const;
  /// Who looks at versions now, transactions that rest excepted, began to do so at this timestamp or later: what was out of reach
  /// before it is in nobody's hands. UINT64_MAX when nobody looks. Ask after having put things out of reach, under the latch that tells of them.
  CommitTs oldest_user() const;
  /// A transaction that rests keeps its snapshot, but none of its owner's pointers leads to a version. Begun transactions do not rest;
  /// resume() or next_command() before the next call that reads or writes.
  void rest(Transaction& transaction) noexcept;
  void resume(Transaction& transaction) noexcept;
  /// Resolves an open stamp: the commit timestamp, 0 while open, kAborted when rolled back. kLive: the transaction ended and its
  /// stamps were all rewritten since the caller read this one: read the stamp again.
  Stamp resolve(Xid xid) const noexcept;

  /// Waits: registers that `waiter` waits for the end of `blocker`, or for its turn at the row that it wanted (Transaction::want); `wake` runs
  /// once on any thread when it came, earlier waiters first. False: the blocker is gone already, and it is its turn. Cycles are looked for by
  /// who has waited for deadlock_timeout (`waits`).
  bool wait_for(Xid waiter, Xid blocker, std::function<void()> wake);
  /// Its place in a row's queue stays.
  void cancel_wait(Xid waiter);
  /// Whom a transaction that stands in a row's queue has before it there, or 0.
  Xid ahead_of(const Transaction& transaction) const;
  /// It stands in no queue any more. `taken`: it holds the row now, at this strength.
  void leave_queue(Transaction& transaction, std::optional<LockStrength> taken = std::nullopt);
  /// Who waits for whom. Waiters that are no transactions (RESP sessions) have process 0. `is_behind`: for its turn at the row, behind the
  /// blocker; relation 0: for no row.
  struct WaitFacts {
    Xid waiter, blocker;
    std::uint32_t process, blocker_process;
    RowPlace row{};
    LockStrength strength = LockStrength::kKeyShare;
    bool is_behind = false;
  };
  std::vector<WaitFacts> waits() const;
  /// `judge` gets them while none begins or ends; true: what `process` waits for is given up, and nothing wakes it.
  void settle_wait(std::uint32_t process, const std::function<bool(const std::vector<WaitFacts>&)>& judge);
  /// Every open transaction with its process and the timestamp its snapshot reads at.
  struct OpenFacts { Xid xid; std::uint32_t process; CommitTs read_ts; bool has_written; };
  std::vector<OpenFacts> open_transactions() const;

  void restore(CommitTs newest, Xid next_xid);  // recovery
  struct Counters { std::uint64_t commits, rollbacks, open; };
  Counters counters() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Resumes a transaction for as long as it lives, then lets it rest. ended(): the transaction is over, leave it alone.
class TransactionUse {
 public:
  TransactionUse() = default;
  TransactionUse(TransactionManager& manager, Transaction& transaction) { enter(manager, transaction); }
  TransactionUse(const TransactionUse&) = delete;
  TransactionUse& operator=(const TransactionUse&) = delete;
  ~TransactionUse() { if (transaction_ != nullptr) manager_->rest(*transaction_); }
  void enter(TransactionManager& manager, Transaction& transaction) noexcept {
    manager_ = &manager;
    transaction_ = &transaction;
    manager.resume(transaction);
  }
  void ended() noexcept { transaction_ = nullptr; }

 private:
  TransactionManager* manager_ = nullptr;
  Transaction* transaction_ = nullptr;
};

/// True when a version with these stamps is seen by `snapshot`. `manager` resolves open stamps, reading one again when needed.
bool is_visible(const std::atomic<Stamp>& begin, const std::atomic<Stamp>& end, const Snapshot& snapshot,
                const TransactionManager& manager) noexcept;

}  // namespace orrery::storage
