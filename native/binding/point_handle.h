// point_handle.h: what JavaScript holds of the native form of a plan: a lookup or search of a B-tree, or a search by nearness.
#pragma once
#include <memory>

#include "../exec/nearest_select.h"
#include "../exec/point_select.h"
#include "engine.h"

namespace orrery::binding {

struct PointHandle {
  static constexpr HandleMark kMark = HandleMark::kPointSelect;
  HandleMark mark;
  const Engine* engine;
  std::shared_ptr<const exec::PointSelect> select;  // I/O threads may hold it longer
};

struct NearestHandle {
  static constexpr HandleMark kMark = HandleMark::kNearestSelect;
  HandleMark mark;
  const Engine* engine;
  std::shared_ptr<const exec::NearestSelect> select;  // I/O threads may hold it longer
};

}  // namespace orrery::binding
