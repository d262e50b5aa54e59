// stream_bodies.cc: XADD, XTRIM, XDEL, XLEN, XRANGE, XREVRANGE, XSETID. Groups: stream_group_bodies.cc; reading: stream_read_bodies.cc.
#include "stream_bodies.h"

#include <charconv>

#include "bodies.h"

namespace orrery::keyspace {

bool stream_id_argument(Context& c, std::size_t argument, std::uint64_t missing_seq, bool strict, StreamId* out, bool* seq_given) {
  if (parse_stream_id(c.args[argument], missing_seq, strict, out, seq_given)) return true;
  c.reply.error("ERR Invalid stream ID specified as stream command argument");
  return false;
}

bool stream_bound(Context& c, std::size_t argument, bool is_start, StreamId* out) {
  std::string_view text = c.args[argument];
  const bool excluded = text.size() > 1 && text[0] == '(';
  if (excluded) text.remove_prefix(1);
  if (!parse_stream_id(text, is_start ? 0 : UINT64_MAX, excluded, out)) {
    c.reply.error("ERR Invalid stream ID specified as stream command argument");
    return false;
  }
  if (!excluded || (is_start ? out->increment() : out->decrement())) return true;
  c.reply.error(is_start ? "ERR invalid start ID for the interval" : "ERR invalid end ID for the interval");
  return false;
}

void reply_id(Context& c, StreamId id) {
  char text[48];
  std::size_t n = static_cast<std::size_t>(std::to_chars(text, text + 21, id.ms).ptr - text);
  text[n++] = '-';
  n = static_cast<std::size_t>(std::to_chars(text + n, text + n + 21, id.seq).ptr - text);
  c.reply.bulk({text, n});
}

void reply_entry(Context& c, const Stream::Entry& entry) {
  c.reply.array(2);
  reply_id(c, entry.id());
  c.reply.array(2 * entry.field_count());
  entry.fields([&](std::string_view field, std::string_view value) {
    c.reply.bulk(field);
    c.reply.bulk(value);
  });
}

std::size_t reply_range(Context& c, const Stream& stream, StreamId start, StreamId end, std::uint64_t count, bool reverse) {
  const std::size_t mark = c.reply.size();
  std::size_t written = 0;
  stream.range(start, end, reverse, [&](const Stream::Entry& e) {
    reply_entry(c, e);
    return ++written != count;
  });
  c.reply.insert_array(mark, written);
  return written;
}

void stream_changed(Context& c, const Key& key, const char* event) {
  c.changed(key);
  c.event(kNotifyStream, event, key);
}

namespace {

/// Reads the options of XADD (up to the id, whose place is returned) and XTRIM (0 is never an error then). -1 after an error.
struct AddOptions {
  StreamTrim trim;
  bool make = true;
  bool id_given = false, seq_given = true;
  StreamId id;
};

std::int64_t read_options(Context& c, bool adding, AddOptions* out) {
  const auto fail = [&](const char* text) -> std::int64_t {
    c.reply.error(text);
    return -1;
  };
  bool limit_given = false;
  std::size_t i = 2;
  for (; i < c.argc(); i++) {
    const std::size_t more = c.argc() - 1 - i;
    if (adding && c.args[i] == "*") break;
    const bool by_length = c.is(i, "MAXLEN");
    if ((by_length || c.is(i, "MINID")) && more > 0) {
      if (out->trim.strategy != StreamTrim::Strategy::kNone) return fail("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
      out->trim.approximate = more >= 2 && c.args[i + 1] == "~";
      if (more >= 2 && (c.args[i + 1] == "~" || c.args[i + 1] == "=")) i++;
      i++;
      if (by_length) {
        std::int64_t most;
        if (!c.integer(i, &most)) return -1;
        if (most < 0) return fail("ERR The MAXLEN argument must be >= 0.");
        out->trim.max_length = static_cast<std::uint64_t>(most);
      } else if (!stream_id_argument(c, i, 0, true, &out->trim.min_id)) {
        return -1;
      }
      out->trim.strategy = by_length ? StreamTrim::Strategy::kMaxLength : StreamTrim::Strategy::kMinId;
    } else if (c.is(i, "LIMIT") && more > 0) {
      if (!c.integer(++i, &out->trim.limit)) return -1;
      if (out->trim.limit < 0) return fail("ERR The LIMIT argument must be >= 0.");
      limit_given = true;
    } else if (adding && c.is(i, "NOMKSTREAM")) {
      out->make = false;
    } else if (adding) {
      if (!stream_id_argument(c, i, 0, true, &out->id, &out->seq_given)) return -1;
      out->id_given = true;
      break;
    } else {
      return fail("ERR syntax error");
    }
  }
  const bool trims = out->trim.strategy != StreamTrim::Strategy::kNone;
  if (out->trim.limit != 0 && !trims) return fail("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
  if (!adding && !trims) return fail("ERR syntax error, XTRIM must be called with either MAXLEN or MINID");
  if (limit_given && !out->trim.approximate) return fail("ERR syntax error, LIMIT cannot be used without the special ~ option");
  if (!limit_given && out->trim.approximate) {
    const std::int64_t most = 100 * static_cast<std::int64_t>(limits().stream_node_max_entries.load(std::memory_order_relaxed));
    out->trim.limit = most <= 0 ? 10000 : std::min<std::int64_t>(most, 1000000);
  }
  return static_cast<std::int64_t>(i);
}

std::uint64_t trim_stream(Context& c, const Key& key, Stream& s, const StreamTrim& trim) {
  const std::uint64_t gone = s.trim(trim);
  if (gone == 0) return 0;
  // What is left begins here, however it was chosen.
  c.effect(Effect::kStreamTrim, key, [&](ByteWriter& w) { write_id(w, s.length == 0 ? StreamId::max() : s.first_id); });
  stream_changed(c, key, "xtrim");
  return gone;
}

void xadd(Context& c) {
  AddOptions options;
  const std::int64_t at = read_options(c, true, &options);
  if (at < 0) return;
  const auto first = static_cast<std::size_t>(at) + 1;
  if (c.argc() < first + 2 || (c.argc() - first) % 2 == 1) return c.wrong_arity();
  if (options.id_given && options.seq_given && options.id.is_zero()) return c.reply.error("ERR The ID specified in XADD must be greater than 0-0");
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kStream, &n)) return;
  if (n == nullptr && !options.make) return c.reply.null();
  const StreamId last = n == nullptr ? StreamId{} : n->payload.value.stream().last_id;
  if (last == StreamId::max()) return c.reply.error("ERR The stream has exhausted the last possible ID, unable to add more items");
  StreamId id = options.id;
  bool in_order = true;
  if (!options.id_given) {
    id = {static_cast<std::uint64_t>(c.now), 0};
    if (id.ms <= last.ms) {
      id = last;
      id.increment();
    }
  } else if (!options.seq_given && id.ms == last.ms) {
    in_order = last.seq != UINT64_MAX;
    id.seq = last.seq + 1;
  }
  if (!in_order) return c.reply.error("ERR Elements are too large to be stored");  // Redis 7.0's words for it
  if (id <= last) return c.reply.error("ERR The ID specified in XADD is equal or smaller than the target stream top item");
  std::size_t bytes = 0;
  for (std::size_t i = first; i < c.argc(); i++) bytes += c.args[i].size();
  if (bytes > (std::size_t{1} << 30)) return c.reply.error("ERR Elements are too large to be stored");
  if (n == nullptr) n = c.add(key, Value::make(ValueType::kStream));
  Stream& s = n->payload.value.stream();
  s.append(id, c.args.subspan(first));
  c.effect(Effect::kStreamAdd, key, [&](ByteWriter& w) {
    write_id(w, id);
    w.varint(c.argc() - first);
    for (std::size_t i = first; i < c.argc(); i++) w.string(c.args[i]);
  });
  reply_id(c, id);
  stream_changed(c, key, "xadd");
  if (options.trim.strategy != StreamTrim::Strategy::kNone) trim_stream(c, key, s, options.trim);
}

void xtrim(Context& c) {
  AddOptions options;
  if (read_options(c, false, &options) < 0) return;
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kStream, &n)) return;
  c.reply.integer(n == nullptr ? 0 : static_cast<std::int64_t>(trim_stream(c, key, n->payload.value.stream(), options.trim)));
}

void xlen(Context& c) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kStream, &n, true)) return;
  c.reply.integer(n == nullptr ? 0 : static_cast<std::int64_t>(n->payload.value.stream().length));
}

void xdel(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kStream, &n)) return;
  if (n == nullptr) return c.reply.integer(0);
  std::vector<StreamId> ids(c.argc() - 2);
  for (std::size_t i = 0; i < ids.size(); i++)
    if (!stream_id_argument(c, i + 2, 0, true, &ids[i])) return;
  Stream& s = n->payload.value.stream();
  std::erase_if(ids, [&](StreamId id) { return !s.erase(id); });
  if (!ids.empty()) {
    c.effect(Effect::kStreamDelete, key, [&](ByteWriter& w) {
      w.varint(ids.size());
      for (const StreamId id : ids) write_id(w, id);
    });
    stream_changed(c, key, "xdel");
  }
  c.reply.integer(static_cast<std::int64_t>(ids.size()));
}

void range_in(Context& c, bool reverse) {
  StreamId start, end;
  if (!stream_bound(c, reverse ? 3 : 2, true, &start) || !stream_bound(c, reverse ? 2 : 3, false, &end)) return;
  std::int64_t count = -1;
  for (std::size_t i = 4; i < c.argc(); i += 2) {
    if (!c.is(i, "COUNT") || i + 1 >= c.argc()) return c.syntax_error();
    if (!c.integer(i + 1, &count)) return;
    count = std::max<std::int64_t>(count, 0);
  }
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kStream, &n, true)) return;
  if (n == nullptr) return c.reply.array(0);
  if (count == 0) return c.reply.null_array();
  reply_range(c, n->payload.value.stream(), start, end, count < 0 ? 0 : static_cast<std::uint64_t>(count), reverse);
}
void xrange(Context& c) { range_in(c, false); }
void xrevrange(Context& c) { range_in(c, true); }

void xsetid(Context& c) {
  StreamId id, max_deleted;
  std::int64_t added = -1;
  if (!stream_id_argument(c, 2, 0, true, &id)) return;
  for (std::size_t i = 3; i < c.argc(); i += 2) {
    const bool more = i + 1 < c.argc();
    if (more && c.is(i, "ENTRIESADDED")) {
      if (!c.integer(i + 1, &added)) return;
      if (added < 0) return c.reply.error("ERR entries_added must be positive");
    } else if (more && c.is(i, "MAXDELETEDID")) {
      if (!stream_id_argument(c, i + 1, 0, true, &max_deleted)) return;
      if (id < max_deleted) return c.reply.error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
    } else {
      return c.syntax_error();
    }
  }
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kStream, &n)) return;
  if (n == nullptr) return c.reply.error("ERR no such key");
  Stream& s = n->payload.value.stream();
  if (s.length > 0) {
    if (id < s.last_live_id()) return c.reply.error("ERR The ID specified in XSETID is smaller than the target stream top item");
    if (added != -1 && s.length > static_cast<std::uint64_t>(added))
      return c.reply.error("ERR The entries_added specified in XSETID is smaller than the target stream length");
  }
  s.last_id = id;
  if (added != -1) s.entries_added = static_cast<std::uint64_t>(added);
  if (!max_deleted.is_zero()) s.max_deleted_id = max_deleted;
  c.effect(Effect::kStreamState, key, [&](ByteWriter& w) {
    write_id(w, s.last_id);
    write_id(w, s.max_deleted_id);
    w.varint(s.entries_added);
    w.u8(0);
  });
  c.reply.ok();
  stream_changed(c, key, "xsetid");
}

constexpr NamedBody bodies[] = {{"xadd", xadd}, {"xtrim", xtrim}, {"xlen", xlen}, {"xdel", xdel}, {"xrange", xrange}, {"xrevrange", xrevrange}, {"xsetid", xsetid}};

}  // namespace

std::span<const NamedBody> stream_bodies() { return bodies; }

}  // namespace orrery::keyspace
