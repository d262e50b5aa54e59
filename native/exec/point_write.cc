#include "point_write.h"

namespace orrery::exec {
namespace {

Status no_such_relation() { return Status::error(StatusCode::kNotFound, "no such relation"); }

}  // namespace

PointWrite::Target PointWrite::find(const index::Key& key, const storage::Snapshot& snapshot, const storage::TransactionManager& manager) const {
  thread_local std::vector<storage::RowId> rows;
  thread_local index::Key actual;
  rows.clear();
  const storage::Relation& relation = index_->relation();
  const bool recheck = index_->lookup(key, rows);
  for (const storage::RowId row : rows) {
    const storage::VersionRef version = relation.visible(row, snapshot, manager);
    if (!version) continue;
    if (recheck) {
      index_->encoder().encode(version, actual);
      if (actual != key) continue;
    }
    return {row, version};
  }
  return {};
}

Status PointWrite::find_again(storage::RowStore& rows, storage::Transaction& t, const index::Key& key, Target* target) const {
  thread_local index::Key actual;
  storage::Relation* relation = rows.find(relation_);
  if (relation == nullptr) return no_such_relation();
  std::vector<std::uint8_t> mask(relation->column_count(), 0);
  for (const std::uint32_t c : changed_) mask[c] = 1;
  bool changes_key = kind_ == Kind::kDelete;
  for (const auto& index : *relation->indexes()) changes_key = changes_key || (index->unique() && index->touches(mask));
  storage::RowStore::RowFate fate = storage::RowStore::RowFate::kSame;
  const auto strength = changes_key ? storage::LockStrength::kUpdate : storage::LockStrength::kNoKeyUpdate;
  if (Status status = rows.lock_newest(t, *relation, std::span(&target->row, 1), strength, std::span(&fate, 1)); !status.is_ok()) return status;
  if (fate == storage::RowStore::RowFate::kGone) {
    *target = {};
    return Status::ok();
  }
  target->version = relation->newest(target->row);
  index_->encoder().encode(target->version, actual);
  if (actual != key) *target = {};
  return Status::ok();
}

Status PointWrite::insert(storage::RowStore& rows, storage::Transaction& t, const Block& row, wire::WireBuffer& out) const {
  storage::Relation* relation = rows.find(relation_);
  if (relation == nullptr) return no_such_relation();
  storage::RowId first = 0;
  std::size_t failed = 0;
  Status status = rows.insert(t, *relation, row, &first, &failed);
  if (status.is_ok() && returns_rows()) encode(relation->newest(first), out);
  return status;
}

Status PointWrite::update(storage::RowStore& rows, storage::Transaction& t, storage::RowId target, const Block& row, bool reevaluated, wire::WireBuffer& out) const {
  storage::Relation* relation = rows.find(relation_);
  if (relation == nullptr) return no_such_relation();
  std::size_t failed = 0;
  Status status = rows.update(t, *relation, row, changed_, &failed, reevaluated, std::span(&target, 1));
  if (status.is_ok() && returns_rows()) encode(relation->newest(target), out);
  return status;
}

Status PointWrite::remove(storage::RowStore& rows, storage::Transaction& t, const Target& target, bool reevaluated, wire::WireBuffer& out) const {
  storage::Relation* relation = rows.find(relation_);
  if (relation == nullptr) return no_such_relation();
  Status status = rows.remove(t, *relation, std::span(&target.row, 1), reevaluated);
  if (status.is_ok() && returns_rows()) encode(target.version, out);
  return status;
}

void PointWrite::encode(storage::VersionRef version, wire::WireBuffer& out) const { wire::write_data_row(version, returning_, out); }

}  // namespace orrery::exec
