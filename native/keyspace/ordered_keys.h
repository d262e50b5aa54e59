// ordered_keys.h: the keys of a database of one shard in the order of SQL's text, kept while the option `ordered-keys` is on.
//
// SQL reads a key that is not UTF-8 with replacement characters, and compares that text; so such a key stands where its text does. Keys of
// one text follow each other in the order of their bytes.
//
// Invariants
//  1. Holds exactly the nodes of its database's table; a node is taken out before it is destroyed (Database does both).
//  2. `plain_` holds the keys that are valid UTF-8, whose text is the key itself; `odd_` the others, each beside its text.
// Cost: one red-black node of 48 bytes and O(log n) comparisons an insertion or deletion of a key; changes of values cost nothing.
// Threads: none of its own; the shard's latch guards it.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "counted.h"

namespace orrery::keyspace {

/// `bytes` as SQL reads it: each maximal ill-formed part becomes U+FFFD (the WHATWG decoder's rule). nullopt: it is valid UTF-8 as it is.
std::optional<std::string> replaced_text(std::string_view bytes);

template <typename Node>
class OrderedNodes {
 public:
  void insert(Node* node) {
    if (auto text = replaced_text(node->key())) odd_.emplace(std::move(*text), node);
    else plain_.insert(node);
  }
  void erase(Node* node) noexcept {
    if (plain_.erase(node) == 0)
      for (auto [at, end] = odd_.equal_range(*replaced_text(node->key())); at != end; ++at)
        if (at->second == node) {
          odd_.erase(at);
          return;
        }
  }
  void clear() noexcept {
    plain_.clear();
    odd_.clear();
  }
  std::size_t size() const noexcept { return plain_.size() + odd_.size(); }

  /// Valid keys whose text is >= `from` in ascending order, or <= `from` in descending order (nullptr: all), until `visit(Node*)` is false.
  template <typename Visit>
  void each_plain(const std::string_view* from, bool backward, Visit&& visit) const {
    walk(plain_, from, backward, [&](Node* n) { return visit(n); });
  }
  /// The others in the order of their texts; of one text in any order.
  template <typename Visit>
  void each_odd(const std::string_view* from, bool backward, Visit&& visit) const {
    walk(odd_, from, backward, [&](const auto& entry) { return visit(std::string_view(entry.first), entry.second); });
  }

 private:
  struct ByKey {
    using is_transparent = void;
    static std::string_view key(const Node* n) noexcept { return n->key(); }
    static std::string_view key(std::string_view s) noexcept { return s; }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const noexcept { return key(a) < key(b); }
  };
  template <typename Tree, typename Visit>
  static void walk(const Tree& tree, const std::string_view* from, bool backward, Visit&& visit) {
    if (!backward) {
      for (auto at = from == nullptr ? tree.begin() : tree.lower_bound(*from); at != tree.end(); ++at)
        if (!visit(*at)) return;
      return;
    }
    for (auto at = from == nullptr ? tree.end() : tree.upper_bound(*from); at != tree.begin();)
      if (!visit(*--at)) return;
  }
  std::set<Node*, ByKey, CountedAllocator<Node*>> plain_;
  std::multimap<std::string, Node*, std::less<>> odd_;
};

}  // namespace orrery::keyspace
