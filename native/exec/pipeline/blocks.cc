// blocks.cc: the rows of a scan that fills blocks: index scans and lookups as the source of a pipeline.
#include "operator.h"

namespace orrery::exec {
namespace {

std::vector<Kind> kinds_of(const std::vector<PhysicalType>& types, bool with_row_ids) {
  std::vector<Kind> kinds;
  for (const PhysicalType t : types) kinds.push_back(kind_of(t));
  if (with_row_ids) kinds.push_back(Kind::kFloat64);
  return kinds;
}

class BlocksOperator final : public Operator {
 public:
  BlocksOperator(std::unique_ptr<storage::Scan> scan, std::vector<PhysicalType> types, bool with_row_ids, Memory& memory)
      : Operator(kinds_of(types, with_row_ids)), scan_(std::move(scan)), types_(std::move(types)), with_row_ids_(with_row_ids), block_(memory),
        views_(kinds_) {
    block_.resize(kFirstWords);
  }
  Step next(Context& context, Batch& out) override {
    if (ended_) return Step::kEnd;
    if (context.late()) return Step::kYield;
    for (;;) {
      auto* bytes = reinterpret_cast<std::uint8_t*>(block_.data());
      const std::int64_t rows = scan_->next(bytes, block_.size() * 8, kBatchRows);
      if (rows == 0) {
        ended_ = true;
        return Step::kEnd;
      }
      if (rows < 0) {
        block_.resize(static_cast<std::size_t>(-rows) / 8 + 1);
        if (context.failed()) return Step::kFail;
        continue;
      }
      const auto block = Block::parse(bytes, block_.size() * 8);
      if (!block || !fits(*block)) return context.fail(Failure::kFallback);
      read(*block, out);
      return Step::kRows;
    }
  }
  void reset() override { ended_ = true; }

 private:
  bool fits(const Block& block) const {
    if (block.column_count() < types_.size() || (with_row_ids_ && !block.has_row_ids())) return false;
    for (std::size_t c = 0; c < types_.size(); c++)
      if (block.column(c).type != types_[c]) return false;
    return true;
  }
  void read(const Block& block, Batch& out) {
    const std::uint32_t rows = block.row_count();
    out.rows = rows;
    out.columns.resize(kinds_.size());
    for (std::size_t c = 0; c < types_.size(); c++) {
      const Block::Column& column = block.column(c);
      Vector& v = out.columns[c];
      v = {kinds_[c], false, column.values, column.validity};
      if (kinds_[c] != Kind::kBytes) continue;
      auto* to = views_[c].as<std::string_view>();
      if (types_[c] == PhysicalType::kVarlen) {
        for (std::uint32_t i = 0; i < rows; i++) to[i] = block.varlen(c, i);
      } else {
        const std::size_t width = width_of(types_[c], column.dimensions);
        for (std::uint32_t i = 0; i < rows; i++) to[i] = {reinterpret_cast<const char*>(column.values) + i * width, width};
      }
      v.data = views_[c].data();
    }
    if (with_row_ids_) {
      double* ids = views_[types_.size()].as<double>();
      for (std::uint32_t i = 0; i < rows; i++) ids[i] = static_cast<double>(block.row_id(i));
      out.columns[types_.size()] = views_[types_.size()].view(false);
    }
  }
  static constexpr std::size_t kFirstWords = 16384;
  std::unique_ptr<storage::Scan> scan_;
  const std::vector<PhysicalType> types_;
  const bool with_row_ids_;
  PodBuffer<std::uint64_t> block_;
  GatherBuffers views_;
  bool ended_ = false;
};

}  // namespace

OperatorPtr make_blocks(std::unique_ptr<storage::Scan> scan, std::vector<PhysicalType> types, bool with_row_ids, Memory& memory) {
  return std::make_unique<BlocksOperator>(std::move(scan), std::move(types), with_row_ids, memory);
}

}  // namespace orrery::exec
