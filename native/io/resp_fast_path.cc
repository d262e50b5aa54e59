#include "resp_fast_path.h"

namespace orrery::io {
namespace {

/// Replies are sent when this much has gathered.
constexpr std::size_t kOutputBytes = 64 << 10;

Next next_of(keyspace::Stop stop) noexcept {
  switch (stop) {
    case keyspace::Stop::kEnd: return Next::kAll;
    case keyspace::Stop::kIncomplete: return Next::kIncomplete;
    case keyspace::Stop::kTypeScript:
    case keyspace::Stop::kWait: return Next::kHandOver;  // JavaScript runs it again, and waits
    case keyspace::Stop::kOutput: return Next::kOutput;
    case keyspace::Stop::kProtocol: return Next::kEnd;
  }
  return Next::kHandOver;
}

}  // namespace

Served RespFastPath::serve(Connection& connection, std::string_view input) {
  RespState& state = connection.resp;
  session_.db = state.db;
  session_.reply.resp3 = state.resp3;
  session_.address = state.address;
  session_.name = state.name;
  session_.lsn = 0;
  const keyspace::RunResult r = executor_.run(session_, input.data(), input.size(), kOutputBytes, &state.frame);
  state.db = session_.db;
  connection.shown_db.store(state.db, std::memory_order_relaxed);
  return {next_of(r.stop), r.consumed, r.need, session_.lsn};
}

}  // namespace orrery::io
