// replica_apply.h: runs a primary's stream of commands.
//
// Invariants
//  1. What one call applied is one record of the log, together with the position up to which it was applied (SideSpace::kReplication,
//     "position"): after a crash both are there or neither is.
//  2. A transaction of the primary (MULTI … EXEC) is applied when all of it has come, in one call.
//  3. Nobody else sees keys while a call runs (it holds every latch, like EXEC).
// Commands that TypeScript runs (PUBLISH, FUNCTION, REPLCONF) stop the call, or are told at its end when they stood in a transaction.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "executor.h"

namespace orrery::keyspace {

/// Where a link's stream stands between calls.
struct ReplicaStream {
  std::size_t scanned = 0;  // bytes beyond the consumed ones that are known to be whole frames of an open transaction
  bool in_transaction = false;
};

struct AppliedStream {
  enum class Stop { kIncomplete, kTypeScript, kWait, kProtocol, kLogFailed };
  Stop stop = Stop::kIncomplete;
  std::size_t consumed = 0;     // kTypeScript: the command that stopped it included
  std::size_t frame_bytes = 0;  // kTypeScript: of that command
  storage::Xid wait_xid = 0;
  /// TypeScript's commands of transactions that were applied: offset and length in the input.
  std::vector<std::pair<std::size_t, std::size_t>> deferred;
  std::uint64_t errors = 0;     // commands that were refused: the data differs from the primary's
  std::string error;            // the last one's text, or what is wrong with the stream
};

/// Applies what is whole in `input`, which begins at byte `offset` of history `primary_id`.
AppliedStream apply_stream(Keyspace& keyspace, Session& session, ReplicaStream& stream, std::string_view input, std::string_view primary_id, std::uint64_t offset);

}  // namespace orrery::keyspace
