// exec_binding.cc: exports.exec.
#include "engine.h"

namespace orrery::binding {
void init_exec(Napi::Env env, Napi::Object exports) { exports.Set("exec", Napi::Object::New(env)); }
}  // namespace orrery::binding
