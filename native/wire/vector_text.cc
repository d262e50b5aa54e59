#include "vector_text.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "../kernels/codes.h"
#include "nearest_float.h"

namespace orrery::wire {
namespace {

/// As vector_isspace has them.
const char* skip_blanks(const char* at, const char* end) noexcept {
  while (at != end && (*at == ' ' || (*at >= '\t' && *at <= '\r'))) at++;
  return at;
}

/// An element, rounded as the type has it, and the blanks around it. nullptr: none that is finite.
const char* read_element(const char* at, const char* end, DenseKind kind, float* out) noexcept {
  at = read_float(skip_blanks(at, end), end, out);
  if (at == nullptr) return nullptr;
  if (kind == DenseKind::kHalfvec) *out = kernels::from_f16(kernels::to_f16(*out));
  return std::isfinite(*out) ? skip_blanks(at, end) : nullptr;
}

}  // namespace

std::size_t read_vector(std::string_view text, DenseKind kind, float* out, std::size_t most) noexcept {
  const char* const end = text.data() + text.size();
  const char* at = skip_blanks(text.data(), end);
  if (at == end || *at != '[') return 0;
  for (std::size_t count = 0; count < most; count++) {
    at = read_element(at + 1, end, kind, &out[count]);
    if (at == nullptr || at == end) return 0;
    if (*at == ']') return skip_blanks(at + 1, end) == end ? count + 1 : 0;
    if (*at != ',') return 0;
  }
  return 0;
}

std::size_t read_vector_array(std::string_view text, DenseKind kind, std::vector<float>* values) {
  values->clear();
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return 0;
  std::string_view rest = text.substr(1, text.size() - 2);
  std::size_t dimensions = 0;
  for (;;) {
    if (!rest.starts_with('"')) return 0;
    const std::size_t close = rest.find('"', 1);
    if (close == std::string_view::npos) return 0;
    const std::string_view item = rest.substr(1, close - 1);
    const std::size_t used = values->size();
    // An element takes at least two characters.
    const std::size_t most = dimensions != 0 ? dimensions : std::min(kVectorElementsMax, item.size() / 2 + 1);
    values->resize(used + most);
    const std::size_t count = read_vector(item, kind, values->data() + used, most);
    if (count == 0 || (dimensions != 0 && count != dimensions)) return 0;
    dimensions = count;
    values->resize(used + count);
    rest.remove_prefix(close + 1);
    if (rest.empty()) return dimensions;
    if (!rest.starts_with(',')) return 0;
    rest.remove_prefix(1);
  }
}

std::size_t read_wire_vector(std::string_view bytes, DenseKind kind, float* out, std::size_t most) noexcept {
  constexpr std::size_t kHeader = 4;  // int16 count, int16 unused
  if (bytes.size() < kHeader) return 0;
  const auto* const at = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const std::size_t count = __builtin_bswap16(load_fixed<std::uint16_t>(at));
  if (count > most || load_fixed<std::uint16_t>(at + 2) != 0 || bytes.size() != kHeader + count * (kind == DenseKind::kVector ? 4 : 2)) return 0;
  // Exponents of ones alone: infinities and NaN.
  bool all_finite = true;
  for (std::size_t i = 0; i < count; i++) {
    if (kind == DenseKind::kVector) {
      const std::uint32_t bits = __builtin_bswap32(load_fixed<std::uint32_t>(at + kHeader + 4 * i));
      all_finite = all_finite & ((bits & 0x7f800000) != 0x7f800000);
      out[i] = std::bit_cast<float>(bits);
    } else {
      const std::uint16_t bits = __builtin_bswap16(load_fixed<std::uint16_t>(at + kHeader + 2 * i));
      all_finite = all_finite & ((bits & 0x7c00) != 0x7c00);
      out[i] = kernels::from_f16(bits);
    }
  }
  return all_finite ? count : 0;
}

}  // namespace orrery::wire
