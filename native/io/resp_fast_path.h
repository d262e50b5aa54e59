// resp_fast_path.h: Redis commands with a native body, run on an I/O thread.
//
// Threads: one I/O thread each; the connection's RespState belongs to the thread while it owns the connection.
#pragma once
#include <string_view>

#include "../keyspace/executor.h"
#include "connection.h"
#include "served.h"

namespace orrery::io {

class RespFastPath {
 public:
  explicit RespFastPath(keyspace::Keyspace& keyspace) : executor_(keyspace) {}
  /// Runs commands of `input` up to the first one that is JavaScript's. Replies are in `output()` until `clear`.
  Served serve(Connection& connection, std::string_view input);
  std::string_view output() const noexcept { return {session_.reply.data(), session_.reply.size()}; }
  void clear() noexcept { session_.reply.clear(); }

 private:
  keyspace::Executor executor_;
  /// Lent to each connection for a run, so that a connection costs no buffers.
  keyspace::Session session_;
};

}  // namespace orrery::io
