#include "replica_snapshot.h"

#include <chrono>
#include <thread>

#include "key_snapshot.h"
#include "rdb_file.h"

namespace orrery::keyspace {

ReplicaSnapshot take_replica_snapshot(Keyspace& keyspace, storage::TransactionManager& transactions, ReplicationFeed& feed, std::uint64_t listener,
                                      std::uint64_t token, const std::string& address) {
  ReplicaSnapshot out;
  std::vector<std::pair<std::string, std::string>> libraries;
  KeySnapshot snapshot(keyspace, rdb_writer());
  for (bool attached = false; !attached;) {
    keyspace.lock_all_whole();
    libraries = keyspace.side.all_during(SideSpace::kFunctions, [&] {
      transactions.in_commit_order([&] {
        if (!keyspace.swaps.none_due()) return;
        out.replica = feed.attach_at_end(listener, token, address);
        attached = true;
      });
    });
    if (attached) snapshot.begin();
    keyspace.unlock_all();
    if (attached) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  out.parts.push_back(rdb_header() + rdb_functions(libraries));
  for (std::uint32_t shard = 0; shard < kShardCount; shard++) {
    std::string part;
    (void)snapshot.write_shard(shard, [&](const ByteWriter& piece) {
      part.append(reinterpret_cast<const char*>(piece.data()), piece.size());
      return Status::ok();
    });
    if (!part.empty()) out.parts.push_back(std::move(part));
  }
  out.parts.push_back(rdb_footer());
  return out;
}

}  // namespace orrery::keyspace
