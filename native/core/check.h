// check.h: assertions for what would be our own mistake, never the client's or the disk's.
//
// ORRERY_ASSERT stays on in every build: a broken invariant in storage must stop the process, because
// the log is the way back and a wrong page is not. ORRERY_VERIFY is for costly checks (tests, sanitizers).
#pragma once
#include <cstdio>
#include <cstdlib>

namespace orrery {
[[noreturn]] inline void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "orrery: assertion failed: %s (%s:%d)\n", expression, file, line);
  std::abort();
}
}  // namespace orrery

#define ORRERY_ASSERT(expression) \
  ((expression) ? (void)0 : ::orrery::assertion_failed(#expression, __FILE__, __LINE__))
#ifdef ORRERY_VERIFY_ON
#define ORRERY_VERIFY(expression) ORRERY_ASSERT(expression)
#else
#define ORRERY_VERIFY(expression) ((void)0)
#endif
