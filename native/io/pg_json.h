// pg_json.h: json and jsonb values as parameters.
//
// json is the text as it came, once its syntax is judged; jsonb is PostgreSQL's canonical text: keys by length and then bytes, the last of equal
// ones, numbers as numeric prints them, one blank behind `:` and `,`. What is not well-formed, deeper than 64, has an exponent (jsonb) or an
// escape of half a character or of NUL is JavaScript's, which knows the errors.
// Source: RFC 8259; PostgreSQL documentation, "JSON Types".
#pragma once
#include <string>
#include <string_view>

namespace orrery::io {

bool is_json(std::string_view text);
/// Replaces `out`.
bool read_jsonb(std::string_view text, std::string* out);

}  // namespace orrery::io
