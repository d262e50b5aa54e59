// engine_rooms.cc: wiring of the rooms at open and their orderly end at close.
#include "engine_rooms.h"

#include "../storage/memory_log.h"

namespace orrery::binding {

Status open_rooms(Engine& engine) {
  if (!engine.settings.folder.empty()) return Status::error(StatusCode::kInvalid, "data folders are not supported yet");
  engine.log = std::make_unique<storage::MemoryLog>();
  engine.log->set_flush_listener([&events = engine.events](storage::Lsn lsn) { events.flushed(lsn); });
  return Status::ok();
}

Status checkpoint_rooms(Engine&) { return Status::ok(); }

void close_rooms(Engine& engine, bool) { engine.log->set_flush_listener({}); }

}  // namespace orrery::binding
