// keyspace_binding.cc: exports.keyspace.
#include "engine.h"

namespace orrery::binding {
void init_keyspace(Napi::Env env, Napi::Object exports) { exports.Set("keyspace", Napi::Object::New(env)); }
}  // namespace orrery::binding
