#include "stream_value.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <unordered_map>

#include "limits.h"

namespace orrery::keyspace {
namespace {

constexpr std::int64_t kDeleted = 1, kSameFields = 2;
/// A node never grows beyond this, whatever stream-node-max-bytes says.
constexpr std::size_t kMaxNodeBytes = std::size_t{1} << 30;

std::array<std::uint8_t, 16> big_endian(StreamId id) {
  std::array<std::uint8_t, 16> out;
  for (int i = 0; i < 8; i++) {
    out[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(id.ms >> (56 - 8 * i));
    out[static_cast<std::size_t>(8 + i)] = static_cast<std::uint8_t>(id.seq >> (56 - 8 * i));
  }
  return out;
}

std::size_t radix_nodes(std::span<const std::array<std::uint8_t, 16>> keys, std::size_t depth) {
  if (depth == 16) return 1;
  if (keys.size() == 1) return 2;
  std::size_t common = depth;
  while (common < 16 && keys.front()[common] == keys.back()[common]) common++;
  if (common > depth) return 1 + radix_nodes(keys, common);
  std::size_t count = 1;
  for (std::size_t i = 0; i < keys.size();) {
    std::size_t j = i + 1;
    while (j < keys.size() && keys[j][depth] == keys[i][depth]) j++;
    count += radix_nodes(keys.subspan(i, j - i), depth + 1);
    i = j;
  }
  return count;
}

/// Threads: any; the innermost mutex.
struct Watchers {
  std::mutex mutex;
  std::unordered_map<const Stream*, Stream::Watcher*> by_stream;
};
Watchers& watchers() {
  static auto* all = new Watchers();  // never destroyed: values may outlive other statics
  return *all;
}

}  // namespace

Stream::Watcher* Stream::watcher() const noexcept {
  if (watched_ == 0) [[likely]] return nullptr;
  const std::lock_guard guard(watchers().mutex);
  return watchers().by_stream.at(this);
}

void Stream::watch(Watcher* watcher) {
  const std::lock_guard guard(watchers().mutex);
  watched_ = watcher != nullptr;
  if (watcher != nullptr) watchers().by_stream[this] = watcher;
  else watchers().by_stream.erase(this);
}

bool parse_unsigned(std::string_view s, std::uint64_t* out) noexcept {
  if (!s.empty() && s[0] == '+') s.remove_prefix(1);
  if (s.empty()) return false;
  std::uint64_t v = 0;
  for (const char c : s) {
    if (c < '0' || c > '9' || __builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, static_cast<std::uint64_t>(c - '0'), &v)) return false;
  }
  *out = v;
  return true;
}

bool parse_stream_id(std::string_view text, std::uint64_t missing_seq, bool strict, StreamId* out, bool* seq_given) noexcept {
  if (seq_given != nullptr) *seq_given = true;
  if (text.size() > 127) return false;
  if (text == "-" || text == "+") {
    if (strict) return false;
    *out = text == "-" ? StreamId{} : StreamId::max();
    return true;
  }
  const std::size_t dash = text.find('-');
  if (!parse_unsigned(text.substr(0, dash), &out->ms)) return false;
  if (dash == std::string_view::npos) {
    out->seq = missing_seq;
    return true;
  }
  const std::string_view rest = text.substr(dash + 1);
  if (seq_given != nullptr && rest == "*") {
    *seq_given = false;
    out->seq = 0;
    return true;
  }
  return parse_unsigned(rest, &out->seq);
}

void StreamGroup::assign(StreamId id, StreamConsumers::value_type* consumer, std::int64_t delivery_ms, std::int64_t count) {
  StreamPending& p = pending[id];
  if (p.consumer != consumer) {
    if (p.consumer != nullptr) p.consumer->second.pending.erase(id);
    consumer->second.pending.emplace(id, 0);
  }
  p = {delivery_ms, count, consumer};
}

bool StreamGroup::forget(StreamId id) {
  const auto at = pending.find(id);
  if (at == pending.end()) return false;
  at->second.consumer->second.pending.erase(id);
  pending.erase(at);
  return true;
}

void StreamGroup::erase_consumer(std::string_view name) {
  const auto at = consumers.find(name);
  if (at == consumers.end()) return;
  for (const auto& [id, nothing] : at->second.pending) pending.erase(id);
  consumers.erase(at);
}

void Stream::append(StreamId id, std::span<const std::string_view> pairs) {
  const std::size_t field_count = pairs.size() / 2;
  std::size_t bytes = 0;
  for (const std::string_view v : pairs) bytes += v.size();
  Node* node = node_count() == 0 ? nullptr : &nodes_.back();
  if (node != nullptr) {
    std::size_t most = limits().stream_node_max_bytes.load(std::memory_order_relaxed);
    if (most == 0 || most > kMaxNodeBytes) most = kMaxNodeBytes;
    const std::int64_t most_entries = limits().stream_node_max_entries.load(std::memory_order_relaxed);
    const std::size_t live_at = node->entries.begin();
    const std::int64_t held = node->entries.integer(live_at) + node->entries.integer(node->entries.next(live_at));
    if (node->entries.total() + bytes >= most || (most_entries != 0 && held >= most_entries)) {
      node->entries.shrink();
      node = nullptr;
    }
  }
  std::int64_t flags = kSameFields;
  if (node == nullptr) {
    if (head_ > 0 && head_ * 2 >= nodes_.size()) {
      nodes_.erase(nodes_.begin(), nodes_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    if (nodes_.capacity() == 0) nodes_.reserve(1);
    nodes_.push_back({id, Listpack(24 + 2 * bytes)});
    node = &nodes_.back();
    if (Watcher* w = watcher(); w != nullptr) w->inserted(id);
    Listpack& lp = node->entries;
    lp.append(std::int64_t{1});
    lp.append(std::int64_t{0});
    lp.append(static_cast<std::int64_t>(field_count));
    for (std::size_t i = 0; i < pairs.size(); i += 2) lp.append(pairs[i]);
    lp.append(std::int64_t{0});
  } else {
    if (Watcher* w = watcher(); w != nullptr) w->changing(*node);
    Listpack& lp = node->entries;
    std::size_t at = lp.begin();
    lp.replace(at, lp.integer(at) + 1);
    at = lp.next(lp.next(at));
    if (lp.integer(at) != static_cast<std::int64_t>(field_count)) {
      flags = 0;
    } else {
      char scratch[24];
      for (std::size_t i = 0; i < pairs.size(); i += 2) {
        at = lp.next(at);
        if (lp.text(at, scratch) != pairs[i]) {
          flags = 0;
          break;
        }
      }
    }
  }
  Listpack& lp = node->entries;
  lp.append(flags);
  lp.append(static_cast<std::int64_t>(id.ms - node->id.ms));
  lp.append(static_cast<std::int64_t>(id.seq - node->id.seq));
  auto elements = static_cast<std::int64_t>(field_count) + 3;
  if (flags != kSameFields) {
    lp.append(static_cast<std::int64_t>(field_count));
    for (const std::string_view v : pairs) lp.append(v);
    elements += static_cast<std::int64_t>(field_count) + 1;
  } else {
    for (std::size_t i = 1; i < pairs.size(); i += 2) lp.append(pairs[i]);
  }
  lp.append(elements);
  last_id = id;
  if (length++ == 0) first_id = id;
  entries_added++;
}

std::size_t Stream::node_for(StreamId id) const {
  const auto begin = nodes_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto after = std::upper_bound(begin, nodes_.end(), id, [](const StreamId& v, const Node& n) { return v < n.id; });
  return after == begin ? nodes_.size() : static_cast<std::size_t>(after - nodes_.begin()) - 1;
}

const Stream::Node* Stream::node_from(StreamId id) const {
  const auto at = std::lower_bound(nodes_.begin() + static_cast<std::ptrdiff_t>(head_), nodes_.end(), id, [](const Node& n, const StreamId& v) { return n.id < v; });
  return at == nodes_.end() ? nullptr : &*at;
}

void Stream::erase_node(std::size_t at) {
  if (Watcher* w = watcher(); w != nullptr) w->changing(nodes_[at]);
  if (at == head_) {
    nodes_[at].entries = Listpack();
    head_++;
    if (head_ == nodes_.size()) {
      nodes_.clear();
      head_ = 0;
    }
    return;
  }
  nodes_.erase(nodes_.begin() + static_cast<std::ptrdiff_t>(at));
}

void Stream::mark_deleted(Node& node, std::size_t flags_at) {
  if (Watcher* w = watcher(); w != nullptr) w->changing(node);
  Listpack& lp = node.entries;
  lp.replace(flags_at, lp.integer(flags_at) | kDeleted);  // as wide as before
  // The second counter first: replacing the first one may move it.
  const std::size_t live = lp.begin(), dead = lp.next(live);
  lp.replace(dead, lp.integer(dead) + 1);
  lp.replace(live, lp.integer(live) - 1);
}

bool Stream::erase(StreamId id) {
  const std::size_t n = node_for(id);
  if (n == nodes_.size()) return false;
  Entry e(nodes_[n]);
  bool there = e.to_first();
  while (there && e.id() < id) there = e.to_next();
  if (!there || e.id() != id || e.deleted()) return false;
  if (nodes_[n].entries.integer(nodes_[n].entries.begin()) == 1) erase_node(n);
  else mark_deleted(nodes_[n], e.flags_at());
  length--;
  if (id > max_deleted_id) max_deleted_id = id;
  if (id == first_id) find_first_id();
  return true;
}

std::uint64_t Stream::trim(const StreamTrim& t) {
  std::uint64_t gone = 0;
  const bool by_length = t.strategy == StreamTrim::Strategy::kMaxLength;
  while (node_count() > 0) {
    if (by_length && length <= t.max_length) break;
    Node& node = nodes_[head_];
    const auto live = static_cast<std::uint64_t>(node.entries.integer(node.entries.begin()));
    if (t.limit != 0 && gone + live > static_cast<std::uint64_t>(t.limit)) break;
    bool whole;
    if (by_length) {
      whole = length - live >= t.max_length;
    } else {
      Entry last(node);
      whole = last.to_last() && last.id() < t.min_id;
    }
    if (whole) {
      erase_node(head_);
      length -= live;
      gone += live;
      continue;
    }
    if (t.approximate) break;
    Entry e(node);
    std::vector<std::size_t> marks;
    for (bool there = e.to_first(); there; there = e.to_next()) {
      if (by_length ? length <= t.max_length : e.id() >= t.min_id) break;
      if (e.deleted()) continue;
      marks.push_back(e.flags_at());
      length--;
      gone++;
    }
    // From the back: marking may move what lies behind the counters.
    for (std::size_t i = marks.size(); i-- > 0;) {
      const std::size_t before = node.entries.total();
      mark_deleted(node, marks[i]);
      const auto moved = static_cast<std::ptrdiff_t>(node.entries.total()) - static_cast<std::ptrdiff_t>(before);
      if (moved != 0)
        for (std::size_t j = 0; j < i; j++) marks[j] = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(marks[j]) + moved);
    }
    break;
  }
  if (gone > 0) find_first_id();
  return gone;
}

void Stream::erase_before(StreamId id) {
  StreamTrim t;
  t.strategy = StreamTrim::Strategy::kMinId;
  t.min_id = id;
  trim(t);
}

bool Stream::contains(StreamId id) const {
  bool found = false;
  range(id, id, false, [&](const Entry&) { found = true; return false; });
  return found;
}

StreamId Stream::last_live_id() const {
  StreamId id;
  range({}, StreamId::max(), true, [&](const Entry& e) { id = e.id(); return false; });
  return id;
}

void Stream::find_first_id() {
  first_id = {};
  range({}, StreamId::max(), false, [&](const Entry& e) { first_id = e.id(); return false; });
}

std::int64_t Stream::distance_from_first(StreamId id) const {
  const auto added = static_cast<std::int64_t>(entries_added), held = static_cast<std::int64_t>(length);
  if (entries_added == 0) return 0;
  if (length == 0 && id <= last_id) return added;
  if (id == last_id) return added;
  if (id > last_id) return kUnknownEntriesRead;
  if (max_deleted_id.is_zero() || max_deleted_id < first_id) {
    if (id < first_id) return added - held;
    if (id == first_id) return added - held + 1;
  }
  return kUnknownEntriesRead;
}

std::size_t Stream::radix_node_count() const {
  if (node_count() == 0) return 1;
  std::vector<std::array<std::uint8_t, 16>> keys;
  keys.reserve(node_count());
  each_node([&](const Node& n) { keys.push_back(big_endian(n.id)); });
  return radix_nodes(keys, 0);
}

std::size_t Stream::memory() const noexcept {
  std::size_t n = sizeof(Stream) + nodes_.capacity() * sizeof(Node);
  each_node([&](const Node& node) { n += node.entries.memory(); });
  if (groups_ != nullptr)
    for (const auto& [name, group] : *groups_) {
      n += sizeof(StreamGroup) + 64 + name.size() + group.pending.size() * 2 * 96;
      for (const auto& [consumer, c] : group.consumers) n += sizeof c + 64 + consumer.size();
    }
  return n;
}

void Stream::serialize(ByteWriter& out) const {
  serialize_head(out);
  each_node([&](const Node& n) { serialize_node(out, n.id, n.entries.bytes()); });
  serialize_groups(out);
}

void Stream::serialize_head(ByteWriter& out) const {
  const auto id = [&](StreamId v) { out.u64(v.ms); out.u64(v.seq); };
  id(last_id);
  id(max_deleted_id);
  out.varint(entries_added);
  out.varint(node_count());
}

void Stream::serialize_node(ByteWriter& out, StreamId id, std::string_view entries) {
  out.u64(id.ms);
  out.u64(id.seq);
  out.string(entries);
}

void Stream::serialize_groups(ByteWriter& out) const {
  const auto id = [&](StreamId v) { out.u64(v.ms); out.u64(v.seq); };
  out.varint(groups_ == nullptr ? 0 : groups_->size());
  if (groups_ == nullptr) return;
  for (const auto& [name, g] : *groups_) {
    out.string(name);
    id(g.last_id);
    out.i64(g.entries_read);
    out.varint(g.consumers.size());
    for (const auto& [consumer, c] : g.consumers) {
      out.string(consumer);
      out.i64(c.seen_ms);
      out.varint(c.pending.size());
      for (const auto& [pending, nothing] : c.pending) {
        const StreamPending& p = g.pending.find(pending)->second;
        id(pending);
        out.i64(p.delivery_ms);
        out.varint(static_cast<std::uint64_t>(p.delivery_count));
      }
    }
  }
}

bool Stream::add_node(StreamId id, std::string_view bytes) {
  std::size_t elements = 0;
  if (!Listpack::valid(bytes, &elements) || bytes.size() > kMaxNodeBytes + 4096) return false;
  if (node_count() > 0 && nodes_.back().id >= id) return false;
  // Walks it once by counts alone: every element that an entry claims must be there.
  std::size_t at = Listpack::kHeaderBytes, left = elements;
  const std::size_t end = bytes.size() - 1;
  char scratch[24];
  const auto number = [&](std::int64_t* v) {
    if (left == 0 || at >= end) return false;
    const std::string_view t = Listpack::text_at(bytes, at, scratch);
    at = Listpack::next_at(bytes, at);
    left--;
    return parse_integer(t, v);
  };
  const auto skip = [&](std::uint64_t n) {
    if (n > left) return false;
    for (; n > 0; n--, left--) at = Listpack::next_at(bytes, at);
    return true;
  };
  std::int64_t live, dead, master_fields, zero;
  if (!number(&live) || !number(&dead) || !number(&master_fields) || live < 1 || dead < 0 || master_fields < 0 ||
      !skip(static_cast<std::uint64_t>(master_fields)) || !number(&zero) || zero != 0)
    return false;
  std::int64_t seen_live = 0, seen_dead = 0;
  while (left > 0) {
    std::int64_t flags, ms, seq, fields = master_fields, count;
    if (!number(&flags) || !number(&ms) || !number(&seq) || flags < 0 || flags > 3) return false;
    std::int64_t expected = 3;
    if ((flags & kSameFields) == 0) {
      if (!number(&fields) || fields < 0 || fields > (std::int64_t{1} << 30)) return false;
      fields *= 2;
      expected++;
    }
    if (!skip(static_cast<std::uint64_t>(fields)) || !number(&count) || count != expected + fields) return false;
    ((flags & kDeleted) != 0 ? seen_dead : seen_live)++;
  }
  if (seen_live != live || seen_dead != dead) return false;
  nodes_.push_back({id, Listpack::copy_of(bytes)});
  length += static_cast<std::uint64_t>(live);
  return true;
}

bool Stream::deserialize(ByteReader& in, Stream* out) {
  const auto id = [&] { StreamId v; v.ms = in.u64(); v.seq = in.u64(); return v; };
  out->last_id = id();
  out->max_deleted_id = id();
  out->entries_added = in.varint();
  for (std::uint64_t n = in.varint(); n > 0 && in.ok(); n--) {
    const StreamId node = id();
    if (!out->add_node(node, in.string())) return false;
  }
  for (std::uint64_t n = in.varint(); n > 0 && in.ok(); n--) {
    StreamGroup& g = out->make_groups()[std::string(in.string())];
    g.last_id = id();
    g.entries_read = in.i64();
    for (std::uint64_t consumers = in.varint(); consumers > 0 && in.ok(); consumers--) {
      auto* c = &*g.consumers.emplace(std::string(in.string()), StreamConsumer{}).first;
      c->second.seen_ms = in.i64();
      for (std::uint64_t pending = in.varint(); pending > 0 && in.ok(); pending--) {
        const StreamId p = id();
        const std::int64_t when = in.i64();
        g.assign(p, c, when, static_cast<std::int64_t>(in.varint()));
      }
    }
  }
  out->find_first_id();
  return in.ok();
}

}  // namespace orrery::keyspace
