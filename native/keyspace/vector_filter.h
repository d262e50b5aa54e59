// vector_filter.h: the expressions of VSIM's FILTER, over the JSON attributes of an element.
//
// Operators, loosest first: `or ||`, `and &&`, `> >= < <= == != in`, `+ -`, `* / %`, `**` (to the right), `not !`. Operands: numbers, strings in
// either quotes, tuples `[1, "a"]`, and selectors `.name` of the object's first level. There are no booleans: 1 and 0 stand for them.
//
// An element whose attributes are missing, are no JSON object, lack a selected name or hold null or an object there does not match, whatever
// the rest of the expression says.
// Source: the documentation of Redis 8's vector sets.
// Threads: compiled once, then evaluated by one thread at a time.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::keyspace {

class VectorFilter {
 public:
  /// nullptr: it does not parse, and *error_at is where it stops to make sense.
  static std::unique_ptr<VectorFilter> compile(std::string_view text, std::size_t* error_at);
  /// `attributes`: JSON, or empty for none.
  bool matches(std::string_view attributes);

 private:
  struct Value {
    enum class Kind : std::uint8_t { kNumber, kString, kTuple } kind = Kind::kNumber;
    double number = 0;
    std::string text;
    std::vector<Value> items;
  };
  enum class Operator : std::uint8_t { kOr, kAnd, kGreater, kGreaterEqual, kLess, kLessEqual, kEqual, kNotEqual, kIn, kAdd, kSubtract, kMultiply, kDivide, kModulo, kPower, kNot };
  /// In reverse Polish order.
  struct Step {
    enum class Kind : std::uint8_t { kConstant, kSelector, kOperator } kind;
    std::size_t index = 0;  // into constants_ or names_
    Operator op = Operator::kOr;
  };
  class Parser;
  class Json;

  static bool truth(const Value& v) noexcept;
  static double number_of(const Value& v) noexcept;
  static bool equal(const Value& a, const Value& b) noexcept;
  static Value apply(Operator op, const Value& a, const Value& b);

  std::vector<Step> steps_;
  std::vector<Value> constants_;
  std::vector<std::string> names_;
  // Of the element at hand.
  std::vector<Value> selected_;
  std::vector<bool> found_;
};

}  // namespace orrery::keyspace
