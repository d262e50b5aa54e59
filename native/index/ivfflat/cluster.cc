// cluster.cc: the centroids of inverted lists.
#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

#include "../../core/interrupt.h"
#include "in_parallel.h"
#include "inverted_lists.h"

namespace orrery::index::ivfflat {
namespace {

/// Lloyd's iterations mostly settle the lists well before this; later ones move few vectors.
constexpr unsigned kIterations = 12;
/// Where nothing is random but must differ: the same rows give the same lists.
constexpr std::uint64_t kSeed = 0x6f727265;

void normalize(float* vector, std::uint32_t dimensions) {
  double sum = 0;
  for (std::uint32_t i = 0; i < dimensions; i++) sum += static_cast<double>(vector[i]) * vector[i];
  if (sum <= 0) return;
  const double factor = 1 / std::sqrt(sum);
  for (std::uint32_t i = 0; i < dimensions; i++) vector[i] = static_cast<float>(vector[i] * factor);
}

class Clustering {
 public:
  Clustering(const Options& options, std::vector<float> samples, unsigned threads)
      : options_(options), samples_(std::move(samples)), count_(samples_.size() / options.dimensions), threads_(std::max(1u, threads)),
        kernels_(kernels::distance_kernels()) {
    if (is_spherical()) for (std::size_t i = 0; i < count_; i++) normalize(sample(i), options_.dimensions);
  }

  Status run(std::vector<float>* centroids) {
    choose_initial();
    std::vector<std::uint32_t> nearest(count_, UINT32_MAX);
    for (unsigned iteration = 0; iteration < kIterations && count_ > 0; iteration++) {
      if (!assign(nearest) || interrupt_.is_due()) break;
      move(nearest);
    }
    if (interrupt_.is_due()) return Status::error(StatusCode::kInterrupted);
    *centroids = std::move(centroids_);
    return Status::ok();
  }

 private:
  bool is_spherical() const noexcept { return options_.metric == Metric::kInnerProduct || options_.metric == Metric::kCosine; }
  bool is_bits() const noexcept { return options_.metric == Metric::kHamming; }
  float* sample(std::size_t i) noexcept { return samples_.data() + i * options_.dimensions; }
  float* centroid(std::size_t i) noexcept { return centroids_.data() + i * options_.dimensions; }
  float distance(const float* a, const float* b) const noexcept {
    if (is_bits()) return static_cast<float>(kernels::bit_kernels().hamming(a, b, options_.dimensions));
    return kernels_.l2_squared(a, b, options_.dimensions);
  }

  /// k-means++: each next one with a probability that grows with its distance from those chosen. Places that no sample fills are random.
  void choose_initial() {
    std::mt19937_64 random(kSeed);
    centroids_.resize(std::size_t{options_.lists} * options_.dimensions);
    std::vector<float> gaps(count_, std::numeric_limits<float>::infinity());
    std::size_t chosen = 0;
    std::size_t next = count_ == 0 ? 0 : random() % count_;
    for (; chosen < std::min<std::size_t>(options_.lists, count_); chosen++) {
      if (interrupt_.is_due()) return;
      std::copy_n(sample(next), options_.dimensions, centroid(chosen));
      in_parallel(count_, threads_, [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; i++) gaps[i] = std::min(gaps[i], distance(sample(i), centroid(chosen)));
      });
      double sum = 0;
      for (const float g : gaps) sum += g;
      if (!(sum > 0)) { chosen++; break; }  // every sample is a centroid
      double at = std::uniform_real_distribution<double>(0, sum)(random);
      for (next = 0; next + 1 < count_ && (at -= gaps[next]) >= 0;) next++;
    }
    std::uniform_real_distribution<float> place(0, 1);
    for (; chosen < options_.lists; chosen++) {
      for (std::uint32_t d = 0; d < options_.dimensions; d++)
        centroid(chosen)[d] = is_bits() ? std::bit_cast<float>(static_cast<std::uint32_t>(random())) : place(random);
      if (is_spherical()) normalize(centroid(chosen), options_.dimensions);
    }
  }

  /// False when nothing changed.
  bool assign(std::vector<std::uint32_t>& nearest) {
    std::atomic<bool> changed{false};
    in_parallel(count_, threads_, [&](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i < to; i++) {
        if (i % kLook == 0 && interrupt_.is_due()) return;
        std::uint32_t best = 0;
        float best_distance = std::numeric_limits<float>::infinity();
        for (std::uint32_t c = 0; c < options_.lists; c++) {
          // Under a sphere's metric all have length one: the order is that of the products.
          const float d = distance(sample(i), centroid(c));
          if (d < best_distance) { best = c; best_distance = d; }
        }
        if (nearest[i] != best) { nearest[i] = best; changed.store(true, std::memory_order_relaxed); }
      }
    });
    return changed;
  }

  /// Each bit of a centroid becomes what most of its samples have (k-modes, Huang 1998).
  void move_bits(const std::vector<std::uint32_t>& nearest) {
    std::vector<std::uint32_t> ones(centroids_.size() * 32, 0), counts(options_.lists, 0);
    const auto word_of = [](const float* at) { return std::bit_cast<std::uint32_t>(*at); };
    for (std::size_t i = 0; i < count_; i++) {
      std::uint32_t* sum = ones.data() + std::size_t{nearest[i]} * options_.dimensions * 32;
      for (std::uint32_t d = 0; d < options_.dimensions; d++)
        for (std::uint32_t word = word_of(sample(i) + d); word != 0; word &= word - 1) sum[d * 32 + static_cast<unsigned>(std::countr_zero(word))]++;
      counts[nearest[i]]++;
    }
    for (std::uint32_t c = 0; c < options_.lists; c++) {
      if (counts[c] == 0) continue;
      for (std::uint32_t d = 0; d < options_.dimensions; d++) {
        std::uint32_t word = 0;
        for (unsigned b = 0; b < 32; b++)
          if (2 * ones[(std::size_t{c} * options_.dimensions + d) * 32 + b] > counts[c]) word |= 1u << b;
        centroid(c)[d] = std::bit_cast<float>(word);
      }
    }
  }

  /// A centroid goes to the mean of its samples; one that has none stays.
  void move(const std::vector<std::uint32_t>& nearest) {
    if (is_bits()) return move_bits(nearest);
    std::vector<double> sums(centroids_.size(), 0);
    std::vector<std::uint32_t> counts(options_.lists, 0);
    for (std::size_t i = 0; i < count_; i++) {
      double* sum = sums.data() + std::size_t{nearest[i]} * options_.dimensions;
      for (std::uint32_t d = 0; d < options_.dimensions; d++) sum[d] += sample(i)[d];
      counts[nearest[i]]++;
    }
    for (std::uint32_t c = 0; c < options_.lists; c++) {
      if (counts[c] == 0) continue;
      for (std::uint32_t d = 0; d < options_.dimensions; d++)
        centroid(c)[d] = static_cast<float>(sums[std::size_t{c} * options_.dimensions + d] / counts[c]);
      if (is_spherical()) normalize(centroid(c), options_.dimensions);
    }
  }

  const Options& options_;
  const Interrupt interrupt_ = current_interrupt();  // each thread that helps looks at it
  std::vector<float> samples_;
  const std::size_t count_;
  const unsigned threads_;
  const kernels::DistanceKernels& kernels_;
  std::vector<float> centroids_;
};

}  // namespace

Status cluster(const Options& options, std::vector<float> samples, unsigned threads, std::vector<float>* centroids) {
  return Clustering(options, std::move(samples), threads).run(centroids);
}

}  // namespace orrery::index::ivfflat
