// expression.h: expressions over batches, parsed from a program (docs/formats/pipeline.md).
//
// Invariants
//  1. A node's vector stays until the node is evaluated again.
//  2. `evaluate` may set Context::failure; what it returned is then not to be used. A NULL or dropped place never sets it.
//  3. Parts that may fail and are conditional (CASE, COALESCE, the later terms of AND and OR) see only the rows they are for.
// Threads: one. The functions' TypeScript bodies are the definition; test/property/native-pipeline.test.ts compares the two.
#pragma once
#include <memory>
#include <vector>

#include "../../core/bytes.h"
#include "context.h"
#include "vector.h"

namespace orrery::exec {

class Expression {
 public:
  explicit Expression(Kind kind) : kind_(kind) {}
  virtual ~Expression() = default;
  Kind kind() const noexcept { return kind_; }
  virtual Vector evaluate(Context& context, const Batch& in) = 0;
  /// Columns of the input that it reads, ascending.
  const std::vector<std::uint32_t>& columns() const noexcept { return columns_; }
  /// May set Context::failure.
  bool fallible() const noexcept { return fallible_; }

 protected:
  void reads(const Expression& child);
  void reads_column(std::uint32_t column);
  Kind kind_;
  bool fallible_ = false;

 private:
  std::vector<std::uint32_t> columns_;
};

using ExpressionPtr = std::unique_ptr<Expression>;

/// The next expression of the program over an input with these columns; nullptr: damaged, or kinds that do not fit.
/// `memory` outlives the expression.
ExpressionPtr parse_expression(ByteReader& program, const std::vector<Kind>& input, Memory& memory, int depth = 0);

/// Rows for which `truth` (kBool) is true, into select; their number.
inline std::uint32_t select_true(const Vector& truth, std::uint32_t rows, std::uint32_t* select) {
  std::uint32_t n = 0;
  if (truth.validity == nullptr) {
    for (std::uint32_t i = 0; i < rows; i++) {
      select[n] = i;
      n += truth.data[i] != 0;
    }
  } else {
    for (std::uint32_t i = 0; i < rows; i++) {
      select[n] = i;
      n += (truth.data[i] & truth.validity[i]) != 0;
    }
  }
  return n;
}

/// The chosen rows of the columns that somebody reads; other columns are absent (kind only).
class SubBatch {
 public:
  void keep(const Batch& in, const std::vector<std::uint32_t>& columns, const std::uint32_t* select, std::uint32_t count);
  const Batch& batch() const noexcept { return batch_; }

 private:
  Batch batch_;
  std::vector<std::unique_ptr<VectorBuffer>> buffers_;
};

}  // namespace orrery::exec
