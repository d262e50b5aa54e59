// ivfflat_index.h: a relation's IVFFlat index: keeps inverted lists over one vector column in step with the rows.
//
// Threads: as SecondaryIndex. While build() runs, what writers add and take away waits in `pending_`.
#pragma once
#include <mutex>
#include <string_view>

#include "inverted_lists.h"

namespace orrery::index::ivfflat {

class IvfflatIndex final : public VectorColumnIndex {
 public:
  // What VectorIndexStore asks of a kind.
  using Options = ivfflat::Options;
  using Header = VectorIndexHeader<Options>;
  static constexpr std::string_view kKind = "ivfflat";
  static constexpr storage::Room kRoom = storage::Room::kIvfflat;
  static constexpr std::string_view kStatistics[] = {"bytes", "entries"};
  static bool is_valid(const Options& options) noexcept;
  static void write_options(ByteWriter& out, const Options& options);
  static Options read_options(ByteReader& in);
  static Header read_header(ByteReader& in);
  void save(ByteWriter& out, const IsCurrent& current) const;
  Status load(ByteReader& in, const Locate& locate) { return lists_.load(in, locate); }
  void each(const std::function<void(storage::RowId, std::uint32_t)>& visit) const {
    lists_.each([&](const Entry& e) { visit(e.row, e.slot); });
  }
  void statistics(const std::function<void(std::string_view, double)>& add) const;

  /// `column` is a vector column of `options.dimensions`.
  IvfflatIndex(storage::RelationId id, storage::Relation& relation, std::uint32_t column, const Options& options)
      : VectorColumnIndex(id, relation, column), lists_(options) {}

  Status insert(std::span<const storage::VersionRef> versions, storage::Xid writer, std::size_t* failed) override;
  void remove(std::span<const storage::VersionRef> versions) noexcept override;
  void remove_stale(storage::VersionRef version) noexcept override;
  std::size_t memory_bytes() const noexcept override { return lists_.memory_bytes(); }

  /// Trains and fills the lists with every version that a snapshot from `oldest` on may see, with all cores. The index is attached
  /// already: what writers do meanwhile comes in at the end.
  Status build(storage::CommitTs oldest, unsigned threads);
  void set_recovering() noexcept { recovering_ = true; }
  /// After redo: keeps what the image had and is still so, adds the rest. An index that has no image is built.
  Status recovered();

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
};

}  // namespace orrery::index::ivfflat
