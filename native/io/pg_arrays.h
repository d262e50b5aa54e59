// pg_arrays.h: the elements of an array parameter of one dimension.
// Source: PostgreSQL documentation, "Array Input and Output Syntax"; the binary form of array_send.
#pragma once
#include "pg_parameters.h"

namespace orrery::io {

/// Appends the elements, which point into the parameter's bytes. False: more than `most`, or a form that is JavaScript's to judge (other
/// dimensions, bounds, escapes, blanks, another element type).
bool read_array(const PgParameter& parameter, PgType element, std::size_t most, PgParameters* out);

}  // namespace orrery::io
