// locks_binding.cc: exports.locks (LocksBinding in src/native/locks.ts): locks of objects, and who waits for whom.
#include "../core/interrupt.h"
#include "../storage/deadlock.h"
#include "engine.h"
#include "engine_rooms.h"

namespace orrery::binding {
namespace {

using storage::LockManager;
using storage::LockSlots;
using storage::LockMode;
using storage::LockTag;

/// The tag of arguments 2…6: kind and four fields.
LockTag tag_of(const Napi::CallbackInfo& info) {
  return {u32_of(info[2]), {u32_of(info[3]), u32_of(info[4]), u32_of(info[5]), u32_of(info[6])}};
}
bool mode_of(const Napi::Value& v, LockMode* mode) {
  const std::uint32_t n = u32_of(v);
  *mode = static_cast<LockMode>(n);
  return n >= 1 && n <= 8;
}
Napi::Number number(Napi::Env env, double n) { return Napi::Number::New(env, n); }

/// (engine, process, kind, f1…f4, mode, token). Token 0: do not wait. kOk = held, kWait = held by others; with a token the request is queued.
Napi::Value acquire(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  LockMode mode;
  if (!mode_of(info[7], &mode)) return type_error(info, "a lock mode is a number from 1 to 8");
  const auto token = static_cast<std::uint64_t>(number_of(info[8]));
  std::function<void()> wake;
  if (token != 0)
    wake = [events = &engine->events, listener = listener_of(info), token] { events->post(listener, Event::wait_over(token)); };
  const auto outcome = engine->rows->lock_manager().acquire(u32_of(info[1]), tag_of(info), mode, std::move(wake));
  return number(info.Env(), static_cast<double>(outcome == LockManager::Outcome::kGranted    ? StatusCode::kOk
                                                       : outcome == LockManager::Outcome::kDeadlock ? StatusCode::kDeadlock
                                                                                                    : StatusCode::kWait));
}

/// (engine, process): false: nothing waited, the lock may be held by now.
Napi::Value cancel(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  return Napi::Boolean::New(info.Env(), engine->rows->lock_manager().cancel(u32_of(info[1])));
}

/// (engine, process, kind, f1…f4, mode): false: it was not held.
Napi::Value release(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  LockMode mode;
  if (!mode_of(info[7], &mode)) return type_error(info, "a lock mode is a number from 1 to 8");
  return Napi::Boolean::New(info.Env(), engine->rows->lock_manager().release(u32_of(info[1]), tag_of(info), mode));
}

Napi::Value release_all(const Napi::CallbackInfo& info) {
  count_crossing();
  if (Engine* engine = engine_of(info); engine != nullptr) engine->rows->lock_manager().release_all(u32_of(info[1]));
  return info.Env().Undefined();
}

Napi::Object tagged(Napi::Env env, const LockTag& tag, LockMode mode) {
  Napi::Object out = Napi::Object::New(env);
  Napi::Array fields = Napi::Array::New(env, 4);
  for (std::uint32_t i = 0; i < 4; i++) fields.Set(i, number(env, tag.field[i]));
  out.Set("tag", number(env, tag.kind));
  out.Set("fields", fields);
  out.Set("mode", number(env, static_cast<double>(mode)));
  return out;
}

/// Every lock held and asked for.
Napi::Value held(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  Napi::Array out = Napi::Array::New(info.Env());
  std::uint32_t n = 0;
  for (const auto& entry : engine->rows->lock_manager().entries()) {
    Napi::Object o = tagged(info.Env(), entry.tag, entry.mode);
    o.Set("process", number(info.Env(), entry.process));
    o.Set("granted", Napi::Boolean::New(info.Env(), entry.granted));
    o.Set("inSlot", Napi::Boolean::New(info.Env(), entry.in_slot));
    out.Set(n++, o);
  }
  return out;
}

Napi::Object edge_object(Napi::Env env, const storage::WaitEdge& e) {
  Napi::Object o = e.lock ? tagged(env, e.lock->tag, e.lock->mode) : Napi::Object::New(env);
  o.Set("waiter", number(env, e.waiter));
  o.Set("blocker", number(env, e.blocker));
  if (!e.lock) {
    o.Set("xid", number(env, static_cast<double>(e.xid)));
    o.Set("waiterXid", number(env, static_cast<double>(e.waiter_xid)));
    if (e.row.relation != 0) {
      o.Set("storage", number(env, e.row.relation));
      o.Set("row", number(env, static_cast<double>(e.row.row)));
      o.Set("strength", number(env, static_cast<double>(e.strength)));
      o.Set("isBehind", Napi::Boolean::New(env, e.is_behind));
    }
  }
  return o;
}

/// Every edge of the graph of waits, of transactions and of locks.
Napi::Value waits(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  Napi::Env env = info.Env();
  Napi::Array out = Napi::Array::New(env);
  std::uint32_t n = 0;
  for (const auto& w : engine->transactions->waits())
    out.Set(n++, edge_object(env, storage::WaitEdge::of(w)));
  for (const auto& e : engine->rows->lock_manager().edges()) out.Set(n++, edge_object(env, {.waiter = e.waiter, .blocker = e.blocker, .lock = e}));
  return out;
}

/// (engine, process): the edges of a deadlock that the process is part of; it has given up its wait then. Empty: there is none.
Napi::Value break_deadlock(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  Napi::Array out = Napi::Array::New(info.Env());
  std::uint32_t n = 0;
  for (const auto& edge : storage::break_deadlock(engine->rows->lock_manager(), *engine->transactions, u32_of(info[1])))
    out.Set(n++, edge_object(info.Env(), edge));
  return out;
}

/// (engine): { strong, slots }: this thread's view of the memory of lock_slots.h. The region goes back when the views are collected.
Napi::Value slots(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  const std::shared_ptr<LockSlots> memory = engine->rows->lock_manager().slots();
  LockSlots::Region* region = memory->take_region();
  // Each view keeps the memory alive by a share of its own.
  const auto view = [&](void* data, std::size_t bytes, LockSlots::Region* to_give_back) {
    auto* share = new std::shared_ptr<LockSlots>(memory);
    const auto done = [share, to_give_back](Napi::Env, void*) {
      if (to_give_back != nullptr) (*share)->give_back(to_give_back);
      delete share;
    };
    return Napi::Uint32Array::New(info.Env(), bytes / 4, Napi::ArrayBuffer::New(info.Env(), data, bytes, done), 0);
  };
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("strong", view(memory->strong_counts(), 4 * LockSlots::kPartitions, nullptr));
  out.Set("slots", view(region, sizeof(*region), region));
  return out;
}

/// Open transactions: xid, process, the timestamp their snapshot reads at (0: none now).
Napi::Value transactions(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  Napi::Env env = info.Env();
  Napi::Array out = Napi::Array::New(env);
  std::uint32_t n = 0;
  for (const auto& t : engine->transactions->open_transactions()) {
    Napi::Object o = Napi::Object::New(env);
    o.Set("xid", number(env, static_cast<double>(t.xid)));
    o.Set("process", number(env, t.process));
    o.Set("snapshot", number(env, t.read_ts == UINT64_MAX ? 0 : static_cast<double>(t.read_ts)));
    o.Set("hasWritten", Napi::Boolean::New(env, t.has_written));
    out.Set(n++, o);
  }
  return out;
}

/// (words: Int32Array, index, milliseconds, progress: Float64Array, index): native calls of this thread end when that word is not 0, or after that
/// time (0: none), and tell how far they are in two numbers. null: they do neither.
Napi::Value set_interrupt(const Napi::CallbackInfo& info) {
  count_crossing();
  Interrupt& current = current_interrupt();
  current = {};
  if (info[0].IsNull()) return info.Env().Undefined();
  std::span<std::int32_t> words;
  const std::uint32_t at = u32_of(info[1]);
  if (!array_of(info[0], napi_int32_array, &words) || at >= words.size()) return type_error(info, "setInterrupt takes words and an index");
  std::span<double> amounts;
  const std::uint32_t progress = u32_of(info[4]);
  if (!array_of(info[3], napi_float64_array, &amounts) || progress + std::size_t{2} > amounts.size()) return type_error(info, "setInterrupt takes numbers and an index");
  static_assert(sizeof(std::atomic<std::int32_t>) == sizeof(std::int32_t) && sizeof(Progress) == 2 * sizeof(double));
  current.progress = reinterpret_cast<Progress*>(&amounts[progress]);
  current.word = reinterpret_cast<const std::atomic<std::int32_t>*>(&words[at]);
  if (const double millis = number_of(info[2]); millis > 0)
    current.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(millis));
  return info.Env().Undefined();
}

/// (engine, xid, name, owner, micros, process, locks: Uint32Array of kind, f1…f4, mode each, most): the LSN; negative: the status.
Napi::Value prepare(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  constexpr std::size_t kWords = 6;
  std::span<std::uint32_t> words;
  storage::Transaction* t = engine->transactions->find(static_cast<storage::Xid>(number_of(info[1])));
  if (t == nullptr || !info[2].IsString() || !info[3].IsString() || !array_of(info[6], napi_uint32_array, &words) || words.size() % kWords != 0)
    return type_error(info, "prepare takes an open transaction, names and locks");
  std::vector<storage::PreparedTransactions::ObjectLock> locks;
  for (std::size_t i = 0; i < words.size(); i += kWords) {
    if (words[i + 5] < 1 || words[i + 5] > 8) return type_error(info, "a lock mode is a number from 1 to 8");
    locks.push_back({{words[i], {words[i + 1], words[i + 2], words[i + 3], words[i + 4]}}, static_cast<LockMode>(words[i + 5])});
  }
  storage::Lsn lsn = 0;
  Status status = engine->prepared->prepare(t, info[2].As<Napi::String>().Utf8Value(), info[3].As<Napi::String>().Utf8Value(),
                                            static_cast<std::int64_t>(number_of(info[4])), u32_of(info[5]), locks, u32_of(info[7]), &lsn);
  return number(info.Env(), status.is_ok() ? static_cast<double>(lsn) : -static_cast<double>(remember(std::move(status))));
}

/// (engine, name, commits): the LSN; negative: the status.
Napi::Value finish_prepared(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  if (!info[1].IsString()) return type_error(info, "a prepared transaction has a name");
  storage::Lsn lsn = 0;
  Status status = engine->prepared->finish(info[1].As<Napi::String>().Utf8Value(), bool_of(info[2]), &lsn);
  return number(info.Env(), status.is_ok() ? static_cast<double>(lsn) : -static_cast<double>(remember(std::move(status))));
}

/// (engine): name, owner, micros, xid, process of each.
Napi::Value prepared(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  Napi::Env env = info.Env();
  Napi::Array out = Napi::Array::New(env);
  std::uint32_t n = 0;
  for (const auto& facts : engine->prepared->list()) {
    Napi::Object o = Napi::Object::New(env);
    o.Set("name", facts.name);
    o.Set("owner", facts.owner);
    o.Set("preparedMicros", number(env, static_cast<double>(facts.prepared_micros)));
    o.Set("xid", number(env, static_cast<double>(facts.xid)));
    o.Set("process", number(env, facts.process));
    out.Set(n++, o);
  }
  return out;
}

}  // namespace

void init_locks(Napi::Env env, Napi::Object exports) {
  Napi::Object locks = Napi::Object::New(env);
  locks.Set("acquire", Napi::Function::New<acquire>(env, "acquire"));
  locks.Set("cancel", Napi::Function::New<cancel>(env, "cancel"));
  locks.Set("release", Napi::Function::New<release>(env, "release"));
  locks.Set("releaseAll", Napi::Function::New<release_all>(env, "releaseAll"));
  locks.Set("held", Napi::Function::New<held>(env, "held"));
  locks.Set("waits", Napi::Function::New<waits>(env, "waits"));
  locks.Set("breakDeadlock", Napi::Function::New<break_deadlock>(env, "breakDeadlock"));
  locks.Set("slots", Napi::Function::New<slots>(env, "slots"));
  locks.Set("setInterrupt", Napi::Function::New<set_interrupt>(env, "setInterrupt"));
  locks.Set("prepare", Napi::Function::New<prepare>(env, "prepare"));
  locks.Set("finishPrepared", Napi::Function::New<finish_prepared>(env, "finishPrepared"));
  locks.Set("prepared", Napi::Function::New<prepared>(env, "prepared"));
  locks.Set("transactions", Napi::Function::New<transactions>(env, "transactions"));
  exports.Set("locks", locks);
}

}  // namespace orrery::binding
