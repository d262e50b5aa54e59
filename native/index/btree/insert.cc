// insert.cc: insertion with splits, and the check for uniqueness.
#include "../../core/check.h"
#include "btree.h"

namespace orrery::index {

using storage::RowId;
using storage::Stamp;
using storage::VersionPos;
using storage::VersionRef;
using storage::Xid;

namespace {
/// A long key to probe with: the scratch memory behind Entry::make.
class Probe {
 public:
  Probe(std::string_view key, RowId row) {
    LongKey* scratch = reinterpret_cast<LongKey*>(small_);
    if (key.size() + sizeof(std::uint32_t) > sizeof small_) scratch = large_ = Entry::allocate(key.size());
    entry_ = Entry::make(key, row, scratch);
  }
  ~Probe() { std::free(large_); }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  const Entry& operator*() const noexcept { return entry_; }

 private:
  alignas(8) char small_[256];
  LongKey* large_ = nullptr;
  Entry entry_;
};
}  // namespace

BTree::BTree(storage::RelationId id, storage::Relation& relation, std::vector<KeyColumn> columns, bool unique, bool nulls_not_distinct,
             const storage::TransactionManager& manager)
    : SecondaryIndex(id, relation), encoder_(std::move(columns)), unique_(unique), nulls_not_distinct_(nulls_not_distinct), manager_(manager) {
  hashable_ = unique_;
  if (encoder_.columns().size() == 1) return;
  for (const KeyColumn& c : encoder_.columns()) {
    const PhysicalType type = this->relation().column(c.column).type.type;
    if (type == PhysicalType::kVarlen) hashable_ = false;
    else whole_length_ += 1 + width_of(type);
  }
}

BTree::~BTree() {
  if (root_ != nullptr) destroy(root_);
}

void BTree::destroy(Node* node) noexcept {
  if (node->leaf) {
    auto* leaf = static_cast<Leaf*>(node);
    for (std::uint32_t i = 0; i < leaf->count; i++) disown(leaf->entries[i]);
    delete leaf;
    return;
  }
  auto* inner = static_cast<Inner*>(node);
  for (std::uint32_t i = 0; i < inner->count; i++) disown(inner->keys[i]);
  for (std::uint32_t i = 0; i <= inner->count; i++) destroy(inner->children[i]);
  delete inner;
}

bool BTree::touches(std::span<const std::uint8_t> changed) const noexcept {
  for (const KeyColumn& c : encoder_.columns())
    if (c.column < changed.size() && changed[c.column] != 0) return true;
  return false;
}

Entry BTree::own(std::string_view key, RowId row) {
  LongKey* memory = nullptr;
  if (key.size() > Entry::kInline) {
    memory = Entry::allocate(key.size());
    bytes_.fetch_add(key.size() + sizeof(std::uint32_t), std::memory_order_relaxed);
  }
  return Entry::make(key, row, memory);
}

Entry BTree::own_copy(const Entry& entry) {
  char buffer[16];
  return entry.is_long() ? own(entry.key(buffer), entry.row()) : entry;
}

void BTree::disown(const Entry& entry) noexcept {
  if (!entry.is_long()) return;
  bytes_.fetch_sub(entry.long_key()->length + sizeof(std::uint32_t), std::memory_order_relaxed);
  std::free(const_cast<LongKey*>(entry.long_key()));
}

Leaf* BTree::descend(const Entry& probe, Path* path) const noexcept {
  Node* node = root_;
  while (!node->leaf) {
    auto* inner = static_cast<Inner*>(node);
    const std::uint32_t at = upper_bound(inner->keys, inner->count, probe);
    if (path != nullptr) {
      path->nodes[path->depth] = inner;
      path->at[path->depth++] = at;
    }
    node = inner->children[at];
  }
  return static_cast<Leaf*>(node);
}

void BTree::insert_latched(std::string_view key, RowId row) {
  if (root_ == nullptr) {
    root_ = first_ = last_ = new Leaf;
    bytes_.fetch_add(sizeof(Leaf), std::memory_order_relaxed);
  }
  const Probe probe(key, row);
  // Ascending keys (serial columns, loads in key order) go to the end without a descent.
  if (last_->count > 0 && last_->count < Leaf::kCapacity && Entry::compare(last_->entries[last_->count - 1], *probe) < 0) {
    last_->entries[last_->count++] = own(key, row);
    added(key, row);
    return;
  }
  Path path;
  Leaf* leaf = descend(*probe, &path);
  std::uint32_t at = lower_bound(leaf->entries, leaf->count, *probe);
  if (at < leaf->count && Entry::compare(leaf->entries[at], *probe) == 0) return;
  added(key, row);
  if (leaf->count == Leaf::kCapacity) {
    auto* right = new Leaf;
    bytes_.fetch_add(sizeof(Leaf), std::memory_order_relaxed);
    // At the far end the left leaf stays full: ascending loads fill leaves.
    const std::uint32_t keep = leaf == last_ && at == leaf->count ? leaf->count : leaf->count / 2;
    right->count = static_cast<std::uint16_t>(leaf->count - keep);
    std::memcpy(right->entries, leaf->entries + keep, right->count * sizeof(Entry));
    leaf->count = static_cast<std::uint16_t>(keep);
    right->previous = leaf;
    right->next = leaf->next;
    (leaf->next != nullptr ? leaf->next->previous : last_) = right;
    leaf->next = right;
    Leaf* target = at < keep ? leaf : right;
    if (target == right) at -= keep;
    std::memmove(target->entries + at + 1, target->entries + at, (target->count - at) * sizeof(Entry));
    target->entries[at] = own(key, row);
    target->count++;
    insert_above(path, own_copy(right->entries[0]), right);
    return;
  }
  std::memmove(leaf->entries + at + 1, leaf->entries + at, (leaf->count - at) * sizeof(Entry));
  leaf->entries[at] = own(key, row);
  leaf->count++;
}

void BTree::added(std::string_view key, RowId row) {
  entries_.fetch_add(1, std::memory_order_relaxed);
  if (hash_ == nullptr || !hashes(key)) return;
  if (row > KeyHash::kMaxRow || hash_->size() >= KeyHash::kMaxEntries) {
    hash_.reset();
    hashable_.store(false, std::memory_order_relaxed);
    return;
  }
  hash_->insert(KeyHash::tag_of(key, hash_seed()), row);
}

void BTree::insert_above(Path& path, Entry separator, Node* right) {
  while (path.depth > 0) {
    Inner* inner = path.nodes[--path.depth];
    const std::uint32_t at = path.at[path.depth];
    if (inner->count < Inner::kCapacity) {
      std::memmove(inner->keys + at + 1, inner->keys + at, (inner->count - at) * sizeof(Entry));
      std::memmove(inner->children + at + 2, inner->children + at + 1, (inner->count - at) * sizeof(Node*));
      inner->keys[at] = separator;
      inner->children[at + 1] = right;
      inner->count++;
      return;
    }
    // Lay the overfull node out, then cut it; the middle key goes up.
    Entry keys[Inner::kCapacity + 1];
    Node* children[Inner::kCapacity + 2];
    std::memcpy(keys, inner->keys, at * sizeof(Entry));
    keys[at] = separator;
    std::memcpy(keys + at + 1, inner->keys + at, (inner->count - at) * sizeof(Entry));
    std::memcpy(children, inner->children, (at + 1) * sizeof(Node*));
    children[at + 1] = right;
    std::memcpy(children + at + 2, inner->children + at + 1, (inner->count - at) * sizeof(Node*));
    const std::uint32_t total = inner->count + 1u;
    const std::uint32_t keep = at == inner->count ? total - 2 : total / 2;
    auto* other = new Inner;
    bytes_.fetch_add(sizeof(Inner), std::memory_order_relaxed);
    inner->count = static_cast<std::uint16_t>(keep);
    std::memcpy(inner->keys, keys, keep * sizeof(Entry));
    std::memcpy(inner->children, children, (keep + 1) * sizeof(Node*));
    other->count = static_cast<std::uint16_t>(total - keep - 1);
    std::memcpy(other->keys, keys + keep + 1, other->count * sizeof(Entry));
    std::memcpy(other->children, children + keep + 1, (other->count + 1u) * sizeof(Node*));
    separator = keys[keep];
    right = other;
  }
  auto* root = new Inner;
  bytes_.fetch_add(sizeof(Inner), std::memory_order_relaxed);
  root->count = 1;
  root->keys[0] = separator;
  root->children[0] = root_;
  root->children[1] = right;
  root_ = root;
}

void BTree::append_sorted(std::string_view key, RowId row) {
  std::unique_lock guard(latch_);
  insert_latched(key, row);
}

bool BTree::lives(VersionRef newest, Xid writer, Xid* blocker) const noexcept {
  const auto fate = [&](auto read) {
    for (;;) {
      const Stamp stamp = read();
      if (!storage::is_open(stamp) || storage::xid_of(stamp) == writer) return stamp;
      const Stamp resolved = manager_.resolve(storage::xid_of(stamp));
      if (resolved == 0) return stamp;
      if (resolved != storage::kLive) return resolved;
    }
  };
  *blocker = 0;
  const Stamp begin = fate([&] { return newest.chunk->begin(newest.slot); });
  if (begin == storage::kAborted) return false;
  const Stamp end = fate([&] { return newest.chunk->end(newest.slot); });
  for (const Stamp stamp : {begin, end})
    if (storage::is_open(stamp) && storage::xid_of(stamp) != writer) *blocker = storage::xid_of(stamp);
  // An end of kAborted: whoever set it has just rolled back.
  return *blocker != 0 || end == storage::kLive || end == storage::kAborted;
}

/// Looks at the newest version of every other row with this key. Who may still commit or abort it must be waited for.
Status BTree::check_unique(std::string_view key, RowId row, Xid writer) const {
  if (root_ == nullptr) return Status::ok();
  const Probe probe(key, 0);
  // Ascending keys meet no other.
  if (last_->count > 0 && Entry::compare(last_->entries[last_->count - 1], *probe) < 0) return Status::ok();
  const Leaf* leaf = descend(*probe, nullptr);
  std::uint32_t at = lower_bound(leaf->entries, leaf->count, *probe);
  Key other_key;
  for (;; at++) {
    while (leaf != nullptr && at >= leaf->count) { leaf = leaf->next; at = 0; }
    if (leaf == nullptr || Entry::compare_keys(leaf->entries[at], *probe) != 0) return Status::ok();
    const RowId other = leaf->entries[at].row();
    if (other == row) continue;
    const VersionRef newest = relation().newest(other);
    Xid blocker = 0;
    if (!newest || !lives(newest, writer, &blocker)) continue;
    if (blocker != 0) return Status::wait(blocker);
    encoder_.encode(newest, other_key);
    if (other_key == key) return {StatusCode::kUniqueViolation, other, id(), {}};
  }
}

Status BTree::insert(std::span<const VersionRef> versions, Xid writer, std::size_t* failed) {
  static thread_local Key key, old_key;
  std::unique_lock guard(latch_);
  for (std::size_t i = 0; i < versions.size(); i++) {
    const VersionRef version = versions[i];
    const bool has_null = encoder_.encode(version, key);
    const VersionPos older = version.chunk->older(version.slot);
    if (older != storage::kNoVersion) {
      const VersionRef old = relation().version(older);
      if (old) {
        encoder_.encode(old, old_key);
        if (old_key == key) continue;
      }
      may_be_stale_.store(true, std::memory_order_release);
    }
    const RowId row = version.row_id();
    if (unique_ && writer != 0 && (!has_null || nulls_not_distinct_)) {
      Status status = check_unique(key, row, writer);
      if (!status.is_ok()) {
        *failed = i;
        return status;
      }
    }
    insert_latched(key, row);
  }
  return Status::ok();
}

void BTree::remove(std::span<const VersionRef> versions) noexcept {
  static thread_local Key key;
  std::unique_lock guard(latch_);
  for (const VersionRef version : versions) {
    encoder_.encode(version, key);
    remove_latched(key, version.row_id());
  }
}

bool BTree::remove_latched(std::string_view key, RowId row) noexcept {
  if (root_ == nullptr) return false;
  const Probe probe(key, row);
  Path path;
  Leaf* leaf = descend(*probe, &path);
  const std::uint32_t at = lower_bound(leaf->entries, leaf->count, *probe);
  if (at >= leaf->count || Entry::compare(leaf->entries[at], *probe) != 0) return false;
  disown(leaf->entries[at]);
  std::memmove(leaf->entries + at, leaf->entries + at + 1, (leaf->count - at - 1) * sizeof(Entry));
  leaf->count--;
  entries_.fetch_sub(1, std::memory_order_relaxed);
  if (hash_ != nullptr && hashes(key)) hash_->erase(KeyHash::tag_of(key, hash_seed()), row);
  if (leaf->count == 0 && path.depth > 0) unlink_leaf(path, leaf);
  return true;
}

void BTree::unlink_leaf(Path& path, Leaf* leaf) noexcept {
  (leaf->previous != nullptr ? leaf->previous->next : first_) = leaf->next;
  (leaf->next != nullptr ? leaf->next->previous : last_) = leaf->previous;
  delete leaf;
  bytes_.fetch_sub(sizeof(Leaf), std::memory_order_relaxed);
  while (path.depth > 0) {
    Inner* inner = path.nodes[--path.depth];
    const std::uint32_t at = path.at[path.depth];
    if (inner->count == 0) {  // its only child is gone: so is the node
      delete inner;
      bytes_.fetch_sub(sizeof(Inner), std::memory_order_relaxed);
      if (path.depth == 0) root_ = nullptr;
      continue;
    }
    const std::uint32_t key = at == 0 ? 0 : at - 1;
    disown(inner->keys[key]);
    std::memmove(inner->keys + key, inner->keys + key + 1, (inner->count - key - 1) * sizeof(Entry));
    std::memmove(inner->children + at, inner->children + at + 1, (inner->count - at) * sizeof(Node*));
    inner->count--;
    break;
  }
  while (root_ != nullptr && !root_->leaf && root_->count == 0) {
    auto* old = static_cast<Inner*>(root_);
    root_ = old->children[0];
    delete old;
    bytes_.fetch_sub(sizeof(Inner), std::memory_order_relaxed);
  }
}

void BTree::remove_stale(VersionRef version) noexcept {
  static thread_local Key key, other_key;
  encoder_.encode(version, key);
  const RowId row = version.row_id();
  for (VersionPos pos = relation().newest_pos(row); pos != storage::kNoVersion;) {
    const VersionRef other = relation().version(pos);
    if (!other) break;
    if (other.chunk != version.chunk || other.slot != version.slot) {
      encoder_.encode(other, other_key);
      if (other_key == key) return;
    }
    pos = other.chunk->older(other.slot);
  }
  std::unique_lock guard(latch_);
  remove_latched(key, row);
}

}  // namespace orrery::index
