#include "replication_feed.h"

#include <algorithm>
#include <cstring>
#include <random>

#include "effect_commands.h"

namespace orrery::keyspace {
namespace {

/// 40 hexadecimal digits, as Redis names a history.
std::string new_id() {
  std::random_device random;
  std::string id;
  while (id.size() < 40) {
    const std::uint32_t word = random();
    for (int shift = 28; shift >= 0; shift -= 4) id.push_back("0123456789abcdef"[(word >> shift) & 15]);
  }
  return id;
}

}  // namespace

ReplicationFeed::ReplicationFeed() : id_(new_id()) {}

std::uint64_t ReplicationFeed::first_offset() const noexcept {
  return std::max({first_, blocks_start_, end_ > backlog_bytes_ ? end_ - backlog_bytes_ : 0});
}

void ReplicationFeed::begin() {
  if (active_.load(std::memory_order_relaxed)) return;
  id_ = new_id();  // what was written since the last history ended is in none
  end_++;
  first_ = blocks_start_ = end_;
  active_.store(true, std::memory_order_relaxed);
}

void ReplicationFeed::stop(bool force) {
  const std::lock_guard guard(mutex_);
  if (!force && !replicas_.empty()) return;
  for (auto& [id, r] : replicas_) {
    r.dropped = true;
    post_(r.listener, r.token);
  }
  active_.store(false, std::memory_order_relaxed);
  blocks_.clear();
  first_ = blocks_start_ = end_;
}

void ReplicationFeed::change_id() {
  const std::lock_guard guard(mutex_);
  id_ = new_id();
  first_ = end_;
}

void ReplicationFeed::append_record(std::span<const std::uint8_t> effects) {
  const std::lock_guard guard(mutex_);
  if (!active_.load(std::memory_order_relaxed)) return;
  scratch_.clear();
  if (const std::size_t enveloped = write_effects_as_commands(scratch_, effects, &db_); enveloped > 0)
    for (auto& [id, r] : replicas_)
      if (r.contents == RdbContents::kRedis7) r.left_out += enveloped;
  write(scratch_);
  if (scratch_.capacity() > (1u << 20)) std::string().swap(scratch_);  // one huge record must not hold its memory for good
}

void ReplicationFeed::append(std::span<const std::string_view> command) {
  if (!active_.load(std::memory_order_relaxed)) return;
  const std::lock_guard guard(mutex_);
  if (!active_.load(std::memory_order_relaxed)) return;
  scratch_.clear();
  write_command(scratch_, command);
  write(scratch_);
}

void ReplicationFeed::write(std::string_view bytes) {
  if (bytes.empty()) return;
  while (!bytes.empty()) {
    const std::size_t at = static_cast<std::size_t>(end_ - blocks_start_);
    if (at / kBlockBytes == blocks_.size()) blocks_.push_back(std::make_unique_for_overwrite<Block>());
    const std::size_t inside = at % kBlockBytes, piece = std::min(bytes.size(), kBlockBytes - inside);
    std::memcpy(blocks_.back()->data() + inside, bytes.data(), piece);
    end_ += piece;
    bytes.remove_prefix(piece);
  }
  trim();
  for (auto& [id, r] : replicas_) {
    if (!r.waits) continue;
    r.waits = false;
    post_(r.listener, r.token);
  }
}

void ReplicationFeed::trim() {
  std::uint64_t needed = end_ > backlog_bytes_ ? end_ - backlog_bytes_ : 0;
  for (auto& [id, r] : replicas_) {
    if (r.dropped) continue;
    if (output_limit_bytes_ != 0 && end_ - r.position > std::max(output_limit_bytes_, backlog_bytes_)) {
      r.dropped = true;
      post_(r.listener, r.token);
    } else {
      needed = std::min(needed, r.position);
    }
  }
  while (blocks_.size() > 1 && blocks_start_ + kBlockBytes <= needed) {
    blocks_.pop_front();
    blocks_start_ += kBlockBytes;
  }
}

ReplicationFeed::Replica ReplicationFeed::attach_at_end(std::uint64_t listener, std::uint64_t token, std::string address, RdbContents contents) {
  const std::lock_guard guard(mutex_);
  begin();
  db_ = -1;  // the new one has selected none
  Replica r;
  r.id = next_replica_++;
  r.listener = listener;
  r.token = token;
  r.position = r.acknowledged = end_;
  r.address = std::move(address);
  r.contents = contents;
  replicas_[r.id] = r;
  return r;
}

bool ReplicationFeed::attach_at(std::string_view id, std::uint64_t offset, std::uint64_t listener, std::uint64_t token, std::string address, RdbContents contents, Replica* out) {
  const std::lock_guard guard(mutex_);
  if (!active_.load(std::memory_order_relaxed) || id != id_ || offset < first_offset() || offset > end_) return false;
  Replica r;
  r.id = next_replica_++;
  r.listener = listener;
  r.token = token;
  r.position = r.acknowledged = offset;
  r.address = std::move(address);
  r.contents = contents;
  r.streaming = true;
  *out = replicas_[r.id] = r;
  return true;
}

void ReplicationFeed::detach(std::uint64_t replica) {
  const std::lock_guard guard(mutex_);
  replicas_.erase(replica);
  trim();
}

std::int64_t ReplicationFeed::read(std::uint64_t replica, std::span<char> out) {
  const std::lock_guard guard(mutex_);
  const auto at = replicas_.find(replica);
  if (at == replicas_.end() || at->second.dropped) return -1;
  Replica& r = at->second;
  r.streaming = true;
  std::size_t copied = 0;
  while (copied < out.size() && r.position < end_) {
    const std::size_t from = static_cast<std::size_t>(r.position - blocks_start_), inside = from % kBlockBytes;
    const std::size_t piece = std::min({out.size() - copied, kBlockBytes - inside, static_cast<std::size_t>(end_ - r.position)});
    std::memcpy(out.data() + copied, blocks_[from / kBlockBytes]->data() + inside, piece);
    r.position += piece;
    copied += piece;
  }
  r.waits = copied == 0;
  return static_cast<std::int64_t>(copied);
}

void ReplicationFeed::acknowledge(std::uint64_t replica, std::uint64_t offset, std::int64_t now_ms) {
  const std::lock_guard guard(mutex_);
  const auto at = replicas_.find(replica);
  if (at == replicas_.end()) return;
  at->second.acknowledged = std::min(std::max(at->second.acknowledged, offset), end_);
  at->second.acknowledged_ms = now_ms;
}

ReplicationFeed::State ReplicationFeed::state() const {
  const std::lock_guard guard(mutex_);
  State s{id_, first_offset(), end_, backlog_bytes_, active_.load(std::memory_order_relaxed), {}};
  for (const auto& [id, r] : replicas_)
    if (!r.dropped) s.replicas.push_back(r);
  return s;
}

void ReplicationFeed::configure(std::uint64_t backlog_bytes, std::uint64_t output_limit_bytes) {
  const std::lock_guard guard(mutex_);
  backlog_bytes_ = backlog_bytes;
  output_limit_bytes_ = output_limit_bytes;
  trim();
}

}  // namespace orrery::keyspace
