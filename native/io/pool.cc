#include "pool.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

namespace orrery::io {

bool Pool::start(Rooms rooms, std::size_t threads) {
  const std::lock_guard guard(mutex_);
  if (!threads_.empty()) return true;
  std::vector<std::unique_ptr<IoThread>> started;
  for (std::size_t i = 0; i < threads; i++) {
    started.push_back(std::make_unique<IoThread>(rooms));
    if (!started.back()->start()) return false;
  }
  threads_ = std::move(started);
  return true;
}

void Pool::stop() {
  std::vector<std::unique_ptr<IoThread>> threads;
  {
    const std::lock_guard guard(mutex_);
    threads.swap(threads_);
  }
  for (const auto& thread : threads) thread->stop();
}

std::shared_ptr<Connection> Pool::adopt(int fd, Protocol protocol, std::shared_ptr<Hub> hub) {
  const std::lock_guard guard(mutex_);
  if (threads_.empty()) return nullptr;
  const int on = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  (void)::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  (void)::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  const auto least = std::min_element(threads_.begin(), threads_.end(), [](const auto& a, const auto& b) { return a->connection_count() < b->connection_count(); });
  auto connection = std::make_shared<Connection>(fd, next_id_++, protocol, **least, std::move(hub));
  connection->last_active_millis.store(keyspace::now_millis(), std::memory_order_relaxed);
  (*least)->attend(connection);
  return connection;
}

void Pool::note_flushed() {
  const std::lock_guard guard(mutex_);
  for (const auto& thread : threads_) thread->note_flushed();
}

void Pool::take_counts(Counts* out) {
  const std::lock_guard guard(mutex_);
  for (const auto& thread : threads_) thread->take_counts(out);
}

}  // namespace orrery::io
