// keyspace_binding.cc: exports.keyspace (src/native/keyspace.ts). `run` is the hot call: raw Node-API, no allocation, results in state words.
#include <algorithm>
#include <cstring>

#include "../keyspace/command_statistics.h"
#include "../keyspace/background_free.h"
#include "../keyspace/executor.h"
#include "../keyspace/pubsub.h"
#include "../keyspace/relation_rows.h"
#include "../keyspace/slow_log.h"
#include "../keyspace/transaction.h"
#include "keyspace_sessions.h"

namespace orrery::binding {
namespace {

using keyspace::Session;

Napi::Value define_commands(const Napi::CallbackInfo& info) {
  count_crossing();
  if (!info[0].IsArray()) return type_error(info, "defineCommands takes an array");
  const auto list = info[0].As<Napi::Array>();
  Napi::Array missing = Napi::Array::New(info.Env());
  std::vector<keyspace::Command> commands;
  for (std::uint32_t i = 0; i < list.Length(); i++) {
    const Napi::Value item = list.Get(i);
    if (!item.IsObject()) return type_error(info, "a command is an object");
    const auto entry = item.As<Napi::Object>();
    const auto number = [&](const char* name) {
      std::int32_t n = 0;
      napi_get_value_int32(info.Env(), entry.Get(name), &n);
      return n;
    };
    const Napi::Value name = entry.Get("name");
    if (!name.IsString()) return type_error(info, "a command has a name");
    keyspace::Command c;
    c.name = name.As<Napi::String>().Utf8Value();
    c.arity = number("arity");
    c.flags = static_cast<std::uint32_t>(number("flags"));
    c.keys = {static_cast<std::int16_t>(number("firstKey")), static_cast<std::int16_t>(number("lastKey")), static_cast<std::int16_t>(number("keyStep")),
              static_cast<std::int16_t>(number("keyCountAt"))};
    if (bool_of(entry.Get("native"))) {
      c.body = keyspace::CommandTable::body_named(c.name);
      if (c.body == nullptr) missing.Set(missing.Length(), Napi::String::New(info.Env(), c.name));
    }
    commands.push_back(std::move(c));
  }
  keyspace::CommandTable::instance().define(std::move(commands));
  return missing;
}

Napi::Value attach(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  std::span<std::uint8_t> output;
  std::span<double> state;
  if (!array_of(info[1], napi_uint8_array, &output) || !array_of(info[2], napi_float64_array, &state) || state.size() < kStateWords)
    return type_error(info, "attach takes an output Uint8Array and a state Float64Array");
  auto* thread = new Thread{Thread::kMark, live_engine_of(info), listener_of(info), output.data(), output.size(), state.data(), {}, {}, {}};
  thread->output_reference = Napi::Persistent(info[1].As<Napi::Object>());
  thread->state_reference = Napi::Persistent(info[2].As<Napi::Object>());
  thread->engine_reference = Napi::Persistent(info[0]);
  return Napi::External<Thread>::New(info.Env(), thread, [](Napi::Env, Thread* t) { delete t; });
}

Napi::Value set_output(const Napi::CallbackInfo& info) {
  count_crossing();
  Thread* thread = thread_of(info);
  if (thread == nullptr) return info.Env().Undefined();
  std::span<std::uint8_t> output;
  if (!array_of(info[1], napi_uint8_array, &output)) return type_error(info, "the output is a Uint8Array");
  thread->output = output.data();
  thread->output_size = output.size();
  thread->output_reference = Napi::Persistent(info[1].As<Napi::Object>());
  return info.Env().Undefined();
}

/// waitForKey(thread, token, database, key) and forgetKey(thread, database, key).
Napi::Value wait_for_key(const Napi::CallbackInfo& info) {
  count_crossing();
  if (Thread* thread = thread_of(info); thread != nullptr)
    thread->engine()->keyspace->waiters.wait(thread->listener, static_cast<std::uint64_t>(number_of(info[1])),
                                             keyspace::qualified(static_cast<std::uint8_t>(u32_of(info[2])), bytes_of(info[3])));
  return info.Env().Undefined();
}
Napi::Value forget_key(const Napi::CallbackInfo& info) {
  count_crossing();
  if (Thread* thread = thread_of(info); thread != nullptr)
    thread->engine()->keyspace->waiters.forget(thread->listener, keyspace::qualified(static_cast<std::uint8_t>(u32_of(info[1])), bytes_of(info[2])));
  return info.Env().Undefined();
}
/// Databases and keys in turn.
Napi::Value take_changed_keys(const Napi::CallbackInfo& info) {
  count_crossing();
  Thread* thread = thread_of(info);
  if (thread == nullptr) return info.Env().Undefined();
  Napi::Array out = Napi::Array::New(info.Env());
  for (const std::string& name : thread->engine()->keyspace->waiters.take(thread->listener)) {
    out.Set(out.Length(), Napi::Number::New(info.Env(), static_cast<std::uint8_t>(name[0])));
    out.Set(out.Length(), bytes_value(info.Env(), std::string_view(name).substr(1)));
  }
  return out;
}

Napi::Value open_session(const Napi::CallbackInfo& info) {
  count_crossing();
  Thread* thread = thread_of(info);
  if (thread == nullptr) return info.Env().Undefined();
  auto* s = new NativeSession();
  s->thread = thread;
  s->waiter = (1ull << 52) | (thread->listener << 32) | static_cast<std::uint64_t>(thread->next_session++);
  s->thread_reference = Napi::Persistent(info[0].As<Napi::Object>());
  return Napi::External<NativeSession>::New(info.Env(), s, [](Napi::Env, NativeSession* n) { delete n; });
}

Napi::Value close_session(const Napi::CallbackInfo& info) {
  count_crossing();
  NativeSession* s = session_of(info);
  if (s == nullptr) return info.Env().Undefined();
  keyspace::Executor executor(*s->thread->engine()->keyspace);
  executor.unwatch(s->session);
  s->thread->engine()->transactions->cancel_wait(s->waiter);
  s->closed = true;
  return info.Env().Undefined();
}

Napi::Value configure(const Napi::CallbackInfo& info) {
  count_crossing();
  NativeSession* s = session_of(info);
  if (s == nullptr) return info.Env().Undefined();
  const std::uint32_t flags = u32_of(info[1]);
  s->session.every_command_stops = (flags & 1) != 0;
  s->session.unauthenticated = (flags & 2) != 0;
  s->session.reply.resp3 = (flags & 4) != 0;
  s->session.tracks_reads = (flags & 8) != 0;
  s->session.replicates = (flags & 16) != 0;
  s->session.no_touch = (flags & 32) != 0;
  s->session.db = static_cast<std::uint8_t>(std::min(u32_of(info[2]), keyspace::kDatabaseCount - 1));
  return info.Env().Undefined();
}

napi_value run(napi_env env, napi_callback_info info) {
  count_crossing();
  napi_value argv[5];
  std::size_t argc = 5;
  NativeSession* s = nullptr;
  void* data = nullptr;
  std::size_t length = 0;
  double start = 0, end = 0, limit = 0;
  if (napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr) != napi_ok || argc < 5 || (s = handle_of<NativeSession>(env, argv[0])) == nullptr ||
      napi_get_typedarray_info(env, argv[1], nullptr, &length, &data, nullptr, nullptr) != napi_ok || napi_get_value_double(env, argv[2], &start) != napi_ok ||
      napi_get_value_double(env, argv[3], &end) != napi_ok || napi_get_value_double(env, argv[4], &limit) != napi_ok || !(start >= 0) || !(start <= end) ||
      !(end <= static_cast<double>(length)) || !(limit >= 0) || s->closed || s->thread->engine() == nullptr) {
    napi_throw_type_error(env, nullptr, "run(session, input, start, end, outputLimit)");
    return nullptr;
  }
  keyspace::Executor executor(*s->thread->engine()->keyspace);
  s->session.thread_stops = s->thread->state[kAllStop] != 0;
  const auto first = static_cast<std::size_t>(start);
  const keyspace::RunResult r = executor.run(s->session, static_cast<const char*>(data) + first, static_cast<std::size_t>(end) - first, static_cast<std::size_t>(limit), &s->frame);
  double* state = s->thread->state;
  publish_output(*s);
  state[kConsumed] = start + static_cast<double>(r.consumed);
  state[kWaitXid] = static_cast<double>(r.wait_xid);
  state[kFrameBytes] = static_cast<double>(r.frame_bytes);
  state[kNeed] = static_cast<double>(r.need);
  state[kCommands] = r.commands;
  napi_value result;
  napi_create_uint32(env, static_cast<std::uint32_t>(r.stop), &result);
  return result;
}

Napi::Value execute(const Napi::CallbackInfo& info) {
  count_crossing();
  NativeSession* s = session_of(info);
  if (s == nullptr) return info.Env().Undefined();
  if (!info[1].IsArray() || info[1].As<Napi::Array>().Length() > kMaxArguments) return type_error(info, "the arguments are an array");
  const auto list = info[1].As<Napi::Array>();
  std::vector<std::string_view> args;
  for (std::uint32_t i = 0; i < list.Length(); i++) args.push_back(bytes_of(list.Get(i)));
  storage::Xid wait_xid = 0;
  keyspace::Executor executor(*s->thread->engine()->keyspace);
  const keyspace::Outcome outcome = args.empty() ? keyspace::Outcome::kTypeScript : executor.execute(s->session, args, keyspace::now_millis(), &wait_xid);
  if (outcome == keyspace::Outcome::kDone) s->thread->engine()->keyspace->commands.fetch_add(1, std::memory_order_relaxed);
  publish_output(*s);
  s->thread->state[kWaitXid] = static_cast<double>(wait_xid);
  const auto stop = outcome == keyspace::Outcome::kDone ? keyspace::Stop::kEnd : outcome == keyspace::Outcome::kWait ? keyspace::Stop::kWait : keyspace::Stop::kTypeScript;
  return Napi::Number::New(info.Env(), static_cast<double>(stop));
}

/// The same for arguments in memory that is not JavaScript's (a script's): `count` pairs (u32 offset, u32 length) at `offset` of `memory`.
napi_value execute_at(napi_env env, napi_callback_info info) {
  count_crossing();
  napi_value argv[4];
  std::size_t argc = 4;
  NativeSession* s = nullptr;
  void* data = nullptr;
  std::size_t length = 0;
  std::uint32_t offset = 0, count = 0;
  if (napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr) != napi_ok || argc < 4 || (s = handle_of<NativeSession>(env, argv[0])) == nullptr ||
      napi_get_typedarray_info(env, argv[1], nullptr, &length, &data, nullptr, nullptr) != napi_ok || napi_get_value_uint32(env, argv[2], &offset) != napi_ok ||
      napi_get_value_uint32(env, argv[3], &count) != napi_ok || count == 0 || count > kMaxArguments || s->closed || s->thread->engine() == nullptr ||
      offset % 4 != 0 || std::uint64_t{offset} + std::uint64_t{count} * 8 > length) {
    napi_throw_type_error(env, nullptr, "executeAt(session, memory, offset, count)");
    return nullptr;
  }
  thread_local std::vector<std::string_view> args;
  args.clear();
  const auto* bytes = static_cast<const char*>(data);
  for (std::uint32_t i = 0; i < count; i++) {
    std::uint32_t pair[2];
    std::memcpy(pair, bytes + offset + i * 8, sizeof pair);
    if (std::uint64_t{pair[0]} + pair[1] > length) {
      napi_throw_type_error(env, nullptr, "an argument is outside of the memory");
      return nullptr;
    }
    args.emplace_back(bytes + pair[0], pair[1]);
  }
  storage::Xid wait_xid = 0;
  keyspace::Executor executor(*s->thread->engine()->keyspace);
  const keyspace::Outcome outcome = executor.execute_counted(s->session, args, keyspace::now_millis(), &wait_xid);
  if (outcome == keyspace::Outcome::kDone) s->thread->engine()->keyspace->commands.fetch_add(1, std::memory_order_relaxed);
  publish_output(*s);
  s->thread->state[kWaitXid] = static_cast<double>(wait_xid);
  const auto stop = outcome == keyspace::Outcome::kDone ? keyspace::Stop::kEnd : outcome == keyspace::Outcome::kWait ? keyspace::Stop::kWait : keyspace::Stop::kTypeScript;
  napi_value result;
  napi_create_uint32(env, static_cast<std::uint32_t>(stop), &result);
  return result;
}

Napi::Value take_output(const Napi::CallbackInfo& info) {
  count_crossing();
  NativeSession* s = session_of(info);
  if (s == nullptr) return info.Env().Undefined();
  Napi::Value bytes = bytes_value(info.Env(), {s->session.reply.data(), s->session.reply.size()});
  s->session.reply.clear();
  return bytes;
}

Napi::Value watch(const Napi::CallbackInfo& info) {
  count_crossing();
  NativeSession* s = session_of(info);
  if (s != nullptr) keyspace::Executor(*s->thread->engine()->keyspace).watch(s->session, bytes_of(info[1]));
  return info.Env().Undefined();
}
Napi::Value unwatch(const Napi::CallbackInfo& info) {
  count_crossing();
  NativeSession* s = session_of(info);
  if (s != nullptr) keyspace::Executor(*s->thread->engine()->keyspace).unwatch(s->session);
  return info.Env().Undefined();
}
Napi::Value begin_exclusive(const Napi::CallbackInfo& info) {
  count_crossing();
  NativeSession* s = session_of(info);
  if (s == nullptr) return info.Env().Undefined();
  storage::Xid wait_xid = 0;
  const bool intact = keyspace::Executor(*s->thread->engine()->keyspace).begin_exclusive(s->session, bool_of(info[1]), &wait_xid, bool_of(info[2]));
  s->thread->state[kWaitXid] = static_cast<double>(wait_xid);
  return Napi::Number::New(info.Env(), !intact ? 2 : wait_xid == keyspace::kBusy ? 3 : wait_xid != 0 ? 1 : 0);
}
Napi::Value yield_exclusive(const Napi::CallbackInfo& info) {
  count_crossing();
  NativeSession* s = session_of(info);
  if (s != nullptr) keyspace::Executor(*s->thread->engine()->keyspace).yield_exclusive(s->session);
  return info.Env().Undefined();
}
Napi::Value is_busy(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  return Napi::Boolean::New(info.Env(), engine->keyspace->busy() != nullptr);
}
/// Replaces the effects' order by nothing: what the session has changed under exclusivity, in bytes (0: a script may still be killed).
Napi::Value pending_effects(const Napi::CallbackInfo& info) {
  count_crossing();
  NativeSession* s = session_of(info);
  if (s == nullptr) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(s->session.effects.size()));
}
Napi::Value end_exclusive(const Napi::CallbackInfo& info) {
  count_crossing();
  NativeSession* s = session_of(info);
  if (s == nullptr) return info.Env().Undefined();
  const storage::Lsn before = s->session.lsn;
  if (!keyspace::Executor(*s->thread->engine()->keyspace).end_exclusive(s->session)) return Napi::Number::New(info.Env(), -1.0);
  return Napi::Number::New(info.Env(), s->session.lsn == before ? 0.0 : static_cast<double>(s->session.lsn));
}
Napi::Value wait_for(const Napi::CallbackInfo& info) {
  count_crossing();
  NativeSession* s = session_of(info);
  if (s == nullptr) return info.Env().Undefined();
  const auto xid = static_cast<storage::Xid>(number_of(info[1]));
  const auto token = static_cast<std::uint64_t>(number_of(info[2]));
  Engine* engine = s->thread->engine();
  // A RESP session waits for one transaction and holds nothing: it closes no cycle.
  const bool waits =
      engine->transactions->wait_for(s->waiter, xid, [engine, listener = s->thread->listener, token] { engine->events.post(listener, Event::wait_over(token)); });
  return Napi::Number::New(info.Env(), waits ? 1 : 0);
}
Napi::Value cancel_wait(const Napi::CallbackInfo& info) {
  count_crossing();
  NativeSession* s = session_of(info);
  if (s != nullptr) s->thread->engine()->transactions->cancel_wait(s->waiter);
  return info.Env().Undefined();
}

Napi::Value expire_some(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(engine->keyspace->expire_some(keyspace::now_millis(), u32_of(info[1]))));
}
Napi::Value database_sizes(const Napi::CallbackInfo& info) {
  count_crossing();
  NativeSession* s = session_of(info);
  if (s == nullptr) return info.Env().Undefined();
  Napi::Array out = Napi::Array::New(info.Env());
  for (const auto& size : s->thread->engine()->keyspace->sizes(s->session.exclusive)) {
    out.Set(out.Length(), Napi::Number::New(info.Env(), static_cast<double>(size.keys)));
    out.Set(out.Length(), Napi::Number::New(info.Env(), static_cast<double>(size.expiring)));
  }
  return out;
}
Napi::Value counters(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  keyspace::Keyspace& k = *engine->keyspace;
  Napi::Object out = Napi::Object::New(info.Env());
  const auto put = [&](const char* name, double v) { out.Set(name, Napi::Number::New(info.Env(), v)); };
  put("commands", static_cast<double>(k.commands.load()));
  put("hits", static_cast<double>(k.hits.load()));
  put("misses", static_cast<double>(k.misses.load()));
  put("expired", static_cast<double>(k.expired.load()));
  put("evicted", static_cast<double>(k.evicted.load()));
  put("changes", static_cast<double>(k.changes.load()));
  put("memory", static_cast<double>(keyspace::used_memory().load()));
  put("lazilyFreed", static_cast<double>(keyspace::lazily_freed()));
  put("waitingToBeFreed", static_cast<double>(keyspace::waiting_to_be_freed()));
  return out;
}
Napi::Value limit(const Napi::CallbackInfo& info) {
  count_crossing();
  keyspace::Limits& l = keyspace::limits();
  std::atomic<std::uint32_t>* all[] = {&l.hash_max_packed_entries, &l.hash_max_packed_value, &l.set_max_intset_entries, &l.zset_max_packed_entries, &l.zset_max_packed_value,
                                       nullptr, &l.stream_node_max_bytes, &l.stream_node_max_entries, &l.hll_sparse_max_bytes, &l.maxmemory_samples, &l.lfu_log_factor,
                                       &l.lfu_decay_time};
  constexpr std::uint32_t kMaxMemory = 5, kCount = 12, kPolicy = 12, kListSize = 13;
  const std::uint32_t which = u32_of(info[0]);
  double value = -1;
  napi_get_value_double(info.Env(), info[1], &value);
  if (which == kMaxMemory) {
    if (value >= 0) l.max_memory = static_cast<std::uint64_t>(std::min(value, 9007199254740991.0));
    return Napi::Number::New(info.Env(), static_cast<double>(l.max_memory.load()));
  }
  if (which == kPolicy) {
    if (value >= 0) l.policy = static_cast<keyspace::Eviction>(std::min(value, 7.0));
    return Napi::Number::New(info.Env(), static_cast<double>(l.policy.load()));
  }
  // The list's size may be negative, so it is given with 10 more.
  if (which == kListSize) {
    if (value >= 0) l.list_max_packed_size = static_cast<std::int32_t>(std::min(value, 2147483647.0)) - 10;
    return Napi::Number::New(info.Env(), static_cast<double>(l.list_max_packed_size.load()) + 10);
  }
  if (which >= kCount) {
    Napi::TypeError::New(info.Env(), "no such limit").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  if (value >= 0) *all[which] = static_cast<std::uint32_t>(std::min(value, 4294967295.0));
  return Napi::Number::New(info.Env(), all[which]->load());
}

/// Gives free memory back to the system.
Napi::Value trim_memory(const Napi::CallbackInfo& info) {
  count_crossing();
  return Napi::Boolean::New(info.Env(), malloc_trim(0) != 0);
}

Napi::Value exec_in_transaction(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  storage::Transaction* t = engine->transactions->find(static_cast<storage::Xid>(number_of(info[1])));
  if (t == nullptr) {
    Napi::TypeError::New(info.Env(), "no such transaction").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  if (t->participant(storage::ParticipantSlot::kKeys) == nullptr)
    t->attach(storage::ParticipantSlot::kKeys, std::make_unique<keyspace::KeyTransaction>(*engine->keyspace, t->xid()));
  auto* keys = static_cast<keyspace::KeyTransaction*>(t->participant(storage::ParticipantSlot::kKeys));
  if (!info[2].IsArray()) return type_error(info, "the arguments are an array");
  const auto list = info[2].As<Napi::Array>();
  if (list.Length() == 0 || list.Length() > kMaxArguments) return type_error(info, "the arguments are a command and what it takes");
  std::vector<std::string> owned(list.Length());
  std::vector<std::string_view> args;
  for (std::uint32_t i = 0; i < list.Length(); i++) {
    const Napi::Value v = list.Get(i);
    if (v.IsString()) {
      owned[i] = v.As<Napi::String>().Utf8Value();
      args.push_back(owned[i]);
    } else {
      args.push_back(bytes_of(v));
    }
  }
  Session session;
  wire::RespWriter reply;
  if (Status status = keys->execute(session, reply, t->effects(), args); !status.is_ok()) return status_value(info, std::move(status));
  return bytes_value(info.Env(), {reply.data(), reply.size()});
}

Napi::Value new_subscriber(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(engine->pubsub->add_subscriber(listener_of(info))));
}
keyspace::ChannelKind kind_of(const Napi::Value& v) { return static_cast<keyspace::ChannelKind>(std::min(u32_of(v), 2u)); }
std::uint64_t subscriber_of(const Napi::CallbackInfo& info) { return static_cast<std::uint64_t>(number_of(info[1])); }
Napi::Value subscribe(const Napi::CallbackInfo& info) {
  count_crossing();
  if (Engine* engine = engine_of(info)) engine->pubsub->subscribe(subscriber_of(info), bytes_of(info[2]), kind_of(info[3]));
  return info.Env().Undefined();
}
Napi::Value unsubscribe(const Napi::CallbackInfo& info) {
  count_crossing();
  if (Engine* engine = engine_of(info)) engine->pubsub->unsubscribe(subscriber_of(info), bytes_of(info[2]), kind_of(info[3]));
  return info.Env().Undefined();
}
Napi::Value remove_subscriber(const Napi::CallbackInfo& info) {
  count_crossing();
  if (Engine* engine = engine_of(info)) engine->pubsub->remove_subscriber(subscriber_of(info));
  return info.Env().Undefined();
}
Napi::Value publish(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const std::string_view command[] = {bool_of(info[3]) ? "SPUBLISH" : "PUBLISH", bytes_of(info[1]), bytes_of(info[2])};
  engine->replication.append(command);
  return Napi::Number::New(info.Env(), static_cast<double>(engine->pubsub->publish(command[1], command[2], bool_of(info[3]))));
}
Napi::Value channels(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const std::string_view pattern = bytes_of(info[1]);
  Napi::Array out = Napi::Array::New(info.Env());
  for (const std::string& c : engine->pubsub->channels(info[1].IsTypedArray() ? &pattern : nullptr, bool_of(info[2]))) out.Set(out.Length(), bytes_value(info.Env(), c));
  return out;
}
Napi::Value subscriber_count(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(engine->pubsub->subscriber_count(bytes_of(info[1]), bool_of(info[2]))));
}
Napi::Value pattern_count(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(engine->pubsub->pattern_count()));
}

/// The keys of the transaction whose xid is the second argument; nullptr when it has none or the xid is 0.
keyspace::KeyTransaction* key_transaction(const Napi::CallbackInfo& info, Engine* engine) {
  const auto xid = static_cast<storage::Xid>(number_of(info[1]));
  storage::Transaction* t = xid == 0 ? nullptr : engine->transactions->find(xid);
  return t == nullptr ? nullptr : static_cast<keyspace::KeyTransaction*>(t->participant(storage::ParticipantSlot::kKeys));
}

Napi::Value relation_rows(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const std::string_view key = bytes_of(info[4]), member = bytes_of(info[5]);
  auto cursor = static_cast<std::uint64_t>(number_of(info[3]));
  const std::vector<std::uint8_t> block =
      keyspace::relation_rows(*engine->keyspace, key_transaction(info, engine), static_cast<keyspace::KeyRelation>(u32_of(info[2])), &cursor, info[4].IsTypedArray() ? &key : nullptr,
                              info[5].IsTypedArray() ? &member : nullptr);
  Napi::Array out = Napi::Array::New(info.Env(), 2);
  out.Set(0u, Napi::Number::New(info.Env(), static_cast<double>(cursor)));
  out.Set(1u, Napi::Buffer<std::uint8_t>::Copy(info.Env(), block.data(), block.size()));
  return out;
}

Napi::Value relation_range(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const std::string_view lower = bytes_of(info[3]), upper = bytes_of(info[4]);
  keyspace::KeyRange range;
  if (info[3].IsTypedArray()) range.lower = &lower;
  if (info[4].IsTypedArray()) range.upper = &upper;
  range.backward = bool_of(info[5]);
  std::optional<std::string> after;
  if (info[6].IsTypedArray()) after.emplace(bytes_of(info[6]));
  const std::vector<std::uint8_t> block = keyspace::relation_range(*engine->keyspace, key_transaction(info, engine), static_cast<keyspace::KeyRelation>(u32_of(info[2])),
                                                                   range, &after, u32_of(info[7]));
  Napi::Array out = Napi::Array::New(info.Env(), 2);
  out.Set(0u, after.has_value() ? Napi::Value(bytes_value(info.Env(), *after)) : Napi::Value(info.Env().Null()));
  out.Set(1u, Napi::Buffer<std::uint8_t>::Copy(info.Env(), block.data(), block.size()));
  return out;
}
/// Tells whether keys are kept in order; with a second argument, sets it.
Napi::Value ordered_keys(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  if (info[1].IsBoolean()) engine->keyspace->set_ordered_keys(bool_of(info[1]));
  return Napi::Boolean::New(info.Env(), engine->keyspace->ordered_keys());
}

}  // namespace

void init_keyspace(Napi::Env env, Napi::Object exports) {
  Napi::Object k = Napi::Object::New(env);
  napi_value hot;
  napi_create_function(env, "run", NAPI_AUTO_LENGTH, run, nullptr, &hot);
  k.Set("run", Napi::Value(env, hot));
  const auto add = [&](const char* name, auto function) { k.Set(name, Napi::Function::New(env, function, name)); };
  add("defineCommands", define_commands);
  add("attach", attach);
  add("setOutput", set_output);
  add("waitForKey", wait_for_key);
  add("forgetKey", forget_key);
  add("takeChangedKeys", take_changed_keys);
  add("openSession", open_session);
  add("closeSession", close_session);
  add("configure", configure);
  napi_create_function(env, "executeAt", NAPI_AUTO_LENGTH, execute_at, nullptr, &hot);
  k.Set("executeAt", Napi::Value(env, hot));
  add("execute", execute);
  add("yieldExclusive", yield_exclusive);
  add("isBusy", is_busy);
  add("pendingEffects", pending_effects);
  init_keyspace_sessions(k);
  add("takeOutput", take_output);
  add("watch", watch);
  add("unwatch", unwatch);
  add("beginExclusive", begin_exclusive);
  add("endExclusive", end_exclusive);
  add("waitFor", wait_for);
  add("cancelWait", cancel_wait);
  add("expireSome", expire_some);
  add("databaseSizes", database_sizes);
  add("counters", counters);
  add("limit", limit);
  add("execInTransaction", exec_in_transaction);
  add("newSubscriber", new_subscriber);
  add("subscribe", subscribe);
  add("unsubscribe", unsubscribe);
  add("removeSubscriber", remove_subscriber);
  add("publish", publish);
  add("channels", channels);
  add("subscriberCount", subscriber_count);
  add("patternCount", pattern_count);
  add("relationRows", relation_rows);
  add("relationRange", relation_range);
  add("orderedKeys", ordered_keys);
  add("trimMemory", trim_memory);
  init_rdb(env, k);
  init_replication(k);
  exports.Set("keyspace", k);
}
}  // namespace orrery::binding
