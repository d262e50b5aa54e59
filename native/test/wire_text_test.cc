// Text forms of numbers and dates: what PostgreSQL 15 prints.
#include "../wire/data_row.h"
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
  std::uint8_t out[128];
  WireBuffer buffer(out, sizeof out);
  write_numeric_text(bytes, buffer);
  return std::string(reinterpret_cast<char*>(out), buffer.size());
}
}  // namespace

TEST("integers print their digits") {
  char text[24];
  for (const std::int64_t v : {std::int64_t{0}, std::int64_t{7}, std::int64_t{10}, std::int64_t{99}, std::int64_t{100}, std::int64_t{12345}, std::int64_t{-1}, std::int64_t{999999999},
                               std::int64_t{1000000000}, std::int64_t{4294967295}, std::int64_t{4294967296}, std::int64_t{-2147483648}, INT64_MAX, INT64_MIN})
    CHECK_EQ(std::string(text, format_integer(v, text)), std::to_string(v));
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
}
