// predicate.h: a conjunction of `column op constant`, evaluated on row versions; its bytes: docs/formats/predicate.md.
//
// Invariants
//  1. Every term's column exists in the relation and its kind fits the column's physical type: checked by `parse`.
//  2. A NULL satisfies IS NULL and nothing else.
// Threads: immutable after parse; any number of threads may evaluate one.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../core/bytes.h"
#include "../core/physical_type.h"
#include "../core/status.h"
#include "../storage/chunk.h"
#include "../storage/relation.h"

namespace orrery::exec {

enum class PredicateOp : std::uint8_t { kEq = 1, kNe = 2, kLt = 3, kLe = 4, kGt = 5, kGe = 6, kIn = 7, kIsNull = 8, kIsNotNull = 9 };

class Predicate {
 public:
  /// kInvalid when the program is damaged or does not fit the relation.
  static Status parse(std::span<const std::uint8_t> program, const storage::Relation& relation, Predicate* out);

  bool empty() const noexcept { return terms_.empty(); }
  /// What it was parsed from: equal programs say the same of every row version.
  std::string_view program() const noexcept { return program_; }
  bool matches(const storage::Chunk& chunk, std::uint32_t slot) const noexcept;
  bool matches(storage::VersionRef version) const noexcept { return matches(*version.chunk, version.slot); }
  /// The vectorized form: keeps those of `slots` (ascending) that match.
  void filter(const storage::Chunk& chunk, std::vector<std::uint32_t>& slots) const;

 private:
  struct Term {
    std::uint32_t column = 0;
    KeyKind kind = KeyKind::kInt32;
    PredicateOp op = PredicateOp::kEq;
    std::vector<std::string> constants;  // fixed width: the value's bytes
  };
  static bool matches(const Term& term, const storage::Chunk& chunk, std::uint32_t slot) noexcept;
  std::vector<Term> terms_;
  std::string program_;
};

/// Order of two numeric_send values: negative, 0, positive. NaN equals NaN and is above all.
int compare_numeric(std::string_view a, std::string_view b) noexcept;

}  // namespace orrery::exec
