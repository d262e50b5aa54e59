// Text forms of numbers and dates: what PostgreSQL 15 prints.
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>

#include "../wire/field.h"
#include "../wire/shortest_float.h"
#include "check.h"

using namespace orrery::wire;

namespace {
std::string float8(double v) { char t[64]; return std::string(t, format_float8(v, t)); }
std::string float4(float v) { char t[64]; return std::string(t, format_float4(v, t)); }
std::string date(std::int32_t v) { char t[64]; return std::string(t, format_date(v, t)); }
std::string timestamp(std::int64_t v, bool utc = false) { char t[64]; return std::string(t, format_timestamp(v, utc, t)); }
std::string numeric(std::vector<int> words) {
  std::string bytes;
  for (const int w : words) { bytes.push_back(static_cast<char>(w >> 8)); bytes.push_back(static_cast<char>(w)); }
  // Exactly the room that is asked for: a sanitizer sees what goes beyond it.
  std::vector<char> out(numeric_text_bound(bytes));
  return std::string(out.data(), put_numeric(bytes, out.data()));
}
/// What to_chars finds, which takes the ends of a value's interval for the value where its significand is even.
template <typename T>
std::string shortest_by_library(T v) {
  char text[64];
  return std::string(text, std::to_chars(text, text + sizeof text, v, std::chars_format::scientific).ptr);
}
std::string scientific(ShortestDecimal d) {
  std::string digits = std::to_string(d.digits);
  int exponent = d.exponent + static_cast<int>(digits.size()) - 1;
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  if (digits.size() > 1) digits.insert(1, ".");
  const std::string size = std::to_string(exponent < 0 ? -exponent : exponent);
  return digits + (exponent < 0 ? "e-" : "e+") + (size.size() < 2 ? "0" : "") + size;
}
}  // namespace

TEST("integers print their digits") {
  char text[24];
  for (const std::int64_t v : {std::int64_t{0}, std::int64_t{7}, std::int64_t{10}, std::int64_t{99}, std::int64_t{100}, std::int64_t{12345}, std::int64_t{-1}, std::int64_t{999999999},
                               std::int64_t{1000000000}, std::int64_t{4294967295}, std::int64_t{4294967296}, std::int64_t{-2147483648}, INT64_MAX, INT64_MIN})
    CHECK_EQ(std::string(text, format_integer(v, text)), std::to_string(v));
  for (std::int64_t power = 1; power <= INT64_MAX / 10; power *= 10)
    for (const std::int64_t v : {power - 1, power, power + 1, -power, 9 * power, 1 - power}) CHECK_EQ(std::string(text, format_integer(v, text)), std::to_string(v));
  for (std::int64_t v = 1; v < INT64_MAX / 11; v = v * 11 + 3) CHECK_EQ(std::string(text, format_integer(-v, text)), std::to_string(-v));
}

TEST("float8 prints the shortest digits in PostgreSQL's form") {
  CHECK_EQ(float8(0), "0");
  CHECK_EQ(float8(-0.0), "-0");
  CHECK_EQ(float8(1), "1");
  CHECK_EQ(float8(0.1), "0.1");
  CHECK_EQ(float8(123456.789), "123456.789");
  CHECK_EQ(float8(1e14), "100000000000000");
  CHECK_EQ(float8(1e15), "1e+15");
  CHECK_EQ(float8(1.5e300), "1.5e+300");
  CHECK_EQ(float8(0.0001), "0.0001");
  CHECK_EQ(float8(0.00001), "1e-05");
  CHECK_EQ(float8(-1.25e-7), "-1.25e-07");
  CHECK_EQ(float8(1.0 / 0.0), "Infinity");
}

TEST("a decimal exactly between two floats is neither, as in PostgreSQL") {
  CHECK_EQ(float8(1e23), "9.999999999999999e+22");
  CHECK_EQ(float8(8.41e21), "8.409999999999999e+21");
  CHECK_EQ(float8(9.5e-322), "9.5e-322");
  CHECK_EQ(float8(5e-324), "5e-324");
  CHECK_EQ(float8(1.7976931348623157e308), "1.7976931348623157e+308");
  CHECK_EQ(float8(2.2250738585072014e-308), "2.2250738585072014e-308");
  CHECK_EQ(float4(8589973000.0f), "8.589974e+09");
  CHECK_EQ(float4(1e-45f), "1e-45");
  CHECK_EQ(float4(3927094.25f), "3.9270942e+06");  // of two that are equally close the even one
}

TEST("the shortest digits of floats are those that the library finds") {
  std::mt19937_64 random(20261128);
  int different = 0;
  const auto check8 = [&](double v) {
    const std::string ours = scientific(shortest_decimal(v)), theirs = shortest_by_library(v);
    if (ours == theirs) return;
    // The library's is on the edge: ours then is the shortest one inside, and reads back as well.
    different++;
    CHECK_EQ(std::strtod(ours.c_str(), nullptr), v);
    CHECK(std::bit_cast<std::uint64_t>(v) % 2 == 0 && v >= 9007199254740992.0);
  };
  for (int i = 0; i < 50'000; i++) {
    const double v = std::bit_cast<double>(random() & ~(std::uint64_t{1} << 63));
    if (v == v && v <= 1.7976931348623157e308 && v > 0) check8(v);
    check8(static_cast<double>(random() % 1'000'000'007) / static_cast<double>(random() % 1000 + 1) + 1e-9);
    check8(static_cast<double>(random() >> (i % 64)) + 1);
  }
  for (int e = -1074; e < 1024; e++)
    for (const double v : {std::ldexp(1.0, e), std::nextafter(std::ldexp(1.0, e), 0), std::nextafter(std::ldexp(1.0, e), 1e308)})
      if (v > 0) check8(v);
  for (int k = -323; k <= 308; k++) check8(std::strtod(("1e" + std::to_string(k)).c_str(), nullptr));
  CHECK(different > 0);
  for (std::uint32_t bits = 1; bits < 0x7f800000; bits += 9973) {
    const float v = std::bit_cast<float>(bits);
    const std::string ours = scientific(shortest_decimal(v)), theirs = shortest_by_library(v);
    if (ours == theirs) continue;
    CHECK_EQ(std::strtof(ours.c_str(), nullptr), v);
    CHECK(bits % 2 == 0 && v >= 16777216.0f);
  }
}

TEST("float8 stands in 40 bytes with what it touches") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; i++) {
    const auto out = std::make_unique<char[]>(40);
    const double v = std::bit_cast<double>(random());
    const std::string text(out.get(), format_float8(v, out.get()));
    const double back = std::strtod(text.c_str(), nullptr);
    CHECK(back == v || v != v);
    const auto small = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    const std::string text4(out.get(), format_float4(small, out.get()));
    CHECK(std::strtof(text4.c_str(), nullptr) == small || small != small);
  }
}

TEST("float4 turns to exponents at 1e+06") {
  CHECK_EQ(float4(100000.0f), "100000");
  CHECK_EQ(float4(1000000.0f), "1e+06");
  CHECK_EQ(float4(0.1f), "0.1");
  CHECK_EQ(float4(1.2345679e8f), "1.2345679e+08");
}

TEST("dates and timestamps cover BC, infinity and fractions") {
  CHECK_EQ(date(0), "2000-01-01");
  CHECK_EQ(date(-10957), "1970-01-01");
  CHECK_EQ(date(59), "2000-02-29");
  CHECK_EQ(date(-730119), "0001-01-01");
  CHECK_EQ(date(-730120), "0001-12-31 BC");
  CHECK_EQ(date(2922938), "10002-09-25");
  CHECK_EQ(date(2145031948), "5874897-12-31");
  CHECK_EQ(timestamp(86399'999'999 + 1), "2000-01-02 00:00:00");
  CHECK_EQ(timestamp(43'200'000'000 + 123'456), "2000-01-01 12:00:00.123456");
  CHECK_EQ(timestamp(120), "2000-01-01 00:00:00.00012");
  CHECK_EQ(date(2147483647), "infinity");
  CHECK_EQ(timestamp(0), "2000-01-01 00:00:00");
  CHECK_EQ(timestamp(-1), "1999-12-31 23:59:59.999999");
  CHECK_EQ(timestamp(1500000), "2000-01-01 00:00:01.5");
  CHECK_EQ(timestamp(0, true), "2000-01-01 00:00:00+00");
  CHECK_EQ(timestamp(INT64_MIN), "-infinity");
}

TEST("numeric keeps its scale and its zeros between point and digits") {
  CHECK_EQ(numeric({0, 0, 0, 0}), "0");
  CHECK_EQ(numeric({0, 0, 0, 2}), "0.00");
  CHECK_EQ(numeric({2, 0, 0, 2, 12, 3400}), "12.34");
  CHECK_EQ(numeric({1, 1, 0, 0, 5}), "50000");
  CHECK_EQ(numeric({1, -1, 0, 4, 7}), "0.0007");
  CHECK_EQ(numeric({1, -2, 0x4000, 6, 1200}), "-0.000012");
  CHECK_EQ(numeric({0, 0, 0xC000, 0}), "NaN");
  CHECK_EQ(numeric({3, 2, 0x4000, 0, 1, 20, 300}), "-100200300");
  CHECK_EQ(numeric({1, 4, 0, 3, 9999}), "99990000000000000000.000");
  CHECK_EQ(numeric({3, 0, 0, 7, 1, 2345, 6780}), "1.2345678");
  CHECK_EQ(numeric({0, 0, 0xF000, 0}), "-Infinity");
  CHECK_EQ(numeric({9, 0, 0, 0, 1}), "");  // damaged
}
