// connection.h: a client's socket on an I/O thread: who owns its input, and its output on the way to the kernel.
//
// Invariants
//  1. Either the I/O thread or JavaScript runs the commands of a connection: `owned_by_javascript`. The I/O thread hands it over with the
//     rest of the input (or JavaScript ends it); JavaScript hands it back, which fails while input is on its way to it. So commands run in order.
//  2. Replies leave in the order of `write` calls: what cannot leave yet (a reply whose write is not durable, a full socket) makes
//     everything behind it wait.
//  3. The descriptor is closed by its I/O thread alone.
// Latch order: statements_mutex -> storage's latches; mutex -> the hub's mutex; mutex -> the thread's attention mutex. No shard latch is taken under
// mutex, and none of the two is taken under the other but mutex under statements_mutex.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <string>

#include "../storage/log.h"
#include "../wire/resp_frame.h"
#include "byte_queue.h"
#include "hub.h"
#include "pg_state.h"

namespace orrery::io {

class IoThread;

enum class Protocol : std::uint8_t { kResp = 0, kPostgres = 1 };

/// What running Redis commands needs of a session. Read and written by the owner.
struct RespState {
  std::uint8_t db = 0;
  bool resp3 = false;
  std::string address, name;  // for SLOWLOG
  wire::FrameProgress frame;  // of what the input begins with, while the I/O thread owns the connection
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  static constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

  Connection(int fd, std::uint64_t id, Protocol protocol, IoThread& thread, std::shared_ptr<Hub> hub)
      : fd(fd), id(id), protocol(protocol), thread(thread), hub(std::move(hub)) {}

  const int fd;
  const std::uint64_t id;
  const Protocol protocol;
  IoThread& thread;
  const std::shared_ptr<Hub> hub;
  std::atomic<bool> owned_by_javascript{true};
  /// JavaScript wants it back: the I/O thread hands it over with the next input.
  std::atomic<bool> revoked{false};
  std::atomic<std::int64_t> last_active_millis{0};
  /// Bytes of an unfinished command that the I/O thread keeps.
  std::atomic<std::size_t> input_bytes{0};
  std::atomic<std::uint8_t> shown_db{0};
  RespState resp;
  /// Held while statements run on the I/O thread, and while JavaScript changes what they use.
  std::mutex statements_mutex;
  std::unique_ptr<PgState> pg;  // once a plan was registered; guarded by statements_mutex
  // The I/O thread's own.
  ByteQueue input;       // the beginning of a command, while the thread owns the connection
  std::size_t need = 0;  // bytes of `input` without which it is not worth a look
  bool is_closed = false;
  /// Its next statement waits for another transaction; until then at most, in milliseconds (0: it does not wait, or JavaScript shall).
  bool is_parked = false;
  std::int64_t parked_until = 0;
  bool may_park = true;

  // Any thread.
  /// Sends, or keeps what cannot be sent yet. `lsn`: the bytes must not leave before the log is durable up to it; 0: they may.
  /// True: nothing waits, the kernel has it all.
  bool write(std::string_view bytes, storage::Lsn lsn = 0);
  std::size_t output_bytes();
  /// Little enough output waits that further commands may run.
  bool may_run();

  // JavaScript's thread.
  /// False: input is on its way to JavaScript (or the connection ends), which keeps it.
  bool hand_back();
  void pause_reading(bool pause);
  /// A drained event follows once nothing waits.
  void tell_when_drained();
  /// Its input was taken from the hub: reading may go on.
  void input_delivered();
  /// Sends what waits, then closes. Nothing written later is sent.
  void end();
  /// Closes at once.
  void destroy();

  // The I/O thread.
  /// JavaScript takes the connection at once, whatever the I/O thread has of its input.
  void take_back();
  /// Gives it to JavaScript with the rest of its input.
  void hand_over(std::string_view rest);
  /// False: the I/O thread owns it and must run the bytes itself.
  bool post_if_owned_by_javascript(std::string_view bytes);
  /// The socket takes more. True: nothing waits any more.
  bool flush();
  /// Sends held replies up to `flushed`. True: none is held any more.
  bool release(storage::Lsn flushed);
  /// The log failed: held replies become `error` and the connection ends.
  void fail_held(std::string_view error);
  enum class Ending : std::uint8_t {
    kNot,
    kLost,      // nothing can be sent any more; JavaScript has to be told
    kFlushing,  // JavaScript ended it; output waits
    kFlushed,   // the same, and everything was sent
    kOver,      // nobody needs it any more
  };
  Ending ending();
  /// What was written is the last: JavaScript is asked to end it, and what still comes is not looked at.
  void ask_to_end();
  /// The peer will send nothing more (`dead`: and receive nothing). JavaScript hears of it.
  void input_ended(bool dead);
  /// Registers with the thread's epoll; false when the kernel refuses.
  bool start();
  /// After it the epoll knows the descriptor no more.
  void stop_polling();

 private:
  friend class Hub;
  struct Held { storage::Lsn lsn; std::string bytes; };
  bool waits() const noexcept { return !out_.empty() || !held_.empty(); }
  bool write_locked(std::string_view bytes, storage::Lsn lsn);
  void send_locked(std::string_view bytes);
  void update_interest_locked();
  void after_output_locked();
  void ask_to_end_locked();

  /// Guarded by the hub's mutex: place of the undelivered input event.
  std::size_t undelivered_position = kNowhere;

  std::mutex mutex_;  // guards what follows
  ByteQueue out_;
  std::deque<Held> held_;
  std::size_t held_bytes_ = 0;
  std::uint32_t interest_ = 0;
  bool polled_ = false;       // the epoll knows the descriptor
  bool paused_ = false;       // JavaScript reads no more for now
  bool backlogged_ = false;   // too much undelivered input
  bool input_ended_ = false;  // the peer sends nothing more
  bool tell_drained_ = false;
  bool ends_ = false;         // JavaScript said end
  bool dead_ = false;         // nothing can be sent, or JavaScript said destroy
};

}  // namespace orrery::io
