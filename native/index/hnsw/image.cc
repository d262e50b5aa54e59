// image.cc: the graph as checkpoint bytes and back (docs/formats/hnsw.md). Vectors are not in it: the matrix store has them.
//
// Saving excludes inserts for as long as copying the lists takes. Loading checks everything that a walk relies on, since a
// damaged list would lead outside the arrays.
#include "hnsw.h"
#include "search_context.h"

namespace orrery::index::hnsw {
namespace {
constexpr std::uint32_t kMagic = 0x57534e48;  // "HNSW"
constexpr std::uint32_t kVersion = 1;
}  // namespace

void Graph::save(ByteWriter& out) const {
  const std::scoped_lock no_vacuum(vacuum_latch_);
  const std::unique_lock lock(structure_);
  const Entry entry = entry_.load(std::memory_order_acquire);
  const NodeId limit = node_limit();
  out.u32(kMagic);
  out.u32(kVersion);
  out.u8(static_cast<std::uint8_t>(options_.metric));
  out.u32(options_.dimensions);
  out.u32(options_.m);
  out.u32(options_.ef_construction);
  out.u32(limit);
  out.u32(entry.node);
  for (NodeId id = 0; id < limit; id++) {
    if (!is_present(id)) {
      out.u8(UINT8_MAX);
      continue;
    }
    out.u8(static_cast<std::uint8_t>(level(id)));
    out.varint(row(id));
    out.u32(slot(id));
    for (unsigned l = 0; l <= level(id); l++) {
      const Link* list = links(id, l);
      unsigned count = 0;
      while (count < link_limit(l) && list[count].load(std::memory_order_relaxed) != kNoNode) count++;
      out.u8(static_cast<std::uint8_t>(count));
      for (unsigned i = 0; i < count; i++) out.u32(list[i].load(std::memory_order_relaxed));
    }
  }
}

Status Graph::load(ByteReader& in, const VectorOf& vector_of) {
  const auto corrupt = [](const char* what) { return Status::error(StatusCode::kCorrupt, std::string("hnsw image: ") + what); };
  const std::unique_lock lock(structure_);
  if (in.u32() != kMagic || in.u32() != kVersion) return corrupt("not an image of this version");
  if (in.u8() != static_cast<std::uint8_t>(options_.metric) || in.u32() != options_.dimensions || in.u32() != options_.m ||
      in.u32() != options_.ef_construction)
    return corrupt("other options than the index");
  const std::uint32_t limit = in.u32();
  const NodeId entry = in.u32();
  if (!in.ok() || limit > in.remaining() || node_limit() != 0) return corrupt("node count");
  std::vector<NodeId> unused;
  for (NodeId id = 0; id < limit; id++) {
    const std::uint8_t top = in.u8();
    if (top == UINT8_MAX) {
      if (allocate({0, 0, nullptr}, 0) != id) return corrupt("node order");
      unused.push_back(id);
      continue;
    }
    Item item;
    item.row = in.varint();
    item.slot = in.u32();
    if (!in.ok() || top > kMaxLevel || item.row == 0 || has_slot(item.slot)) return corrupt("node");
    item.vector = vector_of(item.slot);
    if (item.vector == nullptr) return corrupt("slot without a vector");
    if (allocate(item, top) != id) return corrupt("node order");
    slots_.reserve(item.slot, [] { return std::make_unique<SlotChunk>(); });
    slots_.chunk_of(item.slot).nodes[slots_.within(item.slot)].store(id, std::memory_order_release);
    for (unsigned l = 0; l <= top; l++) {
      const unsigned count = in.u8();
      if (count > link_limit(l)) return corrupt("neighbor count");
      Link* list = links(id, l);
      for (unsigned i = 0; i < count; i++) list[i].store(in.u32(), std::memory_order_relaxed);
    }
    if (!in.ok()) return corrupt("cut short");
    chunk(id).states[local(id)].store(State::kPresent, std::memory_order_release);
    present_.fetch_add(1, std::memory_order_relaxed);
  }
  // A list may mention nodes that follow its own, so links are checked at the end.
  for (NodeId id = 0; id < limit; id++)
    for (unsigned l = 0; is_present(id) && l <= level(id); l++)
      for (unsigned i = 0; i < link_limit(l); i++) {
        const NodeId neighbor = links(id, l)[i].load(std::memory_order_relaxed);
        if (neighbor == kNoNode) break;
        if (neighbor >= limit || neighbor == id || !is_present(neighbor) || level(neighbor) < l) return corrupt("neighbor");
      }
  if (entry == kNoNode ? present_.load() != 0 : entry >= limit || !is_present(entry)) return corrupt("entry point");
  if (entry != kNoNode) entry_.store({entry, level(entry)}, std::memory_order_release);
  const std::scoped_lock free_lock(free_latch_);
  free_ = std::move(unused);
  return Status::ok();
}

}  // namespace orrery::index::hnsw
