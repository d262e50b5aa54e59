// ivfflat_store.h: the IVFFlat indexes of one database: making them, replaying their making, their part in checkpoints.
//
// As HnswStore; effects have a room of their own (Room::kIvfflat), images are streams "ivfflat.<index id>" (docs/formats/ivfflat.md).
// Threads: any; recovery as CheckpointParticipant says.
#pragma once
#include <map>
#include <memory>
#include <mutex>

#include "../../storage/checkpoint.h"
#include "../../storage/row_store.h"
#include "ivfflat_index.h"

namespace orrery::index::ivfflat {

class IvfflatStore final : public storage::CheckpointParticipant {
 public:
  explicit IvfflatStore(storage::RowStore& rows) : rows_(rows) {}

  /// kNotFound, kInvalid (no vector column, options out of bounds). Long: runs on the caller's thread and others. The transaction is
  /// used by nobody else meanwhile. `options.dimensions` is taken from the column.
  Status create(storage::Transaction& t, storage::RelationId index, storage::RelationId relation, std::uint32_t column, Options options);
  /// nullptr: there is none.
  std::shared_ptr<IvfflatIndex> find(storage::RelationId index) const;

  Status redo(std::uint8_t operation, ByteReader payload, storage::CommitTs ts, storage::Lsn lsn) override;
  Status save(storage::CheckpointWriter& out, const storage::CheckpointMark& mark) override;
  Status load(storage::CheckpointReader& in) override;
  Status recovered(storage::Lsn end) override;
  void digest(Digest& out) override;
  void statistics(const std::function<void(std::string_view, double)>& report) override;

 private:
  static constexpr std::uint8_t kCreate = 1;  // on disk
  Status make(storage::RelationId id, storage::RelationId relation, std::uint32_t column, Options options, std::shared_ptr<IvfflatIndex>* index);
  void attach(const std::shared_ptr<IvfflatIndex>& index);
  /// Those that the row store still has.
  std::vector<std::shared_ptr<IvfflatIndex>> all() const;

  storage::RowStore& rows_;
  mutable std::mutex latch_;
  std::map<storage::RelationId, std::weak_ptr<IvfflatIndex>> indexes_;
  storage::CommitTs loaded_ts_ = 0;
};

}  // namespace orrery::index::ivfflat
