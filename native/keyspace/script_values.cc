#include "script_values.h"

#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "number.h"

namespace orrery::keyspace {

char* ScriptArena::take(std::size_t bytes) {
  bytes = (bytes + 15) & ~std::size_t{15};
  if (bytes > kChunkBytes / 4) return more_.emplace_back(std::make_unique_for_overwrite<char[]>(bytes)).get();
  if (chunk_ == nullptr || used_ + bytes > kChunkBytes) {
    if (chunk_ != nullptr) more_.push_back(std::move(chunk_));
    chunk_ = std::make_unique_for_overwrite<char[]>(kChunkBytes);
    used_ = 0;
  }
  used_ += bytes;
  return chunk_.get() + used_ - bytes;
}

std::string_view ScriptArena::copy(std::string_view text) {
  char* to = take(text.size());
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

void ScriptArena::clear() noexcept {
  more_.clear();
  used_ = 0;
}

const char* script_type_name(ScriptValue::Type type) noexcept {
  switch (type) {
    case ScriptValue::Type::kNil: return "nil";
    case ScriptValue::Type::kBoolean: return "boolean";
    case ScriptValue::Type::kNumber: return "number";
    case ScriptValue::Type::kString: return "string";
    case ScriptValue::Type::kTable: return "table";
  }
  return "nil";
}

std::string_view script_number_text(ScriptArena& arena, double value, int digits) {
  char* to = arena.take(40);
  // Whole numbers of few digits are most of them.
  if (value > -1e14 && value < 1e14 && value == std::floor(value) && (value != 0 || !std::signbit(value)))
    return {to, write_integer(to, static_cast<std::int64_t>(value))};
  return {to, static_cast<std::size_t>(std::snprintf(to, 40, "%.*g", digits, value))};
}

bool script_number_of(std::string_view text, double* out) {
  // Lua reads a C string: what follows a zero byte does not count.
  const std::string copy(text);
  const char* s = copy.c_str();
  char* end = nullptr;
  *out = std::strtod(s, &end);
  if (end == s) return false;
  if (*end == 'x' || *end == 'X') *out = static_cast<double>(std::strtoul(s, &end, 16));
  while (std::isspace(static_cast<unsigned char>(*end)) != 0) end++;
  return *end == '\0';
}

bool script_to_number(const ScriptValue& value, double* out) {
  if (value.type == ScriptValue::Type::kNumber) {
    *out = value.number;
    return true;
  }
  return value.type == ScriptValue::Type::kString && script_number_of(value.text(), out);
}

std::size_t script_length(const ScriptTable& table) noexcept {
  const auto is_nil = [&](std::size_t number) { return number > table.count || table.items[number - 1].type == ScriptValue::Type::kNil; };
  if (table.room == 0 || !is_nil(table.room)) return table.room;
  // Lua looks for a border by halves.
  std::size_t low = 0, high = table.room;
  while (high - low > 1) {
    const std::size_t middle = (low + high) / 2;
    if (is_nil(middle)) high = middle;
    else low = middle;
  }
  return low;
}

std::size_t script_constructor_room(std::size_t count) noexcept {
  // Lua keeps the size in an instruction as a small floating point number, rounded up.
  std::size_t mantissa = count;
  int exponent = 0;
  for (; mantissa >= 16; exponent++) mantissa = (mantissa + 1) >> 1;
  return mantissa << exponent;
}

ScriptValue script_reply_value(ScriptArena& arena, const char*& at) {
  const char kind = *at++;
  const char* end = at;
  while (*end != '\r') end++;
  const std::string_view line(at, static_cast<std::size_t>(end - at));
  at = end + 2;
  const auto integer = [&] {
    std::int64_t value = 0;
    (void)parse_integer(line, &value);
    return value;
  };
  switch (kind) {
    case ':': return ScriptValue::of(static_cast<double>(integer()));
    case '$': {
      const std::int64_t length = integer();
      if (length < 0) return ScriptValue::of(false);
      const std::string_view text(at, static_cast<std::size_t>(length));
      at += length + 2;
      return ScriptValue::of(text);
    }
    case '*': {
      const std::int64_t count = integer();
      if (count < 0) return ScriptValue::of(false);
      auto* items = arena.make<ScriptValue>(static_cast<std::size_t>(count));
      for (std::int64_t i = 0; i < count; i++) items[i] = script_reply_value(arena, at);
      auto* table = arena.make<ScriptTable>(1);
      table->items = items;
      table->count = table->room = static_cast<std::size_t>(count);
      return ScriptValue::of(table);
    }
    default: {  // + and -
      auto* table = arena.make<ScriptTable>(1);
      (kind == '+' ? table->ok : table->error) = ScriptValue::of(line);
      table->is_counted = kind == '-';
      return ScriptValue::of(table);
    }
  }
}

}  // namespace orrery::keyspace
