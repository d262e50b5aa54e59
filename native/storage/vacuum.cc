// vacuum.cc: taking back versions that no snapshot can see.
//
// The unit is the chunk. One whose versions are all dead leaves the relation: its index entries go, its memory follows when every
// user of now has left it. One that is mostly dead has its living rows moved to the tail first, by an internal transaction
// that updates each row to itself; it follows the rules of visibility like any other, so readers and writers need not know.
//
// Beside a long reader most garbage is younger than its snapshot: versions that began after it and ended before any other. Those are
// unlinked from their row's chain (prune) and count as dead from then on. Their chunk leaves once nobody is left who may stand on them.
// Source: "Long-lived Transactions Made Less Harmful" (Lee et al., "Hybrid Garbage Collection for MVCC in SAP HANA", SIGMOD 2016): interval collection.
#include <algorithm>
#include <condition_variable>
#include <thread>

#include "../core/heap.h"
#include "row_store.h"

namespace orrery::storage {

struct RowStore::Vacuum {
  std::mutex latch;
  std::condition_variable wake;
  bool stop = false;
  std::thread thread;
};

RowStore::RowStore(Log& log, TransactionManager& manager) : log_(log), manager_(manager), sequences_(log, manager) {}
RowStore::~RowStore() { stop_vacuum(); }


namespace {

struct Census { std::uint32_t dead = 0, live = 0; bool undecided = false; };

/// Counts what every snapshot agrees is dead, and what is the living newest version of its row. The caller holds the write latch.
Census census_of(const Chunk& chunk, CommitTs oldest) {
  Census census;
  const std::uint32_t count = chunk.count();
  for (std::uint32_t slot = 0; slot < count; slot++) {
    const Stamp begin = chunk.begin(slot), end = chunk.end(slot);
    if (begin == kAborted || (!is_open(end) && end <= oldest && !is_open(begin))) census.dead++;
    else if (!is_open(begin) && end == kLive) census.live++;
    else census.undecided = true;
  }
  return census;
}

}  // namespace

bool RowStore::reclaim(Relation& relation, std::uint32_t i, CommitTs) {
  const Chunk* chunk = relation.chunk(i);
  const auto indexes = relation.indexes();
  const std::uint32_t count = chunk->count();
  std::vector<VersionRef> gone;
  for (std::uint32_t slot = 0; slot < count; slot++) {
    const VersionRef v{chunk, slot};
    const RowId row = v.row_id();
    if (relation.newest_pos(row) == chunk->first() + slot) {
      gone.push_back(v);
      relation.forget_row(row);
    } else {
      for (const auto& index : *indexes) index->remove_stale(v);
    }
  }
  if (!gone.empty())
    for (const auto& index : *indexes) index->remove(gone);
  relation.dead_versions.fetch_sub(std::min<std::uint64_t>(count, relation.dead_versions.load()), std::memory_order_relaxed);
  relation.pruned_dead = std::min<std::uint64_t>(relation.pruned_dead, relation.dead_versions.load(std::memory_order_relaxed));
  std::shared_ptr<Chunk> detached(relation.detach_chunk(i));
  std::lock_guard guard(retired_latch_);
  retired_chunks_.push_back({std::move(detached), manager_.newest()});
  return true;
}

namespace {

/// Most that one hold of the write latch looks at: some 100 us.
constexpr std::size_t kPruneStep = 1024;

/// Unlinks what lies between snapshots in one row's chain. `steps` counts versions looked at, up to kPruneStep. False: there may be more, come back.
bool prune_row(Relation& relation, RowId row, const std::vector<CommitTs>& readers, CommitTs now, std::size_t* steps, std::size_t* unlinked) {
  VersionRef keep = relation.newest(row);
  const std::size_t before = *unlinked;
  while (keep) {
    // Nobody looks below what the oldest reader sees.
    const Stamp seen = keep.chunk->begin(keep.slot);
    if (!is_open(seen) && seen <= readers.front()) return true;
    const VersionPos older = keep.chunk->older(keep.slot);
    if (older == kNoVersion) return true;
    if (++*steps >= kPruneStep) return *unlinked == before;  // so many that must stay: an open transaction's own
    const VersionRef at = relation.version(older);
    if (!at) return true;
    const Stamp begin = at.chunk->begin(at.slot), end = at.chunk->end(at.slot);
    const bool settled = !is_open(begin) && !is_open(end) && begin != kAborted && end <= now;
    const auto reader = std::lower_bound(readers.begin(), readers.end(), begin);
    if (settled && (reader == readers.end() || *reader >= end)) {
      relation.unlink(keep, at);
      ++*unlinked;
    } else {
      keep = at;
    }
  }
  return true;
}

}  // namespace

bool RowStore::prune(Relation& relation) {
  std::vector<CommitTs> readers;
  CommitTs now = 0;
  // Later snapshots read at `now` or after it: they need nothing that had ended by then, whoever comes meanwhile.
  if (!manager_.read_timestamps(readers, &now) || readers.empty() || readers.front() >= now) return false;
  std::size_t unlinked = 0;
  const RowId limit = relation.row_limit();
  for (RowId row = 1; row < limit;) {
    std::lock_guard guard(relation.write_latch());
    if (relation.dropped.load() != 0) return false;
    for (std::size_t steps = 0; row < limit && steps < kPruneStep; steps++)
      if (prune_row(relation, row, readers, now, &steps, &unlinked)) row++;
  }
  std::lock_guard guard(relation.write_latch());
  relation.pruned_ts = manager_.newest();
  relation.pruned_dead = relation.dead_versions.load(std::memory_order_relaxed);
  return unlinked != 0;
}

bool RowStore::move_rows(Relation& relation, std::uint32_t i) {
  Transaction* t = manager_.begin(Isolation::kReadCommitted);
  RowChanges& changes = changes_of(*t);
  {
    std::lock_guard guard(relation.write_latch());
    const Chunk* chunk = relation.chunk(i);
    if (chunk == nullptr) {  // another vacuum was first
      manager_.rollback(t);
      return true;
    }
    if (chunk == relation.tail()) relation.seal_tail();
    const std::uint32_t count = chunk->count();
    for (std::uint32_t slot = 0; slot < count; slot++) {
      const VersionRef old{chunk, slot};
      if (is_open(chunk->begin(slot)) || chunk->begin(slot) == kAborted || chunk->end(slot) != kLive) continue;
      const Relation::Run run = relation.allocate(1);
      relation.write_header(run, 0, old.row_id(), chunk->first() + slot, t->stamp(), false, true);
      relation.copy_row(run, 0, old);
      relation.publish(run, t->stamp());
      relation.set_newest(old.row_id(), run.chunk->first() + run.slot);
      relation.set_end(old, t->stamp());
      changes.updated(relation, run.chunk->first() + run.slot);
    }
  }
  manager_.commit_unlogged(t);
  return true;
}

bool RowStore::vacuum(Relation& relation, bool thorough) {
  purge_retired();
  const CommitTs dropped = relation.dropped.load();
  const CommitTs oldest = manager_.oldest_needed();
  if (dropped != 0) {
    if (dropped >= oldest) return false;
    for (const auto& index : *relation.indexes()) erase_index(index->id());
    erase_relation(relation.id());
    return true;
  }
  std::unique_lock one(relation.vacuum_latch, std::defer_lock);
  if (thorough) one.lock();
  else if (!one.try_lock()) return false;
  const std::uint32_t chunks = relation.chunk_count();
  for (std::uint32_t step = 0; step < chunks; step++) {
    // The tail first: what is moved goes to its end, and would hide that many of its rows are dead.
    const std::uint32_t i = thorough ? chunks - 1 - step : step;
    bool move = false;
    {
      std::lock_guard guard(relation.write_latch());
      const Chunk* chunk = relation.chunk(i);
      if (chunk == nullptr || chunk->unsettled() != 0) continue;
      const std::uint32_t count = chunk->count(), ended = chunk->ended();
      const bool tail = chunk == relation.tail();
      // Moving the living costs as much as they are: worth it where as many are dead, or on demand one of 32.
      if (ended == 0 || ended * (thorough ? 32 : 2) < count || (tail && !thorough && (ended < 1024 || ended < 3 * (count - ended)))) continue;
      if (relation.pruned_ts != 0 && manager_.oldest_user() <= relation.pruned_ts) continue;
      if (!thorough && relation.is_judged(*chunk, oldest)) continue;
      const Census census = census_of(*chunk, oldest);
      if (census.undecided) continue;
      if (census.live == 0) return reclaim(relation, i, oldest);
      move = census.live <= census.dead * (thorough ? 31 : 1);
    }
    if (move) return move_rows(relation, i);
  }
  bool is_due = thorough;
  if (!is_due) {
    std::lock_guard guard(relation.write_latch());
    is_due = relation.dead_versions.load(std::memory_order_relaxed) >= relation.pruned_dead + std::max<std::uint64_t>(1024, relation.live_estimate() / 8);
  }
  return is_due && prune(relation);
}

bool RowStore::vacuum(RelationId id, bool thorough) {
  const auto relation = share(id);
  return relation && vacuum(*relation, thorough);
}

/// Two seconds after the last time that something was freed.
constexpr int kTrimRounds = 20;

void RowStore::start_vacuum() {
  if (vacuum_) return;
  vacuum_ = std::make_unique<Vacuum>();
  vacuum_->thread = std::thread([this, v = vacuum_.get()] {
    int quiet_rounds = kTrimRounds;  // nothing to give back
    std::unique_lock guard(v->latch);
    while (!v->stop) {
      v->wake.wait_for(guard, std::chrono::milliseconds(100));
      if (v->stop) break;
      guard.unlock();
      std::vector<std::shared_ptr<Relation>> candidates;
      {
        std::shared_lock registry(registry_latch_);
        for (const auto& [id, relation] : relations_) {
          const std::uint64_t dead = relation->dead_versions.load(std::memory_order_relaxed);
          if (relation->dropped.load() != 0 || (dead >= 1024 && dead >= relation->live_estimate() / 4)) candidates.push_back(relation);
        }
      }
      for (const auto& relation : candidates)
        for (int steps = 0; steps < 16 && vacuum(*relation); steps++) {}
      candidates.clear();
      purge_retired();
      if (heap_was_freed.exchange(false, std::memory_order_relaxed)) quiet_rounds = 0;
      else if (quiet_rounds < kTrimRounds && ++quiet_rounds == kTrimRounds) return_free_memory();
      guard.lock();
    }
  });
}

void RowStore::stop_vacuum() {
  if (!vacuum_) return;
  {
    std::lock_guard guard(vacuum_->latch);
    vacuum_->stop = true;
  }
  vacuum_->wake.notify_all();
  vacuum_->thread.join();
  vacuum_.reset();
}

}  // namespace orrery::storage
