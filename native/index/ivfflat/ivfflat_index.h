// ivfflat_index.h: a relation's IVFFlat index: keeps inverted lists over one vector column in step with the rows.
//
// Threads: as SecondaryIndex. While build() runs, what writers add and take away waits in `pending_`.
#pragma once
#include <mutex>

#include "inverted_lists.h"

namespace orrery::index::ivfflat {

class IvfflatIndex final : public VectorColumnIndex {
 public:
  /// `column` is a vector column of `options.dimensions`.
  IvfflatIndex(storage::RelationId id, storage::Relation& relation, std::uint32_t column, const Options& options)
      : VectorColumnIndex(id, relation, column), lists_(options) {}

  Status insert(std::span<const storage::VersionRef> versions, storage::Xid writer, std::size_t* failed) override;
  void remove(std::span<const storage::VersionRef> versions) noexcept override;
  void remove_stale(storage::VersionRef version) noexcept override;
  std::size_t memory_bytes() const noexcept override { return lists_.memory_bytes(); }

  /// Trains and fills the lists with every version that a snapshot from `oldest` on may see, with all cores. The index is attached
  /// already: what writers do meanwhile comes in at the end.
  void build(storage::CommitTs oldest);
  /// After redo: keeps what the image had and is still so, adds the rest. An index that has no image is built.
  void recovered();

  InvertedLists& lists() noexcept { return lists_; }
  const InvertedLists& lists() const noexcept { return lists_; }

 private:
  struct Change {
    VectorItem item;
    bool removed;
  };
  void apply(const VectorItem& item, bool removed);

  InvertedLists lists_;
  std::mutex pending_latch_;
  std::atomic<bool> is_waiting_{true};  // until build() or recovered() ends; changed under pending_latch_
  std::vector<Change> pending_;
  bool recovering_ = false;
  friend class IvfflatStore;
};

}  // namespace orrery::index::ivfflat
