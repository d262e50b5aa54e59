#include "background_free.h"

#include <atomic>

#include "../core/task_pool.h"
#include "shared_buffers.h"
#include "value_walk.h"

namespace orrery::keyspace {
namespace {

/// Fewer keys of a shard are freed where they are: about a tenth of a millisecond.
constexpr std::size_t kManyKeys = 512;

std::atomic<std::uint64_t> freed_lazily{0}, waiting{0};

TaskPool& pool() {
  // What the destructors need must outlive the pool.
  static TaskPool& only = []() -> TaskPool& {
    (void)SharedBuffers::instance();
    static TaskPool p(1);
    return p;
  }();
  return only;
}

template <typename Held> void submit(std::unique_ptr<Held> held) {
  waiting.fetch_add(1, std::memory_order_relaxed);
  pool().submit([owned = std::shared_ptr<Held>(std::move(held))]() mutable {
    // When the process ends its memory goes anyway.
    static auto* left = new std::vector<std::shared_ptr<void>>();
    if (pool().ending()) left->push_back(std::move(owned));
    owned.reset();
    waiting.fetch_sub(1, std::memory_order_relaxed);
  });
}

}  // namespace

void free_later(Value& value) {
  // A walk takes over what it has not written of a collection when that is deleted, which happens under the latch.
  if (!ValueWalk::is_large(value) || ValueWalk::of(value) != nullptr) return;
  submit(std::make_unique<Value>(std::move(value)));
}

void clear_later(Keyspace& keyspace, Database& database) {
  // While a snapshot is written a collection of this database may be walked: such a one is given over under the latch.
  const std::unique_lock alone(keyspace.snapshot_mutex, std::try_to_lock);
  if (database.keys.size() < kManyKeys || !alone.owns_lock()) return database.clear();
  const bool is_ordered = database.ordered != nullptr;
  auto old = std::make_unique<Database>();
  database.swap(*old);
  database.keep_ordered(is_ordered);
  submit(std::move(old));
}

void count_lazily_freed(std::uint64_t objects) noexcept { freed_lazily.fetch_add(objects, std::memory_order_relaxed); }
std::uint64_t lazily_freed() noexcept { return freed_lazily.load(std::memory_order_relaxed); }
std::uint64_t waiting_to_be_freed() noexcept { return waiting.load(std::memory_order_relaxed); }

}  // namespace orrery::keyspace
