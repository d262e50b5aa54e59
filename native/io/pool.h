// pool.h: the I/O threads of one engine.
//
// Threads: every method from any thread. `stop` before the rooms end; what is adopted afterwards is closed.
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "hot_statements.h"
#include "io_thread.h"

namespace orrery::io {

class Pool {
 public:
  /// The first call starts `threads` threads; later ones find them there. False: this platform or the system refuses.
  bool start(Rooms rooms, std::size_t threads);
  void stop();
  /// Takes a connected socket, which is closed by its I/O thread; JavaScript owns the input until it hands it back.
  /// nullptr: not started. The connection's events go to `hub`.
  std::shared_ptr<Connection> adopt(int fd, Protocol protocol, std::shared_ptr<Hub> hub);
  /// The log's flusher: the log is durable further than before, or has failed.
  void note_flushed();
  void take_counts(Counts* out);
  HotStatements& statements() noexcept { return statements_; }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::uint64_t next_id_ = 1;
  HotStatements statements_;
};

}  // namespace orrery::io
