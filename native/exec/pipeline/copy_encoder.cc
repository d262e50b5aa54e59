#include "copy_encoder.h"

#include <algorithm>
#include <array>

namespace orrery::exec {

bool CopyFormat::parse(std::span<const std::uint8_t> bytes, std::size_t fields, CopyFormat* out) {
  constexpr std::size_t kFixed = 5;
  if (bytes.size() < kFixed + fields || bytes[0] < 1 || bytes[0] > 3) return false;
  out->kind = static_cast<Kind>(bytes[0]);
  out->framed = bytes[1] != 0;
  out->delimiter = static_cast<char>(bytes[2]);
  out->quote = static_cast<char>(bytes[3]);
  out->escape = static_cast<char>(bytes[4]);
  for (std::size_t f = 0; f < fields; f++) out->force_quote.push_back(bytes[kFixed + f] != 0);
  out->null_text.assign(bytes.begin() + static_cast<std::ptrdiff_t>(kFixed + fields), bytes.end());
  return true;
}

namespace {

/// Rows alone, or each in a CopyData message.
class CopyEncoder : public RowEncoder {
 public:
  CopyEncoder(std::vector<wire::OutputColumn> columns, CopyFormat format) : RowEncoder(std::move(columns)), format_(std::move(format)) {}

 protected:
  template <typename Bound, typename Put>
  std::uint32_t write_framed(std::uint32_t first, std::uint32_t end, wire::WireBuffer& out, Bound bound, Put put) {
    constexpr std::size_t kHeader = 1 + 4;
    if (!format_.framed) return write_rows(first, end, out, bound, put);
    return write_rows(
        first, end, out, [&](std::uint32_t row) { return kHeader + bound(row); },
        [&](std::uint32_t row, char* const start) {
          char* const at = put(row, start + kHeader);
          *start = 'd';
          wire::put_be32(static_cast<std::uint32_t>(at - start - 1), start + 1);
          return at;
        });
  }
  const CopyFormat format_;
};

class BinaryEncoder final : public CopyEncoder {
 public:
  using CopyEncoder::CopyEncoder;
  std::uint32_t write(std::span<const EncodedField> fields, std::uint32_t first, std::uint32_t end, wire::WireBuffer& out) override {
    return write_framed(
        first, end, out, [&](std::uint32_t row) { return 2 + fields_bound(fields, row); },
        [&](std::uint32_t row, char* at) {
          at = wire::put_be16(static_cast<std::uint16_t>(fields.size()), at);
          for (const EncodedField& f : fields) at = f.put(row, at);
          return at;
        });
  }
};

/// Whether one of the bytes of a text cannot stand as it is: sixteen at a time. `text` may be read up to 16 bytes behind its end, where
/// zeros must stand, which are never special.
class SpecialBytes {
 public:
  /// Text: the control characters that have letters, the backslash, the delimiter.
  static SpecialBytes of_text(char delimiter) { return SpecialBytes('\b', '\r', '\\', '\\', delimiter); }
  static SpecialBytes of_csv(char delimiter, char quote) { return SpecialBytes('\n', '\n', '\r', quote, delimiter); }

  bool any(const char* text, std::size_t length) const noexcept {
    Bytes found{};
    for (std::size_t i = 0; i < length; i += sizeof(Bytes)) {
      Bytes b;
      std::memcpy(&b, text + i, sizeof b);
      found |= reinterpret_cast<Bytes>((b - from_) <= span_) | reinterpret_cast<Bytes>(b == others_[0]) | reinterpret_cast<Bytes>(b == others_[1]) |
               reinterpret_cast<Bytes>(b == others_[2]);
    }
    std::uint64_t halves[2];
    std::memcpy(halves, &found, sizeof halves);
    return (halves[0] | halves[1]) != 0;
  }

 private:
  typedef std::uint8_t Bytes __attribute__((vector_size(16)));
  static Bytes all(char c) { return Bytes{} + static_cast<std::uint8_t>(c); }
  SpecialBytes(char from, char to, char a, char b, char c)
      : from_(all(from)), span_(all(static_cast<char>(to - from))), others_{all(a), all(b), all(c)} {}
  Bytes from_, span_, others_[3];
};

/// Text and CSV.
class LineEncoder final : public CopyEncoder {
 public:
  LineEncoder(std::vector<wire::OutputColumn> columns, CopyFormat format)
      : CopyEncoder(std::move(columns), std::move(format)),
        special_(csv() ? SpecialBytes::of_csv(format_.delimiter, format_.quote) : SpecialBytes::of_text(format_.delimiter)) {
    letters_.fill(0);
    for (const auto& [c, letter] : {std::pair{'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}, {'\v', 'v'}, {'\\', '\\'}})
      letters_[static_cast<std::uint8_t>(c)] = letter;
    char& delimiter = letters_[static_cast<std::uint8_t>(format_.delimiter)];
    if (delimiter == 0) delimiter = format_.delimiter;
    const auto in_number = [](char c) { return c == '-' || (c >= '0' && c <= '9'); };
    plain_integers_ = !in_number(format_.delimiter) && !in_number(format_.quote) &&
                      (format_.null_text.empty() || !in_number(format_.null_text.front()));
  }

  std::uint32_t write(std::span<const EncodedField> fields, std::uint32_t first, std::uint32_t end, wire::WireBuffer& out) override {
    return write_framed(
        first, end, out, [&](std::uint32_t row) { return line_bound(fields, row); },
        [&](std::uint32_t row, char* at) {
          for (std::size_t f = 0; f < fields.size(); f++) {
            if (f > 0) *at++ = format_.delimiter;
            at = field(f, fields[f], row, at);
          }
          *at = '\n';
          return at + 1;
        });
  }

 private:
  /// What the search for special bytes touches behind a text.
  static constexpr std::size_t kBehind = 16;
  /// Longer texts are worth a look at how many bytes need an escape, rather than room for all of them.
  static constexpr std::size_t kShort = 4096;

  bool csv() const noexcept { return format_.kind == CopyFormat::Kind::kCsv; }
  static bool is_plain_text(wire::WireKind kind) noexcept { return kind == wire::WireKind::kBytes || kind == wire::WireKind::kJsonb; }

  std::size_t line_bound(std::span<const EncodedField> fields, std::uint32_t row) const {
    // Each field with its delimiter (or the line's end), quotes, and what is touched behind it.
    std::size_t bytes = fields.size() * (1 + 2 + kBehind);
    for (const EncodedField& f : fields) {
      if (f.is_null(row)) bytes += format_.null_text.size();
      else if (!f.is_view || !is_plain_text(f.kind)) bytes += 2 * f.bound(row);
      else bytes += f.view(row).size() + escapes_bound(f.view(row));
    }
    return bytes;
  }
  std::size_t escapes_bound(std::string_view text) const {
    if (text.size() <= kShort) return text.size();
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [&](char c) {
      return csv() ? c == format_.quote || c == format_.escape : letters_[static_cast<std::uint8_t>(c)] != 0;
    }));
  }

  char* field(std::size_t f, const EncodedField& values, std::uint32_t row, char* at) {
    if (values.is_null(row)) return wire::put_bytes(format_.null_text, at);
    // Most fields are integers, whose digits need no second look.
    if (plain_integers_ && !format_.force_quote[f] && (values.kind == wire::WireKind::kInt4 || values.kind == wire::WireKind::kInt8))
      return wire::put_integer(values.integer(row), at);
    if (is_plain_text(values.kind)) return text(f, values.view(row), at);
    const std::size_t bound = values.bound(row);
    if (scratch_.size() < bound) scratch_.resize(bound);
    constexpr std::size_t kLength = 4;
    const char* const end = values.put(row, scratch_.data());
    return text(f, {scratch_.data() + kLength, static_cast<std::size_t>(end - scratch_.data()) - kLength}, at);
  }
  /// As it is where that can be read back, which is almost always.
  char* text(std::size_t f, std::string_view value, char* at) const {
    char* const end = wire::put_bytes(value, at);
    std::memset(end, 0, kBehind);
    const bool special = special_.any(at, value.size());
    if (!csv()) return special ? escaped(value, at) : end;
    const bool needed = special || format_.force_quote[f] || value == format_.null_text || (columns_.size() == 1 && value == "\\.");
    return needed ? quoted(value, at) : end;
  }
  char* escaped(std::string_view value, char* at) const {
    for (const char c : value) {
      const char letter = letters_[static_cast<std::uint8_t>(c)];
      if (letter != 0) *at++ = '\\';
      *at++ = letter != 0 ? letter : c;
    }
    return at;
  }
  char* quoted(std::string_view value, char* at) const {
    *at++ = format_.quote;
    for (const char c : value) {
      if (c == format_.quote || c == format_.escape) *at++ = format_.escape;
      *at++ = c;
    }
    *at++ = format_.quote;
    return at;
  }

  const SpecialBytes special_;
  /// Text format: what follows the backslash in place of a byte, 0: it needs none.
  std::array<char, 256> letters_;
  bool plain_integers_;
  std::vector<char> scratch_;
};

}  // namespace

std::unique_ptr<RowEncoder> make_copy_encoder(std::vector<wire::OutputColumn> columns, CopyFormat format) {
  if (format.kind == CopyFormat::Kind::kBinary) return std::make_unique<BinaryEncoder>(std::move(columns), std::move(format));
  return std::make_unique<LineEncoder>(std::move(columns), std::move(format));
}

}  // namespace orrery::exec
