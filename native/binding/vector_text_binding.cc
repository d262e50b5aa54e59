// vector_text_binding.cc: exports.vectorText: texts and wire forms of dense vectors as float32 elements (native/wire/vector_text.h).
#include <cstring>

#include "../wire/vector_text.h"
#include "engine.h"

namespace orrery::binding {
namespace {

using wire::DenseKind;

DenseKind kind_of(const Napi::Value& is_half) { return bool_of(is_half) ? DenseKind::kHalfvec : DenseKind::kVector; }

/// A string, or bytes; false when it is neither. Good until the next call.
bool text_of(const Napi::Value& value, std::string_view* out) {
  std::span<char> bytes;
  if (array_of(value, napi_uint8_array, &bytes)) {
    *out = {bytes.data(), bytes.size()};
    return true;
  }
  thread_local std::string copy(1024, '\0');
  std::size_t length = 0;
  if (napi_get_value_string_utf8(value.Env(), value, copy.data(), copy.size(), &length) != napi_ok) return false;
  // What may have been cut is copied again; a character that would not fit as a whole leaves up to three bytes unused.
  if (length + 4 >= copy.size()) {
    if (napi_get_value_string_utf8(value.Env(), value, nullptr, 0, &length) != napi_ok) return false;
    copy.resize(length + 5);
    if (napi_get_value_string_utf8(value.Env(), value, copy.data(), copy.size(), &length) != napi_ok) return false;
  }
  *out = {copy.data(), length};
  return true;
}

/// read(text, isHalf, out: Float32Array): how many elements; 0: not read.
Napi::Value read(const Napi::CallbackInfo& info) {
  count_crossing();
  std::string_view text;
  std::span<float> out;
  if (!text_of(info[0], &text) || !array_of(info[2], napi_float32_array, &out))
    return type_error(info, "read takes a text, a boolean and a Float32Array");
  return Napi::Number::New(info.Env(), static_cast<double>(wire::read_vector(text, kind_of(info[1]), out.data(), out.size())));
}

/// receive(bytes, isHalf, out: Float32Array): how many elements; 0: not read.
Napi::Value receive(const Napi::CallbackInfo& info) {
  count_crossing();
  std::span<char> bytes;
  std::span<float> out;
  if (!array_of(info[0], napi_uint8_array, &bytes) || !array_of(info[2], napi_float32_array, &out))
    return type_error(info, "receive takes bytes, a boolean and a Float32Array");
  const std::size_t count = wire::read_wire_vector({bytes.data(), bytes.size()}, kind_of(info[1]), out.data(), out.size());
  return Napi::Number::New(info.Env(), static_cast<double>(count));
}

/// readArray(text, isHalf): { dimensions, values: Float32Array }, or null.
Napi::Value read_array(const Napi::CallbackInfo& info) {
  count_crossing();
  const Napi::Env env = info.Env();
  std::string_view text;
  if (!text_of(info[0], &text)) return type_error(info, "readArray takes a text and a boolean");
  std::vector<float> values;
  const std::size_t dimensions = wire::read_vector_array(text, kind_of(info[1]), &values);
  if (dimensions == 0) return env.Null();
  Napi::Object out = Napi::Object::New(env);
  auto array = Napi::Float32Array::New(env, values.size());
  std::memcpy(array.Data(), values.data(), values.size() * sizeof(float));
  out.Set("dimensions", static_cast<double>(dimensions));
  out.Set("values", array);
  return out;
}

/// readFields(bytes, starts, ends, flags, columns, field, rows, isHalf, out, at, dimensions, isRead).
Napi::Value read_fields(const Napi::CallbackInfo& info) {
  count_crossing();
  const auto wrong = [&] { return type_error(info, "readFields takes fields that lie in their bytes, and a place for their elements"); };
  std::span<char> bytes;
  std::span<std::int32_t> starts, ends;
  std::span<std::uint8_t> flags, out, is_read;
  if (!array_of(info[0], napi_uint8_array, &bytes) || !array_of(info[1], napi_int32_array, &starts) || !array_of(info[2], napi_int32_array, &ends) ||
      !array_of(info[3], napi_uint8_array, &flags) || !array_of(info[8], napi_uint8_array, &out) || !array_of(info[11], napi_uint8_array, &is_read))
    return wrong();
  const std::size_t columns = u32_of(info[4]), field = u32_of(info[5]), rows = u32_of(info[6]), at = u32_of(info[9]), dimensions = u32_of(info[10]);
  const std::size_t cells = columns * rows;  // of 32 bits each
  if (field >= columns || cells > starts.size() || cells > ends.size() || cells > flags.size() || rows > is_read.size() || dimensions < 1 ||
      dimensions > wire::kVectorElementsMax || at > out.size() || rows > (out.size() - at) / (sizeof(float) * dimensions) ||
      reinterpret_cast<std::uintptr_t>(out.data() + at) % alignof(float) != 0)
    return wrong();
  const DenseKind kind = kind_of(info[7]);
  auto* values = reinterpret_cast<float*>(out.data() + at);
  for (std::size_t row = 0, cell = field; row < rows; row++, cell += columns, values += dimensions) {
    const std::int64_t start = starts[cell], end = ends[cell];
    is_read[row] = 0;
    if (start < 0 || flags[cell] != 0) continue;
    if (end < start || static_cast<std::size_t>(end) > bytes.size()) return wrong();
    const std::string_view text(bytes.data() + start, static_cast<std::size_t>(end - start));
    is_read[row] = wire::read_vector(text, kind, values, dimensions) == dimensions ? 1 : 0;
  }
  return info.Env().Undefined();
}

/// formatElements(values: Float32Array): `1,2.5`.
Napi::Value format_elements(const Napi::CallbackInfo& info) {
  count_crossing();
  std::span<float> values;
  if (!array_of(info[0], napi_float32_array, &values)) return type_error(info, "formatElements takes a Float32Array");
  thread_local std::string text;
  if (text.size() < wire::vector_text_bound(values.size())) text.resize(wire::vector_text_bound(values.size()));
  const char* const end = wire::put_elements(values.size(), text.data(), [&](std::size_t i) { return values[i]; });
  napi_value out = nullptr;
  if (napi_create_string_latin1(info.Env(), text.data(), static_cast<std::size_t>(end - text.data()), &out) != napi_ok)
    return type_error(info, "the text is longer than a string can be");
  return {info.Env(), out};
}

}  // namespace

void init_vector_text(Napi::Env env, Napi::Object exports) {
  Napi::Object room = Napi::Object::New(env);
  room.Set("read", Napi::Function::New<read>(env, "read"));
  room.Set("receive", Napi::Function::New<receive>(env, "receive"));
  room.Set("readArray", Napi::Function::New<read_array>(env, "readArray"));
  room.Set("readFields", Napi::Function::New<read_fields>(env, "readFields"));
  room.Set("formatElements", Napi::Function::New<format_elements>(env, "formatElements"));
  exports.Set("vectorText", room);
}
}  // namespace orrery::binding
