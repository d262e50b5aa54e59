#include "value_walk.h"

#include <map>
#include <set>
#include <string>
#include <type_traits>
#include <unordered_set>

namespace orrery::keyspace {
namespace {

// About a quarter of a millisecond of writing each: an element of a table that nobody used lately is a cache miss or three.
constexpr std::size_t kLargeTable = 512;
constexpr std::size_t kLargeListNodes = 16;
constexpr std::size_t kLargeStreamNodes = 64;
constexpr std::size_t kLargeString = 512 << 10;
constexpr std::size_t kSliceElements = 256;
/// A table that lost most of its elements has many empty ones.
constexpr std::size_t kSliceBuckets = 2048;

/// Hash, Set, Zset beyond their compact encodings.
template <typename Collection>
class TableWalk final : public ValueWalk, public std::remove_pointer_t<decltype(std::declval<Collection&>().table())>::Watcher {
  using Elements = std::remove_pointer_t<decltype(std::declval<Collection&>().table())>;
  using Element = typename Elements::Node;

 public:
  TableWalk(const EntryWriter& writer, Collection& collection) : writer_(writer), collection_(&collection) {
    if constexpr (std::is_same_v<Collection, Hash>)
      if (collection.times() != nullptr) earliest_ms_ = collection.times()->earliest();
    elements().watch(this);
  }
  ~TableWalk() override {
    if (place_ < Elements::kPlacesEnd) elements().watch(nullptr);
  }
  ByteWriter& written() noexcept { return early_; }

  bool slice(ByteWriter& out, std::size_t bytes) override {
    out.raw(early_.data(), early_.size());
    early_.clear();
    std::size_t seen = 0;
    for (std::size_t buckets = 0; place_ < Elements::kPlacesEnd && out.size() < bytes && seen < kSliceElements && buckets < kSliceBuckets; buckets++) {
      elements().prefetch_places(place_);
      place_ = elements().visit_places(place_, [&](const Element& e) {
        seen++;
        if (!handled_.empty() && handled_.contains(std::string(e.key()))) return;
        write(out, e);
      });
    }
    if (place_ < Elements::kPlacesEnd) return false;
    elements().watch(nullptr);
    return true;
  }

 private:
  Elements& elements() noexcept { return *collection_->table(); }
  void inserted(const Element& e) override {
    if (Elements::place_of(e.hash) >= place_) handled_.emplace(e.key());
  }
  void changing(const Element& e) override {
    if (Elements::place_of(e.hash) >= place_ && handled_.emplace(e.key()).second) write(early_, e);
  }
  void adopt() noexcept override { owned_.reset(collection_); }
  void write(ByteWriter& out, const Element& e) const {
    if constexpr (std::is_same_v<Collection, Hash>) writer_.field(out, earliest_ms_, earliest_ms_ != 0 ? collection_->time_of(e.key()) : 0, e.key(), e.payload.view());
    else if constexpr (std::is_same_v<Collection, Zset>) writer_.scored(out, e.key(), e.payload);
    else writer_.member(out, e.key());
  }
  const EntryWriter& writer_;
  Collection* collection_;
  std::unique_ptr<Collection> owned_;
  std::uint64_t place_ = 0;                 // elements before it are written
  std::unordered_set<std::string> handled_; // elements behind it that need no more: written before they changed, or new
  ByteWriter early_;
  std::int64_t earliest_ms_ = 0;  // of a hash whose fields have times
};

class ListWalk final : public ValueWalk {
 public:
  ListWalk(const EntryWriter& writer, List& list) : writer_(writer), nodes_(list.share_nodes()) {}
  ByteWriter& written() noexcept { return head_; }
  bool slice(ByteWriter& out, std::size_t bytes) override {
    out.raw(head_.data(), head_.size());
    head_.clear();
    for (; at_ < nodes_.size() && out.size() < bytes; at_++) {
      writer_.node(out, nodes_[at_]);
      nodes_[at_] = Packed{};
    }
    return at_ == nodes_.size();
  }

 private:
  const EntryWriter& writer_;
  std::vector<Packed> nodes_;
  std::size_t at_ = 0;
  ByteWriter head_;
};

/// The groups are written when the walk begins, whatever they hold: only nodes are told of before they change.
class StreamWalk final : public ValueWalk, public Stream::Watcher {
 public:
  StreamWalk(const EntryWriter& writer, Stream& stream) : writer_(writer), stream_(&stream), last_(stream.last_node_id()) {
    writer.stream_end(end_, stream);
    stream.watch(this);
  }
  ~StreamWalk() override {
    if (!done_) stream_->watch(nullptr);
  }
  ByteWriter& written() noexcept { return head_; }

  bool slice(ByteWriter& out, std::size_t bytes) override {
    out.raw(head_.data(), head_.size());
    head_.clear();
    for (std::size_t seen = 0; !done_ && out.size() < bytes && seen < kSliceElements; seen++) {
      const Stream::Node* node = stream_->node_from(next_);
      const auto kept = kept_.begin();
      if (kept != kept_.end() && (node == nullptr || kept->first <= node->id)) {
        writer_.stream_node(out, kept->first, kept->second);
        pass(kept->first);
        kept_.erase(kept);
      } else if (node != nullptr && node->id <= last_) {
        if (!later_.contains(node->id)) writer_.stream_node(out, node->id, node->entries.bytes());
        pass(node->id);
      } else {
        done_ = true;
      }
    }
    if (!done_) return false;
    stream_->watch(nullptr);
    out.raw(end_.data(), end_.size());
    return true;
  }

 private:
  void pass(StreamId id) noexcept {
    next_ = id;
    done_ = !next_.increment() || next_ > last_;
  }
  bool is_ahead(StreamId id) const noexcept { return next_ <= id && id <= last_; }
  /// Only after XSETID took the last id of an empty stream back.
  void inserted(StreamId node) override {
    if (is_ahead(node)) later_.insert(node);
  }
  void changing(const Stream::Node& node) override {
    if (is_ahead(node.id) && !later_.contains(node.id)) kept_.try_emplace(node.id, node.entries.bytes());
  }
  void adopt() noexcept override { owned_.reset(stream_); }

  const EntryWriter& writer_;
  Stream* stream_;
  std::unique_ptr<Stream> owned_;
  const StreamId last_;                    // of the nodes when the walk began
  StreamId next_;                          // nodes before it are written
  std::map<StreamId, std::string> kept_;   // nodes ahead as they were before they changed
  std::set<StreamId> later_;               // nodes ahead that came afterwards
  ByteWriter head_, end_;
  bool done_ = false;
};

class StringWalk final : public ValueWalk {
 public:
  StringWalk(const EntryWriter& writer, Value& value) : writer_(writer), bytes_(value.share_bytes()) {}
  ByteWriter& written() noexcept { return head_; }
  bool slice(ByteWriter& out, std::size_t bytes) override {
    out.raw(head_.data(), head_.size());
    head_.clear();
    const std::string_view rest = bytes_.view().substr(at_, bytes);
    writer_.piece(out, rest);
    at_ += rest.size();
    return at_ == bytes_.size();
  }

 private:
  const EntryWriter& writer_;
  Blob bytes_;
  std::size_t at_ = 0;
  ByteWriter head_;
};

}  // namespace

bool ValueWalk::is_large(Value& value) noexcept {
  switch (value.type()) {
    case ValueType::kString: return !value.is_integer() && value.size() >= kLargeString;
    case ValueType::kList: return value.list().node_count() >= kLargeListNodes;
    case ValueType::kStream: return value.stream().node_count() >= kLargeStreamNodes;
    default: return value.has_table() && value.size() >= kLargeTable;
  }
}

ValueWalk* ValueWalk::of(Value& value) noexcept {
  if (value.type() == ValueType::kStream) return static_cast<StreamWalk*>(value.stream().watcher());
  if (!value.has_table()) return nullptr;
  const auto found = [](auto& collection) -> ValueWalk* {
    // Nothing else watches the tables of values.
    return static_cast<TableWalk<std::remove_reference_t<decltype(collection)>>*>(collection.table()->watcher());
  };
  switch (value.type()) {
    case ValueType::kSet: return found(value.set());
    case ValueType::kZset: return found(value.zset());
    case ValueType::kHash: return found(value.hash());
    default: return nullptr;
  }
}

std::unique_ptr<ValueWalk> ValueWalk::begin(const EntryWriter& writer, std::uint32_t shard, std::uint8_t db, std::string_view key, std::int64_t expire_ms, Value& value) {
  const auto made = [&](auto walk) -> std::unique_ptr<ValueWalk> {
    writer.head(walk->written(), db, key, expire_ms, value);
    walk->shard = shard;
    return walk;
  };
  switch (value.type()) {
    case ValueType::kString: return made(std::make_unique<StringWalk>(writer, value));
    case ValueType::kList: return made(std::make_unique<ListWalk>(writer, value.list()));
    case ValueType::kSet: return made(std::make_unique<TableWalk<Set>>(writer, value.set()));
    case ValueType::kZset: return made(std::make_unique<TableWalk<Zset>>(writer, value.zset()));
    case ValueType::kHash: return made(std::make_unique<TableWalk<Hash>>(writer, value.hash()));
    case ValueType::kStream: return made(std::make_unique<StreamWalk>(writer, value.stream()));
    case ValueType::kVectorSet: break;
  }
  return nullptr;
}

}  // namespace orrery::keyspace
