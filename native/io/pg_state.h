// pg_state.h: what an I/O thread knows of a PostgreSQL session: the statements that it can execute, and the transaction block that it is in.
//
// Threads: read and written by the owner of the connection, under its statements' mutex (connection.h).
#pragma once
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/row_image.h"
#include "../exec/nearest_select.h"
#include "../exec/point_select.h"
#include "../exec/point_write.h"
#include "held_locks.h"

namespace orrery::io {

/// How a parameter is read from its text or binary form, as its SQL type says (src/native/io.ts: LaneType).
enum class PgType : std::uint8_t {
  kInt2 = 1,
  kInt4 = 2,
  kInt8 = 3,
  kText = 4,
  kUuid = 5,
  kBool = 6,
  kFloat4 = 7,
  kFloat8 = 8,
  kTimestamp = 9,
  kDate = 10,
  kTimestampTz = 11,     // a text needs its offset
  kTimestampTzUtc = 12,  // of a session whose time zone is UTC
  kTime = 13,
  kNumeric = 14,
  kBytea = 15,
  kBpchar = 16,
  kJson = 17,
  kJsonb = 18,
  // Casts, as literals of float columns have them; of a numeric its text alone.
  kNumericAsFloat8 = 19,
  kNumericAsFloat4 = 20,
  kInt4AsFloat8 = 21,
  kInt4AsFloat4 = 22,
  // Of columns with as many dimensions as their modifier says.
  kVector = 23,
  kHalfvec = 24,
  kLast = kHalfvec,
};

/// A column of the plan's key.
struct PgKey {
  PgType type;
  std::uint32_t parameter;
};

/// How a SELECT finds its rows behind the columns that `PgPlan::keys` hold equal, where those are not the whole key of a unique index.
struct PgSearch {
  enum class Form : std::uint8_t {
    kList = 0,   // the next column, the last one, is any of some parameters
    kArray = 1,  // the same, of the elements of one parameter
    kRange = 2,  // the next column lies between bounds, where there are any
    kLast = kRange,
  };
  struct Bound {
    PgKey key;
    bool inclusive;
  };
  Form form = Form::kRange;
  std::vector<PgKey> list;  // of kArray one: the elements' type
  std::optional<Bound> lower, upper;
  bool backward = false;
  std::uint32_t limit = std::numeric_limits<std::uint32_t>::max();  // most rows
  std::optional<PgKey> limit_parameter;
};

/// A SELECT of the rows whose vectors are nearest to a parameter's.
struct PgNearest {
  std::shared_ptr<const exec::NearestSelect> select;
  std::uint32_t parameter = 0;
  exec::SearchEffort effort;
  std::uint32_t limit = 0;  // most rows
  std::optional<PgKey> limit_parameter;
};

/// A column that a write sets.
struct PgValue {
  enum class Form : std::uint8_t {
    kParameter = 0,
    kAdd = 1,               // the column plus a parameter, numbers
    kSubtract = 2,          // the column minus a parameter
    kAddConstant = 3,       // the column plus `addend`, which has `scale` digits behind the point in a numeric column
    kNow = 4,               // when the transaction began, microseconds since 2000
    kConstant = 5,          // as the image has it
    kIntegerAsNumeric = 6,  // an integer parameter in a numeric column
    kAppend = 7,            // the column with a parameter behind it, texts
    kNextval = 8,           // a number of the sequence whose OID is `parameter` and whose storage is `addend`
    kLast = kNextval,
  };
  std::uint32_t column;
  Form form;
  PgType type;  // the parameter's
  std::uint32_t parameter;
  bool not_null;
  std::int32_t modifier;  // what the value is coerced to (pg_attribute); -1: to nothing
  std::int64_t addend = 0;
  std::int32_t scale = 0;
  std::int32_t operand_modifier = -1;  // of kAdd and kSubtract: what the parameter is coerced to before
  bool reads_parameter() const noexcept { return form <= Form::kSubtract || form == Form::kIntegerAsNumeric || form == Form::kAppend; }
};

/// A column that the row to change has to have a parameter's value in.
struct PgCondition {
  std::uint32_t column;
  PgType type;  // the parameter's
  std::uint32_t parameter;
  PhysicalType width;  // the column's
};

/// What INSERT does where a row has the key already. Without `updates` nothing.
struct PgConflict {
  std::shared_ptr<const exec::PointWrite> update;  // by the index that decides
  bool updates = false;
  std::vector<PgValue> values;
  RowImage image;
  bool reads_more = false;  // parameters that the new row has not
};

/// A statement that can run here: a prepared one for one choice of result formats, or the text of a simple query. A SELECT by a whole key, a
/// list of keys or a range that parameters give, or by nearness to a vector, a write of one row, or the beginning or end of a transaction block.
struct PgPlan {
  enum class Kind : std::uint8_t { kSelect = 0, kInsert = 1, kUpdate = 2, kDelete = 3, kBegin = 4, kCommit = 5, kRollback = 6, kLast = kRollback };
  Kind kind = Kind::kSelect;
  std::string statement;  // its name
  std::string formats;    // the result formats as they stand in Bind: a count and codes, 16 bits each, big-endian
  std::string parse;      // of the unnamed statement: the body of the Parse message that makes it
  /// A simple query instead: the text around its literals, which are the parameters; a letter for each literal, i an integer of up to
  /// nine digits, n one with a minus, d and m the same with digits behind a point, s a string.
  std::vector<std::string> pieces;
  std::string literals;
  std::shared_ptr<const exec::PointSelect> select;
  std::shared_ptr<const exec::PointWrite> write;
  std::vector<PgKey> keys;  // one for each column of the index, but for a search
  std::optional<PgSearch> search;    // of a SELECT
  std::optional<PgNearest> nearest;  // of a SELECT, in place of `select`
  std::vector<PgCondition> conditions;  // of an UPDATE or DELETE, besides the key
  std::vector<PgValue> values;
  std::optional<RowImage> image;  // of a row to write, with its constants
  std::optional<PgConflict> conflict;  // of an INSERT
  std::string tag;                // of kBegin, kCommit, kRollback
  std::string text;               // the statement's, a simple query's with $1 and so on for its literals
  std::shared_ptr<std::atomic<std::uint64_t>> calls;  // of all connections (hot_statements.h)
  std::uint32_t parameter_count = 0;
  std::uint64_t catalog_version = 0;  // the plan is right while the catalog has this version
  std::string row_description;        // the message that answers Describe of the portal; of a simple query without rows nothing
  std::uint32_t relation = 0;         // whose lock it takes

  bool is_text() const noexcept { return !pieces.empty(); }
  bool is_select() const noexcept { return kind == Kind::kSelect; }
  bool is_write() const noexcept { return kind >= Kind::kInsert && kind <= Kind::kDelete; }
  const index::KeyEncoder& encoder() const noexcept { return select ? select->encoder() : write->encoder(); }
  bool same_place(const PgPlan& other) const noexcept {
    return statement == other.statement && formats == other.formats && parse == other.parse && pieces == other.pieces && literals == other.literals;
  }
};

struct PgState {
  /// Few: a linear search is enough, and a session with more statements leaves the others to JavaScript.
  static constexpr std::size_t kPlansMax = 64;
  std::vector<PgPlan> plans;
  bool has_texts = false;

  // Of the session, as they were when the plans were registered.
  storage::ProcessId process = 0;
  storage::Isolation isolation = storage::Isolation::kReadCommitted;
  bool is_synchronous = true;  // a commit is answered when it is durable

  /// The transaction block that began here. Without a transaction no statement of it has run yet.
  bool in_block = false;
  storage::Transaction* transaction = nullptr;
  std::int64_t start_micros = 0;  // of the block, since 2000
  HeldLocks locks;
  /// The next statement has waited for a row: it keeps its snapshot, and judges the row as it is now (ADR 13).
  bool resumes = false;

  /// OIDs of the sequences that statements have drawn from since JavaScript gave the connection away, and the last number of each; the newest last.
  std::vector<std::pair<std::uint32_t, std::int64_t>> drawn;

  /// Body of the Parse message that made the unnamed statement as it is now; empty: there is none, or JavaScript alone knows it.
  std::string unnamed;
  bool unnamed_changed = false;  // since JavaScript gave the connection away

  /// For pg_stat_activity: the newest statement that ran here, and when, since 2000; 0: none since JavaScript gave the connection away.
  std::string query;
  std::int64_t query_micros = 0;

  PgPlan* find(std::string_view statement, std::string_view formats, std::string_view parse) noexcept {
    for (PgPlan& plan : plans)
      if (plan.statement == statement && plan.formats == formats && plan.parse == parse && !plan.is_text()) return &plan;
    return nullptr;
  }
  /// The body of a Parse message makes an unnamed statement that can run here.
  bool knows_parse(std::string_view body) const noexcept {
    for (const PgPlan& plan : plans)
      if (!plan.parse.empty() && plan.parse == body) return true;
    return false;
  }
  void add(PgPlan plan) {
    has_texts = has_texts || plan.is_text();
    for (PgPlan& known : plans) {
      if (!known.same_place(plan)) continue;
      known = std::move(plan);
      return;
    }
    if (plans.size() < kPlansMax) plans.push_back(std::move(plan));
  }
  void forget_plans() noexcept {
    plans.clear();
    has_texts = false;
  }
  void note_drawn(std::uint32_t sequence, std::int64_t number) {
    std::erase_if(drawn, [&](const auto& d) { return d.first == sequence; });
    drawn.emplace_back(sequence, number);
  }
  void set_unnamed(std::string_view body) {
    if (unnamed == body) return;
    unnamed = body;
    unnamed_changed = true;
  }
};

}  // namespace orrery::io
