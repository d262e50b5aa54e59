// operator.h: native operators: each gives batches of its columns until the end; a tree of them is a pipeline (pipeline.h).
//
// Invariants
//  1. A batch from `next` stays until the next call of `next` or `reset` on the same operator.
//  2. After kYield or kRows `next` is called again; after kEnd only after `reset`; after kFail never.
// Threads: one at a time.
#pragma once
#include <memory>
#include <vector>

#include "../../storage/scan.h"
#include "context.h"
#include "expression.h"
#include "table.h"

namespace orrery::exec {

class Operator {
 public:
  explicit Operator(std::vector<Kind> kinds) : kinds_(std::move(kinds)) {}
  virtual ~Operator() = default;
  const std::vector<Kind>& kinds() const noexcept { return kinds_; }
  virtual Step next(Context& context, Batch& out) = 0;
  /// Begins anew: inside of a recursion, where only the working table has changed. Parts that do not read it may stay.
  virtual void reset() = 0;

 protected:
  std::vector<Kind> kinds_;
};
using OperatorPtr = std::unique_ptr<Operator>;

struct SortKey {
  std::uint32_t column;
  bool descending;
  bool nulls_first;
};

enum class JoinType : std::uint8_t { kInner = 1, kLeft = 2, kRight = 3, kFull = 4, kSemi = 5, kAnti = 6 };

enum class AggregateOp : std::uint8_t {
  kCountRows = 1, kCount = 2, kSum = 3, kAverage = 4, kMin = 5, kMax = 6, kAnd = 7, kOr = 8,
};
struct AggregateSpec {
  AggregateOp op;
  bool distinct;
  ExpressionPtr arg;     // none for kCountRows
  ExpressionPtr filter;  // may be none
};
/// The kind that an aggregate gives over an argument of a kind; false: there is no such aggregate.
bool aggregate_kind(AggregateOp op, Kind arg, Kind* out) noexcept;

enum class WindowOp : std::uint8_t {
  kRowNumber = 1, kRank = 2, kDenseRank = 3, kPercentRank = 4, kCumeDist = 5, kLag = 6, kLead = 7, kFirstValue = 8, kLastValue = 9,
  kAggregate = 10,
};
enum class FrameBoundKind : std::uint8_t { kUnboundedPreceding = 1, kPreceding = 2, kCurrentRow = 3, kFollowing = 4, kUnboundedFollowing = 5 };
struct FrameBound { FrameBoundKind kind; std::uint64_t offset; };
struct WindowCall {
  WindowOp op;
  AggregateOp aggregate;
  std::int32_t arg;  // column; -1: none
  std::int64_t offset;  // lag, lead
  bool rows_mode;       // else RANGE (without offsets): whole peers
  FrameBound start, end;
};
/// Calls over one partitioning and order.
struct WindowSpec {
  std::vector<SortKey> partition;
  std::vector<SortKey> order;
  std::vector<WindowCall> calls;
};
bool window_kind(const WindowCall& call, const std::vector<Kind>& input, Kind* out) noexcept;

/// Shared by a recursion and the scans of its working table.
struct WorkingTable {
  std::vector<Kind> kinds;
  Table* rows = nullptr;
};

// Makers. Each operator stands in a file of its own.
OperatorPtr make_filter(OperatorPtr input, std::vector<ExpressionPtr> terms);
OperatorPtr make_project(OperatorPtr input, std::vector<ExpressionPtr> expressions);
// `may_spill`: not inside of a recursion, whose rounds read their input again.
/// Keys are columns of their side; `residual` is over the probe's columns followed by the build's.
OperatorPtr make_hash_join(JoinType type, OperatorPtr probe, OperatorPtr build, std::vector<std::uint32_t> probe_keys,
                           std::vector<std::uint32_t> build_keys, ExpressionPtr residual, bool may_spill, Memory& memory);
OperatorPtr make_aggregate(OperatorPtr input, std::vector<ExpressionPtr> keys, std::vector<AggregateSpec> aggregates, bool may_spill,
                           Memory& memory);
/// `first`: only that many rows are wanted (UINT64_MAX: all).
OperatorPtr make_sort(OperatorPtr input, std::vector<SortKey> keys, std::uint64_t first, bool may_spill, Memory& memory);
OperatorPtr make_limit(OperatorPtr input, std::uint64_t skip, std::uint64_t count);
OperatorPtr make_window(OperatorPtr input, std::vector<WindowSpec> specs, Memory& memory);
OperatorPtr make_append(std::vector<OperatorPtr> inputs);
OperatorPtr make_values(std::vector<Kind> kinds, std::vector<std::vector<ExpressionPtr>> rows, Memory& memory);
/// start, start + step, … up to stop, as int32 or int64.
OperatorPtr make_series(Kind kind, std::int64_t start, std::int64_t stop, std::int64_t step);
OperatorPtr make_working_scan(std::shared_ptr<WorkingTable> working);
OperatorPtr make_recursion(OperatorPtr first, OperatorPtr term, std::shared_ptr<WorkingTable> working, bool all, Memory& memory);

/// Blocks of another scan: columns of these types, then (with row ids) the row id as float64. Read once: not inside of a recursion.
OperatorPtr make_blocks(std::unique_ptr<storage::Scan> scan, std::vector<PhysicalType> types, bool with_row_ids, Memory& memory);

/// A term of a scan's filter over `columns` of the scan's output.
struct ScanColumn {
  static constexpr std::uint32_t kRowId = UINT32_MAX;
  std::uint32_t column;  // of the relation, or kRowId (as float64)
};
OperatorPtr make_scan(const storage::Relation& relation, std::vector<ScanColumn> columns, std::vector<ExpressionPtr> terms);
/// The kinds that a scan of these columns gives; false: one does not exist.
bool scan_kinds(const storage::Relation& relation, const std::vector<ScanColumn>& columns, std::vector<Kind>* out);

}  // namespace orrery::exec
