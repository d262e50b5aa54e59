// pg_parameters.h: parameters of Bind, and literals of a simple query's text, as the columns of a key.
//
// Only the forms that clients write are read; whatever else PostgreSQL would accept or refuse (blanks, signs, a NULL, digits without end) is
// nothing here, so that JavaScript answers it.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "../index/btree/key.h"
#include "pg_state.h"

namespace orrery::io {

struct PgParameter {
  std::string_view bytes;
  bool binary = false;
  bool is_null = false;
};
using PgParameters = std::vector<PgParameter>;

enum class KeyMade : std::uint8_t {
  kYes,
  kNoSuchKey,  // a value that the column's type cannot hold: no row has it
  kOther,      // a form that is JavaScript's to judge
};

/// Appends the value of key column `column` to a key that has the columns before it.
KeyMade append_key(const index::KeyEncoder& encoder, std::size_t column, PgType type, const PgParameter& parameter, index::Key& key);
/// Encodes the key of `plan`, or the columns of it that a search holds equal.
KeyMade make_key(const PgPlan& plan, const PgParameters& parameters, index::Key& key);

/// The plan of `state` whose text this query is, with its literals as parameters. nullptr: none.
PgPlan* plan_of_text(PgState& state, std::string_view query, PgParameters& parameters);
/// The same for the first of several statements, which is taken off with the semicolon and the blanks behind it.
PgPlan* next_plan_of_text(PgState& state, std::string_view* query, PgParameters& parameters);

// One value. False: a form that is JavaScript's to judge. None of them takes a NULL.
/// An integer of `type`'s range.
bool read_integer(const PgParameter& parameter, PgType type, std::int64_t* out) noexcept;
/// The number of rows that a LIMIT means, `most` + 1 where it is more; nullopt: JavaScript's.
std::optional<std::uint32_t> limit_of(std::uint32_t limit, const std::optional<PgKey>& parameter, const PgParameters& parameters, std::uint32_t most);
bool read_uuid(const PgParameter& parameter, char (&out)[16]) noexcept;
/// -1: none.
int hex_digit(char c) noexcept;
/// Well-formed UTF-8 without a NUL.
bool is_utf8(std::string_view text) noexcept;

}  // namespace orrery::io
