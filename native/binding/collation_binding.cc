// collation_binding.cc: exports.collation: sort keys, versions and title case of ICU (native/core/icu.h).
#include "../core/icu.h"
#include "engine.h"

namespace orrery::binding {
namespace {

const icu::Collator* collator_of(const Napi::CallbackInfo& info, std::string& error) {
  return icu::open(info[0].As<Napi::String>().Utf8Value(), error);
}
Napi::Value no_collator(Napi::Env env, const std::string& error) {
  Napi::Error::New(env, error).ThrowAsJavaScriptException();
  return env.Undefined();
}

/// keys(locale, texts, withBytes): one buffer of keys behind each other; the lengths as the last argument says (Uint32Array to fill).
Napi::Value keys(const Napi::CallbackInfo& info) {
  count_crossing();
  const Napi::Env env = info.Env();
  std::string error;
  const icu::Collator* collator = collator_of(info, error);
  if (collator == nullptr) return no_collator(env, error);
  const auto texts = info[1].As<Napi::Array>();
  const bool with_bytes = info[2].As<Napi::Boolean>();
  auto lengths = info[3].As<Napi::Uint32Array>();
  const std::uint32_t count = texts.Length();
  if (lengths.ElementLength() < count) {
    Napi::TypeError::New(env, "a length for every text").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  std::vector<std::uint8_t> out;
  for (std::uint32_t i = 0; i < count; i++) {
    const std::size_t start = out.size();
    const auto text = texts.Get(i).As<Napi::String>();
    icu::append_sort_key(*collator, text.Utf16Value(), out);
    if (with_bytes) {
      const std::string bytes = text.Utf8Value();
      out.insert(out.end(), bytes.begin(), bytes.end());
    }
    lengths[i] = static_cast<std::uint32_t>(out.size() - start);
  }
  return Napi::Buffer<std::uint8_t>::Copy(env, out.data(), out.size());
}

/// version(locale): of the order. Throws ICU's name of the error where the locale has no collator.
Napi::Value version(const Napi::CallbackInfo& info) {
  count_crossing();
  std::string error;
  const std::string text = icu::version(info[0].As<Napi::String>().Utf8Value(), error);
  if (text.empty()) return no_collator(info.Env(), error);
  return Napi::String::New(info.Env(), text);
}

/// titleCase(locale, text).
Napi::Value title_case(const Napi::CallbackInfo& info) {
  count_crossing();
  std::u16string out;
  if (!icu::title_case(info[0].As<Napi::String>().Utf8Value(), info[1].As<Napi::String>().Utf16Value(), out))
    return no_collator(info.Env(), "title case failed");
  return Napi::String::New(info.Env(), out);
}

}  // namespace

void init_collation(Napi::Env env, Napi::Object exports) {
  Napi::Object room = Napi::Object::New(env);
  room.Set("keys", Napi::Function::New<keys>(env, "keys"));
  room.Set("version", Napi::Function::New<version>(env, "version"));
  room.Set("titleCase", Napi::Function::New<title_case>(env, "titleCase"));
  exports.Set("collation", room);
}
}  // namespace orrery::binding
