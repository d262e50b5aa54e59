// replica_snapshot.h: all keys at one moment as an RDB file, and the place in the stream of commands where that moment is.
//
// The moment is taken under every latch (key_snapshot.h): no SQL commit is between its record and its keys then, so each record is in the
// file or in the stream, never in both. Others go on while the file is written; it stays in memory until it is sent.
#pragma once
#include <string>
#include <vector>

#include "../storage/transaction.h"
#include "keyspace.h"
#include "replication_feed.h"

namespace orrery::keyspace {

struct ReplicaSnapshot {
  ReplicationFeed::Replica replica;  // attached: detach it when it is not wanted any more
  std::vector<std::string> parts;    // of the RDB file, in order
  std::uint64_t timed_hashes = 0, vector_sets = 0;  // keys that Redis 7.0 has no word for (RdbEntryWriter)
};

/// `contents`: what the replica reads. Blocks for as long as writing takes: not for a JavaScript thread.
ReplicaSnapshot take_replica_snapshot(Keyspace& keyspace, storage::TransactionManager& transactions, ReplicationFeed& feed, std::uint64_t listener,
                                      std::uint64_t token, const std::string& address,
                                      RdbContents contents);

}  // namespace orrery::keyspace
