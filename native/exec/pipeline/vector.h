// vector.h: the unit that native pipelines work on: up to kBatchRows values of each column, with validity.
//
// A Vector is a view. Its values belong to a chunk (held by the snapshot), to an expression node's buffer or to an operator's table;
// they stay until the owner is asked for its next batch. A batch is always dense: filters copy what is left together.
// Invariant: the place of a NULL holds some initialized value (loops may compute with it and drop the result).
#pragma once
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "../../core/physical_type.h"

namespace orrery::exec {

constexpr std::uint32_t kBatchRows = 2048;

/// How an expression's values lie in a vector. The numbers are in programs (docs/formats/pipeline.md).
enum class Kind : std::uint8_t {
  kBool = 1,     // u8, 0 or 1
  kInt16 = 2,
  kInt32 = 3,    // int4, date
  kInt64 = 4,    // int8, timestamps, time
  kFloat32 = 5,
  kFloat64 = 6,  // float8; row ids
  kBytes = 7,    // std::string_view: text, and as opaque bytes uuid, interval, vector, numeric, jsonb, …
  kDecimal = 8,  // Decimal: numerics that fit
};

/// A numeric of at most 37 digits: value / 10^scale; `scale` is its display scale, too.
struct Decimal {
  __int128 value;
  std::int32_t scale;
};

constexpr std::size_t kind_width(Kind kind) {
  switch (kind) {
    case Kind::kBool: return 1;
    case Kind::kInt16: return 2;
    case Kind::kInt32:
    case Kind::kFloat32: return 4;
    case Kind::kInt64:
    case Kind::kFloat64: return 8;
    case Kind::kBytes: return sizeof(std::string_view);
    case Kind::kDecimal: return sizeof(Decimal);
  }
  return 0;
}

constexpr bool kind_valid(std::uint8_t kind) { return kind >= 1 && kind <= 8; }

constexpr Kind kind_of(PhysicalType type) {
  switch (type) {
    case PhysicalType::kBool: return Kind::kBool;
    case PhysicalType::kInt16: return Kind::kInt16;
    case PhysicalType::kInt32: return Kind::kInt32;
    case PhysicalType::kInt64: return Kind::kInt64;
    case PhysicalType::kFloat32: return Kind::kFloat32;
    case PhysicalType::kFloat64: return Kind::kFloat64;
    default: return Kind::kBytes;
  }
}

struct Vector {
  Kind kind = Kind::kInt32;
  bool stable = false;  // kBytes: the bytes outlive the pipeline's batches (they lie in storage or in the program)
  const std::uint8_t* data = nullptr;
  const std::uint8_t* validity = nullptr;  // 1 = a value; nullptr: no NULLs

  bool is_null(std::uint32_t i) const noexcept { return validity != nullptr && validity[i] == 0; }
  template <typename T>
  const T* as() const noexcept { return reinterpret_cast<const T*>(data); }
  Vector from(std::uint32_t row) const noexcept {
    Vector v = *this;
    v.data += row * kind_width(kind);
    if (v.validity != nullptr) v.validity += row;
    return v;
  }
};

struct Batch {
  std::uint32_t rows = 0;
  std::vector<Vector> columns;
};

/// Memory for the values of one vector.
class VectorBuffer {
 public:
  explicit VectorBuffer(Kind kind) : kind_(kind) {}
  Kind kind() const noexcept { return kind_; }
  std::uint8_t* data() {
    if (data_.empty()) data_.resize(kBatchRows * kind_width(kind_) / sizeof(Word) + 1);
    return reinterpret_cast<std::uint8_t*>(data_.data());
  }
  template <typename T>
  T* as() { return reinterpret_cast<T*>(data()); }
  std::uint8_t* validity() {
    if (validity_.empty()) validity_.resize(kBatchRows);
    return validity_.data();
  }
  Vector view(bool with_validity, bool stable = false) { return {kind_, stable, data(), with_validity ? validity() : nullptr}; }

 private:
  struct alignas(16) Word { std::uint64_t w[2]; };  // Decimal is aligned to 16
  Kind kind_;
  std::vector<Word> data_;
  std::vector<std::uint8_t> validity_;
};

/// Calls body with a value of the kind's C++ type: dispatch once per vector.
template <typename Body>
auto with_kind(Kind kind, Body body) {
  switch (kind) {
    case Kind::kBool: return body(std::uint8_t{});
    case Kind::kInt16: return body(std::int16_t{});
    case Kind::kInt32: return body(std::int32_t{});
    case Kind::kInt64: return body(std::int64_t{});
    case Kind::kFloat32: return body(float{});
    case Kind::kFloat64: return body(double{});
    case Kind::kBytes: return body(std::string_view{});
    case Kind::kDecimal: break;
  }
  return body(Decimal{});
}

/// Copies rows `select` of `from` into `out`.
inline Vector gather(const Vector& from, const std::uint32_t* select, std::uint32_t count, VectorBuffer& out) {
  with_kind(from.kind, [&]<typename T>(T) {
    const T* in = from.as<T>();
    T* to = out.as<T>();
    for (std::uint32_t i = 0; i < count; i++) to[i] = in[select[i]];
  });
  if (from.validity == nullptr) return out.view(false, from.stable);
  std::uint8_t* valid = out.validity();
  for (std::uint32_t i = 0; i < count; i++) valid[i] = from.validity[select[i]];
  return out.view(true, from.stable);
}

}  // namespace orrery::exec
