// links.cc: who a node's neighbors are, for those who look into a graph.
#include "hnsw.h"

namespace orrery::index::hnsw {

unsigned Graph::level_of(RowId wanted, std::uint32_t wanted_slot) const {
  const std::shared_lock lock(structure_);
  const NodeId id = find(wanted, wanted_slot);
  return id == kNoNode ? 0 : level(id);
}

void Graph::neighbors(RowId wanted, std::uint32_t wanted_slot, const std::function<void(unsigned, std::uint32_t)>& visit) const {
  const std::shared_lock lock(structure_);
  const NodeId id = find(wanted, wanted_slot);
  if (id == kNoNode) return;
  for (unsigned l = level(id) + 1; l-- > 0;)
    for (unsigned i = 0; i < link_limit(l); i++) {
      const NodeId neighbor = links(id, l)[i].load(std::memory_order_acquire);
      if (neighbor == kNoNode) break;
      if (is_present(neighbor)) visit(l, slot(neighbor));
    }
}

}  // namespace orrery::index::hnsw
