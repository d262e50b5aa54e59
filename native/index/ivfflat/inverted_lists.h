// inverted_lists.h: vectors sorted into lists by their nearest centroid.
//
// Source: Jégou, Douze and Schmid, "Product Quantization for Nearest Neighbor Search" (IVF without the quantizer); centroids by k-means++
// (Arthur and Vassilvitskii 2007) and Lloyd's iterations over a sample. Under inner product and cosine the centroids have length one
// and the nearest is the one with the largest product, as in pgvector. Under Hamming distance a centroid is a bit string: each bit what most of the
// list's strings have.
//
// Invariants
//  1. Centroids do not change once train() or load() returned: a vector's list can be computed at any time.
//  2. An entry (row, slot) is in one list, once.
// Threads: train and load before anyone else; the rest from any thread, each list under its own latch.
#pragma once
#include <atomic>
#include <memory>
#include <shared_mutex>
#include <span>
#include <vector>

#include "../../core/bytes.h"
#include "../../core/status.h"
#include "../../kernels/bits.h"
#include "../../kernels/distance.h"
#include "../vector_column_index.h"

namespace orrery::index::ivfflat {

/// As in pgvector: no lists under L1 and Jaccard.
constexpr bool has_lists(Metric m) noexcept {
  return m == Metric::kL2 || m == Metric::kInnerProduct || m == Metric::kCosine || m == Metric::kHamming;
}

struct Options {
  Metric metric = Metric::kL2;  // one that has_lists()
  std::uint32_t dimensions = 0;
  std::uint32_t lists = 100;  // 1 to kMaxLists
};
constexpr std::uint32_t kMaxLists = 32768;

struct Entry {
  storage::RowId row;
  std::uint32_t slot;
};

class InvertedLists {
 public:
  explicit InvertedLists(const Options& options);

  /// Makes the centroids from a sample of `items`; with fewer of them than lists the others lie at random places. kInterrupted, as fill(): the
  /// statement shall end, and the lists are good for nothing.
  Status train(std::span<const VectorItem> items, unsigned threads);
  bool is_trained() const noexcept { return !centroids_.empty(); }
  /// Adds all; the caller knows that none is there.
  Status fill(std::span<const VectorItem> items, unsigned threads);
  /// Under cosine a zero vector has no direction and is left out, as in pgvector.
  void insert(const VectorItem& item);
  /// False: there was none.
  bool remove(const VectorItem& item) noexcept;

  /// All lists, the one with the nearest centroid first. query: float32[dimensions].
  std::vector<std::uint32_t> order(const float* query) const;
  /// Appends the entries of a list.
  void collect(std::uint32_t list, std::vector<Entry>& out) const;
  void each(const auto& visit) const {
    for (std::uint32_t i = 0; i < options_.lists; i++) {
      const std::shared_lock lock(lists_[i].latch);
      for (const Entry& e : lists_[i].entries) visit(e);
    }
  }
  /// Drops the entries for which `dead(entry)` says so. Recovery only.
  void erase_if(const auto& dead) {
    for (std::uint32_t i = 0; i < options_.lists; i++) entry_count_ -= std::erase_if(lists_[i].entries, dead);
  }

  /// The image (docs/formats/ivfflat.md): centroids, and the row ids of the entries that `current` accepts.
  void save(ByteWriter& out, const auto& current) const {
    out.raw(centroids_.data(), centroids_.size() * sizeof(float));
    std::vector<Entry> entries;
    for (std::uint32_t i = 0; i < options_.lists; i++) {
      entries.clear();
      collect(i, entries);
      std::erase_if(entries, [&](const Entry& e) { return !current(e); });
      out.varint(entries.size());
      for (const Entry& e : entries) out.varint(e.row);
    }
  }
  /// `locate(row, &item)`: where the row's vector is now. kCorrupt when the image does not hold together.
  Status load(ByteReader& in, const auto& locate) {
    std::vector<float> centroids(std::size_t{options_.lists} * options_.dimensions);
    const auto bytes = in.raw(centroids.size() * sizeof(float));
    if (!in.ok()) return Status::error(StatusCode::kCorrupt, "the centroids are cut short");
    std::memcpy(centroids.data(), bytes.data(), bytes.size());
    for (std::uint32_t i = 0; i < options_.lists; i++) {
      const std::uint64_t count = in.varint();
      if (count > in.remaining()) return Status::error(StatusCode::kCorrupt, "a list is cut short");
      for (std::uint64_t n = 0; n < count; n++) {
        VectorItem item;
        if (!locate(in.varint(), &item)) return Status::error(StatusCode::kCorrupt, "a list names a row that is not there");
        lists_[i].entries.push_back({item.row, item.slot});
      }
      entry_count_ += count;
    }
    if (!in.ok()) return Status::error(StatusCode::kCorrupt, "the lists are cut short");
    centroids_ = std::move(centroids);
    return Status::ok();
  }

  const Options& options() const noexcept { return options_; }
  std::uint64_t entry_count() const noexcept { return entry_count_.load(std::memory_order_relaxed); }
  std::size_t memory_bytes() const noexcept {
    return centroids_.size() * sizeof(float) + entry_count() * sizeof(Entry) + options_.lists * sizeof(List);
  }

 private:
  struct List {
    mutable std::shared_mutex latch;
    std::vector<Entry> entries;
  };
  bool is_spherical() const noexcept { return options_.metric == Metric::kInnerProduct || options_.metric == Metric::kCosine; }
  bool has_direction(const float* vector) const noexcept;
  /// How lists are ordered: squared distance, minus the product, or the bits that differ.
  float distance(const float* vector, const float* centroid) const noexcept;
  std::uint32_t nearest(const float* vector, std::span<const float> centroids) const noexcept;

  const Options options_;
  const kernels::DistanceKernels& kernels_;
  std::vector<float> centroids_;  // [lists][dimensions]; empty before training
  std::unique_ptr<List[]> lists_;
  std::atomic<std::uint64_t> entry_count_{0};
};

/// k-means over `samples` (float32[count][dimensions]): the centroids, float32[lists][dimensions]. The same input gives the same result.
Status cluster(const Options& options, std::vector<float> samples, unsigned threads, std::vector<float>* centroids);

}  // namespace orrery::index::ivfflat
