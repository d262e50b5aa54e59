// rdb_binding.cc: exports.keyspace.importRdb…, exportRdb (src/native/keyspace.ts): RDB files piece by piece.
#include <memory>

#include "../keyspace/rdb_file.h"
#include "engine.h"
#include "engine_rooms.h"

namespace orrery::binding {
namespace {

struct ImportHandle {
  static constexpr HandleMark kMark = HandleMark::kRdbImport;
  HandleMark mark = kMark;
  Engine* const* live;
  keyspace::RdbImport import;
  Napi::Reference<Napi::Value> engine_reference;
  ImportHandle(Engine* const* l, keyspace::Keyspace& k) : live(l), import(k) {}
};

Napi::Value import_rdb(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  auto* handle = new ImportHandle(live_engine_of(info), *engine->keyspace);
  handle->engine_reference = Napi::Persistent(info[0]);
  return Napi::External<ImportHandle>::New(info.Env(), handle, [](Napi::Env, ImportHandle* h) { delete h; });
}

/// feed(handle, bytes, last): how many bytes were used, or the error's text.
Napi::Value import_rdb_feed(const Napi::CallbackInfo& info) {
  count_crossing();
  auto* handle = handle_of<ImportHandle>(info.Env(), info[0]);
  std::span<std::uint8_t> bytes;
  if (handle == nullptr || *handle->live == nullptr || !array_of(info[1], napi_uint8_array, &bytes)) return type_error(info, "importRdbFeed(import, bytes, last)");
  std::size_t consumed = 0;
  if (!handle->import.feed({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, bool_of(info[2]), &consumed))
    return Napi::String::New(info.Env(), handle->import.error());
  return Napi::Number::New(info.Env(), static_cast<double>(consumed));
}

Napi::Value import_rdb_state(const Napi::CallbackInfo& info) {
  count_crossing();
  auto* handle = handle_of<ImportHandle>(info.Env(), info[0]);
  if (handle == nullptr) return type_error(info, "importRdbState(import)");
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("finished", Napi::Boolean::New(info.Env(), handle->import.finished()));
  out.Set("keys", Napi::Number::New(info.Env(), static_cast<double>(handle->import.keys())));
  out.Set("expired", Napi::Number::New(info.Env(), static_cast<double>(handle->import.expired())));
  Napi::Array functions = Napi::Array::New(info.Env());
  for (const std::string& code : handle->import.functions()) functions.Set(functions.Length(), Napi::Buffer<char>::Copy(info.Env(), code.data(), code.size()));
  out.Set("functions", functions);
  return out;
}

/// exportRdb(engine, part, whole): part 0 is the file's beginning, then one part a shard, then the end; null beyond it.
Napi::Value export_rdb(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const std::uint32_t part = u32_of(info[1]);
  if (part > keyspace::kShardCount + 1) return info.Env().Null();
  const keyspace::RdbEntryWriter writer(bool_of(info[2]) ? keyspace::RdbContents::kWhole : keyspace::RdbContents::kRedis7);
  Napi::Object out = Napi::Object::New(info.Env());
  const auto set_bytes = [&](const auto& bytes) {
    out.Set("bytes", Napi::Buffer<char>::Copy(info.Env(), reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  };
  if (part == 0) {
    set_bytes(keyspace::rdb_header(writer.version()) + keyspace::rdb_functions(engine->keyspace->side.all(keyspace::SideSpace::kFunctions)));
  } else if (part == keyspace::kShardCount + 1) {
    set_bytes(keyspace::rdb_footer());
  } else {
    ByteWriter shard;
    keyspace::rdb_shard(shard, *engine->keyspace, part - 1, writer);
    set_bytes(shard);
  }
  out.Set("version", Napi::Number::New(info.Env(), writer.version()));
  out.Set("timedHashes", Napi::Number::New(info.Env(), static_cast<double>(writer.timed_hashes())));
  out.Set("vectorSets", Napi::Number::New(info.Env(), static_cast<double>(writer.vector_sets())));
  return out;
}

}  // namespace

void init_rdb(Napi::Env env, Napi::Object keyspace) {
  const auto add = [&](const char* name, auto function) { keyspace.Set(name, Napi::Function::New(env, function, name)); };
  add("importRdb", import_rdb);
  add("importRdbFeed", import_rdb_feed);
  add("importRdbState", import_rdb_state);
  add("exportRdb", export_rdb);
}

}  // namespace orrery::binding
