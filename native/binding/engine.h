// engine.h: one open database in this process: every native room, wired. JavaScript threads attach to it by folder.
//
// Owned by `binding` because it is the only native place that may know all rooms. Registered by its folder's real
// path (or a unique name in memory), so a worker thread that opens the same folder gets the same engine.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "../core/status.h"
#include "napi.h"

namespace orrery::binding {

struct Engine;  // defined in engine_rooms.h: Log, TransactionManager, RelationStore, Keyspace, …
using EnginePtr = std::shared_ptr<Engine>;

/// The engine behind the first argument of a binding function (a Napi::External made by openEngine).
/// Throws a JavaScript TypeError and returns nullptr when it is something else or closed.
Engine* engine_of(const Napi::CallbackInfo& info);

/// The same as a share of it, for work on other threads; empty after the TypeError.
EnginePtr shared_engine_of(const Napi::CallbackInfo& info);

/// Where the engine of argument 0 stands while it is open on this JavaScript thread; holds nullptr after close. Lives as long as the External.
Engine* const* live_engine_of(const Napi::CallbackInfo& info);

/// The first word of whatever JavaScript holds as an External, so that one kind is never taken for another.
enum class HandleMark : std::uint64_t { kEngine = 0x6f72726572790001ull, kKeyspaceThread, kKeyspaceSession, kPointSelect, kNearestSelect, kRdbImport, kIoHub, kReplicaStream };
/// What an External of kind T holds (T::kMark, and T begins with `HandleMark mark`), or nullptr.
template <typename T>
T* handle_of(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  void* data = nullptr;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_external || napi_get_value_external(env, value, &data) != napi_ok) return nullptr;
  return data != nullptr && *static_cast<const HandleMark*>(data) == T::kMark ? static_cast<T*>(data) : nullptr;
}

/// A typed array's memory without a wrapper object; false when it is of another kind.
template <typename T>
bool array_of(const Napi::Value& v, napi_typedarray_type type, std::span<T>* out) {
  napi_typedarray_type actual;
  std::size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(v.Env(), v, &actual, &length, &data, nullptr, nullptr) != napi_ok || actual != type) return false;
  *out = {static_cast<T*>(data), length};
  return true;
}

// Arguments as plain values. None of these throws, so a call never goes on with an exception pending.
/// A whole number up to 2^53, 0 for whatever is none: no transaction has that xid.
inline double number_of(const Napi::Value& v) {
  double d = 0;
  napi_get_value_double(v.Env(), v, &d);
  return d >= 0 && d <= 9007199254740991.0 ? d : 0;
}
/// A bigint only where a number would not be exact.
inline Napi::Value integer_value(Napi::Env env, std::int64_t value) {
  if (value >= -9007199254740991ll && value <= 9007199254740991ll) return Napi::Number::New(env, static_cast<double>(value));
  return Napi::BigInt::New(env, value);
}
inline std::uint32_t u32_of(const Napi::Value& v) {
  std::uint32_t n = 0;
  napi_get_value_uint32(v.Env(), v, &n);
  return n;
}
inline bool bool_of(const Napi::Value& v) {
  bool b = false;
  napi_get_value_bool(v.Env(), v, &b);
  return b;
}

inline Napi::Value type_error(const Napi::CallbackInfo& info, const char* message) {
  // A getter of an argument may have thrown: that error goes out.
  if (!info.Env().IsExceptionPending()) Napi::TypeError::New(info.Env(), message).ThrowAsJavaScriptException();
  return info.Env().Undefined();
}

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
void init_locks(Napi::Env env, Napi::Object exports);     // locks_binding.cc: exports.locks
void init_keyspace(Napi::Env env, Napi::Object exports);  // keyspace_binding.cc: exports.keyspace
void init_keyspace_sessions(Napi::Object keyspace);       // keyspace_sessions_binding.cc: more of exports.keyspace
void init_rdb(Napi::Env env, Napi::Object keyspace);      // rdb_binding.cc: its RDB part
void init_replication(Napi::Object keyspace);             // replication_binding.cc: its replication part
void init_vector(Napi::Env env, Napi::Object exports);    // vector_binding.cc: exports.vector
void init_collation(Napi::Env env, Napi::Object exports);  // collation_binding.cc: exports.collation
void init_vector_text(Napi::Env env, Napi::Object exports);  // vector_text_binding.cc: exports.vectorText
void init_exec(Napi::Env env, Napi::Object exports);      // exec_binding.cc: exports.exec
void init_io(Napi::Env env, Napi::Object exports);        // io_binding.cc: exports.io

}  // namespace orrery::binding
