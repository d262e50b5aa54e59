// script_lexer.h: words of a Lua 5.1 text (reference manual 2.1). What it does not know becomes kOther, which no script here has.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace orrery::keyspace {

enum class ScriptToken : std::uint8_t { kEnd, kName, kKeyword, kNumber, kString, kSymbol, kOther };

class ScriptLexer {
 public:
  explicit ScriptLexer(std::string_view text) : text_(text) { next(); }

  ScriptToken token = ScriptToken::kEnd;
  /// Name, keyword, symbol; the string's bytes.
  std::string text;
  double number = 0;
  /// Where the current token ends, and the one before it.
  std::uint32_t line = 1, last_line = 1;

  void next();
  bool is(std::string_view word) const noexcept { return (token == ScriptToken::kKeyword || token == ScriptToken::kSymbol) && text == word; }
  /// Takes the word when it stands here.
  bool take(std::string_view word) {
    if (!is(word)) return false;
    next();
    return true;
  }

 private:
  char at(std::size_t ahead = 0) const noexcept { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool ended() const noexcept { return at_ >= text_.size(); }
  bool skip_space();
  void read_string(char quote);
  void read_number();
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace orrery::keyspace
