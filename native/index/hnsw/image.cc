// image.cc: the graph as checkpoint bytes and back (docs/formats/hnsw.md). Vectors of rows are not in it: the matrix
// store has them, and loading finds them by row id, since slots are not the same after a restart.
//
// Saving excludes inserts for as long as copying the lists takes. Loading checks everything that a walk relies on, since a
// damaged list would lead outside the arrays.
#include "hnsw.h"
#include "search_context.h"

namespace orrery::index::hnsw {
namespace {
constexpr std::uint32_t kMagic = 0x57534e48;  // "HNSW"
constexpr std::uint32_t kVersion = 2;
constexpr std::uint32_t kVersionWithoutQuantization = 1;
constexpr std::uint8_t kFree = 0xff;
constexpr std::uint8_t kRemovedFlag = 0x80;
}  // namespace

void Graph::save(ByteWriter& out, const Accept& current) const {
  const std::scoped_lock no_repair(vacuum_latch_);
  const std::unique_lock lock(structure_);
  const NodeId limit = node_limit();
  std::vector<bool> waits(limit, false);  // removed, but others still lead to it
  for (const NodeId id : removed_) waits[id] = true;
  out.u32(kMagic);
  out.u32(kVersion);
  out.u8(static_cast<std::uint8_t>(options_.metric));
  out.u32(options_.dimensions);
  out.u32(options_.m);
  out.u32(options_.ef_construction);
  out.u8(static_cast<std::uint8_t>(options_.quantization));
  out.u32(limit);
  out.u32(entry_.load(std::memory_order_acquire).node);
  for (NodeId id = 0; id < limit; id++) {
    if (!is_present(id) && !waits[id]) {
      out.u8(kFree);
      continue;
    }
    const bool live = is_present(id) && (!current || current(row(id), slot(id)));
    out.u8(static_cast<std::uint8_t>(level(id) | (live ? 0 : kRemovedFlag)));
    out.varint(row(id));
    if (!live) out.raw(vector(id), sizeof(float) * options_.dimensions);
    for (unsigned l = 0; l <= level(id); l++) {
      const Link* list = links(id, l);
      unsigned count = 0;
      while (count < link_limit(l) && list[count].load(std::memory_order_relaxed) != kNoNode) count++;
      out.u8(static_cast<std::uint8_t>(count));
      for (unsigned i = 0; i < count; i++) out.u32(list[i].load(std::memory_order_relaxed));
    }
  }
}

Quantization Graph::quantization_of(ByteReader in) {
  if (in.u32() != kMagic || in.u32() != kVersion) return Quantization::kNone;
  in.u8();  // metric
  for (int i = 0; i < 3; i++) in.u32();  // dimensions, m, ef_construction
  const auto quantization = static_cast<Quantization>(in.u8());
  return in.ok() ? quantization : Quantization::kNone;
}

Status Graph::load(ByteReader& in, const Locate& locate) {
  const auto corrupt = [](const char* what) { return Status::error(StatusCode::kCorrupt, std::string("hnsw image: ") + what); };
  const std::unique_lock lock(structure_);
  const bool is_image = in.u32() == kMagic;
  const std::uint32_t version = in.u32();
  if (!is_image || (version != kVersion && version != kVersionWithoutQuantization)) return corrupt("not an image of this version");
  if (in.u8() != static_cast<std::uint8_t>(options_.metric) || in.u32() != options_.dimensions || in.u32() != options_.m ||
      in.u32() != options_.ef_construction ||
      (version == kVersionWithoutQuantization ? 0 : in.u8()) != static_cast<std::uint8_t>(options_.quantization))
    return corrupt("other options than the index");
  const std::uint32_t limit = in.u32();
  const NodeId entry = in.u32();
  if (!in.ok() || limit > in.remaining() || node_limit() != 0) return corrupt("node count");
  std::vector<NodeId> unused;
  std::vector<float> values(options_.dimensions);
  for (NodeId id = 0; id < limit; id++) {
    const std::uint8_t kind = in.u8();
    if (kind == kFree) {
      if (allocate({}, 0) != id) return corrupt("node order");
      unused.push_back(id);
      continue;
    }
    const bool live = (kind & kRemovedFlag) == 0;
    const unsigned top = kind & ~kRemovedFlag;
    Item item;
    item.row = in.varint();
    if (!in.ok() || top > kMaxLevel || item.row == 0) return corrupt("node");
    if (live) {
      if (!locate(item.row, &item)) return corrupt("a row that is not there");
      const Claim claimed = claim(item.row, item.slot);
      if (claimed == Claim::kRefused) return corrupt("a row twice");
      if (allocate(item, top) != id) return corrupt("node order");
      settle(claimed, item.row, item.slot, id);
      chunk(id).states[local(id)].store(State::kPresent, std::memory_order_release);
      present_.fetch_add(1, std::memory_order_relaxed);
      loaded_.fetch_add(1, std::memory_order_relaxed);
    } else {
      const std::string_view bytes = in.raw(sizeof(float) * options_.dimensions);
      if (!in.ok()) return corrupt("cut short");
      std::memcpy(values.data(), bytes.data(), bytes.size());
      item.vector = values.data();
      if (allocate(item, top) != id) return corrupt("node order");
      remove_node(id, values.data());
    }
    for (unsigned l = 0; l <= top; l++) {
      const unsigned count = in.u8();
      if (count > link_limit(l)) return corrupt("neighbor count");
      Link* list = links(id, l);
      for (unsigned i = 0; i < count; i++) list[i].store(in.u32(), std::memory_order_relaxed);
    }
    if (!in.ok()) return corrupt("cut short");
  }
  // A list may mention nodes that follow its own, so links are checked at the end.
  std::vector<bool> is_free(limit, false);
  for (const NodeId id : unused) is_free[id] = true;
  for (NodeId id = 0; id < limit; id++)
    for (unsigned l = 0; !is_free[id] && l <= level(id); l++)
      for (unsigned i = 0; i < link_limit(l); i++) {
        const NodeId neighbor = links(id, l)[i].load(std::memory_order_relaxed);
        if (neighbor == kNoNode) break;
        if (neighbor >= limit || neighbor == id || is_free[neighbor] || level(neighbor) < l) return corrupt("neighbor");
      }
  if (entry != kNoNode && entry >= limit) return corrupt("entry point");
  if (entry != kNoNode && is_present(entry)) entry_.store({entry, level(entry)}, std::memory_order_release);
  else choose_entry();
  const std::scoped_lock free_lock(free_latch_);
  free_ = std::move(unused);
  return Status::ok();
}

}  // namespace orrery::index::hnsw
