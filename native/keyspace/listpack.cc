#include "listpack.h"

#include <algorithm>
#include <cstring>

namespace orrery::keyspace {
namespace {

constexpr std::uint8_t kEnd = 0xff;

template <typename T>
T load(const std::uint8_t* p) noexcept {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

}  // namespace

Listpack::Listpack(std::size_t capacity) {
  data_ = static_cast<std::uint8_t*>(allocate(std::max(capacity, kHeaderBytes + 1)));
  set_total(kHeaderBytes + 1);
  data_[4] = data_[5] = 0;
  data_[kHeaderBytes] = kEnd;
}

Listpack Listpack::copy_of(std::string_view bytes) {
  Listpack lp;
  lp.data_ = static_cast<std::uint8_t*>(allocate(bytes.size()));
  std::memcpy(lp.data_, bytes.data(), bytes.size());
  return lp;
}

std::size_t Listpack::encoded_length(const std::uint8_t* p) noexcept {
  const std::uint8_t b = p[0];
  if ((b & 0x80) == 0) return 1;
  if ((b & 0xc0) == 0x80) return 1 + (b & 0x3fu);
  if ((b & 0xe0) == 0xc0) return 2;
  if ((b & 0xf0) == 0xe0) return 2 + (((b & 0x0fu) << 8) | p[1]);
  switch (b) {
    case 0xf0: return 5 + static_cast<std::size_t>(load<std::uint32_t>(p + 1));
    case 0xf1: return 3;
    case 0xf2: return 4;
    case 0xf3: return 5;
    case 0xf4: return 9;
    default: return 1;
  }
}

std::size_t Listpack::write_backlen(std::uint8_t* to, std::size_t n) noexcept {
  const std::size_t bytes = backlen_bytes(n);
  for (std::size_t i = 0; i < bytes; i++) {
    const auto part = static_cast<std::uint8_t>((n >> (7 * (bytes - 1 - i))) & 0x7f);
    to[i] = i == 0 ? part : static_cast<std::uint8_t>(part | 0x80);
  }
  return bytes;
}

std::size_t Listpack::encode_integer(std::uint8_t* to, std::int64_t v) noexcept {
  if (v >= 0 && v <= 127) {
    to[0] = static_cast<std::uint8_t>(v);
    return 1;
  }
  if (v >= -4096 && v <= 4095) {
    const auto u = static_cast<std::uint32_t>(v < 0 ? v + 8192 : v);
    to[0] = static_cast<std::uint8_t>(0xc0 | (u >> 8));
    to[1] = static_cast<std::uint8_t>(u);
    return 2;
  }
  std::size_t width = 8;
  std::uint8_t kind = 0xf4;
  if (v >= INT16_MIN && v <= INT16_MAX) width = 2, kind = 0xf1;
  else if (v >= -8388608 && v <= 8388607) width = 3, kind = 0xf2;
  else if (v >= INT32_MIN && v <= INT32_MAX) width = 4, kind = 0xf3;
  to[0] = kind;
  std::memcpy(to + 1, &v, width);  // little-endian, two's complement: the low bytes
  return 1 + width;
}

bool Listpack::integer_value(const std::uint8_t* p, std::int64_t* v) noexcept {
  const std::uint8_t b = p[0];
  if ((b & 0x80) == 0) *v = b;
  else if ((b & 0xe0) == 0xc0) {
    const int u = ((b & 0x1f) << 8) | p[1];
    *v = u >= 4096 ? u - 8192 : u;
  } else if (b == 0xf1) *v = load<std::int16_t>(p + 1);
  else if (b == 0xf2) {
    const std::int32_t u = p[1] | (p[2] << 8) | (p[3] << 16);
    *v = u >= 8388608 ? u - 16777216 : u;
  } else if (b == 0xf3) *v = load<std::int32_t>(p + 1);
  else if (b == 0xf4) *v = load<std::int64_t>(p + 1);
  else return false;
  return true;
}

std::string_view Listpack::text_at(std::string_view bytes, std::size_t at, char* scratch) noexcept {
  const auto* p = reinterpret_cast<const std::uint8_t*>(bytes.data()) + at;
  std::int64_t v;
  if (integer_value(p, &v)) return {scratch, write_integer(scratch, v)};
  const std::size_t header = (p[0] & 0xc0) == 0x80 ? 1 : (p[0] & 0xf0) == 0xe0 ? 2 : 5;
  return {reinterpret_cast<const char*>(p) + header, encoded_length(p) - header};
}

std::string_view Listpack::text(std::size_t at, char* scratch) const noexcept { return text_at(bytes(), at, scratch); }

std::int64_t Listpack::integer(std::size_t at) const noexcept {
  std::int64_t v;
  return integer_value(data_ + at, &v) ? v : 0;
}

std::size_t Listpack::previous(std::size_t at) const noexcept {
  std::size_t length = 0, header = 0;
  for (const std::uint8_t* p = data_ + at - 1;; p--) {
    length |= static_cast<std::size_t>(*p & 0x7f) << (7 * header++);
    if ((*p & 0x80) == 0 || header == 5) break;
  }
  return at - length - header;
}

void Listpack::reserve(std::size_t more) {
  const std::size_t wanted = total() + more;
  const std::size_t room = malloc_usable_size(data_);
  if (wanted <= room) return;
  // Small ones grow tightly, so that many small collections stay small; large ones by half.
  data_ = static_cast<std::uint8_t*>(reallocate(data_, wanted <= 256 ? wanted : wanted + std::min<std::size_t>(wanted / 2, 4096)));
}

void Listpack::count_one_more() noexcept {
  const auto n = load<std::uint16_t>(data_ + 4);
  if (n == 0xffff) return;
  const auto more = static_cast<std::uint16_t>(n + 1);
  std::memcpy(data_ + 4, &more, 2);
}

void Listpack::append(std::string_view value) {
  std::int64_t v;
  if (value.size() <= 20 && parse_integer(value, &v)) return append(v);
  reserve(value.size() + 10);
  std::uint8_t* start = data_ + end();
  std::uint8_t* p = start;
  const std::size_t n = value.size();
  if (n < 64) {
    *p++ = static_cast<std::uint8_t>(0x80 | n);
  } else if (n < 4096) {
    *p++ = static_cast<std::uint8_t>(0xe0 | (n >> 8));
    *p++ = static_cast<std::uint8_t>(n);
  } else {
    const auto length = static_cast<std::uint32_t>(n);
    *p++ = 0xf0;
    std::memcpy(p, &length, 4);
    p += 4;
  }
  if (n > 0) std::memcpy(p, value.data(), n);
  p += n;
  p += write_backlen(p, static_cast<std::size_t>(p - start));
  *p = kEnd;
  set_total(total() + static_cast<std::size_t>(p - start));
  count_one_more();
}

void Listpack::append(std::int64_t value) {
  reserve(10);
  std::uint8_t* start = data_ + end();
  std::size_t n = encode_integer(start, value);
  n += write_backlen(start + n, n);
  start[n] = kEnd;
  set_total(total() + n);
  count_one_more();
}

void Listpack::replace(std::size_t at, std::int64_t value) {
  std::uint8_t fresh[12];
  std::size_t n = encode_integer(fresh, value);
  n += write_backlen(fresh + n, n);
  const std::size_t after = next(at), old = after - at;
  if (n > old) reserve(n - old);
  if (n != old) std::memmove(data_ + at + n, data_ + after, total() - after);
  std::memcpy(data_ + at, fresh, n);
  set_total(total() + n - old);
}

void Listpack::shrink() { data_ = static_cast<std::uint8_t*>(reallocate(data_, total())); }

bool Listpack::valid(std::string_view bytes, std::size_t* count) noexcept {
  *count = 0;
  if (bytes.size() < kHeaderBytes + 1) return false;
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (load<std::uint32_t>(data) != bytes.size() || data[bytes.size() - 1] != kEnd) return false;
  const std::size_t end = bytes.size() - 1;
  for (std::size_t at = kHeaderBytes; at < end; (*count)++) {
    const std::size_t left = end - at;
    const std::uint8_t b = data[at];
    if (b == kEnd || (b > 0xf4)) return false;
    if (((b & 0xf0) == 0xe0 && left < 2) || (b == 0xf0 && left < 5)) return false;
    const std::size_t n = encoded_length(data + at);
    const std::size_t header = backlen_bytes(n);
    if (n > left || header > left - n) return false;
    std::uint8_t expected[5];
    write_backlen(expected, n);
    if (std::memcmp(expected, data + at + n, header) != 0) return false;
    at += n + header;
  }
  const auto stated = load<std::uint16_t>(data + 4);
  return stated == 0xffff || stated == *count;
}

}  // namespace orrery::keyspace
