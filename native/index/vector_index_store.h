// vector_index_store.h: the vector indexes of one kind in one database: making them, replaying their making, their part in checkpoints.
//
// Indexes are owned by the row store, whose writers keep them in step; a store owns what is theirs in the log (Index::kRoom) and in checkpoints:
// streams "<Index::kKind>.<index id>" (docs/formats/hnsw.md, ivfflat.md). After a restart an index comes from its image; only rows that the
// log has after it are added.
// Threads: any; recovery as CheckpointParticipant says.
#pragma once
#include <map>
#include <memory>
#include <mutex>

#include "../storage/checkpoint.h"
#include "../storage/row_store.h"
#include "hnsw/hnsw_index.h"
#include "ivfflat/ivfflat_index.h"

namespace orrery::index {

/// `Index` is a VectorColumnIndex with the options and bytes of its kind (hnsw_index.h, ivfflat_index.h).
template <typename Index>
class VectorIndexStore final : public storage::CheckpointParticipant {
 public:
  using Options = typename Index::Options;
  explicit VectorIndexStore(storage::RowStore& rows) : rows_(rows) {}

  /// kNotFound, kInvalid (no vector column, options out of bounds), kLimit. Long: runs on the caller's thread and others. `options.dimensions`
  /// is taken from the column. The transaction is used by nobody else meanwhile. With one of `threads` the same rows give the same index.
  Status create(storage::Transaction& t, storage::RelationId index, storage::RelationId relation, std::uint32_t column, Options options,
                unsigned threads = all_cores());
  /// nullptr: there is none.
  std::shared_ptr<Index> find(storage::RelationId index) const;

  Status redo(std::uint8_t operation, ByteReader payload, storage::CommitTs ts, storage::Lsn lsn) override;
  Status save(storage::CheckpointWriter& out, const storage::CheckpointMark& mark) override;
  Status load(storage::CheckpointReader& in) override;
  Status recovered(storage::Lsn end) override;
  void digest(Digest& out) override;
  void statistics(const std::function<void(std::string_view, double)>& report) override;

 private:
  static constexpr std::uint8_t kCreate = 1;  // on disk
  Status make(storage::RelationId id, storage::RelationId relation, std::uint32_t column, Options options, std::shared_ptr<Index>* index);
  Status load_image(ByteReader image);
  void attach(const std::shared_ptr<Index>& index);
  /// Those that the row store still has.
  std::vector<std::shared_ptr<Index>> all() const;

  storage::RowStore& rows_;
  mutable std::mutex latch_;
  std::map<storage::RelationId, std::weak_ptr<Index>> indexes_;
  storage::CommitTs loaded_ts_ = 0;
};

using HnswStore = VectorIndexStore<hnsw::HnswIndex>;
using IvfflatStore = VectorIndexStore<ivfflat::IvfflatIndex>;

}  // namespace orrery::index
