#include "connection.h"

#include <sys/socket.h>

#include <cerrno>

#include "io_thread.h"
#include "poller.h"

namespace orrery::io {
namespace {

/// Undelivered input above which a connection is not read.
constexpr std::size_t kBacklogBytes = 1 << 20;
/// Replies waiting for the log above which a connection's commands do not run.
constexpr std::size_t kHeldBytes = 1 << 20;

}  // namespace

bool Connection::write(std::string_view bytes, storage::Lsn lsn) {
  const std::lock_guard guard(mutex_);
  return write_locked(bytes, lsn);
}

bool Connection::write_locked(std::string_view bytes, storage::Lsn lsn) {
  if (ends_ || dead_) return true;
  if (!held_.empty() || lsn != 0) {
    if (held_.empty()) thread.note_held(shared_from_this());
    held_.push_back({held_.empty() ? lsn : std::max(lsn, held_.back().lsn), std::string(bytes)});
    held_bytes_ += bytes.size();
    update_interest_locked();
    return false;
  }
  send_locked(bytes);
  return out_.empty();
}

void Connection::send_locked(std::string_view bytes) {
  if (dead_) return;
  if (out_.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == static_cast<ssize_t>(bytes.size())) return;
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
      // The peer is gone: reading tells, and ends the connection.
      dead_ = true;
      thread.attend(shared_from_this());
      return;
    }
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  out_.append(bytes);
  const std::uint64_t limit = hub->output_limit.load(std::memory_order_relaxed);
  if (limit != 0 && out_.size() > limit) {
    out_.clear();
    dead_ = true;
    thread.attend(shared_from_this());
    return;
  }
  update_interest_locked();
}

std::size_t Connection::output_bytes() {
  const std::lock_guard guard(mutex_);
  return out_.size() + held_bytes_;
}

bool Connection::may_run() {
  const std::lock_guard guard(mutex_);
  return out_.empty() && held_bytes_ < kHeldBytes;
}

/// After output left: who waited for it hears of it, and reading goes on.
void Connection::after_output_locked() {
  if (!waits()) {
    if (tell_drained_) {
      tell_drained_ = false;
      hub->post(HubEvent::Kind::kDrained, shared_from_this());
    }
    if (ends_) thread.attend(shared_from_this());
  }
  update_interest_locked();
}

void Connection::update_interest_locked() {
  if (!polled_) return;
  const bool may_read = !paused_ && !backlogged_ && !input_ended_ && !dead_ &&
                        (owned_by_javascript.load(std::memory_order_relaxed) || (out_.empty() && held_bytes_ < kHeldBytes));
  const std::uint32_t wanted = (may_read || (ends_ && !input_ended_) ? Poller::kReadable : 0) | (out_.empty() || dead_ ? 0 : Poller::kWritable);
  if (wanted == interest_) return;
  interest_ = wanted;
  thread.poller().change(fd, wanted, this);
}

bool Connection::hand_back() {
  const std::lock_guard guard(mutex_);
  if (ends_ || dead_ || input_ended_ || paused_ || waits() || hub->has_input_of(*this)) return false;
  resp.frame = {};  // its input was JavaScript's meanwhile
  revoked.store(false, std::memory_order_relaxed);
  owned_by_javascript.store(false, std::memory_order_release);
  return true;
}

void Connection::pause_reading(bool pause) {
  const std::lock_guard guard(mutex_);
  paused_ = pause;
  update_interest_locked();
}

void Connection::tell_when_drained() {
  const std::lock_guard guard(mutex_);
  tell_drained_ = true;
  if (!waits()) after_output_locked();
}

void Connection::input_delivered() {
  const std::lock_guard guard(mutex_);
  if (!backlogged_) return;
  backlogged_ = false;
  update_interest_locked();
}

void Connection::end() {
  const std::lock_guard guard(mutex_);
  ends_ = true;
  owned_by_javascript.store(true, std::memory_order_relaxed);
  thread.attend(shared_from_this());
}

void Connection::destroy() {
  const std::lock_guard guard(mutex_);
  ends_ = dead_ = true;
  owned_by_javascript.store(true, std::memory_order_relaxed);
  thread.attend(shared_from_this());
}

void Connection::take_back() {
  const std::lock_guard guard(mutex_);
  owned_by_javascript.store(true, std::memory_order_release);
}

void Connection::hand_over(std::string_view rest) {
  const std::lock_guard guard(mutex_);
  if (ends_ || dead_) return;
  owned_by_javascript.store(true, std::memory_order_relaxed);
  if (hub->post_input(shared_from_this(), rest, true) > kBacklogBytes) backlogged_ = true;
  update_interest_locked();
}

bool Connection::post_if_owned_by_javascript(std::string_view bytes) {
  const std::lock_guard guard(mutex_);
  if (!owned_by_javascript.load(std::memory_order_relaxed)) return false;
  if (ends_ || dead_) return true;
  if (hub->post_input(shared_from_this(), bytes, false) > kBacklogBytes) {
    backlogged_ = true;
    update_interest_locked();
  }
  return true;
}

bool Connection::flush() {
  const std::lock_guard guard(mutex_);
  while (!out_.empty() && !dead_) {
    const std::string_view bytes = out_.view();
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      out_.consume(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
      return false;
    } else {
      dead_ = true;
      thread.attend(shared_from_this());
    }
  }
  after_output_locked();
  return !waits();
}

bool Connection::release(storage::Lsn flushed) {
  const std::lock_guard guard(mutex_);
  std::string ready;
  while (!held_.empty() && held_.front().lsn <= flushed) {
    held_bytes_ -= held_.front().bytes.size();
    if (ready.empty()) ready = std::move(held_.front().bytes);
    else ready += held_.front().bytes;
    held_.pop_front();
  }
  if (!ready.empty()) {
    send_locked(ready);
    after_output_locked();
  }
  return held_.empty();
}

void Connection::fail_held(std::string_view error) {
  const std::lock_guard guard(mutex_);
  held_.clear();
  held_bytes_ = 0;
  send_locked(error);
  ask_to_end_locked();
}

void Connection::ask_to_end() {
  const std::lock_guard guard(mutex_);
  ask_to_end_locked();
}

void Connection::ask_to_end_locked() {
  owned_by_javascript.store(true, std::memory_order_relaxed);
  hub->post(HubEvent::Kind::kClosed, shared_from_this());
}

Connection::Ending Connection::ending() {
  const std::lock_guard guard(mutex_);
  if (dead_) return ends_ ? Ending::kOver : Ending::kLost;
  if (!ends_) return Ending::kNot;
  return waits() ? Ending::kFlushing : input_ended_ ? Ending::kOver : Ending::kFlushed;
}

void Connection::input_ended(bool dead) {
  const std::lock_guard guard(mutex_);
  owned_by_javascript.store(true, std::memory_order_relaxed);
  if (dead) {
    dead_ = true;
    out_.clear();
    held_.clear();
    held_bytes_ = 0;
  }
  if (!input_ended_ && !ends_) hub->post(HubEvent::Kind::kClosed, shared_from_this());
  input_ended_ = true;
  update_interest_locked();
}

bool Connection::start() {
  const std::lock_guard guard(mutex_);
  interest_ = Poller::kReadable;
  polled_ = thread.poller().add(fd, interest_, this);
  if (polled_) update_interest_locked();
  return polled_;
}

void Connection::stop_polling() {
  const std::lock_guard guard(mutex_);
  if (polled_) thread.poller().remove(fd);
  polled_ = false;
}

}  // namespace orrery::io
