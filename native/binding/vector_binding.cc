// vector_binding.cc: exports.vector.
#include "engine.h"

namespace orrery::binding {
void init_vector(Napi::Env env, Napi::Object exports) { exports.Set("vector", Napi::Object::New(env)); }
}  // namespace orrery::binding
