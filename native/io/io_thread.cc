#include "io_thread.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "../core/thread_turns.h"
#include "../keyspace/clock.h"

namespace orrery::io {
namespace {

constexpr std::size_t kReadBytes = 64 << 10;
/// A piece of a large value is read in at most this much more memory than has come so far.
constexpr std::size_t kGrowBytes = 8 << 20;
/// After the end was told, how long the peer's own end is waited for; and how long output may take that it does not read.
constexpr std::int64_t kLingerMillis = 2000, kFlushMillis = 30000;
constexpr int kLingerCheckMillis = 100;
/// How long a statement waits here for a row: as most blocks are short, most waits are. JavaScript knows deadlocks, timeouts and cancelling.
constexpr std::int64_t kParkMillis = 20;
constexpr int kParkCheckMillis = 5;
/// How long the thread looks for its next input before it sleeps: waking it would cost a client that answers at once about as much.
constexpr std::chrono::microseconds kLookFor{30};

}  // namespace

bool IoThread::start() {
  if (!poller_.open()) return false;
  buffer_ = std::make_unique<char[]>(kReadBytes);
  thread_ = std::thread([this] { run(); });
  return true;
}

void IoThread::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_relaxed);
  poller_.wake();
  thread_.join();
}

void IoThread::attend(std::shared_ptr<Connection> connection) {
  const std::lock_guard guard(attention_mutex_);
  attended_.push_back(std::move(connection));
  if (attended_.size() == 1) poller_.wake();
}

void IoThread::note_flushed() {
  if (holds_.load()) poller_.wake();
}

void IoThread::note_held(std::shared_ptr<Connection> connection) {
  holding_.push_back(std::move(connection));
  holds_.store(true);
}

void IoThread::take_counts(Counts* out) noexcept {
  out->reads += reads_.exchange(0, std::memory_order_relaxed);
  out->writes += writes_.exchange(0, std::memory_order_relaxed);
  out->input_bytes += input_bytes_.exchange(0, std::memory_order_relaxed);
  out->output_bytes += output_bytes_.exchange(0, std::memory_order_relaxed);
}

void IoThread::run() {
  prefer_short_turns();
  std::array<Poller::Ready, 128> ready;
  while (!stopping_.load(std::memory_order_relaxed)) {
    const std::size_t count = await_events(ready);
    now_ = keyspace::now_millis();
    for (std::size_t i = 0; i < count; i++) {
      const Poller::Ready& r = ready[i];
      if (r.owner == nullptr) continue;
      Connection& connection = *static_cast<Connection*>(r.owner);
      if (!connections_.contains(&connection)) continue;  // closed in this turn
      // What was kept while the socket was full runs on.
      if (r.writable && connection.flush() && !connection.owned_by_javascript.load(std::memory_order_acquire)) serve(connection, {});
      if (r.readable) {
        read(connection);
      } else if (r.broken) {
        connection.input_ended(true);
        connection.stop_polling();
      }
    }
    while (!holding_.empty()) {
      send_held();
      if (wanted_lsn_ == 0) break;  // what went on meanwhile wrote nothing
    }
    look_at_attended();
    if (!parked_.empty()) end_parking();
    if (!lingering_.empty() && now_ >= next_linger_check_) {
      end_lingering(now_);
      next_linger_check_ = now_ + kLingerCheckMillis;
    }
    closed_.clear();
  }
  look_at_attended();
  while (!connections_.empty()) close(connections_.begin()->second);
  closed_.clear();
}

std::size_t IoThread::await_events(std::span<Poller::Ready> ready) {
  const auto until = std::chrono::steady_clock::now() + kLookFor;
  do {
    if (const std::size_t count = poller_.wait(ready, 0); count > 0) return count;
    std::this_thread::yield();
  } while (std::chrono::steady_clock::now() < until);
  return poller_.wait(ready, !parked_.empty() ? kParkCheckMillis : lingering_.empty() ? -1 : kLingerCheckMillis);
}

void IoThread::look_at_attended() {
  for (;;) {
    std::vector<std::shared_ptr<Connection>> attended;
    {
      const std::lock_guard guard(attention_mutex_);
      attended.swap(attended_);
    }
    if (attended.empty()) return;
    for (const auto& connection : attended) look_at(connection);
  }
}

void IoThread::look_at(const std::shared_ptr<Connection>& connection) {
  if (connection->is_closed) return;
  if (connections_.try_emplace(connection.get(), connection).second) {
    connection_count_.fetch_add(1, std::memory_order_relaxed);
    if (!connection->start()) connection->input_ended(true);
  }
  switch (connection->ending()) {
    case Connection::Ending::kNot: return resume(*connection);
    case Connection::Ending::kLost:
      connection->stop_polling();
      return connection->input_ended(true);
    case Connection::Ending::kOver: return close(connection);
    case Connection::Ending::kFlushing: lingering_.push_back({connection, now_ + kFlushMillis}); return;
    case Connection::Ending::kFlushed:
      (void)::shutdown(connection->fd, SHUT_WR);
      lingering_.push_back({connection, now_ + kLingerMillis});
  }
}

void IoThread::end_lingering(std::int64_t now) {
  std::vector<Lingering> due;
  std::erase_if(lingering_, [&](const Lingering& l) {
    if (l.connection->is_closed) return true;
    if (l.until > now) return false;
    due.push_back(l);
    return true;
  });
  for (const Lingering& l : due) close(l.connection);
}

void IoThread::close(const std::shared_ptr<Connection>& connection) {
  if (connection->is_closed) return;
  connection->is_closed = true;
  connection->stop_polling();
  ::close(connection->fd);
  connection->hub->post(HubEvent::Kind::kGone, connection);
  closed_.push_back(connection);
  connections_.erase(closed_.back().get());
  connection_count_.fetch_sub(1, std::memory_order_relaxed);
}

void IoThread::read(Connection& connection) {
  const bool owned = !connection.owned_by_javascript.load(std::memory_order_acquire);
  const bool ends = !owned && connection.ending() != Connection::Ending::kNot;
  const bool appends = owned && !connection.input.empty();
  char* into = buffer_.get();
  std::size_t room = kReadBytes;
  if (appends) {
    const std::size_t missing = connection.need > connection.input.size() ? connection.need - connection.input.size() : 0;
    into = connection.input.room(std::clamp(missing, kReadBytes, kGrowBytes));
    room = connection.input.free_bytes();
  }
  const ssize_t got = ::recv(connection.fd, into, room, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  if (got <= 0) {
    connection.input_ended(got < 0);
    if (got < 0) connection.stop_polling();
    if (connection.ending() == Connection::Ending::kOver) attend(connection.shared_from_this());
    return;
  }
  if (ends) return;
  const std::string_view bytes(into, static_cast<std::size_t>(got));
  connection.last_active_millis.store(now_, std::memory_order_relaxed);
  if (!owned && connection.post_if_owned_by_javascript(bytes)) return;
  reads_.fetch_add(1, std::memory_order_relaxed);
  input_bytes_.fetch_add(bytes.size(), std::memory_order_relaxed);
  if (!appends) return serve(connection, bytes);
  connection.input.grew(bytes.size());
  if (connection.input.size() > connection.hub->input_limit.load(std::memory_order_relaxed)) {
    connection.input_ended(true);
    connection.stop_polling();
  } else if (connection.input.size() >= connection.need) {
    serve(connection, {});
  }
  connection.input_bytes.store(connection.input.size(), std::memory_order_relaxed);
}

template <typename FastPath>
Served IoThread::serve_some(FastPath& path, Connection& connection, std::string_view input, bool* flowing) {
  const Served served = path.serve(connection, input);
  Hub& hub = *connection.hub;
  storage::Lsn lsn = 0;
  if (served.lsn != 0) {
    const bool is_resp = connection.protocol == Protocol::kResp;
    storage::Lsn newest = hub.newest_lsn.load(std::memory_order_relaxed);
    while (is_resp && newest < served.lsn && !hub.newest_lsn.compare_exchange_weak(newest, served.lsn, std::memory_order_relaxed)) {}
    const bool waits = !is_resp || hub.sync_always.load(std::memory_order_relaxed);
    if (waits && served.lsn > rooms_.log.flushed()) wanted_lsn_ = lsn = served.lsn;
  }
  if (const std::string_view output = path.output(); !output.empty()) {
    writes_.fetch_add(1, std::memory_order_relaxed);
    output_bytes_.fetch_add(output.size(), std::memory_order_relaxed);
    *flowing = connection.write(output, lsn) || connection.may_run();
    path.clear();
  }
  return served;
}

void IoThread::serve(Connection& connection, std::string_view chunk) {
  // A chunk comes with nothing kept before it, unless output stopped the run that kept it.
  const bool kept = !connection.input.empty();
  if (kept) connection.input.append(chunk);
  const std::string_view input = kept ? connection.input.view() : chunk;
  std::size_t at = 0;
  bool flowing = true;
  Next next = Next::kAll;
  connection.need = 0;
  while (at < input.size() && flowing && next != Next::kIncomplete && next != Next::kEnd && next != Next::kWait) {
    const bool is_resp = connection.protocol == Protocol::kResp;
    const bool must_go = connection.revoked.load(std::memory_order_relaxed) || (is_resp && connection.hub->stops.load(std::memory_order_relaxed));
    const Served served = must_go   ? Served{Next::kHandOver, 0, 0, 0}
                          : is_resp ? serve_some(resp_, connection, input.substr(at), &flowing)
                                    : serve_some(pg_, connection, input.substr(at), &flowing);
    at += served.consumed;
    next = served.next;
    if (next == Next::kIncomplete) connection.need = served.need;
    if (next == Next::kWait) park(connection, served);
    else connection.parked_until = 0;
    connection.may_park = true;
    if (next == Next::kHandOver) {
      input_bytes_.fetch_sub(input.size() - at, std::memory_order_relaxed);  // counted there
      connection.hand_over(input.substr(at));
      at = input.size();
    }
  }
  if (next == Next::kEnd) {
    // Not closed at once: unread input would make the kernel drop the replies on their way.
    connection.ask_to_end();
    at = input.size();
  }
  if (kept) connection.input.consume(at);
  else connection.input.append(input.substr(at));
  connection.input_bytes.store(connection.input.size(), std::memory_order_relaxed);
}

void IoThread::park(Connection& connection, const Served& served) {
  const std::shared_ptr<Connection> self = connection.shared_from_this();
  connection.need = std::numeric_limits<std::size_t>::max();
  if (connection.parked_until == 0) connection.parked_until = now_ + kParkMillis;
  connection.is_parked = true;
  parked_.push_back(self);
  const auto wake = [weak = std::weak_ptr<Connection>(self)] {
    if (const auto woken = weak.lock()) woken->thread.attend(woken);
  };
  if (!rooms_.rows->manager().wait_for(served.waiter, served.blocker, wake)) attend(self);
}

void IoThread::resume(Connection& connection) {
  if (!connection.is_parked) return;
  connection.is_parked = false;
  connection.need = 0;
  if (!connection.owned_by_javascript.load(std::memory_order_acquire)) serve(connection, {});
}

void IoThread::end_parking() {
  std::vector<std::shared_ptr<Connection>> due;
  std::erase_if(parked_, [&](const std::shared_ptr<Connection>& connection) {
    if (!connection->is_parked || connection->is_closed) return true;
    if (connection->parked_until > now_) return false;
    due.push_back(connection);
    return true;
  });
  for (const auto& connection : due) {
    connection->may_park = false;
    resume(*connection);
  }
}

void IoThread::send_held() {
  // One request for all the writes of this turn; then a look, because a flush that ended before the request told nobody.
  if (wanted_lsn_ != 0) rooms_.log.request_flush(std::exchange(wanted_lsn_, 0));
  const Status failure = rooms_.log.failure();
  const storage::Lsn flushed = rooms_.log.flushed();
  std::vector<std::shared_ptr<Connection>> holding = std::exchange(holding_, {});
  for (auto& connection : holding) {
    if (!failure.is_ok())
      connection->fail_held(connection->protocol == Protocol::kPostgres ? log_failure_message(failure)
                                                                        : "-MISCONF Errors writing to the AOF file: " + failure.message + "\r\n");
    else if (!connection->release(flushed)) holding_.push_back(std::move(connection));
    else if (!connection->input.empty() && !connection->owned_by_javascript.load(std::memory_order_acquire)) serve(*connection, {});
  }
  if (holding_.empty()) holds_.store(false);
}

}  // namespace orrery::io
