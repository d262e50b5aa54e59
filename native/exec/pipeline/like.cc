// like.cc: LIKE with a constant pattern over UTF-8: % any characters, _ one character, \ quotes the next.
#include <string>

#include "expression_parts.h"

namespace orrery::exec {
namespace {

/// A pattern as a list of pieces: literal runs (with single-character holes) between the %.
class LikePattern {
 public:
  /// False when it ends in the escape character (an error that TypeScript raises).
  bool parse(std::string_view pattern) {
    pieces_.emplace_back();
    for (std::size_t i = 0; i < pattern.size(); i++) {
      const char c = pattern[i];
      if (c == '%') pieces_.emplace_back();
      else if (c == '_') pieces_.back().push_back({0, true});
      else {
        if (c == '\\' && ++i == pattern.size()) return false;
        pieces_.back().push_back({pattern[i], false});
      }
    }
    return true;
  }
  bool matches(std::string_view s) const {
    std::size_t at = 0;
    if (!match_at(pieces_.front(), s, 0, &at)) return false;
    if (pieces_.size() == 1) return at == s.size();
    for (std::size_t p = 1; p + 1 < pieces_.size(); p++) {
      // The leftmost place: whatever follows has most room then.
      std::size_t end = 0;
      std::size_t from = at;
      while (from <= s.size() && !match_at(pieces_[p], s, from, &end)) from++;
      if (from > s.size()) return false;
      at = end;
    }
    const Piece& last = pieces_.back();
    // The last piece stands at the end: try every start from `at` whose end is the end of the text.
    std::size_t characters = last.size();
    for (std::size_t from = s.size() < characters ? s.size() + 1 : s.size() - characters + 1; from-- > at;) {
      std::size_t end = 0;
      if (match_at(last, s, from, &end) && end == s.size()) return true;
      if (s.size() - from > 4 * characters) return false;
    }
    return false;
  }

 private:
  struct Unit { char byte; bool any; };
  using Piece = std::vector<Unit>;
  static bool match_at(const Piece& piece, std::string_view s, std::size_t from, std::size_t* end) {
    // A hole begins at the start of a character.
    std::size_t at = from;
    for (const Unit& unit : piece) {
      if (at >= s.size()) return false;
      if (!unit.any) {
        if (s[at] != unit.byte) return false;
        at++;
        continue;
      }
      if ((s[at] & 0xC0) == 0x80) return false;
      at++;
      while (at < s.size() && (s[at] & 0xC0) == 0x80) at++;
    }
    *end = at;
    return true;
  }
  std::vector<Piece> pieces_;
};

class LikeNode final : public Expression {
 public:
  LikeNode(ExpressionPtr arg, LikePattern pattern, bool negated)
      : Expression(Kind::kBool), arg_(std::move(arg)), pattern_(std::move(pattern)), negated_(negated), out_(Kind::kBool) {
    reads(*arg_);
  }
  Vector evaluate(Context& context, const Batch& in) override {
    const Vector v = arg_->evaluate(context, in);
    std::uint8_t* out = out_.data();
    for (std::uint32_t i = 0; i < in.rows; i++) out[i] = v.is_null(i) ? 0 : pattern_.matches(v.as<std::string_view>()[i]) != negated_;
    Vector result = out_.view(false);
    result.validity = v.validity;
    return result;
  }

 private:
  ExpressionPtr arg_;
  LikePattern pattern_;
  bool negated_;
  VectorBuffer out_;
};

}  // namespace

ExpressionPtr make_like(ExpressionPtr arg, std::string_view pattern, bool negated) {
  LikePattern parsed;
  if (!parsed.parse(pattern)) return nullptr;
  return std::make_unique<LikeNode>(std::move(arg), std::move(parsed), negated);
}

}  // namespace orrery::exec
