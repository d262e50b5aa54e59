// expression_parts.h: the numbers of a program's expressions, and the makers of nodes that stand in files of their own.
#pragma once
#include "expression.h"

namespace orrery::exec {

enum class ExpressionOp : std::uint8_t {
  kColumn = 1, kConstant = 2, kAnd = 3, kOr = 4, kNot = 5, kNullTest = 6, kBooleanTest = 7, kDistinct = 8, kCase = 9, kCoalesce = 10,
  kNullIf = 11, kGreatest = 12, kLeast = 13, kInList = 14, kCompare = 15, kArithmetic = 16, kUnary = 17, kCast = 18, kLike = 19,
  kConcat = 20,
};
enum class CompareOp : std::uint8_t { kEq = 1, kNe = 2, kLt = 3, kLe = 4, kGt = 5, kGe = 6 };
enum class ArithmeticOp : std::uint8_t { kAdd = 1, kSubtract = 2, kMultiply = 3, kDivide = 4, kModulo = 5 };
enum class UnaryOp : std::uint8_t {
  kNegate = 1, kAbsolute = 2,
  kCharacters = 3,  // length(text) -> int32
  kBytesLength = 4, // octet_length(text) -> int32
  kDateToTimestamp = 5,  // int32 days -> int64 microseconds
};

// Each checks its kinds; nullptr: they do not fit.
ExpressionPtr make_comparison(std::uint8_t op, ExpressionPtr a, ExpressionPtr b);
ExpressionPtr make_arithmetic(std::uint8_t op, ExpressionPtr a, ExpressionPtr b);
ExpressionPtr make_unary(std::uint8_t op, ExpressionPtr arg, Memory& memory);
ExpressionPtr make_cast(Kind to, ExpressionPtr arg, Memory& memory);
ExpressionPtr make_like(ExpressionPtr arg, std::string_view pattern, bool negated);
ExpressionPtr make_concat(ExpressionPtr a, ExpressionPtr b, Memory& memory);

}  // namespace orrery::exec
