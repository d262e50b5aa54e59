// pg_search.h: how a SELECT that runs on an I/O thread finds its rows in an index by more than one whole key: a list of keys, or a range.
//
// Only what surely comes out as JavaScript would have it is searched here: a NULL, a value that the column cannot hold as a bound, a list or a
// result without end are nothing here, and so JavaScript's.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "../exec/point_select.h"
#include "../index/btree/btree.h"
#include "pg_parameters.h"

namespace orrery::io {

/// Keys of a list, and rows of a range, above which the statement is JavaScript's.
constexpr std::size_t kListMax = 100, kSearchRowsMax = 1000;

/// The keys or the range that a plan's search means with the parameters at hand. Used again by the next statement, so that nothing is allocated.
class SearchKeys {
 public:
  /// False: JavaScript's. The plan has a search.
  bool make(const PgPlan& plan, const PgParameters& parameters);
  /// Appends the rows; nullopt: too many of them.
  std::optional<std::uint32_t> run(const PgPlan& plan, const storage::Snapshot& snapshot, const storage::TransactionManager& manager,
                                   wire::WireBuffer& out) const;

 private:
  bool make_list(const PgPlan& plan, const PgParameters& parameters);
  bool make_range(const PgPlan& plan, const PgParameters& parameters);
  bool bound(const PgPlan& plan, const PgParameters& parameters, const std::optional<PgSearch::Bound>& given, index::Key* key) const;

  PgParameters elements_;
  std::vector<std::int64_t> integers_;
  index::Key prefix_;
  std::vector<index::Key> keys_;
  std::size_t key_count_ = 0;
  std::optional<index::KeyRange> range_;  // nullopt: no row can be in it
  std::uint32_t limit_ = 0;
};

}  // namespace orrery::io
