// point_handle.h: what JavaScript holds of a point plan's native form.
#pragma once
#include <memory>

#include "../exec/point_select.h"
#include "engine.h"

namespace orrery::binding {

struct PointHandle {
  static constexpr HandleMark kMark = HandleMark::kPointSelect;
  HandleMark mark;
  const Engine* engine;
  std::shared_ptr<const exec::PointSelect> select;  // I/O threads may hold it longer
};

}  // namespace orrery::binding
