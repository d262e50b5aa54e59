// exec_binding.cc: exports.exec: native forms of hot plans.
//
// A prepared pipeline is a Napi::External that the plan holds; it dies with the plan. It keeps its index alive, and a plan is dropped when
// the catalog version moves, so it never answers from an index that is gone.
#include "../exec/point_select.h"
#include "../storage/row_store.h"
#include "engine.h"
#include "engine_rooms.h"

namespace orrery::binding {
namespace {

using exec::PointSelect;

/// preparePoint(engine, index, outputs: Uint32Array of [column, wire kind, binary]…) -> pipeline, or null when it has no native form.
Napi::Value prepare_point(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  auto found = std::dynamic_pointer_cast<index::BTree>(engine->rows->find_index(info[1].As<Napi::Number>().Uint32Value()));
  if (!found) return info.Env().Null();
  const auto specs = info[2].As<Napi::Uint32Array>();
  std::vector<wire::OutputColumn> columns;
  for (std::size_t i = 0; i + 2 < specs.ElementLength(); i += 3) {
    const auto kind = static_cast<wire::WireKind>(specs[i + 1]);
    if (specs[i] >= found->relation().column_count()) return info.Env().Null();
    if (!wire::wire_kind_fits(kind, found->relation().column(specs[i]).type.type)) return info.Env().Null();
    columns.push_back({specs[i], kind, specs[i + 2] != 0});
  }
  auto* point = new PointSelect(std::move(found), std::move(columns));
  return Napi::External<PointSelect>::New(info.Env(), point, [](Napi::Env, PointSelect* p) { delete p; });
}

/// runPoint(engine, pipeline, xid, key: number | Uint8Array, out: Uint8Array) -> rows * 2^32 + bytes written; negative: `out` must have
/// at least that many bytes.
Napi::Value run_point(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const PointSelect& point = *info[1].As<Napi::External<PointSelect>>().Data();
  const auto xid = static_cast<storage::Xid>(info[2].As<Napi::Number>().Int64Value());
  auto out = info[4].As<Napi::Uint8Array>();
  wire::WireBuffer buffer(out.Data(), out.ElementLength());
  storage::TransactionManager& manager = engine->rows->manager();

  std::uint32_t count = 0;
  const auto run = [&](const storage::Snapshot& snapshot) {
    if (info[3].IsNumber()) {
      count = point.run_integer(info[3].As<Napi::Number>().Int64Value(), snapshot, manager, buffer);
      return;
    }
    const auto key = info[3].As<Napi::Uint8Array>();
    const auto block = Block::parse(key.Data(), key.ElementLength());
    if (block && block->row_count() == 1) count = point.run(*block, snapshot, manager, buffer);
  };
  if (xid != 0) {
    if (const storage::Transaction* t = engine->transactions->find(xid)) run(t->snapshot());
  } else {
    const storage::Snapshot snapshot = manager.acquire_snapshot();
    run(snapshot);
    manager.release_snapshot(snapshot);
  }
  const double size = static_cast<double>(buffer.size());
  return Napi::Number::New(info.Env(), buffer.overflowed() ? -size : count * 4294967296.0 + size);
}

}  // namespace

void init_exec(Napi::Env env, Napi::Object exports) {
  Napi::Object room = Napi::Object::New(env);
  room.Set("preparePoint", Napi::Function::New<prepare_point>(env, "preparePoint"));
  room.Set("runPoint", Napi::Function::New<run_point>(env, "runPoint"));
  exports.Set("exec", room);
}

}  // namespace orrery::binding
