// replication_feed.h: what this server tells its Redis replicas: one stream of commands with byte offsets, and who reads it how far.
//
// The stream is made from the log's records as they are appended (effect_commands.h), so its order is the log's, whoever wrote: RESP,
// scripts, expiry, SQL. It begins with the first replica and ends some time after the last one; its bytes are kept in blocks as long as a
// replica has not read them, and as the backlog for replicas that come back. There is one copy, however many replicas read.
//
// Invariants
//  1. Offset o names the o-th byte of the history `id`; bytes [first_offset, end_offset) are here.
//  2. A replica that is more than the output limit behind is dropped, so memory is bounded by max(backlog, limit) and one record.
//  3. `record` runs under the commit mutex; `mutex_` is taken after it and before a listener's.
// Threads: any.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rdb_value.h"

namespace orrery::keyspace {

class ReplicationFeed {
 public:
  using Post = std::function<void(std::uint64_t listener, std::uint64_t token)>;
  struct Replica {
    std::uint64_t id = 0, listener = 0, token = 0;  // who hears, and as what, when there is more to read
    std::uint64_t position = 0;                     // the next byte it reads
    std::uint64_t acknowledged = 0;                 // REPLCONF ACK
    std::int64_t acknowledged_ms = 0;
    std::string address;                            // "ip:port" as it announced itself
    RdbContents contents = RdbContents::kWhole;     // what it understands
    std::uint64_t left_out = 0;                     // commands of the stream that it did not
    bool streaming = false;                         // it has its RDB
    bool waits = false;                             // it has read everything
    bool dropped = false;
  };
  struct State {
    std::string id;
    std::uint64_t first_offset = 0, end_offset = 0, backlog_bytes = 0;
    bool active = false;
    std::vector<Replica> replicas;
  };

  ReplicationFeed();
  void set_post(Post post) { post_ = std::move(post); }

  /// The effects of one record. Under the commit mutex. Costs one relaxed load while nobody follows.
  void record(std::span<const std::uint8_t> effects) {
    if (active_.load(std::memory_order_relaxed)) append_record(effects);
  }
  /// A command that is no effect: PING, REPLCONF GETACK, PUBLISH. Nothing happens while nobody follows.
  void append(std::span<const std::string_view> command);

  /// Registers a replica at the end of the stream, which begins here when nobody followed. The caller holds the commit mutex and sees the
  /// keyspace as of now.
  Replica attach_at_end(std::uint64_t listener, std::uint64_t token, std::string address, RdbContents contents);
  /// Partial resynchronization: false when history `id` is another's or the bytes are gone.
  bool attach_at(std::string_view id, std::uint64_t offset, std::uint64_t listener, std::uint64_t token, std::string address, RdbContents contents, Replica* out);
  void detach(std::uint64_t replica);
  /// Copies what comes next, at most out.size() bytes. 0: nothing now, the listener will hear. -1: dropped, or unknown.
  std::int64_t read(std::uint64_t replica, std::span<char> out);
  void acknowledge(std::uint64_t replica, std::uint64_t offset, std::int64_t now_ms);

  State state() const;
  void configure(std::uint64_t backlog_bytes, std::uint64_t output_limit_bytes);
  /// Forgets the stream when no replica is there (repl-backlog-ttl), or in any case (`force`): a new history begins with the next replica.
  void stop(bool force);
  /// A new history (DEBUG CHANGE-REPL-ID): no replica can continue.
  void change_id();

 private:
  static constexpr std::size_t kBlockBytes = 64 << 10;
  using Block = std::array<char, kBlockBytes>;
  void append_record(std::span<const std::uint8_t> effects);
  void write(std::string_view bytes);
  void trim();
  void begin();
  std::uint64_t first_offset() const noexcept;

  mutable std::mutex mutex_;
  std::atomic<bool> active_{false};
  Post post_;
  std::string id_;
  std::deque<std::unique_ptr<Block>> blocks_;
  std::uint64_t blocks_start_ = 0;  // offset of the first block's first byte
  std::uint64_t first_ = 0;         // of this history
  std::uint64_t end_ = 0;
  std::uint64_t backlog_bytes_ = 1 << 20, output_limit_bytes_ = 256ull << 20;
  int db_ = -1;
  std::string scratch_;
  std::map<std::uint64_t, Replica> replicas_;
  std::uint64_t next_replica_ = 1;
};

}  // namespace orrery::keyspace
