// vector_scan.h: rows in order of their vector's distance from a query, as blocks whose last column is the distance (float64, as SQL's operator
// gives it): through an HNSW graph, or by comparing every row.
//
// Threads: a scan belongs to one thread at a time; it holds its snapshot and, through the graph, whatever it may still return.
#pragma once
#include <limits>
#include <memory>
#include <vector>

#include "../index/hnsw/hnsw_index.h"
#include "../index/ivfflat/ivfflat_index.h"
#include "../storage/scan.h"
#include "predicate.h"

namespace orrery::exec {

/// What both kinds of scan are told.
struct VectorQuery {
  std::vector<float> values;
  std::uint32_t limit = 0;  // rows that will be taken; 0 = not known
  double max_distance = std::numeric_limits<double>::infinity();  // as SQL's operator gives it; rows farther away are not wanted
  Predicate predicate;
  std::vector<std::uint32_t> columns;
  bool with_row_ids = false;
};

/// Hands found versions and their distances out in blocks.
class VectorOutput {
 public:
  VectorOutput(const storage::Relation& relation, const VectorQuery& query) : writer_(relation, query.columns, query.with_row_ids) {}
  bool empty() const noexcept { return given_ == versions_.size(); }
  void clear() noexcept { versions_.clear(); distances_.clear(); given_ = 0; }
  void add(storage::VersionRef version, double distance) { versions_.push_back(version); distances_.push_back(distance); }
  std::size_t size() const noexcept { return versions_.size() - given_; }
  std::int64_t write(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows);

 private:
  storage::VersionBlockWriter writer_;
  std::vector<storage::VersionRef> versions_;
  std::vector<double> distances_;
  std::size_t given_ = 0;
};

/// By the index. The scan can go on until every matching row was returned; it walks no further than it must for a block. Where a filter makes
/// a walk long or blind, all matching rows are compared instead.
class HnswScan final : public storage::Scan {
 public:
  HnswScan(storage::TransactionManager& manager, const storage::Snapshot& snapshot, std::shared_ptr<index::hnsw::HnswIndex> index,
           VectorQuery query, std::uint32_t ef);
  ~HnswScan() override;
  std::int64_t next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) override;
  /// How the rows that were returned were found.
  index::hnsw::Scan::Way way() const noexcept { return walk_.way(); }

 private:
  bool accepts(storage::RowId row, std::uint32_t slot) const;
  /// The next rows of the walk; of an exact scan once the walk has given way.
  void find(std::uint64_t want);

  storage::SnapshotHold hold_;
  const std::shared_ptr<index::hnsw::HnswIndex> index_;
  const VectorQuery query_;
  index::hnsw::Scan walk_;
  std::unique_ptr<class ExactVectorScan> exact_;
  VectorOutput output_;
  std::uint64_t returned_ = 0;
  bool ended_ = false;  // a batch reached beyond the distance that is wanted
};

/// Through inverted lists: the `probes` nearest lists, each batch sorted; then the next `probes`, until `max_probes` lists were read.
class IvfflatScan final : public storage::Scan {
 public:
  IvfflatScan(storage::TransactionManager& manager, const storage::Snapshot& snapshot, std::shared_ptr<index::ivfflat::IvfflatIndex> index,
              VectorQuery query, std::uint32_t probes, std::uint32_t max_probes);
  std::int64_t next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) override;

 private:
  struct Found { double distance; storage::RowId row; storage::VersionRef version; };
  void read_lists();

  storage::SnapshotHold hold_;
  const std::shared_ptr<index::ivfflat::IvfflatIndex> index_;
  const VectorQuery query_;
  const std::uint32_t probes_, max_probes_;
  VectorOutput output_;
  std::vector<std::uint32_t> order_;  // lists, nearest first; made at the first call
  std::size_t read_ = 0;              // lists of `order_`
  std::vector<Found> found_;          // sorted
  std::size_t at_ = 0;
};

/// Compares every visible matching row whose vector is not NULL. Ends after `limit` rows when there is one. NaN distances come last, or, as in an
/// index under cosine distance, not at all.
class ExactVectorScan final : public storage::Scan {
 public:
  ExactVectorScan(storage::TransactionManager& manager, const storage::Snapshot& snapshot, const storage::Relation& relation,
                  std::uint32_t column, index::Metric metric, VectorQuery query, bool with_nan = true);
  std::int64_t next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) override;

 private:
  struct Found { double distance; storage::RowId row; storage::VersionRef version; };
  struct Part;
  void compare_all();
  void compare_chunk(const storage::Chunk& chunk, Part& part) const;

  storage::SnapshotHold hold_;
  const storage::Relation& relation_;
  const std::uint32_t column_;
  const index::Metric metric_;
  const VectorQuery query_;
  const bool with_nan_;
  VectorOutput output_;
  bool compared_ = false;
  std::vector<Found> found_;  // sorted, nearest first, once compared
  std::size_t at_ = 0;
};

}  // namespace orrery::exec
