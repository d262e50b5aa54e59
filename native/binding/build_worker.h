// build_worker.h: building indexes off the JavaScript thread. The transaction must not be used meanwhile; the statement's interrupt goes along.
#pragma once
#include <functional>
#include <utility>

#include "../core/interrupt.h"
#include "../storage/scan.h"
#include "engine.h"
#include "engine_rooms.h"

namespace orrery::binding {

/// The transaction with the xid in argument 1; nullptr with kInvalid remembered when there is none.
inline storage::Transaction* transaction_of(const Napi::CallbackInfo& info, Engine& engine) {
  const auto xid = static_cast<storage::Xid>(number_of(info[1]));
  storage::Transaction* t = engine.transactions->find(xid);
  if (t == nullptr) remember(Status::error(StatusCode::kInvalid, "no such transaction"));
  return t;
}

class BuildWorker final : public Napi::AsyncWorker {
 public:
  BuildWorker(Napi::Env env, std::function<Status()> build)
      : Napi::AsyncWorker(env, "orrery index build"), deferred_(Napi::Promise::Deferred::New(env)), build_(std::move(build)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }
  void Execute() override { status_ = build_(); }
  void OnOK() override { deferred_.Resolve(Napi::Number::New(Env(), remember(std::move(status_)))); }

 private:
  Napi::Promise::Deferred deferred_;
  const std::function<Status()> build_;
  Status status_;
};

/// Runs `build(transaction)` off this thread; a promise of its status.
template <typename Build>
Napi::Value build_index(const Napi::CallbackInfo& info, Engine& engine, Build&& build) {
  const Napi::Env env = info.Env();
  storage::Transaction* t = transaction_of(info, engine);
  if (t == nullptr) {
    const auto deferred = Napi::Promise::Deferred::New(env);
    deferred.Resolve(Napi::Number::New(env, static_cast<double>(StatusCode::kInvalid)));
    return deferred.Promise();
  }
  auto* worker = new BuildWorker(env, [t, &manager = *engine.transactions, interrupt = current_interrupt(), build = std::forward<Build>(build)] {
    const storage::SnapshotHold hold(manager, t->snapshot());
    current_interrupt() = interrupt;
    Status status = build(*t);
    current_interrupt() = {};
    return status;
  });
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace orrery::binding
