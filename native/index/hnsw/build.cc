// build.cc: filling a graph with several threads. Each takes the next few items; inserts are safe beside each other.
#include <algorithm>
#include <thread>

#include "../../core/interrupt.h"
#include "hnsw.h"
#include "search_context.h"

namespace orrery::index::hnsw {

Status Graph::build(std::span<const Item> items, unsigned threads) {
  const Interrupt interrupt = current_interrupt();
  constexpr std::size_t kGrain = 16;  // an insert takes long next to one atomic addition
  // The first ones go in alone: threads that all start from an empty graph would not see each other's nodes.
  const std::size_t alone = std::min<std::size_t>(items.size(), 64);
  for (std::size_t i = 0; i < alone; i++)
    if (Status s = insert(items[i]); !s.is_ok()) return s;
  interrupt.expect(items.size());
  interrupt.advance(alone);
  std::atomic<std::size_t> next{alone};
  std::mutex latch;
  Status failure;
  const auto work = [&] {
    for (;;) {
      const std::size_t from = next.fetch_add(kGrain);
      if (from >= items.size()) return;
      if (interrupt.is_due()) {
        const std::scoped_lock lock(latch);
        failure = Status::error(StatusCode::kInterrupted);
        next.store(items.size());
        return;
      }
      for (std::size_t i = from; i < std::min(from + kGrain, items.size()); i++)
        if (Status s = insert(items[i]); !s.is_ok()) {
          const std::scoped_lock lock(latch);
          failure = std::move(s);
          next.store(items.size());
          return;
        }
      interrupt.advance(std::min(kGrain, items.size() - from));
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads && items.size() > 4 * alone; i++) others.emplace_back(work);
  work();
  for (auto& t : others) t.join();
  return failure;
}

}  // namespace orrery::index::hnsw
