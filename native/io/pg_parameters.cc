#include "pg_parameters.h"

#include <algorithm>

#include "pg_inputs.h"
#include "pg_messages.h"

namespace orrery::io {
namespace {

// As src/engine/literals.ts has them: always an int4, and what surely is an exact numeric.
constexpr std::size_t kLiteralDigits = 9, kDecimalBytes = 30;
constexpr std::string_view kBlanks = " \t\n\r";

bool fits(std::int64_t v, PgType type) noexcept {
  return type == PgType::kInt8 || (type == PgType::kInt4 ? v == static_cast<std::int32_t>(v) : v == static_cast<std::int16_t>(v));
}
constexpr std::size_t width_of(PgType type) noexcept { return type == PgType::kInt8 ? 8 : type == PgType::kInt4 ? 4 : 2; }

bool parse_integer(std::string_view text, std::int64_t* out) noexcept {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 18) return false;
  std::int64_t v = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    v = v * 10 + (c - '0');
  }
  *out = negative ? -v : v;
  return true;
}

/// The usual form of a uuid, eight-four-four-four-twelve digits.
bool parse_uuid(std::string_view text, char (&out)[16]) noexcept {
  if (text.size() != 36) return false;
  std::size_t at = 0;
  for (std::size_t i = 0; i < 16; i++) {
    if ((i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-') return false;
    const int high = hex_digit(text[at]), low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<char>(high << 4 | low);
    at += 2;
  }
  return true;
}

/// The literal at the front of `*rest`, taken off it. What an integer's digits end at is the next piece's to say.
bool take_literal(char kind, std::string_view* rest, PgParameter* out) noexcept {
  if (kind != 's') {
    const bool is_decimal = kind == 'd' || kind == 'm';
    const std::size_t sign = kind == 'n' || kind == 'm' ? 1 : 0;
    if (sign == 1 && !rest->starts_with('-')) return false;
    std::size_t end = sign;
    const auto skip_digits = [&] {
      const std::size_t start = end;
      while (end < rest->size() && (*rest)[end] >= '0' && (*rest)[end] <= '9') end++;
      return end > start;
    };
    if (!skip_digits()) return false;
    if (is_decimal && (!rest->substr(end).starts_with('.') || (end++, !skip_digits()))) return false;
    if (end - sign > (is_decimal ? kDecimalBytes : kLiteralDigits)) return false;
    *out = {rest->substr(0, end)};
    rest->remove_prefix(end);
    return true;
  }
  if (!rest->starts_with('\'')) return false;
  const std::size_t end = rest->find_first_of("'\\", 1);
  if (end == std::string_view::npos || (*rest)[end] != '\'') return false;
  *out = {rest->substr(1, end - 1)};
  rest->remove_prefix(end + 1);
  return !rest->starts_with('\'');
}

}  // namespace

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::uint32_t> limit_of(std::uint32_t limit, const std::optional<PgKey>& parameter, const PgParameters& parameters, std::uint32_t most) {
  if (!parameter) return std::min(limit, most + 1);
  std::int64_t given = 0;
  const PgParameter& p = parameters[parameter->parameter];
  if (p.is_null || !read_integer(p, parameter->type, &given) || given < 0) return std::nullopt;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(given, most + 1));
}

bool read_integer(const PgParameter& parameter, PgType type, std::int64_t* out) noexcept {
  const std::string_view bytes = parameter.bytes;
  if (!parameter.binary) return parse_integer(bytes, out) && fits(*out, type);
  if (bytes.size() != width_of(type)) return false;
  const std::uint64_t bits = Fields(bytes).integer(bytes.size());
  const std::size_t unused = 64 - 8 * bytes.size();
  *out = static_cast<std::int64_t>(bits << unused) >> unused;
  return true;
}

bool read_uuid(const PgParameter& parameter, char (&out)[16]) noexcept {
  if (!parameter.binary) return parse_uuid(parameter.bytes, out);
  if (parameter.bytes.size() != sizeof out) return false;
  std::copy(parameter.bytes.begin(), parameter.bytes.end(), out);
  return true;
}

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead == 0) return false;
    if (lead < 0x80) {
      i++;
      continue;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() - i < length) return false;
    for (std::size_t k = 1; k < length; k++)
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    const auto second = static_cast<unsigned char>(text[i + 1]);
    // Overlong forms, surrogates, and what is beyond U+10FFFF.
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return false;
    i += length;
  }
  return true;
}

KeyMade append_key(const index::KeyEncoder& encoder, std::size_t column, PgType type, const PgParameter& parameter, index::Key& key) {
  if (parameter.is_null) return KeyMade::kOther;
  if (type <= PgType::kInt8) {
    std::int64_t value = 0;
    if (!read_integer(parameter, type, &value)) return KeyMade::kOther;
    return encoder.append_integer(column, value, key) ? KeyMade::kYes : KeyMade::kNoSuchKey;
  }
  thread_local PgInput input;
  if (!input.read(type, -1, parameter)) return KeyMade::kOther;
  return encoder.append_value(column, physical_type_of(type), input.fixed(), input.bytes(), key) ? KeyMade::kYes : KeyMade::kOther;
}

KeyMade make_key(const PgPlan& plan, const PgParameters& parameters, index::Key& key) {
  key.clear();
  for (std::size_t i = 0; i < plan.keys.size(); i++) {
    const auto [type, index] = plan.keys[i];
    const KeyMade made = append_key(plan.encoder(), i, type, parameters[index], key);
    // A value beyond the column's type is in no row. But then other parameters would go unread, and JavaScript reads them all.
    if (made == KeyMade::kNoSuchKey) return plan.keys.size() == 1 && plan.is_select() && !plan.search ? made : KeyMade::kOther;
    if (made != KeyMade::kYes) return made;
  }
  return KeyMade::kYes;
}

namespace {

/// Takes the plan's text off the front of `*rest`. Its literals are the parameters.
bool take_text(const PgPlan& plan, std::string_view* rest, PgParameters& parameters) {
  if (!plan.is_text() || !rest->starts_with(plan.pieces[0])) return false;
  rest->remove_prefix(plan.pieces[0].size());
  parameters.resize(plan.literals.size());
  for (std::size_t i = 0; i < plan.literals.size(); i++) {
    if (!take_literal(plan.literals[i], rest, &parameters[i]) || !rest->starts_with(plan.pieces[i + 1])) return false;
    rest->remove_prefix(plan.pieces[i + 1].size());
  }
  return true;
}
void skip_blanks(std::string_view* text) noexcept { text->remove_prefix(std::min(text->find_first_not_of(kBlanks), text->size())); }

}  // namespace

PgPlan* plan_of_text(PgState& state, std::string_view query, PgParameters& parameters) {
  for (PgPlan& plan : state.plans) {
    std::string_view rest = query;
    if (take_text(plan, &rest, parameters) && rest.empty()) return &plan;
  }
  return nullptr;
}

PgPlan* next_plan_of_text(PgState& state, std::string_view* query, PgParameters& parameters) {
  skip_blanks(query);
  for (PgPlan& plan : state.plans) {
    std::string_view rest = *query;
    if (!take_text(plan, &rest, parameters)) continue;
    skip_blanks(&rest);
    if (!rest.empty() && !rest.starts_with(';')) continue;
    if (!rest.empty()) rest.remove_prefix(1);
    skip_blanks(&rest);
    *query = rest;
    return &plan;
  }
  return nullptr;
}

}  // namespace orrery::io
