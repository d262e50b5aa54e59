// Encoded rows against encoders that go byte by byte, in buffers that end where the encoders said.
#include <random>

#include "../exec/pipeline/copy_encoder.h"
#include "check.h"

using namespace orrery;
using namespace orrery::exec;
using wire::WireKind;

namespace {

constexpr std::uint32_t kRows = 97, kDimensions = 3;

/// Columns of the kinds that lie differently: fixed, text, opaque bytes, and NULLs among them.
struct Sample {
  std::vector<std::int32_t> ints;
  std::vector<std::int64_t> longs;
  std::vector<double> doubles;
  std::vector<std::string> texts, uuids, bytes, vectors;
  std::vector<std::string_view> text_views, uuid_views, bytes_views, vector_views;
  std::vector<std::uint8_t> validity;

  explicit Sample(std::mt19937_64& random) : validity(kRows) {
    static constexpr char kAlphabet[] = "ab,;|\"'\\\n\r\t\b\v\f-7. \xe2\x98\x83";
    for (std::uint32_t i = 0; i < kRows; i++) {
      ints.push_back(static_cast<std::int32_t>(random() >> (32 + random() % 32)) * (random() % 2 == 0 ? 1 : -1));
      longs.push_back(static_cast<std::int64_t>(random() >> (random() % 64)) * (random() % 2 == 0 ? 1 : -1));
      doubles.push_back(static_cast<double>(ints.back()) / 7);
      std::string text;
      // A few are longer than what is counted before it is written.
      for (std::size_t n = random() % (random() % 40 == 0 ? 9000 : 40); n > 0; n--)
        text.push_back(random() % 4 == 0 ? kAlphabet[random() % (sizeof kAlphabet - 1)] : static_cast<char>('a' + random() % 26));
      if (random() % 20 == 0) text = "\\.";
      texts.push_back(text);
      std::string raw(16, '\0');
      for (char& c : raw) c = static_cast<char>(random());
      uuids.push_back(raw);
      bytes.push_back(raw.substr(0, random() % 16));
      const float values[kDimensions] = {static_cast<float>(ints.back()), 0.1f, -1.17549435e-38f};
      vectors.emplace_back(reinterpret_cast<const char*>(values), sizeof values);
      validity[i] = random() % 5 != 0;
    }
    text_views.assign(texts.begin(), texts.end());
    uuid_views.assign(uuids.begin(), uuids.end());
    bytes_views.assign(bytes.begin(), bytes.end());
    vector_views.assign(vectors.begin(), vectors.end());
  }
};

struct Source { Vector values; WireKind kind; bool nulls; };

std::vector<Source> sources_of(const Sample& s) {
  const auto vector = [&](Kind kind, const void* data, bool nulls) {
    return Vector{kind, true, static_cast<const std::uint8_t*>(data), nulls ? s.validity.data() : nullptr};
  };
  return {{vector(Kind::kInt32, s.ints.data(), false), WireKind::kInt4, false},
          {vector(Kind::kInt64, s.longs.data(), true), WireKind::kInt8, true},
          {vector(Kind::kFloat64, s.doubles.data(), false), WireKind::kFloat8, false},
          {vector(Kind::kBytes, s.text_views.data(), true), WireKind::kBytes, true},
          {vector(Kind::kBytes, s.uuid_views.data(), false), WireKind::kUuid, false},
          {vector(Kind::kBytes, s.bytes_views.data(), true), WireKind::kBytea, true},
          {vector(Kind::kBytes, s.vector_views.data(), false), WireKind::kVector, false},
          {vector(Kind::kBytes, s.text_views.data(), false), WireKind::kBytes, false}};
}

std::string be(std::uint64_t v, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; i--) out.push_back(static_cast<char>(v >> 8 * i));
  return out;
}
std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes)
    for (const int half : {(c >> 4) & 15, c & 15}) out.push_back("0123456789abcdef"[half]);
  return out;
}
std::string value_of(const Sample& s, std::size_t field, std::uint32_t row, bool binary) {
  char text[64];
  switch (field) {
    case 0: return binary ? be(static_cast<std::uint32_t>(s.ints[row]), 4) : std::to_string(s.ints[row]);
    case 1: return binary ? be(static_cast<std::uint64_t>(s.longs[row]), 8) : std::to_string(s.longs[row]);
    case 2: {
      std::uint64_t bits;
      std::memcpy(&bits, &s.doubles[row], 8);
      return binary ? be(bits, 8) : std::string(text, wire::format_float8(s.doubles[row], text));
    }
    case 4: {
      if (binary) return s.uuids[row];
      const std::string digits = hex(s.uuids[row]);
      return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" + digits.substr(16, 4) + "-" + digits.substr(20);
    }
    case 5: return binary ? s.bytes[row] : "\\x" + hex(s.bytes[row]);
    case 6: {
      std::string out = binary ? be(kDimensions, 2) + be(0, 2) : "[";
      for (std::uint32_t i = 0; i < kDimensions; i++) {
        float v;
        std::uint32_t bits;
        std::memcpy(&v, s.vectors[row].data() + 4 * i, 4);
        std::memcpy(&bits, &v, 4);
        out += binary ? be(bits, 4) : (i > 0 ? "," : "") + std::string(text, wire::format_float4(v, text));
      }
      return binary ? out : out + "]";
    }
    default: return s.texts[row];
  }
}
std::string fields_of(const Sample& s, const std::vector<Source>& sources, std::uint32_t row, bool binary) {
  std::string out = be(sources.size(), 2);
  for (std::size_t f = 0; f < sources.size(); f++) {
    const std::string value = value_of(s, f, row, binary);
    out += sources[f].nulls && s.validity[row] == 0 ? be(0xffffffff, 4) : be(value.size(), 4) + value;
  }
  return out;
}
std::string line_of(const Sample& s, const std::vector<Source>& sources, std::uint32_t row, const CopyFormat& format) {
  static constexpr std::string_view kControls = "\b\f\n\r\t\v\\", kLetters = "bfnrtv\\";
  std::string out;
  for (std::size_t f = 0; f < sources.size(); f++) {
    if (f > 0) out.push_back(format.delimiter);
    if (sources[f].nulls && s.validity[row] == 0) {
      out += format.null_text;
      continue;
    }
    const std::string value = value_of(s, f, row, false);
    const bool quoted = format.kind == CopyFormat::Kind::kCsv &&
                        (format.force_quote[f] || value == format.null_text || value.find_first_of(std::string{format.delimiter, format.quote, '\r', '\n'}) != std::string::npos);
    if (quoted) out.push_back(format.quote);
    for (const char c : value) {
      const std::size_t control = kControls.find(c);
      const bool is_text = format.kind == CopyFormat::Kind::kText;
      if (is_text && control != std::string_view::npos) (out += '\\') += kLetters[control];
      else if ((is_text && c == format.delimiter) || (quoted && (c == format.quote || c == format.escape))) (out += is_text ? '\\' : format.escape) += c;
      else out.push_back(c);
    }
    if (quoted) out.push_back(format.quote);
  }
  return out + "\n";
}

/// All rows, in buffers of the size that the encoder asks for and sometimes more.
std::string encoded(RowEncoder& encoder, const std::vector<Source>& sources, std::mt19937_64& random) {
  std::vector<EncodedField> fields;
  for (std::size_t f = 0; f < sources.size(); f++) fields.emplace_back(encoder.columns()[f], sources[f].values, kDimensions);
  std::string out;
  std::size_t capacity = 0;
  for (std::uint32_t row = 0; row < kRows;) {
    std::vector<std::uint8_t> bytes(capacity);
    wire::WireBuffer buffer(bytes.data(), bytes.size());
    const std::uint32_t written = encoder.write(fields, row, kRows, buffer);
    row += written;
    if (written == 0) {
      CHECK(buffer.size() > capacity);
      capacity = buffer.size() + (random() % 3 == 0 ? random() % 4096 : 0);
    } else {
      CHECK(!buffer.overflowed());
      out.append(reinterpret_cast<const char*>(bytes.data()), buffer.size());
      capacity = random() % 2000;
    }
  }
  return out;
}

std::vector<wire::OutputColumn> columns_of(const std::vector<Source>& sources, bool binary) {
  std::vector<wire::OutputColumn> columns;
  for (std::size_t f = 0; f < sources.size(); f++) columns.push_back({static_cast<std::uint32_t>(f), sources[f].kind, binary});
  return columns;
}

}  // namespace

TEST("row encoders give what a writer of single bytes gives") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 20; round++) {
    const Sample s(random);
    const std::vector<Source> sources = sources_of(s);
    for (const bool binary : {false, true}) {
      std::string expected;
      for (std::uint32_t row = 0; row < kRows; row++) {
        const std::string fields = fields_of(s, sources, row, binary);
        expected += "D" + be(fields.size() + 4, 4) + fields;
      }
      CHECK_EQ(encoded(*make_data_row_encoder(columns_of(sources, binary)), sources, random), expected);
    }
    struct Case { CopyFormat::Kind kind; char delimiter, quote, escape; const char* null_text; bool force; };
    for (const Case& c : {Case{CopyFormat::Kind::kText, '\t', '"', '"', "\\N", false}, {CopyFormat::Kind::kText, '|', '"', '"', "", false},
                          {CopyFormat::Kind::kText, '-', '"', '"', "none", false}, {CopyFormat::Kind::kCsv, ',', '"', '"', "", false},
                          {CopyFormat::Kind::kCsv, ';', '\'', '\\', "NULL", true}, {CopyFormat::Kind::kCsv, '7', '"', '"', "1", false},
                          {CopyFormat::Kind::kBinary, '\t', '"', '"', "", false}}) {
      CopyFormat format;
      format.kind = c.kind;
      format.framed = round % 2 == 0;
      format.delimiter = c.delimiter;
      format.quote = c.quote;
      format.escape = c.escape;
      format.null_text = c.null_text;
      for (std::size_t f = 0; f < sources.size(); f++) format.force_quote.push_back(c.force && f % 2 == 0);
      const bool binary = c.kind == CopyFormat::Kind::kBinary;
      std::string expected;
      for (std::uint32_t row = 0; row < kRows; row++) {
        const std::string line = binary ? fields_of(s, sources, row, true) : line_of(s, sources, row, format);
        expected += (format.framed ? "d" + be(line.size() + 4, 4) : "") + line;
      }
      CHECK_EQ(encoded(*make_copy_encoder(columns_of(sources, binary), format), sources, random), expected);
    }
  }
}
