// script_program.h: short scripts that run without the Lua machine (docs/adr/0023-short-scripts-run-natively.md).
//
// Most scripts are a few calls of commands with an `if` or a sum between them. Those are read into a tree here and run where the command
// arrives, without JavaScript. A script belongs to this part of Lua or it does not: what the parser does not know (loops, functions,
// tables that are written to, libraries, globals, syntax errors) is the machine's, whole, before anything of it has run.
//
// The part: local variables, assignments to them, if, do, return; literals, KEYS, ARGV, tables of values or {ok=}, {err=}; indexes that
// are literals; all operators; redis.call and redis.pcall of a command named by a literal, with unpack(…) as the last argument;
// redis.error_reply, redis.status_reply, tonumber, tostring, type, math.floor, ceil, abs, max, min. All of it ends after a number of
// steps that its text bounds.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "command.h"

namespace orrery::keyspace {

enum class ScriptExpressionKind : std::uint8_t {
  kNil, kFalse, kTrue, kNumber, kString, kLocal, kKeys, kArguments, kIndex, kTable,
  kNot, kNegate, kLength, kAnd, kOr, kConcat,
  kAdd, kSubtract, kMultiply, kDivide, kModulo, kPower,
  kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual,
  kCall, kProtectedCall, kErrorReply, kStatusReply, kToNumber, kToString, kType,
  kFloor, kCeil, kAbs, kMax, kMin,
};

struct ScriptExpression {
  ScriptExpressionKind kind = ScriptExpressionKind::kNil;
  bool spreads = false;              // kCall: the last operand is the argument of unpack
  bool in_parentheses = false;       // kConcat: a chain of its own
  std::uint32_t line = 1;            // that an error in it names
  std::uint32_t slot = 0;            // kLocal
  double number = 0;                 // kNumber; kIndex with a number
  std::string text;                  // kString; kLocal: its name; kIndex with a text (`number` is NaN then)
  const Command* command = nullptr;  // kCall, kProtectedCall
  std::vector<ScriptExpression> operands;
  /// kTable: the names of the last operands, "ok" or "err" each.
  std::vector<std::string> fields;
};

struct ScriptStatement;
using ScriptBlock = std::vector<ScriptStatement>;

struct ScriptStatement {
  enum class Kind : std::uint8_t { kLocal, kAssign, kCall, kIf, kDo, kReturn };
  Kind kind = Kind::kDo;
  std::uint32_t slot = 0;                     // kLocal: the first; kAssign
  std::uint32_t count = 0;                    // kLocal: how many
  std::vector<ScriptExpression> expressions;  // kIf: the conditions
  std::vector<ScriptBlock> blocks;            // kIf: one a condition and perhaps the else; kDo: one
};

struct ScriptProgram {
  ScriptBlock body;
  std::uint32_t slots = 0;  // local variables at once
};

/// Reads a script; nullptr when it is not of this part of Lua. Commands are found in the command table.
std::unique_ptr<ScriptProgram> parse_script(std::string_view text);

}  // namespace orrery::keyspace
