// sample.h: distinct elements at random, for SPOP, SRANDMEMBER, HRANDFIELD and ZRANDMEMBER with a count.
//
// Few of many are drawn one by one and drawn again when they come twice; many of few are chosen in one pass over all. So the cost goes with
// what is asked for, not with the size of the collection.
#pragma once
#include <cstddef>
#include <unordered_set>

#include "random.h"

namespace orrery::keyspace {

/// Below a third most draws are new.
constexpr bool draws_are_cheaper(std::size_t wanted, std::size_t size) noexcept { return wanted <= size / 3; }

/// `wanted` different results of `draw()`; `use(result)` for each.
template <typename Result, typename Draw, typename Use>
void draw_distinct(std::size_t wanted, Draw&& draw, Use&& use) {
  std::unordered_set<Result> seen;
  while (seen.size() < wanted)
    if (const auto [at, is_new] = seen.insert(draw()); is_new) use(*at);
}

/// A uniform choice of `wanted` elements in one pass: `each(visit)` visits all `size` of them, `use` gets the chosen ones.
template <typename Each, typename Use>
void choose_in_one_pass(std::size_t wanted, std::size_t size, Each&& each, Use&& use) {
  std::size_t left = size;
  each([&](const auto&... element) {
    if (wanted > 0 && random_below(left) < wanted) {
      use(element...);
      wanted--;
    }
    left--;
  });
}

}  // namespace orrery::keyspace
