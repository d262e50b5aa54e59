// exported_snapshots.h: snapshots that transactions have published for others to begin with (pg_export_snapshot, SET TRANSACTION SNAPSHOT).
//
// A snapshot is registered once more while it is published, because its transaction may go on to a later one (read committed); what it
// shows is kept for as long. It is withdrawn before its transaction ends.
//
// Invariants
//  1. While an entry is in the map, its source is open and its registration is held.
//  2. Taking over a snapshot happens under the latch: the registration that it comes from is still there when the new one is.
// Threads: any. Latch order: this latch before the seats' latch of TransactionManager.
#pragma once
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "transaction.h"

namespace orrery::storage {

class ExportedSnapshots {
 public:
  explicit ExportedSnapshots(TransactionManager& manager);
  ~ExportedSnapshots();

  /// A name for the snapshot of the transaction's current statement: `process`-`xid`-number, as PostgreSQL writes them.
  std::string publish(Transaction& source, std::uint32_t process, bool read_only);
  enum class Answer : std::uint8_t { kTaken = 0, kUnknown = 1, kSourceNotSerializable = 2, kSourceReadOnly = 3 };
  /// Begins a transaction (repeatable read or serializable) that sees what the named snapshot shows. Only kTaken begins one.
  Answer begin_with(const std::string& name, Isolation isolation, std::uint32_t process, bool read_only, Transaction** out);

 private:
  void withdraw(Xid source);

  struct Entry { Snapshot held; Xid source; Isolation isolation; bool read_only; };
  TransactionManager& manager_;
  std::mutex latch_;
  std::unordered_map<std::string, Entry> entries_;
  std::unordered_map<Xid, std::vector<std::string>> names_;  // by source
};

}  // namespace orrery::storage
