// addon.cc: the addon's entry. Context-aware: every JavaScript thread loads its own exports over the same rooms.
#include "engine.h"

namespace {
Napi::Object init(Napi::Env env, Napi::Object exports) {
  orrery::binding::init_engine(env, exports);
  orrery::binding::init_storage(env, exports);
  orrery::binding::init_locks(env, exports);
  orrery::binding::init_keyspace(env, exports);
  orrery::binding::init_vector(env, exports);
  orrery::binding::init_exec(env, exports);
  orrery::binding::init_io(env, exports);
  orrery::binding::init_collation(env, exports);
  orrery::binding::init_vector_text(env, exports);
  return exports;
}
}  // namespace

NODE_API_MODULE(orrery, init)
