#include "executor.h"

#include <array>
#include <bit>

#include "command_statistics.h"
#include "limits.h"
#include "script_cache.h"
#include "script_run.h"
#include "slow_log.h"
#include "transaction.h"

namespace orrery::keyspace {
namespace {

constexpr std::string_view kReadOnlyReplica = "READONLY You can't write against a read only replica.";
/// The session of this thread that has written since its begin_exclusive: what a script or EXEC began it may end, however full the memory
/// has become.
thread_local const Session* has_written = nullptr;
constexpr std::size_t kBatch = 16;
constexpr std::size_t kKnownKeysKept = 1 << 16;  // one huge MSET must not hold its memory for good
thread_local std::array<wire::FrameParser, kBatch> frame_parsers;

bool has_one_key(const Command& c) { return c.body != nullptr && c.keys.first == 1 && c.keys.last == 1 && c.keys.count_at == 0 && (c.flags & (kAllShards | kNoKeys)) == 0; }
bool arity_fits(const Command& c, std::size_t argc) {
  const auto n = static_cast<std::int32_t>(argc);
  return c.arity >= 0 ? n == c.arity : n >= -c.arity;
}

storage::Xid locked_by(Shard& shard, std::uint8_t db, std::string_view key) {
  if (shard.locks.empty()) return 0;
  const auto l = shard.locks.find(qualified(db, key));
  return l == shard.locks.end() ? 0 : l->second.xid;
}

}  // namespace

bool Executor::key_arguments(const Command& command, std::span<const std::string_view> args, std::vector<std::size_t>* out) {
  out->clear();
  const KeyPositions& k = command.keys;
  const auto argc = static_cast<std::int64_t>(args.size());
  if (k.first > 0) {
    const std::int64_t last = k.last < 0 ? argc + k.last : k.last;
    for (std::int64_t i = k.first; i <= last && i < argc; i += k.step) out->push_back(static_cast<std::size_t>(i));
  }
  if (k.count_at > 0 && k.count_at < argc) {
    std::int64_t count = 0;
    if (!parse_integer(args[static_cast<std::size_t>(k.count_at)], &count) || count < 0 || count > argc - k.count_at - 1) return true;
    for (std::int64_t i = 0; i < count; i++) out->push_back(static_cast<std::size_t>(k.count_at + 1 + i));
  }
  if ((command.flags & kStreamsKeys) != 0)
    for (std::size_t i = 1; i < args.size(); i++)
      if (same_word(args[i], "STREAMS")) {
        for (std::size_t at = i + 1, keys = (args.size() - at) / 2; keys > 0; at++, keys--) out->push_back(at);
        break;
      }
  return true;
}

Outcome Executor::execute(Session& session, std::span<const std::string_view> args, std::int64_t now, storage::Xid* wait_xid) {
  const Command* command = CommandTable::instance().find(args[0]);
  if (command == nullptr || command->body == nullptr) return Outcome::kTypeScript;
  return execute(session, *command, args, now, wait_xid);
}

Outcome Executor::execute_counted(Session& session, std::span<const std::string_view> args, std::int64_t now, storage::Xid* wait_xid) {
  const Command* command = CommandTable::instance().find(args[0]);
  if (command == nullptr || command->body == nullptr) return Outcome::kTypeScript;
  return execute_counted(session, *command, args, now, wait_xid);
}

Outcome Executor::execute_counted(Session& session, const Command& command, std::span<const std::string_view> args, std::int64_t now, storage::Xid* wait_xid) {
  const std::size_t reply_mark = session.reply.size();
  const std::uint64_t ticks = read_ticks();
  const Outcome outcome = execute(session, command, args, now, wait_xid);
  if (outcome == Outcome::kDone) account(session, command, args, read_ticks() - ticks, 1, note_error(session, reply_mark));
  return outcome;
}

Outcome Executor::execute(Session& session, const Command& found, std::span<const std::string_view> args, std::int64_t now, storage::Xid* wait_xid) {
  const Command* command = &found;
  Context context(keyspace_, session, session.reply, session.effects);
  context.args = args;
  context.command = command;
  context.now = now;
  if (!arity_fits(found, args.size())) {
    context.wrong_arity();
    return Outcome::kDone;
  }
  if ((command->flags & kWrite) != 0 && keyspace_.writes_failed()) {
    session.reply.error(keyspace_.write_error());
    return Outcome::kDone;
  }
  if ((command->flags & kWrite) != 0 && keyspace_.refuses_writes() && !session.replicates) {
    session.reply.error(kReadOnlyReplica);
    return Outcome::kDone;
  }
  if ((command->flags & kDenyOom) != 0 && out_of_memory() && !session.replicates && (session.exclusive ? has_written != &session : !keyspace_.make_room(false))) {
    session.reply.error(kOutOfMemory);
    return Outcome::kDone;
  }
  if ((command->flags & kNoKeys) != 0) {
    command->body(context);
    return context.unhandled ? Outcome::kTypeScript : Outcome::kDone;
  }
  // Which latches: those of the keys' shards.
  std::uint64_t mask = kAllLatches;
  const bool all_shards = (command->flags & kAllShards) != 0;
  thread_local std::vector<std::size_t> positions;
  thread_local std::vector<KnownKey> keys;
  if (keys.capacity() > kKnownKeysKept) keys = {};
  keys.clear();
  if (!all_shards) {
    key_arguments(*command, args, &positions);
    mask = 0;
    for (const std::size_t i : positions) {
      keys.push_back(known_key(args[i]));
      mask |= 1ull << keys.back().shard;
    }
    context.known = keys;
  }
  const bool latched = session.exclusive && !session.yielded;
  if (!latched)
    for (std::uint64_t m = mask; m != 0; m &= m - 1) keyspace_.shard(static_cast<std::uint32_t>(std::countr_zero(m))).latch.lock();
  const auto unlock = [&] {
    if (latched) return;
    for (std::uint64_t m = mask; m != 0; m &= m - 1) keyspace_.shard(static_cast<std::uint32_t>(std::countr_zero(m))).latch.unlock();
  };
  if (!latched && keyspace_.busy() != nullptr && !session.yielded) {
    unlock();
    return Outcome::kTypeScript;
  }
  if ((command->flags & kWrite) != 0) {
    storage::Xid blocker = 0;
    if (keys.size() == 1) {
      blocker = locked_by(keyspace_.shard(keys[0].shard), session.db, keys[0].text);
    } else if (all_shards) {
      for (std::uint32_t i = 0; i < kShardCount && blocker == 0; i++)
        if (auto& locks = keyspace_.shard(i).locks; !locks.empty()) blocker = locks.begin()->second.xid;
    } else {
      bool any = false;
      for (std::uint64_t m = mask; m != 0; m &= m - 1) any |= !keyspace_.shard(static_cast<std::uint32_t>(std::countr_zero(m))).locks.empty();
      // A command that names another database (COPY, MOVE) may meet a lock there: any lock of the name blocks.
      if (any)
        for (const KnownKey& k : keys)
          for (std::uint8_t db = 0; db < kDatabaseCount && blocker == 0; db++) blocker = locked_by(keyspace_.shard(k.shard), db, k.text);
    }
    if (blocker != 0) {
      unlock();
      *wait_xid = blocker;
      return Outcome::kWait;
    }
  }
  const std::size_t mark = session.reply.size();
  command->body(context);
  if (session.exclusive && (command->flags & kWrite) != 0) has_written = &session;
  // A write that changed nothing (a blocked client's attempt) must not wake those who wait for changes.
  const bool wrote = !session.exclusive && !session.effects.empty();
  if (wrote) log_effects(session, mark, 1);
  if (session.tracks_reads && (command->flags & kReadOnly) != 0)
    for (const KnownKey& k : keys) keyspace_.tracking.remember(session.tracking_client, k.text);
  unlock();
  if (wrote) keyspace_.notify_changes();
  return context.unhandled ? Outcome::kTypeScript : Outcome::kDone;
}

Outcome Executor::execute_script(Session& session, const Command& command, bool by_name, std::span<const std::string_view> args, std::int64_t now, storage::Xid* wait_xid) {
  std::int64_t keys = 0;
  if (!arity_fits(command, args.size()) || !parse_integer(args[2], &keys) || keys < 0 || keys > static_cast<std::int64_t>(args.size()) - 3) return Outcome::kTypeScript;
  if (session.exclusive || session.tracking_client != 0) return Outcome::kTypeScript;
  ScriptCache& cache = ScriptCache::of_thread();
  const CachedScript* script = by_name ? cache.by_name(keyspace_.side, args[1]) : cache.by_text(keyspace_.side, args[1]);
  if (script == nullptr) return Outcome::kTypeScript;
  const std::uint64_t ticks = read_ticks();
  (void)begin_exclusive(session, true, wait_xid, false);
  if (*wait_xid != 0) {
    if (*wait_xid != kBusy) return Outcome::kWait;
    *wait_xid = 0;
    return Outcome::kTypeScript;
  }
  const std::size_t mark = session.reply.size();
  bool failed;
  std::uint32_t calls;
  {
    const auto given = args.subspan(3);
    ScriptRun run(*this, session, *script->program, script->name, given.first(static_cast<std::size_t>(keys)), given.subspan(static_cast<std::size_t>(keys)), now);
    run.run();
    failed = run.failed();
    calls = run.calls();
  }
  if (!end_exclusive(session)) {
    session.reply.truncate(mark);
    session.reply.error(keyspace_.write_error());
    failed = true;
  }
  if (calls > 0) keyspace_.commands.fetch_add(calls, std::memory_order_relaxed);
  account(session, command, args, read_ticks() - ticks, 1, failed);
  return Outcome::kDone;
}

bool Executor::note_error(const Session& session, std::size_t reply_mark) {
  if (session.reply.size() == reply_mark || session.reply.data()[reply_mark] != '-') return false;
  CommandStatistics::instance().record_error({session.reply.data() + reply_mark + 1, session.reply.size() - reply_mark - 1});
  return true;
}

void Executor::account(Session& session, const Command& command, std::span<const std::string_view> args, std::uint64_t ticks, std::uint64_t calls, bool failed) {
  const double nanos = nanos_of(ticks) / static_cast<double>(calls);
  CommandStatistics::instance().record(command.index, nanos, static_cast<std::uint32_t>(calls), failed);
  SlowLog& slow = SlowLog::instance();
  if (!slow.is_slow(nanos)) [[likely]] return;
  const std::int64_t micros = static_cast<std::int64_t>(nanos / 1e3), seconds = now_millis() / 1000;
  slow.add(args, micros, seconds, session.address, session.name);
  slow.add_latency((command.flags & kFast) != 0 ? "fast-command" : "command", micros / 1000, seconds);
}

void Executor::log_effects(Session& session, std::size_t reply_mark, std::size_t commands) {
  const storage::Lsn lsn = keyspace_.append(session.effects.span());
  if (session.effects.size() > kKeptEffectBytes) session.effects = storage::EffectBuffer();
  else session.effects.clear();
  if (lsn != kNeverDurable) {
    session.lsn = lsn;
    return;
  }
  keyspace_.fail_writes("the log refuses");
  session.reply.truncate(reply_mark);
  for (std::size_t i = 0; i < commands; i++) session.reply.error(keyspace_.write_error());
}

void Executor::prefetch_batch(const Session& session, std::span<const Ready> batch, std::span<const KnownKey> keys) noexcept {
  std::array<Node*, kBatch> nodes;
  std::array<std::uint32_t, kBatch> members;
  prefetch_keys(keyspace_, session.db, keys, nodes.data());
  // Of large collections also the place of the member that the command names.
  for (std::size_t i = 0; i < batch.size(); i++) {
    const std::size_t at = batch[i].command->member_at;
    if (nodes[i] == nullptr || at == 0 || at >= batch[i].args.size() || !nodes[i]->payload.value.has_table()) nodes[i] = nullptr;
    else members[i] = hash_bytes(batch[i].args[at]);
  }
  for (std::size_t i = 0; i < batch.size(); i++)
    if (nodes[i] != nullptr) nodes[i]->payload.value.prefetch_member_bucket(members[i]);
  for (std::size_t i = 0; i < batch.size(); i++)
    if (nodes[i] != nullptr) nodes[i]->payload.value.prefetch_member_node(members[i]);
}

void Executor::execute_batch(Session& session, std::span<const Ready> batch, std::span<const KnownKey> keys, std::int64_t now, std::size_t output_limit, RunResult* result) {
  std::uint64_t mask = 0;
  bool may_grow = false;
  for (std::size_t i = 0; i < batch.size(); i++) {
    mask |= 1ull << keys[i].shard;
    may_grow |= (batch[i].command->flags & kDenyOom) != 0;
  }
  if (may_grow && out_of_memory()) keyspace_.make_room(false);
  for (std::uint64_t m = mask; m != 0; m &= m - 1) keyspace_.shard(static_cast<std::uint32_t>(std::countr_zero(m))).latch.lock();
  if (keyspace_.busy() != nullptr) {
    for (std::uint64_t m = mask; m != 0; m &= m - 1) keyspace_.shard(static_cast<std::uint32_t>(std::countr_zero(m))).latch.unlock();
    result->stop = Stop::kTypeScript;
    result->frame_bytes = batch[0].bytes;
    return;
  }
  prefetch_batch(session, batch, keys);

  const std::size_t mark = session.reply.size();
  Context context(keyspace_, session, session.reply, session.effects);
  context.now = now;
  bool wrote = false;
  // Cheap commands of one kind share a reading of the clock, unless short ones are to be logged.
  const std::int64_t threshold = SlowLog::instance().threshold_micros.load(std::memory_order_relaxed);
  const bool exact = threshold >= 0 && threshold < 1000;
  const auto is_cheap = [&](const Ready& r) { return !exact && r.command->cheap && r.args.size() <= 8; };
  std::uint64_t since = read_ticks(), calls = 0;
  const auto account_last = [&](const Ready& last, bool failed) {
    const std::uint64_t end = read_ticks(), share = (end - since) / calls;
    if (failed && calls > 1) account(session, *last.command, last.args, share * (calls - 1), calls - 1, false);
    if (failed) account(session, *last.command, last.args, share, 1, true);
    else account(session, *last.command, last.args, end - since, calls, false);
    since = end;
    calls = 0;
  };
  std::size_t done = 0;
  for (; done < batch.size() && session.reply.size() < output_limit; done++) {
    const Ready& r = batch[done];
    if (calls > 0 && (r.command != batch[done - 1].command || !is_cheap(r))) account_last(batch[done - 1], false);
    const bool writes = (r.command->flags & kWrite) != 0;
    context.args = r.args;
    context.command = r.command;
    context.known = keys.subspan(done, 1);
    const std::size_t reply_mark = session.reply.size();
    if (writes) {
      const bool failed = keyspace_.writes_failed(), read_only = keyspace_.refuses_writes();
      if (failed || read_only || ((r.command->flags & kDenyOom) != 0 && out_of_memory())) {
        if (calls > 0) account_last(batch[done - 1], false);
        const std::string_view text = failed ? std::string_view(keyspace_.write_error()) : read_only ? kReadOnlyReplica : kOutOfMemory;
        session.reply.error(text);
        CommandStatistics::instance().record_rejected(r.command->index);
        CommandStatistics::instance().record_error(text);
        result->consumed += r.bytes;
        continue;
      }
      result->wait_xid = locked_by(keyspace_.shard(keys[done].shard), session.db, keys[done].text);
      if (result->wait_xid != 0) {
        result->stop = Stop::kWait;
        result->frame_bytes = r.bytes;
        break;
      }
      wrote = true;
    }
    r.command->body(context);
    if (context.unhandled) {
      result->stop = Stop::kTypeScript;
      result->frame_bytes = r.bytes;
      break;
    }
    if (session.tracks_reads && !writes) keyspace_.tracking.remember(session.tracking_client, keys[done].text);
    calls++;
    const bool failed = note_error(session, reply_mark);
    if (failed || !is_cheap(r)) account_last(r, failed);
    result->consumed += r.bytes;
  }
  if (calls > 0) account_last(batch[done - 1], false);
  result->commands += static_cast<std::uint32_t>(done);
  if (!session.effects.empty()) log_effects(session, mark, done);
  for (std::uint64_t m = mask; m != 0; m &= m - 1) keyspace_.shard(static_cast<std::uint32_t>(std::countr_zero(m))).latch.unlock();
  if (wrote) keyspace_.notify_changes();
}

RunResult Executor::run(Session& session, const char* data, std::size_t length, std::size_t output_limit, wire::FrameProgress* progress) {
  RunResult result;
  const std::int64_t now = now_millis();
  const CommandTable& table = CommandTable::instance();
  auto& parsers = frame_parsers;
  wire::FrameLimits limits;
  limits.unauthenticated = session.unauthenticated;
  while (result.stop == Stop::kEnd && result.consumed < length) {
    if (session.reply.size() >= output_limit) {
      result.stop = Stop::kOutput;
      break;
    }
    // Gathers one-key commands up to the first frame that is something else; that one is run when it comes first.
    std::array<Ready, kBatch> batch;
    std::array<KnownKey, kBatch> keys;
    std::size_t count = 0;
    const Command* command = nullptr;
    wire::FrameResult frame = wire::FrameResult::kCommand;
    for (std::size_t at = result.consumed; count < kBatch && at < length; count++) {
      wire::FrameParser& parser = parsers[count];
      // Only the first frame of a run may be one that an earlier run saw the beginning of, or become one for a later run.
      frame = parser.parse(data + at, length - at, limits, count == 0 ? progress : nullptr);
      if (frame != wire::FrameResult::kCommand || parser.arguments.empty() || session.every_command_stops || session.thread_stops) break;
      const std::span<const std::string_view> args = parser.arguments;
      command = table.find(args[0]);
      if (command == nullptr || !has_one_key(*command) || !arity_fits(*command, args.size())) break;
      batch[count] = {command, args, parser.consumed};
      keys[count] = known_key(args[1]);
      at += parser.consumed;
    }
    if (count > 1) {
      execute_batch(session, {batch.data(), count}, {keys.data(), count}, now, output_limit, &result);
      continue;
    }
    const wire::FrameParser& parser = parsers[0];
    if (count == 0 && frame == wire::FrameResult::kIncomplete) {
      result.stop = Stop::kIncomplete;
      result.need = parser.need;
      break;
    }
    if (count == 0 && frame == wire::FrameResult::kError) {
      session.reply.error("ERR Protocol error: " + parser.error);
      result.stop = Stop::kProtocol;
      break;
    }
    const bool is_command = count == 1 || frame == wire::FrameResult::kCommand;
    if (is_command && parser.arguments.empty()) {
      result.consumed += parser.consumed;
      continue;
    }
    Outcome outcome = Outcome::kTypeScript;
    if (count == 1) command = batch[0].command;
    if (is_command && !session.every_command_stops && !session.thread_stops && command != nullptr) {
      if (command->body != nullptr) outcome = execute_counted(session, *command, parser.arguments, now, &result.wait_xid);
      else if (command->name == "eval" || command->name == "evalsha") outcome = execute_script(session, *command, command->name == "evalsha", parser.arguments, now, &result.wait_xid);
    }
    if (outcome != Outcome::kDone) {
      result.stop = outcome == Outcome::kWait ? Stop::kWait : Stop::kTypeScript;
      result.frame_bytes = parser.consumed;
      break;
    }
    result.commands++;
    result.consumed += parser.consumed;
  }
  if (result.commands > 0) keyspace_.commands.fetch_add(result.commands, std::memory_order_relaxed);
  return result;
}

bool Executor::begin_exclusive(Session& session, bool writes, storage::Xid* wait_xid, bool judges) {
  // Inside, nothing is evicted: the deletions would reach the log before what the commands wrote.
  if (writes && out_of_memory()) keyspace_.make_room(false);
  keyspace_.lock_all();
  *wait_xid = 0;
  if (keyspace_.busy() != nullptr) {
    keyspace_.unlock_all();
    *wait_xid = kBusy;
    return true;
  }
  if (writes)
    for (std::uint32_t i = 0; i < kShardCount && *wait_xid == 0; i++)
      if (auto& locks = keyspace_.shard(i).locks; !locks.empty()) *wait_xid = locks.begin()->second.xid;
  if (*wait_xid != 0) {
    keyspace_.unlock_all();
    return true;
  }
  session.exclusive = true;
  has_written = nullptr;
  if (!judges) return true;
  bool intact = true;
  Context context(keyspace_, session, session.reply, session.effects);
  context.now = now_millis();
  for (const Session::Watch& w : session.watches) {
    const Key key = context.key_named(w.key, w.db);
    (void)context.find(key);  // a key that expired since WATCH counts as changed
    intact &= key.shard->watched.at(qualified(w.db, w.key)).version == w.version;
  }
  if (!intact) (void)end_exclusive(session);
  return intact;
}

void Executor::yield_exclusive(Session& session) {
  if (!session.exclusive || session.yielded) return;
  session.yielded = true;
  keyspace_.set_busy(&session);
  keyspace_.unlock_all();
}

bool Executor::end_exclusive(Session& session) {
  if (session.yielded) {
    keyspace_.lock_all();
    session.yielded = false;
    keyspace_.set_busy(nullptr);
  }
  const bool wrote = !session.effects.empty();
  if (wrote) log_effects(session, session.reply.size(), 0);
  session.exclusive = false;
  keyspace_.unlock_all();
  keyspace_.notify_changes();
  return !wrote || !keyspace_.writes_failed();
}

void Executor::watch(Session& session, std::string_view key) {
  const std::string name = qualified(session.db, key);
  for (const Session::Watch& w : session.watches)
    if (w.db == session.db && w.key == key) return;
  Shard& shard = keyspace_.shard(Keyspace::shard_index(key));
  const std::lock_guard guard(shard.latch);
  // A key that is expired already counts as absent from the start.
  Context context(keyspace_, session, session.reply, session.effects);
  context.now = now_millis();
  (void)context.find(context.key_named(key, session.db));
  if (!session.effects.empty()) {
    session.lsn = keyspace_.append(session.effects.span());
    session.effects.clear();
  }
  auto& watched = shard.watched[name];
  watched.watchers++;
  session.watches.push_back({session.db, std::string(key), watched.version});
}

void Executor::unwatch(Session& session) {
  for (const Session::Watch& w : session.watches) {
    Shard& shard = keyspace_.shard(Keyspace::shard_index(w.key));
    const std::unique_lock guard = session.exclusive ? std::unique_lock<Latch>() : std::unique_lock(shard.latch);
    const auto at = shard.watched.find(qualified(w.db, w.key));
    if (--at->second.watchers == 0) shard.watched.erase(at);
  }
  session.watches.clear();
}

}  // namespace orrery::keyspace
