// executor.h: runs commands: finds them in the table, takes their latches, calls the body, logs the effects.
//
// `run` takes a chunk of input and goes on until something stops it; replies gather in the session's writer. One call is one border
// crossing however many commands it holds. Consecutive one-key commands run in small batches: their latches are taken and their effects
// logged together, and the memory of all their keys is asked for before the first one runs.
#pragma once
#include "../wire/resp_frame.h"
#include "context.h"

namespace orrery::keyspace {

/// Why a run ended. The numbers are in src/native/addon.ts.
enum class Stop : std::uint32_t {
  kEnd = 0,         // all input is used
  kIncomplete = 1,  // the rest is the beginning of a frame; `need` bytes of it must be there for the next try
  kTypeScript = 2,  // the command at `consumed` (frame_bytes long) is TypeScript's
  kWait = 3,        // the command at `consumed` needs a key that transaction `wait_xid` has locked
  kProtocol = 4,    // an error reply was written; the connection must end
  kOutput = 5,      // enough output for now: send it, then go on
};

struct RunResult {
  Stop stop = Stop::kEnd;
  std::size_t consumed = 0;
  std::size_t frame_bytes = 0;  // kTypeScript, kWait: of the command that stopped
  std::size_t need = 0;
  storage::Xid wait_xid = 0;
  std::uint32_t commands = 0;
};

/// What `execute` did with one command.
enum class Outcome : std::uint8_t { kDone, kTypeScript, kWait };

/// begin_exclusive's *wait_xid when a slow script holds the keys: no transaction has that number.
constexpr storage::Xid kBusy = ~storage::Xid{0};

class Executor {
 public:
  explicit Executor(Keyspace& keyspace) : keyspace_(keyspace) {}
  /// `progress`: how far the incomplete command was read that the last run of this connection stopped at and that `data` begins with.
  RunResult run(Session& session, const char* data, std::size_t length, std::size_t output_limit, wire::FrameProgress* progress = nullptr);
  /// One command that is split already. kWait sets *wait_xid.
  Outcome execute(Session& session, std::span<const std::string_view> args, std::int64_t now, storage::Xid* wait_xid);
  /// The same, counted in the statistics as `run` counts.
  Outcome execute_counted(Session& session, std::span<const std::string_view> args, std::int64_t now, storage::Xid* wait_xid);
  Outcome execute_counted(Session& session, const Command& command, std::span<const std::string_view> args, std::int64_t now, storage::Xid* wait_xid);

  // EXEC: between begin and end the session holds every latch, and its writes become one record.
  /// False when a watched key changed (then nothing is held); kWait semantics as above through *wait_xid when `writes`.
  /// `judges`: whether watched keys matter (EXEC) or not (a script of a client that watches).
  bool begin_exclusive(Session& session, bool writes, storage::Xid* wait_xid, bool judges = true);
  /// False: the log refused the writes, which must not be acknowledged.
  bool end_exclusive(Session& session);
  /// A script takes long: others may see that keys are busy (they get Outcome::kTypeScript) instead of waiting for its latches.
  void yield_exclusive(Session& session);
  void watch(Session& session, std::string_view key);
  void unwatch(Session& session);

  /// Key arguments of a command, as its table entry says.
  static bool key_arguments(const Command& command, std::span<const std::string_view> args, std::vector<std::size_t>* out);

 private:
  /// A one-key command of a batch, its frame parsed.
  struct Ready {
    const Command* command;
    std::span<const std::string_view> args;
    std::size_t bytes;
  };
  Outcome execute(Session& session, const Command& command, std::span<const std::string_view> args, std::int64_t now, storage::Xid* wait_xid);
  /// EVAL or EVALSHA of a short script (script_program.h). kTypeScript: it is none, or nobody has loaded it; nothing was done.
  Outcome execute_script(Session& session, const Command& command, bool by_name, std::span<const std::string_view> args, std::int64_t now, storage::Xid* wait_xid);
  /// Asks the memory for what the commands will look at. Latches held.
  void prefetch_batch(const Session& session, std::span<const Ready> batch, std::span<const KnownKey> keys) noexcept;
  /// Counts `calls` finished runs of a command that took `ticks` together; `args` are of one of them.
  void account(Session& session, const Command& command, std::span<const std::string_view> args, std::uint64_t ticks, std::uint64_t calls, bool failed);
  /// Whether the reply from `reply_mark` on is an error; counts it by its first word.
  static bool note_error(const Session& session, std::size_t reply_mark);
  void execute_batch(Session& session, std::span<const Ready> batch, std::span<const KnownKey> keys, std::int64_t now, std::size_t output_limit, RunResult* result);
  /// Logs what the commands since `reply_mark` changed; a log that refuses turns their replies into errors. Latches held.
  void log_effects(Session& session, std::size_t reply_mark, std::size_t commands);
  Keyspace& keyspace_;
};

}  // namespace orrery::keyspace
