#include "pg_json.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "../core/utf8.h"
#include "pg_parameters.h"

namespace orrery::io {
namespace {

constexpr int kDepthMax = 64;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// As escape_json writes it.
void append_quoted(std::string_view text, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) ((out += "\\u00") += kDigits[c >> 4]) += kDigits[c & 15];
        else out += c;
    }
  }
  out += '"';
}

/// Reads one document; with `out` it writes the canonical text behind what is there.
class Reader {
 public:
  Reader(std::string_view text, std::string* out) : rest_(text), out_(out) {}
  bool document() {
    if (!value(0)) return false;
    skip_blanks();
    return rest_.empty();
  }

 private:
  void skip_blanks() noexcept {
    const std::size_t end = rest_.find_first_not_of(" \t\n\r");
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
  }
  bool take(char c) noexcept {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void put(std::string_view text) {
    if (out_ != nullptr) *out_ += text;
  }

  bool value(int depth) {
    skip_blanks();
    if (rest_.empty() || depth > kDepthMax) return false;
    switch (rest_.front()) {
      case '{': return object(depth);
      case '[': return array(depth);
      case '"': {
        if (!string(&scratch_)) return false;
        if (out_ != nullptr) append_quoted(scratch_, *out_);
        return true;
      }
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }
  bool word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    put(word);
    return is_at_end_of_token();
  }
  bool is_at_end_of_token() const noexcept { return rest_.empty() || std::string_view(" \t\n\r,]}").find(rest_.front()) != std::string_view::npos; }

  bool digits(std::size_t* at) const noexcept {
    const std::size_t start = *at;
    while (*at < rest_.size() && is_digit(rest_[*at])) ++*at;
    return *at > start;
  }
  bool number() {
    std::size_t at = rest_.starts_with('-') ? 1 : 0;
    const std::size_t first = at;
    if (!digits(&at) || (rest_[first] == '0' && at > first + 1)) return false;
    if (at < rest_.size() && rest_[at] == '.' && !digits(&++at)) return false;
    std::string_view text = rest_.substr(0, at);
    if (at < rest_.size() && (rest_[at] | 0x20) == 'e') {
      if (out_ != nullptr) return false;
      at++;
      if (at < rest_.size() && (rest_[at] == '+' || rest_[at] == '-')) at++;
      if (!digits(&at)) return false;
    }
    // Zero has no sign; beyond these digits numeric has limits.
    if (out_ != nullptr && text.size() > kNumberMax) return false;
    if (text.starts_with('-') && text.find_first_of("123456789") == std::string_view::npos) text.remove_prefix(1);
    put(text);
    rest_.remove_prefix(at);
    return is_at_end_of_token();
  }

  /// Its characters replace `out`.
  bool string(std::string* out) {
    out->clear();
    rest_.remove_prefix(1);
    for (;;) {
      const auto special = std::find_if(rest_.begin(), rest_.end(), [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; });
      if (special == rest_.end() || static_cast<unsigned char>(*special) < 0x20) return false;
      const auto length = static_cast<std::size_t>(special - rest_.begin());
      out->append(rest_.substr(0, length));
      const bool ends = *special == '"';
      rest_.remove_prefix(length + 1);
      if (ends) return true;
      if (!escape(out)) return false;
    }
  }
  bool escape(std::string* out) {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    switch (c) {
      case '"':
      case '\\':
      case '/': *out += c; return true;
      case 'b': *out += '\b'; return true;
      case 'f': *out += '\f'; return true;
      case 'n': *out += '\n'; return true;
      case 'r': *out += '\r'; return true;
      case 't': *out += '\t'; return true;
      case 'u': break;
      default: return false;
    }
    std::uint32_t code = 0, low = 0;
    if (!hex(&code) || code == 0 || (code >= 0xdc00 && code < 0xe000)) return false;
    if (code >= 0xd800 && code < 0xdc00) {
      if (!rest_.starts_with("\\u")) return false;
      rest_.remove_prefix(2);
      if (!hex(&low) || low < 0xdc00 || low >= 0xe000) return false;
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(code, *out);
    return true;
  }

  /// Four hexadecimal digits.
  bool hex(std::uint32_t* out) noexcept {
    if (rest_.size() < 4) return false;
    *out = 0;
    for (const char c : rest_.substr(0, 4)) {
      const int digit = hex_digit(c);
      if (digit < 0) return false;
      *out = *out << 4 | static_cast<std::uint32_t>(digit);
    }
    rest_.remove_prefix(4);
    return true;
  }

  bool array(int depth) {
    rest_.remove_prefix(1);
    put("[");
    if (!take(']')) {
      for (;;) {
        if (!value(depth + 1)) return false;
        if (take(']')) break;
        if (!take(',')) return false;
        put(", ");
      }
    }
    put("]");
    return true;
  }

  struct Member {
    std::string key;
    std::size_t from, to;  // `"key": value` in the output
  };
  static bool precedes(const Member& a, const Member& b) noexcept { return a.key.size() != b.key.size() ? a.key.size() < b.key.size() : a.key < b.key; }

  bool object(int depth) {
    rest_.remove_prefix(1);
    put("{");
    std::vector<Member> members;
    bool in_order = true;
    if (!take('}')) {
      for (;;) {
        skip_blanks();
        if (!rest_.starts_with('"') || !string(&scratch_) || !take(':')) return false;
        if (out_ != nullptr) {
          members.push_back({scratch_, out_->size(), 0});
          append_quoted(scratch_, *out_);
          put(": ");
        }
        if (!value(depth + 1)) return false;
        if (out_ != nullptr) {
          members.back().to = out_->size();
          in_order = in_order && (members.size() == 1 || precedes(members[members.size() - 2], members.back()));
        }
        if (take('}')) break;
        if (!take(',')) return false;
        put(", ");
      }
    }
    if (!in_order) reorder(members);
    put("}");
    return true;
  }
  /// Writes the members once more, in order and each key once.
  void reorder(std::vector<Member>& members) {
    const std::size_t start = members.front().from;
    const std::string written = out_->substr(start);
    std::stable_sort(members.begin(), members.end(), precedes);
    out_->resize(start);
    for (std::size_t i = 0; i < members.size(); i++) {
      if (i + 1 < members.size() && members[i].key == members[i + 1].key) continue;
      if (out_->size() > start) put(", ");
      out_->append(written, members[i].from - start, members[i].to - members[i].from);
    }
  }

  static constexpr std::size_t kNumberMax = 200;
  std::string_view rest_;
  std::string* out_;
  std::string scratch_;
};

}  // namespace

bool is_json(std::string_view text) { return is_utf8(text) && Reader(text, nullptr).document(); }

bool read_jsonb(std::string_view text, std::string* out) {
  out->clear();
  return is_utf8(text) && Reader(text, out).document();
}

}  // namespace orrery::io
