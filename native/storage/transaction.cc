// transaction.cc: seats, the state table that resolves open stamps, the commit order, waits with deadlock detection.
#include "transaction.h"

#include <algorithm>
#include <thread>
#include <unordered_map>
#include <utility>

#include "../core/check.h"

namespace orrery::storage {
namespace {

// Transactions that may be open, or ended and not yet restamped, at one time.
constexpr std::uint64_t kStates = 1 << 14;
constexpr CommitTs kNoSnapshot = UINT64_MAX;

struct alignas(16) State {
  std::atomic<Xid> xid{0};      // 0: free
  std::atomic<Stamp> stamp{0};  // 0 open, commit timestamp, kAborted
};
/// Whose transaction it is and where its snapshot stands, for others to look at; kept beside the states so that those stay dense.
struct Owner {
  std::atomic<std::uint32_t> process{0};
  std::atomic<std::uint32_t> seat{0};
};

/// A registered snapshot. Free seats read kNoSnapshot; 0: a snapshot is being taken. used_since: since when its owner may hold pointers to
/// versions, kNoSnapshot when it holds none.
struct Seat { std::atomic<CommitTs> read_ts{kNoSnapshot}, used_since{kNoSnapshot}; };
constexpr std::uint32_t kSeatsPerBlock = 256;
constexpr std::uint32_t kSeatBlocks = 256;

class SpinLatch {
 public:
  void lock() noexcept {
    for (int spins = 0; flag_.test_and_set(std::memory_order_acquire); spins++)
      if (spins > 64) std::this_thread::yield();
  }
  void unlock() noexcept { flag_.clear(std::memory_order_release); }

 private:
  std::atomic_flag flag_ = ATOMIC_FLAG_INIT;
};

}  // namespace

struct TransactionManager::Impl {
  explicit Impl(Log& l) : log(l), states(new State[kStates]), owners(new Owner[kStates]) {}

  Log& log;
  std::unique_ptr<State[]> states;
  std::unique_ptr<Owner[]> owners;
  std::unique_ptr<std::atomic<Transaction*>[]> open{new std::atomic<Transaction*>[kStates]()};
  std::atomic<CommitTs> newest{1};
  std::atomic<Xid> next_xid{1};
  std::mutex commit_mutex;
  std::function<void(std::span<const std::uint8_t>)> tap = [](std::span<const std::uint8_t>) {};
  std::function<void(Xid)> end_listener = [](Xid) {};

  // Seats and the pool of transaction objects. `latch` guards the free lists only.
  SpinLatch latch;
  std::atomic<Seat*> seat_blocks[kSeatBlocks] = {};
  std::atomic<std::uint32_t> seat_count{0};
  std::vector<std::uint32_t> free_seats;
  std::vector<std::unique_ptr<Transaction>> pool;
  std::vector<Transaction*> free_transactions;
  std::atomic<std::uint64_t> commits{0}, rollbacks{0}, begun{0};

  Serializability serializability;

  // Waits: one edge per waiter. `is_behind`: it waits until its blocker leaves the row's queue, not until it ends.
  struct Wait { Xid blocker; std::uint64_t order; std::function<void()> wake; RowPlace row{}; LockStrength strength{}; bool is_behind = false; };
  std::uint64_t next_order = 0;
  mutable std::mutex wait_mutex;
  std::unordered_map<Xid, Wait> waits;
  RowQueues queues;
  std::atomic<std::size_t> wait_count{0};

  Seat& seat(std::uint32_t i) const noexcept {
    return seat_blocks[i / kSeatsPerBlock].load(std::memory_order_acquire)[i % kSeatsPerBlock];
  }
  std::uint32_t take_seat_latched() {
    if (!free_seats.empty()) {
      const std::uint32_t s = free_seats.back();
      free_seats.pop_back();
      return s;
    }
    const std::uint32_t s = seat_count.load(std::memory_order_relaxed);
    ORRERY_ASSERT(s < kSeatsPerBlock * kSeatBlocks);
    if (s % kSeatsPerBlock == 0) seat_blocks[s / kSeatsPerBlock].store(new Seat[kSeatsPerBlock], std::memory_order_release);
    seat_count.store(s + 1, std::memory_order_release);
    return s;
  }
  /// Registers before reading the clock: oldest_needed() then either sees the seat or ran before the timestamp was newest.
  CommitTs sit(std::uint32_t s) noexcept {
    Seat& place = seat(s);
    place.read_ts.store(0, std::memory_order_seq_cst);
    const CommitTs now = newest.load(std::memory_order_seq_cst);
    place.read_ts.store(now, std::memory_order_release);
    return now;
  }
  /// Taken before the first look: oldest_user() sees 0 or a timestamp that was the newest then.
  CommitTs use(std::uint32_t s) noexcept {
    Seat& place = seat(s);
    place.used_since.store(0, std::memory_order_seq_cst);
    const CommitTs now = newest.load(std::memory_order_seq_cst);
    place.used_since.store(now, std::memory_order_release);
    return now;
  }
  void leave(std::uint32_t s) noexcept {
    seat(s).used_since.store(kNoSnapshot, std::memory_order_release);
    seat(s).read_ts.store(kNoSnapshot, std::memory_order_release);
  }
  State& state(Xid xid) const noexcept { return states[xid % kStates]; }

  void announce_end(Transaction& t) {
    if (std::exchange(t.announces_end_, false)) end_listener(t.xid_);
  }
  void finish(Transaction* t);
  void wake_waiters(Xid xid);
  using Wakes = std::vector<std::function<void()>>;
  void leave_queue_latched(Transaction& t, std::optional<LockStrength> taken, Wakes& wakes);
  void leave_queue(Transaction& t, std::optional<LockStrength> taken);
  /// Its statement goes on without the row that it waited for.
  void leave_unless_wanted(Transaction& t) {
    if (t.is_queued() && !(t.want_.place == t.queued_)) leave_queue(t, std::nullopt);
  }
  std::vector<WaitFacts> waits_latched() const;
  Stamp resolve(Xid xid) const noexcept;
};

TransactionManager::TransactionManager(Log& log) : impl_(new Impl(log)) {}

TransactionManager::~TransactionManager() {
  for (auto& block : impl_->seat_blocks) delete[] block.load();
}

Serializability& TransactionManager::serializability() const noexcept { return impl_->serializability; }

Transaction* TransactionManager::begin(Isolation isolation, std::uint32_t process, bool read_only, const Snapshot* at) {
  Impl& m = *impl_;
  Xid xid;
  for (;;) {
    xid = m.next_xid.fetch_add(1, std::memory_order_relaxed);
    Xid expected = 0;
    if (m.state(xid).xid.load(std::memory_order_relaxed) == 0 &&
        m.state(xid).xid.compare_exchange_strong(expected, UINT64_MAX, std::memory_order_acq_rel))
      break;  // a long transaction may hold the state of an xid kStates before: skip the number
  }
  Transaction* t;
  {
    std::lock_guard guard(m.latch);
    if (m.free_transactions.empty()) {
      m.pool.push_back(std::make_unique<Transaction>());
      t = m.pool.back().get();
      t->seat_ = m.take_seat_latched();
    } else {
      t = m.free_transactions.back();
      m.free_transactions.pop_back();
    }
  }
  t->xid_ = xid;
  t->isolation_ = isolation;
  t->has_written_.store(false, std::memory_order_relaxed);
  const bool serializable = isolation == Isolation::kSerializable;
  if (serializable) m.serializability.begin(xid, read_only);
  m.use(t->seat_);
  t->snapshot_ = {m.sit(t->seat_), xid, 1, t->seat_, serializable};
  if (at != nullptr) {
    ORRERY_ASSERT(isolation != Isolation::kReadCommitted);
    // Under the latch: who counts the seats sees this one, or still the one that it comes from.
    std::lock_guard guard(m.latch);
    t->snapshot_.read_ts = at->read_ts;
    m.seat(t->seat_).read_ts.store(at->read_ts, std::memory_order_seq_cst);
  }
  if (serializable) m.serializability.started(xid, t->snapshot_.read_ts);
  State& state = m.state(xid);
  state.stamp.store(0, std::memory_order_relaxed);
  m.open[xid % kStates].store(t, std::memory_order_relaxed);
  m.owners[xid % kStates].process.store(process, std::memory_order_relaxed);
  m.owners[xid % kStates].seat.store(t->seat_, std::memory_order_relaxed);
  state.xid.store(xid, std::memory_order_release);
  m.begun.fetch_add(1, std::memory_order_relaxed);
  return t;
}

void TransactionManager::park(Transaction& t, std::uint32_t process) noexcept {
  impl_->owners[t.xid_ % kStates].process.store(process, std::memory_order_relaxed);
  impl_->leave(t.seat_);
  t.savepoints_.clear();
}

void TransactionManager::rest(Transaction& t) noexcept { impl_->seat(t.seat_).used_since.store(kNoSnapshot, std::memory_order_release); }
void TransactionManager::resume(Transaction& t) noexcept { impl_->use(t.seat_); }

Transaction* TransactionManager::find(Xid xid) const noexcept {
  const State& state = impl_->state(xid);
  if (xid == 0 || state.xid.load(std::memory_order_acquire) != xid || state.stamp.load(std::memory_order_acquire) != 0) return nullptr;
  return impl_->open[xid % kStates].load(std::memory_order_acquire);
}

void TransactionManager::next_command(Transaction& t, bool keep_snapshot) {
  t.snapshot_.command++;
  ORRERY_ASSERT(t.snapshot_.command < (1u << 24));
  impl_->use(t.seat_);
  impl_->leave_unless_wanted(t);
  if (t.isolation_ == Isolation::kReadCommitted && !keep_snapshot) t.snapshot_.read_ts = impl_->sit(t.seat_);
}

/// Everything of the transaction is over, restamping included: its state and its object go back.
void TransactionManager::Impl::finish(Transaction* t) {
  const Xid xid = t->xid_;
  leave(t->seat_);
  t->want_ = {};
  if (t->is_queued()) leave_queue(*t, std::nullopt);
  t->effects_.clear();
  t->savepoints_.clear();
  for (auto& p : t->participants_)
    if (p && !p->reuse()) p.reset();
  open[xid % kStates].store(nullptr, std::memory_order_relaxed);
  state(xid).xid.store(0, std::memory_order_release);
  {
    std::lock_guard guard(latch);
    free_transactions.push_back(t);
  }
  if (wait_count.load(std::memory_order_seq_cst) != 0) wake_waiters(xid);
}

Status TransactionManager::commit(Transaction* t, Lsn* lsn) {
  Impl& m = *impl_;
  *lsn = 0;
  m.announce_end(*t);
  State& state = m.state(t->xid_);
  CommitTs ts = 0;
  const bool serializable = t->isolation_ == Isolation::kSerializable;
  const auto refused = [&] {
    std::string reason = serializable ? m.serializability.may_commit(t->xid_) : std::string();
    return reason.empty() ? Status::ok() : Status::error(StatusCode::kSerializationFailure, std::move(reason));
  };
  if (!t->effects_.empty()) {
    std::unique_lock order(m.commit_mutex);
    if (Status status = refused(); !status.is_ok()) {
      order.unlock();
      rollback(t);
      return status;
    }
    ts = m.newest.load(std::memory_order_relaxed) + 1;
    *lsn = m.log.append(ts, t->effects_.span());
    if (*lsn == 0) {
      order.unlock();
      rollback(t);
      Status failure = m.log.failure();
      return failure.is_ok() ? Status::error(StatusCode::kIoError, "the log refused the record") : failure;
    }
    m.tap(t->effects_.span());
    for (auto& p : t->participants_)
      if (p) p->on_commit(ts, *lsn);
    if (serializable) m.serializability.committed(t->xid_, ts);
    state.stamp.store(ts, std::memory_order_seq_cst);
    m.newest.store(ts, std::memory_order_seq_cst);
  } else {
    if (Status status = refused(); !status.is_ok()) {
      rollback(t);
      return status;
    }
    // Nothing to make durable, but locks may be held and changes may have been rolled back to a savepoint.
    ts = m.newest.load(std::memory_order_acquire);
    if (serializable) m.serializability.committed(t->xid_, ts);
    for (auto& p : t->participants_)
      if (p) p->on_commit(ts, 0);
    state.stamp.store(ts, std::memory_order_seq_cst);
  }
  for (auto& p : t->participants_)
    if (p) p->after_commit(ts);
  m.commits.fetch_add(1, std::memory_order_relaxed);
  m.finish(t);
  return Status::ok();
}

void TransactionManager::commit_unlogged(Transaction* t) {
  Impl& m = *impl_;
  CommitTs ts;
  {
    std::lock_guard order(m.commit_mutex);
    ts = m.newest.load(std::memory_order_relaxed) + 1;
    for (auto& p : t->participants_)
      if (p) p->on_commit(ts, 0);
    m.state(t->xid_).stamp.store(ts, std::memory_order_seq_cst);
    m.newest.store(ts, std::memory_order_seq_cst);
  }
  for (auto& p : t->participants_)
    if (p) p->after_commit(ts);
  m.finish(t);
}

void TransactionManager::rollback(Transaction* t) {
  Impl& m = *impl_;
  m.announce_end(*t);
  for (auto& p : t->participants_)
    if (p) p->on_rollback();
  if (t->isolation_ == Isolation::kSerializable) m.serializability.rolled_back(t->xid_);
  m.state(t->xid_).stamp.store(kAborted, std::memory_order_seq_cst);
  m.rollbacks.fetch_add(1, std::memory_order_relaxed);
  m.finish(t);
}

std::size_t TransactionManager::savepoint(Transaction& t) {
  Transaction::Savepoint s;
  s.effects = t.effects_.size();
  for (std::size_t i = 0; i < static_cast<std::size_t>(ParticipantSlot::kCount); i++)
    s.marks[i] = t.participants_[i] ? t.participants_[i]->mark() : 0;
  t.savepoints_.push_back(s);
  return t.savepoints_.size() - 1;
}

void TransactionManager::rollback_to(Transaction& t, std::size_t savepoint) {
  ORRERY_ASSERT(savepoint < t.savepoints_.size());
  const Transaction::Savepoint s = t.savepoints_[savepoint];
  for (std::size_t i = 0; i < static_cast<std::size_t>(ParticipantSlot::kCount); i++)
    if (t.participants_[i]) t.participants_[i]->on_rollback_to(s.marks[i]);
  t.effects_.truncate(s.effects);
  t.savepoints_.resize(savepoint + 1);
  impl_->leave_unless_wanted(t);
  // What somebody waits for may be what was just given back: they look again, and wait again where it was not.
  if (impl_->wait_count.load(std::memory_order_seq_cst) != 0) impl_->wake_waiters(t.xid_);
}

void TransactionManager::restart_from(Transaction& t, std::size_t savepoint) {
  const Transaction::Savepoint start{};
  const Transaction::Savepoint& s = savepoint == kWholeTransaction ? start : t.savepoints_[savepoint];
  for (std::size_t i = 0; i < static_cast<std::size_t>(ParticipantSlot::kCount); i++)
    if (t.participants_[i]) t.participants_[i]->on_restart_from(s.marks[i]);
  t.effects_.truncate(s.effects);
  impl_->leave_unless_wanted(t);
}

void TransactionManager::release(Transaction& t, std::size_t savepoint) {
  ORRERY_ASSERT(savepoint < t.savepoints_.size());
  t.savepoints_.resize(savepoint);
}

Snapshot TransactionManager::acquire_snapshot() {
  std::uint32_t s;
  {
    std::lock_guard guard(impl_->latch);
    s = impl_->take_seat_latched();
  }
  impl_->use(s);
  return {impl_->sit(s), 0, 0, s, false};
}

Snapshot TransactionManager::hold_snapshot(const Snapshot& snapshot) {
  Snapshot held = snapshot;
  {
    std::lock_guard guard(impl_->latch);
    held.seat = impl_->take_seat_latched();
    // Under the latch: who counts the seats sees this one, or still the one that it comes from.
    impl_->use(held.seat);
    impl_->seat(held.seat).read_ts.store(snapshot.read_ts, std::memory_order_seq_cst);
  }
  return held;
}

void TransactionManager::release_snapshot(const Snapshot& snapshot) {
  impl_->leave(snapshot.seat);
  std::lock_guard guard(impl_->latch);
  impl_->free_seats.push_back(snapshot.seat);
}

Lsn TransactionManager::append_effects(std::span<const std::uint8_t> effects) {
  Impl& m = *impl_;
  std::lock_guard order(m.commit_mutex);
  const CommitTs ts = m.newest.load(std::memory_order_relaxed) + 1;
  const Lsn lsn = m.log.append(ts, effects);
  if (lsn == 0) return lsn;
  m.tap(effects);
  m.newest.store(ts, std::memory_order_seq_cst);
  return lsn;
}

void TransactionManager::set_tap(std::function<void(std::span<const std::uint8_t>)> tap) { impl_->tap = std::move(tap); }

void TransactionManager::set_end_listener(std::function<void(Xid)> listener) { impl_->end_listener = std::move(listener); }

void TransactionManager::in_commit_order(const std::function<void()>& work) {
  std::lock_guard order(impl_->commit_mutex);
  work();
}

CommitTs TransactionManager::newest() const noexcept { return impl_->newest.load(std::memory_order_acquire); }

CommitTs TransactionManager::oldest_needed() const {
  CommitTs oldest = impl_->newest.load(std::memory_order_seq_cst);
  std::lock_guard guard(impl_->latch);  // no snapshot goes from one seat to another meanwhile
  const std::uint32_t n = impl_->seat_count.load(std::memory_order_seq_cst);
  for (std::uint32_t i = 0; i < n; i++) oldest = std::min(oldest, impl_->seat(i).read_ts.load(std::memory_order_seq_cst));
  return oldest;
}

bool TransactionManager::read_timestamps(std::vector<CommitTs>& out, CommitTs* now) const {
  out.clear();
  *now = impl_->newest.load(std::memory_order_seq_cst);
  {
    std::lock_guard guard(impl_->latch);
    const std::uint32_t n = impl_->seat_count.load(std::memory_order_seq_cst);
    for (std::uint32_t i = 0; i < n; i++) {
      const CommitTs read_ts = impl_->seat(i).read_ts.load(std::memory_order_seq_cst);
      if (read_ts == 0) return false;
      if (read_ts != kNoSnapshot) out.push_back(read_ts);
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return true;
}

CommitTs TransactionManager::oldest_user() const {
  CommitTs oldest = kNoSnapshot;
  // Whoever sits down after the look reads `newest` after this write to it, and so sees out of reach what the caller put there.
  impl_->newest.fetch_add(0, std::memory_order_seq_cst);
  std::lock_guard guard(impl_->latch);
  const std::uint32_t n = impl_->seat_count.load(std::memory_order_seq_cst);
  for (std::uint32_t i = 0; i < n; i++) oldest = std::min(oldest, impl_->seat(i).used_since.load(std::memory_order_seq_cst));
  return oldest;
}

Stamp TransactionManager::resolve(Xid xid) const noexcept { return impl_->resolve(xid); }

Stamp TransactionManager::Impl::resolve(Xid xid) const noexcept {
  const State& at = state(xid);
  if (at.xid.load(std::memory_order_acquire) != xid) return kLive;
  const Stamp stamp = at.stamp.load(std::memory_order_seq_cst);
  return at.xid.load(std::memory_order_acquire) == xid ? stamp : kLive;
}

bool TransactionManager::wait_for(Xid waiter, Xid blocker, std::function<void()> wake) {
  Impl& m = *impl_;
  Transaction* t = find(waiter);
  Impl::Wakes wakes;
  bool waits = true;
  {
    std::lock_guard guard(m.wait_mutex);
    m.wait_count.fetch_add(1, std::memory_order_seq_cst);
    Impl::Wait wait{blocker, m.next_order++, std::move(wake)};
    const bool for_row = t != nullptr && t->want_.place.relation != 0 && t->want_.blocker == blocker;
    if (t != nullptr && t->is_queued() && !(for_row && t->queued_ == t->want_.place)) m.leave_queue_latched(*t, std::nullopt, wakes);
    Xid next_blocker = 0;
    if (for_row) {
      wait.row = t->queued_ = t->want_.place;
      wait.strength = t->want_.strength;
      m.queues.join(wait.row, waiter, wait.strength);
      const Xid ahead = m.queues.ahead(wait.row, waiter);
      wait.is_behind = ahead != 0;
      if (ahead != 0) wait.blocker = ahead;
      next_blocker = std::exchange(m.queues.entry(wait.row, waiter)->next_blocker, 0);
    }
    if (!wait.is_behind && m.resolve(wait.blocker) != 0) {
      wait.blocker = next_blocker;
      waits = next_blocker != 0 && m.resolve(next_blocker) == 0;
    }
    if (!waits || !m.waits.insert_or_assign(waiter, std::move(wait)).second) m.wait_count.fetch_sub(1, std::memory_order_relaxed);
  }
  for (const auto& run : wakes) run();
  return waits;
}

/// Everybody behind it moves up. Who has nobody before it now goes on waiting for the one that took the row, if one did. Who would have to wait
/// for another sleeper is woken and waits anew: a deadlock through that one was not there to be found when either looked.
void TransactionManager::Impl::leave_queue_latched(Transaction& t, std::optional<LockStrength> taken, Wakes& wakes) {
  queues.leave(t.queued_, t.xid_, [&](RowQueues::Entry& e, Xid ahead) {
    const bool is_taken = ahead == 0 && taken && conflicts(*taken, e.strength);
    const auto at = waits.find(e.xid);
    if (at == waits.end()) {
      if (is_taken) e.next_blocker = t.xid_;
      return;
    }
    Wait& wait = at->second;
    if (!wait.is_behind || (ahead != 0 && ahead == wait.blocker)) return;
    if (ahead != 0 && !waits.contains(ahead)) {
      wait.blocker = ahead;
    } else if (is_taken) {
      wait.blocker = t.xid_;
      wait.is_behind = false;
    } else {
      wakes.push_back(std::move(wait.wake));
      waits.erase(at);
      wait_count.fetch_sub(1, std::memory_order_relaxed);
    }
  });
  t.queued_ = {};
}

void TransactionManager::Impl::leave_queue(Transaction& t, std::optional<LockStrength> taken) {
  Wakes wakes;
  {
    std::lock_guard guard(wait_mutex);
    leave_queue_latched(t, taken, wakes);
  }
  for (const auto& wake : wakes) wake();
}

void TransactionManager::leave_queue(Transaction& t, std::optional<LockStrength> taken) {
  if (t.is_queued()) impl_->leave_queue(t, taken);
}

Xid TransactionManager::ahead_of(const Transaction& t) const {
  std::lock_guard guard(impl_->wait_mutex);
  return impl_->queues.ahead(t.queued_, t.xid_);
}

void TransactionManager::cancel_wait(Xid waiter) {
  std::lock_guard guard(impl_->wait_mutex);
  if (impl_->waits.erase(waiter) != 0) impl_->wait_count.fetch_sub(1, std::memory_order_relaxed);
}

std::vector<TransactionManager::WaitFacts> TransactionManager::waits() const {
  std::lock_guard guard(impl_->wait_mutex);
  return impl_->waits_latched();
}

void TransactionManager::settle_wait(std::uint32_t process, const std::function<bool(const std::vector<WaitFacts>&)>& judge) {
  Impl& m = *impl_;
  std::lock_guard guard(m.wait_mutex);
  const std::vector<WaitFacts> facts = m.waits_latched();
  if (!judge(facts)) return;
  for (const WaitFacts& wait : facts)
    if (wait.process == process && m.waits.erase(wait.waiter) != 0) m.wait_count.fetch_sub(1, std::memory_order_relaxed);
}

std::vector<TransactionManager::WaitFacts> TransactionManager::Impl::waits_latched() const {
  std::vector<WaitFacts> out;
  const auto process = [&](Xid xid) { return resolve(xid) == 0 ? owners[xid % kStates].process.load(std::memory_order_relaxed) : 0; };
  for (const auto& [waiter, wait] : waits)
    out.push_back({waiter, wait.blocker, process(waiter), process(wait.blocker), wait.row, wait.strength, wait.is_behind});
  return out;
}

std::vector<TransactionManager::OpenFacts> TransactionManager::open_transactions() const {
  Impl& m = *impl_;
  std::vector<OpenFacts> out;
  for (std::uint64_t i = 0; i < kStates; i++) {
    const Xid xid = m.states[i].xid.load(std::memory_order_acquire);
    if (xid == 0 || xid == UINT64_MAX || resolve(xid) != 0) continue;
    const CommitTs read_ts = m.seat(m.owners[i].seat.load(std::memory_order_relaxed)).read_ts.load(std::memory_order_relaxed);
    const Transaction* t = m.open[i].load(std::memory_order_acquire);
    out.push_back({xid, m.owners[i].process.load(std::memory_order_relaxed), read_ts, t != nullptr && t->has_written()});
  }
  return out;
}

void TransactionManager::Impl::wake_waiters(Xid xid) {
  std::vector<Wait> over;
  {
    std::lock_guard guard(wait_mutex);
    for (auto it = waits.begin(); it != waits.end();) {
      if (it->second.blocker == xid && !it->second.is_behind) {
        over.push_back(std::move(it->second));
        it = waits.erase(it);
        wait_count.fetch_sub(1, std::memory_order_relaxed);
      } else {
        ++it;
      }
    }
  }
  std::sort(over.begin(), over.end(), [](const Wait& a, const Wait& b) { return a.order < b.order; });
  for (const Wait& wait : over) wait.wake();
}

void TransactionManager::restore(CommitTs newest, Xid next_xid) {
  impl_->newest.store(std::max<CommitTs>(newest, 1));
  impl_->next_xid.store(std::max<Xid>(next_xid, 1));
}

TransactionManager::Counters TransactionManager::counters() const noexcept {
  const auto commits = impl_->commits.load(std::memory_order_relaxed);
  const auto rollbacks = impl_->rollbacks.load(std::memory_order_relaxed);
  const auto begun = impl_->begun.load(std::memory_order_relaxed);
  return {commits, rollbacks, begun - std::min(begun, commits + rollbacks)};
}

namespace {
/// The stamp behind `place` with open transactions resolved: an open one comes back as it is.
inline Stamp settled(const std::atomic<Stamp>& place, Stamp stamp, const TransactionManager& manager) noexcept {
  while (is_open(stamp)) {
    const Stamp fate = manager.resolve(xid_of(stamp));
    if (fate == 0) return stamp;
    if (fate != kLive) return fate;
    stamp = place.load(std::memory_order_acquire);
  }
  return stamp;
}
}  // namespace

bool is_visible(const std::atomic<Stamp>& begin_place, const std::atomic<Stamp>& end_place, const Snapshot& snapshot,
                const TransactionManager& manager) noexcept {
  const Stamp begin = begin_place.load(std::memory_order_acquire);
  if (is_open(begin) && xid_of(begin) == snapshot.xid) {
    if (command_of(begin) >= snapshot.command) return false;
  } else {
    // An open stamp is above every timestamp, and so are kAborted and kLive.
    if (settled(begin_place, begin, manager) > snapshot.read_ts) return false;
  }
  const Stamp end = end_place.load(std::memory_order_acquire);
  if (end == kLive) return true;
  if (is_open(end) && xid_of(end) == snapshot.xid) return command_of(end) >= snapshot.command;
  return settled(end_place, end, manager) > snapshot.read_ts;
}

}  // namespace orrery::storage
