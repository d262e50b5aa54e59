// list.h: a list value: a deque of packed nodes of a few KiB (list-max-listpack-size), so that both ends are cheap and the middle is found by
// counting nodes, not elements. Invariant: no node is empty.
#pragma once
#include <algorithm>
#include <span>
#include <vector>

#include "limits.h"
#include "packed.h"
#include "ring.h"

namespace orrery::keyspace {

class List {
 public:
  std::size_t size() const noexcept { return size_; }

  void push(bool front, std::string_view value) {
    if (front) {
      if (nodes_.empty() || !fits(nodes_.front(), value)) nodes_.emplace_front();
      nodes_.front().push_front(value);
    } else {
      if (nodes_.empty() || !fits(nodes_.back(), value)) nodes_.emplace_back();
      nodes_.back().push_back(value);
    }
    size_++;
  }
  /// Valid until the list changes; not empty.
  std::string_view peek(bool front) const noexcept {
    const Packed& node = front ? nodes_.front() : nodes_.back();
    return node.at(front ? 0 : node.previous(node.end()));
  }
  void drop(bool front) noexcept {
    Packed& node = front ? nodes_.front() : nodes_.back();
    node.erase(front ? 0 : node.previous(node.end()));
    size_--;
    if (node.count() > 0) return;
    if (front) nodes_.pop_front();
    else nodes_.pop_back();
  }
  std::string_view get(std::size_t index) const noexcept {
    const Place p = place(index);
    return nodes_[p.node].at(p.position);
  }
  void set(std::size_t index, std::string_view value) {
    const Place p = place(index);
    nodes_[p.node].replace(p.position, value);
  }
  /// Before element `index`; index == size() appends.
  void insert(std::size_t index, std::string_view value) {
    if (index == size_) return push(false, value);
    const Place p = place(index);
    if (!fits(nodes_[p.node], value)) split(p);
    const Place q = place(index);
    // After a split the place is a node's first element; a full node before it is left alone.
    nodes_[q.node].insert(q.position, value);
    size_++;
  }
  void erase(std::size_t index) {
    const Place p = place(index);
    nodes_[p.node].erase(p.position);
    size_--;
    if (nodes_[p.node].count() == 0) nodes_.erase(p.node);
  }
  /// The first or last `count` elements; at most size().
  void drop(bool front, std::size_t count) noexcept {
    size_ -= count;
    while (count > 0) {
      Packed& node = front ? nodes_.front() : nodes_.back();
      if (node.count() > count) {
        if (front) node.erase_range(0, node.locate(count), count);
        else node.erase_range(node.locate(node.count() - count), node.end(), count);
        return;
      }
      count -= node.count();
      if (front) nodes_.pop_front();
      else nodes_.pop_back();
    }
  }
  /// LREM: the first `count` elements that equal `value` (from the end when negative, all when 0) go. Tells how many.
  std::size_t remove(std::int64_t count, std::string_view value) {
    const std::size_t limit = count == 0 ? size_ : (count < 0 ? 0 - static_cast<std::size_t>(count) : static_cast<std::size_t>(count));
    std::size_t removed = 0;
    std::vector<std::size_t> hits;
    for (std::size_t i = 0; i < nodes_.size() && removed < limit; i++) {
      Packed& node = nodes_[count >= 0 ? i : nodes_.size() - 1 - i];
      hits.clear();
      for (std::size_t at = 0; at < node.end(); at = node.next(at))
        if (node.at(at) == value) hits.push_back(at);
      std::span<const std::size_t> wanted(hits);
      if (const std::size_t left = limit - removed; wanted.size() > left) wanted = count >= 0 ? wanted.first(left) : wanted.last(left);
      node.erase_all(wanted);
      removed += wanted.size();
    }
    size_ -= removed;
    if (removed > 0) nodes_.erase_if([](const Packed& node) { return node.count() == 0; });
    return removed;
  }
  /// Visits elements start.. in the given direction until `visit(index, value)` is false.
  template <typename Visit>
  void walk(std::size_t start, bool forward, Visit&& visit) const {
    if (start >= size_) return;
    Place p = place(start);
    for (std::size_t i = start;;) {
      if (!visit(i, nodes_[p.node].at(p.position))) return;
      if (forward) {
        if (++i == size_) return;
        p.position = nodes_[p.node].next(p.position);
        if (p.position == nodes_[p.node].end()) p = {p.node + 1, 0};
      } else {
        if (i-- == 0) return;
        if (p.position == 0) p = {p.node - 1, nodes_[p.node - 1].end()};
        p.position = nodes_[p.node].previous(p.position);
      }
    }
  }
  std::size_t node_count() const noexcept { return nodes_.size(); }
  /// The nodes as they are now, their buffers shared with the list.
  std::vector<Packed> share_nodes() {
    std::vector<Packed> nodes;
    nodes.reserve(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); i++) nodes.push_back(nodes_[i].share());
    return nodes;
  }
  std::size_t memory() const noexcept {
    std::size_t n = sizeof(List) + nodes_.memory();
    for (std::size_t i = 0; i < nodes_.size(); i++) n += nodes_[i].memory() - sizeof(Packed);
    return n;
  }

 private:
  struct Place { std::size_t node, position; };
  static bool fits(const Packed& node, std::string_view value) noexcept {
    const std::int32_t most = limits().list_max_packed_size.load(std::memory_order_relaxed);
    const std::size_t bytes = node.bytes() + value.size();
    if (most > 0) return node.count() < static_cast<std::size_t>(most) && bytes <= kListNodeBytes;
    return bytes <= std::size_t{4096} << std::clamp(-most - 1, 0, 4);
  }
  Place place(std::size_t index) const noexcept {
    if (index <= size_ / 2) {
      std::size_t node = 0;
      while (index >= nodes_[node].count()) index -= nodes_[node++].count();
      return {node, nodes_[node].locate(index)};
    }
    std::size_t from_end = size_ - index;  // 1 = the last
    std::size_t node = nodes_.size() - 1;
    while (from_end > nodes_[node].count()) from_end -= nodes_[node--].count();
    return {node, nodes_[node].locate(nodes_[node].count() - from_end)};
  }
  void split(Place p) {
    if (p.position == 0) return;
    Packed head, tail;
    const Packed& node = nodes_[p.node];
    for (std::size_t at = 0; at < node.end(); at = node.next(at)) (at < p.position ? head : tail).push_back(node.at(at));
    nodes_[p.node] = std::move(head);
    nodes_.insert(p.node + 1, std::move(tail));
  }
  Ring<Packed> nodes_;
  std::size_t size_ = 0;
};

}  // namespace orrery::keyspace
