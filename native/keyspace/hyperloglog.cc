#include "hyperloglog.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace orrery::keyspace {
namespace {

constexpr int kQ = 50;  // bits of the hash that are not the register's index
constexpr std::uint8_t kMaxSparseValue = 32;

std::uint64_t murmur64a(std::string_view s, std::uint64_t seed) noexcept {
  constexpr std::uint64_t m = 0xc6a4a7935bd1e995ull;
  constexpr int r = 47;
  std::uint64_t h = seed ^ (s.size() * m);
  const char* p = s.data();
  std::size_t n = s.size();
  for (; n >= 8; p += 8, n -= 8) {
    std::uint64_t k;
    std::memcpy(&k, p, 8);
    k *= m;
    k ^= k >> r;
    k *= m;
    h ^= k;
    h *= m;
  }
  if (n > 0) {
    std::uint64_t k = 0;
    std::memcpy(&k, p, n);
    h ^= k;
    h *= m;
  }
  h ^= h >> r;
  h *= m;
  h ^= h >> r;
  return h;
}

// One opcode of the sparse form.
struct Op { std::size_t run, bytes; std::uint8_t value; };
Op read_op(const std::uint8_t* p) noexcept {
  if ((p[0] & 0x80) != 0) return {static_cast<std::size_t>(p[0] & 3) + 1, 1, static_cast<std::uint8_t>(((p[0] >> 2) & 0x1f) + 1)};
  if ((p[0] & 0x40) != 0) return {((static_cast<std::size_t>(p[0] & 0x3f) << 8) | p[1]) + 1, 2, 0};
  return {static_cast<std::size_t>(p[0] & 0x3f) + 1, 1, 0};
}
bool is_value(std::uint8_t b) noexcept { return (b & 0x80) != 0; }

void write_zeros(std::string& out, std::size_t run) {
  if (run == 0) return;
  if (run > 64) {
    out.push_back(static_cast<char>(((run - 1) >> 8) | 0x40));
    out.push_back(static_cast<char>((run - 1) & 0xff));
  } else {
    out.push_back(static_cast<char>(run - 1));
  }
}
char value_op(std::uint8_t value, std::size_t run) { return static_cast<char>(((value - 1) << 2) | static_cast<int>(run - 1) | 0x80); }

/// visit(first register, op). False when the opcodes do not cover the registers exactly.
template <typename Visit>
bool each_op(std::string_view bytes, Visit&& visit) noexcept {
  const auto* p = reinterpret_cast<const std::uint8_t*>(bytes.data());
  std::size_t first = 0;
  for (std::size_t at = kHllHeaderBytes; at < bytes.size();) {
    if ((p[at] & 0xc0) == 0x40 && at + 1 >= bytes.size()) return false;
    const Op op = read_op(p + at);
    if (first + op.run > kHllRegisters) return false;
    visit(first, op);
    first += op.run;
    at += op.bytes;
  }
  return first == kHllRegisters;
}

double tau(double x) {
  if (x == 0. || x == 1.) return 0.;
  double before, y = 1.0, z = 1 - x;
  do {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= std::pow(1 - x, 2) * y;
  } while (before != z);
  return z / 3;
}
double sigma(double x) {
  if (x == 1.) return INFINITY;
  double before, y = 1, z = x;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (before != z);
  return z;
}

/// Joins neighbours of one value, looking at five opcodes from `at`.
void merge_values(std::string& bytes, std::size_t at) {
  auto* p = reinterpret_cast<std::uint8_t*>(bytes.data());
  for (int looked = 0; at < bytes.size() && looked < 5; looked++) {
    if (!is_value(p[at])) {
      at += (p[at] & 0x40) != 0 ? 2 : 1;
      continue;
    }
    if (at + 1 < bytes.size() && is_value(p[at + 1])) {
      const Op a = read_op(p + at), b = read_op(p + at + 1);
      if (a.value == b.value && a.run + b.run <= 4) {
        p[at + 1] = static_cast<std::uint8_t>(value_op(a.value, a.run + b.run));
        bytes.erase(at, 1);
        p = reinterpret_cast<std::uint8_t*>(bytes.data());
        continue;
      }
    }
    at++;
  }
}

}  // namespace

bool hll_is_valid(std::string_view bytes) noexcept {
  if (bytes.size() < kHllHeaderBytes || bytes.substr(0, 4) != "HYLL") return false;
  const auto encoding = static_cast<std::uint8_t>(bytes[4]);
  return encoding == 1 || (encoding == 0 && bytes.size() == kHllDenseBytes);
}

std::string hll_empty() {
  std::string s(kHllHeaderBytes, 0);
  std::memcpy(s.data(), "HYLL\1", 5);
  write_zeros(s, kHllRegisters);
  return s;
}

void hll_place(std::string_view element, std::size_t* index, std::uint8_t* value) noexcept {
  std::uint64_t hash = murmur64a(element, 0xadc83b19ull);
  *index = hash & (kHllRegisters - 1);
  hash = (hash >> 14) | (std::uint64_t{1} << kQ);
  *value = static_cast<std::uint8_t>(std::countr_zero(hash) + 1);
}

std::uint8_t hll_dense_register(std::string_view bytes, std::size_t index) noexcept {
  const auto* p = reinterpret_cast<const std::uint8_t*>(bytes.data()) + kHllHeaderBytes;
  const std::size_t bit = index * 6, at = bit / 8;
  const unsigned shift = bit & 7;
  unsigned v = p[at] >> shift;
  if (shift > 2) v |= static_cast<unsigned>(p[at + 1]) << (8 - shift);
  return v & 63;
}

bool hll_raise_dense(char* bytes, std::size_t index, std::uint8_t value) noexcept {
  if (hll_dense_register({bytes, kHllDenseBytes}, index) >= value) return false;
  auto* p = reinterpret_cast<std::uint8_t*>(bytes) + kHllHeaderBytes;
  const std::size_t bit = index * 6, at = bit / 8;
  const unsigned shift = bit & 7;
  p[at] = static_cast<std::uint8_t>((p[at] & ~(63u << shift)) | (static_cast<unsigned>(value) << shift));
  if (shift > 2) p[at + 1] = static_cast<std::uint8_t>((p[at + 1] & ~(63u >> (8 - shift))) | (value >> (8 - shift)));
  return true;
}

bool hll_to_dense(std::string& bytes) {
  if (!hll_is_sparse(bytes)) return true;
  std::string dense(kHllDenseBytes, 0);
  std::memcpy(dense.data(), bytes.data(), kHllHeaderBytes);
  dense[4] = 0;
  const bool fine = each_op(bytes, [&](std::size_t first, const Op& op) {
    if (op.value == 0) return;
    for (std::size_t i = 0; i < op.run; i++) hll_raise_dense(dense.data(), first + i, op.value);
  });
  if (fine) bytes = std::move(dense);
  return fine;
}

HllChange hll_raise(std::string& bytes, std::size_t index, std::uint8_t value, std::size_t sparse_max_bytes) {
  const auto promote = [&] {
    if (!hll_to_dense(bytes)) return HllChange::kCorrupt;
    return hll_raise_dense(bytes.data(), index, value) ? HllChange::kChanged : HllChange::kNone;
  };
  if (!hll_is_sparse(bytes)) return hll_raise_dense(bytes.data(), index, value) ? HllChange::kChanged : HllChange::kNone;
  if (value > kMaxSparseValue) return promote();
  const auto* p = reinterpret_cast<const std::uint8_t*>(bytes.data());
  std::size_t at = kHllHeaderBytes, first = 0, previous = kHllHeaderBytes;
  Op op{};
  for (;; previous = at, at += op.bytes, first += op.run) {
    if (at >= bytes.size() || ((p[at] & 0xc0) == 0x40 && at + 1 >= bytes.size())) return HllChange::kCorrupt;
    op = read_op(p + at);
    if (index < first + op.run) break;
  }
  if (op.value >= value) return HllChange::kNone;
  if (op.run == 1 && op.bytes == 1) {
    bytes[at] = value_op(value, 1);
  } else {
    std::string fresh;
    const std::size_t before = index - first, after = first + op.run - 1 - index;
    if (op.value == 0) {
      write_zeros(fresh, before);
      fresh.push_back(value_op(value, 1));
      write_zeros(fresh, after);
    } else {
      if (before > 0) fresh.push_back(value_op(op.value, before));
      fresh.push_back(value_op(value, 1));
      if (after > 0) fresh.push_back(value_op(op.value, after));
    }
    if (fresh.size() > op.bytes && bytes.size() + fresh.size() - op.bytes > sparse_max_bytes) return promote();
    bytes.replace(at, op.bytes, fresh);
  }
  merge_values(bytes, previous);
  hll_invalidate(bytes.data());
  return HllChange::kChanged;
}

bool hll_merge_into(HllRegisters& registers, std::string_view bytes) noexcept {
  const auto raise = [&](std::size_t i, std::uint8_t v) {
    if (v > registers[i]) registers[i] = v;
  };
  if (hll_is_sparse(bytes))
    return each_op(bytes, [&](std::size_t first, const Op& op) {
      for (std::size_t i = 0; op.value != 0 && i < op.run; i++) raise(first + i, op.value);
    });
  for (std::size_t i = 0; i < kHllRegisters; i++) raise(i, hll_dense_register(bytes, i));
  return true;
}

std::uint64_t hll_estimate(const HllRegisters& registers) noexcept {
  int histogram[64] = {};
  for (const std::uint8_t v : registers) histogram[v & 63]++;
  constexpr double m = kHllRegisters;
  double z = m * tau((m - histogram[kQ + 1]) / m);
  for (int j = kQ; j >= 1; --j) {
    z += histogram[j];
    z *= 0.5;
  }
  z += m * sigma(histogram[0] / m);
  return static_cast<std::uint64_t>(std::llroundl(0.721347520444481703680 * m * m / z));
}

std::string hll_decode(std::string_view bytes) {
  std::string out;
  each_op(bytes, [&](std::size_t, const Op& op) {
    if (!out.empty()) out += ' ';
    if (op.value != 0) out += "v:" + std::to_string(op.value) + "," + std::to_string(op.run);
    else out += (op.bytes == 2 ? "Z:" : "z:") + std::to_string(op.run);
  });
  return out;
}

bool hll_cached(std::string_view bytes, std::uint64_t* cardinality) noexcept {
  std::memcpy(cardinality, bytes.data() + 8, 8);
  return (*cardinality >> 63) == 0;
}
void hll_cache(char* bytes, std::uint64_t cardinality) noexcept { std::memcpy(bytes + 8, &cardinality, 8); }

}  // namespace orrery::keyspace
