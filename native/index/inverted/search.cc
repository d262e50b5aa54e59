// search.cc: queries over lists: the rarest first.
#include <algorithm>
#include <mutex>

#include "inverted_index.h"

namespace orrery::index {

using storage::RowId;

namespace {
/// What a client may ask for: nesting is by our own planner, so this bounds damage, not use.
constexpr std::size_t kDepthMax = 200;
}  // namespace

std::optional<InvertedQuery> InvertedQuery::parse(std::span<const std::uint32_t> words) {
  InvertedQuery query;
  struct Open { std::uint32_t node; std::size_t depth; };
  std::vector<Open> stack;
  if (words.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::uint32_t operation = words[i], value = words[i + 1];
    if (operation > kOr) return std::nullopt;
    Node node{static_cast<Operation>(operation), value, {}};
    std::size_t depth = 1;
    if (operation != kKey) {
      if (value > stack.size() || (operation == kAnd && value == 0)) return std::nullopt;
      for (std::size_t a = stack.size() - value; a < stack.size(); a++) {
        node.arguments.push_back(stack[a].node);
        depth = std::max(depth, stack[a].depth + 1);
      }
      if (depth > kDepthMax) return std::nullopt;
      stack.resize(stack.size() - value);
    }
    stack.push_back({static_cast<std::uint32_t>(query.nodes_.size()), depth});
    query.nodes_.push_back(std::move(node));
  }
  if (stack.size() != 1) return std::nullopt;
  return query;
}

std::size_t InvertedIndex::estimate(const InvertedQuery& query) const {
  std::shared_lock guard(latch_);
  return estimate(query, static_cast<std::uint32_t>(query.nodes_.size() - 1));
}

std::size_t InvertedIndex::estimate(const InvertedQuery& query, std::uint32_t at) const {
  const auto& node = query.nodes_[at];
  if (node.operation == InvertedQuery::kKey) return postings_.count(node.key);
  std::size_t rows = node.operation == InvertedQuery::kAnd ? SIZE_MAX : 0;
  for (const std::uint32_t argument : node.arguments) {
    const std::size_t n = estimate(query, argument);
    rows = node.operation == InvertedQuery::kAnd ? std::min(rows, n) : rows + n;
  }
  return rows;
}

std::vector<RowId> InvertedIndex::search(const InvertedQuery& query) const {
  std::vector<RowId> rows;
  std::shared_lock guard(latch_);
  evaluate(query, static_cast<std::uint32_t>(query.nodes_.size() - 1), rows);
  return rows;
}

/// `rows` is empty before and ascending after.
void InvertedIndex::evaluate(const InvertedQuery& query, std::uint32_t at, std::vector<RowId>& rows) const {
  const auto& node = query.nodes_[at];
  switch (node.operation) {
    case InvertedQuery::kKey:
      postings_.append_to(node.key, rows);
      return;
    case InvertedQuery::kOr: {
      std::vector<RowId> some;
      for (const std::uint32_t argument : node.arguments) {
        some.clear();
        evaluate(query, argument, some);
        rows.insert(rows.end(), some.begin(), some.end());
      }
      if (node.arguments.size() > 1) {
        std::sort(rows.begin(), rows.end());
        rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
      }
      return;
    }
    case InvertedQuery::kAnd: {
      std::vector<std::pair<std::size_t, std::uint32_t>> order;
      for (const std::uint32_t argument : node.arguments) order.push_back({estimate(query, argument), argument});
      std::sort(order.begin(), order.end());
      evaluate(query, order[0].second, rows);
      std::vector<RowId> other, both;
      for (std::size_t i = 1; i < order.size() && !rows.empty(); i++) {
        const auto& argument = query.nodes_[order[i].second];
        if (argument.operation == InvertedQuery::kKey) {
          postings_.intersect(argument.key, rows);
          continue;
        }
        other.clear();
        both.clear();
        evaluate(query, order[i].second, other);
        std::set_intersection(rows.begin(), rows.end(), other.begin(), other.end(), std::back_inserter(both));
        rows.swap(both);
      }
      return;
    }
  }
}

std::vector<Postings::Key> InvertedIndex::keys() const {
  std::shared_lock guard(latch_);
  return postings_.keys();
}

void InvertedIndex::rows_of(Postings::Key key, std::vector<RowId>& rows) const {
  std::shared_lock guard(latch_);
  postings_.append_to(key, rows);
}

bool InvertedIndex::contains(Postings::Key key, RowId row) const {
  std::shared_lock guard(latch_);
  return postings_.contains(key, row);
}

std::uint64_t InvertedIndex::entry_count() const {
  std::shared_lock guard(latch_);
  return postings_.entry_count();
}

}  // namespace orrery::index
