// unroll.h: unrolls the loop that follows. At -O2 GCC keeps an array of accumulators in memory unless told to.
#pragma once

#if defined(__clang__)
#define ORRERY_UNROLL _Pragma("clang loop unroll(full)")
#else
#define ORRERY_UNROLL _Pragma("GCC unroll 8")
#endif
