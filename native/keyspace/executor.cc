#include "executor.h"

#include <array>
#include <bit>

#include "command_statistics.h"
#include "limits.h"
#include "slow_log.h"
#include "transaction.h"

namespace orrery::keyspace {
namespace {

constexpr std::size_t kBatch = 16;
thread_local std::array<wire::FrameParser, kBatch> frame_parsers;

bool has_one_key(const Command& c) { return c.body != nullptr && c.keys.first == 1 && c.keys.last == 1 && c.keys.count_at == 0 && (c.flags & (kAllShards | kNoKeys)) == 0; }
bool arity_fits(const Command& c, std::size_t argc) {
  const auto n = static_cast<std::int32_t>(argc);
  return c.arity >= 0 ? n == c.arity : n >= -c.arity;
}

bool latch_mask(const Command& command, std::span<const std::string_view> args, std::uint64_t* mask) {
  thread_local std::vector<std::size_t> positions;
  if (!Executor::key_arguments(command, args, &positions)) return false;
  *mask = 0;
  for (const std::size_t i : positions) *mask |= 1ull << Keyspace::shard_index(args[i]);
  return true;
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
  const std::size_t reply_mark = session.reply.size();
  const std::uint64_t ticks = read_ticks();
  const Outcome outcome = execute(session, *command, args, now, wait_xid);
  if (outcome == Outcome::kDone) account(session, *command, args, read_ticks() - ticks, reply_mark);
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
  if ((command->flags & kDenyOom) != 0 && out_of_memory() && (session.exclusive || !keyspace_.make_room(false))) {
    session.reply.error(kOutOfMemory);
    return Outcome::kDone;
  }
  if ((command->flags & kNoKeys) != 0) {
    command->body(context);
    return context.unhandled ? Outcome::kTypeScript : Outcome::kDone;
  }
  // Which latches: one shard is the common case.
  std::uint64_t mask = kAllLatches;
  const bool one_key = has_one_key(found);
  if (one_key) {
    const std::uint32_t index = Keyspace::shard_index(args[1]);
    context.only_shard = &keyspace_.shard(index);
    mask = 1ull << index;
  } else if ((command->flags & kAllShards) == 0) {
    latch_mask(*command, args, &mask);
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
    if (one_key) {
      blocker = locked_by(*context.only_shard, session.db, args[1]);
    } else if ((command->flags & kAllShards) != 0) {
      for (std::uint32_t i = 0; i < kShardCount && blocker == 0; i++)
        if (auto& locks = keyspace_.shard(i).locks; !locks.empty()) blocker = locks.begin()->second.xid;
    } else {
      std::vector<std::size_t> positions;
      bool any = false;
      for (std::uint64_t m = mask; m != 0; m &= m - 1) any |= !keyspace_.shard(static_cast<std::uint32_t>(std::countr_zero(m))).locks.empty();
      if (any) {
        key_arguments(*command, args, &positions);
        // A command that names another database (COPY, MOVE) may meet a lock there: any lock of the name blocks.
        for (const std::size_t i : positions)
          for (std::uint8_t db = 0; db < kDatabaseCount && blocker == 0; db++)
            blocker = locked_by(keyspace_.shard(Keyspace::shard_index(args[i])), db, args[i]);
      }
    }
    if (blocker != 0) {
      unlock();
      *wait_xid = blocker;
      return Outcome::kWait;
    }
  }
  const std::size_t mark = session.reply.size();
  command->body(context);
  // A write that changed nothing (a blocked client's attempt) must not wake those who wait for changes.
  const bool wrote = !session.exclusive && !session.effects.empty();
  if (wrote) log_effects(session, mark, 1);
  if (session.tracks_reads && (command->flags & kReadOnly) != 0) {
    std::vector<std::size_t> positions;
    key_arguments(*command, args, &positions);
    for (const std::size_t i : positions) keyspace_.tracking.remember(session.tracking_client, args[i]);
  }
  unlock();
  if (wrote) keyspace_.notify_changes();
  return context.unhandled ? Outcome::kTypeScript : Outcome::kDone;
}

void Executor::account(Session& session, const Command& command, std::span<const std::string_view> args, std::uint64_t ticks, std::size_t reply_mark) {
  const double nanos = nanos_of(ticks);
  const bool failed = session.reply.size() > reply_mark && session.reply.data()[reply_mark] == '-';
  CommandStatistics::instance().record(command.index, nanos, failed);
  if (failed) [[unlikely]] CommandStatistics::instance().record_error({session.reply.data() + reply_mark + 1, session.reply.size() - reply_mark - 1});
  SlowLog& slow = SlowLog::instance();
  if (!slow.is_slow(nanos)) return;
  const std::int64_t micros = static_cast<std::int64_t>(nanos / 1e3), seconds = now_millis() / 1000;
  slow.add(args, micros, seconds, session.address, session.name);
  slow.add_latency((command.flags & kFast) != 0 ? "fast-command" : "command", micros / 1000, seconds);
}

void Executor::log_effects(Session& session, std::size_t reply_mark, std::size_t commands) {
  const storage::Lsn lsn = keyspace_.append(session.effects.span());
  session.effects.clear();
  if (lsn != kNeverDurable) {
    session.lsn = lsn;
    return;
  }
  keyspace_.fail_writes("the log refuses");
  session.reply.truncate(reply_mark);
  for (std::size_t i = 0; i < commands; i++) session.reply.error(keyspace_.write_error());
}

void Executor::execute_batch(Session& session, std::span<const Ready> batch, std::int64_t now, std::size_t output_limit, RunResult* result) {
  std::uint64_t mask = 0;
  bool may_grow = false;
  for (const Ready& r : batch) {
    mask |= 1ull << r.shard;
    may_grow |= (r.command->flags & kDenyOom) != 0;
  }
  if (may_grow && out_of_memory()) keyspace_.make_room(false);
  for (std::uint64_t m = mask; m != 0; m &= m - 1) keyspace_.shard(static_cast<std::uint32_t>(std::countr_zero(m))).latch.lock();
  const auto keys = [&](const Ready& r) -> Keys& { return keyspace_.shard(r.shard).databases[session.db].keys; };
  if (keyspace_.busy() != nullptr) {
    for (std::uint64_t m = mask; m != 0; m &= m - 1) keyspace_.shard(static_cast<std::uint32_t>(std::countr_zero(m))).latch.unlock();
    result->stop = Stop::kTypeScript;
    result->frame_bytes = batch[0].bytes;
    return;
  }
  for (const Ready& r : batch) keys(r).prefetch_bucket(r.hash);
  for (const Ready& r : batch) keys(r).prefetch_node(r.hash);
  for (const Ready& r : batch)
    if (const Node* n = keys(r).find(r.args[1], r.hash); n != nullptr) n->payload.value.prefetch();

  const std::size_t mark = session.reply.size();
  Context context(keyspace_, session, session.reply, session.effects);
  context.now = now;
  bool wrote = false;
  std::uint64_t ticks = read_ticks();
  std::size_t done = 0;
  for (; done < batch.size() && session.reply.size() < output_limit; done++) {
    const Ready& r = batch[done];
    const bool writes = (r.command->flags & kWrite) != 0;
    context.args = r.args;
    context.command = r.command;
    context.only_shard = &keyspace_.shard(r.shard);
    context.hashed_key = r.args[1].data();
    context.known_hash = r.hash;
    const std::size_t reply_mark = session.reply.size();
    if (writes) {
      const bool failed = keyspace_.writes_failed();
      if (failed || ((r.command->flags & kDenyOom) != 0 && out_of_memory())) {
        const std::string_view text = failed ? std::string_view(keyspace_.write_error()) : kOutOfMemory;
        session.reply.error(text);
        CommandStatistics::instance().record_rejected(r.command->index);
        CommandStatistics::instance().record_error(text);
        result->consumed += r.bytes;
        continue;
      }
      result->wait_xid = locked_by(*context.only_shard, session.db, r.args[1]);
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
    if (session.tracks_reads && !writes) keyspace_.tracking.remember(session.tracking_client, r.args[1]);
    const std::uint64_t end = read_ticks();
    account(session, *r.command, r.args, end - ticks, reply_mark);
    ticks = end;
    result->consumed += r.bytes;
  }
  result->commands += static_cast<std::uint32_t>(done);
  if (!session.effects.empty()) log_effects(session, mark, done);
  for (std::uint64_t m = mask; m != 0; m &= m - 1) keyspace_.shard(static_cast<std::uint32_t>(std::countr_zero(m))).latch.unlock();
  if (wrote) keyspace_.notify_changes();
}

RunResult Executor::run(Session& session, const char* data, std::size_t length, std::size_t output_limit) {
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
    std::size_t count = 0;
    const Command* command = nullptr;
    wire::FrameResult frame = wire::FrameResult::kCommand;
    for (std::size_t at = result.consumed; count < kBatch && at < length; count++) {
      wire::FrameParser& parser = parsers[count];
      frame = parser.parse(data + at, length - at, limits);
      if (frame != wire::FrameResult::kCommand || parser.arguments.empty() || session.every_command_stops || session.thread_stops) break;
      const std::span<const std::string_view> args = parser.arguments;
      command = table.find(args[0]);
      if (command == nullptr || !has_one_key(*command) || !arity_fits(*command, args.size())) break;
      batch[count] = {command, args, parser.consumed, hash_bytes(args[1]), Keyspace::shard_index(args[1])};
      at += parser.consumed;
    }
    if (count > 1) {
      execute_batch(session, {batch.data(), count}, now, output_limit, &result);
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
    if (is_command && !session.every_command_stops && !session.thread_stops && command != nullptr && command->body != nullptr) {
      const std::size_t reply_mark = session.reply.size();
      const std::uint64_t ticks = read_ticks();
      outcome = execute(session, *command, parser.arguments, now, &result.wait_xid);
      if (outcome == Outcome::kDone) account(session, *command, parser.arguments, read_ticks() - ticks, reply_mark);
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

bool Executor::begin_exclusive(Session& session, bool writes, storage::Xid* wait_xid) {
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
    const std::unique_lock guard = session.exclusive ? std::unique_lock<std::mutex>() : std::unique_lock(shard.latch);
    const auto at = shard.watched.find(qualified(w.db, w.key));
    if (--at->second.watchers == 0) shard.watched.erase(at);
  }
  session.watches.clear();
}

}  // namespace orrery::keyspace
