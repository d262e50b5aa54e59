// scan.cc: visible rows of a relation, filtered. What a filter needs is read first; the other columns only for the rows that are left.
#include "operator.h"

namespace orrery::exec {
namespace {

using storage::Chunk;
using storage::Relation;

class ScanOperator final : public Operator {
 public:
  ScanOperator(const Relation& relation, std::vector<Kind> kinds, std::vector<ScanColumn> columns, std::vector<ExpressionPtr> terms)
      : Operator(std::move(kinds)), relation_(relation), columns_(std::move(columns)), terms_(std::move(terms)),
        chunk_count_(relation.chunk_count()), buffers_(kinds_) {}

  Step next(Context& context, Batch& out) override {
    for (;;) {
      if (chunk_ >= chunk_count_) return Step::kEnd;
      if (context.late()) return Step::kYield;
      if (!take(context)) continue;
      out.columns.resize(columns_.size());
      for (std::size_t c = 0; c < columns_.size(); c++) out.columns[c].kind = kinds_[c];
      loaded_.assign(columns_.size(), 0);
      for (const auto& term : terms_) {
        load(term->columns(), out);
        out.rows = rows_;
        const Vector truth = term->evaluate(context, out);
        if (context.failure != Failure::kNone) return Step::kFail;
        const std::uint32_t left = select_true(truth, rows_, select_);
        if (left < rows_) {
          narrow(left);
          loaded_.assign(columns_.size(), 0);
        }
        if (rows_ == 0) break;
      }
      if (rows_ == 0) continue;
      for (std::uint32_t c = 0; c < columns_.size(); c++) load_one(c, out);
      out.rows = rows_;
      return Step::kRows;
    }
  }
  void reset() override { chunk_ = slot_ = 0; }

 private:
  /// The next run of visible slots; false: look again.
  bool take(Context& context) {
    if (chunk_ == 0 && slot_ == 0) relation_.note_read(*context.snapshot, *context.manager, storage::Serializability::Read::kRelation);
    current_ = relation_.chunk(chunk_);
    const std::uint32_t count = current_ == nullptr ? 0 : current_->count();
    if (slot_ >= count) {
      chunk_++;
      slot_ = 0;
      return false;
    }
    const std::uint32_t end = count - slot_ < kBatchRows ? count : slot_ + kBatchRows;
    dense_ = current_->all_visible(context.snapshot->read_ts);
    first_ = slot_;
    if (dense_) {
      rows_ = end - slot_;
    } else {
      rows_ = 0;
      for (std::uint32_t slot = slot_; slot < end; slot++)
        if (current_->is_visible(slot, *context.snapshot, *context.manager)) slots_[rows_++] = slot;
      if (rows_ == end - slot_) dense_ = true;
    }
    slot_ = end;
    return rows_ > 0;
  }
  void narrow(std::uint32_t left) {
    if (dense_) for (std::uint32_t i = 0; i < left; i++) slots_[i] = first_ + select_[i];
    else for (std::uint32_t i = 0; i < left; i++) slots_[i] = slots_[select_[i]];
    dense_ = false;
    rows_ = left;
  }
  std::uint32_t slot_at(std::uint32_t i) const noexcept { return dense_ ? first_ + i : slots_[i]; }

  void load(const std::vector<std::uint32_t>& columns, Batch& out) {
    for (const std::uint32_t c : columns) load_one(c, out);
  }
  void load_one(std::uint32_t c, Batch& out) {
    if (loaded_[c]) return;
    loaded_[c] = 1;
    const std::uint32_t column = columns_[c].column;
    VectorBuffer& buffer = buffers_[c];
    Vector& v = out.columns[c];
    if (column == ScanColumn::kRowId) {
      double* ids = buffer.as<double>();
      for (std::uint32_t i = 0; i < rows_; i++) ids[i] = static_cast<double>(current_->row_id(slot_at(i)));
      v = buffer.view(false);
      return;
    }
    const storage::ColumnType type = relation_.column(column).type;
    const std::uint8_t* values = current_->values(column);
    const std::uint8_t* validity = current_->validity(column);
    if (kinds_[c] == Kind::kBytes) {
      load_bytes(column, type, v, buffer);
      return;
    }
    const std::size_t width = width_of(type.type);
    if (values != nullptr && dense_) {
      v = {kinds_[c], true, values + first_ * width, validity == nullptr ? nullptr : validity + first_};
      return;
    }
    if (values != nullptr) {
      const Vector whole{kinds_[c], true, values, validity};
      v = gather(whole, slots_, rows_, buffer);
      return;
    }
    // The chunk is older than the column.
    std::uint8_t* data = buffer.data();
    std::uint8_t* valid = buffer.validity();
    for (std::uint32_t i = 0; i < rows_; i++) {
      const std::uint32_t slot = slot_at(i);
      valid[i] = current_->is_null(column, slot) ? 0 : 1;
      if (valid[i]) std::memcpy(data + i * width, current_->fixed_at(column, slot, width), width);
      else std::memset(data + i * width, 0, width);
    }
    v = buffer.view(true);
  }
  void load_bytes(std::uint32_t column, storage::ColumnType type, Vector& v, VectorBuffer& buffer) {
    auto* out = buffer.as<std::string_view>();
    const bool nulls = !current_->no_nulls(column);
    std::uint8_t* valid = nulls ? buffer.validity() : nullptr;
    const std::uint8_t* values = current_->values(column);
    if (type.type == PhysicalType::kVarlen && values != nullptr && !nulls) {
      const auto* entries = reinterpret_cast<const storage::VarlenEntry*>(values);
      for (std::uint32_t i = 0; i < rows_; i++) out[i] = entries[slot_at(i)].view();
    } else {
      for (std::uint32_t i = 0; i < rows_; i++) {
        const std::uint32_t slot = slot_at(i);
        if (nulls && (valid[i] = current_->is_null(column, slot) ? 0 : 1) == 0) out[i] = {};
        else out[i] = bytes_of(column, type, slot);
      }
    }
    v = buffer.view(nulls, true);
  }
  std::string_view bytes_of(std::uint32_t column, storage::ColumnType type, std::uint32_t slot) const {
    if (type.type == PhysicalType::kVarlen) return current_->varlen(column, slot);
    if (type.type == PhysicalType::kVector)
      return {reinterpret_cast<const char*>(current_->vector(column, slot)), 4 * static_cast<std::size_t>(type.dimensions)};
    return {reinterpret_cast<const char*>(current_->fixed_at(column, slot, 16)), 16};
  }

  const Relation& relation_;
  std::vector<ScanColumn> columns_;
  std::vector<ExpressionPtr> terms_;
  const std::uint32_t chunk_count_;
  GatherBuffers buffers_;
  std::vector<std::uint8_t> loaded_;
  std::uint32_t chunk_ = 0, slot_ = 0;
  // What `take` found.
  const Chunk* current_ = nullptr;
  bool dense_ = false;
  std::uint32_t first_ = 0, rows_ = 0;
  std::uint32_t slots_[kBatchRows], select_[kBatchRows];
};

}  // namespace

bool scan_kinds(const Relation& relation, const std::vector<ScanColumn>& columns, std::vector<Kind>* out) {
  for (const ScanColumn& c : columns) {
    if (c.column == ScanColumn::kRowId) out->push_back(Kind::kFloat64);
    else if (c.column >= relation.column_count()) return false;
    else out->push_back(kind_of(relation.column(c.column).type.type));
  }
  return true;
}

OperatorPtr make_scan(const Relation& relation, std::vector<ScanColumn> columns, std::vector<ExpressionPtr> terms) {
  std::vector<Kind> kinds;
  if (!scan_kinds(relation, columns, &kinds)) return nullptr;
  return std::make_unique<ScanOperator>(relation, std::move(kinds), std::move(columns), std::move(terms));
}

}  // namespace orrery::exec
