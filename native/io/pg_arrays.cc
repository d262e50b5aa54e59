#include "pg_arrays.h"

#include "pg_messages.h"

namespace orrery::io {
namespace {

/// OIDs of pg_type.
bool is_element(PgType type, std::uint64_t oid) noexcept {
  switch (type) {
    case PgType::kInt2: return oid == 21;
    case PgType::kInt4: return oid == 23;
    case PgType::kInt8: return oid == 20;
    case PgType::kText: return oid == 25 || oid == 1043;
    case PgType::kUuid: return oid == 2950;
    default: return false;
  }
}

bool read_binary(std::string_view bytes, PgType element, std::size_t most, PgParameters* out) {
  Fields f(bytes);
  const std::uint64_t dimensions = f.integer(4), has_nulls = f.integer(4), oid = f.integer(4);
  if (!f.intact || dimensions > 1 || has_nulls > 1 || !is_element(element, oid)) return false;
  if (dimensions == 0) return f.rest().empty();
  const std::uint64_t count = f.integer(4), lower_bound = f.integer(4);
  if (!f.intact || count > most || lower_bound != 1) return false;
  for (std::uint64_t i = 0; i < count; i++) {
    const auto length = static_cast<std::uint32_t>(f.integer(4));
    const bool is_null = length == 0xffffffff;
    out->push_back({is_null ? std::string_view() : f.bytes(length), true, is_null});
  }
  return f.intact && f.rest().empty();
}

bool is_plain(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' || c == ':' || c == '@' || (c & 0x80) != 0;
}

/// Elements of plain characters, or between quotes without escapes.
bool read_text(std::string_view bytes, std::size_t most, PgParameters* out) {
  if (bytes.size() < 2 || bytes.front() != '{' || bytes.back() != '}') return false;
  std::string_view rest = bytes.substr(1, bytes.size() - 2);
  if (rest.empty()) return true;
  for (std::size_t count = 0; count < most; count++) {
    std::size_t end = 0;
    if (rest.starts_with('"')) {
      end = rest.find_first_of("\"\\", 1);
      if (end == std::string_view::npos || rest[end] != '"') return false;
      out->push_back({rest.substr(1, end - 1)});
      end++;
    } else {
      while (end < rest.size() && is_plain(rest[end])) end++;
      // NULL in any case of letters is none of these texts.
      if (end == 0 || (end == 4 && (rest[0] | 0x20) == 'n' && (rest[1] | 0x20) == 'u')) return false;
      out->push_back({rest.substr(0, end)});
    }
    if (end == rest.size()) return true;
    if (rest[end] != ',') return false;
    rest.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

bool read_array(const PgParameter& parameter, PgType element, std::size_t most, PgParameters* out) {
  return parameter.binary ? read_binary(parameter.bytes, element, most, out) : read_text(parameter.bytes, most, out);
}

}  // namespace orrery::io
