// storage_binding.cc: exports.storage.
#include "engine.h"

namespace orrery::binding {
void init_storage(Napi::Env env, Napi::Object exports) { exports.Set("storage", Napi::Object::New(env)); }
}  // namespace orrery::binding
