// script_run.h: one run of a short script (script_program.h). The caller holds the keyspace alone from its beginning to its end.
#pragma once
#include <span>
#include <string_view>

#include "executor.h"
#include "script_program.h"
#include "script_values.h"

namespace orrery::keyspace {

class ScriptRun {
 public:
  /// `name`: 40 hexadecimal digits, for errors.
  ScriptRun(Executor& executor, Session& session, const ScriptProgram& program, std::string_view name, std::span<const std::string_view> keys,
            std::span<const std::string_view> arguments, std::int64_t now);
  ~ScriptRun();
  ScriptRun(const ScriptRun&) = delete;
  ScriptRun& operator=(const ScriptRun&) = delete;

  /// Runs it and writes its reply behind what the session's writer holds. The values of the run end with this object.
  void run();

  /// The reply is an error.
  bool failed() const noexcept { return failed_; }
  std::uint32_t calls() const noexcept { return calls_; }

 private:
  enum class Flow : std::uint8_t { kNext, kReturn, kRaise };
  Flow block(const ScriptBlock& block);
  Flow statement(const ScriptStatement& statement);
  /// False: an error was raised.
  bool evaluate(const ScriptExpression& e, ScriptValue* out);
  bool arithmetic(const ScriptExpression& e, ScriptValue* out);
  bool compare(const ScriptExpression& e, ScriptValue* out);
  bool concatenate(const ScriptExpression& e, ScriptValue* out);
  bool index(const ScriptExpression& e, ScriptValue* out);
  bool table(const ScriptExpression& e, ScriptValue* out);
  bool library(const ScriptExpression& e, ScriptValue* out);
  bool call(const ScriptExpression& e, ScriptValue* out);
  bool call_arguments(const ScriptExpression& e, std::vector<std::string_view>* out, bool* are_texts);
  ScriptValue list_of(std::span<const std::string_view> texts);

  bool raise(const ScriptExpression& e, std::string_view text);
  bool raise_type(const ScriptExpression& e, std::string_view what, const ScriptExpression& operand, const ScriptValue& value);
  bool bad_argument(const ScriptExpression& e, std::size_t number, std::string_view function, std::string_view expected, const ScriptValue& value);
  ScriptValue error_table(std::string_view text, bool is_counted);
  void reply_error(std::string_view text, bool is_counted);
  void write(const ScriptValue& value);
  void write_table(const ScriptTable& table);

  Executor& executor_;
  Session& session_;
  const ScriptProgram& program_;
  std::string_view name_;
  std::span<const std::string_view> keys_, arguments_;
  std::int64_t now_;
  ScriptArena& arena_;
  std::vector<ScriptValue>& slots_;
  ScriptValue result_;
  std::string raised_;  // the error's text
  bool raised_is_counted_ = false;
  std::uint32_t raised_line_ = 1;
  bool failed_ = false;
  std::uint32_t calls_ = 0;
};

}  // namespace orrery::keyspace
