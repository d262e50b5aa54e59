#include "key_snapshot.h"

#include "latch_turns.h"

namespace orrery::keyspace {
namespace {
/// A latch is held for one or two tenths of a millisecond: a key that nobody used lately is some cache misses.
constexpr std::size_t kSliceBytes = 32 << 10;
constexpr std::size_t kSliceKeys = 256;
constexpr std::size_t kSliceBuckets = 2048;
}  // namespace

ShardSnapshot::ShardSnapshot(const EntryWriter& writer, std::uint32_t index, Shard& shard) : writer_(writer), index_(index), shard_(shard) {
  for (std::uint8_t db = 0; db < kDatabaseCount; db++)
    if (shard.databases[db].keys.size() > 0) live_[db] = {db, 0};
}

void ShardSnapshot::before_change(std::uint8_t db, std::string_view key, std::uint32_t hash) {
  const Source& source = live_[db];
  if (source.done() || Keys::place_of(hash) < source.place) return;
  if (!handled_.insert(qualified(source.db, key)).second) return;
  if (Node* n = shard_.databases[db].keys.find(key, hash); n != nullptr) write(early_, source.db, *n);
}

void ShardSnapshot::before_clear(std::uint8_t db) {
  if (live_[db].done()) return;
  auto flushed = std::make_unique<Flushed>();
  flushed->source = std::exchange(live_[db], {});
  flushed->keys.swap(shard_.databases[db].keys);
  flushed_.push_back(std::move(flushed));
}

void ShardSnapshot::write(ByteWriter& out, std::uint8_t db, Node& node) {
  Entry& e = node.payload;
  if (!ValueWalk::is_large(e.value)) return writer_.entry(out, db, node.key(), e.expire_ms, e.value);
  large_.push_back(ValueWalk::begin(writer_, index_, db, node.key(), e.expire_ms, e.value));
}

bool ShardSnapshot::advance(Source& source, Keys& keys, ByteWriter& out, std::size_t bytes) {
  std::size_t seen = 0;
  for (std::size_t buckets = 0; !source.done() && buckets < kSliceBuckets && seen < kSliceKeys && out.size() < bytes && large_.empty(); buckets++) {
    keys.prefetch_places(source.place);
    source.place = keys.visit_places(source.place, [&](Node& n) {
      seen++;
      if (!handled_.empty() && handled_.contains(qualified(source.db, n.key()))) return;
      write(out, source.db, n);
    });
  }
  return source.done();
}

bool ShardSnapshot::advance(ByteWriter& out, std::size_t bytes) {
  for (std::uint8_t db = 0; db < kDatabaseCount; db++)
    if (!live_[db].done() && !advance(live_[db], shard_.databases[db].keys, out, bytes)) return false;
  for (auto& f : flushed_)
    if (!advance(f->source, f->keys, out, bytes)) return false;
  return large_.empty();
}

KeySnapshot::KeySnapshot(Keyspace& keyspace, const EntryWriter& writer) : keyspace_(keyspace), writer_(writer), alone_(keyspace.snapshot_mutex) {}

KeySnapshot::~KeySnapshot() {
  // A walk over a large value may be at work in another shard than where it began.
  keyspace_.lock_all();
  for (std::uint32_t i = 0; i < kShardCount; i++) {
    if (shards_[i] == nullptr) continue;
    keyspace_.shard(i).snapshot = nullptr;
    shards_[i].reset();
  }
  current_.reset();
  keyspace_.unlock_all();
}

void KeySnapshot::begin() {
  for (std::uint32_t i = 0; i < kShardCount; i++) {
    shards_[i] = std::make_unique<ShardSnapshot>(writer_, i, keyspace_.shard(i));
    keyspace_.shard(i).snapshot = shards_[i].get();
  }
}

Status KeySnapshot::write_shard(std::uint32_t index, const Sink& sink) {
  Shard& shard = keyspace_.shard(index);
  LatchTurns turns;
  ByteWriter out;
  for (bool more = true; more;) {
    out.clear();
    turns.before_slice();
    shard.latch.let_others_go();
    std::unique_ptr<ShardSnapshot> finished;  // destroyed without the latch: it may hold a whole flushed database
    {
      const std::lock_guard guard(shard.latch);
      ShardSnapshot& s = *shards_[index];
      std::swap(out, s.early_);
      if (s.large_.empty()) more = !s.advance(out, kSliceBytes);
      if (!s.large_.empty()) {
        current_ = std::move(s.large_.back());
        s.large_.pop_back();
      }
      if (!more) {
        shard.snapshot = nullptr;
        finished = std::move(shards_[index]);
      }
    }
    if (out.size() > 0)
      if (Status status = sink(out); !status.is_ok()) return status;
    if (current_ != nullptr)
      if (Status status = write_large(sink, turns); !status.is_ok()) return status;
  }
  return Status::ok();
}

Status KeySnapshot::write_large(const Sink& sink, LatchTurns& turns) {
  ByteWriter out;
  for (bool done = false; !done;) {
    out.clear();
    const std::uint32_t at = current_->shard.load();
    turns.before_slice();
    keyspace_.shard(at).latch.let_others_go();
    {
      const std::lock_guard guard(keyspace_.shard(at).latch);
      if (current_->shard.load() != at) continue;
      done = current_->slice(out, kSliceBytes);
    }
    if (Status status = sink(out); !status.is_ok()) return status;
  }
  current_.reset();
  return Status::ok();
}

}  // namespace orrery::keyspace
