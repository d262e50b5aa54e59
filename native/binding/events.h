// events.h: events from native threads to JavaScript threads: flushes, ended waits, published messages, catalog changes.
//
// One listener per JavaScript thread and engine: a queue and one unref'ed threadsafe function, called once for a batch however
// many events came (coalescing). `flushed` events collapse to the newest LSN.
//
// Invariants
//  1. Events of one listener arrive in the order they were posted (flushed ones may come earlier in their batch).
//  2. Posting to a listener that is gone does nothing; posting never blocks on JavaScript.
// Threads: post, broadcast and flushed from any thread, also under room latches (a short mutex and a wake-up);
// attach, request_flush and detach from the listener's own JavaScript thread.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../core/status.h"
#include "../storage/ids.h"
#include "napi.h"

namespace orrery::binding {

struct Event {
  enum class Kind : std::uint8_t { kFlushed, kLogFailed, kWaitOver, kMessage, kInvalidate, kCatalog, kTold };
  Kind kind;
  std::uint64_t number = 0;  // lsn, token, subscriber, version, status code of kLogFailed
  std::string text;          // message of kLogFailed, channel of kMessage, what kTold tells
  std::string payload;
  std::string pattern;
  bool has_pattern = false;
  bool flag = false;         // kMessage: of a shard channel; kInvalidate: broadcast mode

  static Event wait_over(std::uint64_t token) { return {Kind::kWaitOver, token, {}, {}, {}, false, false}; }
  static Event catalog(std::uint64_t version) { return {Kind::kCatalog, version, {}, {}, {}, false, false}; }
  static Event log_failed(const Status& failure) { return {Kind::kLogFailed, static_cast<std::uint64_t>(failure.code), failure.message, {}, {}, false, false}; }
  static Event told(std::string text) { return {Kind::kTold, 0, std::move(text), {}, {}, false, false}; }
  static Event message(std::uint64_t subscriber, std::string channel, std::string payload, bool sharded = false) {
    return {Kind::kMessage, subscriber, std::move(channel), std::move(payload), {}, false, sharded};
  }
  /// nullptr: every key.
  static Event invalidate(std::uint64_t client, const std::string_view* key, bool broadcast) {
    return {Kind::kInvalidate, client, key == nullptr ? std::string() : std::string(*key), {}, {}, key == nullptr, broadcast};
  }
  static Event pattern_message(std::uint64_t subscriber, std::string channel, std::string payload, std::string pattern) {
    return {Kind::kMessage, subscriber, std::move(channel), std::move(payload), std::move(pattern), true, false};
  }
};

/// Names one attached JavaScript thread; 0 = nobody. Never reused while the engine lives.
using ListenerId = std::uint64_t;

class EventHub {
 public:
  EventHub();
  ~EventHub();
  void post(ListenerId listener, Event event);
  void broadcast(const Event& event);
  /// To every listener but `from`.
  void tell_others(ListenerId from, const Event& event);
  /// The flusher's report: wakes the listeners that asked (request_flush).
  void flushed(storage::Lsn lsn);

  ListenerId attach(Napi::Env env);
  void listen(ListenerId listener, Napi::Env env, Napi::Function callback);
  /// What waits for the listener, as the array that its callback would get; null when nothing does. On its own thread.
  Napi::Value take(Napi::Env env, ListenerId listener);
  void detach(ListenerId listener);
  /// A `flushed` event follows once flushed() >= lsn was reported. `already` = the log's flushed LSN read by the caller.
  /// Until then the thread's event loop stays alive. On the listener's own thread.
  void want_flush(Napi::Env env, ListenerId listener, storage::Lsn lsn, storage::Lsn already);

 private:
  struct Listener;
  std::shared_ptr<Listener> find(ListenerId id);
  std::mutex mutex_;  // guards listeners_; taken before a listener's own mutex
  std::vector<std::shared_ptr<Listener>> listeners_;
  ListenerId next_ = 1;
};

/// The listener of the calling JavaScript thread for the engine in the first argument.
ListenerId listener_of(const Napi::CallbackInfo& info);

}  // namespace orrery::binding
