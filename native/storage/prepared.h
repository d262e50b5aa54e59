// prepared.h: transactions between PREPARE TRANSACTION and COMMIT PREPARED, and what survives a crash of them.
//
// PREPARE writes one record that holds the transaction's effects and locks, and leaves the transaction open, without a session: its row versions
// keep their open stamps, its keys and locks stay with a process of its own. COMMIT PREPARED commits it like any other, with a mark in the same
// record that the prepared one is over; ROLLBACK PREPARED writes the mark alone. Layout: docs/formats/log-prepared.md.
//
// Recovery keeps the records without a mark (redo), and when all rooms are there runs their effects again as open transactions (revive). Rows that
// such a transaction had inserted get new row ids: nobody has ever seen the old ones.
//
// Invariants
//  1. A name is in the map exactly while a prepare record without a mark is in the log or the checkpoint.
//  2. What is in the map is flushed before a client hears of it; an append and its change of the map are one step under the latch.
// Threads: any. Latch order: this latch before the commit mutex.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "checkpoint.h"
#include "lock_manager.h"
#include "row_store.h"

namespace orrery::storage {

class PreparedTransactions final : public CheckpointParticipant {
 public:
  /// Process ids from here on belong to prepared transactions; sessions' are below.
  static constexpr ProcessId kFirstProcess = 0xc0000000u;
  static constexpr std::size_t kNameBytesMax = 199;  // PostgreSQL's GIDSIZE without its terminator

  struct Facts { std::string name; std::string owner; std::int64_t prepared_micros; Xid xid; ProcessId process; };
  struct ObjectLock { LockTag tag; LockMode mode; };
  /// Runs one effect of another room again inside an open transaction.
  using Reviver = std::function<Status(Transaction&, std::uint8_t operation, ByteReader payload)>;

  PreparedTransactions(RowStore& rows, TransactionManager& manager) : rows_(rows), manager_(manager) {}
  void set_key_reviver(Reviver reviver) { revive_key_ = std::move(reviver); }

  /// Takes the transaction out of its session's hands; its locks of `locks`, which `process` holds, go to a process of the transaction's own.
  /// kUniqueViolation: the name is taken; kLimit: `most` are there; kInvalid: the transaction has changed definitions. Then nothing has changed.
  Status prepare(Transaction* t, std::string name, std::string owner, std::int64_t micros, ProcessId process, std::span<const ObjectLock> locks,
                 std::size_t most, Lsn* lsn);
  /// kNotFound: no such name.
  Status finish(const std::string& name, bool commits, Lsn* lsn);
  std::vector<Facts> list() const;

  /// After recovery, before any session: opens what is in doubt.
  Status revive();

  Status redo(std::uint8_t operation, ByteReader payload, CommitTs ts, Lsn lsn) override;
  Status save(CheckpointWriter& out, const CheckpointMark& mark) override;
  Status load(CheckpointReader& in) override;
  void digest(Digest& out) override;

 private:
  struct Entry {
    std::vector<std::uint8_t> record;  // the payload of its prepare effect
    Facts facts;
    std::vector<ObjectLock> locks;
    Transaction* transaction = nullptr;
  };
  Status revive_one(Entry& entry);
  void release_locks(const Entry& entry);

  RowStore& rows_;
  TransactionManager& manager_;
  Reviver revive_key_;
  mutable std::mutex latch_;
  std::map<std::string, Entry> entries_;
  ProcessId next_process_ = kFirstProcess;
};

}  // namespace orrery::storage
