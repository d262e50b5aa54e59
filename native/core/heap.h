// heap.h: the allocator's free pages go back to the system, so that the server's memory returns to its base after much was freed.
// Threads: any. It walks the whole heap: tens of milliseconds after a large statement, so not for a thread that answers clients.
#pragma once
#include <atomic>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace orrery {

/// Set by whoever freed what may be much; the vacuum thread returns it once nobody has set it for a while.
inline std::atomic<bool> heap_was_freed{false};

inline void return_free_memory() noexcept {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace orrery
