// stream_read_bodies.cc: XREAD and XREADGROUP. With BLOCK and nothing to give they leave the command to TypeScript, which waits.
#include "bodies.h"
#include "stream_bodies.h"

namespace orrery::keyspace {
namespace {

struct Wanted {
  std::size_t argument;  // of the key
  StreamId after;
  bool only_new = false;  // ">"
  StreamGroup* group = nullptr;
};

struct ReadOptions {
  bool block = false, no_ack = false;
  std::int64_t count = 0;
  std::size_t streams_at = 0, streams = 0, group_at = 0;
};

bool read_options(Context& c, bool with_group, ReadOptions* out) {
  const auto fail = [&](const std::string& text) {
    c.reply.error(text);
    return false;
  };
  for (std::size_t i = 1; i < c.argc(); i++) {
    const std::size_t more = c.argc() - i - 1;
    if (c.is(i, "BLOCK") && more > 0) {
      std::int64_t timeout;
      if (!c.integer(++i, &timeout, "ERR timeout is not an integer or out of range")) return false;
      if (timeout < 0) return fail("ERR timeout is negative");
      if (timeout > INT64_MAX - c.now) return fail("ERR timeout is out of range");
      out->block = true;
    } else if (c.is(i, "COUNT") && more > 0) {
      if (!c.integer(++i, &out->count)) return false;
      out->count = std::max<std::int64_t>(out->count, 0);
    } else if (c.is(i, "STREAMS") && more > 0) {
      out->streams_at = i + 1;
      out->streams = c.argc() - i - 1;
      if (out->streams % 2 != 0)
        return fail("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.");
      out->streams /= 2;
      break;
    } else if (c.is(i, "GROUP") && more >= 2) {
      if (!with_group) return fail("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
      out->group_at = i + 1;
      i += 2;
    } else if (c.is(i, "NOACK")) {
      if (!with_group) return fail("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
      out->no_ack = true;
    } else {
      return fail("ERR syntax error");
    }
  }
  if (out->streams_at == 0) return fail("ERR syntax error");
  if (with_group && out->group_at == 0) return fail("ERR Missing GROUP option for XREADGROUP");
  return true;
}

bool read_wanted(Context& c, bool with_group, const ReadOptions& options, std::vector<Wanted>* out) {
  for (std::size_t i = 0; i < options.streams; i++) {
    Wanted w{options.streams_at + i, {}, false, nullptr};
    const std::size_t id_at = options.streams_at + options.streams + i;
    Node* n = c.find_read(c.key(w.argument));
    if (n != nullptr && n->payload.value.type() != ValueType::kStream) {
      c.wrong_type();
      return false;
    }
    Stream* s = n == nullptr ? nullptr : &n->payload.value.stream();
    if (with_group) {
      w.group = s == nullptr ? nullptr : s->find_group(c.args[options.group_at]);
      if (w.group == nullptr) {
        c.reply.error("NOGROUP No such key '" + std::string(c.args[w.argument]) + "' or consumer group '" + std::string(c.args[options.group_at]) +
                      "' in XREADGROUP with GROUP option");
        return false;
      }
    }
    if (c.args[id_at] == "$") {
      if (with_group) {
        c.reply.error(
            "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get "
            "new messages. The $ ID would just return an empty result set.");
        return false;
      }
      if (s != nullptr) w.after = s->last_id;
    } else if (c.args[id_at] == ">") {
      if (!with_group) {
        c.reply.error("ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.");
        return false;
      }
      w.only_new = true;
    } else if (!stream_id_argument(c, id_at, 0, true, &w.after)) {
      return false;
    }
    // The highest id stands for ">".
    if (with_group && w.after == StreamId::max()) w.only_new = true;
    out->push_back(w);
  }
  return true;
}

/// The consumer's own pending entries after an id, delivered once more.
void reply_history(Context& c, const Key& key, const Stream& s, StreamGroup& group, std::string_view group_name, StreamConsumers::value_type* consumer, StreamId start,
                   std::uint64_t count) {
  const std::size_t mark = c.reply.size();
  std::size_t written = 0;
  auto& own = consumer->second.pending;
  for (auto at = own.lower_bound(start); at != own.end() && (count == 0 || written < count); ++at, written++) {
    bool found = false;
    s.range(at->first, at->first, false, [&](const Stream::Entry& e) {
      reply_entry(c, e);
      found = true;
      return false;
    });
    if (!found) {
      c.reply.array(2);
      reply_id(c, at->first);
      c.reply.null_array();
      continue;
    }
    StreamPending& p = group.pending.find(at->first)->second;
    p.delivery_ms = c.now;
    p.delivery_count++;
    log_pending(c, key, group_name, at->first, p);
  }
  c.reply.insert_array(mark, written);
}

/// Entries that the group has not seen, delivered to the consumer.
void reply_new(Context& c, const Key& key, const Stream& s, StreamGroup& group, std::string_view group_name, StreamConsumers::value_type* consumer, StreamId start,
               std::uint64_t count, bool no_ack) {
  const std::size_t mark = c.reply.size();
  std::size_t written = 0;
  s.range(start, StreamId::max(), false, [&](const Stream::Entry& e) {
    const StreamId id = e.id();
    if (id > group.last_id) {
      if (group.entries_read != kUnknownEntriesRead && !(s.has_tombstone_from(id) && s.max_deleted_id >= s.first_id)) group.entries_read++;
      else if (s.entries_added != 0) group.entries_read = s.distance_from_first(id);
      group.last_id = id;
    }
    reply_entry(c, e);
    if (!no_ack) {
      group.assign(id, consumer, c.now, 1);
      log_pending(c, key, group_name, id, group.pending.find(id)->second);
    }
    return ++written != count;
  });
  log_group(c, key, group_name, group);
  c.reply.insert_array(mark, written);
}

void read_streams(Context& c, bool with_group) {
  ReadOptions options;
  std::vector<Wanted> wanted;
  if (!read_options(c, with_group, &options) || !read_wanted(c, with_group, options, &wanted)) return;
  const std::size_t mark = c.reply.size();
  const auto count = static_cast<std::uint64_t>(options.count);
  std::size_t served = 0;
  for (const Wanted& w : wanted) {
    const Key key = c.key(w.argument);
    Node* n = c.find(key);
    if (n == nullptr) continue;
    const Stream& s = n->payload.value.stream();
    StreamId after = w.after;
    bool serve = false;
    StreamConsumers::value_type* consumer = nullptr;
    if (with_group) {
      if (!w.only_new) serve = true;
      else if (s.length > 0 && s.last_live_id() > w.group->last_id) {
        serve = true;
        after = w.group->last_id;
      }
    } else {
      serve = s.length > 0 && s.last_live_id() > after;
    }
    if (!serve) continue;
    served++;
    if (with_group) consumer = consumer_for(c, key, c.args[options.group_at], *w.group, c.args[options.group_at + 1]);
    if (!c.reply.resp3) c.reply.array(2);
    c.reply.bulk(c.args[w.argument]);
    StreamId start = after;
    const bool in_range = start.increment();
    if (!with_group) {
      reply_range(c, s, start, StreamId::max(), count, false);
      continue;
    }
    const std::string_view group_name = c.args[options.group_at];
    if (!in_range) c.reply.array(0);
    else if (w.only_new) reply_new(c, key, s, *w.group, group_name, consumer, start, count, options.no_ack);
    else reply_history(c, key, s, *w.group, group_name, consumer, start, count);
    c.changed(key);
  }
  if (served > 0) return c.reply.insert(mark, (c.reply.resp3 ? "%" : "*") + std::to_string(served) + "\r\n");
  if (options.block && !c.session.exclusive && c.transaction == nullptr) c.unhandled = true;
  else c.reply.null_array();
}
void xread(Context& c) { read_streams(c, false); }
void xreadgroup(Context& c) { read_streams(c, true); }

constexpr NamedBody bodies[] = {{"xread", xread}, {"xreadgroup", xreadgroup}};

}  // namespace

std::span<const NamedBody> stream_read_bodies() { return bodies; }

}  // namespace orrery::keyspace
