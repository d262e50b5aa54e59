#include "program.h"

#include <map>

namespace orrery::exec {
namespace {

enum class OperatorCode : std::uint8_t {
  kScan = 1, kFilter = 2, kProject = 3, kHashJoin = 4, kAggregate = 5, kSort = 6, kLimit = 7, kWindow = 8, kAppend = 9, kValues = 10,
  kSeries = 11, kRecursion = 12, kWorkingScan = 13, kBlocks = 14,
};
constexpr int kMaxDepth = 100;
constexpr std::uint8_t kVersion = 1;

class Parser {
 public:
  Parser(std::span<const std::uint8_t> bytes, const Sources& sources, Memory& memory) : in_(bytes), sources_(sources), memory_(memory) {}

  bool parse(Program* out) {
    if (in_.u8() != kVersion) return false;
    out->root = node(0);
    if (!out->root) return false;
    out->row_id_column = static_cast<std::int32_t>(in_.u32());
    const std::uint32_t count = in_.u16();
    for (std::uint32_t i = 0; i < count && in_.ok(); i++) {
      const std::uint8_t type = in_.u8();
      const std::uint32_t dimensions = in_.u32();
      if (type < 1 || type > 10 || dimensions > 16000) return false;
      out->outputs.push_back({static_cast<PhysicalType>(type), dimensions});
    }
    return in_.ok() && in_.remaining() == 0 && fits(*out);
  }

 private:
  static bool fits(const Program& p) {
    const auto& kinds = p.root->kinds();
    const bool with_id = p.row_id_column >= 0;
    if (with_id && (static_cast<std::size_t>(p.row_id_column) >= kinds.size() || kinds[static_cast<std::size_t>(p.row_id_column)] != Kind::kFloat64))
      return false;
    if (p.outputs.size() + (with_id ? 1 : 0) != kinds.size()) return false;
    std::size_t o = 0;
    for (std::size_t c = 0; c < kinds.size(); c++) {
      if (with_id && c == static_cast<std::size_t>(p.row_id_column)) continue;
      if (kind_of(p.outputs[o++].type) != kinds[c]) return false;
    }
    return true;
  }

  OperatorPtr node(int depth) {
    if (depth > kMaxDepth || !in_.ok()) return nullptr;
    switch (static_cast<OperatorCode>(in_.u8())) {
      case OperatorCode::kScan: return scan();
      case OperatorCode::kFilter: {
        auto input = node(depth + 1);
        std::vector<ExpressionPtr> terms;
        if (!input || !expressions(input->kinds(), terms, true)) return nullptr;
        return make_filter(std::move(input), std::move(terms));
      }
      case OperatorCode::kProject: {
        auto input = node(depth + 1);
        std::vector<ExpressionPtr> list;
        if (!input || !expressions(input->kinds(), list, false)) return nullptr;
        return make_project(std::move(input), std::move(list));
      }
      case OperatorCode::kHashJoin: return join(depth);
      case OperatorCode::kAggregate: return aggregate(depth);
      case OperatorCode::kSort: {
        auto input = node(depth + 1);
        const std::uint64_t first = in_.u64();
        std::vector<SortKey> keys;
        if (!input || !sort_keys(input->kinds(), keys)) return nullptr;
        return make_sort(std::move(input), std::move(keys), first, may_spill(), memory_);
      }
      case OperatorCode::kLimit: {
        auto input = node(depth + 1);
        const std::uint64_t skip = in_.u64(), count = in_.u64();
        if (!input || !in_.ok()) return nullptr;
        return make_limit(std::move(input), skip, count);
      }
      case OperatorCode::kWindow: return window(depth);
      case OperatorCode::kAppend: {
        const std::uint32_t count = in_.u16();
        std::vector<OperatorPtr> inputs;
        for (std::uint32_t i = 0; i < count; i++) {
          auto input = node(depth + 1);
          if (!input || (i > 0 && input->kinds() != inputs.front()->kinds())) return nullptr;
          inputs.push_back(std::move(input));
        }
        return inputs.empty() ? nullptr : make_append(std::move(inputs));
      }
      case OperatorCode::kValues: return values();
      case OperatorCode::kSeries: {
        const std::uint8_t kind = in_.u8();
        const std::int64_t start = in_.i64(), stop = in_.i64(), step = in_.i64();
        if (!in_.ok() || step == 0) return nullptr;
        if (kind == static_cast<std::uint8_t>(Kind::kInt32)) {
          for (const std::int64_t v : {start, stop, step})
            if (v < INT32_MIN || v > INT32_MAX) return nullptr;
        } else if (kind != static_cast<std::uint8_t>(Kind::kInt64)) return nullptr;
        return make_series(static_cast<Kind>(kind), start, stop, step);
      }
      case OperatorCode::kRecursion: {
        const bool all = in_.u8() != 0;
        const std::uint32_t id = in_.u16();
        auto first = node(depth + 1);
        if (!first) return nullptr;
        auto working = std::make_shared<WorkingTable>();
        working->kinds = first->kinds();
        working_[id] = working;
        auto term = node(depth + 1);
        working_.erase(id);
        if (!term || term->kinds() != first->kinds()) return nullptr;
        return make_recursion(std::move(first), std::move(term), std::move(working), all, memory_);
      }
      case OperatorCode::kWorkingScan: {
        const auto found = working_.find(in_.u16());
        return found == working_.end() ? nullptr : make_working_scan(found->second);
      }
      case OperatorCode::kBlocks: {
        auto scan = sources_.take(in_.u32());
        const bool with_row_ids = in_.u8() != 0;
        const std::uint32_t count = in_.u16();
        std::vector<PhysicalType> types;
        for (std::uint32_t i = 0; i < count && in_.ok(); i++) {
          const std::uint8_t type = in_.u8();
          if (type < 1 || type > 10) return nullptr;
          types.push_back(static_cast<PhysicalType>(type));
        }
        return scan && in_.ok() ? make_blocks(std::move(scan), std::move(types), with_row_ids, memory_) : nullptr;
      }
    }
    return nullptr;
  }

  OperatorPtr scan() {
    const storage::Relation* relation = sources_.find(in_.u32());
    if (relation == nullptr) return nullptr;
    const std::uint32_t count = in_.u16();
    std::vector<ScanColumn> columns;
    for (std::uint32_t i = 0; i < count && in_.ok(); i++) columns.push_back({in_.u32()});
    std::vector<Kind> kinds;
    std::vector<ExpressionPtr> terms;
    if (!in_.ok() || !scan_kinds(*relation, columns, &kinds) || !expressions(kinds, terms, true)) return nullptr;
    return make_scan(*relation, std::move(columns), std::move(terms));
  }

  OperatorPtr join(int depth) {
    const std::uint8_t type = in_.u8();
    auto probe = node(depth + 1);
    if (!probe) return nullptr;
    auto build = node(depth + 1);
    if (!build || type < 1 || type > 6) return nullptr;
    const std::uint32_t count = in_.u16();
    std::vector<std::uint32_t> probe_keys, build_keys;
    for (std::uint32_t i = 0; i < count && in_.ok(); i++) {
      const std::uint32_t p = in_.u16(), b = in_.u16();
      if (p >= probe->kinds().size() || b >= build->kinds().size() || probe->kinds()[p] != build->kinds()[b]) return nullptr;
      probe_keys.push_back(p);
      build_keys.push_back(b);
    }
    ExpressionPtr residual;
    if (in_.u8() != 0) {
      std::vector<Kind> both = probe->kinds();
      both.insert(both.end(), build->kinds().begin(), build->kinds().end());
      residual = parse_expression(in_, both, memory_);
      if (!residual || residual->kind() != Kind::kBool) return nullptr;
    }
    if (!in_.ok() || probe_keys.empty()) return nullptr;
    return make_hash_join(static_cast<JoinType>(type), std::move(probe), std::move(build), std::move(probe_keys), std::move(build_keys),
                          std::move(residual), may_spill(), memory_);
  }

  OperatorPtr aggregate(int depth) {
    auto input = node(depth + 1);
    std::vector<ExpressionPtr> keys;
    if (!input || !expressions(input->kinds(), keys, false)) return nullptr;
    const std::uint32_t count = in_.u16();
    std::vector<AggregateSpec> specs;
    for (std::uint32_t i = 0; i < count && in_.ok(); i++) {
      AggregateSpec spec;
      const std::uint8_t op = in_.u8();
      spec.distinct = in_.u8() != 0;
      if (op < 1 || op > 8) return nullptr;
      spec.op = static_cast<AggregateOp>(op);
      if (in_.u8() != 0) {
        spec.arg = parse_expression(in_, input->kinds(), memory_);
        if (!spec.arg) return nullptr;
      }
      if (in_.u8() != 0) {
        spec.filter = parse_expression(in_, input->kinds(), memory_);
        if (!spec.filter || spec.filter->kind() != Kind::kBool) return nullptr;
      }
      Kind ignored;
      if ((spec.op == AggregateOp::kCountRows) != (spec.arg == nullptr) || (spec.distinct && !spec.arg)) return nullptr;
      if (spec.arg && !aggregate_kind(spec.op, spec.arg->kind(), &ignored)) return nullptr;
      specs.push_back(std::move(spec));
    }
    if (!in_.ok()) return nullptr;
    return make_aggregate(std::move(input), std::move(keys), std::move(specs), may_spill(), memory_);
  }

  OperatorPtr window(int depth) {
    auto input = node(depth + 1);
    if (!input) return nullptr;
    const std::uint32_t count = in_.u16();
    std::vector<WindowSpec> specs(count);
    for (WindowSpec& spec : specs) {
      if (!sort_keys(input->kinds(), spec.partition) || !sort_keys(input->kinds(), spec.order)) return nullptr;
      const std::uint32_t calls = in_.u16();
      for (std::uint32_t i = 0; i < calls && in_.ok(); i++) {
        WindowCall call{};
        const std::uint8_t op = in_.u8(), aggregate = in_.u8();
        call.arg = static_cast<std::int32_t>(in_.u32());
        call.offset = in_.i64();
        call.rows_mode = in_.u8() != 0;
        if (op < 1 || op > 10 || (op == 10 && (aggregate < 1 || aggregate > 8))) return nullptr;
        call.op = static_cast<WindowOp>(op);
        call.aggregate = static_cast<AggregateOp>(aggregate);
        for (FrameBound* bound : {&call.start, &call.end}) {
          const std::uint8_t kind = in_.u8();
          bound->offset = in_.u64();
          if (kind < 1 || kind > 5) return nullptr;
          bound->kind = static_cast<FrameBoundKind>(kind);
          const bool moves = bound->kind == FrameBoundKind::kPreceding || bound->kind == FrameBoundKind::kFollowing;
          if (moves && (!call.rows_mode || bound->offset > UINT32_MAX)) return nullptr;
        }
        if (call.offset > INT32_MAX || call.offset < INT32_MIN) return nullptr;
        Kind ignored;
        if (!window_kind(call, input->kinds(), &ignored)) return nullptr;
        spec.calls.push_back(call);
      }
    }
    if (!in_.ok() || specs.empty()) return nullptr;
    return make_window(std::move(input), std::move(specs), memory_);
  }

  OperatorPtr values() {
    const std::uint32_t columns = in_.u16();
    std::vector<Kind> kinds;
    for (std::uint32_t c = 0; c < columns && in_.ok(); c++) {
      const std::uint8_t kind = in_.u8();
      if (!kind_valid(kind)) return nullptr;
      kinds.push_back(static_cast<Kind>(kind));
    }
    const std::uint32_t count = in_.u32();
    if (!in_.ok() || count > in_.remaining() + 1) return nullptr;
    std::vector<std::vector<ExpressionPtr>> rows(count);
    for (auto& row : rows)
      for (std::uint32_t c = 0; c < columns; c++) {
        auto e = parse_expression(in_, {}, memory_);
        if (!e || e->kind() != kinds[c]) return nullptr;
        row.push_back(std::move(e));
      }
    return make_values(std::move(kinds), std::move(rows), memory_);
  }

  bool expressions(const std::vector<Kind>& input, std::vector<ExpressionPtr>& out, bool boolean) {
    const std::uint32_t count = in_.u16();
    for (std::uint32_t i = 0; i < count && in_.ok(); i++) {
      auto e = parse_expression(in_, input, memory_);
      if (!e || (boolean && e->kind() != Kind::kBool)) return false;
      out.push_back(std::move(e));
    }
    return in_.ok();
  }
  bool sort_keys(const std::vector<Kind>& input, std::vector<SortKey>& out) {
    const std::uint32_t count = in_.u16();
    for (std::uint32_t i = 0; i < count && in_.ok(); i++) {
      const std::uint32_t column = in_.u16();
      const bool descending = in_.u8() != 0, nulls_first = in_.u8() != 0;
      if (column >= input.size()) return false;
      out.push_back({column, descending, nulls_first});
    }
    return in_.ok();
  }

  bool may_spill() const noexcept { return working_.empty(); }

  ByteReader in_;
  const Sources& sources_;
  Memory& memory_;
  std::map<std::uint32_t, std::shared_ptr<WorkingTable>> working_;
};

}  // namespace

bool parse_program(std::span<const std::uint8_t> bytes, const Sources& sources, Memory& memory, Program* out) {
  return Parser(bytes, sources, memory).parse(out);
}

}  // namespace orrery::exec
