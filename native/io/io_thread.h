// io_thread.h: one epoll loop: reads its connections, runs what has a fast path, sends the replies, hands the rest to JavaScript.
//
// One read and one send per readable event when the client reads its replies; epoll is told of a change only when a socket is full or
// JavaScript cannot keep up. Threads: attend, note_flushed, take_counts and stop from any thread; note_held from the thread itself.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

#include "../keyspace/keyspace.h"
#include "../storage/log.h"
#include "connection.h"
#include "pg_fast_path.h"
#include "poller.h"
#include "resp_fast_path.h"

namespace orrery::io {

/// The rooms that fast paths work on.
struct Rooms {
  keyspace::Keyspace& keyspace;
  storage::Log& log;
  storage::RowStore* rows = nullptr;  // nullptr: no statement of SQL runs here
};

/// Traffic of connections while I/O threads own them.
struct Counts {
  std::uint64_t reads = 0, writes = 0, input_bytes = 0, output_bytes = 0;
};

class IoThread {
 public:
  explicit IoThread(Rooms rooms) : rooms_(rooms), resp_(rooms.keyspace), pg_(rooms.rows) {}
  ~IoThread() { stop(); }
  bool start();
  /// Closes every connection without a word.
  void stop();
  /// The connection is new, or ends, or something about it changed: look at it.
  void attend(std::shared_ptr<Connection> connection);
  /// The log's flusher: held replies may leave.
  void note_flushed();
  /// It holds replies until the log is durable.
  void note_held(std::shared_ptr<Connection> connection);
  Poller& poller() noexcept { return poller_; }
  std::size_t connection_count() const noexcept { return connection_count_.load(std::memory_order_relaxed); }
  /// What was counted since the last call is added.
  void take_counts(Counts* out) noexcept;

 private:
  void run();
  /// Looks for a while, lending its processor to whoever wants it between two looks, then sleeps.
  std::size_t await_events(std::span<Poller::Ready> ready);
  void look_at_attended();
  void look_at(const std::shared_ptr<Connection>& connection);
  void read(Connection& connection);
  /// Runs `chunk`, behind what the connection kept.
  void serve(Connection& connection, std::string_view chunk);
  template <typename FastPath>
  Served serve_some(FastPath& path, Connection& connection, std::string_view input, bool* flowing);
  void send_held();
  /// The connection's next statement waits for a transaction: it runs again at that one's end, and soon is JavaScript's to wait for.
  void park(Connection& connection, const Served& served);
  void resume(Connection& connection);
  void end_parking();
  void end_lingering(std::int64_t now);
  void close(const std::shared_ptr<Connection>& connection);

  const Rooms rooms_;
  RespFastPath resp_;
  PgFastPath pg_;
  Poller poller_;
  std::unique_ptr<char[]> buffer_;
  std::int64_t now_ = 0;  // milliseconds, once per turn of the loop
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<Connection>> closed_;  // kept to the end of the turn: events of it may name them
  struct Lingering { std::shared_ptr<Connection> connection; std::int64_t until; };
  std::vector<Lingering> lingering_;
  std::int64_t next_linger_check_ = 0;
  std::vector<std::shared_ptr<Connection>> holding_;
  std::vector<std::shared_ptr<Connection>> parked_;
  storage::Lsn wanted_lsn_ = 0;
  std::atomic<bool> holds_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> connection_count_{0};
  std::atomic<std::uint64_t> reads_{0}, writes_{0}, input_bytes_{0}, output_bytes_{0};
  std::mutex attention_mutex_;
  std::vector<std::shared_ptr<Connection>> attended_;
  std::thread thread_;
};

}  // namespace orrery::io
