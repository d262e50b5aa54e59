#include "vector_filter.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "../core/utf8.h"

namespace orrery::keyspace {
namespace {

constexpr std::size_t kMaxDepth = 256;  // of parentheses and negations: the parser calls itself

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_name(char c) noexcept { return is_digit(c) || c == '_' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || static_cast<unsigned char>(c) >= 0x80; }

/// A number at the start of `s`; 0: none. Not "inf" and "nan", which strtod would take.
std::size_t read_number(std::string_view s, double* out) noexcept {
  std::size_t at = !s.empty() && (s[0] == '-' || s[0] == '+') ? 1 : 0;
  if (at >= s.size() || (!is_digit(s[at]) && s[at] != '.')) return 0;
  const auto [end, error] = std::from_chars(s.data() + (s[0] == '+' ? 1 : 0), s.data() + s.size(), *out);
  if (error == std::errc::result_out_of_range) *out = s[0] == '-' ? -HUGE_VAL : HUGE_VAL;
  else if (error != std::errc()) return 0;
  return static_cast<std::size_t>(end - s.data());
}

}  // namespace

/// Precedence climbing; each method leaves `at_` behind what it took and returns false where the text makes no sense.
class VectorFilter::Parser {
 public:
  Parser(std::string_view text, VectorFilter& filter) : text_(text), filter_(filter) {}
  std::size_t at() const noexcept { return at_; }
  bool parse() {
    if (!expression(0)) return false;
    skip();
    return at_ == text_.size();
  }

 private:
  struct Infix { const char* text; Operator op; int level; };
  static constexpr int kPowerLevel = 5;

  void skip() {
    while (at_ < text_.size() && is_space(text_[at_])) at_++;
  }
  /// A word must end where a name would.
  bool take(std::string_view token) {
    skip();
    if (text_.substr(at_, token.size()) != token) return false;
    if (is_name(token[0]) && at_ + token.size() < text_.size() && is_name(text_[at_ + token.size()])) return false;
    at_ += token.size();
    return true;
  }
  const Infix* infix(int lowest) {
    // Longer texts before their beginnings.
    static constexpr Infix all[] = {{"or", Operator::kOr, 0}, {"||", Operator::kOr, 0}, {"and", Operator::kAnd, 1}, {"&&", Operator::kAnd, 1},
                                    {">=", Operator::kGreaterEqual, 2}, {">", Operator::kGreater, 2}, {"<=", Operator::kLessEqual, 2}, {"<", Operator::kLess, 2},
                                    {"==", Operator::kEqual, 2}, {"!=", Operator::kNotEqual, 2}, {"in", Operator::kIn, 2}, {"+", Operator::kAdd, 3},
                                    {"-", Operator::kSubtract, 3}, {"**", Operator::kPower, kPowerLevel}, {"*", Operator::kMultiply, 4}, {"/", Operator::kDivide, 4},
                                    {"%", Operator::kModulo, 4}};
    const std::size_t before = at_;
    for (const Infix& i : all) {
      if (!take(i.text)) continue;
      if (i.level >= lowest) return &i;
      at_ = before;
      return nullptr;
    }
    return nullptr;
  }
  bool expression(int lowest) {
    if (++depth_ > kMaxDepth || !operand()) return false;
    while (const Infix* i = infix(lowest)) {
      if (!expression(i->op == Operator::kPower ? i->level : i->level + 1)) return false;
      filter_.steps_.push_back({Step::Kind::kOperator, 0, i->op});
    }
    depth_--;
    return true;
  }
  bool operand() {
    skip();
    if (at_ >= text_.size()) return false;
    if (take("not") || (text_.substr(at_, 2) != "!=" && take("!"))) {
      if (++depth_ > kMaxDepth || !operand()) return false;
      depth_--;
      filter_.steps_.push_back({Step::Kind::kOperator, 0, Operator::kNot});
      return true;
    }
    if (take("(")) return expression(0) && take(")");
    const char c = text_[at_];
    if (c == '.' && at_ + 1 < text_.size() && is_name(text_[at_ + 1])) {
      const std::size_t from = ++at_;
      while (at_ < text_.size() && is_name(text_[at_])) at_++;
      const std::string name(text_.substr(from, at_ - from));
      const auto known = std::find(filter_.names_.begin(), filter_.names_.end(), name);
      filter_.steps_.push_back({Step::Kind::kSelector, static_cast<std::size_t>(known - filter_.names_.begin()), Operator::kOr});
      if (known == filter_.names_.end()) filter_.names_.push_back(name);
      return true;
    }
    Value v;
    if (c == '[' ? !tuple(&v) : !scalar(&v)) return false;
    filter_.steps_.push_back({Step::Kind::kConstant, filter_.constants_.size(), Operator::kOr});
    filter_.constants_.push_back(std::move(v));
    return true;
  }
  bool scalar(Value* out) {
    skip();
    if (at_ >= text_.size()) return false;
    const char quote = text_[at_];
    if (quote != '"' && quote != '\'') {
      const std::size_t n = read_number(text_.substr(at_), &out->number);
      at_ += n;
      return n > 0;
    }
    out->kind = Value::Kind::kString;
    std::size_t i = at_ + 1;
    for (; i < text_.size() && text_[i] != quote; i++) {
      if (text_[i] == '\\' && i + 1 < text_.size()) {
        static constexpr std::string_view letters = "nrtbf", meanings = "\n\r\t\b\f";
        const std::size_t known = letters.find(text_[++i]);
        out->text += known == std::string_view::npos ? text_[i] : meanings[known];
      } else {
        out->text += text_[i];
      }
    }
    if (i >= text_.size()) return false;
    at_ = i + 1;
    return true;
  }
  bool tuple(Value* out) {
    out->kind = Value::Kind::kTuple;
    at_++;
    if (take("]")) return true;
    do {
      Value item;
      if (!scalar(&item)) return false;
      out->items.push_back(std::move(item));
    } while (take(","));
    return take("]");
  }

  const std::string_view text_;
  VectorFilter& filter_;
  std::size_t at_ = 0, depth_ = 0;
};

/// Reads the selected names of an object's first level; what is not selected is skipped without being understood.
class VectorFilter::Json {
 public:
  Json(std::string_view text, VectorFilter& filter) : text_(text), filter_(filter) {}

  bool read() {
    if (!take('{')) return false;
    if (take('}')) return true;
    do {
      std::string name;
      if (!string(&name) || !take(':')) return false;
      const auto at = std::find(filter_.names_.begin(), filter_.names_.end(), name);
      if (at == filter_.names_.end()) {
        if (!pass()) return false;
        continue;
      }
      const auto i = static_cast<std::size_t>(at - filter_.names_.begin());
      Value v;
      bool usable = false;
      if (!value(&v, &usable)) return false;
      filter_.selected_[i] = std::move(v);
      filter_.found_[i] = usable;
    } while (take(','));
    return take('}');
  }

 private:
  void skip() {
    while (at_ < text_.size() && is_space(text_[at_])) at_++;
  }
  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    at_++;
    return true;
  }
  bool word(std::string_view w) {
    if (text_.substr(at_, w.size()) != w) return false;
    at_ += w.size();
    return true;
  }
  /// *usable: it is a number, a string, a boolean, or an array of numbers and strings.
  bool value(Value* out, bool* usable) {
    skip();
    if (at_ >= text_.size()) return false;
    *usable = true;
    switch (text_[at_]) {
      case '"':
        out->kind = Value::Kind::kString;
        return string(&out->text);
      case 't':
        out->number = 1;
        return word("true");
      case 'f': return word("false");
      case '[': return array(out, usable);
      case '{':
      case 'n':
        *usable = false;
        return pass();
      default: {
        const std::size_t n = read_number(text_.substr(at_), &out->number);
        at_ += n;
        return n > 0;
      }
    }
  }
  bool array(Value* out, bool* usable) {
    const std::size_t start = at_++;
    out->kind = Value::Kind::kTuple;
    if (take(']')) return true;
    do {
      skip();
      if (at_ < text_.size() && (text_[at_] == '[' || text_[at_] == '{' || text_[at_] == 'n')) {
        *usable = false;
        at_ = start;
        return pass();
      }
      Value item;
      bool ignored;
      if (!value(&item, &ignored)) return false;
      out->items.push_back(std::move(item));
    } while (take(','));
    return take(']');
  }
  bool string(std::string* out) {
    if (!take('"')) return false;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] != '\\') {
        *out += text_[at_++];
        continue;
      }
      if (++at_ >= text_.size()) return false;
      const char c = text_[at_++];
      if (c == 'u') {
        std::uint32_t unit, low;
        if (!hex(&unit)) return false;
        if (unit >= 0xd800 && unit < 0xdc00 && word("\\u") && hex(&low) && low >= 0xdc00 && low < 0xe000) unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        append_utf8(unit, *out);
        continue;
      }
      static constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
      const std::size_t known = letters.find(c);
      if (known == std::string_view::npos) return false;
      *out += meanings[known];
    }
    return take('"');
  }
  bool hex(std::uint32_t* out) {
    if (at_ + 4 > text_.size()) return false;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + at_ + 4, *out, 16);
    if (error != std::errc() || end != text_.data() + at_ + 4) return false;
    at_ += 4;
    return true;
  }
  /// Skips a value of any depth without calling itself.
  bool pass() {
    std::size_t depth = 0;
    do {
      skip();
      if (at_ >= text_.size()) return false;
      const char c = text_[at_];
      if (c == '"') {
        std::string ignored;
        if (!string(&ignored)) return false;
      } else if (c == '{' || c == '[') {
        depth++;
        at_++;
        continue;
      } else if (c == '}' || c == ']') {
        if (depth == 0) return false;
        depth--;
        at_++;
      } else if (c == ',' || c == ':') {
        if (depth == 0) return false;
        at_++;
        continue;
      } else {
        const std::size_t from = at_;
        while (at_ < text_.size() && (is_name(text_[at_]) || text_[at_] == '-' || text_[at_] == '+' || text_[at_] == '.')) at_++;
        if (at_ == from) return false;
      }
    } while (depth > 0);
    return true;
  }

  const std::string_view text_;
  VectorFilter& filter_;
  std::size_t at_ = 0;
};

std::unique_ptr<VectorFilter> VectorFilter::compile(std::string_view text, std::size_t* error_at) {
  auto filter = std::make_unique<VectorFilter>();
  Parser parser(text, *filter);
  if (!parser.parse()) {
    *error_at = std::min(parser.at(), text.size());
    return nullptr;
  }
  return filter;
}

bool VectorFilter::truth(const Value& v) noexcept {
  return v.kind == Value::Kind::kNumber ? v.number != 0 : v.kind == Value::Kind::kTuple || !v.text.empty();
}

double VectorFilter::number_of(const Value& v) noexcept {
  if (v.kind == Value::Kind::kNumber) return v.number;
  double n = 0;
  if (v.kind == Value::Kind::kString && read_number(v.text, &n) == 0) n = 0;
  return n;
}

bool VectorFilter::equal(const Value& a, const Value& b) noexcept {
  if (a.kind == Value::Kind::kString && b.kind == Value::Kind::kString) return a.text == b.text;
  if (a.kind == Value::Kind::kTuple || b.kind == Value::Kind::kTuple) return false;
  return number_of(a) == number_of(b);
}

VectorFilter::Value VectorFilter::apply(Operator op, const Value& a, const Value& b) {
  const double x = number_of(a), y = number_of(b);
  Value out;
  switch (op) {
    case Operator::kOr: out.number = truth(a) || truth(b); break;
    case Operator::kAnd: out.number = truth(a) && truth(b); break;
    case Operator::kGreater: out.number = x > y; break;
    case Operator::kGreaterEqual: out.number = x >= y; break;
    case Operator::kLess: out.number = x < y; break;
    case Operator::kLessEqual: out.number = x <= y; break;
    case Operator::kEqual: out.number = equal(a, b); break;
    case Operator::kNotEqual: out.number = !equal(a, b); break;
    case Operator::kIn:
      if (b.kind == Value::Kind::kTuple) out.number = std::any_of(b.items.begin(), b.items.end(), [&](const Value& item) { return equal(a, item); });
      else if (a.kind == Value::Kind::kString && b.kind == Value::Kind::kString) out.number = b.text.find(a.text) != std::string::npos;
      break;
    case Operator::kAdd: out.number = x + y; break;
    case Operator::kSubtract: out.number = x - y; break;
    case Operator::kMultiply: out.number = x * y; break;
    case Operator::kDivide: out.number = x / y; break;
    case Operator::kModulo: out.number = std::fmod(x, y); break;
    case Operator::kPower: out.number = std::pow(x, y); break;
    case Operator::kNot: out.number = !truth(a); break;
  }
  return out;
}

bool VectorFilter::matches(std::string_view attributes) {
  if (attributes.empty()) return false;
  selected_.assign(names_.size(), {});
  found_.assign(names_.size(), false);
  if (!Json(attributes, *this).read()) return false;
  if (std::find(found_.begin(), found_.end(), false) != found_.end()) return false;
  std::vector<Value> stack;
  for (const Step& s : steps_) {
    if (s.kind == Step::Kind::kConstant) {
      stack.push_back(constants_[s.index]);
    } else if (s.kind == Step::Kind::kSelector) {
      stack.push_back(selected_[s.index]);
    } else if (s.op == Operator::kNot) {
      stack.back() = apply(s.op, stack.back(), {});
    } else {
      const Value right = std::move(stack.back());
      stack.pop_back();
      stack.back() = apply(s.op, stack.back(), right);
    }
  }
  return truth(stack.back());
}

}  // namespace orrery::keyspace
