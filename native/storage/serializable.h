// serializable.h: which serializable transactions may commit: serializable snapshot isolation.
//
// Every history that is not serializable has a pivot: a transaction that read what a concurrent one then wrote, while another concurrent
// one read what the pivot wrote. Reads and writes of serializable transactions are remembered, each read-write dependency becomes an edge,
// and where two edges in a row could close a cycle one transaction is refused. Sources: Cahill, Röhm, Fekete, "Serializable Isolation for
// Snapshot Databases" (SIGMOD 2008); Ports and Grittner, "Serializable Snapshot Isolation in PostgreSQL" (VLDB 2012). Tests, victims and
// reasons are PostgreSQL's (README-SSI). Departures: reads are whole relations, single rows, or "any new row of the relation" (what an
// index was asked); more than kRowsMax rows of one relation become the whole relation. Only a refused transaction depends on that.
//
// Invariants
//  1. A committed transaction is remembered while a serializable one that was open at its commit is open.
//  2. An edge reader -> writer stands in both transactions' lists, or in none.
// Threads: any; one latch, taken only by serializable transactions. It comes after the commit mutex and after a relation's latches.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ids.h"

namespace orrery::storage {

class Serializability {
 public:
  /// Before the snapshot is taken; `started` sets the timestamp it reads at.
  void begin(Xid xid, bool read_only);
  void started(Xid xid, CommitTs read_ts);
  /// True when a transaction is serializable here (any thread; no latch).
  bool active() const noexcept { return open_.load(std::memory_order_relaxed) != 0; }

  enum class Read : std::uint8_t { kRow, kNewRows, kRelation };
  void read(Xid reader, RelationId relation, Read what, RowId row);
  /// `is_new`: the row was inserted, or an index key of it changed.
  void wrote(Xid writer, RelationId relation, RowId row, bool is_new);

  /// READ ONLY DEFERRABLE: 0: no anomaly can be seen at the snapshot; a xid whose end decides; kUnsafe: take another snapshot.
  static constexpr Xid kUnsafe = UINT64_MAX;
  Xid snapshot_safety(Xid reader) const;

  /// Empty: the transaction may go on; else why it must be rolled back.
  std::string refusal(Xid xid) const;
  /// Under the commit mutex, before anything of the commit is done. Not empty: refused.
  std::string may_commit(Xid xid);
  void committed(Xid xid, CommitTs ts);
  void rolled_back(Xid xid);

 private:
  static constexpr std::size_t kRowsMax = 4096;
  struct Rows {
    bool all = false, new_rows = false;
    std::unordered_set<RowId> rows;
  };
  struct Tx {
    Xid xid = 0;
    CommitTs read_ts = 0;      // 0: not yet known: concurrent with everything
    CommitTs commit_ts = 0;    // 0: open
    CommitTs prepared_at = 0;  // order of decisions to commit; 0: none yet
    bool read_only = false, has_written = false;
    bool is_doomed = false;
    CommitTs earliest_out = 0;  // earliest commit that this transaction, itself committed, had an edge out to; 0: none
    const char* reason = nullptr;
    std::unordered_map<RelationId, Rows> reads, writes;
    std::unordered_set<Tx*> in, out;  // in: who read what this one wrote; out: whose writes this one did not see
    bool is_committed() const noexcept { return commit_ts != 0; }
    bool is_prepared() const noexcept { return prepared_at != 0; }
    bool reads_only() const noexcept { return read_only || (is_committed() && !has_written); }
  };

  Tx* find(Xid xid) const;
  static bool concurrent(const Tx& a, const Tx& b) noexcept;
  void conflict(Tx& reader, Tx& writer, const Tx& me);
  void doom(Tx& t, const char* reason) noexcept;
  void forget(Tx* t);
  void collect();

  mutable std::mutex latch_;
  std::atomic<std::size_t> open_{0};
  CommitTs next_decision_ = 1;
  std::unordered_map<Xid, std::unique_ptr<Tx>> all_;
};

}  // namespace orrery::storage
