// engine_binding.cc: exports.engine and the count of border crossings.
//
// Engines of this process are registered by folder (real path). Each JavaScript thread that opens one holds an Attachment;
// the last one that goes closes the engine: with a checkpoint after close(), flushed only when the thread just ended.
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "engine.h"
#include "engine_rooms.h"

namespace orrery::binding {
namespace {

std::atomic<std::uint64_t> crossing_count{0};
thread_local Status last_status;

struct Registry {
  std::mutex mutex;  // held while an engine opens or closes: a second opener waits
  std::map<std::string, std::weak_ptr<Engine>> by_folder;
  std::map<Engine*, std::size_t> attachment_count;
};
Registry& registry() {
  static auto* r = new Registry();  // never destroyed: threads may end after static destruction began
  return *r;
}

/// One JavaScript thread's hold on an engine; lives until its environment ends, closed or not.
struct Attachment {
  static constexpr HandleMark kMark = HandleMark::kEngine;
  HandleMark mark = kMark;
  EnginePtr engine;  // empty after close
  Engine* fast = nullptr;
  ListenerId listener = 0;
  napi_env env = nullptr;
};

Status detach(Attachment& attachment, bool with_checkpoint) {
  if (!attachment.engine) return Status::ok();
  EnginePtr engine = std::move(attachment.engine);
  attachment.fast = nullptr;
  engine->events.detach(attachment.listener);
  Registry& r = registry();
  const std::lock_guard guard(r.mutex);
  auto count = r.attachment_count.find(engine.get());
  if (--count->second > 0) return Status::ok();
  r.attachment_count.erase(count);
  if (!engine->settings.folder.empty()) r.by_folder.erase(engine->settings.folder);
  return close_rooms(*engine, with_checkpoint);
}

void on_environment_end(void* data) {
  auto* attachment = static_cast<Attachment*>(data);
  // Nobody is left to tell; a record that must not be lost was acknowledged only after its own flush.
  (void)detach(*attachment, false);
}

Attachment* attachment_of(const Napi::CallbackInfo& info) {
  if (auto* attachment = handle_of<Attachment>(info.Env(), info[0]); attachment != nullptr && attachment->fast != nullptr) return attachment;
  Napi::TypeError::New(info.Env(), "the first argument must be an open engine").ThrowAsJavaScriptException();
  return nullptr;
}

Napi::Object detail_of(Napi::Env env, const Status& status) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("code", Napi::Number::New(env, static_cast<double>(status.code)));
  out.Set("detail", Napi::Number::New(env, static_cast<double>(status.detail)));
  out.Set("object", Napi::Number::New(env, static_cast<double>(status.object)));
  out.Set("message", Napi::String::New(env, status.message));
  return out;
}

Napi::Error error_of(Napi::Env env, const Status& status) {
  Napi::Error error = Napi::Error::New(env, status.message);
  error.Set("status", detail_of(env, status));
  return error;
}

Napi::Value crossings(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(crossing_count.load(std::memory_order_relaxed)));
}

/// The engine of `settings.folder`, opened or attached to.
Status acquire(EngineSettings settings, EnginePtr* engine) {
  if (!settings.folder.empty()) {
    FileSystem& files = real_file_system();
    Status s = files.create_folder(settings.folder);
    if (s.is_ok()) {
      const std::string given = settings.folder;
      s = files.real_path(given, &settings.folder);
    }
    if (!s.is_ok()) return Status::error(s.code, "data folder " + settings.folder + " cannot be used: " + s.message);
  }
  Registry& r = registry();
  const std::lock_guard guard(r.mutex);
  if (!settings.folder.empty()) {
    if (const auto found = r.by_folder.find(settings.folder); found != r.by_folder.end()) *engine = found->second.lock();
    if (*engine) {
      r.attachment_count[engine->get()]++;
      return Status::ok();
    }
  }
  auto opened = std::make_shared<Engine>();
  opened->settings = std::move(settings);
  if (Status s = open_rooms(*opened); !s.is_ok()) return s;
  if (!opened->settings.folder.empty()) r.by_folder[opened->settings.folder] = opened;
  r.attachment_count[opened.get()] = 1;
  *engine = std::move(opened);
  return Status::ok();
}

Napi::Value open(const Napi::CallbackInfo& info) {
  count_crossing();
  const Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsObject()) {
    Napi::TypeError::New(env, "options must be an object").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  const Napi::Object options = info[0].As<Napi::Object>();
  EngineSettings settings;
  const Napi::Value folder = options.Get("folder");
  if (folder.IsString()) {
    settings.folder = folder.As<Napi::String>().Utf8Value();
  } else if (!folder.IsNull()) {
    Napi::TypeError::New(env, "folder must be a string or null").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  if (const Napi::Value v = options.Get("checkpointLogBytes"); v.IsNumber())
    settings.checkpoint_log_bytes = static_cast<std::uint64_t>(std::max(0.0, v.As<Napi::Number>().DoubleValue()));
  if (const Napi::Value v = options.Get("keepLog"); v.IsBoolean()) settings.keep_log = v.As<Napi::Boolean>();

  EnginePtr engine;
  if (Status s = acquire(std::move(settings), &engine); !s.is_ok()) {
    error_of(env, s).ThrowAsJavaScriptException();
    return env.Undefined();
  }
  auto* attachment = new Attachment();
  attachment->engine = std::move(engine);
  attachment->fast = attachment->engine.get();
  attachment->listener = attachment->fast->events.attach(env);
  attachment->env = env;
  (void)napi_add_env_cleanup_hook(env, on_environment_end, attachment);
  return Napi::External<Attachment>::New(env, attachment, [](Napi::Env e, Attachment* a) {
    // The handle was collected: nobody can close it any more.
    (void)napi_remove_env_cleanup_hook(e, on_environment_end, a);
    (void)detach(*a, false);
    delete a;
  });
}

Napi::Value close(const Napi::CallbackInfo& info) {
  count_crossing();
  Attachment* attachment = attachment_of(info);
  if (attachment == nullptr) return info.Env().Undefined();
  if (Status s = detach(*attachment, true); !s.is_ok()) error_of(info.Env(), s).ThrowAsJavaScriptException();
  return info.Env().Undefined();
}

Napi::Value last_error(const Napi::CallbackInfo& info) {
  count_crossing();
  return detail_of(info.Env(), last_status);
}

Napi::Value on_events(const Napi::CallbackInfo& info) {
  count_crossing();
  Attachment* attachment = attachment_of(info);
  if (attachment == nullptr) return info.Env().Undefined();
  if (info.Length() < 2 || !info[1].IsFunction()) {
    Napi::TypeError::New(info.Env(), "the listener must be a function").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  attachment->fast->events.listen(attachment->listener, info.Env(), info[1].As<Napi::Function>());
  return info.Env().Undefined();
}

Napi::Value take_events(const Napi::CallbackInfo& info) {
  count_crossing();
  Attachment* attachment = attachment_of(info);
  if (attachment == nullptr) return info.Env().Undefined();
  return attachment->fast->events.take(info.Env(), attachment->listener);
}

Napi::Value request_flush(const Napi::CallbackInfo& info) {
  count_crossing();
  Attachment* attachment = attachment_of(info);
  if (attachment == nullptr) return info.Env().Undefined();
  const auto lsn = static_cast<storage::Lsn>(number_of(info[1]));
  storage::Log& log = *attachment->fast->log;
  attachment->fast->events.want_flush(info.Env(), attachment->listener, lsn, log.flushed());
  log.request_flush(lsn);
  // A sync that ended before the wish was noted reported to nobody: look again.
  if (const storage::Lsn now = log.flushed(); now >= lsn)
    attachment->fast->events.want_flush(info.Env(), attachment->listener, lsn, now);
  else if (Status s = log.failure(); !s.is_ok()) attachment->fast->events.post(attachment->listener, Event::log_failed(s));
  return info.Env().Undefined();
}

Napi::Value flushed_lsn(const Napi::CallbackInfo& info) {
  count_crossing();
  Attachment* attachment = attachment_of(info);
  if (attachment == nullptr) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(attachment->fast->log->flushed()));
}

Napi::Value tell(const Napi::CallbackInfo& info) {
  count_crossing();
  Attachment* attachment = attachment_of(info);
  if (attachment == nullptr) return info.Env().Undefined();
  if (info.Length() < 2 || !info[1].IsString()) {
    Napi::TypeError::New(info.Env(), "the text must be a string").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  attachment->fast->events.tell_others(attachment->listener, Event::told(info[1].As<Napi::String>().Utf8Value()));
  return info.Env().Undefined();
}

/// Hands a connection to another JavaScript thread: each closes its own descriptor.
Napi::Value duplicate_descriptor(const Napi::CallbackInfo& info) {
  count_crossing();
  const int copy = info.Length() > 0 && info[0].IsNumber() ? ::fcntl(info[0].As<Napi::Number>().Int32Value(), F_DUPFD_CLOEXEC, 0) : -1;
  if (copy < 0) Napi::Error::New(info.Env(), "the descriptor cannot be duplicated").ThrowAsJavaScriptException();
  return Napi::Number::New(info.Env(), copy);
}

/// Whether the other end of a socket has closed it: said while what it sent before may still wait to be read.
Napi::Value peer_has_left(const Napi::CallbackInfo& info) {
  count_crossing();
#ifdef POLLRDHUP
  constexpr short kLeft = POLLRDHUP;
#else
  constexpr short kLeft = 0;  // POLLHUP alone, where there is no other
#endif
  pollfd socket{info.Length() > 0 && info[0].IsNumber() ? info[0].As<Napi::Number>().Int32Value() : -1, kLeft, 0};
  return Napi::Boolean::New(info.Env(), ::poll(&socket, 1, 0) > 0 && (socket.revents & (kLeft | POLLHUP | POLLERR)) != 0);
}

/**
 * Lets JavaScript on the calling thread use the whole of the thread's stack but `kNativeStackBytes`: V8 takes about 1 MB of the 8 MB that the main
 * thread has, and nested statements recurse. V8's entry points are looked up by name, so that the addon keeps to Node-API otherwise; where they are
 * missing nothing changes.
 */
constexpr std::size_t kNativeStackBytes = 1 << 20;
void use_whole_stack(const Napi::CallbackInfo&) {
  using GetCurrent = void* (*)();
  using SetStackLimit = void (*)(void*, std::uintptr_t);
  const auto get_current = reinterpret_cast<GetCurrent>(::dlsym(RTLD_DEFAULT, "_ZN2v87Isolate10GetCurrentEv"));
  const auto set_stack_limit = reinterpret_cast<SetStackLimit>(::dlsym(RTLD_DEFAULT, "_ZN2v87Isolate13SetStackLimitEm"));
  pthread_attr_t attributes;
  if (get_current == nullptr || set_stack_limit == nullptr || ::pthread_getattr_np(::pthread_self(), &attributes) != 0) return;
  void* lowest = nullptr;
  std::size_t bytes = 0;
  const int found = ::pthread_attr_getstack(&attributes, &lowest, &bytes);
  ::pthread_attr_destroy(&attributes);
  if (found != 0 || bytes < 4 * kNativeStackBytes) return;
  // An unlimited stack says so by an address that is not there: 8 MB are there in any case.
  const std::uintptr_t here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  constexpr std::size_t kUsualBytes = 8 << 20;
  const std::uintptr_t end = reinterpret_cast<std::uintptr_t>(lowest) + bytes;
  const std::uintptr_t usable = std::min(bytes, kUsualBytes) - kNativeStackBytes;
  if (end - usable < here) set_stack_limit(get_current(), end - usable);
}

class CheckpointWorker final : public Napi::AsyncWorker {
 public:
  CheckpointWorker(Napi::Env env, EnginePtr engine)
      : Napi::AsyncWorker(env, "orrery checkpoint"), deferred_(Napi::Promise::Deferred::New(env)), engine_(std::move(engine)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }
  void Execute() override { status_ = checkpoint_rooms(*engine_); }
  void OnOK() override {
    if (status_.is_ok()) {
      deferred_.Resolve(Env().Undefined());
    } else {
      deferred_.Reject(error_of(Env(), status_).Value());
    }
  }

 private:
  Napi::Promise::Deferred deferred_;
  EnginePtr engine_;
  Status status_;
};

Napi::Value checkpoint(const Napi::CallbackInfo& info) {
  count_crossing();
  Attachment* attachment = attachment_of(info);
  if (attachment == nullptr) return info.Env().Undefined();
  auto* worker = new CheckpointWorker(info.Env(), attachment->engine);  // deletes itself when done
  worker->Queue();
  return worker->promise();
}

Napi::Value statistics(const Napi::CallbackInfo& info) {
  count_crossing();
  Attachment* attachment = attachment_of(info);
  if (attachment == nullptr) return info.Env().Undefined();
  Napi::Object out = Napi::Object::New(info.Env());
  const auto report = [&](std::string_view name, double value) { out.Set(std::string(name), value); };
  report("log.appended", static_cast<double>(attachment->fast->log->appended()));
  report("log.flushed", static_cast<double>(attachment->fast->log->flushed()));
  const Engine& engine = *attachment->fast;
  {
    Registry& r = registry();
    const std::lock_guard guard(r.mutex);
    report("engine.attachments", static_cast<double>(r.attachment_count[attachment->fast]));
  }
  report("recovery.records", static_cast<double>(engine.recovery.records));
  report("recovery.tornBytes", static_cast<double>(engine.recovery.torn_bytes));
  if (engine.file_log != nullptr) report("log.syncs", static_cast<double>(engine.file_log->sync_count()));
  if (engine.checkpointer) {
    report("checkpoint.count", static_cast<double>(engine.checkpointer->count()));
    report("checkpoint.failures", static_cast<double>(engine.checkpointer->failure_count()));
    report("checkpoint.lsn", static_cast<double>(engine.checkpointer->last()));
  }
  const auto counters = engine.transactions->counters();
  report("transactions.commits", static_cast<double>(counters.commits));
  report("transactions.rollbacks", static_cast<double>(counters.rollbacks));
  report("transactions.open", static_cast<double>(counters.open));
  for (const storage::Participant& room : engine.participants) room.target->statistics(report);
  return out;
}

Napi::Value digest(const Napi::CallbackInfo& info) {
  count_crossing();
  Attachment* attachment = attachment_of(info);
  if (attachment == nullptr) return info.Env().Undefined();
  Digest all;
  for (const storage::Participant& room : attachment->fast->participants) room.target->digest(all);
  return Napi::String::New(info.Env(), all.hex());
}

Napi::Value verify(const Napi::CallbackInfo& info) {
  count_crossing();
  const Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsString()) {
    Napi::TypeError::New(env, "folder must be a string").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  storage::VerifyResult result;
  if (Status s = storage::verify_folder(real_file_system(), info[0].As<Napi::String>().Utf8Value(), &result); !s.is_ok()) {
    error_of(env, s).ThrowAsJavaScriptException();
    return env.Undefined();
  }
  Napi::Array problems = Napi::Array::New(env, result.problems.size());
  for (std::uint32_t i = 0; i < result.problems.size(); i++) problems.Set(i, result.problems[i]);
  Napi::Object out = Napi::Object::New(env);
  out.Set("ok", result.problems.empty());
  out.Set("records", static_cast<double>(result.records));
  out.Set("lastLsn", static_cast<double>(result.last_lsn));
  out.Set("tornBytes", static_cast<double>(result.torn_bytes));
  out.Set("problems", problems);
  return out;
}

}  // namespace

void count_crossing() noexcept { crossing_count.fetch_add(1, std::memory_order_relaxed); }

EnginePtr shared_engine_of(const Napi::CallbackInfo& info) {
  Attachment* attachment = attachment_of(info);
  return attachment == nullptr ? nullptr : attachment->engine;
}

Engine* engine_of(const Napi::CallbackInfo& info) {
  Attachment* attachment = attachment_of(info);
  return attachment == nullptr ? nullptr : attachment->fast;
}

Engine* const* live_engine_of(const Napi::CallbackInfo& info) {
  Attachment* attachment = attachment_of(info);
  return attachment == nullptr ? nullptr : &attachment->fast;
}

ListenerId listener_of(const Napi::CallbackInfo& info) {
  Attachment* attachment = attachment_of(info);
  return attachment == nullptr ? 0 : attachment->listener;
}

std::uint32_t remember(Status status) {
  const auto code = static_cast<std::uint32_t>(status.code);
  if (code != 0) last_status = std::move(status);
  return code;
}

void init_engine(Napi::Env env, Napi::Object exports) {
  Napi::Object engine = Napi::Object::New(env);
  engine.Set("open", Napi::Function::New<open>(env, "open"));
  engine.Set("close", Napi::Function::New<close>(env, "close"));
  engine.Set("lastError", Napi::Function::New<last_error>(env, "lastError"));
  engine.Set("takeEvents", Napi::Function::New<take_events>(env, "takeEvents"));
  engine.Set("onEvents", Napi::Function::New<on_events>(env, "onEvents"));
  engine.Set("requestFlush", Napi::Function::New<request_flush>(env, "requestFlush"));
  engine.Set("flushedLsn", Napi::Function::New<flushed_lsn>(env, "flushedLsn"));
  engine.Set("tell", Napi::Function::New<tell>(env, "tell"));
  engine.Set("duplicateDescriptor", Napi::Function::New<duplicate_descriptor>(env, "duplicateDescriptor"));
  engine.Set("peerHasLeft", Napi::Function::New<peer_has_left>(env, "peerHasLeft"));
  engine.Set("useWholeStack", Napi::Function::New<use_whole_stack>(env, "useWholeStack"));
  engine.Set("checkpoint", Napi::Function::New<checkpoint>(env, "checkpoint"));
  engine.Set("statistics", Napi::Function::New<statistics>(env, "statistics"));
  engine.Set("digest", Napi::Function::New<digest>(env, "digest"));
  engine.Set("verify", Napi::Function::New<verify>(env, "verify"));
  exports.Set("engine", engine);
  exports.Set("crossings", Napi::Function::New<crossings>(env, "crossings"));
}
}  // namespace orrery::binding
