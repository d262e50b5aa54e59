// table.h: the hash table of keys, hash fields, set members and sorted-set members: chained, rehashed incrementally.
//
// Invariants
//  1. While a rehash runs, a node is in exactly one of the two bucket arrays; buckets of array 0 below the rehash position are empty.
//  2. A scan by cursor sees every element that is there from its first to its last call, whatever resizes happen between the calls
//     (the cursor counts in reversed bits, so that a bucket's split or merge keeps what was visited visited).
//  3. Nodes do not move: a Node* stays valid until it is erased.
//  4. An element's place (its hash with the bits reversed) never changes: who walks by place in slices meets every element once,
//     whatever resizes happen between them.
// Threads: none of its own; the shard's latch guards it.
// Source: the incremental scheme and the reversed-bit cursor are Pieter Noordhuis' (Redis' dict); written anew.
#pragma once
#include <algorithm>
#include <bit>
#include <new>
#include <string_view>
#include <utility>

#include "hash.h"
#include "memory.h"
#include "random.h"

namespace orrery::keyspace {

template <typename Payload>
class Table {
 public:
  struct Node {
    Node* next;
    std::uint32_t hash;
    std::uint32_t length;
    Payload payload;
    std::string_view key() const noexcept { return {reinterpret_cast<const char*>(this + 1), length}; }
  };

  /// Hears of changes, so that a walk in slices can keep what was there when it began (value_walk.h).
  class Watcher {
   public:
    virtual void inserted(const Node& node) = 0;
    /// Before the element is erased or its payload changes.
    virtual void changing(const Node& node) = 0;
    /// Instead of deleting the collection that the table is part of.
    virtual void adopt() noexcept = 0;

   protected:
    ~Watcher() = default;
  };

  Table() = default;
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  ~Table() { clear(); }

  std::size_t size() const noexcept { return used_[0] + used_[1]; }

  Node* find(std::string_view key, std::uint32_t hash) noexcept {
    if (size() == 0) return nullptr;
    step();
    for (int t = 0; t < 2 && buckets_[t] != nullptr; t++)
      for (Node* n = buckets_[t][hash & mask_[t]]; n != nullptr; n = n->next)
        if (n->hash == hash && n->key() == key) return n;
    return nullptr;
  }
  Node* find(std::string_view key) noexcept { return find(key, hash_bytes(key)); }

  // Asking the memory ahead for what `find` will read: first the bucket, some time later the node that it leads to.
  void prefetch_bucket(std::uint32_t hash) const noexcept {
    for (int t = 0; t < 2 && buckets_[t] != nullptr; t++) __builtin_prefetch(&buckets_[t][hash & mask_[t]]);
  }
  void prefetch_node(std::uint32_t hash) const noexcept {
    for (int t = 0; t < 2 && buckets_[t] != nullptr; t++)
      if (const Node* n = buckets_[t][hash & mask_[t]]; n != nullptr) {
        __builtin_prefetch(n);
        __builtin_prefetch(n + 1);
      }
  }

  /// The key must be absent.
  template <typename... Arguments>
  Node* insert(std::string_view key, std::uint32_t hash, Arguments&&... arguments) {
    step();
    grow_if_full();
    Node* n = static_cast<Node*>(allocate(sizeof(Node) + key.size()));
    new (&n->payload) Payload(std::forward<Arguments>(arguments)...);
    n->hash = hash;
    n->length = static_cast<std::uint32_t>(key.size());
    if (!key.empty()) std::memcpy(reinterpret_cast<char*>(n + 1), key.data(), key.size());
    link(n, rehashing() ? 1 : 0);
    if (watcher_ != nullptr) [[unlikely]] watcher_->inserted(*n);
    return n;
  }

  void erase(Node* node) noexcept {
    changing(*node);
    unlink(node);
    destroy(node);
    shrink_if_sparse();
  }

  Watcher* watcher() const noexcept { return watcher_; }
  void watch(Watcher* watcher) noexcept { watcher_ = watcher; }
  /// The owner says so before it changes a payload in place.
  void changing(const Node& node) {
    if (watcher_ != nullptr) [[unlikely]] watcher_->changing(node);
  }

  void clear() noexcept {
    for (int t = 0; t < 2; t++) {
      if (buckets_[t] == nullptr) continue;
      for (std::size_t b = 0; b <= mask_[t]; b++)
        for (Node* n = buckets_[t][b]; n != nullptr;) {
          Node* next = n->next;
          destroy(n);
          n = next;
        }
      release(buckets_[t]);
      buckets_[t] = nullptr;
      mask_[t] = used_[t] = 0;
    }
    rehash_at_ = kNotRehashing;
  }

  /// Any order; `visit(Node&)` must not change the table.
  template <typename Visit>
  void each(Visit&& visit) const {
    for (int t = 0; t < 2; t++) {
      if (buckets_[t] == nullptr) continue;
      for (std::size_t b = 0; b <= mask_[t]; b++)
        for (Node* n = buckets_[t][b]; n != nullptr; n = n->next) visit(*n);
    }
  }

  static constexpr std::uint64_t kPlacesEnd = 1ull << 32;
  static std::uint32_t place_of(std::uint32_t hash) noexcept { return static_cast<std::uint32_t>(reverse(hash) >> 32); }
  /// Visits the elements from `place` up to the end of its bucket; returns the place behind them, kPlacesEnd at last.
  template <typename Visit>
  std::uint64_t visit_places(std::uint64_t place, Visit&& visit) const {
    if (size() == 0) return kPlacesEnd;
    const std::uint64_t width = place_width(), next = (place / width + 1) * width;
    const std::uint32_t hash = place_of(static_cast<std::uint32_t>(place));  // reversing twice gives the hash back
    for (int t = 0; t < 2 && buckets_[t] != nullptr; t++)
      for (Node* n = buckets_[t][hash & mask_[t]]; n != nullptr; n = n->next)
        if (const std::uint32_t at = place_of(n->hash); at >= place && at < next) visit(*n);
    return next;
  }
  /// Asks the memory for what visit_places will read soon: buckets some way ahead, nodes nearer by.
  void prefetch_places(std::uint64_t place) const noexcept {
    if (size() == 0) return;
    const std::uint64_t width = place_width();
    if (const std::uint64_t far = place + 8 * width; far < kPlacesEnd) prefetch_bucket(place_of(static_cast<std::uint32_t>(far)));
    if (const std::uint64_t near = place + 4 * width; near < kPlacesEnd) prefetch_node(place_of(static_cast<std::uint32_t>(near)));
  }

  /// Visits one bucket (and its images while rehashing) and returns the next cursor; 0 = the end.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, Visit&& visit) const {
    if (size() == 0) return 0;
    const auto bucket = [&](int t, std::uint64_t c) {
      for (Node* n = buckets_[t][c & mask_[t]]; n != nullptr; n = n->next) visit(*n);
    };
    const auto advance = [](std::uint64_t c, std::uint64_t mask) {
      c |= ~mask;  // count in the reversed low bits
      return reverse(reverse(c) + 1);
    };
    if (!rehashing()) {
      bucket(0, cursor);
      return advance(cursor, mask_[0]);
    }
    const int small = mask_[0] <= mask_[1] ? 0 : 1;
    const int large = 1 - small;
    bucket(small, cursor);
    do {
      bucket(large, cursor);
      cursor = advance(cursor, mask_[large]);
    } while ((cursor & (mask_[small] ^ mask_[large])) != 0);
    return cursor;
  }

  /// Roughly uniform; the table must not be empty.
  Node* random() noexcept {
    for (;;) {
      const std::size_t total = mask_[0] + 1 + (rehashing() ? mask_[1] + 1 : 0);
      std::size_t b = random_below(total);
      Node* head = b <= mask_[0] ? buckets_[0][b] : buckets_[1][b - mask_[0] - 1];
      if (head == nullptr) {
        step();
        continue;
      }
      std::size_t length = 0;
      for (Node* n = head; n != nullptr; n = n->next) length++;
      for (std::size_t i = random_below(length); i > 0; i--) head = head->next;
      return head;
    }
  }

  void swap(Table& other) noexcept {
    std::swap(buckets_, other.buckets_);
    std::swap(mask_, other.mask_);
    std::swap(used_, other.used_);
    std::swap(rehash_at_, other.rehash_at_);
  }

  void reserve(std::size_t count) {
    if (size() == 0 && count > 4) resize(std::bit_ceil(count));
  }

 private:
  static constexpr std::size_t kNotRehashing = ~std::size_t{0};
  bool rehashing() const noexcept { return rehash_at_ != kNotRehashing; }

  static std::uint64_t reverse(std::uint64_t v) noexcept {
    v = ((v >> 1) & 0x5555555555555555ull) | ((v & 0x5555555555555555ull) << 1);
    v = ((v >> 2) & 0x3333333333333333ull) | ((v & 0x3333333333333333ull) << 2);
    v = ((v >> 4) & 0x0f0f0f0f0f0f0f0full) | ((v & 0x0f0f0f0f0f0f0f0full) << 4);
    return __builtin_bswap64(v);
  }

  /// Places of one bucket of the larger array.
  std::uint64_t place_width() const noexcept { return kPlacesEnd >> std::popcount(std::max(mask_[0], mask_[1])); }

  static void destroy(Node* n) noexcept {
    n->payload.~Payload();
    release(n);
  }
  void link(Node* n, int t) noexcept {
    Node*& head = buckets_[t][n->hash & mask_[t]];
    n->next = head;
    head = n;
    used_[t]++;
  }
  void unlink(Node* node) noexcept {
    for (int t = 0; t < 2 && buckets_[t] != nullptr; t++)
      for (Node** at = &buckets_[t][node->hash & mask_[t]]; *at != nullptr; at = &(*at)->next)
        if (*at == node) {
          *at = node->next;
          used_[t]--;
          return;
        }
    ORRERY_ASSERT(!"a node is in its table");
  }
  void resize(std::size_t buckets) {
    const int t = buckets_[0] == nullptr ? 0 : 1;
    buckets_[t] = static_cast<Node**>(allocate_zeroed(buckets * sizeof(Node*)));
    mask_[t] = buckets - 1;
    if (t == 1) rehash_at_ = 0;
  }
  void grow_if_full() {
    if (rehashing()) return;
    if (buckets_[0] == nullptr) resize(4);
    else if (used_[0] > mask_[0]) resize((mask_[0] + 1) * 2);
  }
  void shrink_if_sparse() {
    if (rehashing() || buckets_[0] == nullptr || mask_[0] < 16) return;
    // A choice at random tries about as many buckets as there are for each element.
    if (used_[0] * 4 < mask_[0] + 1) resize(std::bit_ceil(used_[0] + 4));
  }
  /// Moves one non-empty bucket (looking at no more than 10), so that no operation pays for a whole resize.
  void step() noexcept {
    if (!rehashing()) return;
    for (int looked = 0; looked < 10 && rehash_at_ <= mask_[0]; looked++) {
      Node* n = buckets_[0][rehash_at_];
      buckets_[0][rehash_at_++] = nullptr;
      const bool moved = n != nullptr;
      while (n != nullptr) {
        Node* next = n->next;
        used_[0]--;
        link(n, 1);
        n = next;
      }
      if (moved) break;
    }
    if (rehash_at_ <= mask_[0] && used_[0] > 0) return;
    release(buckets_[0]);
    buckets_[0] = std::exchange(buckets_[1], nullptr);
    mask_[0] = std::exchange(mask_[1], 0);
    used_[0] = std::exchange(used_[1], 0);
    rehash_at_ = kNotRehashing;
  }

  Node** buckets_[2] = {nullptr, nullptr};
  std::size_t mask_[2] = {0, 0};
  std::size_t used_[2] = {0, 0};
  std::size_t rehash_at_ = kNotRehashing;
  Watcher* watcher_ = nullptr;
};

}  // namespace orrery::keyspace
