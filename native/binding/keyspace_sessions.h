// keyspace_sessions.h: what JavaScript holds of the keyspace: a thread's shared buffers and its connections' sessions.
#pragma once
#include <cstring>
#include <string_view>

#include "../keyspace/executor.h"
#include "engine.h"
#include "engine_rooms.h"

namespace orrery::binding {

enum StateWord { kConsumed, kOutputLength, kLsn, kWaitXid, kFrameBytes, kNeed, kDatabase, kCommands, kAllStop, kStateWords };

constexpr std::uint32_t kMaxArguments = 0x7fffffff;  // as RESP

/// A JavaScript thread's shared buffers. References keep them alive as long as the thread's handle.
struct Thread {
  static constexpr HandleMark kMark = HandleMark::kKeyspaceThread;
  HandleMark mark;
  Engine* const* live;  // nullptr is there once the engine was closed
  ListenerId listener;
  std::uint8_t* output;
  std::size_t output_size;
  double* state;
  Napi::ObjectReference output_reference, state_reference;
  Napi::Reference<Napi::Value> engine_reference;
  Engine* engine() const noexcept { return *live; }
  double next_session = 1;
};

struct NativeSession {
  static constexpr HandleMark kMark = HandleMark::kKeyspaceSession;
  HandleMark mark = kMark;
  keyspace::Session session;
  wire::FrameProgress frame;  // of what the session's input begins with
  Thread* thread;
  Napi::ObjectReference thread_reference;
  storage::Xid waiter;  // stands for this session in the graph of waits; far above real xids
  bool closed = false;
};

inline Thread* thread_of(const Napi::CallbackInfo& info) {
  if (auto* t = handle_of<Thread>(info.Env(), info[0]); t != nullptr && t->engine() != nullptr) return t;
  type_error(info, "a keyspace thread of an open engine is expected");
  return nullptr;
}
inline NativeSession* session_of(const Napi::CallbackInfo& info) {
  if (auto* s = handle_of<NativeSession>(info.Env(), info[0]); s != nullptr && !s->closed && s->thread->engine() != nullptr) return s;
  type_error(info, "an open keyspace session is expected");
  return nullptr;
}
inline std::string_view bytes_of(const Napi::Value& v) {
  void* data = nullptr;
  std::size_t length = 0;
  if (v.IsTypedArray()) napi_get_typedarray_info(v.Env(), v, nullptr, &length, &data, nullptr, nullptr);
  return {static_cast<const char*>(data), length};
}
inline Napi::Value bytes_value(Napi::Env env, std::string_view s) { return Napi::Buffer<char>::Copy(env, s.data(), s.size()); }

/// Moves the session's replies to the thread's output when they fit.
inline void publish_output(NativeSession& s) {
  wire::RespWriter& reply = s.session.reply;
  double* state = s.thread->state;
  if (reply.size() <= s.thread->output_size) {
    if (reply.size() > 0) std::memcpy(s.thread->output, reply.data(), reply.size());
    state[kOutputLength] = static_cast<double>(reply.size());
    reply.clear();
  } else {
    state[kOutputLength] = -static_cast<double>(reply.size());
  }
  state[kLsn] = static_cast<double>(s.session.lsn);
  state[kDatabase] = s.session.db;
}

}  // namespace orrery::binding
