#include "script_run.h"

#include <cmath>

#include "command_statistics.h"

namespace orrery::keyspace {
namespace {

using Kind = ScriptExpressionKind;
using Type = ScriptValue::Type;

// One thread runs one script at a time, and scripts do not start scripts.
thread_local ScriptArena run_arena;
thread_local std::vector<ScriptValue> run_slots;

/// What Lua calls an operand in its errors: "local 'x'", or nothing.
std::string described(const ScriptExpression& e) {
  switch (e.kind) {
    case Kind::kLocal: return "local '" + e.text + "' ";
    case Kind::kKeys: return "global 'KEYS' ";
    case Kind::kArguments: return "global 'ARGV' ";
    case Kind::kIndex: return "field '" + (std::isnan(e.number) ? e.text : "?") + "' ";
    default: return {};
  }
}

bool equal(const ScriptValue& a, const ScriptValue& b) noexcept {
  if (a.type != b.type) return false;
  switch (a.type) {
    case Type::kNil: return true;
    case Type::kBoolean: return a.boolean == b.boolean;
    case Type::kNumber: return a.number == b.number;
    case Type::kString: return a.text() == b.text();
    case Type::kTable: return a.table == b.table;
  }
  return false;
}

bool arity_fits(const Command& c, std::size_t count) {
  const auto n = static_cast<std::int32_t>(count);
  return c.arity >= 0 ? n == c.arity : n >= -c.arity;
}

/// XREAD and XREADGROUP with BLOCK: Redis refuses them, though other blocking commands just do not wait.
bool asks_to_block(const Command& c, std::span<const std::string_view> args) {
  if (!c.name.starts_with("xread")) return false;
  for (const std::string_view a : args) {
    if (same_word(a, "STREAMS")) return false;
    if (same_word(a, "BLOCK")) return true;
  }
  return false;
}

}  // namespace

ScriptRun::ScriptRun(Executor& executor, Session& session, const ScriptProgram& program, std::string_view name, std::span<const std::string_view> keys,
                     std::span<const std::string_view> arguments, std::int64_t now)
    : executor_(executor), session_(session), program_(program), name_(name), keys_(keys), arguments_(arguments), now_(now), arena_(run_arena), slots_(run_slots) {
  slots_.assign(program.slots, {});
}

ScriptRun::~ScriptRun() { arena_.clear(); }

void ScriptRun::run() {
  const bool resp3 = session_.reply.resp3;
  const std::uint8_t db = session_.db;
  session_.reply.resp3 = false;  // commands answer a script in RESP2
  const Flow flow = block(program_.body);
  session_.reply.resp3 = resp3;
  session_.db = db;
  if (flow == Flow::kRaise) {
    raised_ += " script: ";
    raised_ += name_;
    raised_ += ", on @user_script:" + std::to_string(raised_line_) + ".";
    return reply_error(raised_, raised_is_counted_);
  }
  write(result_);
}

ScriptRun::Flow ScriptRun::block(const ScriptBlock& statements) {
  for (const ScriptStatement& s : statements)
    if (const Flow flow = statement(s); flow != Flow::kNext) return flow;
  return Flow::kNext;
}

ScriptRun::Flow ScriptRun::statement(const ScriptStatement& s) {
  ScriptValue value;
  switch (s.kind) {
    case ScriptStatement::Kind::kLocal:
      // All are evaluated before the first variable exists; what is too much is evaluated too.
      for (std::size_t i = 0; i < s.expressions.size(); i++) {
        if (!evaluate(s.expressions[i], &value)) return Flow::kRaise;
        if (i < s.count) slots_[s.slot + i] = value;
      }
      for (std::size_t i = s.expressions.size(); i < s.count; i++) slots_[s.slot + i] = {};
      return Flow::kNext;
    case ScriptStatement::Kind::kAssign:
      if (!evaluate(s.expressions[0], &value)) return Flow::kRaise;
      slots_[s.slot] = value;
      return Flow::kNext;
    case ScriptStatement::Kind::kCall: return call(s.expressions[0], nullptr) ? Flow::kNext : Flow::kRaise;
    case ScriptStatement::Kind::kIf:
      for (std::size_t i = 0; i < s.expressions.size(); i++) {
        if (!evaluate(s.expressions[i], &value)) return Flow::kRaise;
        if (value.is_true()) return block(s.blocks[i]);
      }
      return s.blocks.size() > s.expressions.size() ? block(s.blocks.back()) : Flow::kNext;
    case ScriptStatement::Kind::kDo: return block(s.blocks[0]);
    case ScriptStatement::Kind::kReturn:
      for (std::size_t i = 0; i < s.expressions.size(); i++) {
        if (!evaluate(s.expressions[i], &value)) return Flow::kRaise;
        if (i == 0) result_ = value;
      }
      return Flow::kReturn;
  }
  return Flow::kNext;
}

bool ScriptRun::evaluate(const ScriptExpression& e, ScriptValue* out) {
  switch (e.kind) {
    case Kind::kNil: *out = {}; return true;
    case Kind::kFalse: *out = ScriptValue::of(false); return true;
    case Kind::kTrue: *out = ScriptValue::of(true); return true;
    case Kind::kNumber: *out = ScriptValue::of(e.number); return true;
    case Kind::kString: *out = ScriptValue::of(std::string_view(e.text)); return true;
    case Kind::kLocal: *out = slots_[e.slot]; return true;
    case Kind::kKeys: *out = list_of(keys_); return true;
    case Kind::kArguments: *out = list_of(arguments_); return true;
    case Kind::kIndex: return index(e, out);
    case Kind::kTable: return table(e, out);
    case Kind::kNot:
      if (!evaluate(e.operands[0], out)) return false;
      *out = ScriptValue::of(!out->is_true());
      return true;
    case Kind::kLength: {
      ScriptValue value;
      if (!evaluate(e.operands[0], &value)) return false;
      if (value.type == Type::kString) *out = ScriptValue::of(static_cast<double>(value.length));
      else if (value.type == Type::kTable) *out = ScriptValue::of(static_cast<double>(script_length(*value.table)));
      else return raise_type(e, "get length of", e.operands[0], value);
      return true;
    }
    case Kind::kAnd:
    case Kind::kOr:
      if (!evaluate(e.operands[0], out)) return false;
      return out->is_true() == (e.kind == Kind::kOr) || evaluate(e.operands[1], out);
    case Kind::kConcat: return concatenate(e, out);
    case Kind::kNegate:
    case Kind::kAdd:
    case Kind::kSubtract:
    case Kind::kMultiply:
    case Kind::kDivide:
    case Kind::kModulo:
    case Kind::kPower: return arithmetic(e, out);
    case Kind::kEqual:
    case Kind::kNotEqual:
    case Kind::kLess:
    case Kind::kLessEqual:
    case Kind::kGreater:
    case Kind::kGreaterEqual: return compare(e, out);
    case Kind::kCall:
    case Kind::kProtectedCall: return call(e, out);
    default: return library(e, out);
  }
}

bool ScriptRun::arithmetic(const ScriptExpression& e, ScriptValue* out) {
  ScriptValue left, right;
  if (!evaluate(e.operands[0], &left)) return false;
  if (e.kind != Kind::kNegate && !evaluate(e.operands[1], &right)) return false;
  double a = 0, b = 0;
  if (!script_to_number(left, &a)) return raise_type(e, "perform arithmetic on", e.operands[0], left);
  if (e.kind != Kind::kNegate && !script_to_number(right, &b)) return raise_type(e, "perform arithmetic on", e.operands[1], right);
  switch (e.kind) {
    case Kind::kNegate: *out = ScriptValue::of(-a); break;
    case Kind::kAdd: *out = ScriptValue::of(a + b); break;
    case Kind::kSubtract: *out = ScriptValue::of(a - b); break;
    case Kind::kMultiply: *out = ScriptValue::of(a * b); break;
    case Kind::kDivide: *out = ScriptValue::of(a / b); break;
    case Kind::kModulo: *out = ScriptValue::of(a - std::floor(a / b) * b); break;
    default: *out = ScriptValue::of(std::pow(a, b)); break;
  }
  return true;
}

bool ScriptRun::compare(const ScriptExpression& e, ScriptValue* out) {
  ScriptValue left, right;
  if (!evaluate(e.operands[0], &left) || !evaluate(e.operands[1], &right)) return false;
  if (e.kind == Kind::kEqual || e.kind == Kind::kNotEqual) {
    *out = ScriptValue::of(equal(left, right) == (e.kind == Kind::kEqual));
    return true;
  }
  // a > b is b < a, in errors too.
  const bool swaps = e.kind == Kind::kGreater || e.kind == Kind::kGreaterEqual;
  if (swaps) std::swap(left, right);
  const bool or_equal = e.kind == Kind::kLessEqual || e.kind == Kind::kGreaterEqual;
  if (left.type == Type::kNumber && right.type == Type::kNumber) {
    *out = ScriptValue::of(or_equal ? left.number <= right.number : left.number < right.number);
    return true;
  }
  if (left.type == Type::kString && right.type == Type::kString) {
    const int order = left.text().compare(right.text());
    *out = ScriptValue::of(or_equal ? order <= 0 : order < 0);
    return true;
  }
  const std::string a = script_type_name(left.type), b = script_type_name(right.type);
  return raise(e, a == b ? "attempt to compare two " + a + " values" : "attempt to compare " + a + " with " + b);
}

bool ScriptRun::concatenate(const ScriptExpression& e, ScriptValue* out) {
  const std::size_t count = e.operands.size();
  std::vector<ScriptValue> values(count);
  for (std::size_t i = 0; i < count; i++)
    if (!evaluate(e.operands[i], &values[i])) return false;
  const auto is_text = [](const ScriptValue& v) { return v.type == Type::kString || v.type == Type::kNumber; };
  // From the right, two by two: that decides which operand an error names.
  for (std::size_t i = count - 1; i > 0; i--) {
    const bool right = is_text(values[i]) || i + 1 < count;
    if (is_text(values[i - 1]) && right) continue;
    const std::size_t bad = is_text(values[i - 1]) ? i : i - 1;
    return raise_type(e, "concatenate", e.operands[bad], values[bad]);
  }
  std::size_t length = 0;
  for (ScriptValue& v : values) {
    if (v.type == Type::kNumber) v = ScriptValue::of(script_number_text(arena_, v.number, 14));
    length += v.length;
  }
  char* to = arena_.take(length);
  const char* start = to;
  for (const ScriptValue& v : values) {
    if (v.length > 0) std::memcpy(to, v.bytes, v.length);
    to += v.length;
  }
  *out = ScriptValue::of(std::string_view(start, length));
  return true;
}

bool ScriptRun::index(const ScriptExpression& e, ScriptValue* out) {
  const ScriptExpression& base = e.operands[0];
  const bool by_number = !std::isnan(e.number);
  const auto item = [&](std::size_t count) -> std::size_t {  // 0: there is none
    if (!by_number || !(e.number >= 1) || e.number > static_cast<double>(count) || e.number != std::floor(e.number)) return 0;
    return static_cast<std::size_t>(e.number);
  };
  if (base.kind == Kind::kKeys || base.kind == Kind::kArguments) {
    const auto list = base.kind == Kind::kKeys ? keys_ : arguments_;
    const std::size_t at = item(list.size());
    *out = at == 0 ? ScriptValue() : ScriptValue::of(list[at - 1]);
    return true;
  }
  ScriptValue value;
  if (!evaluate(base, &value)) return false;
  if (value.type == Type::kString) {
    *out = {};  // no function of strings has such a name
    return true;
  }
  if (value.type != Type::kTable) return raise_type(e, "index", base, value);
  const ScriptTable& t = *value.table;
  if (by_number) {
    const std::size_t at = item(t.count);
    *out = at == 0 ? ScriptValue() : t.items[at - 1];
  } else if (e.text == "ok") {
    *out = t.ok;
  } else if (e.text == "err") {
    *out = t.error;
  } else {
    *out = t.is_counted && e.text == "ignore_error_stats_update" ? ScriptValue::of(true) : ScriptValue();
  }
  return true;
}

bool ScriptRun::table(const ScriptExpression& e, ScriptValue* out) {
  auto* made = arena_.make<ScriptTable>(1);
  const std::size_t count = e.operands.size() - e.fields.size();
  auto* items = arena_.make<ScriptValue>(count);
  for (std::size_t i = 0; i < e.operands.size(); i++) {
    ScriptValue value;
    if (!evaluate(e.operands[i], &value)) return false;
    if (i < count) items[i] = value;
    else (e.fields[i - count] == "ok" ? made->ok : made->error) = value;
  }
  made->items = items;
  made->count = count;
  made->room = script_constructor_room(count);
  *out = ScriptValue::of(made);
  return true;
}

bool ScriptRun::library(const ScriptExpression& e, ScriptValue* out) {
  std::vector<ScriptValue> values(e.operands.size());
  for (std::size_t i = 0; i < values.size(); i++)
    if (!evaluate(e.operands[i], &values[i])) return false;
  const ScriptValue& first = values[0];
  const auto numbers = [&](const char* name) {
    for (std::size_t i = 0; i < values.size(); i++) {
      double number;
      if (!script_to_number(values[i], &number)) return bad_argument(e, i + 1, name, "number", values[i]);
      values[i] = ScriptValue::of(number);
    }
    return true;
  };
  switch (e.kind) {
    case Kind::kErrorReply:
    case Kind::kStatusReply: {
      if (first.type != Type::kString) {
        *out = error_table("ERR wrong number or type of arguments", true);
        return true;
      }
      auto* made = arena_.make<ScriptTable>(1);
      if (e.kind == Kind::kStatusReply) {
        made->ok = first;
      } else {
        // "-CODE text", "-text" and "text" mean the same; a text of one word is given a code.
        std::string_view text = first.text();
        if (text.starts_with('-')) text.remove_prefix(1);
        while (text.starts_with('\r') || text.starts_with('\n')) text.remove_prefix(1);
        while (text.ends_with('\r') || text.ends_with('\n')) text.remove_suffix(1);
        made->error = ScriptValue::of(text.find(' ') != std::string_view::npos ? text : arena_.copy("ERR " + std::string(text)));
      }
      *out = ScriptValue::of(made);
      return true;
    }
    case Kind::kToNumber: {
      double number;
      *out = script_to_number(first, &number) ? ScriptValue::of(number) : ScriptValue();
      return true;
    }
    case Kind::kToString: {
      char address[40];
      if (first.type == Type::kString) *out = first;
      else if (first.type == Type::kNumber) *out = ScriptValue::of(script_number_text(arena_, first.number, 14));
      else if (first.type != Type::kTable) *out = ScriptValue::of(std::string_view(first.type == Type::kNil ? "nil" : first.boolean ? "true" : "false"));
      else *out = ScriptValue::of(arena_.copy({address, static_cast<std::size_t>(std::snprintf(address, sizeof address, "table: %p", static_cast<const void*>(first.table)))}));
      return true;
    }
    case Kind::kType: *out = ScriptValue::of(std::string_view(script_type_name(first.type))); return true;
    case Kind::kFloor:
      if (!numbers("floor")) return false;
      *out = ScriptValue::of(std::floor(first.number));
      return true;
    case Kind::kCeil:
      if (!numbers("ceil")) return false;
      *out = ScriptValue::of(std::ceil(first.number));
      return true;
    case Kind::kAbs:
      if (!numbers("abs")) return false;
      *out = ScriptValue::of(std::fabs(first.number));
      return true;
    default: {
      const bool max = e.kind == Kind::kMax;
      if (!numbers(max ? "max" : "min")) return false;
      double best = first.number;
      for (const ScriptValue& v : values)
        if (max ? v.number > best : v.number < best) best = v.number;
      *out = ScriptValue::of(best);
      return true;
    }
  }
}

bool ScriptRun::call_arguments(const ScriptExpression& e, std::vector<std::string_view>* out, bool* are_texts) {
  const auto add = [&](const ScriptValue& value) {
    if (value.type == Type::kString) out->push_back(value.text());
    else if (value.type == Type::kNumber) out->push_back(script_number_text(arena_, value.number, 17));
    else *are_texts = false;
  };
  for (std::size_t i = 0; i < e.operands.size(); i++) {
    ScriptValue value;
    if (!evaluate(e.operands[i], &value)) return false;
    if (!e.spreads || i + 1 < e.operands.size()) {
      add(value);
      continue;
    }
    constexpr std::size_t kMostValues = 7999;  // on Lua's stack
    if (value.type != Type::kTable) return bad_argument(e, 1, "unpack", "table", value);
    const std::size_t count = script_length(*value.table);
    if (count > kMostValues) return raise(e, "too many results to unpack");
    for (std::size_t n = 0; n < count; n++) add(value.table->items[n]);
  }
  return true;
}

bool ScriptRun::call(const ScriptExpression& e, ScriptValue* out) {
  const auto fail = [&](std::string_view text) {
    CommandStatistics::instance().record_error(text);
    if (e.kind == Kind::kProtectedCall) {
      if (out != nullptr) *out = error_table(text, true);
      return true;
    }
    raised_ = text;
    raised_is_counted_ = true;
    raised_line_ = e.line;
    return false;
  };
  // Arguments may be calls themselves: each has a list of its own.
  std::vector<std::string_view> args;
  args.reserve(e.operands.size());
  bool are_texts = true;
  if (!call_arguments(e, &args, &are_texts)) return false;
  if (!are_texts) return fail("ERR Lua redis lib command arguments must be strings or integers");
  if (!arity_fits(*e.command, args.size())) {
    CommandStatistics::instance().record_rejected(e.command->index);
    return fail("ERR Wrong number of args calling Redis command from script");
  }
  if (asks_to_block(*e.command, args)) return fail("ERR " + std::string(args[0]) + " command is not allowed with BLOCK option from scripts");
  const std::size_t mark = session_.reply.size();
  storage::Xid wait_xid = 0;
  calls_++;
  const Outcome outcome = executor_.execute_counted(session_, *e.command, args, now_, &wait_xid);
  const std::string_view reply(session_.reply.data() + mark, session_.reply.size() - mark);
  session_.reply.truncate(mark);
  if (outcome != Outcome::kDone) return fail("ERR " + e.command->name + " with these arguments is not supported in a script");
  if (reply.starts_with('-')) {
    if (e.kind == Kind::kCall) {
      raised_ = reply.substr(1, reply.find('\r') - 1);
      raised_is_counted_ = true;
      raised_line_ = e.line;
      return false;
    }
  }
  if (out == nullptr) return true;
  const char* at = arena_.copy(reply).data();
  *out = script_reply_value(arena_, at);
  return true;
}

ScriptValue ScriptRun::list_of(std::span<const std::string_view> texts) {
  auto* items = arena_.make<ScriptValue>(texts.size());
  for (std::size_t i = 0; i < texts.size(); i++) items[i] = ScriptValue::of(texts[i]);
  auto* made = arena_.make<ScriptTable>(1);
  made->items = items;
  made->count = made->room = texts.size();
  return ScriptValue::of(made);
}

bool ScriptRun::raise(const ScriptExpression& e, std::string_view text) {
  raised_ = "ERR user_script:" + std::to_string(e.line) + ": ";
  raised_ += text;
  raised_line_ = e.line;
  raised_is_counted_ = false;
  return false;
}

bool ScriptRun::raise_type(const ScriptExpression& e, std::string_view what, const ScriptExpression& operand, const ScriptValue& value) {
  const std::string named = described(operand), type = script_type_name(value.type);
  return raise(e, "attempt to " + std::string(what) + " " + (named.empty() ? "a " + type + " value" : named + "(a " + type + " value)"));
}

bool ScriptRun::bad_argument(const ScriptExpression& e, std::size_t number, std::string_view function, std::string_view expected, const ScriptValue& value) {
  return raise(e, "bad argument #" + std::to_string(number) + " to '" + std::string(function) + "' (" + std::string(expected) + " expected, got " + script_type_name(value.type) + ")");
}

ScriptValue ScriptRun::error_table(std::string_view text, bool is_counted) {
  auto* made = arena_.make<ScriptTable>(1);
  made->error = ScriptValue::of(arena_.copy(text));
  made->is_counted = is_counted;
  return ScriptValue::of(made);
}

void ScriptRun::reply_error(std::string_view text, bool is_counted) {
  failed_ = true;
  if (!is_counted) CommandStatistics::instance().record_error(text);
  session_.reply.error(text);
}

void ScriptRun::write(const ScriptValue& value) {
  wire::RespWriter& reply = session_.reply;
  switch (value.type) {
    case Type::kNil: return reply.null();
    case Type::kBoolean: return value.boolean ? reply.integer(1) : reply.null();
    case Type::kNumber:
      // C's conversion to long long, which gives the least one for what does not fit.
      return reply.integer(std::fabs(value.number) < 9223372036854775808.0 ? static_cast<std::int64_t>(value.number) : INT64_MIN);
    case Type::kString: return reply.bulk(value.text());
    case Type::kTable: return write_table(*value.table);
  }
}

void ScriptRun::write_table(const ScriptTable& table) {
  if (table.error.type == Type::kString) {
    std::string_view text = table.error.text();
    if (text.starts_with('-')) text.remove_prefix(1);
    while (text.ends_with('\r') || text.ends_with('\n')) text.remove_suffix(1);
    return reply_error(text, table.is_counted);
  }
  if (table.ok.type == Type::kString) {
    std::string text(table.ok.text());
    for (char& c : text)
      if (c == '\r' || c == '\n') c = ' ';
    return session_.reply.status(text);
  }
  std::size_t count = 0;
  while (count < table.count && table.items[count].type != Type::kNil) count++;
  session_.reply.array(count);
  for (std::size_t i = 0; i < count; i++) write(table.items[i]);
}

}  // namespace orrery::keyspace
