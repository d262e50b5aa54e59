// Texts of dense vectors: each element is what C's strtof gives, to the bit, and whatever is no vector is not read. Each text lies in memory of
// exactly its size, so that AddressSanitizer sees a byte that is read beyond it.
#include "../wire/vector_text.h"

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>

#include "../kernels/codes.h"
#include "../wire/nearest_float.h"
#include "check.h"

using namespace orrery;
using namespace orrery::wire;

namespace {

struct Exact {
  explicit Exact(std::string_view text) : memory(new char[text.size()]), view(memory.get(), text.size()) { text.copy(memory.get(), text.size()); }
  std::unique_ptr<char[]> memory;
  std::string_view view;
};

std::size_t read(std::string_view text, std::vector<float>* out, DenseKind kind = DenseKind::kVector, std::size_t most = 64) {
  const Exact exact(text);
  const std::unique_ptr<float[]> room(new float[most]);
  const std::size_t count = read_vector(exact.view, kind, room.get(), most);
  out->assign(room.get(), room.get() + count);
  return count;
}

std::uint32_t bits(float value) { return std::bit_cast<std::uint32_t>(value); }

/// The decimal is read as strtof reads it; what overflows is not read.
void check_decimal(const std::string& text) {
  const float expected = std::strtof(text.c_str(), nullptr);
  const Exact exact(text);
  float value = 0;
  const char* end = read_float(exact.view.data(), exact.view.data() + exact.view.size(), &value);
  if (!std::isfinite(expected) || (end == nullptr && expected == 0)) {
    CHECK(end == nullptr);
    return;
  }
  if (end == nullptr || bits(value) != bits(expected)) std::printf("%s\n", text.c_str());
  CHECK(end == exact.view.data() + exact.view.size());
  CHECK_EQ(bits(value), bits(expected));
}

std::string printed(const char* format, int digits, double value) {
  char text[512];
  return std::string(text, static_cast<std::size_t>(std::snprintf(text, sizeof text, format, digits, value)));
}

/// Any finite float, each exponent as often as any other.
float any_float(std::mt19937& random) {
  for (;;) {
    const float value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (std::isfinite(value)) return value;
  }
}

}  // namespace

TEST("vector text: floats of every size are read back, whatever their digits") {
  std::mt19937 random(1);
  for (int i = 0; i < 60'000; i++) {
    const float value = any_float(random);
    for (const int digits : {5, 8, 16}) check_decimal(printed("%.*e", digits, value));
    check_decimal(printed("%.*g", 9, value));
    const double near = static_cast<double>(static_cast<float>(random()) / 4294967296.0F) * 2 - 1;
    for (const int digits : {1, 6, 9, 17, 22, 30}) check_decimal(printed("%.*f", digits, near));
  }
  for (int i = 0; i < 60'000; i++) {
    // Digits that no float has.
    std::string digits = std::to_string(std::uint64_t{random()} << 32 | random());
    digits.resize(1 + random() % digits.size());
    digits.insert(random() % (digits.size() + 1), ".");
    if (digits.size() > 1 && random() % 2 == 0) digits += "e" + std::to_string(static_cast<int>(random() % 90) - 50);
    if (digits != ".") check_decimal((random() % 2 == 0 ? "-" : "") + digits);
  }
}

TEST("vector text: between two floats the last digit decides") {
  std::mt19937 random(2);
  for (int i = 0; i < 20'000; i++) {
    float low = std::fabs(any_float(random));
    if (i % 4 == 0) low = std::bit_cast<float>(static_cast<std::uint32_t>(random() & 0x007fffff));  // subnormal
    const float high = std::nextafter(low, std::numeric_limits<float>::infinity());
    if (!std::isfinite(high)) continue;
    // Exact: a double holds the middle, and 160 digits hold the double.
    const std::string middle = printed("%.*e", 160, (static_cast<double>(low) + static_cast<double>(high)) / 2);
    check_decimal(middle);
    const std::size_t exponent = middle.find('e');
    check_decimal(middle.substr(0, exponent) + "1" + middle.substr(exponent));
    check_decimal(middle.substr(0, exponent) + std::string(300, '0') + "1" + middle.substr(exponent));
    std::string below = middle.substr(0, exponent);
    // Just below it: the last digit that is not 0 is one less, nines follow.
    const std::size_t last = below.find_last_not_of("0.");
    below[last]--;
    for (std::size_t k = last + 1; k < below.size(); k++)
      if (below[k] != '.') below[k] = '9';
    check_decimal(below + middle.substr(exponent));
    // The shortest way to write it, as doubles are printed: rounded to a double first it would be a tie.
    check_decimal(printed("%.*g", 17, (static_cast<double>(low) + static_cast<double>(high)) / 2));
  }
  for (const char* text : {"16777217", "16777217.0000000000000001", "16777216.9999999999999999", "1.00000017881393432617187499", "1.00000017881393432617187500",
                           "1.00000017881393432617187501", "7.0064923216240853546186479164495e-46", "7.0064923216240853546186479164496e-46",
                           "7.0064923216240861e-46", "1.1754943508222875e-38", "1.17549428e-38", "3.4028234e38", "3.40282346638528859811704183484516925440e38",
                           "3.4028235677973366e38", "3.40282356779733661637539395458142568447e38", "3.40282356779733661637539395458142568448e38",
                           "340282356779733661637539395458142568447", "340282356779733661637539395458142568448", "1e39", "1e999999999999", "0e999999999999",
                           "0.0000000000000000000000000000000000000001e40", "10000000000000000000000000000000000000000e-40", "0.000000000000000000000012345678901234567890",
                           "00000000000000000000000000000000000001.5", "9999999999999999999", "18446744073709551615", "18446744073709551616", "-0", "-0.0e5", "0"})
    check_decimal(text);
}

TEST("vector text: what pgvector reads") {
  std::vector<float> v;
  CHECK_EQ(read("[1,2,3]", &v), 3u);
  CHECK(v == std::vector<float>({1, 2, 3}));
  CHECK_EQ(read(" \t\n\r\v\f[ \t1.5 , -3e4\n,\v+.5,5. ] \f", &v), 4u);
  CHECK(v == std::vector<float>({1.5F, -30000, 0.5F, 5}));
  CHECK_EQ(read("[-0]", &v), 1u);
  CHECK(std::signbit(v[0]));
  CHECK_EQ(read("[1E-45,1e+2]", &v), 2u);
  CHECK_EQ(bits(v[0]), 1u);
  CHECK_EQ(read("[1,2,3]", &v, DenseKind::kVector, 3), 3u);
  CHECK_EQ(read("[1,2,3]", &v, DenseKind::kVector, 2), 0u);
  CHECK_EQ(read("[65519.99,0.1,6e-8,1e-9]", &v, DenseKind::kHalfvec), 4u);
  CHECK(v == std::vector<float>({65504, 0.0999755859375F, 0x1p-24F, 0}));
}

TEST("vector text: what is no vector of finite numbers is not read") {
  std::vector<float> v;
  for (const char* text : {"", " ", "[", "]", "[]", "[ ]", "1,2", "{1,2}", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[1]]", "[1]x", "[[1]]", "[1;2]", "[a]", "[nan]", "[inf]",
                           "[-Infinity]", "[1e]", "[1e+]", "[1e-]", "[e5]", "[.]", "[+]", "[-]", "[--1]", "[+-1]", "[- 1]", "[1.2.3]", "[0x10]", "[1e39]", "[-1e39]", "[1e400]", "[1_0]", "[1f]", "[\"1\"]",
                           "[null]", "[1,2]\xc2\xa0", "\xc2\xa0[1]", "[\xd9\xa1]"})
    CHECK_EQ(read(text, &v), 0u);
  CHECK_EQ(read(std::string_view("[1\0,2]", 7), &v), 0u);
  CHECK_EQ(read("[65520]", &v, DenseKind::kHalfvec), 0u);
  std::string many = "[0";
  for (std::size_t i = 1; i < kVectorElementsMax; i++) many += ",0";
  CHECK_EQ(read(many + "]", &v, DenseKind::kVector, kVectorElementsMax), kVectorElementsMax);
  CHECK_EQ(read(many + ",0]", &v, DenseKind::kVector, kVectorElementsMax), 0u);
}

TEST("vector text: arrays of vectors of one length") {
  std::vector<float> v;
  const auto array = [&v](std::string_view text) { return read_vector_array(Exact(text).view, DenseKind::kVector, &v); };
  CHECK_EQ(array("{\"[1,2]\",\"[3,4]\"}"), 2u);
  CHECK(v == std::vector<float>({1, 2, 3, 4}));
  CHECK_EQ(array("{\"[7]\"}"), 1u);
  CHECK(v == std::vector<float>({7}));
  for (const char* text : {"", "{", "}", "{}", "{\"\"}", "{\"[1]\"", "{\"[1]\",}", "{,\"[1]\"}", "{\"[1]\" ,\"[2]\"}", "{\"[1]\",\"[2,3]\"}", "{\"[1,2]\",\"[3]\"}", "{\"[1]\",NULL}", "{[1]}", "{\"[1]}", "{\"[1]\"}}",
                           "{{\"[1]\"}}", "[1:1]={\"[1]\"}", "{\"[\\1]\"}", "{\"[1]\"\"[2]\"}", "{\"[1]\";\"[2]\"}"})
    CHECK_EQ(array(text), 0u);
}

TEST("vector wire form: elements, and what is none") {
  const auto receive = [](std::initializer_list<int> list, DenseKind kind, std::vector<float>* out) {
    std::string bytes;
    for (const int b : list) bytes.push_back(static_cast<char>(b));
    const Exact exact(bytes);
    float room[2];
    const std::size_t count = read_wire_vector(exact.view, kind, room, 2);
    out->assign(room, room + count);
    return count;
  };
  std::vector<float> v;
  CHECK_EQ(receive({0, 2, 0, 0, 0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0}, DenseKind::kVector, &v), 2u);
  CHECK(v == std::vector<float>({1, -2.5F}));
  CHECK_EQ(receive({0, 2, 0, 0, 0x3c, 0, 0xc1, 0}, DenseKind::kHalfvec, &v), 2u);
  CHECK(v == std::vector<float>({1, -2.5F}));
  for (const auto kind : {DenseKind::kVector, DenseKind::kHalfvec}) {
    CHECK_EQ(receive({}, kind, &v), 0u);
    CHECK_EQ(receive({0, 1, 0}, kind, &v), 0u);
    CHECK_EQ(receive({0, 0, 0, 0}, kind, &v), 0u);
    CHECK_EQ(receive({0, 1, 0, 0, 0}, kind, &v), 0u);
    CHECK_EQ(receive({0, 1, 0, 0, 0, 0, 0, 0, 0}, kind, &v), 0u);
    CHECK_EQ(receive({255, 255, 0, 0, 0, 0, 0, 0}, kind, &v), 0u);
    CHECK_EQ(receive({0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, kind, &v), 0u);
  }
  CHECK_EQ(receive({0, 1, 0, 1, 0, 0, 0, 0}, DenseKind::kVector, &v), 0u);
  CHECK_EQ(receive({0, 1, 0, 0, 0x7f, 0x80, 0, 0}, DenseKind::kVector, &v), 0u);
  CHECK_EQ(receive({0, 1, 0, 0, 0xff, 0xc0, 0, 1}, DenseKind::kVector, &v), 0u);
  CHECK_EQ(receive({0, 1, 0, 0, 0x7c, 0}, DenseKind::kHalfvec, &v), 0u);
  CHECK_EQ(receive({0, 1, 0, 0, 0xfe, 1}, DenseKind::kHalfvec, &v), 0u);
}

TEST("fuzz: texts of vectors") {
  std::mt19937 random(3);
  constexpr std::string_view kAlphabet = "0123456789012345678901234567890123456789....,,,,,,eE+-[[]] \t\"{}\\nNx\xc3\0";
  const std::string seeds[] = {"[1.5,2,-3e4]", "[0.12345678901234567,1e-40,3.4028235e38]", "{\"[1,2]\",\"[3,4]\"}", "[123456789012345678901234567890,.5,5.]"};
  std::size_t accepted = 0;
  for (int i = 0; i < 200'000; i++) {
    std::string text = seeds[random() % std::size(seeds)];
    for (unsigned n = random() % 6; n > 0; n--) {
      const std::size_t at = random() % (text.size() + 1);
      const char c = kAlphabet[random() % kAlphabet.size()];
      switch (random() % 3) {
        case 0: text.insert(at, 1, c); break;
        case 1: text.erase(at, 1 + random() % 3); break;
        default: text.insert(at, std::to_string(random()));
      }
    }
    std::vector<float> v;
    read_vector_array(Exact(text).view, DenseKind::kHalfvec, &v);
    const DenseKind kind = random() % 2 == 0 ? DenseKind::kVector : DenseKind::kHalfvec;
    const std::size_t count = read(text, &v, kind, 1 + random() % 8);
    if (count == 0) continue;
    accepted++;
    // As pgvector walks through it.
    const char* at = text.c_str() + text.find('[');
    for (const float value : v) {
      char* end = nullptr;
      float expected = std::strtof(at + 1, &end);
      CHECK(end != at + 1);
      if (kind == DenseKind::kHalfvec) expected = kernels::from_f16(kernels::to_f16(expected));
      CHECK_EQ(bits(value), bits(expected));
      at = end + std::strspn(end, " \t\n\r\v\f");
      CHECK(*at == ',' || *at == ']');
    }
    CHECK(*at == ']');
  }
  CHECK(accepted > 10'000);
}
