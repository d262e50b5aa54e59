#include "replica_apply.h"

#include "effect_commands.h"

namespace orrery::keyspace {
namespace {

/// One record holds about this much of the stream at most, a transaction excepted.
constexpr std::size_t kEffectsPerRecord = 1 << 20;

wire::FrameLimits stream_limits() {
  wire::FrameLimits limits;
  limits.max_bulk_bytes = INT64_MAX;  // the primary has checked
  limits.max_arguments = INT32_MAX;
  return limits;
}

/// Moves `stream` over the whole frames of `input`; returns how many bytes can be applied: whole commands and whole transactions.
std::size_t applicable(ReplicaStream& stream, std::string_view input, wire::FrameParser& parser, std::string* error) {
  std::size_t whole = stream.in_transaction ? 0 : stream.scanned;
  while (stream.scanned < input.size()) {
    const wire::FrameResult frame = parser.parse(input.data() + stream.scanned, input.size() - stream.scanned, stream_limits());
    if (frame == wire::FrameResult::kIncomplete) break;
    if (frame != wire::FrameResult::kCommand) {
      *error = "the primary sent what is no command: " + parser.error;
      break;
    }
    if (!parser.arguments.empty()) {
      if (same_word(parser.arguments[0], "MULTI")) stream.in_transaction = true;
      else if (same_word(parser.arguments[0], "EXEC")) stream.in_transaction = false;
    }
    stream.scanned += parser.consumed;
    if (!stream.in_transaction) whole = stream.scanned;
  }
  return whole;
}

}  // namespace

AppliedStream apply_stream(Keyspace& keyspace, Session& session, ReplicaStream& stream, std::string_view input, std::string_view primary_id, std::uint64_t offset) {
  AppliedStream result;
  wire::FrameParser parser, inside;
  const std::size_t whole = applicable(stream, input, parser, &result.error);
  if (!result.error.empty()) result.stop = AppliedStream::Stop::kProtocol;
  if (whole == 0) return result;
  Executor executor(keyspace);
  if (!executor.begin_exclusive(session, true, &result.wait_xid) || result.wait_xid != 0) {
    result.stop = AppliedStream::Stop::kWait;
    return result;
  }
  const std::int64_t now = now_millis();
  bool in_transaction = false;
  while (result.consumed < whole && (in_transaction || session.effects.size() < kEffectsPerRecord)) {
    (void)parser.parse(input.data() + result.consumed, input.size() - result.consumed, stream_limits());
    const std::size_t at = result.consumed, bytes = parser.consumed;
    if (parser.arguments.empty() || same_word(parser.arguments[0], "MULTI") || same_word(parser.arguments[0], "EXEC")) {
      if (!parser.arguments.empty()) in_transaction = same_word(parser.arguments[0], "MULTI");
      result.consumed += bytes;
      continue;
    }
    storage::Xid wait_xid = 0;
    const std::string_view envelope = enveloped_command(parser.arguments);
    const bool is_enveloped = !envelope.empty() && inside.parse(envelope.data(), envelope.size(), stream_limits()) == wire::FrameResult::kCommand;
    const auto& args = is_enveloped ? inside.arguments : parser.arguments;
    const Outcome outcome = executor.execute_counted(session, args, now, &wait_xid);
    if (outcome == Outcome::kTypeScript) {
      if (!in_transaction) {
        result.stop = AppliedStream::Stop::kTypeScript;
        result.frame_bytes = bytes;
        break;
      }
      result.deferred.emplace_back(at, bytes);
    } else if (session.reply.size() > 0 && session.reply.data()[0] == '-') {
      result.errors++;
      result.error = std::string(args[0]) + ": " + std::string(session.reply.data() + 1, session.reply.size() - 3);
    }
    session.reply.clear();
    keyspace.commands.fetch_add(1, std::memory_order_relaxed);
    result.consumed += bytes;
  }
  const bool wrote = !session.effects.empty();
  const std::string position = std::string(primary_id) + " " + std::to_string(offset + result.consumed) + " " + std::to_string(session.db);
  if (wrote) {
    ByteWriter payload;
    SideStore::write_change(payload, SideSpace::kReplication, "position", position);
    session.effects.add(storage::Room::kKeyspace, static_cast<std::uint8_t>(Effect::kSideSet), payload.span());
  }
  if (!executor.end_exclusive(session)) {
    result.stop = AppliedStream::Stop::kLogFailed;
    result.error = keyspace.write_error();
  } else if (wrote) {
    keyspace.side.set_logged(SideSpace::kReplication, "position", position);
  }
  result.consumed += result.frame_bytes;
  stream.scanned -= result.consumed;
  return result;
}

}  // namespace orrery::keyspace
