#include "serializable.h"

#include <algorithm>

namespace orrery::storage {

namespace {
constexpr const char* kPivotDuringWrite = "Reason code: Canceled on identification as a pivot, during write.";
constexpr const char* kPivotConflictIn = "Reason code: Canceled on identification as a pivot, during conflict in checking.";
constexpr const char* kPivotConflictOut = "Reason code: Canceled on identification as a pivot, during conflict out checking.";
constexpr const char* kPivotAtCommit = "Reason code: Canceled on identification as a pivot, during commit attempt.";
constexpr const char* kPreparedPivot = "Reason code: Canceled on commit attempt with conflict in from prepared pivot.";
constexpr const char* kConflictOutToPivot = "Reason code: Canceled on conflict out to pivot, during read.";
}  // namespace

Serializability::Tx* Serializability::find(Xid xid) const {
  const auto at = all_.find(xid);
  return at == all_.end() ? nullptr : at->second.get();
}

void Serializability::begin(Xid xid, bool read_only) {
  std::lock_guard guard(latch_);
  auto t = std::make_unique<Tx>();
  t->xid = xid;
  t->read_only = read_only;
  all_[xid] = std::move(t);
  open_.fetch_add(1, std::memory_order_relaxed);
}

void Serializability::started(Xid xid, CommitTs read_ts) {
  std::lock_guard guard(latch_);
  if (Tx* t = find(xid)) t->read_ts = read_ts;
}

/// Neither was over when the other took its snapshot.
bool Serializability::concurrent(const Tx& a, const Tx& b) noexcept {
  const auto before = [](const Tx& x, const Tx& y) { return x.is_committed() && y.read_ts != 0 && x.commit_ts <= y.read_ts; };
  return !before(a, b) && !before(b, a);
}

void Serializability::doom(Tx& t, const char* reason) noexcept {
  t.is_doomed = true;
  if (t.reason == nullptr) t.reason = reason;
}

void Serializability::read(Xid reader, RelationId relation, Read what, RowId row) {
  std::lock_guard guard(latch_);
  Tx* me = find(reader);
  if (me == nullptr) return;
  if (me->is_doomed) return doom(*me, kPivotConflictOut);
  Rows& mine = me->reads[relation];
  if (mine.all) return;
  switch (what) {
    case Read::kRelation: mine.all = true; break;
    case Read::kNewRows: mine.new_rows = true; return;  // what is there already the index gives row by row
    case Read::kRow:
      if (!mine.rows.insert(row).second) return;
      if (mine.rows.size() > kRowsMax) mine.all = true;
      break;
  }
  for (const auto& [xid, other] : all_) {
    if (other.get() == me || other->is_doomed || !concurrent(*me, *other)) continue;
    const auto at = other->writes.find(relation);
    if (at == other->writes.end()) continue;
    if (mine.all || at->second.all || at->second.rows.contains(row)) conflict(*me, *other, *me);
  }
}

void Serializability::wrote(Xid writer, RelationId relation, RowId row, bool is_new) {
  std::lock_guard guard(latch_);
  Tx* me = find(writer);
  if (me == nullptr) return;
  if (me->is_doomed) return doom(*me, kPivotConflictIn);
  me->has_written = true;
  Rows& mine = me->writes[relation];
  mine.new_rows |= is_new;
  if (!mine.all) {
    mine.rows.insert(row);
    if (mine.rows.size() > kRowsMax) mine.all = true;
  }
  for (const auto& [xid, other] : all_) {
    if (other.get() == me || other->is_doomed || !concurrent(*me, *other)) continue;
    const auto at = other->reads.find(relation);
    if (at == other->reads.end()) continue;
    const Rows& theirs = at->second;
    if (theirs.all || (is_new && theirs.new_rows) || theirs.rows.contains(row)) conflict(*other, *me, *me);
  }
}

/// OnConflict_CheckForSerializationFailure.
void Serializability::conflict(Tx& reader, Tx& writer, const Tx& me) {
  if (!reader.out.insert(&writer).second) return;
  writer.in.insert(&reader);
  // The writer is over and had an edge out to one that was over before it.
  bool failure = writer.is_committed() && writer.earliest_out != 0;
  if (!failure)
    for (const Tx* t2 : writer.out)
      if (t2->is_prepared() && (!reader.is_committed() || t2->prepared_at <= reader.prepared_at) &&
          (!writer.is_committed() || t2->prepared_at <= writer.prepared_at) &&
          (!reader.reads_only() || (t2->is_committed() && t2->commit_ts <= reader.read_ts))) {
        failure = true;
        break;
      }
  if (!failure && writer.is_prepared() && !reader.reads_only())
    for (const Tx* t0 : reader.in)
      if (!t0->is_doomed && (!t0->is_committed() || t0->prepared_at >= writer.prepared_at) &&
          (!t0->reads_only() || t0->read_ts == 0 || (writer.is_committed() && t0->read_ts >= writer.commit_ts))) {
        failure = true;
        break;
      }
  if (!failure) return;
  if (&writer == &me) return doom(writer, kPivotDuringWrite);
  if (writer.is_prepared()) return doom(reader, kConflictOutToPivot);
  doom(writer, nullptr);
}

/// GetSafeSnapshot: every writer that was open at the snapshot is over, and none of them depends on what was committed before it.
Xid Serializability::snapshot_safety(Xid reader) const {
  std::lock_guard guard(latch_);
  const Tx* me = find(reader);
  if (me == nullptr) return 0;
  bool is_unsafe = false;
  for (const auto& [xid, other] : all_) {
    if (other.get() == me || other->read_only || other->is_doomed || !concurrent(*me, *other)) continue;
    if (!other->is_committed()) {
      if (other->read_ts != 0 && other->read_ts > me->read_ts) continue;  // began later: it cannot have missed what the snapshot sees
      return xid;
    }
    is_unsafe |= other->earliest_out != 0 && other->earliest_out <= me->read_ts;
  }
  return is_unsafe ? kUnsafe : 0;
}

std::string Serializability::refusal(Xid xid) const {
  std::lock_guard guard(latch_);
  const Tx* t = find(xid);
  return t != nullptr && t->is_doomed && t->reason != nullptr ? t->reason : std::string();
}

/// PreCommit_CheckForSerializationFailure.
std::string Serializability::may_commit(Xid xid) {
  std::lock_guard guard(latch_);
  Tx* me = find(xid);
  if (me == nullptr) return {};
  if (me->is_doomed) return me->reason != nullptr ? me->reason : kPivotAtCommit;
  for (Tx* near : me->in) {
    if (near->is_committed() || near->is_doomed) continue;
    for (const Tx* far : near->in)
      if (far == me || (!far->is_committed() && !far->reads_only() && !far->is_doomed)) {
        if (near->is_prepared()) return kPreparedPivot;
        doom(*near, nullptr);
        break;
      }
  }
  me->prepared_at = next_decision_++;
  return {};
}

void Serializability::committed(Xid xid, CommitTs ts) {
  std::lock_guard guard(latch_);
  Tx* me = find(xid);
  if (me == nullptr) return;
  me->commit_ts = ts;
  if (!me->reads_only())
    for (const Tx* writer : me->out)
      if (writer->is_committed() && (me->earliest_out == 0 || writer->commit_ts < me->earliest_out)) me->earliest_out = writer->commit_ts;
  open_.fetch_sub(1, std::memory_order_relaxed);
  collect();
}

void Serializability::rolled_back(Xid xid) {
  std::lock_guard guard(latch_);
  Tx* me = find(xid);
  if (me == nullptr) return;
  if (!me->is_committed()) open_.fetch_sub(1, std::memory_order_relaxed);
  forget(me);
  collect();
}

void Serializability::forget(Tx* t) {
  for (Tx* reader : t->in) reader->out.erase(t);
  for (Tx* writer : t->out) writer->in.erase(t);
  all_.erase(t->xid);
}

/// Forgets committed transactions that no open one is concurrent with.
void Serializability::collect() {
  CommitTs oldest = UINT64_MAX;
  for (const auto& [xid, t] : all_)
    if (!t->is_committed()) oldest = std::min(oldest, t->read_ts);
  std::vector<Tx*> gone;
  for (const auto& [xid, t] : all_)
    if (t->is_committed() && t->commit_ts <= oldest) gone.push_back(t.get());
  for (Tx* t : gone) forget(t);
}

}  // namespace orrery::storage
