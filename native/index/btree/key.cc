#include "key.h"

#include <bit>
#include <cstring>

namespace orrery::index {
namespace {

template <typename T>
void put_big_endian(Key& key, T v) {
  char bytes[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); i++) bytes[i] = static_cast<char>(v >> (8 * (sizeof(T) - 1 - i)));
  key.append(bytes, sizeof bytes);
}

template <typename T>
T load(const std::uint8_t* p) { T v; std::memcpy(&v, p, sizeof v); return v; }

template <typename U, typename F>
U ordered_float(F f) {
  if (f == 0) f = 0;  // -0 equals 0
  U bits = f != f ? (std::bit_cast<U>(static_cast<F>(__builtin_nan("")))) : std::bit_cast<U>(f);
  const U sign = U{1} << (8 * sizeof(U) - 1);
  if (f != f) bits &= ~sign;  // NaN is above everything and equal to itself
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

void put_bytes(Key& key, std::string_view value) {
  while (!value.empty()) {
    const void* zero = std::memchr(value.data(), 0, value.size());
    if (zero == nullptr) break;
    const std::size_t n = static_cast<std::size_t>(static_cast<const char*>(zero) - value.data()) + 1;
    key.append(value.data(), n);
    key.push_back('\xff');
    value.remove_prefix(n);
  }
  key.append(value);
  key.append(2, '\0');
}

/// numeric_send: int16 digit count, int16 weight, uint16 sign, int16 scale, then base-10000 digits, all big-endian.
void put_numeric(Key& key, std::string_view v) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(v.data());
  const auto word = [p](std::size_t i) { return static_cast<std::uint16_t>(p[2 * i] << 8 | p[2 * i + 1]); };
  if (v.size() < 8) { key.push_back(3); return; }
  std::size_t count = word(0);
  std::int32_t weight = static_cast<std::int16_t>(word(1));
  const std::uint16_t sign = word(2);
  if (sign == 0xC000) { key.push_back(6); return; }
  if (sign == 0xD000) { key.push_back(5); return; }
  if (sign == 0xF000) { key.push_back(1); return; }
  count = std::min(count, (v.size() - 8) / 2);
  std::size_t first = 0;
  while (first < count && word(4 + first) == 0) { first++; weight--; }
  while (count > first && word(4 + count - 1) == 0) count--;
  if (first == count) { key.push_back(3); return; }
  const bool negative = sign == 0x4000;
  key.push_back(negative ? 2 : 4);
  const std::size_t start = key.size();
  put_big_endian(key, static_cast<std::uint32_t>(weight) ^ 0x80000000u);
  for (std::size_t i = first; i < count; i++) put_big_endian(key, static_cast<std::uint16_t>(word(4 + i) + 1));
  key.append(2, '\0');  // fewer digits first
  if (negative)
    for (std::size_t i = start; i < key.size(); i++) key[i] = static_cast<char>(~key[i]);
}

void put_interval(Key& key, const std::uint8_t* p) {
  using Wide = __int128;
  const Wide days = static_cast<Wide>(load<std::int32_t>(p + 8)) + 30 * static_cast<Wide>(load<std::int32_t>(p + 12));
  const Wide total = days * 86400000000ll + load<std::int64_t>(p);
  const auto bits = static_cast<unsigned __int128>(total) ^ (static_cast<unsigned __int128>(1) << 127);
  put_big_endian(key, static_cast<std::uint64_t>(bits >> 64));
  put_big_endian(key, static_cast<std::uint64_t>(bits));
}

void put_value(Key& key, const KeyColumn& column, const std::uint8_t* fixed, std::string_view varlen) {
  key.push_back(KeyEncoder::kValueMarker);
  const std::size_t start = key.size();
  switch (column.kind) {
    case KeyKind::kBool: key.push_back(static_cast<char>(*fixed)); break;
    case KeyKind::kInt16: put_big_endian(key, static_cast<std::uint16_t>(load<std::uint16_t>(fixed) ^ 0x8000u)); break;
    case KeyKind::kInt32: put_big_endian(key, load<std::uint32_t>(fixed) ^ 0x80000000u); break;
    case KeyKind::kInt64: put_big_endian(key, load<std::uint64_t>(fixed) ^ (1ull << 63)); break;
    case KeyKind::kFloat32: put_big_endian(key, ordered_float<std::uint32_t>(load<float>(fixed))); break;
    case KeyKind::kFloat64: put_big_endian(key, ordered_float<std::uint64_t>(load<double>(fixed))); break;
    case KeyKind::kUuid: key.append(reinterpret_cast<const char*>(fixed), 16); break;
    case KeyKind::kInterval: put_interval(key, fixed); break;
    case KeyKind::kBytes: put_bytes(key, varlen); break;
    case KeyKind::kNumeric: put_numeric(key, varlen); break;
    case KeyKind::kBpchar:
      while (!varlen.empty() && varlen.back() == ' ') varlen.remove_suffix(1);
      put_bytes(key, varlen);
      break;
  }
  if (column.descending)
    for (std::size_t i = start; i < key.size(); i++) key[i] = static_cast<char>(~key[i]);
}

void put_null(Key& key, const KeyColumn& column) { key.push_back(column.nulls_first ? '\0' : '\xff'); }

constexpr PhysicalType type_of(KeyKind kind) {
  switch (kind) {
    case KeyKind::kBool: return PhysicalType::kBool;
    case KeyKind::kInt16: return PhysicalType::kInt16;
    case KeyKind::kInt32: return PhysicalType::kInt32;
    case KeyKind::kInt64: return PhysicalType::kInt64;
    case KeyKind::kFloat32: return PhysicalType::kFloat32;
    case KeyKind::kFloat64: return PhysicalType::kFloat64;
    case KeyKind::kUuid: return PhysicalType::kUuid;
    case KeyKind::kInterval: return PhysicalType::kInterval;
    case KeyKind::kBytes:
    case KeyKind::kNumeric:
    case KeyKind::kBpchar: return PhysicalType::kVarlen;
  }
  return PhysicalType::kVector;
}

}  // namespace

bool key_kind_fits(KeyKind kind, PhysicalType type) noexcept { return type != PhysicalType::kVector && type_of(kind) == type; }

bool KeyEncoder::accepts(const Block& block) const noexcept {
  if (block.column_count() > columns_.size()) return false;
  for (std::size_t i = 0; i < block.column_count(); i++)
    if (!key_kind_fits(columns_[i].kind, block.column(i).type)) return false;
  return true;
}

bool KeyEncoder::encode(storage::VersionRef version, Key& key) const {
  key.clear();
  bool any_null = false;
  for (const KeyColumn& column : columns_) {
    if (version.chunk->is_null(column.column, version.slot)) {
      put_null(key, column);
      any_null = true;
      continue;
    }
    const PhysicalType type = type_of(column.kind);
    if (type == PhysicalType::kVarlen) put_value(key, column, nullptr, version.chunk->varlen(column.column, version.slot));
    else put_value(key, column, version.chunk->fixed_at(column.column, version.slot, width_of(type)), {});
  }
  return any_null;
}

bool KeyEncoder::encode(const Block& block, std::uint32_t row, Key& key, std::uint32_t count) const {
  key.clear();
  bool any_null = false;
  for (std::uint32_t i = 0; i < count && i < block.column_count() && i < columns_.size(); i++) {
    if (block.is_null(i, row)) {
      put_null(key, columns_[i]);
      any_null = true;
      continue;
    }
    const PhysicalType type = type_of(columns_[i].kind);
    if (type == PhysicalType::kVarlen) put_value(key, columns_[i], nullptr, block.varlen(i, row));
    else put_value(key, columns_[i], block.column(i).values + row * width_of(type), {});
  }
  return any_null;
}

bool KeyEncoder::encode_row(const Block& row, Key& key) const {
  key.clear();
  bool any_null = false;
  for (const KeyColumn& column : columns_) {
    const bool fits = column.column < row.column_count() && key_kind_fits(column.kind, row.column(column.column).type);
    if (!fits || row.is_null(column.column, 0)) {
      put_null(key, column);
      any_null = true;
    } else if (type_of(column.kind) == PhysicalType::kVarlen) {
      put_value(key, column, nullptr, row.varlen(column.column, 0));
    } else {
      put_value(key, column, row.column(column.column).values, {});
    }
  }
  return any_null;
}

bool KeyEncoder::is_integer() const noexcept {
  return columns_.size() == 1 &&
         (columns_[0].kind == KeyKind::kInt16 || columns_[0].kind == KeyKind::kInt32 || columns_[0].kind == KeyKind::kInt64);
}

bool KeyEncoder::encode_integer(std::int64_t value, Key& key) const {
  key.clear();
  return append_integer(0, value, key);
}

bool KeyEncoder::append_integer(std::size_t i, std::int64_t value, Key& key) const {
  const KeyKind kind = columns_[i].kind;
  if (kind == KeyKind::kInt16 && value != static_cast<std::int16_t>(value)) return false;
  if (kind == KeyKind::kInt32 && value != static_cast<std::int32_t>(value)) return false;
  if (kind != KeyKind::kInt16 && kind != KeyKind::kInt32 && kind != KeyKind::kInt64) return false;
  std::uint8_t bytes[8];
  std::memcpy(bytes, &value, sizeof bytes);  // little-endian: the low bytes are the narrower value
  put_value(key, columns_[i], bytes, {});
  return true;
}

bool KeyEncoder::append_value(std::size_t i, PhysicalType type, const std::uint8_t* fixed, std::string_view varlen, Key& key) const {
  if (!key_kind_fits(columns_[i].kind, type)) return false;
  put_value(key, columns_[i], fixed, varlen);
  return true;
}

std::int64_t KeyEncoder::integer_of(storage::VersionRef version) const noexcept {
  const std::uint32_t column = columns_[0].column;
  switch (columns_[0].kind) {
    case KeyKind::kInt16: return version.chunk->fixed<std::int16_t>(column, version.slot);
    case KeyKind::kInt32: return version.chunk->fixed<std::int32_t>(column, version.slot);
    default: return version.chunk->fixed<std::int64_t>(column, version.slot);
  }
}

bool next_prefix(Key& prefix) noexcept {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return false;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return true;
}

}  // namespace orrery::index
