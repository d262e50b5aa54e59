#include "script_lexer.h"

#include <array>
#include <cstdlib>

namespace orrery::keyspace {
namespace {

constexpr std::array<std::string_view, 21> kKeywords = {"and",   "break", "do",  "else", "elseif", "end",    "false", "for",  "function", "if",   "in",
                                                        "local", "nil",   "not", "or",   "repeat", "return", "then",  "true", "until",    "while"};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

}  // namespace

/// False: a comment that does not end.
bool ScriptLexer::skip_space() {
  while (!ended()) {
    const char c = at();
    if (c == '\n') line++;
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f') {
      at_++;
    } else if (c == '-' && at(1) == '-') {
      at_ += 2;
      if (at() == '[' && (at(1) == '[' || at(1) == '=')) return false;  // long comments: the machine's
      while (!ended() && at() != '\n') at_++;
    } else {
      break;
    }
  }
  return true;
}

void ScriptLexer::next() {
  last_line = line;
  text.clear();
  if (!skip_space()) {
    token = ScriptToken::kOther;
    return;
  }
  if (ended()) {
    token = ScriptToken::kEnd;
    return;
  }
  const char c = at();
  if (is_letter(c)) {
    while (is_letter(at()) || is_digit(at())) text.push_back(text_[at_++]);
    token = ScriptToken::kName;
    for (const std::string_view k : kKeywords)
      if (text == k) token = ScriptToken::kKeyword;
    return;
  }
  if (is_digit(c) || (c == '.' && is_digit(at(1)))) return read_number();
  if (c == '"' || c == '\'') return read_string(c);
  token = ScriptToken::kSymbol;
  for (const std::string_view two : {"==", "~=", "<=", ">=", ".."})
    if (c == two[0] && at(1) == two[1]) {
      if (two == ".." && at(2) == '.') token = ScriptToken::kOther;
      text = two;
      at_ += 2;
      return;
    }
  if (std::string_view("+-*/%^#<>=(){}[];,.").find(c) == std::string_view::npos || (c == '[' && (at(1) == '[' || at(1) == '='))) {
    token = ScriptToken::kOther;
    return;
  }
  text.assign(1, c);
  at_++;
}

void ScriptLexer::read_number() {
  token = ScriptToken::kNumber;
  while (is_digit(at())) text.push_back(text_[at_++]);
  if (at() == '.') {
    text.push_back(text_[at_++]);
    while (is_digit(at())) text.push_back(text_[at_++]);
  }
  if (at() == 'e' || at() == 'E') {
    text.push_back(text_[at_++]);
    if (at() == '+' || at() == '-') text.push_back(text_[at_++]);
    if (!is_digit(at())) token = ScriptToken::kOther;
    while (is_digit(at())) text.push_back(text_[at_++]);
  }
  // Hexadecimal and malformed numbers are the machine's.
  if (is_letter(at()) || at() == '.') token = ScriptToken::kOther;
  number = std::strtod(text.c_str(), nullptr);
}

void ScriptLexer::read_string(char quote) {
  token = ScriptToken::kOther;
  for (at_++; !ended(); at_++) {
    char c = at();
    if (c == quote) {
      at_++;
      token = ScriptToken::kString;
      return;
    }
    if (c == '\n' || c == '\r') return;
    if (c == '\\') {
      at_++;
      if (ended()) return;
      c = at();
      constexpr std::string_view names = "abfnrtv", bytes = "\a\b\f\n\r\t\v";
      if (const std::size_t i = names.find(c); i != std::string_view::npos) c = bytes[i];
      else if (c == '\n' || c == '\r') return;
      else if (is_digit(c)) {
        int code = 0;
        for (int i = 0; i < 3 && is_digit(at()); i++) code = code * 10 + (text_[at_++] - '0');
        if (code > 255) return;
        at_--;
        c = static_cast<char>(code);
      }
    }
    text.push_back(c);
  }
}

}  // namespace orrery::keyspace
