// inverted_lists.cc: which list a vector belongs to; filling, inserting, removing.
#include "inverted_lists.h"

#include <algorithm>
#include <numeric>

#include "../../core/interrupt.h"
#include "in_parallel.h"

namespace orrery::index::ivfflat {
namespace {

/// pgvector's: fifty vectors a list, ten thousand at least.
std::size_t sample_size(std::uint32_t lists) noexcept { return std::max<std::size_t>(10'000, std::size_t{50} * lists); }

}  // namespace

InvertedLists::InvertedLists(const Options& options)
    : options_(options), kernels_(kernels::distance_kernels()), lists_(new List[options.lists]) {}

bool InvertedLists::has_direction(const float* vector) const noexcept {
  return options_.metric != Metric::kCosine || kernels_.inner_product(vector, vector, options_.dimensions) > 0;
}

float InvertedLists::distance(const float* vector, const float* centroid) const noexcept {
  if (options_.metric == Metric::kHamming) return static_cast<float>(kernels::bit_kernels().hamming(vector, centroid, options_.dimensions));
  return is_spherical() ? -kernels_.inner_product(vector, centroid, options_.dimensions) : kernels_.l2_squared(vector, centroid, options_.dimensions);
}

std::uint32_t InvertedLists::nearest(const float* vector, std::span<const float> centroids) const noexcept {
  std::uint32_t best = 0;
  float best_distance = std::numeric_limits<float>::infinity();
  for (std::uint32_t i = 0; i < options_.lists; i++) {
    const float d = distance(vector, centroids.data() + std::size_t{i} * options_.dimensions);
    if (d < best_distance) {
      best = i;
      best_distance = d;
    }
  }
  return best;
}

Status InvertedLists::train(std::span<const VectorItem> items, unsigned threads) {
  const std::size_t want = std::min(items.size(), sample_size(options_.lists));
  std::vector<float> samples;
  samples.reserve(want * options_.dimensions);
  // Every (size / want)-th: rows come in insertion order, which may itself be clustered.
  for (std::size_t i = 0; i < want; i++) {
    const float* vector = items[i * items.size() / want].vector;
    if (has_direction(vector)) samples.insert(samples.end(), vector, vector + options_.dimensions);
  }
  return cluster(options_, std::move(samples), threads, &centroids_);
}

Status InvertedLists::fill(std::span<const VectorItem> items, unsigned threads) {
  const Interrupt interrupt = current_interrupt();
  std::vector<std::uint32_t> list_of(items.size());
  in_parallel(items.size(), threads, [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; i++) {
      if (i % kLook == 0 && interrupt.is_due()) return;
      list_of[i] = has_direction(items[i].vector) ? nearest(items[i].vector, centroids_) : UINT32_MAX;
    }
  });
  if (interrupt.is_due()) return Status::error(StatusCode::kInterrupted);
  for (std::size_t i = 0; i < items.size(); i++) {
    if (list_of[i] == UINT32_MAX) continue;
    List& list = lists_[list_of[i]];
    const std::unique_lock lock(list.latch);
    list.entries.push_back({items[i].row, items[i].slot});
    entry_count_++;
  }
  return Status::ok();
}

void InvertedLists::insert(const VectorItem& item) {
  if (!has_direction(item.vector)) return;
  List& list = lists_[nearest(item.vector, centroids_)];
  const std::unique_lock lock(list.latch);
  list.entries.push_back({item.row, item.slot});
  entry_count_++;
}

bool InvertedLists::remove(const VectorItem& item) noexcept {
  List& list = lists_[nearest(item.vector, centroids_)];
  const std::unique_lock lock(list.latch);
  const auto found = std::find_if(list.entries.begin(), list.entries.end(), [&](const Entry& e) { return e.row == item.row && e.slot == item.slot; });
  if (found == list.entries.end()) return false;
  *found = list.entries.back();
  list.entries.pop_back();
  entry_count_--;
  return true;
}

std::vector<std::uint32_t> InvertedLists::order(const float* query) const {
  std::vector<float> distances(options_.lists);
  for (std::uint32_t i = 0; i < options_.lists; i++) distances[i] = distance(query, centroids_.data() + std::size_t{i} * options_.dimensions);
  std::vector<std::uint32_t> lists(options_.lists);
  std::iota(lists.begin(), lists.end(), 0u);
  std::stable_sort(lists.begin(), lists.end(), [&](std::uint32_t a, std::uint32_t b) { return distances[a] < distances[b]; });
  return lists;
}

void InvertedLists::collect(std::uint32_t list, std::vector<Entry>& out) const {
  const std::shared_lock lock(lists_[list].latch);
  out.insert(out.end(), lists_[list].entries.begin(), lists_[list].entries.end());
}

}  // namespace orrery::index::ivfflat
