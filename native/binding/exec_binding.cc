// exec_binding.cc: exports.exec: native forms of hot plans.
//
// A prepared pipeline is a Napi::External that the plan holds; it dies with the plan. It keeps its index alive, and a plan is dropped when
// the catalog version moves, so it never answers from an index that is gone.
#include <memory>
#include <optional>
#include <span>

#include "../exec/pipeline/background.h"
#include "../exec/pipeline/copy_encoder.h"
#include "../index/btree/btree.h"
#include "../index/btree/index_scan.h"
#include "../storage/row_store.h"
#include "engine.h"
#include "engine_rooms.h"
#include "point_handle.h"

namespace orrery::binding {
namespace {

/// [column, wire kind, binary]…; nullopt: one has no native form.
std::optional<std::vector<wire::OutputColumn>> output_columns(std::span<const std::uint32_t> specs, const storage::Relation& relation) {
  std::vector<wire::OutputColumn> columns;
  for (std::size_t i = 0; i + 2 < specs.size(); i += 3) {
    const auto kind = static_cast<wire::WireKind>(specs[i + 1]);
    if (specs[i] >= relation.column_count() || !wire::wire_kind_fits(kind, relation.column(specs[i]).type.type)) return std::nullopt;
    columns.push_back({specs[i], kind, specs[i + 2] != 0});
  }
  return columns;
}

/// preparePoint(engine, index, outputs: Uint32Array of [column, wire kind, binary]…) -> pipeline, or null when it has no native form.
Napi::Value prepare_point(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  std::span<std::uint32_t> specs;
  if (!info[1].IsNumber() || !array_of(info[2], napi_uint32_array, &specs)) return type_error(info, "preparePoint takes an index and a Uint32Array");
  auto found = std::dynamic_pointer_cast<index::BTree>(engine->rows->find_index(info[1].As<Napi::Number>().Uint32Value()));
  if (!found) return info.Env().Null();
  auto columns = output_columns(specs, found->relation());
  if (!columns) return info.Env().Null();
  auto* pipeline = new PointHandle{PointHandle::kMark, engine, std::make_shared<exec::PointSelect>(std::move(found), std::move(*columns))};
  return Napi::External<PointHandle>::New(info.Env(), pipeline, [](Napi::Env, PointHandle* p) { delete p; });
}

/// prepareNearest(engine, index, outputs: as above) -> the same for a search of an HNSW index over vectors of float32.
Napi::Value prepare_nearest(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  std::span<std::uint32_t> specs;
  if (!info[1].IsNumber() || !array_of(info[2], napi_uint32_array, &specs)) return type_error(info, "prepareNearest takes an index and a Uint32Array");
  std::shared_ptr<index::hnsw::HnswIndex> found = engine->vectors->find(info[1].As<Napi::Number>().Uint32Value());
  if (!found) return info.Env().Null();
  auto columns = output_columns(specs, found->relation());
  if (!columns) return info.Env().Null();
  auto* pipeline = new NearestHandle{NearestHandle::kMark, engine, std::make_shared<exec::NearestSelect>(std::move(found), std::move(*columns))};
  return Napi::External<NearestHandle>::New(info.Env(), pipeline, [](Napi::Env, NearestHandle* p) { delete p; });
}

/// Runs `work` under the transaction's snapshot, or under one of now for xid 0; not at all when there is no such transaction.
template <typename Work>
void with_snapshot(Engine& engine, storage::Xid xid, Work&& work) {
  storage::TransactionManager& manager = engine.rows->manager();
  if (xid == 0) {
    const storage::Snapshot snapshot = manager.acquire_snapshot();
    work(snapshot, manager);
    manager.release_snapshot(snapshot);
  } else if (storage::Transaction* t = engine.transactions->find(xid)) {
    const storage::TransactionUse use(manager, *t);
    work(t->snapshot(), manager);
  }
}

/// What JavaScript is told of rows in its buffer.
Napi::Value written(const Napi::CallbackInfo& info, std::uint32_t count, const wire::WireBuffer& buffer) {
  const double size = static_cast<double>(buffer.size());
  return Napi::Number::New(info.Env(), buffer.overflowed() ? -size : count * 4294967296.0 + size);
}

/// runPoint(engine, pipeline, xid, key: number | Uint8Array, out: Uint8Array) -> rows * 2^32 + bytes written; negative: `out` must have
/// at least that many bytes.
Napi::Value run_point(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const auto* pipeline = handle_of<PointHandle>(info.Env(), info[1]);
  std::span<std::uint8_t> out, key;
  if (pipeline == nullptr || pipeline->engine != engine || !info[2].IsNumber() || !array_of(info[4], napi_uint8_array, &out) ||
      (!info[3].IsNumber() && !array_of(info[3], napi_uint8_array, &key)))
    return type_error(info, "runPoint takes a pipeline of this engine, an xid, a key and a buffer");
  const exec::PointSelect& point = *pipeline->select;
  const auto xid = static_cast<storage::Xid>(info[2].As<Napi::Number>().Int64Value());
  wire::WireBuffer buffer(out.data(), out.size());
  std::uint32_t count = 0;
  with_snapshot(*engine, xid, [&](const storage::Snapshot& snapshot, storage::TransactionManager& manager) {
    if (info[3].IsNumber()) {
      count = point.run_integer(info[3].As<Napi::Number>().Int64Value(), snapshot, manager, buffer);
      return;
    }
    if (reinterpret_cast<std::uintptr_t>(key.data()) % 8 != 0) return;
    const auto block = Block::parse(key.data(), key.size());
    if (block && block->row_count() == 1) count = point.run(*block, snapshot, manager, buffer);
  });
  return written(info, count, buffer);
}

/// runNearest(engine, pipeline, xid, query: Float32Array, ef, recall target, limit, out: Uint8Array) -> as runPoint; null: the query has not the
/// index' dimensions, or the walk would take long (exec/nearest_select.h).
Napi::Value run_nearest(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const auto* pipeline = handle_of<NearestHandle>(info.Env(), info[1]);
  std::span<float> query;
  std::span<std::uint8_t> out;
  if (pipeline == nullptr || pipeline->engine != engine || !info[2].IsNumber() || !array_of(info[3], napi_float32_array, &query) || !info[4].IsNumber() ||
      !info[5].IsNumber() || !info[6].IsNumber() || !array_of(info[7], napi_uint8_array, &out))
    return type_error(info, "runNearest takes a pipeline of this engine, an xid, a vector, its effort, a limit and a buffer");
  const exec::NearestSelect& nearest = *pipeline->select;
  if (query.size() != nearest.dimensions()) return info.Env().Null();
  const auto xid = static_cast<storage::Xid>(info[2].As<Napi::Number>().Int64Value());
  const exec::SearchEffort effort{info[4].As<Napi::Number>().Uint32Value(), info[5].As<Napi::Number>().DoubleValue()};
  const std::uint32_t limit = info[6].As<Napi::Number>().Uint32Value();
  wire::WireBuffer buffer(out.data(), out.size());
  std::optional<std::uint32_t> count;
  with_snapshot(*engine, xid, [&](const storage::Snapshot& snapshot, storage::TransactionManager& manager) {
    count = nearest.run(query.data(), effort, limit, snapshot, manager, buffer);
  });
  return count || buffer.overflowed() ? written(info, count.value_or(0), buffer) : info.Env().Null();
}

/// lookupRow(engine, xid, index, columns, withRowIds, key, block): opens, reads and closes an index scan for one whole key of a unique
/// index, in one crossing. Returns 0 or 1, or -n as scanNext does.
Napi::Value lookup_row(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  if (!info[1].IsNumber() || !info[2].IsNumber() || !info[4].IsBoolean()) return type_error(info, "lookupRow(engine, xid, index, columns, withRowIds, key, block)");
  const auto xid = static_cast<storage::Xid>(info[1].As<Napi::Number>().Int64Value());
  auto index = engine->rows->find_index(info[2].As<Napi::Number>().Uint32Value());
  auto* tree = index ? dynamic_cast<index::BTree*>(index.get()) : nullptr;
  if (tree == nullptr) return type_error(info, "no such B-tree index");
  std::span<std::uint32_t> wanted;
  std::span<std::uint8_t> key_bytes;
  std::span<std::uint8_t> block;
  if (!array_of(info[3], napi_uint32_array, &wanted) || !array_of(info[5], napi_uint8_array, &key_bytes) || !array_of(info[6], napi_uint8_array, &block))
    return type_error(info, "lookupRow takes a Uint32Array of columns, a key block and a block to fill");
  if (reinterpret_cast<std::uintptr_t>(block.data()) % 8 != 0 || reinterpret_cast<std::uintptr_t>(key_bytes.data()) % 8 != 0)
    return type_error(info, "blocks start at a multiple of 8");
  std::vector<std::uint32_t> columns(wanted.begin(), wanted.end());
  for (const std::uint32_t c : columns)
    if (c >= index->relation().column_count()) return type_error(info, "columns are the relation's");
  const auto key = Block::parse(key_bytes.data(), key_bytes.size());
  const auto& encoder = tree->encoder();
  if (!key || key->row_count() != 1 || key->column_count() != encoder.columns().size() || !encoder.accepts(*key))
    return type_error(info, "the key is a block of one row of all key columns");

  storage::TransactionManager& manager = *engine->transactions;
  storage::Snapshot snapshot;
  storage::TransactionUse use;
  if (xid == 0) {
    snapshot = manager.acquire_snapshot();
  } else {
    storage::Transaction* transaction = manager.find(xid);
    if (transaction == nullptr) return type_error(info, "no such open transaction");
    use.enter(manager, *transaction);
    snapshot = transaction->snapshot();
  }
  std::int64_t rows = 0;
  {
    const storage::VersionBlockWriter writer(tree->relation(), std::move(columns), info[4].As<Napi::Boolean>().Value());
    if (const storage::VersionRef found = index::find_row(*tree, *key, snapshot, manager)) {
      std::size_t need = 0;
      rows = writer.fit(std::span(&found, 1), block.size(), 0, &need);
      if (rows == 0) rows = -static_cast<std::int64_t>(need);
      else writer.write(std::span(&found, 1), block.data());
    }
  }
  if (xid == 0) manager.release_snapshot(snapshot);
  return Napi::Number::New(info.Env(), static_cast<double>(rows));
}

/// The pipeline behind the scan handle of argument 1, or nullptr (a TypeError is thrown).
exec::Pipeline* pipeline_of(const Napi::CallbackInfo& info, Engine* engine) {
  auto* pipeline = dynamic_cast<exec::Pipeline*>(engine->rows->scans().find(u32_of(info[1])));
  if (pipeline == nullptr) type_error(info, "no such pipeline");
  return pipeline;
}

Napi::Value rows_result(const Napi::CallbackInfo& info, const exec::Pipeline& pipeline, std::int64_t result, std::uint32_t rows) {
  if (result == exec::Pipeline::kDisk) remember(pipeline.disk());
  return Napi::Number::New(info.Env(), result <= 0 ? static_cast<double>(result) : rows * 4294967296.0 + static_cast<double>(result));
}

/// pipelineOpen(engine, xid, program, memoryLimitBytes) -> scan handle; 0: the program does not fit.
Napi::Value pipeline_open(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  std::span<std::uint8_t> program;
  if (!array_of(info[2], napi_uint8_array, &program)) return type_error(info, "a program is a Uint8Array");
  const auto xid = static_cast<storage::Xid>(number_of(info[1]));
  storage::TransactionManager& manager = *engine->transactions;
  storage::Snapshot snapshot;
  if (xid == 0) {
    snapshot = manager.acquire_snapshot();
  } else {
    const storage::Transaction* transaction = manager.find(xid);
    if (transaction == nullptr) return type_error(info, "no such open transaction");
    snapshot = transaction->snapshot();
  }
  auto pipeline = std::make_unique<exec::Pipeline>(manager, snapshot, static_cast<std::size_t>(number_of(info[3])), &engine->temporary);
  if (xid == 0) manager.release_snapshot(snapshot);
  const exec::Sources sources = {[engine](std::uint32_t id) -> const storage::Relation* { return engine->rows->find(id); },
                                 [engine](std::uint32_t handle) { return engine->rows->scans().take(handle); }};
  if (!pipeline->prepare(program, sources)) return Napi::Number::New(info.Env(), 0);
  return Napi::Number::New(info.Env(), engine->rows->scans().open(std::move(pipeline)));
}

/// pipelineNext(engine, handle, block, maxRows, budgetMicros) -> as Pipeline::next_block.
Napi::Value pipeline_next(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  exec::Pipeline* pipeline = pipeline_of(info, engine);
  if (pipeline == nullptr) return info.Env().Undefined();
  std::span<std::uint8_t> block;
  if (!array_of(info[2], napi_uint8_array, &block) || reinterpret_cast<std::uintptr_t>(block.data()) % 8 != 0)
    return type_error(info, "the block is a Uint8Array that starts at a multiple of 8");
  return rows_result(info, *pipeline, pipeline->next_block(block.data(), block.size(), u32_of(info[3]), u32_of(info[4])), 0);
}

/// From [column, wire kind, binary]… of a pipeline's outputs and, for COPY, its format; nullptr: damaged.
std::unique_ptr<exec::RowEncoder> encoder_of(const Napi::Value& outputs, const Napi::Value& copy, const exec::Pipeline& pipeline) {
  std::span<std::uint32_t> specs;
  if (!array_of(outputs, napi_uint32_array, &specs)) return nullptr;
  std::vector<wire::OutputColumn> columns;
  for (std::size_t i = 0; i + 2 < specs.size(); i += 3) {
    const auto kind = static_cast<wire::WireKind>(specs[i + 1]);
    if (specs[i] >= pipeline.outputs().size() || !wire::wire_kind_fits(kind, pipeline.outputs()[specs[i]].type)) return nullptr;
    columns.push_back({specs[i], kind, specs[i + 2] != 0});
  }
  std::span<std::uint8_t> bytes;
  if (!array_of(copy, napi_uint8_array, &bytes)) return exec::make_data_row_encoder(std::move(columns));
  exec::CopyFormat format;
  return exec::CopyFormat::parse(bytes, columns.size(), &format) ? exec::make_copy_encoder(std::move(columns), std::move(format)) : nullptr;
}

/// pipelineRows(engine, handle, outputs, copy format or null, out, budgetMicros) -> rows * 2^32 + bytes; else as Pipeline::next_rows.
Napi::Value pipeline_rows(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  exec::Pipeline* pipeline = pipeline_of(info, engine);
  if (pipeline == nullptr) return info.Env().Undefined();
  std::span<std::uint8_t> out;
  const auto encoder = encoder_of(info[2], info[3], *pipeline);
  if (!encoder || !array_of(info[4], napi_uint8_array, &out)) return type_error(info, "pipelineRows takes outputs that fit and a buffer");
  wire::WireBuffer buffer(out.data(), out.size());
  std::uint32_t rows = 0;
  const std::int64_t result = pipeline->next_rows(*encoder, buffer, u32_of(info[5]), &rows);
  return rows_result(info, *pipeline, result, rows);
}

/// pipelineRun(engine, handle, token, outputs, copy format or null): goes on on another thread; waitOver events with `token` follow (Background).
Napi::Value pipeline_run(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  exec::Pipeline* pipeline = pipeline_of(info, engine);
  if (pipeline == nullptr) return info.Env().Undefined();
  auto encoder = encoder_of(info[3], info[4], *pipeline);
  if (!encoder) return type_error(info, "pipelineRun takes outputs that fit");
  const auto wake = [&events = engine->events, listener = listener_of(info), token = static_cast<std::uint64_t>(number_of(info[2]))] {
    events.post(listener, Event::wait_over(token));
  };
  if (pipeline->background) pipeline->background->stop();
  pipeline->background = std::make_shared<exec::Background>(*pipeline, engine->pool, wake);
  pipeline->background->start(std::move(encoder));
  return info.Env().Undefined();
}

/// pipelineTake(engine, handle, out) -> encoded rows of a pipeline that runs, as pipelineRows; -1: its event follows.
Napi::Value pipeline_take(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  exec::Pipeline* pipeline = pipeline_of(info, engine);
  if (pipeline == nullptr) return info.Env().Undefined();
  std::span<std::uint8_t> out;
  if (!pipeline->background || !array_of(info[2], napi_uint8_array, &out)) return type_error(info, "pipelineTake takes a pipeline that runs and a buffer");
  std::uint32_t rows = 0;
  const std::int64_t result = pipeline->background->take(out.data(), out.size(), &rows);
  return rows_result(info, *pipeline, result, rows);
}

/// pipelineClose(engine, handle): as scanClose; what held much memory is freed on another thread.
Napi::Value pipeline_close(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const std::shared_ptr<storage::Scan> scan = engine->rows->scans().take(u32_of(info[1]));
  auto* pipeline = dynamic_cast<exec::Pipeline*>(scan.get());
  if (pipeline == nullptr) return info.Env().Undefined();
  if (pipeline->background) pipeline->background->stop();
  if (pipeline->is_large()) engine->pool.submit([scan] {});
  return info.Env().Undefined();
}

}  // namespace

void init_exec(Napi::Env env, Napi::Object exports) {
  Napi::Object room = Napi::Object::New(env);
  room.Set("preparePoint", Napi::Function::New<prepare_point>(env, "preparePoint"));
  room.Set("prepareNearest", Napi::Function::New<prepare_nearest>(env, "prepareNearest"));
  room.Set("runPoint", Napi::Function::New<run_point>(env, "runPoint"));
  room.Set("runNearest", Napi::Function::New<run_nearest>(env, "runNearest"));
  room.Set("lookupRow", Napi::Function::New<lookup_row>(env, "lookupRow"));
  room.Set("pipelineOpen", Napi::Function::New<pipeline_open>(env, "pipelineOpen"));
  room.Set("pipelineNext", Napi::Function::New<pipeline_next>(env, "pipelineNext"));
  room.Set("pipelineRows", Napi::Function::New<pipeline_rows>(env, "pipelineRows"));
  room.Set("pipelineRun", Napi::Function::New<pipeline_run>(env, "pipelineRun"));
  room.Set("pipelineTake", Napi::Function::New<pipeline_take>(env, "pipelineTake"));
  room.Set("pipelineClose", Napi::Function::New<pipeline_close>(env, "pipelineClose"));
  exports.Set("exec", room);
}

}  // namespace orrery::binding
