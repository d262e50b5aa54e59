#include "deadlock.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace orrery::storage {

std::vector<WaitEdge> find_cycle(const std::vector<WaitEdge>& edges, ProcessId start) {
  if (start == 0) return {};
  std::unordered_map<ProcessId, std::vector<const WaitEdge*>> from;
  for (const WaitEdge& edge : edges) from[edge.waiter].push_back(&edge);
  struct Step { const std::vector<const WaitEdge*>* edges; std::size_t at; };
  const auto out_of = [&](ProcessId process) -> const std::vector<const WaitEdge*>* {
    static const std::vector<const WaitEdge*> none;
    const auto found = from.find(process);
    return found == from.end() ? &none : &found->second;
  };
  std::unordered_set<ProcessId> seen;
  std::vector<Step> path{{out_of(start), 0}};  // depth first; each step stands at the edge that the path takes
  while (!path.empty()) {
    Step& step = path.back();
    if (step.at == step.edges->size()) {
      path.pop_back();
      if (!path.empty()) path.back().at++;
      continue;
    }
    const ProcessId blocker = (*step.edges)[step.at]->blocker;
    if (blocker == start) {
      std::vector<WaitEdge> cycle;
      for (const Step& s : path) cycle.push_back(*(*s.edges)[s.at]);
      return cycle;
    }
    if (blocker != 0 && seen.insert(blocker).second) path.push_back({out_of(blocker), 0});
    else step.at++;
  }
  return {};
}

std::vector<WaitEdge> break_deadlock(LockManager& locks, TransactionManager& transactions, ProcessId process) {
  std::vector<WaitEdge> cycle;
  locks.settle_wait(process, [&](const std::vector<LockManager::Edge>& of_locks) {
    transactions.settle_wait(process, [&](const std::vector<TransactionManager::WaitFacts>& of_transactions) {
      std::vector<WaitEdge> edges;
      for (const auto& w : of_transactions) edges.push_back(WaitEdge::of(w));
      for (const auto& e : of_locks) edges.push_back({.waiter = e.waiter, .blocker = e.blocker, .lock = e});
      cycle = find_cycle(edges, process);
      return !cycle.empty();
    });
    return !cycle.empty();
  });
  return cycle;
}

}  // namespace orrery::storage
