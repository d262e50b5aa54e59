// thread_turns.h: how long a thread keeps a core that others want, too.
#pragma once
#include <cstdint>
#if defined(__linux__)
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace orrery {

#if defined(__linux__) && defined(SYS_sched_setattr)
struct SchedulerAttributes {  // struct sched_attr, first version
  std::uint32_t size = sizeof(SchedulerAttributes), policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0, deadline = 0, period = 0;
};
#endif

/// Sets the length of this thread's turns (0: the system's) and returns the one before.
/// Linux from 6.12 on (sched_setattr(2), sched_runtime of SCHED_OTHER); elsewhere nothing happens.
inline std::uint64_t set_turn_nanos([[maybe_unused]] std::uint64_t nanos) noexcept {
#if defined(__linux__) && defined(SYS_sched_setattr)
  SchedulerAttributes attributes;
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) != 0 || attributes.policy != 0) return 0;
  attributes.flags = 0;
  const std::uint64_t before = attributes.runtime;
  attributes.runtime = nanos;
  (void)syscall(SYS_sched_setattr, 0, &attributes, 0);
  return before;
#else
  return 0;
#endif
}

/// Asks the scheduler for short turns of this thread. Who has them is let in at once when it wakes, although another thread is in the middle of
/// a long turn: a thread that answers within microseconds need not wait for one that computes. It gets no more of the processor than before.
inline void prefer_short_turns() noexcept { (void)set_turn_nanos(100'000); }  // the least that is allowed

/// How often this thread was put aside for another one while it wanted to run; 0 where the system does not tell.
inline std::uint64_t times_put_aside() noexcept {
#if defined(__linux__)
  rusage usage{};
  return getrusage(RUSAGE_THREAD, &usage) == 0 ? static_cast<std::uint64_t>(usage.ru_nivcsw) : 0;
#else
  return 0;
#endif
}

}  // namespace orrery
