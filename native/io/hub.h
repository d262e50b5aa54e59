// hub.h: what one JavaScript thread and the I/O threads tell each other: events of its connections, and settings that hold for all of them.
//
// Input of a connection that JavaScript owns is appended to its one undelivered event, so a batch holds each connection's bytes once.
// Threads: post from any thread (a short mutex and a wake-up); take from the JavaScript thread; settings are relaxed atomics.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../storage/ids.h"

namespace orrery::io {

class Connection;

struct HubEvent {
  enum class Kind : std::uint8_t {
    kData = 0,     // `bytes` for the session
    kTaken = 1,    // the same, and the session's fast state has changed since it was handed back
    kDrained = 2,  // all output is with the kernel
    kClosed = 3,   // the peer is gone (or must go): nothing more comes; JavaScript answers with end
    kGone = 4,     // the descriptor is closed: the connection's last event
  };
  Kind kind;
  std::shared_ptr<Connection> connection;
  std::string bytes;
};

class Hub {
 public:
  /// Every command of every connection goes to JavaScript (MONITOR, CLIENT PAUSE, a slow script).
  std::atomic<bool> stops{false};
  /// A write's reply leaves when the write is durable.
  std::atomic<bool> sync_always{false};
  /// Output that waits for a client; more ends the connection. 0: no limit.
  std::atomic<std::uint64_t> output_limit{0};
  /// The longest a connection's unfinished input may get (client-query-buffer-limit).
  std::atomic<std::uint64_t> input_limit{1 << 30};
  /// Newest record of writes on I/O threads.
  std::atomic<storage::Lsn> newest_lsn{0};

  /// `wake` is called under the hub's mutex after the first event since the last `take`; empty: nobody listens any more, and events are
  /// dropped (they hold their connections, and those the hub).
  void listen(std::function<void()> wake);
  void post(HubEvent::Kind kind, const std::shared_ptr<Connection>& connection);
  /// Returns how many bytes of the connection are undelivered now. Connection's mutex held.
  std::size_t post_input(const std::shared_ptr<Connection>& connection, std::string_view bytes, bool taken);
  std::vector<HubEvent> take();
  /// Whether input of the connection is undelivered.
  bool has_input_of(const Connection& connection);

 private:
  void wake();  // mutex held
  std::vector<HubEvent> take_locked();
  std::mutex mutex_;  // taken after a connection's
  std::vector<HubEvent> events_;
  std::function<void()> wake_;
  bool is_over_ = false;
};

}  // namespace orrery::io
