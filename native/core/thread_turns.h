// thread_turns.h: how long a thread keeps a core that others want, too.
#pragma once
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#endif

namespace orrery {

/// Asks the scheduler for short turns of this thread. Who has them is let in at once when it wakes, although another thread is in the middle of
/// a long turn: a thread that answers within microseconds need not wait for one that computes. It gets no more of the processor than before.
/// Linux from 6.12 on (sched_setattr(2), sched_runtime of SCHED_OTHER); elsewhere nothing happens.
inline void prefer_short_turns() noexcept {
#if defined(__linux__) && defined(SYS_sched_setattr)
  struct Attributes {  // struct sched_attr, first version
    std::uint32_t size = sizeof(Attributes), policy = 0;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime = 0, deadline = 0, period = 0;
  } attributes;
  constexpr std::uint64_t kTurnNanos = 100'000;  // the least that is allowed
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) != 0 || attributes.policy != 0) return;
  attributes.flags = 0;
  attributes.runtime = kTurnNanos;
  (void)syscall(SYS_sched_setattr, 0, &attributes, 0);
#endif
}

}  // namespace orrery
