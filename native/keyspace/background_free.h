// background_free.h: gives the memory of large values and of flushed databases back on a thread of its own, so that nobody who waits for a
// latch waits for that.
// Threads: any.
#pragma once
#include <cstdint>

#include "keyspace.h"

namespace orrery::keyspace {

/// Takes the value out of a node that is about to be erased, when freeing it would take long. The shard's latch is held.
void free_later(Value& value);
/// Empties a database; what was in it is freed later. The shard's latch is held.
void clear_later(Keyspace& keyspace, Database& database);

/// Redis' lazyfreed_objects: what UNLINK and FLUSH … ASYNC handed over. They count; this file only frees.
void count_lazily_freed(std::uint64_t objects) noexcept;
std::uint64_t lazily_freed() noexcept;
/// Values and databases that are not freed yet.
std::uint64_t waiting_to_be_freed() noexcept;

}  // namespace orrery::keyspace
