// vector_binding.cc: exports.vector: building vector indexes off the JavaScript thread, opening scans, facts.
#include <cmath>

#include "../exec/vector_scan.h"
#include "../storage/scan.h"
#include "build_worker.h"
#include "engine.h"
#include "engine_rooms.h"

namespace orrery::binding {
namespace {

using index::Metric;
using index::hnsw::HnswIndex;
using index::ivfflat::IvfflatIndex;

std::uint32_t u32(const Napi::CallbackInfo& info, std::size_t i) { return u32_of(info[i]); }

/// The most threads that a build may use, at least one and no more than there are cores; 0: all cores.
unsigned threads_of(const Napi::CallbackInfo& info, std::size_t argument) {
  const unsigned asked = u32(info, argument), cores = index::all_cores();
  return asked == 0 ? cores : std::min(asked, cores);
}

Napi::Value create_index(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  index::hnsw::Options options;
  options.metric = static_cast<Metric>(u32(info, 5));
  options.m = u32(info, 6);
  options.ef_construction = u32(info, 7);
  options.quantization = static_cast<index::hnsw::Quantization>(u32(info, 8));
  if (u32(info, 5) > 10 || u32(info, 8) > 4 || !HnswIndex::is_valid(options))
    return type_error(info, "createIndex takes a metric from 1 to 10, m from 2 to 100, efConstruction from 4 to 1000 and a quantization that goes with the metric");
  return build_index(info, *engine, [engine, index = u32(info, 2), relation = u32(info, 3), column = u32(info, 4), options, threads = threads_of(info, 9)](storage::Transaction& t) {
    return engine->vectors->create(t, index, relation, column, options, threads);
  });
}

Napi::Value create_ivfflat(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  index::ivfflat::Options options;
  options.metric = static_cast<Metric>(u32(info, 5));
  options.lists = u32(info, 6);
  if (!IvfflatIndex::is_valid(options))
    return type_error(info, "createIvfflat takes the metric l2, inner product, cosine or Hamming and lists from 1 to 32768");
  return build_index(info, *engine, [engine, index = u32(info, 2), relation = u32(info, 3), column = u32(info, 4), options, threads = threads_of(info, 7)](storage::Transaction& t) {
    return engine->ivfflat->create(t, index, relation, column, options, threads);
  });
}

Napi::Value refuse(const Napi::CallbackInfo& info, StatusCode code, const char* message) {
  remember(Status::error(code, message));
  return Napi::Number::New(info.Env(), 0);
}

/// The query's common arguments: vector; greatest distance, limit, predicate, columns, row ids. False when they do not fit the relation.
bool read_query(const Napi::CallbackInfo& info, std::size_t vector, std::size_t limit, const storage::Relation& relation, std::uint32_t column,
                exec::VectorQuery* query) {
  std::span<float> values;
  std::span<std::uint32_t> columns;
  if (column >= relation.column_count() || relation.column(column).type.type != PhysicalType::kVector || !array_of(info[vector], napi_float32_array, &values) ||
      !array_of(info[limit + 2], napi_uint32_array, &columns)) {
    remember(Status::error(StatusCode::kInvalid, "a vector column, a Float32Array and a Uint32Array are expected"));
    return false;
  }
  const std::uint32_t dimensions = relation.column(column).type.dimensions;
  if (values.size() != dimensions) {
    remember(Status::error(StatusCode::kInvalid, "different vector dimensions " + std::to_string(dimensions) + " and " +
                                                     std::to_string(values.size())));
    return false;
  }
  query->values.assign(values.begin(), values.end());
  query->max_distance = info[limit - 1].ToNumber().DoubleValue();  // of any sign, or infinite
  query->limit = u32(info, limit);
  if (info[limit + 1].IsTypedArray()) {
    std::span<std::uint8_t> program;
    if (!array_of(info[limit + 1], napi_uint8_array, &program)) {
      remember(Status::error(StatusCode::kInvalid, "the predicate is a Uint8Array"));
      return false;
    }
    if (Status s = exec::Predicate::parse(program, relation, &query->predicate); !s.is_ok()) {
      remember(std::move(s));
      return false;
    }
  }
  query->columns.assign(columns.begin(), columns.end());
  for (const std::uint32_t c : query->columns)
    if (c >= relation.column_count()) {
      remember(Status::error(StatusCode::kInvalid, "no such column"));
      return false;
    }
  query->with_row_ids = bool_of(info[limit + 3]);
  return true;
}

/// Opens what `make(manager, snapshot)` gives under the transaction's snapshot, or under one of now for xid 0.
template <typename Make>
Napi::Value open_scan(const Napi::CallbackInfo& info, Engine& engine, Make&& make) {
  storage::TransactionManager& manager = *engine.transactions;
  std::unique_ptr<storage::Scan> scan;
  if (number_of(info[1]) == 0) {
    const storage::Snapshot snapshot = manager.acquire_snapshot();
    scan = make(manager, snapshot);
    manager.release_snapshot(snapshot);  // the scan holds its own
  } else {
    storage::Transaction* t = transaction_of(info, engine);
    if (t == nullptr) return Napi::Number::New(info.Env(), 0);
    scan = make(manager, t->snapshot());
  }
  return Napi::Number::New(info.Env(), engine.rows->scans().open(std::move(scan)));
}

Napi::Value search_open(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const std::shared_ptr<HnswIndex> index = engine->vectors->find(u32(info, 2));
  if (!index) return refuse(info, StatusCode::kNotFound, "no such vector index");
  exec::VectorQuery query;
  if (!read_query(info, 3, 7, index->relation(), index->column(), &query)) return Napi::Number::New(info.Env(), 0);
  const std::uint32_t ef = index->effort(u32(info, 4), number_of(info[5]), query.limit);
  return open_scan(info, *engine, [&](storage::TransactionManager& manager, const storage::Snapshot& snapshot) {
    return std::make_unique<exec::HnswScan>(manager, snapshot, index, std::move(query), ef);
  });
}

Napi::Value search_way(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const auto* scan = dynamic_cast<const exec::HnswScan*>(engine->rows->scans().find(u32(info, 1)));
  return scan == nullptr ? info.Env().Null() : Napi::Number::New(info.Env(), static_cast<double>(scan->way()));
}

Napi::Value ivfflat_open(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const std::shared_ptr<IvfflatIndex> index = engine->ivfflat->find(u32(info, 2));
  if (!index) return refuse(info, StatusCode::kNotFound, "no such vector index");
  exec::VectorQuery query;
  if (!read_query(info, 3, 7, index->relation(), index->column(), &query)) return Napi::Number::New(info.Env(), 0);
  const std::uint32_t probes = u32(info, 4), max_probes = u32(info, 5);
  return open_scan(info, *engine, [&](storage::TransactionManager& manager, const storage::Snapshot& snapshot) {
    return std::make_unique<exec::IvfflatScan>(manager, snapshot, index, std::move(query), probes, max_probes);
  });
}

Napi::Value ivfflat_facts(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const std::shared_ptr<IvfflatIndex> index = engine->ivfflat->find(u32(info, 1));
  if (!index) return info.Env().Null();
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("rows", static_cast<double>(index->lists().entry_count()));
  out.Set("bytes", static_cast<double>(index->memory_bytes()));
  return out;
}

Napi::Value exact_open(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const storage::Relation* relation = engine->rows->find(u32(info, 2));
  if (relation == nullptr) return refuse(info, StatusCode::kNotFound, "no such relation");
  const std::uint32_t column = u32(info, 3), metric = u32(info, 4);
  if (metric < 1 || metric > 4) return refuse(info, StatusCode::kInvalid, "no such metric");
  exec::VectorQuery query;
  if (!read_query(info, 5, 7, *relation, column, &query)) return Napi::Number::New(info.Env(), 0);
  return open_scan(info, *engine, [&](storage::TransactionManager& manager, const storage::Snapshot& snapshot) {
    return std::make_unique<exec::ExactVectorScan>(manager, snapshot, *relation, column, static_cast<Metric>(metric), std::move(query));
  });
}

class RecallWorker final : public Napi::AsyncWorker {
 public:
  RecallWorker(Napi::Env env, std::shared_ptr<HnswIndex> index, std::uint32_t ef, std::uint32_t k, std::uint32_t queries)
      : Napi::AsyncWorker(env, "orrery vector recall"), deferred_(Napi::Promise::Deferred::New(env)), index_(std::move(index)), ef_(ef), k_(k),
        queries_(queries) {}
  Napi::Promise promise() const { return deferred_.Promise(); }
  void Execute() override { recall_ = index::hnsw::measure_recall(index_->graph(), ef_, k_, queries_, index::all_cores()); }
  void OnOK() override { deferred_.Resolve(Napi::Number::New(Env(), recall_)); }

 private:
  Napi::Promise::Deferred deferred_;
  const std::shared_ptr<HnswIndex> index_;
  const std::uint32_t ef_, k_, queries_;
  double recall_ = 0;
};

Napi::Value recall(const Napi::CallbackInfo& info) {
  count_crossing();
  const Napi::Env env = info.Env();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return env.Undefined();
  const std::shared_ptr<HnswIndex> index = engine->vectors->find(u32(info, 1));
  if (!index) return env.Null();
  const std::uint32_t k = u32(info, 4), queries = u32(info, 5);
  if (k < 1 || queries < 1) return type_error(info, "recall takes a count and a number of queries from 1 on");
  auto* worker = new RecallWorker(env, index, index->effort(u32(info, 2), number_of(info[3]), k), k, queries);
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

Napi::Value index_facts(const Napi::CallbackInfo& info) {
  count_crossing();
  const Napi::Env env = info.Env();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return env.Undefined();
  const std::shared_ptr<HnswIndex> index = engine->vectors->find(u32(info, 1));
  if (!index) return env.Null();
  const auto facts = index->graph().facts();
  Napi::Object out = Napi::Object::New(env);
  out.Set("rows", static_cast<double>(facts.nodes));
  out.Set("removed", static_cast<double>(facts.removed));
  out.Set("inserted", static_cast<double>(facts.inserted));
  out.Set("loaded", static_cast<double>(facts.loaded));
  out.Set("entryRow", static_cast<double>(facts.entry));
  out.Set("levels", static_cast<double>(facts.levels));
  out.Set("bytes", static_cast<double>(facts.bytes));
  const index::hnsw::RecallProfile recall = index->recall();
  out.Set("probedRows", static_cast<double>(recall.nodes));
  const std::vector<index::hnsw::RecallProfile::Point>& points = recall.points;
  Napi::Array array = Napi::Array::New(env, points.size());
  for (std::uint32_t i = 0; i < points.size(); i++) {
    Napi::Object point = Napi::Object::New(env);
    point.Set("ef", points[i].ef);
    point.Set("at10", points[i].at_10);
    point.Set("at100", points[i].at_100);
    array.Set(i, point);
  }
  out.Set("recall", array);
  return out;
}

}  // namespace

void init_vector(Napi::Env env, Napi::Object exports) {
  Napi::Object vector = Napi::Object::New(env);
  vector.Set("createIndex", Napi::Function::New<create_index>(env, "createIndex"));
  vector.Set("createIvfflat", Napi::Function::New<create_ivfflat>(env, "createIvfflat"));
  vector.Set("ivfflatOpen", Napi::Function::New<ivfflat_open>(env, "ivfflatOpen"));
  vector.Set("ivfflatFacts", Napi::Function::New<ivfflat_facts>(env, "ivfflatFacts"));
  vector.Set("searchOpen", Napi::Function::New<search_open>(env, "searchOpen"));
  vector.Set("searchWay", Napi::Function::New<search_way>(env, "searchWay"));
  vector.Set("exactOpen", Napi::Function::New<exact_open>(env, "exactOpen"));
  vector.Set("recall", Napi::Function::New<recall>(env, "recall"));
  vector.Set("indexFacts", Napi::Function::New<index_facts>(env, "indexFacts"));
  exports.Set("vector", vector);
}
}  // namespace orrery::binding
