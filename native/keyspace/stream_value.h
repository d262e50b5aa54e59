// stream_value.h: a stream: entries by ascending id in nodes of many, consumer groups with what each consumer has not acknowledged.
//
// A node is a listpack: a master entry (live count, deleted count, field names of its first entry), then the entries with their ids
// relative to the node's; an entry with the master's fields stores values only. Layout: docs/formats/rdb-values.md (it is Redis' own).
//
// Invariants
//  1. Nodes ascend by id and each has a live entry; deleted entries are marked and go with their node.
//  2. An entry that is pending is in its group's map and in its consumer's count; the consumer it names exists.
//  3. `first_id` is the id of the first live entry, 0-0 without one.
#pragma once
#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "../core/bytes.h"
#include "counted.h"
#include "listpack.h"
#include "stream_id.h"

namespace orrery::keyspace {

constexpr std::int64_t kUnknownEntriesRead = -1;

struct StreamConsumer {
  std::int64_t seen_ms = 0;
  /// Ids delivered and not acknowledged.
  CountedMap<StreamId, char> pending;
};
using StreamConsumers = CountedMap<std::string, StreamConsumer>;

struct StreamPending {
  std::int64_t delivery_ms = 0;
  std::int64_t delivery_count = 0;
  StreamConsumers::value_type* consumer = nullptr;
};

struct StreamGroup {
  StreamId last_id;
  std::int64_t entries_read = kUnknownEntriesRead;
  CountedMap<StreamId, StreamPending> pending;
  StreamConsumers consumers;

  StreamConsumers::value_type* find_consumer(std::string_view name) {
    const auto at = consumers.find(name);
    return at == consumers.end() ? nullptr : &*at;
  }
  /// Makes the entry pending for `consumer`, whoever had it.
  void assign(StreamId id, StreamConsumers::value_type* consumer, std::int64_t delivery_ms, std::int64_t count);
  bool forget(StreamId id);
  void erase_consumer(std::string_view name);
};
using StreamGroups = CountedMap<std::string, StreamGroup>;

/// What XTRIM and XADD's trimming options say.
struct StreamTrim {
  enum class Strategy { kNone, kMaxLength, kMinId } strategy = Strategy::kNone;
  bool approximate = false;
  std::uint64_t max_length = 0;
  StreamId min_id;
  std::int64_t limit = 0;  // entries to delete at most; 0: any number
};

class Stream {
 public:
  struct Node { StreamId id; Listpack entries; };
  /// Hears of changes of nodes, so that a walk in slices can keep what was there when it began (value_walk.h).
  class Watcher {
   public:
    virtual void inserted(StreamId node) = 0;
    /// Before the node changes or goes.
    virtual void changing(const Node& node) = 0;
    /// Instead of deleting the stream.
    virtual void adopt() noexcept = 0;

   protected:
    ~Watcher() = default;
  };
  Watcher* watcher() const noexcept;
  void watch(Watcher* watcher);

  std::uint64_t length = 0;
  StreamId last_id, first_id, max_deleted_id;
  std::uint64_t entries_added = 0;

  /// `id` must be greater than last_id; `fields_and_values` alternate.
  void append(StreamId id, std::span<const std::string_view> fields_and_values);
  /// Marks the entry as deleted and remembers the highest id deleted. False when there is none.
  bool erase(StreamId id);
  std::uint64_t trim(const StreamTrim& trim);
  /// Removes every entry before `id` (replay of a trim).
  void erase_before(StreamId id);
  bool contains(StreamId id) const;
  /// The highest id that is there; 0-0 when empty.
  StreamId last_live_id() const;

  /// Visits live entries with start <= id <= end, upwards or downwards, until `visit(Entry&)` is false.
  class Entry;
  template <typename Visit>
  void range(StreamId start, StreamId end, bool reverse, Visit&& visit) const;

  StreamGroups* groups() noexcept { return groups_.get(); }
  const StreamGroups* groups() const noexcept { return groups_.get(); }
  StreamGroup* find_group(std::string_view name) {
    if (groups_ == nullptr) return nullptr;
    const auto at = groups_->find(name);
    return at == groups_->end() ? nullptr : &at->second;
  }
  StreamGroups& make_groups() {
    if (groups_ == nullptr) groups_ = std::make_unique<StreamGroups>();
    return *groups_;
  }
  /// Whether an entry at or after `start` was deleted from the middle.
  bool has_tombstone_from(StreamId start) const { return length != 0 && !max_deleted_id.is_zero() && start <= max_deleted_id; }
  /// How many entries were ever added up to `id`, when that can be told; kUnknownEntriesRead otherwise.
  std::int64_t distance_from_first(StreamId id) const;

  std::size_t node_count() const noexcept { return nodes_.size() - head_; }
  /// Nodes that a radix tree over the nodes' ids has: XINFO tells it.
  std::size_t radix_node_count() const;
  template <typename Visit>
  void each_node(Visit&& visit) const { for (std::size_t i = head_; i < nodes_.size(); i++) visit(nodes_[i]); }
  std::size_t memory() const noexcept;
  /// The first node whose id is not below `id`; nullptr when there is none.
  const Node* node_from(StreamId id) const;
  StreamId last_node_id() const noexcept { return nodes_.back().id; }

  void serialize(ByteWriter& out) const;
  // The same in parts: what comes before the nodes, a node, the groups.
  void serialize_head(ByteWriter& out) const;
  static void serialize_node(ByteWriter& out, StreamId id, std::string_view entries);
  void serialize_groups(ByteWriter& out) const;
  static bool deserialize(ByteReader& in, Stream* out);
  /// Adds a node at the end when its bytes are a well-formed one; counts its live entries.
  bool add_node(StreamId id, std::string_view listpack);
  /// After nodes were added: finds first_id.
  void find_first_id();

 private:
  std::size_t node_for(StreamId id) const;  // the last node whose id <= `id`, or nodes_.size()
  void erase_node(std::size_t at);
  void mark_deleted(Node& node, std::size_t flags_at);
  CountedVector<Node> nodes_;
  std::size_t head_ : 63 = 0;     // nodes before it are gone: a queue trimmed at its start must not move all nodes each time
  std::size_t watched_ : 1 = 0;  // who watches stands in a table for all streams: a walk is rare, and there may be millions of small streams
  std::unique_ptr<StreamGroups> groups_;
};

/// Steps through the entries of one node, deleted ones included.
class Stream::Entry {
 public:
  explicit Entry(const Node& node) : node_(&node), lp_(node.entries) {
    std::size_t at = lp_.begin();
    at = lp_.next(lp_.next(at));
    master_fields_ = static_cast<std::size_t>(lp_.integer(at));
    fields_at_ = at = lp_.next(at);
    for (std::size_t i = 0; i < master_fields_; i++) at = lp_.next(at);
    first_at_ = lp_.next(at);  // after the master's terminator
  }
  bool to_first() { return read(first_at_); }
  bool to_last() {
    if (lp_.end() == first_at_) return false;
    return read_before(lp_.end());
  }
  bool to_next() { return read(next_at_); }
  bool to_previous() { return flags_at_ != first_at_ && read_before(flags_at_); }

  StreamId id() const noexcept { return id_; }
  bool deleted() const noexcept { return (flags_ & 1) != 0; }
  std::size_t field_count() const noexcept { return field_count_; }
  std::size_t flags_at() const noexcept { return flags_at_; }
  /// visit(field, value), each valid during the call.
  template <typename Visit>
  void fields(Visit&& visit) const {
    char a[24], b[24];
    std::size_t field = fields_at_, at = values_at_;
    for (std::size_t i = 0; i < field_count_; i++) {
      if (same_fields()) {
        visit(lp_.text(field, a), lp_.text(at, b));
        field = lp_.next(field);
      } else {
        const std::size_t value = lp_.next(at);
        visit(lp_.text(at, a), lp_.text(value, b));
        at = value;
      }
      at = lp_.next(at);
    }
  }

 private:
  bool same_fields() const noexcept { return (flags_ & 2) != 0; }
  bool read(std::size_t at) {
    if (at >= lp_.end()) return false;
    flags_at_ = at;
    flags_ = lp_.integer(at);
    at = lp_.next(at);
    // Differences wrap, as they were taken.
    id_.ms = node_->id.ms + static_cast<std::uint64_t>(lp_.integer(at));
    at = lp_.next(at);
    id_.seq = node_->id.seq + static_cast<std::uint64_t>(lp_.integer(at));
    at = lp_.next(at);
    std::size_t elements;
    if (same_fields()) {
      field_count_ = master_fields_;
      elements = field_count_;
    } else {
      field_count_ = static_cast<std::size_t>(lp_.integer(at));
      at = lp_.next(at);
      elements = 2 * field_count_;
    }
    values_at_ = at;
    for (std::size_t i = 0; i < elements; i++) at = lp_.next(at);
    next_at_ = lp_.next(at);
    return true;
  }
  bool read_before(std::size_t end) {
    std::size_t at = lp_.previous(end);
    for (std::int64_t steps = lp_.integer(at); steps > 0; steps--) at = lp_.previous(at);
    return read(at);
  }
  const Node* node_;
  const Listpack& lp_;
  std::size_t master_fields_, fields_at_, first_at_;
  std::size_t flags_at_ = 0, values_at_ = 0, next_at_ = 0, field_count_ = 0;
  std::int64_t flags_ = 0;
  StreamId id_;
};

template <typename Visit>
void Stream::range(StreamId start, StreamId end, bool reverse, Visit&& visit) const {
  if (length == 0 || start > end) return;
  if (!reverse) {
    std::size_t n = node_for(start);
    if (n == nodes_.size()) n = head_;
    for (; n < nodes_.size() && nodes_[n].id <= end; n++) {
      Entry e(nodes_[n]);
      for (bool there = e.to_first(); there; there = e.to_next()) {
        if (e.id() < start || e.deleted()) continue;
        if (e.id() > end || !visit(e)) return;
      }
    }
    return;
  }
  std::size_t n = node_for(end);
  if (n == nodes_.size()) return;
  for (;; n--) {
    Entry e(nodes_[n]);
    for (bool there = e.to_last(); there; there = e.to_previous()) {
      if (e.id() > end || e.deleted()) continue;
      if (e.id() < start || !visit(e)) return;
    }
    if (n == head_) return;
  }
}

}  // namespace orrery::keyspace
