// events.cc: queues of events and their delivery on the JavaScript threads.
#include "events.h"

#include <algorithm>
#include <deque>

namespace orrery::binding {

struct EventHub::Listener {
  ListenerId id = 0;
  std::mutex mutex;
  std::deque<Event> queue;
  storage::Lsn flushed_pending = 0;  // newest LSN to report, 0 = none
  storage::Lsn wanted = 0;           // highest LSN asked for
  storage::Lsn reported = 0;         // highest LSN reported
  bool keeps_loop = false;           // somebody waits for a flush: the thread must not end before it
  bool scheduled = false;            // a call of the threadsafe function is on its way
  napi_threadsafe_function function = nullptr;

  /// Under `mutex`.
  void wake() {
    if (scheduled || function == nullptr) return;
    scheduled = napi_call_threadsafe_function(function, nullptr, napi_tsfn_nonblocking) == napi_ok;
  }
  /// What waits, on the listener's own thread; null when nothing does.
  Napi::Value take(Napi::Env env);
  /// Under `mutex`, on the listener's own thread. A process whose only work is a commit on its way would otherwise end.
  void keep_loop(napi_env env, bool keep) {
    if (function == nullptr || keep == keeps_loop) return;
    keeps_loop = keep;
    (void)(keep ? napi_ref_threadsafe_function(env, function) : napi_unref_threadsafe_function(env, function));
  }
  /// Under `mutex`.
  void report_flushed(storage::Lsn lsn) {
    if (lsn <= reported) return;
    reported = lsn;
    flushed_pending = lsn;
    wake();
  }
};

namespace {

/// A thread that ends still runs what its loop has, but no JavaScript: values cannot be made any more.
bool can_run_js(napi_env env) {
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return false;
  napi_value object = nullptr, value = nullptr;
  const bool can = napi_create_object(env, &object) == napi_ok && napi_get_null(env, &value) == napi_ok &&
                   napi_set_named_property(env, object, "probe", value) == napi_ok;
  (void)napi_close_handle_scope(env, scope);
  return can;
}

Napi::Value bytes_of(Napi::Env env, const std::string& bytes) {
  return Napi::Buffer<char>::Copy(env, bytes.data(), bytes.size());
}

Napi::Object object_of(Napi::Env env, const Event& event) {
  Napi::Object out = Napi::Object::New(env);
  const auto number = Napi::Number::New(env, static_cast<double>(event.number));
  switch (event.kind) {
    case Event::Kind::kFlushed:
      out.Set("kind", "flushed");
      out.Set("lsn", number);
      break;
    case Event::Kind::kLogFailed:
      out.Set("kind", "logFailed");
      out.Set("code", number);
      out.Set("message", event.text);
      break;
    case Event::Kind::kWaitOver:
      out.Set("kind", "waitOver");
      out.Set("token", number);
      break;
    case Event::Kind::kMessage:
      out.Set("kind", "message");
      out.Set("subscriber", number);
      out.Set("channel", bytes_of(env, event.text));
      out.Set("payload", bytes_of(env, event.payload));
      out.Set("pattern", event.has_pattern ? bytes_of(env, event.pattern) : env.Null());
      out.Set("sharded", Napi::Boolean::New(env, event.flag));
      break;
    case Event::Kind::kInvalidate:
      out.Set("kind", "invalidate");
      out.Set("client", number);
      out.Set("key", event.has_pattern ? env.Null() : bytes_of(env, event.text));
      out.Set("broadcast", Napi::Boolean::New(env, event.flag));
      break;
    case Event::Kind::kTold:
      out.Set("kind", "told");
      out.Set("text", event.text);
      break;
    case Event::Kind::kCatalog:
      out.Set("kind", "catalog");
      out.Set("version", number);
      break;
  }
  return out;
}

}  // namespace

Napi::Value EventHub::Listener::take(Napi::Env env) {
  std::deque<Event> events;
  storage::Lsn flushed = 0;
  {
    const std::lock_guard guard(mutex);
    events.swap(queue);
    std::swap(flushed, flushed_pending);
    const bool failed = std::any_of(events.begin(), events.end(), [](const Event& e) { return e.kind == Event::Kind::kLogFailed; });
    if (failed || wanted <= reported) keep_loop(env, false);
  }
  if (events.empty() && flushed == 0) return env.Null();
  const Napi::Array batch = Napi::Array::New(env);
  std::uint32_t n = 0;
  if (flushed != 0) batch.Set(n++, object_of(env, {Event::Kind::kFlushed, flushed, {}, {}, {}, false, false}));
  for (const Event& event : events) batch.Set(n++, object_of(env, event));
  return batch;
}

EventHub::EventHub() = default;
EventHub::~EventHub() = default;

std::shared_ptr<EventHub::Listener> EventHub::find(ListenerId id) {
  const std::lock_guard guard(mutex_);
  for (const auto& l : listeners_)
    if (l->id == id) return l;
  return nullptr;
}

ListenerId EventHub::attach(Napi::Env) {
  auto listener = std::make_shared<Listener>();
  const std::lock_guard guard(mutex_);
  listener->id = next_++;
  listeners_.push_back(listener);
  return listener->id;
}

/// What waits for the listener, as one array; null when nothing does. On its own thread.
Napi::Value EventHub::take(Napi::Env env, ListenerId id) {
  const auto listener = find(id);
  return listener ? listener->take(env) : env.Null();
}

void EventHub::listen(ListenerId id, Napi::Env env, Napi::Function callback) {
  const auto listener = find(id);
  if (!listener) return;
  // The finalizer owns this reference, so a delivery that is on its way outlives detach().
  auto* context = new std::shared_ptr<Listener>(listener);
  const auto deliver = [](napi_env raw_env, napi_value js_callback, void* raw_context, void*) {
    if (raw_env == nullptr || js_callback == nullptr || !can_run_js(raw_env)) return;
    Listener& l = **static_cast<std::shared_ptr<Listener>*>(raw_context);
    {
      const std::lock_guard guard(l.mutex);
      l.scheduled = false;
    }
    const Napi::Env env(raw_env);
    const Napi::HandleScope scope(env);
    const Napi::Value batch = l.take(env);
    if (batch.IsNull()) return;
    napi_value argument = batch;
    napi_value result = nullptr;
    // An exception of the listener stays pending and surfaces as uncaughtException of that thread.
    (void)napi_call_function(raw_env, env.Undefined(), js_callback, 1, &argument, &result);
  };
  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<Listener>*>(data); };
  napi_threadsafe_function function = nullptr;
  const napi_status status =
      napi_create_threadsafe_function(env, callback, nullptr, Napi::String::New(env, "orrery events"), 0, 1, context, finalize,
                                      context, deliver, &function);
  if (status != napi_ok) {
    delete context;
    Napi::Error::New(env, "cannot listen for events").ThrowAsJavaScriptException();
    return;
  }
  (void)napi_unref_threadsafe_function(env, function);
  const std::lock_guard guard(listener->mutex);
  if (listener->function != nullptr) (void)napi_release_threadsafe_function(listener->function, napi_tsfn_abort);
  listener->function = function;
  listener->keeps_loop = false;
  listener->scheduled = false;
  if (!listener->queue.empty() || listener->flushed_pending != 0) listener->wake();
}

void EventHub::detach(ListenerId id) {
  const auto listener = find(id);
  if (!listener) return;
  {
    const std::lock_guard guard(mutex_);
    std::erase(listeners_, listener);
  }
  const std::lock_guard guard(listener->mutex);
  if (listener->function != nullptr) (void)napi_release_threadsafe_function(listener->function, napi_tsfn_abort);
  listener->function = nullptr;
  listener->queue.clear();
}

void EventHub::post(ListenerId id, Event event) {
  const auto listener = find(id);
  if (!listener) return;
  const std::lock_guard guard(listener->mutex);
  listener->queue.push_back(std::move(event));
  listener->wake();
}

void EventHub::broadcast(const Event& event) { tell_others(0, event); }

void EventHub::tell_others(ListenerId from, const Event& event) {
  const std::lock_guard guard(mutex_);
  for (const auto& listener : listeners_) {
    if (listener->id == from) continue;
    const std::lock_guard inner(listener->mutex);
    listener->queue.push_back(event);
    listener->wake();
  }
}

void EventHub::flushed(storage::Lsn lsn) {
  const std::lock_guard guard(mutex_);
  for (const auto& listener : listeners_) {
    const std::lock_guard inner(listener->mutex);
    if (listener->wanted > listener->reported) listener->report_flushed(lsn);
  }
}

void EventHub::want_flush(Napi::Env env, ListenerId id, storage::Lsn lsn, storage::Lsn already) {
  const auto listener = find(id);
  if (!listener) return;
  const std::lock_guard guard(listener->mutex);
  listener->wanted = std::max(listener->wanted, lsn);
  listener->keep_loop(env, true);
  // An LSN that is durable already is answered even when it was reported before: the caller waits for an event.
  if (already >= lsn) {
    listener->reported = std::max(listener->reported, already);
    listener->flushed_pending = std::max(listener->flushed_pending, listener->reported);
    listener->wake();
  }
}

}  // namespace orrery::binding
