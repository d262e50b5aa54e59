// replication_binding.cc: exports.keyspace, part: the stream to replicas and the stream from a primary (src/native/replication.ts).
#include "../keyspace/replica_apply.h"
#include "../keyspace/replica_snapshot.h"
#include "keyspace_sessions.h"

namespace orrery::binding {
namespace {

Napi::Value number(Napi::Env env, std::uint64_t v) { return Napi::Number::New(env, static_cast<double>(v)); }

keyspace::RdbContents contents_of(const Napi::Value& whole) { return bool_of(whole) ? keyspace::RdbContents::kWhole : keyspace::RdbContents::kRedis7; }

Napi::Object replica_object(Napi::Env env, const keyspace::ReplicationFeed::Replica& r) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("id", number(env, r.id));
  out.Set("position", number(env, r.position));
  out.Set("acknowledged", number(env, r.acknowledged));
  out.Set("acknowledgedMillis", Napi::Number::New(env, static_cast<double>(r.acknowledged_ms)));
  out.Set("address", Napi::String::New(env, r.address));
  out.Set("streaming", Napi::Boolean::New(env, r.streaming));
  out.Set("leftOut", number(env, r.left_out));
  return out;
}

class SnapshotWorker final : public Napi::AsyncWorker {
 public:
  SnapshotWorker(Napi::Env env, EnginePtr engine, ListenerId listener, std::uint64_t token, std::string address, keyspace::RdbContents contents)
      : Napi::AsyncWorker(env, "orrery replica snapshot"), deferred_(Napi::Promise::Deferred::New(env)), engine_(std::move(engine)), listener_(listener), token_(token),
        address_(std::move(address)), contents_(contents) {}
  Napi::Promise promise() const { return deferred_.Promise(); }
  void Execute() override {
    snapshot_ = keyspace::take_replica_snapshot(*engine_->keyspace, *engine_->transactions, engine_->replication, listener_, token_, address_, contents_);
  }
  void OnOK() override {
    Napi::Object out = replica_object(Env(), snapshot_.replica);
    Napi::Array parts = Napi::Array::New(Env());
    for (std::string& part : snapshot_.parts) {
      auto* kept = new std::string(std::move(part));
      parts.Set(parts.Length(), Napi::Buffer<char>::New(Env(), kept->data(), kept->size(), [](Napi::Env, char*, std::string* s) { delete s; }, kept));
    }
    out.Set("parts", parts);
    out.Set("timedHashes", number(Env(), snapshot_.timed_hashes));
    out.Set("vectorSets", number(Env(), snapshot_.vector_sets));
    deferred_.Resolve(out);
  }

 private:
  Napi::Promise::Deferred deferred_;
  EnginePtr engine_;
  ListenerId listener_;
  std::uint64_t token_;
  std::string address_;
  keyspace::RdbContents contents_;
  keyspace::ReplicaSnapshot snapshot_;
};

/// snapshotForReplica(engine, token, address, whole): a promise
Napi::Value snapshot_for_replica(const Napi::CallbackInfo& info) {
  count_crossing();
  EnginePtr engine = shared_engine_of(info);
  if (!engine) return info.Env().Undefined();
  if (!info[2].IsString()) return type_error(info, "snapshotForReplica(engine, token, address, whole)");
  auto* worker = new SnapshotWorker(info.Env(), std::move(engine), listener_of(info), static_cast<std::uint64_t>(number_of(info[1])), info[2].As<Napi::String>().Utf8Value(), contents_of(info[3]));
  const Napi::Promise promise = worker->promise();  // it deletes itself when done
  worker->Queue();
  return promise;
}

/// continueReplica(engine, history, offset, token, address, whole): the replica, or null
Napi::Value continue_replica(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  if (!info[1].IsString() || !info[4].IsString()) return type_error(info, "continueReplica(engine, history, offset, token, address, whole)");
  keyspace::ReplicationFeed::Replica replica;
  if (!engine->replication.attach_at(info[1].As<Napi::String>().Utf8Value(), static_cast<std::uint64_t>(number_of(info[2])), listener_of(info),
                                     static_cast<std::uint64_t>(number_of(info[3])), info[4].As<Napi::String>().Utf8Value(), contents_of(info[5]), &replica))
    return info.Env().Null();
  return replica_object(info.Env(), replica);
}

Napi::Value detach_replica(const Napi::CallbackInfo& info) {
  count_crossing();
  if (Engine* engine = engine_of(info)) engine->replication.detach(static_cast<std::uint64_t>(number_of(info[1])));
  return info.Env().Undefined();
}

/// readReplica(engine, replica, buffer)
Napi::Value read_replica(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  std::span<std::uint8_t> buffer;
  if (!array_of(info[2], napi_uint8_array, &buffer)) return type_error(info, "readReplica(engine, replica, buffer)");
  return Napi::Number::New(info.Env(), static_cast<double>(engine->replication.read(static_cast<std::uint64_t>(number_of(info[1])),
                                                                                   {reinterpret_cast<char*>(buffer.data()), buffer.size()})));
}

/// acknowledgeReplica(engine, replica, offset)
Napi::Value acknowledge_replica(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  engine->replication.acknowledge(static_cast<std::uint64_t>(number_of(info[1])), static_cast<std::uint64_t>(number_of(info[2])), keyspace::now_millis());
  return info.Env().Undefined();
}

/// appendToReplicas(engine, args)
Napi::Value append_to_replicas(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  if (!info[1].IsArray() || info[1].As<Napi::Array>().Length() > kMaxArguments) return type_error(info, "the arguments are an array");
  const auto list = info[1].As<Napi::Array>();
  std::vector<std::string_view> args;
  for (std::uint32_t i = 0; i < list.Length(); i++) args.push_back(bytes_of(list.Get(i)));
  engine->replication.append(args);
  return info.Env().Undefined();
}

Napi::Value replication_state(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const Napi::Env env = info.Env();
  const auto s = engine->replication.state();
  Napi::Object out = Napi::Object::New(env);
  out.Set("id", Napi::String::New(env, s.id));
  out.Set("firstOffset", number(env, s.first_offset));
  out.Set("endOffset", number(env, s.end_offset));
  out.Set("backlogBytes", number(env, s.backlog_bytes));
  out.Set("active", Napi::Boolean::New(env, s.active));
  Napi::Array replicas = Napi::Array::New(env);
  for (const auto& r : s.replicas) replicas.Set(replicas.Length(), replica_object(env, r));
  out.Set("replicas", replicas);
  return out;
}

/// configureReplication(engine, backlogBytes, outputLimitBytes)
Napi::Value configure_replication(const Napi::CallbackInfo& info) {
  count_crossing();
  if (Engine* engine = engine_of(info))
    engine->replication.configure(static_cast<std::uint64_t>(number_of(info[1])), static_cast<std::uint64_t>(number_of(info[2])));
  return info.Env().Undefined();
}

/// endHistory(engine, how): 0 when nobody follows, 1 in any case, 2 only a new id
Napi::Value end_history(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  if (const std::uint32_t how = u32_of(info[1]); how == 2) engine->replication.change_id();
  else engine->replication.stop(how == 1);
  return info.Env().Undefined();
}

/// setReplica(engine, replica, refusesWrites)
Napi::Value set_replica(const Napi::CallbackInfo& info) {
  count_crossing();
  if (Engine* engine = engine_of(info)) engine->keyspace->set_replica(bool_of(info[1]), bool_of(info[2]));
  return info.Env().Undefined();
}

struct StreamHandle {
  static constexpr HandleMark kMark = HandleMark::kReplicaStream;
  HandleMark mark = kMark;
  keyspace::ReplicaStream stream;
};

Napi::Value open_stream(const Napi::CallbackInfo& info) {
  count_crossing();
  return Napi::External<StreamHandle>::New(info.Env(), new StreamHandle(), [](Napi::Env, StreamHandle* h) { delete h; });
}

/// applyStream(session, stream, input, history, offset)
Napi::Value apply_stream(const Napi::CallbackInfo& info) {
  count_crossing();
  NativeSession* s = session_of(info);
  if (s == nullptr) return info.Env().Undefined();
  const Napi::Env env = info.Env();
  auto* handle = handle_of<StreamHandle>(env, info[1]);
  std::span<std::uint8_t> input;
  if (handle == nullptr || !array_of(info[2], napi_uint8_array, &input) || !info[3].IsString()) return type_error(info, "applyStream(session, stream, input, history, offset)");
  const auto applied = keyspace::apply_stream(*s->thread->engine()->keyspace, s->session, handle->stream, {reinterpret_cast<const char*>(input.data()), input.size()},
                                              info[3].As<Napi::String>().Utf8Value(), static_cast<std::uint64_t>(number_of(info[4])));
  Napi::Object out = Napi::Object::New(env);
  out.Set("stop", number(env, static_cast<std::uint64_t>(applied.stop)));
  out.Set("consumed", number(env, applied.consumed));
  out.Set("frameBytes", number(env, applied.frame_bytes));
  out.Set("waitXid", number(env, applied.wait_xid));
  out.Set("lsn", number(env, s->session.lsn));
  out.Set("database", number(env, s->session.db));
  out.Set("errors", number(env, applied.errors));
  out.Set("error", Napi::String::New(env, applied.error));
  Napi::Array deferred = Napi::Array::New(env);
  for (const auto& [offset, length] : applied.deferred) {
    deferred.Set(deferred.Length(), number(env, offset));
    deferred.Set(deferred.Length(), number(env, length));
  }
  out.Set("deferred", deferred);
  return out;
}

}  // namespace

void init_replication(Napi::Object k) {
  const auto add = [&](const char* name, auto function) { k.Set(name, Napi::Function::New(k.Env(), function, name)); };
  add("snapshotForReplica", snapshot_for_replica);
  add("continueReplica", continue_replica);
  add("detachReplica", detach_replica);
  add("readReplica", read_replica);
  add("acknowledgeReplica", acknowledge_replica);
  add("appendToReplicas", append_to_replicas);
  add("replicationState", replication_state);
  add("configureReplication", configure_replication);
  add("endHistory", end_history);
  add("setReplica", set_replica);
  add("openStream", open_stream);
  add("applyStream", apply_stream);
}

}  // namespace orrery::binding
