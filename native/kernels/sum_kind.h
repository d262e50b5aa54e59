// sum_kind.h: the sums that distances are made of, as a parameter of the loops that make them.
#pragma once

namespace orrery::kernels {

enum class Sum { kL2, kDot, kL1 };  // of (a[i] - b[i])^2, of a[i] * b[i], of |a[i] - b[i]|

}  // namespace orrery::kernels
