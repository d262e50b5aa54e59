// io_binding.cc: exports.io (src/native/io.ts): connections on I/O threads, as their JavaScript thread sees them.
#include <netinet/in.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "../io/poller.h"
#include "../io/pg_conditions.h"
#include "../io/pg_inputs.h"
#include "../io/pg_values.h"
#include "../io/pool.h"
#include "engine.h"
#include "engine_rooms.h"
#include "point_handle.h"

namespace orrery::binding {
namespace {

/// One JavaScript thread's connections. The connections' map is that thread's own.
struct IoHub {
  static constexpr HandleMark kMark = HandleMark::kIoHub;
  HandleMark mark = kMark;
  Engine* const* live;
  std::shared_ptr<io::Hub> hub = std::make_shared<io::Hub>();
  std::unordered_map<std::uint64_t, std::shared_ptr<io::Connection>> connections;
  napi_env env = nullptr;
  napi_threadsafe_function function = nullptr;
  Napi::Reference<Napi::Value> engine_reference;

  /// No event comes any more, and no connection is left.
  void detach() {
    hub->listen({});
    for (const auto& [id, connection] : connections) connection->destroy();
    connections.clear();
    if (function != nullptr) (void)napi_release_threadsafe_function(function, napi_tsfn_abort);
    function = nullptr;
  }
};

void on_environment_end(void* data) { static_cast<IoHub*>(data)->detach(); }

IoHub* hub_of(const Napi::CallbackInfo& info) {
  if (auto* h = handle_of<IoHub>(info.Env(), info[0]); h != nullptr && h->function != nullptr) return h;
  type_error(info, "an attached hub is expected");
  return nullptr;
}

/// A connection that is gone already is nullptr without an exception: its last event is on its way.
io::Connection* connection_of(const Napi::CallbackInfo& info) {
  IoHub* hub = hub_of(info);
  if (hub == nullptr) return nullptr;
  const auto found = hub->connections.find(static_cast<std::uint64_t>(number_of(info[1])));
  return found == hub->connections.end() ? nullptr : found->second.get();
}

std::string_view bytes_of(const Napi::Value& v) {
  std::span<std::uint8_t> bytes;
  if (!v.IsTypedArray() || !array_of(v, napi_uint8_array, &bytes)) return {};
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The batch: kind, id, number (database of a taken connection), bytes or undefined; one after the other.
void deliver(napi_env raw_env, napi_value callback, void* context, void*) {
  if (raw_env == nullptr || callback == nullptr) return;
  auto& hub = *static_cast<IoHub*>(context);
  const std::vector<io::HubEvent> events = hub.hub->take();
  if (events.empty()) return;
  const Napi::Env env(raw_env);
  const Napi::HandleScope scope(env);
  const Napi::Array batch = Napi::Array::New(env, events.size() * 4);
  std::uint32_t n = 0;
  for (const io::HubEvent& e : events) {
    const bool has_input = e.kind == io::HubEvent::Kind::kData || e.kind == io::HubEvent::Kind::kTaken;
    if (has_input) e.connection->input_delivered();
    batch.Set(n++, Napi::Number::New(env, static_cast<double>(e.kind)));
    batch.Set(n++, Napi::Number::New(env, static_cast<double>(e.connection->id)));
    batch.Set(n++, Napi::Number::New(env, e.kind == io::HubEvent::Kind::kTaken ? e.connection->resp.db : 0));
    batch.Set(n++, has_input ? Napi::Value(Napi::Buffer<char>::Copy(env, e.bytes.data(), e.bytes.size())) : env.Undefined());
    if (e.kind == io::HubEvent::Kind::kGone) hub.connections.erase(e.connection->id);
  }
  napi_value argument = batch;
  napi_value result = nullptr;
  // An exception of the listener stays pending and surfaces as uncaughtException of that thread.
  (void)napi_call_function(raw_env, env.Undefined(), callback, 1, &argument, &result);
}

/// attach(engine, threads, listener): starts the engine's I/O threads at the first call. null: not on this platform.
Napi::Value attach(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  if (!info[1].IsNumber() || !info[2].IsFunction()) return type_error(info, "attach takes an engine, a number of threads and a listener");
  constexpr std::uint32_t kThreadsMax = 256;
  const std::uint32_t threads = std::clamp(u32_of(info[1]), 1u, kThreadsMax);
  if (!io::Poller::supported() || !engine->io.start({*engine->keyspace, *engine->log, engine->rows.get()}, threads)) return info.Env().Null();
  auto* hub = new IoHub();
  hub->live = live_engine_of(info);
  hub->env = info.Env();
  hub->engine_reference = Napi::Persistent(info[0]);
  if (napi_create_threadsafe_function(info.Env(), info[2], nullptr, Napi::String::New(info.Env(), "orrery connections"), 0, 1, nullptr, nullptr, hub, deliver,
                                      &hub->function) != napi_ok) {
    delete hub;
    Napi::Error::New(info.Env(), "cannot listen for connections").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  (void)napi_unref_threadsafe_function(info.Env(), hub->function);
  hub->hub->listen([function = hub->function] { (void)napi_call_threadsafe_function(function, nullptr, napi_tsfn_nonblocking); });
  (void)napi_add_env_cleanup_hook(info.Env(), on_environment_end, hub);
  return Napi::External<IoHub>::New(info.Env(), hub, [](Napi::Env env, IoHub* h) {
    (void)napi_remove_env_cleanup_hook(env, on_environment_end, h);
    h->detach();
    delete h;
  });
}

Napi::Value detach(const Napi::CallbackInfo& info) {
  count_crossing();
  if (IoHub* hub = hub_of(info)) hub->detach();
  return info.Env().Undefined();
}

std::pair<std::string, std::uint16_t> text_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    (void)::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return {text, ntohs(v4.sin_port)};
  }
  if (address.ss_family != AF_INET6) return {"", 0};
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  (void)::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  return {text, ntohs(v6.sin6_port)};
}

/// adopt(hub, descriptor, protocol): [id, address, port], or null when the peer is gone; the descriptor is the I/O thread's from now on.
Napi::Value adopt(const Napi::CallbackInfo& info) {
  count_crossing();
  IoHub* hub = hub_of(info);
  if (hub == nullptr) return info.Env().Undefined();
  if (!info[1].IsNumber() || *hub->live == nullptr) return type_error(info, "adopt takes a descriptor");
  const int fd = info[1].As<Napi::Number>().Int32Value();
  const auto protocol = u32_of(info[2]) == 1 ? io::Protocol::kPostgres : io::Protocol::kResp;
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) != 0) {
    if (errno != ENOTCONN) return type_error(info, "adopt takes the descriptor of a socket");
    ::close(fd);
    return info.Env().Null();
  }
  const auto [address, port] = text_of(peer);
  if (address.empty()) return type_error(info, "adopt takes the descriptor of a TCP connection");
  auto connection = (*hub->live)->io.adopt(fd, protocol, hub->hub);
  if (!connection) {
    ::close(fd);
    return type_error(info, "the I/O threads have ended");
  }
  hub->connections.emplace(connection->id, connection);
  Napi::Array out = Napi::Array::New(info.Env(), 3);
  out.Set(0u, Napi::Number::New(info.Env(), static_cast<double>(connection->id)));
  out.Set(1u, Napi::String::New(info.Env(), address));
  out.Set(2u, Napi::Number::New(info.Env(), port));
  return out;
}

Napi::Value write(const Napi::CallbackInfo& info) {
  count_crossing();
  io::Connection* c = connection_of(info);
  return Napi::Boolean::New(info.Env(), c == nullptr || c->write(bytes_of(info[2])));
}

/// Calls a method without arguments or with one flag.
template <void (io::Connection::*Method)()>
Napi::Value call(const Napi::CallbackInfo& info) {
  count_crossing();
  if (io::Connection* c = connection_of(info)) (c->*Method)();
  return info.Env().Undefined();
}
Napi::Value pause_reading(const Napi::CallbackInfo& info) {
  count_crossing();
  if (io::Connection* c = connection_of(info)) c->pause_reading(bool_of(info[2]));
  return info.Env().Undefined();
}

/// handBack(hub, id, resp3, database)
Napi::Value hand_back(const Napi::CallbackInfo& info) {
  count_crossing();
  io::Connection* c = connection_of(info);
  if (c == nullptr || !c->owned_by_javascript.load(std::memory_order_relaxed)) return Napi::Boolean::New(info.Env(), false);
  c->resp.resp3 = bool_of(info[2]);
  c->resp.db = static_cast<std::uint8_t>(std::min(u32_of(info[3]), keyspace::kDatabaseCount - 1));
  return Napi::Boolean::New(info.Env(), c->hand_back());
}
/// The connection that JavaScript may change the plans of.
io::Connection* owned_connection_of(const Napi::CallbackInfo& info) {
  io::Connection* c = connection_of(info);
  return c != nullptr && c->owned_by_javascript.load(std::memory_order_relaxed) ? c : nullptr;
}
/// Where a plan is found: [statement, parse, formats], or of a simple query [pieces, literals]. False: an exception is pending.
bool read_place(const Napi::CallbackInfo& info, const Napi::Value& value, io::PgPlan* plan) {
  const auto place = value.IsArray() ? value.As<Napi::Array>() : Napi::Array::New(info.Env());
  if (place.Length() == 3) {
    plan->statement = bytes_of(place.Get(0u));
    plan->parse = bytes_of(place.Get(1u));
    plan->formats = bytes_of(place.Get(2u));
    return true;
  }
  const Napi::Value given = place.Get(0u);
  if (place.Length() == 2 && given.IsArray()) {
    const auto pieces = given.As<Napi::Array>();
    for (std::uint32_t i = 0; i < pieces.Length(); i++) plan->pieces.emplace_back(bytes_of(pieces.Get(i)));
    plan->literals = bytes_of(place.Get(1u));
  }
  if (!plan->pieces.empty() && plan->pieces.size() == plan->literals.size() + 1) return true;
  type_error(info, "a plan's place is a statement, its Parse and formats, or a text's pieces and literals");
  return false;
}
bool is_type(std::uint32_t word) { return word >= 1 && word <= static_cast<std::uint32_t>(io::PgType::kLast); }
/// Type and parameter of each key column, as many as the plan's encoder has.
bool read_keys(const Napi::Value& value, std::size_t count, io::PgPlan* plan) {
  std::span<std::uint32_t> keys;
  if (!array_of(value, napi_uint32_array, &keys) || keys.size() != 2 * count) return false;
  for (std::size_t i = 0; i < keys.size(); i += 2) {
    if (!is_type(keys[i]) || keys[i + 1] >= plan->parameter_count) return false;
    plan->keys.push_back({static_cast<io::PgType>(keys[i]), keys[i + 1]});
  }
  return true;
}
/// Arguments from `at` on: text, parameter count, catalog version, row description, relation.
void read_facts(const Napi::CallbackInfo& info, std::size_t at, io::PgPlan* plan) {
  plan->text = bytes_of(info[at]);
  plan->parameter_count = u32_of(info[at + 1]);
  plan->catalog_version = static_cast<std::uint64_t>(number_of(info[at + 2]));
  plan->row_description = bytes_of(info[at + 3]);
  plan->relation = u32_of(info[at + 4]);
}
/// A simple query's literals are its parameters.
bool fits_place(const io::PgPlan& plan) { return !plan.is_text() || plan.parameter_count == plan.literals.size(); }

void add_plan(const Napi::CallbackInfo& info, io::Connection& connection, io::PgPlan plan) {
  if (Engine* engine = *hub_of(info)->live) plan.calls = engine->io.statements().counter_of(plan.text);
  const std::lock_guard guard(connection.statements_mutex);
  if (!connection.pg) connection.pg = std::make_unique<io::PgState>();
  connection.pg->add(std::move(plan));
}
/// Type (0: there is none) and parameter of a number of rows.
bool read_limit_parameter(std::span<const std::uint32_t> words, const io::PgPlan& plan, std::optional<io::PgKey>* out) {
  if (words[0] == 0) return true;
  if (words[0] > static_cast<std::uint32_t>(io::PgType::kInt8) || words[1] >= plan.parameter_count) return false;
  *out = io::PgKey{static_cast<io::PgType>(words[0]), words[1]};
  return true;
}
/// Form, direction, most rows, and type and parameter of their number (0: none is); of each bound type (0: there is none), parameter and whether it
/// is included; then type and parameter of each item of a list.
bool read_search(std::span<const std::uint32_t> words, std::size_t columns, io::PgPlan* plan) {
  constexpr std::size_t kFixedWords = 11;
  if (words.size() < kFixedWords || words[0] > static_cast<std::uint32_t>(io::PgSearch::Form::kLast)) return false;
  const auto is_key = [&](std::size_t at) { return is_type(words[at]) && words[at + 1] < plan->parameter_count; };
  const auto key = [&](std::size_t at) { return io::PgKey{static_cast<io::PgType>(words[at]), words[at + 1]}; };
  io::PgSearch search;
  search.form = static_cast<io::PgSearch::Form>(words[0]);
  search.backward = words[1] != 0;
  search.limit = words[2];
  if (!read_limit_parameter(words.subspan(3, 2), *plan, &search.limit_parameter)) return false;
  for (auto* bound : {&search.lower, &search.upper}) {
    const std::size_t at = bound == &search.lower ? 5 : 8;
    if (words[at] == 0) continue;
    if (!is_key(at)) return false;
    *bound = io::PgSearch::Bound{key(at), words[at + 2] != 0};
  }
  for (std::size_t at = kFixedWords; at + 1 < words.size(); at += 2) {
    if (words[at] == 0 || !is_key(at)) return false;
    search.list.push_back(key(at));
  }
  const bool lists = search.form != io::PgSearch::Form::kRange;
  const std::size_t used = plan->keys.size() + (lists || search.lower || search.upper ? 1 : 0);
  if (lists ? search.list.empty() || used != columns : used > columns) return false;
  plan->search = std::move(search);
  return true;
}
/// registerSelect(hub, id, place, text, parameterCount, catalogVersion, rowDescription, relation, keys, pipeline, search: Uint32Array or undefined)
Napi::Value register_select(const Napi::CallbackInfo& info) {
  count_crossing();
  io::Connection* c = owned_connection_of(info);
  if (c == nullptr) return info.Env().Undefined();
  io::PgPlan plan;
  if (!read_place(info, info[2], &plan)) return info.Env().Undefined();
  read_facts(info, 3, &plan);
  const auto* handle = handle_of<PointHandle>(info.Env(), info[9]);
  std::span<std::uint32_t> keys, search;
  const bool searches = array_of(info[10], napi_uint32_array, &search);
  const std::size_t columns = handle == nullptr ? 0 : handle->select->encoder().columns().size();
  const std::size_t given = searches && array_of(info[8], napi_uint32_array, &keys) ? std::min(columns, keys.size() / 2) : columns;
  if (handle == nullptr || !fits_place(plan) || !read_keys(info[8], given, &plan) || (searches && !read_search(search, columns, &plan)))
    return type_error(info, "a plan's keys are the pipeline's");
  plan.select = handle->select;
  add_plan(info, *c, std::move(plan));
  return info.Env().Undefined();
}

/// registerNearest(hub, id, place, text, parameterCount, catalogVersion, rowDescription, relation, pipeline, words: Uint32Array of the vector's parameter,
/// the effort, most rows, and type (0: none) and parameter of their number, recall target)
Napi::Value register_nearest(const Napi::CallbackInfo& info) {
  count_crossing();
  io::Connection* c = owned_connection_of(info);
  if (c == nullptr) return info.Env().Undefined();
  io::PgPlan plan;
  if (!read_place(info, info[2], &plan)) return info.Env().Undefined();
  read_facts(info, 3, &plan);
  const auto* handle = handle_of<NearestHandle>(info.Env(), info[8]);
  std::span<std::uint32_t> words;
  std::optional<io::PgKey> limit_parameter;
  if (handle == nullptr || !fits_place(plan) || !array_of(info[9], napi_uint32_array, &words) || words.size() != 5 || words[0] >= plan.parameter_count ||
      !read_limit_parameter(words.subspan(3), plan, &limit_parameter))
    return type_error(info, "registerNearest takes a pipeline and five words");
  plan.nearest = io::PgNearest{handle->select, words[0], {words[1], number_of(info[10])}, words[2], limit_parameter};
  add_plan(info, *c, std::move(plan));
  return info.Env().Undefined();
}

/// Eight words each: column, form, type, parameter, not null, modifier, the operand's modifier (of an addend its scale), and the place of its addend.
bool read_values(const Napi::Value& value, const Napi::Value& addends, const io::PgPlan& plan, const RowImage& image, std::vector<io::PgValue>* out) {
  constexpr std::size_t kWords = 8;
  std::span<std::uint32_t> words;
  std::span<double> constants;
  if (!array_of(value, napi_uint32_array, &words) || words.size() % kWords != 0 || !array_of(addends, napi_float64_array, &constants)) return false;
  for (std::size_t i = 0; i < words.size(); i += kWords) {
    io::PgValue v{words[i], static_cast<io::PgValue::Form>(words[i + 1]), static_cast<io::PgType>(words[i + 2]), words[i + 3], words[i + 4] != 0, static_cast<std::int32_t>(words[i + 5])};
    const auto last = static_cast<std::int32_t>(words[i + 6]);
    if (v.column >= image.column_count() || words[i + 1] > static_cast<std::uint32_t>(io::PgValue::Form::kLast)) return false;
    if (v.reads_parameter() && (v.parameter >= plan.parameter_count || !is_type(words[i + 2]))) return false;
    if (!io::fits_column(v, image.type(v.column))) return false;
    // As many elements are copied as the column has.
    if (image.type(v.column) == PhysicalType::kVector && v.reads_parameter() && v.modifier != static_cast<std::int32_t>(image.dimensions(v.column))) return false;
    if (v.form == io::PgValue::Form::kAddConstant || v.form == io::PgValue::Form::kNextval) {
      if (words[i + 7] >= constants.size()) return false;
      v.addend = static_cast<std::int64_t>(constants[words[i + 7]]);
      v.scale = last;
      if (v.scale < 0 || v.scale > 30) return false;
    } else {
      v.operand_modifier = last;
    }
    out->push_back(v);
  }
  return true;
}
/// Three words each: column, type, parameter.
bool read_conditions(const Napi::Value& value, const storage::Relation& relation, io::PgPlan* plan) {
  std::span<std::uint32_t> words;
  if (!array_of(value, napi_uint32_array, &words) || words.size() % 3 != 0) return false;
  for (std::size_t i = 0; i < words.size(); i += 3) {
    if (words[i] >= relation.column_count() || !is_type(words[i + 1]) || words[i + 2] >= plan->parameter_count) return false;
    const io::PgCondition c{words[i], static_cast<io::PgType>(words[i + 1]), words[i + 2], relation.column(words[i]).type.type};
    if (!io::fits_condition(c, c.width)) return false;
    plan->conditions.push_back(c);
  }
  return true;
}
bool read_outputs(const Napi::Value& value, const storage::Relation& relation, std::vector<wire::OutputColumn>* out) {
  std::span<std::uint32_t> words;
  if (!array_of(value, napi_uint32_array, &words) || words.size() % 3 != 0) return false;
  for (std::size_t i = 0; i < words.size(); i += 3) {
    const auto kind = static_cast<wire::WireKind>(words[i + 1]);
    if (words[i] >= relation.column_count() || !wire::wire_kind_fits(kind, relation.column(words[i]).type.type)) return false;
    out->push_back({words[i], kind, words[i + 2] != 0});
  }
  return true;
}
/// A block of one row, as bytes.
std::optional<RowImage> read_row(const Napi::Value& value) {
  const std::string_view bytes = bytes_of(value);
  std::vector<std::uint64_t> aligned((bytes.size() + 7) / 8);
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(aligned.data()));
  const auto constants = Block::parse(reinterpret_cast<const std::uint8_t*>(aligned.data()), bytes.size());
  return constants ? RowImage::of(*constants) : std::nullopt;
}
std::vector<std::uint32_t> columns_of(std::span<const io::PgValue> values) {
  std::vector<std::uint32_t> columns;
  for (const io::PgValue& v : values) columns.push_back(v.column);
  return columns;
}
/// ON CONFLICT: whether it updates, the index that decides, row, values and addends. The plan has its own values.
bool read_conflict(const Napi::Value& value, Engine& engine, const storage::Relation& relation, const std::vector<wire::OutputColumn>& outputs, io::PgPlan* plan) {
  if (!value.IsArray()) return false;
  const auto parts = value.As<Napi::Array>();
  auto index = std::dynamic_pointer_cast<index::BTree>(engine.rows->find_index(u32_of(parts.Get(1u))));
  auto image = read_row(parts.Get(2u));
  if (!index || !image || image->column_count() > relation.column_count()) return false;
  io::PgConflict conflict;
  conflict.updates = u32_of(parts.Get(0u)) != 0;
  if (!read_values(parts.Get(3u), parts.Get(4u), *plan, *image, &conflict.values)) return false;
  conflict.image = std::move(*image);
  conflict.reads_more = std::any_of(conflict.values.begin(), conflict.values.end(), [&](const io::PgValue& v) {
    const auto reads_it = [&](const io::PgValue& own) { return own.reads_parameter() && own.parameter == v.parameter; };
    return v.reads_parameter() && std::none_of(plan->values.begin(), plan->values.end(), reads_it);
  });
  conflict.update = std::make_shared<exec::PointWrite>(exec::PointWrite::Kind::kUpdate, relation.id(), std::move(index), columns_of(conflict.values), outputs);
  plan->conflict = std::move(conflict);
  return true;
}
/// registerWrite(hub, id, place, text, parameterCount, catalogVersion, rowDescription, relation, kind, storage, index, keys, row, values, addends, outputs,
/// conflict: [updates, index, row, values, addends] or undefined, conditions)
Napi::Value register_write(const Napi::CallbackInfo& info) {
  count_crossing();
  io::Connection* c = owned_connection_of(info);
  Engine* engine = c == nullptr ? nullptr : *hub_of(info)->live;
  if (engine == nullptr) return info.Env().Undefined();
  io::PgPlan plan;
  if (!read_place(info, info[2], &plan)) return info.Env().Undefined();
  read_facts(info, 3, &plan);
  const std::uint32_t kind = u32_of(info[8]);
  const storage::Relation* relation = engine->rows->find(u32_of(info[9]));
  const bool finds = kind != static_cast<std::uint32_t>(exec::PointWrite::Kind::kInsert);
  auto index = finds ? std::dynamic_pointer_cast<index::BTree>(engine->rows->find_index(u32_of(info[10]))) : nullptr;
  if (relation == nullptr || (finds && !index)) return info.Env().Undefined();  // gone meanwhile
  plan.image = read_row(info[12]);
  std::vector<wire::OutputColumn> outputs;
  const bool fits = kind >= 1 && kind <= 3 && fits_place(plan) && plan.image && plan.image->column_count() <= relation->column_count() &&
                    (!finds || read_keys(info[11], index->encoder().columns().size(), &plan)) && read_values(info[13], info[14], plan, *plan.image, &plan.values) &&
                    read_outputs(info[15], *relation, &outputs) && (info[16].IsUndefined() || (!finds && read_conflict(info[16], *engine, *relation, outputs, &plan))) &&
                    read_conditions(info[17], *relation, &plan);
  if (!fits) return type_error(info, "a write's keys, values, outputs and conditions are its relation's");
  plan.kind = static_cast<io::PgPlan::Kind>(kind);
  plan.write = std::make_shared<exec::PointWrite>(static_cast<exec::PointWrite::Kind>(kind), relation->id(), std::move(index), columns_of(plan.values), std::move(outputs));
  add_plan(info, *c, std::move(plan));
  return info.Env().Undefined();
}
/// readParameter(type, modifier, isBinary, bytes): the bytes that a column keeps, or null where the value is JavaScript's.
Napi::Value read_parameter(const Napi::CallbackInfo& info) {
  count_crossing();
  if (!is_type(u32_of(info[0])) || !info[1].IsNumber()) return type_error(info, "a type of a parameter");
  const auto type = static_cast<io::PgType>(u32_of(info[0]));
  io::PgInput input;
  if (!input.read(type, info[1].As<Napi::Number>().Int32Value(), {bytes_of(info[3]), bool_of(info[2])})) return info.Env().Null();
  const PhysicalType kept = io::physical_type_of(type);
  if (kept == PhysicalType::kVarlen || kept == PhysicalType::kVector) return Napi::Buffer<char>::Copy(info.Env(), input.bytes().data(), input.bytes().size());
  return Napi::Buffer<std::uint8_t>::Copy(info.Env(), input.fixed(), width_of(kept));
}
/// registerControl(hub, id, place, text, rowDescription, kind, tag): BEGIN, COMMIT or ROLLBACK.
Napi::Value register_control(const Napi::CallbackInfo& info) {
  count_crossing();
  io::Connection* c = owned_connection_of(info);
  if (c == nullptr) return info.Env().Undefined();
  io::PgPlan plan;
  if (!read_place(info, info[2], &plan)) return info.Env().Undefined();
  plan.text = bytes_of(info[3]);
  plan.row_description = bytes_of(info[4]);
  const std::uint32_t kind = u32_of(info[5]);
  if (kind < static_cast<std::uint32_t>(io::PgPlan::Kind::kBegin) || kind > static_cast<std::uint32_t>(io::PgPlan::Kind::kLast) || !fits_place(plan))
    return type_error(info, "a control statement is BEGIN, COMMIT or ROLLBACK");
  plan.kind = static_cast<io::PgPlan::Kind>(kind);
  plan.tag = bytes_of(info[6]);
  add_plan(info, *c, std::move(plan));
  return info.Env().Undefined();
}
/// setSession(hub, id, process, isolation, synchronous): of the statements that are registered.
Napi::Value set_session(const Napi::CallbackInfo& info) {
  count_crossing();
  io::Connection* c = owned_connection_of(info);
  if (c == nullptr) return info.Env().Undefined();
  const std::lock_guard guard(c->statements_mutex);
  if (!c->pg) c->pg = std::make_unique<io::PgState>();
  c->pg->process = u32_of(info[2]);
  c->pg->isolation = u32_of(info[3]) == 1 ? storage::Isolation::kRepeatableRead : storage::Isolation::kReadCommitted;
  c->pg->is_synchronous = bool_of(info[4]);
  return info.Env().Undefined();
}
/// forgetPlans(hub, id), while JavaScript owns the connection.
Napi::Value forget_plans(const Napi::CallbackInfo& info) {
  count_crossing();
  io::Connection* c = owned_connection_of(info);
  if (c == nullptr) return info.Env().Undefined();
  const std::lock_guard guard(c->statements_mutex);
  if (c->pg) c->pg->forget_plans();
  return info.Env().Undefined();
}
/// handBackStatements(hub, id, parse): the same as handBack for a PostgreSQL session. `parse`: what made the unnamed statement, empty: nothing.
Napi::Value hand_back_statements(const Napi::CallbackInfo& info) {
  count_crossing();
  io::Connection* c = owned_connection_of(info);
  if (c == nullptr) return Napi::Boolean::New(info.Env(), false);
  const std::lock_guard guard(c->statements_mutex);
  if (!c->pg) return Napi::Boolean::New(info.Env(), false);
  c->pg->unnamed = bytes_of(info[2]);
  c->pg->unnamed_changed = false;
  c->pg->query_micros = 0;
  return Napi::Boolean::New(info.Env(), c->hand_back());
}
/// takeBack(hub, id): the connection is JavaScript's, at once. [what made the unnamed statement, or undefined where it is as it was; xid, start in
/// microseconds since 2000, relation and mode of each lock of the block that the session is in (those three are missing without a block); OID and last
/// number of each sequence that was drawn from, the newest last].
Napi::Value take_back(const Napi::CallbackInfo& info) {
  count_crossing();
  const Napi::Env env = info.Env();
  io::Connection* c = connection_of(info);
  Engine* engine = c == nullptr ? nullptr : *hub_of(info)->live;
  Napi::Array out = Napi::Array::New(env);
  if (engine == nullptr) return out;
  const std::lock_guard guard(c->statements_mutex);
  c->take_back();
  if (!c->pg) return out;
  out.Set(0u, c->pg->unnamed_changed ? Napi::Value(Napi::Buffer<char>::Copy(env, c->pg->unnamed.data(), c->pg->unnamed.size())) : env.Undefined());
  c->pg->unnamed_changed = false;
  Napi::Array drawn = Napi::Array::New(env);
  for (const auto& [sequence, number] : c->pg->drawn) {
    drawn.Set(drawn.Length(), Napi::Number::New(env, sequence));
    drawn.Set(drawn.Length(), integer_value(env, number));
  }
  c->pg->drawn.clear();
  out.Set(4u, drawn);
  const auto block = io::take_block(*c->pg, *engine->rows);
  if (!block) return out;
  out.Set(1u, Napi::Number::New(env, static_cast<double>(block->xid)));
  out.Set(2u, Napi::Number::New(env, static_cast<double>(block->start_micros)));
  Napi::Array locks = Napi::Array::New(env);
  for (const io::HeldLocks::Lock& lock : block->locks) {
    locks.Set(locks.Length(), Napi::Number::New(env, lock.relation));
    locks.Set(locks.Length(), Napi::Number::New(env, static_cast<double>(lock.mode)));
  }
  out.Set(3u, locks);
  return out;
}
/// activity(hub, id): [newest statement, its time in microseconds since 2000, and of the block that is open start and xid] of a connection whose
/// statements run on its I/O thread; null: they do not, or none has.
Napi::Value activity(const Napi::CallbackInfo& info) {
  count_crossing();
  const Napi::Env env = info.Env();
  io::Connection* c = connection_of(info);
  if (c == nullptr || c->owned_by_javascript.load(std::memory_order_relaxed)) return env.Null();
  const std::lock_guard guard(c->statements_mutex);
  if (!c->pg || c->pg->query_micros == 0) return env.Null();
  Napi::Array out = Napi::Array::New(env);
  out.Set(0u, Napi::String::New(env, c->pg->query));
  out.Set(1u, Napi::Number::New(env, static_cast<double>(c->pg->query_micros)));
  if (!c->pg->in_block) return out;
  out.Set(2u, Napi::Number::New(env, static_cast<double>(c->pg->start_micros)));
  out.Set(3u, Napi::Number::New(env, c->pg->transaction == nullptr ? 0 : static_cast<double>(c->pg->transaction->xid())));
  return out;
}
/// hotStatements(engine): text and number of executions on I/O threads of each statement, one after the other.
Napi::Value hot_statements(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  Napi::Array out = Napi::Array::New(info.Env());
  if (engine == nullptr) return out;
  for (const auto& [text, calls] : engine->io.statements().all()) {
    out.Set(out.Length(), Napi::String::New(info.Env(), text));
    out.Set(out.Length(), Napi::Number::New(info.Env(), static_cast<double>(calls)));
  }
  return out;
}
/// describe(hub, id, address, name): for SLOWLOG, while JavaScript owns the connection.
Napi::Value describe(const Napi::CallbackInfo& info) {
  count_crossing();
  io::Connection* c = owned_connection_of(info);
  if (c == nullptr) return info.Env().Undefined();
  c->resp.address = bytes_of(info[2]);
  c->resp.name = bytes_of(info[3]);
  return info.Env().Undefined();
}
Napi::Value revoke(const Napi::CallbackInfo& info) {
  count_crossing();
  if (io::Connection* c = connection_of(info)) c->revoked.store(true, std::memory_order_relaxed);
  return info.Env().Undefined();
}
/// facts(hub, id): [owned by the I/O thread, milliseconds of the last input, database, input bytes, output bytes]; null: gone.
Napi::Value facts(const Napi::CallbackInfo& info) {
  count_crossing();
  io::Connection* c = connection_of(info);
  if (c == nullptr) return info.Env().Null();
  Napi::Array out = Napi::Array::New(info.Env());
  const bool owned = !c->owned_by_javascript.load(std::memory_order_relaxed);
  for (const double v : {owned ? 1.0 : 0.0, static_cast<double>(c->last_active_millis.load(std::memory_order_relaxed)),
                         static_cast<double>(c->shown_db.load(std::memory_order_relaxed)), static_cast<double>(c->input_bytes.load(std::memory_order_relaxed)),
                         static_cast<double>(c->output_bytes())})
    out.Set(out.Length(), Napi::Number::New(info.Env(), v));
  return out;
}

/// configure(hub, stops, syncAlways, outputLimit, inputLimit)
Napi::Value configure(const Napi::CallbackInfo& info) {
  count_crossing();
  IoHub* hub = hub_of(info);
  if (hub == nullptr) return info.Env().Undefined();
  hub->hub->stops.store(bool_of(info[1]), std::memory_order_relaxed);
  hub->hub->sync_always.store(bool_of(info[2]), std::memory_order_relaxed);
  hub->hub->output_limit.store(static_cast<std::uint64_t>(number_of(info[3])), std::memory_order_relaxed);
  hub->hub->input_limit.store(static_cast<std::uint64_t>(number_of(info[4])), std::memory_order_relaxed);
  return info.Env().Undefined();
}
/// totals(hub): [newest LSN of writes of this hub's connections; reads, writes, input bytes, output bytes of the pool since the last call]
Napi::Value totals(const Napi::CallbackInfo& info) {
  count_crossing();
  IoHub* hub = hub_of(info);
  if (hub == nullptr) return info.Env().Undefined();
  io::Counts counts;
  if (Engine* engine = *hub->live) engine->io.take_counts(&counts);
  Napi::Array out = Napi::Array::New(info.Env());
  for (const std::uint64_t v : {static_cast<std::uint64_t>(hub->hub->newest_lsn.load(std::memory_order_relaxed)), counts.reads, counts.writes, counts.input_bytes, counts.output_bytes})
    out.Set(out.Length(), Napi::Number::New(info.Env(), static_cast<double>(v)));
  return out;
}

}  // namespace

void init_io(Napi::Env env, Napi::Object exports) {
  Napi::Object room = Napi::Object::New(env);
  const auto add = [&](const char* name, auto function) { room.Set(name, Napi::Function::New(env, function, name)); };
  add("attach", attach);
  add("detach", detach);
  add("adopt", adopt);
  add("write", write);
  add("pauseReading", pause_reading);
  add("tellWhenDrained", call<&io::Connection::tell_when_drained>);
  add("end", call<&io::Connection::end>);
  add("destroy", call<&io::Connection::destroy>);
  add("handBack", hand_back);
  add("describe", describe);
  add("registerSelect", register_select);
  add("registerNearest", register_nearest);
  add("registerWrite", register_write);
  add("registerControl", register_control);
  add("readParameter", read_parameter);
  add("setSession", set_session);
  add("handBackStatements", hand_back_statements);
  add("takeBack", take_back);
  add("activity", activity);
  add("hotStatements", hot_statements);
  add("forgetPlans", forget_plans);
  add("revoke", revoke);
  add("facts", facts);
  add("configure", configure);
  add("totals", totals);
  exports.Set("io", room);
}

}  // namespace orrery::binding
