#include <algorithm>
#include <cmath>
#include <limits>

#include "script_lexer.h"
#include "script_program.h"

namespace orrery::keyspace {
namespace {

using Kind = ScriptExpressionKind;

constexpr int kMaxDepth = 60;
/// Binary operations and indexes: left ones nest without depth of their own, and running nests with them.
constexpr int kMaxOperations = 500;
constexpr std::size_t kMaxTextBytes = 16 << 10;
constexpr std::size_t kMaxLocals = 200;
constexpr std::size_t kMaxItems = 200;

/// Fields of strings: s.len is a function of the library.
constexpr std::string_view kStringFunctions[] = {"byte", "char", "dump", "find", "format", "gfind", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "sub", "upper"};

struct Function {
  std::string_view library, name;
  Kind kind;
  std::size_t least, most;
};
constexpr Function kFunctions[] = {
    {"redis", "error_reply", Kind::kErrorReply, 1, 1}, {"redis", "status_reply", Kind::kStatusReply, 1, 1}, {"", "tonumber", Kind::kToNumber, 1, 1},
    {"", "tostring", Kind::kToString, 1, 1},           {"", "type", Kind::kType, 1, 1},                     {"math", "floor", Kind::kFloor, 1, 1},
    {"math", "ceil", Kind::kCeil, 1, 1},               {"math", "abs", Kind::kAbs, 1, 1},                   {"math", "max", Kind::kMax, 1, kMaxItems},
    {"math", "min", Kind::kMin, 1, kMaxItems},
};

struct Operator {
  std::string_view word;
  Kind kind;
  int left, right;
};
/// Priorities as in Lua's own parser: right below left binds to the right.
constexpr Operator kOperators[] = {
    {"+", Kind::kAdd, 6, 6},       {"-", Kind::kSubtract, 6, 6}, {"*", Kind::kMultiply, 7, 7}, {"/", Kind::kDivide, 7, 7},    {"%", Kind::kModulo, 7, 7},
    {"^", Kind::kPower, 10, 9},    {"..", Kind::kConcat, 5, 4},  {"~=", Kind::kNotEqual, 3, 3}, {"==", Kind::kEqual, 3, 3},    {"<", Kind::kLess, 3, 3},
    {"<=", Kind::kLessEqual, 3, 3}, {">", Kind::kGreater, 3, 3},  {">=", Kind::kGreaterEqual, 3, 3}, {"and", Kind::kAnd, 2, 2}, {"or", Kind::kOr, 1, 1},
};
constexpr int kUnaryPriority = 8;

/// Commands whose body may leave them to TypeScript, or that look beyond the keys.
bool may_be_called(const Command& c) {
  if (c.body == nullptr || (c.flags & kNoKeys) != 0) return false;
  for (const std::string_view name : {"object", "memory", "xgroup", "xinfo", "debug", "flushall", "flushdb", "swapdb", "select", "move", "copy", "restore-asking", "pfdebug", "pfselftest"})
    if (c.name == name) return false;
  return true;
}

/// Every function gives false when the text is not of this part of Lua; nothing is read after that.
class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  bool program(ScriptProgram* out) {
    if (!block(&out->body) || lexer_.token != ScriptToken::kEnd) return false;
    out->slots = most_locals_;
    return true;
  }

 private:
  struct Depth {
    int& depth;
    explicit Depth(int& d) : depth(d) { depth++; }
    ~Depth() { depth--; }
  };

  bool block(ScriptBlock* out) {
    const Depth depth(depth_);
    if (depth_ > kMaxDepth) return false;
    const std::size_t outer = locals_.size();
    while (lexer_.token != ScriptToken::kEnd && !lexer_.is("end") && !lexer_.is("else") && !lexer_.is("elseif")) {
      const bool last = lexer_.is("return");
      if (!statement(&out->emplace_back())) return false;
      (void)lexer_.take(";");
      if (last) break;
    }
    locals_.resize(outer);
    return true;
  }

  bool statement(ScriptStatement* out) {
    using Statement = ScriptStatement::Kind;
    if (lexer_.take("do")) {
      out->kind = Statement::kDo;
      return block(&out->blocks.emplace_back()) && lexer_.take("end");
    }
    if (lexer_.take("return")) {
      out->kind = Statement::kReturn;
      if (lexer_.token == ScriptToken::kEnd || lexer_.is("end") || lexer_.is("else") || lexer_.is("elseif") || lexer_.is(";")) return true;
      return expressions(&out->expressions);
    }
    if (lexer_.take("if")) {
      out->kind = Statement::kIf;
      do {
        if (!expression(&out->expressions.emplace_back()) || !lexer_.take("then") || !block(&out->blocks.emplace_back())) return false;
      } while (lexer_.take("elseif"));
      if (lexer_.take("else") && !block(&out->blocks.emplace_back())) return false;
      return lexer_.take("end");
    }
    if (lexer_.take("local")) {
      out->kind = Statement::kLocal;
      std::vector<std::string> names;
      do {
        if (lexer_.token != ScriptToken::kName) return false;
        names.push_back(lexer_.text);
        lexer_.next();
      } while (lexer_.take(","));
      if (lexer_.take("=") && !expressions(&out->expressions)) return false;
      out->slot = static_cast<std::uint32_t>(locals_.size());
      out->count = static_cast<std::uint32_t>(names.size());
      if (locals_.size() + names.size() > kMaxLocals) return false;
      locals_.insert(locals_.end(), names.begin(), names.end());
      most_locals_ = std::max(most_locals_, static_cast<std::uint32_t>(locals_.size()));
      return true;
    }
    if (lexer_.token != ScriptToken::kName) return false;
    if (std::uint32_t slot; local(lexer_.text, &slot)) {
      lexer_.next();
      out->kind = Statement::kAssign;
      out->slot = slot;
      return lexer_.take("=") && expressions(&out->expressions) && out->expressions.size() == 1;
    }
    out->kind = Statement::kCall;
    ScriptExpression& call = out->expressions.emplace_back();
    return primary(&call) && (call.kind == Kind::kCall || call.kind == Kind::kProtectedCall);
  }

  bool local(std::string_view name, std::uint32_t* slot) const {
    for (std::size_t i = locals_.size(); i-- > 0;)
      if (locals_[i] == name) {
        *slot = static_cast<std::uint32_t>(i);
        return true;
      }
    return false;
  }

  bool expressions(std::vector<ScriptExpression>* out) {
    do {
      if (out->size() >= kMaxItems || !expression(&out->emplace_back())) return false;
    } while (lexer_.take(","));
    return true;
  }

  bool expression(ScriptExpression* out, int limit = 0) {
    const Depth depth(depth_);
    if (depth_ > kMaxDepth) return false;
    const bool negates = lexer_.is("-"), inverts = lexer_.is("not"), measures = lexer_.is("#");
    if (negates || inverts || measures) {
      lexer_.next();
      ScriptExpression operand;
      if (!expression(&operand, kUnaryPriority)) return false;
      out->kind = negates ? Kind::kNegate : inverts ? Kind::kNot : Kind::kLength;
      out->line = lexer_.last_line;
      out->operands.push_back(std::move(operand));
    } else if (!simple(out)) {
      return false;
    }
    for (;;) {
      const Operator* found = nullptr;
      if (lexer_.token == ScriptToken::kSymbol || lexer_.token == ScriptToken::kKeyword)
        for (const Operator& o : kOperators)
          if (lexer_.text == o.word) found = &o;
      if (found == nullptr || found->left <= limit) return true;
      lexer_.next();
      if (++operations_ > kMaxOperations) return false;
      ScriptExpression right;
      if (!expression(&right, found->right)) return false;
      ScriptExpression whole;
      whole.kind = found->kind;
      whole.line = lexer_.last_line;
      whole.operands.push_back(std::move(*out));
      // a .. b .. c is one operation in Lua; (b .. c) in parentheses is another one.
      if (found->kind == Kind::kConcat && right.kind == Kind::kConcat && !right.in_parentheses) {
        if (right.operands.size() >= kMaxItems) return false;
        for (ScriptExpression& o : right.operands) whole.operands.push_back(std::move(o));
      } else {
        whole.operands.push_back(std::move(right));
      }
      *out = std::move(whole);
    }
  }

  bool simple(ScriptExpression* out) {
    out->line = lexer_.line;
    switch (lexer_.token) {
      case ScriptToken::kNumber:
        out->kind = Kind::kNumber;
        out->number = lexer_.number;
        lexer_.next();
        return true;
      case ScriptToken::kString:
        out->kind = Kind::kString;
        out->text = lexer_.text;
        lexer_.next();
        return true;
      case ScriptToken::kName: return primary(out);
      case ScriptToken::kKeyword:
        out->kind = lexer_.text == "nil" ? Kind::kNil : lexer_.text == "true" ? Kind::kTrue : Kind::kFalse;
        return lexer_.take("nil") || lexer_.take("true") || lexer_.take("false");
      case ScriptToken::kSymbol:
        if (lexer_.is("{")) return table(out);
        if (lexer_.is("(")) return primary(out);
        return false;
      default: return false;
    }
  }

  /// A name, a call or an expression in parentheses, with its indexes.
  bool primary(ScriptExpression* out) {
    if (lexer_.take("(")) {
      if (!expression(out) || !lexer_.take(")")) return false;
      // The parentheses end what is around: a chain of `..` does not go on through them.
      out->in_parentheses = true;
    } else if (std::uint32_t slot; local(lexer_.text, &slot)) {
      out->kind = Kind::kLocal;
      out->slot = slot;
      out->text = lexer_.text;
      lexer_.next();
    } else if (lexer_.text == "KEYS" || lexer_.text == "ARGV") {
      out->kind = lexer_.text == "KEYS" ? Kind::kKeys : Kind::kArguments;
      lexer_.next();
    } else if (!function(out)) {
      return false;
    }
    while (lexer_.is("[") || lexer_.is(".")) {
      const bool brackets = lexer_.is("[");
      lexer_.next();
      ScriptExpression whole;
      whole.kind = Kind::kIndex;
      whole.number = std::numeric_limits<double>::quiet_NaN();
      if (brackets && lexer_.token == ScriptToken::kNumber) whole.number = lexer_.number;
      else if (lexer_.token == (brackets ? ScriptToken::kString : ScriptToken::kName)) whole.text = lexer_.text;
      else return false;
      for (const std::string_view name : kStringFunctions)
        if (whole.text == name) return false;
      lexer_.next();
      whole.line = lexer_.last_line;
      if (brackets) {
        whole.line = lexer_.line;
        if (!lexer_.take("]")) return false;
      }
      if (++operations_ > kMaxOperations) return false;
      whole.operands.push_back(std::move(*out));
      *out = std::move(whole);
    }
    return !lexer_.is("(") && lexer_.token != ScriptToken::kString && !lexer_.is("{");
  }

  /// redis.call(…) and the others: nothing else is callable here.
  bool function(ScriptExpression* out) {
    std::string library, name = lexer_.text;
    lexer_.next();
    if (lexer_.take(".")) {
      library = std::move(name);
      if (lexer_.token != ScriptToken::kName) return false;
      name = lexer_.text;
      lexer_.next();
    }
    // An opening parenthesis on a line of its own is Lua's "ambiguous syntax".
    if (!lexer_.is("(") || lexer_.line != lexer_.last_line) return false;
    out->line = lexer_.line;
    lexer_.next();
    if (library == "redis" && (name == "call" || name == "pcall")) {
      out->kind = name == "call" ? Kind::kCall : Kind::kProtectedCall;
      return call_arguments(out);
    }
    for (const Function& f : kFunctions) {
      if (f.library != library || f.name != name) continue;
      out->kind = f.kind;
      return expressions(&out->operands) && lexer_.take(")") && out->operands.size() >= f.least && out->operands.size() <= f.most;
    }
    return false;
  }

  bool call_arguments(ScriptExpression* out) {
    if (lexer_.token != ScriptToken::kString) return false;
    out->command = CommandTable::instance().find(lexer_.text);
    if (out->command == nullptr || !may_be_called(*out->command)) return false;
    ScriptExpression name;
    name.kind = Kind::kString;
    name.text = lexer_.text;
    lexer_.next();
    out->operands.push_back(std::move(name));
    while (lexer_.take(",")) {
      if (out->operands.size() >= kMaxItems) return false;
      if (lexer_.token == ScriptToken::kName && lexer_.text == "unpack" && std::find(locals_.begin(), locals_.end(), "unpack") == locals_.end()) {
        lexer_.next();
        if (lexer_.line != lexer_.last_line || !lexer_.take("(") || !expression(&out->operands.emplace_back()) || !lexer_.take(")")) return false;
        out->spreads = true;
        break;
      }
      if (!expression(&out->operands.emplace_back())) return false;
    }
    return lexer_.take(")");
  }

  bool table(ScriptExpression* out) {
    out->kind = Kind::kTable;
    lexer_.next();
    while (!lexer_.is("}")) {
      if (out->operands.size() >= kMaxItems) return false;
      const bool may_be_field = lexer_.token == ScriptToken::kName && (lexer_.text == "ok" || lexer_.text == "err");
      std::uint32_t slot;
      if (may_be_field && !local(lexer_.text, &slot)) {
        out->fields.push_back(lexer_.text);
        lexer_.next();
        if (!lexer_.take("=")) return false;
      } else if (!out->fields.empty()) {
        return false;
      }
      if (!expression(&out->operands.emplace_back())) return false;
      if (!lexer_.take(",") && !lexer_.take(";")) break;
    }
    out->line = lexer_.line;
    return lexer_.take("}");
  }

  ScriptLexer lexer_;
  std::vector<std::string> locals_;
  std::uint32_t most_locals_ = 0;
  int depth_ = 0, operations_ = 0;
};

}  // namespace

std::unique_ptr<ScriptProgram> parse_script(std::string_view text) {
  if (text.size() > kMaxTextBytes || text.starts_with('#')) return nullptr;
  auto program = std::make_unique<ScriptProgram>();
  return Parser(text).program(program.get()) ? std::move(program) : nullptr;
}

}  // namespace orrery::keyspace
