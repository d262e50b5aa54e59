// vector_effects.h: the effect of VADD as it is written and read (effect.h, docs/formats/keyspace.md).
#pragma once
#include <cmath>
#include <string_view>
#include <vector>

#include "../core/bytes.h"
#include "vector_set.h"

namespace orrery::keyspace {

struct VectorAdd {
  VectorSet::Shape shape;
  std::uint32_t effort = VectorSet::kDefaultBuildEffort;
  bool has_attributes = false;
  std::string_view attributes, element;
  std::vector<float> vector;  // float32[shape.input]
};

inline void write_vector_add(ByteWriter& w, const VectorAdd& add) {
  w.u32(add.shape.input);
  w.u32(add.shape.dimensions);
  w.u8(static_cast<std::uint8_t>(add.shape.quantization));
  w.u32(add.shape.m);
  w.u32(add.effort);
  w.u8(add.has_attributes ? 1 : 0);
  w.string(add.attributes);
  w.string(add.element);
  w.raw(add.vector.data(), add.vector.size() * sizeof(float));
}

/// False when it does not parse. The texts are parts of what `in` reads.
inline bool read_vector_add(ByteReader& in, VectorAdd* add) {
  add->shape.input = in.u32();
  add->shape.dimensions = in.u32();
  add->shape.quantization = static_cast<VectorQuantization>(in.u8());
  add->shape.m = in.u32();
  add->effort = in.u32();
  add->has_attributes = in.u8() != 0;
  add->attributes = in.string();
  add->element = in.string();
  if (!in.ok() || !add->shape.is_valid() || add->effort == 0 || add->effort > VectorSet::kMaxEffort) return false;
  const std::string_view bytes = in.raw(add->shape.input * sizeof(float));
  if (!in.ok()) return false;
  add->vector.resize(add->shape.input);
  std::memcpy(add->vector.data(), bytes.data(), bytes.size());
  for (const float v : add->vector)
    if (!std::isfinite(v)) return false;
  return true;
}

}  // namespace orrery::keyspace
