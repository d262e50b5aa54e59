// engine_binding.cc: exports.engine and the count of border crossings.
#include <atomic>

#include "engine.h"

namespace orrery::binding {
namespace {
std::atomic<std::uint64_t> crossing_count{0};
Napi::Value crossings(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(crossing_count.load(std::memory_order_relaxed)));
}
}  // namespace

void count_crossing() noexcept { crossing_count.fetch_add(1, std::memory_order_relaxed); }

void init_engine(Napi::Env env, Napi::Object exports) {
  exports.Set("engine", Napi::Object::New(env));
  exports.Set("crossings", Napi::Function::New<crossings>(env, "crossings"));
}
}  // namespace orrery::binding
