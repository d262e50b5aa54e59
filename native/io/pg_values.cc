#include "pg_values.h"

#include <cmath>
#include <cstring>

#include "pg_inputs.h"
#include "pg_moments.h"
#include "pg_numeric.h"

namespace orrery::io {
namespace {

using Form = PgValue::Form;

constexpr bool is_float8(PgType type) noexcept {
  return type == PgType::kFloat8 || type == PgType::kNumericAsFloat8 || type == PgType::kInt4AsFloat8;
}

template <typename T>
bool set_integer(RowImage& image, std::size_t column, std::int64_t value) noexcept {
  const T narrow = static_cast<T>(value);
  if (narrow != value) return false;
  image.set_fixed(column, &narrow);
  return true;
}

/// False: beyond the column's type.
bool set_integer(RowImage& image, std::size_t column, std::int64_t value) noexcept {
  switch (image.type(column)) {
    case PhysicalType::kInt16: return set_integer<std::int16_t>(image, column, value);
    case PhysicalType::kInt32: return set_integer<std::int32_t>(image, column, value);
    case PhysicalType::kInt64: return set_integer<std::int64_t>(image, column, value);
    default: return false;
  }
}

PgInput& scratch() {
  thread_local PgInput input;
  return input;
}

bool set_parameter(RowImage& image, const PgValue& value, const PgParameter& p) {
  if (p.is_null) {
    image.set_null(value.column);
    return !value.not_null;
  }
  if (is_integer(value.type) && value.form == Form::kParameter) {
    std::int64_t v = 0;
    return read_integer(p, value.type, &v) && set_integer(image, value.column, v);
  }
  PgInput& input = scratch();
  const bool is_read = value.form == Form::kIntegerAsNumeric ? input.read_integer_as_numeric(value.type, value.modifier, p) : input.read(value.type, value.modifier, p);
  if (!is_read) return false;
  switch (image.type(value.column)) {
    case PhysicalType::kVarlen: image.set_bytes(value.column, input.bytes()); break;
    case PhysicalType::kVector: image.set_fixed(value.column, input.bytes().data()); break;
    default: image.set_fixed(value.column, input.fixed());
  }
  return true;
}

/// The operand of a sum: a parameter, not NULL, or a constant.
struct Operand {
  std::int64_t integer = 0;
  double real = 0;
  exec::Decimal decimal{};
};
bool read_operand(const PgValue& value, const PgParameters& parameters, Operand* out) {
  if (value.form == Form::kAddConstant) {
    out->integer = value.addend;
    out->decimal = {value.addend, value.scale};
    return true;
  }
  const PgParameter& p = parameters[value.parameter];
  if (is_integer(value.type)) {
    const bool is_read = read_integer(p, value.type, &out->integer);
    out->decimal = {out->integer, 0};
    return is_read;
  }
  if (is_float8(value.type)) {
    if (!scratch().read(value.type, -1, p)) return false;
    std::memcpy(&out->real, scratch().fixed(), sizeof out->real);
    return true;
  }
  return (p.binary ? read_numeric_binary(p.bytes, &out->decimal) : read_numeric_text(p.bytes, &out->decimal)) &&
         apply_numeric_modifier(value.operand_modifier, &out->decimal);
}

bool set_numeric_sum(RowImage& image, const PgValue& value, const Operand& by, std::string_view old) {
  exec::Decimal before{}, sum{};
  if (!exec::decimal_from_bytes(old, &before)) return false;
  const bool fits = value.form == Form::kSubtract ? exec::decimal_subtract(before, by.decimal, &sum) : exec::decimal_add(before, by.decimal, &sum);
  if (!fits || !apply_numeric_modifier(value.modifier, &sum)) return false;
  thread_local std::string bytes;
  write_numeric(sum, &bytes);
  image.set_bytes(value.column, bytes);
  return true;
}

bool set_sum(RowImage& image, const PgValue& value, const PgParameters& parameters, storage::VersionRef old) {
  const PhysicalType type = image.type(value.column);
  const bool is_null = value.form != Form::kAddConstant && parameters[value.parameter].is_null;
  Operand by;
  if (!is_null && !read_operand(value, parameters, &by)) return false;
  if (!old) return true;
  if (is_null || old.chunk->is_null(value.column, old.slot)) {
    image.set_null(value.column);
    return !value.not_null;
  }
  const bool subtracts = value.form == Form::kSubtract;
  if (type == PhysicalType::kVarlen) return set_numeric_sum(image, value, by, old.chunk->varlen(value.column, old.slot));
  if (type == PhysicalType::kFloat64) {
    const double before = old.chunk->fixed<double>(value.column, old.slot);
    const double sum = subtracts ? before - by.real : before + by.real;
    image.set_fixed(value.column, &sum);
    return std::isfinite(sum);
  }
  const std::int64_t before = integer_of(old, value.column, type);
  std::int64_t sum = 0;
  const bool overflows = subtracts ? __builtin_sub_overflow(before, by.integer, &sum) : __builtin_add_overflow(before, by.integer, &sum);
  return !overflows && set_integer(image, value.column, sum);
}

bool set_appended(RowImage& image, const PgValue& value, const PgParameter& p, storage::VersionRef old) {
  if (!p.is_null && !is_utf8(p.bytes)) return false;
  if (!old) return true;
  if (p.is_null || old.chunk->is_null(value.column, old.slot)) {
    image.set_null(value.column);
    return !value.not_null;
  }
  const std::string_view before = old.chunk->varlen(value.column, old.slot);
  thread_local std::string text;
  text.assign(before).append(p.bytes);
  // What the column cannot hold is cut or an error: JavaScript's.
  if (!scratch().read(PgType::kText, value.modifier, {text})) return false;
  image.set_bytes(value.column, text);
  return true;
}

}  // namespace

std::int64_t integer_of(storage::VersionRef version, std::uint32_t column, PhysicalType type) noexcept {
  switch (type) {
    case PhysicalType::kInt16: return version.chunk->fixed<std::int16_t>(column, version.slot);
    case PhysicalType::kInt32: return version.chunk->fixed<std::int32_t>(column, version.slot);
    default: return version.chunk->fixed<std::int64_t>(column, version.slot);
  }
}

bool fits_column(const PgValue& value, PhysicalType type) noexcept {
  switch (value.form) {
    case Form::kParameter: return is_integer(value.type) ? is_integer(type) : physical_type_of(value.type) == type;
    case Form::kAdd:
    case Form::kSubtract:
      if (type == PhysicalType::kVarlen) return is_integer(value.type) || value.type == PgType::kNumeric;
      return type == PhysicalType::kFloat64 ? is_float8(value.type) : is_integer(type) && is_integer(value.type);
    case Form::kAddConstant: return is_integer(type) || type == PhysicalType::kVarlen;
    case Form::kNow: return type == PhysicalType::kInt64;
    case Form::kConstant: return true;
    case Form::kIntegerAsNumeric: return type == PhysicalType::kVarlen && is_integer(value.type);
    case Form::kNextval: return is_integer(type);
    case Form::kAppend: return type == PhysicalType::kVarlen && value.type == PgType::kText;
  }
  return false;
}

bool set_values(RowImage& image, std::span<const PgValue> values, const PgParameters& parameters, storage::VersionRef old, const PgSources& sources) {
  image.clear();
  for (const PgValue& value : values) {
    bool is_set = true;
    switch (value.form) {
      case Form::kParameter:
      case Form::kIntegerAsNumeric: is_set = set_parameter(image, value, parameters[value.parameter]); break;
      case Form::kAdd:
      case Form::kSubtract:
      case Form::kAddConstant: is_set = set_sum(image, value, parameters, old); break;
      case Form::kAppend: is_set = set_appended(image, value, parameters[value.parameter], old); break;
      case Form::kNow: {
        const std::int64_t now = round_micros(sources.now_micros, value.modifier);
        image.set_fixed(value.column, &now);
        break;
      }
      case Form::kNextval: {
        std::int64_t number = 0;
        is_set = sources.numbers.draw(sources.sequences, value.parameter, static_cast<storage::RelationId>(value.addend), &number) && set_integer(image, value.column, number);
        break;
      }
      case Form::kConstant: break;
    }
    if (!is_set) return false;
  }
  return true;
}

}  // namespace orrery::io
