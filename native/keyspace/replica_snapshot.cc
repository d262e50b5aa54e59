#include "replica_snapshot.h"

#include <chrono>
#include <thread>

#include "key_snapshot.h"
#include "rdb_file.h"

namespace orrery::keyspace {

ReplicaSnapshot take_replica_snapshot(Keyspace& keyspace, storage::TransactionManager& transactions, ReplicationFeed& feed, std::uint64_t listener,
                                      std::uint64_t token, const std::string& address, RdbContents contents) {
  ReplicaSnapshot out;
  std::vector<std::pair<std::string, std::string>> libraries;
  const RdbEntryWriter writer(contents);
  KeySnapshot snapshot(keyspace, writer);
  for (bool attached = false; !attached;) {
    keyspace.lock_all_whole();
    libraries = keyspace.side.all_during(SideSpace::kFunctions, [&] {
      transactions.in_commit_order([&] {
        if (!keyspace.swaps.none_due()) return;
        out.replica = feed.attach_at_end(listener, token, address, contents);
        attached = true;
      });
    });
    if (attached) snapshot.begin();
    keyspace.unlock_all();
    if (attached) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  out.parts.emplace_back();
  for (std::uint32_t shard = 0; shard < kShardCount; shard++) {
    std::string part;
    (void)snapshot.write_shard(shard, [&](const ByteWriter& piece) {
      part.append(reinterpret_cast<const char*>(piece.data()), piece.size());
      return Status::ok();
    });
    if (!part.empty()) out.parts.push_back(std::move(part));
  }
  // Only now it is known which version the file needs.
  out.parts[0] = rdb_header(writer.version()) + rdb_functions(libraries);
  out.parts.push_back(rdb_footer());
  out.timed_hashes = writer.timed_hashes();
  out.vector_sets = writer.vector_sets();
  return out;
}

}  // namespace orrery::keyspace
