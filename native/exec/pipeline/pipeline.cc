#include "pipeline.h"

#include "background.h"

#include <algorithm>

#include "../../core/heap.h"

namespace orrery::exec {
namespace {

constexpr std::size_t align8(std::size_t n) { return (n + 7) & ~std::size_t{7}; }
void put_u32(std::uint8_t* at, std::size_t v) {
  const auto n = static_cast<std::uint32_t>(v);
  std::memcpy(at, &n, sizeof n);
}

}  // namespace

Pipeline::Pipeline(storage::TransactionManager& manager, const storage::Snapshot& snapshot, std::size_t memory_limit, TemporaryFiles* temporary)
    : hold_(manager, snapshot) {
  context_.snapshot = &hold_.snapshot();
  context_.manager = &manager;
  context_.memory.limit = memory_limit;
  if (temporary == nullptr || !temporary->available()) return;
  context_.temporary = temporary;
  context_.memory.spill_limit = memory_limit / 2;
}
Pipeline::~Pipeline() {
  if (background) background->stop();
  program_ = {};
  if (is_large()) return_free_memory();
}

bool Pipeline::prepare(std::span<const std::uint8_t> program, const Sources& sources) {
  return parse_program(program, sources, context_.memory, &program_);
}

std::int64_t Pipeline::pull(std::uint32_t budget_micros) {
  if (at_ < batch_.rows) return 1;
  if (ended_) return result_;
  context_.deadline = std::chrono::steady_clock::now() + std::chrono::microseconds(budget_micros);
  batch_.rows = at_ = 0;
  switch (program_.root->next(context_, batch_)) {
    case Step::kRows: gave_rows_ = true; return 1;
    case Step::kYield: batch_.rows = 0; return kYielded;
    case Step::kEnd:
      batch_.rows = 0;
      ended_ = true;
      return 0;
    case Step::kFail: break;
  }
  batch_.rows = 0;
  ended_ = true;
  switch (context_.failure) {
    case Failure::kMemory: result_ = kMemory; break;
    case Failure::kDisk: result_ = kDisk; break;
    // The general plan goes on behind the rows that were given, which it can only where they are its own first ones.
    default: result_ = gave_rows_ && context_.reordered ? kMemory : kFallback;
  }
  return result_;
}

const Vector& Pipeline::output(std::size_t i) const noexcept {
  const bool after = program_.row_id_column >= 0 && i >= static_cast<std::size_t>(program_.row_id_column);
  return batch_.columns[after ? i + 1 : i];
}

std::size_t Pipeline::block_bytes(std::uint32_t rows) const {
  std::size_t bytes = 16 + 16 * program_.outputs.size() + 8 + (program_.row_id_column >= 0 ? 8 * rows : 0);
  for (std::size_t c = 0; c < program_.outputs.size(); c++) {
    const PipelineOutput& o = program_.outputs[c];
    bytes += 24 + rows + rows * width_of(o.type, o.dimensions);
    if (o.type != PhysicalType::kVarlen) continue;
    const Vector& v = output(c);
    const auto* in = v.as<std::string_view>() + at_;
    for (std::uint32_t i = 0; i < rows; i++)
      if (!v.is_null(at_ + i)) bytes += in[i].size();
  }
  return bytes;
}

void Pipeline::write_block(std::uint32_t rows, std::uint8_t* block) const {
  put_u32(block, rows);
  put_u32(block + 4, program_.outputs.size());
  std::size_t at = 16 + 16 * program_.outputs.size();
  if (program_.row_id_column >= 0) {
    put_u32(block + 8, at);
    std::memcpy(block + at, batch_.columns[static_cast<std::size_t>(program_.row_id_column)].as<double>() + at_, 8 * static_cast<std::size_t>(rows));
    at += 8 * static_cast<std::size_t>(rows);
  } else {
    put_u32(block + 8, 0);
  }
  for (std::size_t c = 0; c < program_.outputs.size(); c++) {
    const PipelineOutput& o = program_.outputs[c];
    const Vector v = output(c).from(at_);
    std::uint8_t* descriptor = block + 16 + 16 * c;
    std::memset(descriptor, 0, 16);
    descriptor[0] = static_cast<std::uint8_t>(o.type);
    put_u32(descriptor + 4, o.dimensions);
    if (v.validity != nullptr && std::memchr(v.validity, 0, rows) != nullptr) {
      put_u32(descriptor + 8, at);
      std::memcpy(block + at, v.validity, rows);
      at += rows;
    }
    at = align8(at);
    put_u32(descriptor + 12, at);
    const std::size_t width = width_of(o.type, o.dimensions);
    if (v.kind != Kind::kBytes) {
      std::memcpy(block + at, v.data, rows * width);
      // The place of a NULL is zero in a block.
      if (v.validity != nullptr)
        for (std::uint32_t i = 0; i < rows; i++)
          if (v.validity[i] == 0) std::memset(block + at + i * width, 0, width);
      at += rows * width;
    } else if (o.type == PhysicalType::kVarlen) {
      auto* offsets = reinterpret_cast<std::uint32_t*>(block + at);
      std::size_t bytes = at + 4 * (static_cast<std::size_t>(rows) + 1);
      for (std::uint32_t i = 0; i < rows; i++) {
        offsets[i] = static_cast<std::uint32_t>(bytes);
        if (v.is_null(i)) continue;
        const std::string_view value = v.as<std::string_view>()[i];
        if (!value.empty()) std::memcpy(block + bytes, value.data(), value.size());
        bytes += value.size();
      }
      offsets[rows] = static_cast<std::uint32_t>(bytes);
      at = bytes;
    } else {
      for (std::uint32_t i = 0; i < rows; i++) {
        const std::string_view value = v.as<std::string_view>()[i];
        if (v.is_null(i) || value.size() != width) std::memset(block + at + i * width, 0, width);
        else std::memcpy(block + at + i * width, value.data(), width);
      }
      at += rows * width;
    }
  }
  put_u32(block + 12, at);
}

std::int64_t Pipeline::next_block(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows, std::uint32_t budget_micros) {
  const std::int64_t found = pull(budget_micros);
  if (found <= 0) return found;
  std::uint32_t rows = std::min(batch_.rows - at_, std::max(max_rows, 1u));
  std::size_t need = block_bytes(rows);
  while (need > capacity && rows > 1) {
    rows = rows / 2;
    need = block_bytes(rows);
  }
  if (need > capacity) return -static_cast<std::int64_t>(need);
  write_block(rows, block);
  at_ += rows;
  return rows;
}

std::int64_t Pipeline::next_rows(RowEncoder& encoder, wire::WireBuffer& out, std::uint32_t budget_micros, std::uint32_t* rows) {
  *rows = 0;
  const std::int64_t found = pull(budget_micros);
  if (found <= 0) return found;
  fields_.clear();
  for (const wire::OutputColumn& c : encoder.columns()) fields_.emplace_back(c, output(c.column), program_.outputs[c.column].dimensions);
  *rows = encoder.write(fields_, at_, batch_.rows, out);
  if (*rows == 0) return -static_cast<std::int64_t>(std::max<std::size_t>(out.size(), 16));
  at_ += *rows;
  return static_cast<std::int64_t>(out.size());
}

std::int64_t Pipeline::next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) {
  for (;;) {
    const std::int64_t rows = next_block(block, capacity, max_rows, 1000000);
    if (rows != kYielded) return rows;
  }
}

}  // namespace orrery::exec
