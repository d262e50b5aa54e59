#include "ordered_keys.h"

namespace orrery::keyspace {
namespace {

/// Length of the well-formed sequence at `s`; 0 when there is none, and then *skip is the length of the ill-formed part (>= 1).
std::size_t sequence_length(std::string_view s, std::size_t* skip) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  *skip = 1;
  const std::size_t length = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (length == 0) return 0;
  unsigned char low = 0x80, high = 0xbf;  // of the second byte: no overlong forms, surrogates or values above 10FFFF
  if (lead == 0xe0) low = 0xa0;
  if (lead == 0xed) high = 0x9f;
  if (lead == 0xf0) low = 0x90;
  if (lead == 0xf4) high = 0x8f;
  for (std::size_t i = 1; i < length; i++) {
    if (i >= s.size() || at(i) < low || at(i) > high) {
      *skip = i;
      return 0;
    }
    low = 0x80;
    high = 0xbf;
  }
  return length;
}

}  // namespace

std::optional<std::string> replaced_text(std::string_view bytes) {
  std::size_t i = 0, skip = 0;
  while (i < bytes.size()) {
    const std::size_t n = sequence_length(bytes.substr(i), &skip);
    if (n == 0) break;
    i += n;
  }
  if (i == bytes.size()) return std::nullopt;
  std::string out(bytes.substr(0, i));
  while (i < bytes.size()) {
    const std::size_t n = sequence_length(bytes.substr(i), &skip);
    if (n > 0) out.append(bytes.substr(i, n));
    else out += "\xef\xbf\xbd";
    i += n > 0 ? n : skip;
  }
  return out;
}

}  // namespace orrery::keyspace
