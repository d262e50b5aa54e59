// match_map.cc: looking at new versions; which predicates have a map.
#include "match_map.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace orrery::index {
namespace {

constexpr std::size_t kMaps = 64;
constexpr std::size_t kBytes = 16u << 20;  // of all maps of an index: the last one may exceed it
constexpr std::size_t kKeyBytes = 4096;    // longer predicates (IN of thousands) are not kept
constexpr std::size_t kSeen = 256;
/// So few rows are judged in the time that a search takes without a map: a predicate gets its map at once.
constexpr storage::RowId kAtOnce = 1u << 17;
/// Looking at more would hold a JavaScript thread for long.
constexpr storage::RowId kMost = 1u << 24;

}  // namespace

MatchMap::View MatchMap::view(const storage::Relation& relation, std::uint32_t column, const ChunkFilter& filter) {
  const std::scoped_lock lock(latch_);
  if (words_ == nullptr || looked_ > std::max<std::uint64_t>(kAtOnce, 2 * looked_first_)) {
    words_ = nullptr;
    chunk_ = covered_ = 0;
    count_ = looked_ = looked_first_ = 0;
  }
  const bool is_new = words_ == nullptr;
  // Only the last chunk gets new versions (Relation::allocate), so earlier ones have none.
  for (std::uint32_t i = chunk_, chunks = relation.chunk_count(); i < chunks; i++) {
    const storage::Chunk* chunk = relation.chunk(i);
    const std::uint32_t from = i == chunk_ ? covered_ : 0, to = chunk == nullptr ? from : chunk->count();
    if (to > from) {
      make_room(relation.column(column).matrix->slot_count());
      look(*chunk, from, to, column, filter);
    }
    chunk_ = i;
    covered_ = to;
  }
  if (words_ == nullptr) make_room(1);
  if (is_new) looked_first_ = looked_;
  View view;
  view.words_ = words_;
  view.count_ = count_;
  return view;
}

void MatchMap::look(const storage::Chunk& chunk, std::uint32_t from, std::uint32_t to, std::uint32_t column, const ChunkFilter& filter) {
  slots_.resize(to - from);
  std::iota(slots_.begin(), slots_.end(), from);
  filter(chunk, slots_);
  for (const std::uint32_t at : slots_) {
    const std::uint32_t slot = chunk.vector_slot(column, at);
    if (slot == storage::MatrixStore::kNoSlot) continue;
    std::atomic<std::uint64_t>& word = words_->bits[slot >> 6];
    const std::uint64_t bit = 1ull << (slot & 63), old = word.load(std::memory_order_relaxed);
    if ((old & bit) != 0) continue;
    word.store(old | bit, std::memory_order_relaxed);  // only the holder of the latch writes
    count_++;
  }
  looked_ += to - from;
}

/// Searches keep what they have: those bits are all that their snapshots can need.
void MatchMap::make_room(std::size_t slots) {
  const std::size_t need = (slots + 63) / 64;
  if (words_ != nullptr && words_->size >= need) return;
  auto grown = std::make_shared<Words>(words_ == nullptr ? need : need + need / 4);
  for (std::size_t i = 0; words_ != nullptr && i < words_->size; i++)
    grown->bits[i].store(words_->bits[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
  words_ = std::move(grown);
  bytes_.store(words_->size * sizeof(std::uint64_t), std::memory_order_relaxed);
}

MatchMap::View MatchMaps::view(std::string_view key, const storage::Relation& relation, std::uint32_t column, const ChunkFilter& filter) {
  const std::shared_ptr<MatchMap> map = find(key, relation);
  if (map == nullptr) return {};
  MatchMap::View view = map->view(relation, column, filter);
  trim();
  return view;
}

std::shared_ptr<MatchMap> MatchMaps::find(std::string_view key, const storage::Relation& relation) {
  const std::scoped_lock lock(latch_);
  if (!has_settled_columns(relation)) return nullptr;
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
  if (found != entries_.end()) {
    std::rotate(found, found + 1, entries_.end());
    return entries_.back().map;
  }
  const storage::RowId rows = relation.row_limit();
  if (key.size() > kKeyBytes || rows > kMost) return nullptr;
  if (rows > kAtOnce && !was_seen(std::hash<std::string_view>{}(key))) return nullptr;
  entries_.push_back({std::string(key), std::make_shared<MatchMap>()});
  return entries_.back().map;
}

/// A column that was added and rolled back leaves its place to another one with other values in old rows. Maps of other columns than now are dropped.
bool MatchMaps::has_settled_columns(const storage::Relation& relation) {
  const std::uint32_t columns = relation.column_count();
  const storage::CommitTs added = relation.column(columns - 1).added.load(std::memory_order_acquire);
  if (std::exchange(columns_, columns) != columns || std::exchange(last_added_, added) != added) {
    entries_.clear();
    last_added_ = added;
  }
  return added != 0;
}

/// Notes it.
bool MatchMaps::was_seen(std::size_t hash) {
  if (std::find(seen_.begin(), seen_.end(), hash) != seen_.end()) return true;
  if (seen_.size() < kSeen) seen_.push_back(hash);
  else seen_[seen_next_++ % kSeen] = hash;
  return false;
}

void MatchMaps::trim() {
  const std::scoped_lock lock(latch_);
  std::size_t bytes = 0, kept = 0;
  for (auto e = entries_.rbegin(); e != entries_.rend() && kept < kMaps && (kept == 0 || bytes + e->map->memory_bytes() <= kBytes); ++e, kept++)
    bytes += e->map->memory_bytes();
  entries_.erase(entries_.begin(), entries_.end() - static_cast<std::ptrdiff_t>(kept));
}

std::size_t MatchMaps::memory_bytes() const {
  const std::scoped_lock lock(latch_);
  std::size_t bytes = 0;
  for (const Entry& e : entries_) bytes += e.key.size() + e.map->memory_bytes();
  return bytes;
}

}  // namespace orrery::index
