// table.h: rows that an operator keeps, column by column: hash join builds, groups, sort inputs, common tables.
#pragma once
#include <memory>
#include <vector>

#include "context.h"
#include "vector.h"

namespace orrery::exec {

class Column {
 public:
  Column(Kind kind, Memory& memory) : kind_(kind), width_(kind_width(kind)), data_(memory), validity_(memory), arena_(memory) {}
  Kind kind() const noexcept { return kind_; }
  bool has_nulls() const noexcept { return !validity_.empty(); }
  std::uint32_t rows() const noexcept { return rows_; }
  /// Appends rows of a vector; bytes that are not stable are copied.
  void append(const Vector& from, std::uint32_t count, const std::uint32_t* select = nullptr);
  /// Places for `count` values to be written by the caller, none of them NULL yet.
  template <typename T>
  T* extend(std::uint32_t count) {
    T* at = reinterpret_cast<T*>(data_.extend(count * sizeof(T)));
    if (!validity_.empty()) std::memset(validity_.extend(count), 1, count);
    rows_ += count;
    return at;
  }
  void set_null(std::uint32_t row) {
    make_validity();
    validity_[row] = 0;
  }
  Arena& arena() noexcept { return arena_; }
  bool is_null(std::uint32_t row) const noexcept { return !validity_.empty() && validity_[row] == 0; }
  template <typename T>
  const T* as() const noexcept { return reinterpret_cast<const T*>(data_.data()); }
  template <typename T>
  T* as() noexcept { return reinterpret_cast<T*>(data_.data()); }
  /// Rows from `row` on, without copying.
  /// Bytes are called stable: they stay until the table is cleared or dies, so a table that is cleared must say otherwise.
  Vector view(std::uint32_t row) const noexcept {
    return {kind_, true, data_.data() + row * width_, validity_.empty() ? nullptr : validity_.data() + row};
  }
  Vector gather(const std::uint32_t* rows, std::uint32_t count, VectorBuffer& out) const { return exec::gather(view(0), rows, count, out); }
  /// Rows whose index is UINT32_MAX come out NULL.
  Vector gather_or_null(const std::uint32_t* rows, std::uint32_t count, VectorBuffer& out) const;
  void clear() noexcept {
    data_.clear();
    validity_.clear();
    arena_.clear();
    rows_ = 0;
  }

 private:
  void make_validity();
  Kind kind_;
  std::size_t width_;
  std::uint32_t rows_ = 0;
  PodBuffer<std::uint8_t> data_;
  PodBuffer<std::uint8_t> validity_;  // empty: no NULL yet
  Arena arena_;
};

class Table {
 public:
  Table(const std::vector<Kind>& kinds, Memory& memory) {
    for (const Kind k : kinds) columns_.emplace_back(k, memory);
  }
  std::uint32_t rows() const noexcept { return rows_; }
  std::size_t width() const noexcept { return columns_.size(); }
  Column& column(std::size_t i) noexcept { return columns_[i]; }
  const Column& column(std::size_t i) const noexcept { return columns_[i]; }
  void append(const Batch& batch) {
    for (std::size_t c = 0; c < columns_.size(); c++) columns_[c].append(batch.columns[c], batch.rows);
    rows_ += batch.rows;
  }
  void append(const Batch& batch, const std::uint32_t* select, std::uint32_t count) {
    for (std::size_t c = 0; c < columns_.size(); c++) columns_[c].append(batch.columns[c], count, select);
    rows_ += count;
  }
  /// After the columns were appended to one by one.
  void set_rows(std::uint32_t rows) noexcept { rows_ = rows; }
  /// Up to kBatchRows rows from `row` on, as views.
  void view(std::uint32_t row, Batch& out) const {
    out.rows = rows_ - row < kBatchRows ? rows_ - row : kBatchRows;
    out.columns.resize(columns_.size());
    for (std::size_t c = 0; c < columns_.size(); c++) out.columns[c] = columns_[c].view(row);
  }
  void clear() noexcept {
    for (Column& c : columns_) c.clear();
    rows_ = 0;
  }
  /// Rows of one operator at most: indexes are 32 bits.
  bool full() const noexcept { return rows_ > UINT32_MAX - 2 * kBatchRows; }

 private:
  std::vector<Column> columns_;
  std::uint32_t rows_ = 0;
};

/// A buffer per column of what `gather` gives.
class GatherBuffers {
 public:
  explicit GatherBuffers(const std::vector<Kind>& kinds) {
    for (const Kind k : kinds) buffers_.push_back(std::make_unique<VectorBuffer>(k));
  }
  VectorBuffer& operator[](std::size_t i) noexcept { return *buffers_[i]; }

 private:
  std::vector<std::unique_ptr<VectorBuffer>> buffers_;
};

}  // namespace orrery::exec
