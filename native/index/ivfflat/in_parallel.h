// in_parallel.h: a range of work shared among threads, the caller's included.
#pragma once
#include <algorithm>
#include <cstddef>
#include <thread>
#include <vector>

namespace orrery::index::ivfflat {

/// Vectors between two looks at whether the statement shall end: each is compared with every centroid.
constexpr std::size_t kLook = 16;

/// Runs work(from, to) over [0, count) on `threads` >= 1 threads; returns when all have ended.
template <typename Work>
void in_parallel(std::size_t count, unsigned threads, const Work& work) {
  const std::size_t share = (count + threads - 1) / threads;
  std::vector<std::thread> others;
  for (std::size_t from = share; from < count; from += share) others.emplace_back([&work, from, to = std::min(count, from + share)] { work(from, to); });
  work(std::size_t{0}, std::min(count, share));
  for (auto& t : others) t.join();
}

}  // namespace orrery::index::ivfflat
