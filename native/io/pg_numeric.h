// pg_numeric.h: numeric values as parameters, in the form that columns keep (numeric_send's bytes).
//
// Exact with up to 37 digits; more of them, an exponent, NaN and infinities, and what a column's precision refuses are JavaScript's.
// Sources: numeric.c of PostgreSQL 15 (apply_typmod, numeric_recv).
#pragma once
#include <string>
#include <string_view>

#include "../exec/pipeline/decimal.h"

namespace orrery::io {

bool read_numeric_text(std::string_view text, exec::Decimal* out) noexcept;
bool read_numeric_binary(std::string_view bytes, exec::Decimal* out) noexcept;
/// Rounds to the scale of `numeric(precision, scale)`, half away from zero. `modifier`: pg_attribute's; below 4 there is none. False: it does not fit.
bool apply_numeric_modifier(std::int32_t modifier, exec::Decimal* value) noexcept;
/// Replaces `out`.
void write_numeric(const exec::Decimal& value, std::string* out);

}  // namespace orrery::io
