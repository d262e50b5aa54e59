// match_map.h: which vectors of a column may belong to a row that satisfies a predicate: a bit for each slot of the column's matrix, kept between
// searches with the same predicate, so that a search asks a bit where it would have to find a row's version and compare its values.
//
// Row versions never change, so what a predicate says of one is said for good: a map looks only at versions that came since it was last asked.
//
// Invariants
//  1. A bit is set when any version with that slot among those looked at satisfies the predicate, whoever sees it. So a row that satisfies it under a
//     snapshot taken before View was has its bit; the reverse needs a look at the row (versions end, slots are used again).
//  2. Bits are only ever set. A map that has looked at twice as many versions as when it was made is made anew.
// Threads: any; the caller's snapshot keeps the chunks.
#pragma once
#include <atomic>
#include <bit>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "../storage/relation.h"

namespace orrery::index {

/// Keeps those of `slots` (places in the chunk, ascending) that satisfy a predicate.
using ChunkFilter = std::function<void(const storage::Chunk& chunk, std::vector<std::uint32_t>& slots)>;

class MatchMap {
  struct Words {
    explicit Words(std::size_t n) : size(n), bits(new std::atomic<std::uint64_t>[n]()) {}
    const std::size_t size;
    const std::unique_ptr<std::atomic<std::uint64_t>[]> bits;
  };

 public:
  /// As a search reads it. Default: there is no map.
  class View {
   public:
    View() = default;
    explicit operator bool() const noexcept { return words_ != nullptr; }
    bool has(std::uint32_t slot) const noexcept {
      const std::size_t word = slot >> 6;
      return word < words_->size && ((words_->bits[word].load(std::memory_order_relaxed) >> (slot & 63)) & 1) != 0;
    }
    /// Bits that are set: at least as many as rows that match.
    std::uint64_t count() const noexcept { return count_; }
    /// Calls `visit(slot)` for each bit, ascending.
    template <typename Visit>
    void each(const Visit& visit) const {
      for (std::size_t word = 0; word < words_->size; word++)
        for (std::uint64_t bits = words_->bits[word].load(std::memory_order_relaxed); bits != 0; bits &= bits - 1)
          visit(static_cast<std::uint32_t>(word << 6 | static_cast<unsigned>(std::countr_zero(bits))));
    }

   private:
    friend class MatchMap;
    std::shared_ptr<const Words> words_;
    std::uint64_t count_ = 0;
  };

  /// With every version that is published.
  View view(const storage::Relation& relation, std::uint32_t column, const ChunkFilter& filter);
  std::size_t memory_bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

 private:
  void look(const storage::Chunk& chunk, std::uint32_t from, std::uint32_t to, std::uint32_t column, const ChunkFilter& filter);
  void make_room(std::size_t slots);

  std::mutex latch_;
  std::shared_ptr<Words> words_;
  std::uint64_t count_ = 0;
  std::uint32_t chunk_ = 0, covered_ = 0;      // versions of earlier chunks, and of this one below `covered_`, were looked at
  std::uint64_t looked_ = 0, looked_first_ = 0;  // versions: since it was made, and when it was made
  std::vector<std::uint32_t> slots_;
  std::atomic<std::size_t> bytes_{0};
};

/// The maps of the predicates that an index was asked for lately, bounded in number and bytes.
class MatchMaps {
 public:
  /// `key`: the predicate's bytes. No view where a map would cost more than it saves: of a large table, for a predicate that was not seen lately.
  MatchMap::View view(std::string_view key, const storage::Relation& relation, std::uint32_t column, const ChunkFilter& filter);
  std::size_t memory_bytes() const;

 private:
  std::shared_ptr<MatchMap> find(std::string_view key, const storage::Relation& relation);
  bool has_settled_columns(const storage::Relation& relation);
  bool was_seen(std::size_t hash);
  void trim();

  struct Entry {
    std::string key;
    std::shared_ptr<MatchMap> map;
  };
  mutable std::mutex latch_;
  std::vector<Entry> entries_;      // the one asked for last is at the end
  std::vector<std::size_t> seen_;   // hashes of predicates without a map: a ring
  std::size_t seen_next_ = 0;
  std::uint32_t columns_ = 0;              // the relation's columns when the maps were made,
  storage::CommitTs last_added_ = 0;       // and when its last one came
};

}  // namespace orrery::index
