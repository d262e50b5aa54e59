// sequence_store.h: sequences: numbers that never go back, whatever rolls back or crashes.
//
// A value is handed out only while the log knows of it: every kLogAhead-th call logs the value that many steps on, so a crash
// skips some numbers and repeats none. A checkpoint saves the exact value and makes the next call log again.
// Invariant: the log (or the checkpoint) always holds a value at or beyond the last one handed out.
// Threads: any; a mutex per sequence, held across the log append so that a checkpoint knows which records it includes.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "../core/bytes.h"
#include "../core/status.h"
#include "ids.h"
#include "transaction.h"

namespace orrery::storage {

struct SequenceDefinition {
  std::int64_t increment = 1, min = 1, max = INT64_MAX, start = 1;
  bool cycle = false;
};

class SequenceStore {
 public:
  static constexpr std::int32_t kLogAhead = 32;
  SequenceStore(Log& log, TransactionManager& manager) : log_(log), manager_(manager) {}

  void create(RelationId id, const SequenceDefinition& definition);
  bool alter(RelationId id, const SequenceDefinition& definition);  // `start` is kept
  void drop(RelationId id);
  bool exists(RelationId id) const;
  Status next(RelationId id, std::int64_t* value);
  /// A number with what the sequence was before it came.
  struct Drawn {
    RelationId id = 0;
    std::int64_t value = 0, before = 0;
    bool was_called = false;
  };
  Status next(RelationId id, Drawn* drawn);
  /// As if the number had not been drawn, where nobody has drawn or set a later one: a statement that comes to nothing here, and is run by another,
  /// takes one number and not two.
  void give_back(const Drawn& drawn);
  Status set(RelationId id, std::int64_t value, bool is_called);
  Status read(RelationId id, std::int64_t* value, bool* is_called, SequenceDefinition* definition = nullptr) const;

  // Redo and checkpoints.
  void redo_set(RelationId id, std::int64_t value, bool is_called, Lsn lsn);
  void save(ByteWriter& out);
  bool load(ByteReader& in);
  void each(const std::function<void(RelationId, const SequenceDefinition&, std::int64_t, bool)>& visit) const;

 private:
  struct Sequence {
    mutable std::mutex latch;
    SequenceDefinition definition;
    std::int64_t value = 1;
    bool is_called = false;
    std::int32_t ahead = 0;   // values that may be handed out before logging again
    Lsn saved_lsn = 0;        // redo skips records up to here
  };
  std::shared_ptr<Sequence> find(RelationId id) const;
  Status log_value(RelationId id, std::int64_t value, bool is_called);
  Log& log_;
  TransactionManager& manager_;
  mutable std::shared_mutex latch_;
  std::unordered_map<RelationId, std::shared_ptr<Sequence>> sequences_;
  struct Pending { std::int64_t value; bool is_called; };
  std::unordered_map<RelationId, Pending> pending_;  // redo: values logged before the creating transaction committed
};

}  // namespace orrery::storage
