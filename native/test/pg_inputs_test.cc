// Parameters as columns keep them: forms that clients write, and bytes that nobody should send. What the types themselves make of values is
// compared in test/property/hot-parameters.test.ts.
#include "../io/pg_inputs.h"
#include "pg_support.h"

using namespace orrery;
using namespace orrery::io;
using orrery::test::pg::number;

namespace {

/// The bytes that a varlen column keeps; "-": JavaScript's.
std::string kept(PgType type, std::string_view text, std::int32_t modifier = -1, bool binary = false) {
  PgInput input;
  return input.read(type, modifier, {text, binary}) ? std::string(input.bytes()) : "-";
}
std::int64_t micros(PgType type, std::string_view text, std::int32_t precision = -1) {
  PgInput input;
  std::int64_t out = -1;
  if (input.read(type, precision, {text})) std::memcpy(&out, input.fixed(), sizeof out);
  return out;
}

}  // namespace

TEST("hot inputs: jsonb is canonical, json is as it came") {
  CHECK_EQ(kept(PgType::kJsonb, R"({"bb":1.50,"a":[true,{}],"bb":{"d":-0,"c":""}})"), R"({"a": [true, {}], "bb": {"c": "", "d": 0}})");
  CHECK_EQ(kept(PgType::kJsonb, R"("\ud83d\ude00\u0001\/")"), "\"\xf0\x9f\x98\x80\\u0001/\"");
  CHECK_EQ(kept(PgType::kJson, " [1e5 , \"\\u00e9\"] "), " [1e5 , \"\\u00e9\"] ");
  CHECK_EQ(kept(PgType::kJsonb, std::string("\1{}"), -1, true), "{}");
  for (const char* wrong : {"", "[1,]", "{1:2}", "{\"a\"}", "nul", "tru", "01", "1.", "-", "\"\n\"", "\"\\u12\"", "\"\\ud83d\"", "\"\\ud83dx\"", "\"\\ude00\"", "\"\\x\"", "\"", "\"\\", "[", "{\"a\":1", "1 2"}) {
    CHECK_EQ(kept(PgType::kJsonb, wrong), "-");
    CHECK_EQ(kept(PgType::kJson, wrong), "-");
  }
  CHECK_EQ(kept(PgType::kJsonb, "1e5"), "-");
  CHECK_EQ(kept(PgType::kJson, std::string(64, '[') + std::string(64, ']')).size(), 128u);
  CHECK_EQ(kept(PgType::kJson, std::string(5000, '[') + std::string(5000, ']')), "-");
  CHECK_EQ(kept(PgType::kJsonb, "\"\xff\""), "-");
}

TEST("hot inputs: numeric is rounded to its column, and refused beyond it") {
  const auto numeric = [](int precision, int scale) { return (precision << 16 | scale) + 4; };
  const auto bytes = [](int weight, int sign, int scale, std::initializer_list<int> digits) {
    std::string out = number(digits.size(), 2) + number(static_cast<std::uint16_t>(weight), 2) + number(static_cast<std::uint64_t>(sign), 2) + number(static_cast<std::uint64_t>(scale), 2);
    for (const int d : digits) out += number(static_cast<std::uint64_t>(d), 2);
    return out;
  };
  CHECK_EQ(kept(PgType::kNumeric, "-12345.678"), bytes(1, 0x4000, 3, {1, 2345, 6780}));
  CHECK_EQ(kept(PgType::kNumeric, "1.005", numeric(5, 2)), bytes(0, 0, 2, {1, 100}));
  CHECK_EQ(kept(PgType::kNumeric, "-0.004", numeric(5, 2)), bytes(0, 0, 2, {}));
  CHECK_EQ(kept(PgType::kNumeric, "999.995", numeric(5, 2)), "-");
  CHECK_EQ(kept(PgType::kNumeric, bytes(0, 0, 1, {7, 5000}), numeric(5, 2), true), bytes(0, 0, 2, {7, 5000}));
  for (const std::string& wrong : {bytes(0, 0, 0, {10000}), bytes(30000, 0, 0, {1}), bytes(-30000, 0, 0, {1}), bytes(0, 0x1234, 0, {1}), bytes(0, 0, 16383, {1}), bytes(0, 0, 0, {1}) + "x", std::string("\xff\xff")})
    CHECK_EQ(kept(PgType::kNumeric, wrong, -1, true), "-");
  for (const char* wrong : {"", ".", "-", "1e5", "NaN", " 1", "1.2.3", "99999999999999999999999999999999999999"}) CHECK_EQ(kept(PgType::kNumeric, wrong), "-");
}

TEST("hot inputs: moments have their ISO text") {
  CHECK_EQ(micros(PgType::kTimestamp, "2000-01-02 00:00:00.5"), 86'400'500'000);
  CHECK_EQ(micros(PgType::kTimestamp, "2000-01-02T00:00:00.5+05", 0), 86'401'000'000);
  CHECK_EQ(micros(PgType::kTimestampTz, "2000-01-01 05:30:00+05:30"), 0);
  CHECK_EQ(micros(PgType::kTimestampTz, "2000-01-01 05:30:00"), -1);
  CHECK_EQ(micros(PgType::kTimestampTzUtc, "2000-01-01 00:00:00"), 0);
  CHECK_EQ(micros(PgType::kTime, "00:00:01"), 1'000'000);
  for (const char* wrong : {"", "2000", "2000-02-30", "2000-01-01 24:00", "2000-01-01 1:00", "2000-01-01 00:00:00.1234567", "2000-01-01 00:00+16", "now"})
    CHECK_EQ(micros(PgType::kTimestamp, wrong), -1);
}

TEST("hot inputs: a numeric's text is a float8 where it is cast") {
  PgInput input;
  const auto bits = [&](std::string_view text) {
    std::uint64_t out = 1;
    if (input.read(PgType::kNumericAsFloat8, -1, {text})) std::memcpy(&out, input.fixed(), sizeof out);
    return out;
  };
  CHECK_EQ(bits("0.1"), 0x3fb999999999999au);
  CHECK_EQ(bits("-0.00"), 0u);
  CHECK_EQ(bits("NaN"), 1u);
  CHECK_EQ(bits("1e400"), 1u);
  CHECK(!input.read(PgType::kNumericAsFloat8, -1, {std::string(8, '\0'), true}));
}

TEST("hot inputs: numbers are floats where they are cast") {
  PgInput input;
  const auto real = [&](PgType type, std::string_view text) {
    float out = -1;
    if (input.read(type, -1, {text})) std::memcpy(&out, input.fixed(), sizeof out);
    return out;
  };
  CHECK_EQ(real(PgType::kNumericAsFloat4, "0.1"), 0.1F);
  CHECK_EQ(real(PgType::kInt4AsFloat4, "16777217"), 16777216.0F);
  CHECK_EQ(real(PgType::kInt4AsFloat4, "1.5"), -1.0F);
  CHECK(!input.read(PgType::kNumericAsFloat4, -1, {std::string(4, '\0'), true}));
  double wide = 0;
  CHECK(input.read(PgType::kInt4AsFloat8, -1, {std::string("\0\0\0\7", 4), true}));
  std::memcpy(&wide, input.fixed(), sizeof wide);
  CHECK_EQ(wide, 7.0);
}

TEST("hot inputs: vectors have the dimensions of their column") {
  PgInput input;
  const auto elements = [&](PgType type, std::int32_t dimensions, std::string_view bytes, bool binary = false) {
    std::vector<float> out;
    if (!input.read(type, dimensions, {bytes, binary})) return out;
    out.resize(input.bytes().size() / sizeof(float));
    std::memcpy(out.data(), input.bytes().data(), input.bytes().size());
    return out;
  };
  CHECK(elements(PgType::kVector, 3, "[1,-2.5, 3e4 ]") == std::vector<float>({1, -2.5F, 30000}));
  CHECK(elements(PgType::kHalfvec, 2, "[0.1,65519.99]") == std::vector<float>({0.0999755859375F, 65504}));
  CHECK(elements(PgType::kVector, 1, std::string_view("\0\1\0\0\x3f\x80\0\0", 8), true) == std::vector<float>({1}));
  CHECK(elements(PgType::kHalfvec, 1, std::string_view("\0\1\0\0\x3c\0", 6), true) == std::vector<float>({1}));
  for (const std::int32_t dimensions : {-1, 0, 2, 4, 16001, 2147483647}) CHECK(elements(PgType::kVector, dimensions, "[1,2,3]").empty());
  for (const char* wrong : {"", "[]", "[1,2,x]", "[1,2,NaN]", "[1,2,1e39]", "{1,2,3}"}) CHECK(elements(PgType::kVector, 3, wrong).empty());
  CHECK(elements(PgType::kHalfvec, 1, "[65520]").empty());
}

TEST("hot inputs: texts fit their column, with blanks behind them where it wants") {
  CHECK_EQ(kept(PgType::kBpchar, "\xc3\xa9", 4 + 3), "\xc3\xa9  ");
  CHECK_EQ(kept(PgType::kBpchar, "abcd", 4 + 3), "-");
  CHECK_EQ(kept(PgType::kText, "\xc3\xa9\xc3\xa9", 4 + 2), "\xc3\xa9\xc3\xa9");
  CHECK_EQ(kept(PgType::kText, "abc", 4 + 2), "-");
  CHECK_EQ(kept(PgType::kBytea, "\\x0aFF"), "\n\xff");
  for (const char* wrong : {"\\x0", "\\xzz", "abc", "\\"}) CHECK_EQ(kept(PgType::kBytea, wrong), "-");
}
