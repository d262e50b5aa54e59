#include "pipeline.h"

#include <malloc.h>

#include <algorithm>
#include <charconv>

namespace orrery::exec {
namespace {

constexpr std::size_t align8(std::size_t n) { return (n + 7) & ~std::size_t{7}; }
void put_u32(std::uint8_t* at, std::size_t v) {
  const auto n = static_cast<std::uint32_t>(v);
  std::memcpy(at, &n, sizeof n);
}
/// After this much the allocator gives its free pages back to the system: the server's memory returns to its base.
constexpr std::size_t kTrimBytes = 32u << 20;

}  // namespace

Pipeline::Pipeline(storage::TransactionManager& manager, const storage::Snapshot& snapshot, std::size_t memory_limit) : hold_(manager, snapshot) {
  context_.snapshot = &hold_.snapshot();
  context_.manager = &manager;
  context_.memory.limit = memory_limit;
}
Pipeline::~Pipeline() {
  const bool large = context_.memory.peak > kTrimBytes;
  program_ = {};
#ifdef __GLIBC__
  if (large) malloc_trim(0);
#else
  (void)large;
#endif
}

bool Pipeline::prepare(std::span<const std::uint8_t> program, const Sources& sources) {
  return parse_program(program, sources, context_.memory, &program_);
}

std::int64_t Pipeline::pull(std::uint32_t budget_micros) {
  if (at_ < batch_.rows) return 1;
  if (ended_) return 0;
  context_.deadline = std::chrono::steady_clock::now() + std::chrono::microseconds(budget_micros);
  batch_.rows = at_ = 0;
  switch (program_.root->next(context_, batch_)) {
    case Step::kRows: return 1;
    case Step::kYield: batch_.rows = 0; return kYielded;
    case Step::kEnd:
      batch_.rows = 0;
      ended_ = true;
      return 0;
    case Step::kFail: break;
  }
  batch_.rows = 0;
  ended_ = true;
  return context_.failure == Failure::kMemory ? kMemory : kFallback;
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

void Pipeline::write_output(const wire::OutputColumn& c, std::uint32_t i, wire::WireBuffer& out) const {
  const Vector& v = output(c.column);
  if (v.is_null(i)) {
    out.be32(0xffffffff);
    return;
  }
  if (v.kind == Kind::kBytes) {
    const std::string_view value = v.as<std::string_view>()[i];
    wire::write_field(c.kind, c.binary, reinterpret_cast<const std::uint8_t*>(value.data()), value, program_.outputs[c.column].dimensions, out);
    return;
  }
  // Integers as text are most of what clients ask for: digits straight into the buffer.
  constexpr std::size_t kDigits = 24;
  char* at = c.binary ? nullptr : out.room(4 + kDigits);
  if (at != nullptr && (c.kind == wire::WireKind::kInt4 || c.kind == wire::WireKind::kInt8)) {
    const std::int64_t value = c.kind == wire::WireKind::kInt4 ? v.as<std::int32_t>()[i] : v.as<std::int64_t>()[i];
    const auto length = static_cast<std::uint32_t>(std::to_chars(at + 4, at + 4 + kDigits, value).ptr - (at + 4));
    const std::uint32_t swapped = __builtin_bswap32(length);
    std::memcpy(at, &swapped, 4);
    out.wrote(4 + length);
    return;
  }
  wire::write_field(c.kind, c.binary, v.data + i * kind_width(v.kind), {}, 0, out);
}

std::int64_t Pipeline::next_rows(std::span<const wire::OutputColumn> columns, wire::WireBuffer& out, std::uint32_t budget_micros,
                                 std::uint32_t* rows) {
  *rows = 0;
  const std::int64_t found = pull(budget_micros);
  if (found <= 0) return found;
  const std::uint32_t count = batch_.rows - at_;
  for (std::uint32_t i = at_; i < batch_.rows; i++) {
    out.u8('D');
    const std::size_t start = out.size();
    out.be32(0);
    out.be16(static_cast<std::uint16_t>(columns.size()));
    for (const wire::OutputColumn& c : columns) write_output(c, i, out);
    out.patch_be32(start, static_cast<std::uint32_t>(out.size() - start));
  }
  // Too small a buffer: the caller brings a larger one, the batch stays.
  if (out.overflowed()) return -static_cast<std::int64_t>(std::max<std::size_t>(out.size(), 16));
  at_ = batch_.rows;
  *rows = count;
  return static_cast<std::int64_t>(out.size());
}

std::int64_t Pipeline::next(std::uint8_t* block, std::size_t capacity, std::uint32_t max_rows) {
  for (;;) {
    const std::int64_t rows = next_block(block, capacity, max_rows, 1000000);
    if (rows != kYielded) return rows;
  }
}

}  // namespace orrery::exec
