// engine.h: one open database in this process: every native room, wired. JavaScript threads attach to it by folder.
//
// Owned by `binding` because it is the only native place that may know all rooms. Registered by its folder's real
// path (or a unique name in memory), so a worker thread that opens the same folder gets the same engine.
#pragma once
#include <memory>
#include <string>

#include "../core/status.h"
#include "napi.h"

namespace orrery::binding {

struct Engine;  // defined in engine_rooms.h: Log, TransactionManager, RelationStore, Keyspace, …
using EnginePtr = std::shared_ptr<Engine>;

/// The engine behind the first argument of a binding function (a Napi::External made by openEngine).
/// Throws a JavaScript TypeError and returns nullptr when it is something else or closed.
Engine* engine_of(const Napi::CallbackInfo& info);

/// Remembers `status` for engine.lastError on this JavaScript thread (when it is not ok) and returns its code.
std::uint32_t remember(Status status);
/// The usual end of a binding function: the status number as its result.
inline Napi::Value status_value(const Napi::CallbackInfo& info, Status status) {
  return Napi::Number::New(info.Env(), remember(std::move(status)));
}

/// Adds one to the process-wide count of border crossings (native.crossings()). Every binding function calls it first.
void count_crossing() noexcept;

// One per room; each adds an object with its functions to `exports`.
void init_engine(Napi::Env env, Napi::Object exports);    // engine_binding.cc: open, attach, close, checkpoint, events
void init_storage(Napi::Env env, Napi::Object exports);   // storage_binding.cc: exports.storage
void init_keyspace(Napi::Env env, Napi::Object exports);  // keyspace_binding.cc: exports.keyspace
void init_vector(Napi::Env env, Napi::Object exports);    // vector_binding.cc: exports.vector
void init_exec(Napi::Env env, Napi::Object exports);      // exec_binding.cc: exports.exec

}  // namespace orrery::binding
