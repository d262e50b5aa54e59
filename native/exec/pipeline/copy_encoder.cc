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

class CopyEncoder : public RowEncoder {
 public:
  CopyEncoder(std::vector<wire::OutputColumn> columns, CopyFormat format) : RowEncoder(std::move(columns)), format_(std::move(format)) {}
  void write(std::span<const Vector> fields, std::span<const std::uint32_t> dimensions, std::uint32_t row, wire::WireBuffer& out) final {
    std::size_t start = 0;
    if (format_.framed) {
      out.u8('d');
      start = out.size();
      out.be32(0);
    }
    line(fields, dimensions, row, out);
    if (format_.framed) out.patch_be32(start, static_cast<std::uint32_t>(out.size() - start));
  }

 protected:
  virtual void line(std::span<const Vector> fields, std::span<const std::uint32_t> dimensions, std::uint32_t row, wire::WireBuffer& out) = 0;
  const CopyFormat format_;
};

class BinaryEncoder final : public CopyEncoder {
 public:
  using CopyEncoder::CopyEncoder;
  void line(std::span<const Vector> fields, std::span<const std::uint32_t> dimensions, std::uint32_t row, wire::WireBuffer& out) override {
    out.be16(static_cast<std::uint16_t>(columns_.size()));
    for (std::size_t f = 0; f < columns_.size(); f++) {
      if (fields[f].is_null(row)) out.be32(0xffffffff);
      else write_value(columns_[f], fields[f], dimensions[f], row, out);
    }
  }
};

/// Text and CSV.
class LineEncoder final : public CopyEncoder {
 public:
  LineEncoder(std::vector<wire::OutputColumn> columns, CopyFormat format) : CopyEncoder(std::move(columns), std::move(format)) {
    special_.fill(0);
    if (csv()) {
      for (const char c : {format_.delimiter, format_.quote, '\r', '\n'}) special_[static_cast<std::uint8_t>(c)] = 1;
    } else {
      for (const auto& [c, letter] : {std::pair{'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}, {'\v', 'v'}, {'\\', '\\'}})
        special_[static_cast<std::uint8_t>(c)] = static_cast<std::uint8_t>(letter);
      const auto delimiter = static_cast<std::uint8_t>(format_.delimiter);
      if (special_[delimiter] == 0) special_[delimiter] = delimiter;
    }
    const auto in_number = [](char c) { return c == '-' || (c >= '0' && c <= '9'); };
    plain_integers_ = !in_number(format_.delimiter) && !in_number(format_.quote) &&
                      (format_.null_text.empty() || !in_number(format_.null_text.front()));
    scratch_.resize(256);
  }

  void line(std::span<const Vector> fields, std::span<const std::uint32_t> dimensions, std::uint32_t row, wire::WireBuffer& out) override {
    for (std::size_t f = 0; f < columns_.size(); f++) {
      if (f > 0) out.u8(static_cast<std::uint8_t>(format_.delimiter));
      if (fields[f].is_null(row)) out.raw(format_.null_text.data(), format_.null_text.size());
      else if (!integer(f, fields[f], row, out)) field(f, text_of(columns_[f], fields[f], dimensions[f], row), out);
    }
    out.u8('\n');
  }

 private:
  bool csv() const noexcept { return format_.kind == CopyFormat::Kind::kCsv; }
  /// Most fields are integers, whose digits need no second look; false: not done.
  bool integer(std::size_t f, const Vector& v, std::uint32_t row, wire::WireBuffer& out) const {
    constexpr std::size_t kDigits = 24;
    if (!plain_integers_ || format_.force_quote[f]) return false;
    const wire::WireKind kind = columns_[f].kind;
    if (kind != wire::WireKind::kInt4 && kind != wire::WireKind::kInt8) return false;
    char* at = out.room(kDigits);
    if (at == nullptr) return false;
    const std::int64_t value = kind == wire::WireKind::kInt4 ? v.as<std::int32_t>()[row] : v.as<std::int64_t>()[row];
    out.wrote(wire::format_integer(value, at));
    return true;
  }
  std::string_view text_of(const wire::OutputColumn& column, const Vector& v, std::uint32_t dimensions, std::uint32_t row) {
    if (column.kind == wire::WireKind::kBytes || column.kind == wire::WireKind::kJsonb) return v.as<std::string_view>()[row];
    for (;;) {
      wire::WireBuffer buffer(scratch_.data(), scratch_.size());
      write_value(column, v, dimensions, row, buffer);
      if (!buffer.overflowed()) return {reinterpret_cast<const char*>(scratch_.data()) + 4, buffer.size() - 4};
      scratch_.resize(buffer.size());
    }
  }
  void field(std::size_t f, std::string_view text, wire::WireBuffer& out) const {
    if (csv()) return quoted_if_needed(f, text, out);
    std::size_t from = 0;
    for (std::size_t i = 0; i < text.size(); i++) {
      const std::uint8_t letter = special_[static_cast<std::uint8_t>(text[i])];
      if (letter == 0) continue;
      out.raw(text.data() + from, i - from);
      out.u8('\\');
      out.u8(letter);
      from = i + 1;
    }
    out.raw(text.data() + from, text.size() - from);
  }
  void quoted_if_needed(std::size_t f, std::string_view text, wire::WireBuffer& out) const {
    const bool needed = format_.force_quote[f] || text == format_.null_text || (columns_.size() == 1 && text == "\\.") ||
                        std::any_of(text.begin(), text.end(), [&](char c) { return special_[static_cast<std::uint8_t>(c)] != 0; });
    if (!needed) return out.raw(text.data(), text.size());
    out.u8(static_cast<std::uint8_t>(format_.quote));
    for (const char c : text) {
      if (c == format_.quote || c == format_.escape) out.u8(static_cast<std::uint8_t>(format_.escape));
      out.u8(static_cast<std::uint8_t>(c));
    }
    out.u8(static_cast<std::uint8_t>(format_.quote));
  }

  /// Text: what follows the backslash in place of the byte, 0: the byte itself. CSV: 1 for bytes that make quotes necessary.
  std::array<std::uint8_t, 256> special_;
  bool plain_integers_;
  std::vector<std::uint8_t> scratch_;
};

}  // namespace

std::unique_ptr<RowEncoder> make_copy_encoder(std::vector<wire::OutputColumn> columns, CopyFormat format) {
  if (format.kind == CopyFormat::Kind::kBinary) return std::make_unique<BinaryEncoder>(std::move(columns), std::move(format));
  return std::make_unique<LineEncoder>(std::move(columns), std::move(format));
}

}  // namespace orrery::exec
