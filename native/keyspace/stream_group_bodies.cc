// stream_group_bodies.cc: XGROUP, XACK, XPENDING, XCLAIM, XAUTOCLAIM, XINFO.
#include <optional>

#include "bodies.h"
#include "stream_bodies.h"

namespace orrery::keyspace {

void log_group(Context& c, const Key& key, std::string_view name, const StreamGroup& group, bool made) {
  c.effect(Effect::kStreamGroup, key, [&](ByteWriter& w) {
    w.string(name);
    write_id(w, group.last_id);
    w.i64(group.entries_read);
    w.u8(made ? 1 : 0);
  });
}

void log_pending(Context& c, const Key& key, std::string_view group, StreamId id, const StreamPending& p) {
  c.effect(Effect::kStreamPending, key, [&](ByteWriter& w) {
    w.string(group);
    w.string(p.consumer->first);
    write_id(w, id);
    w.i64(p.delivery_ms);
    w.varint(static_cast<std::uint64_t>(p.delivery_count));
  });
}

StreamConsumers::value_type* consumer_for(Context& c, const Key& key, std::string_view group_name, StreamGroup& group, std::string_view name, bool* made) {
  auto* consumer = group.find_consumer(name);
  if (made != nullptr) *made = consumer == nullptr;
  if (consumer == nullptr) {
    consumer = &*group.consumers.emplace(std::string(name), StreamConsumer{}).first;
    c.effect(Effect::kStreamConsumer, key, [&](ByteWriter& w) {
      w.string(group_name);
      w.string(name);
      w.i64(c.now);
    });
    stream_changed(c, key, "xgroup-createconsumer");
  }
  consumer->second.seen_ms = c.now;
  return consumer;
}

namespace {

std::string upper(std::string_view s) {
  std::string out(s);
  for (char& ch : out)
    if (ch >= 'a' && ch <= 'z') ch = static_cast<char>(ch - 32);
  return out;
}

void subcommand_error(Context& c) {
  c.reply.error("ERR unknown subcommand or wrong number of arguments for '" + std::string(c.args[1].substr(0, 128)) + "'. Try " + upper(c.command->name) + " HELP.");
}

/// NUL ends a text that C prints.
std::string_view printed(std::string_view s) { return s.substr(0, s.find('\0')); }

void no_group(Context& c, std::string_view group, std::string_view key) {
  c.reply.error("NOGROUP No such consumer group '" + std::string(printed(group)) + "' for key name '" + std::string(printed(key)) + "'");
}
void no_key_or_group(Context& c) {
  c.reply.error("NOGROUP No such key '" + std::string(printed(c.args[1])) + "' or consumer group '" + std::string(printed(c.args[2])) + "'");
}

void xgroup_create(Context& c, const Key& key, Node* n, bool, std::int64_t entries_read) {
  StreamId id;
  if (c.args[4] == "$") {
    if (n != nullptr) id = n->payload.value.stream().last_id;
  } else if (!stream_id_argument(c, 4, 0, true, &id)) {
    return;
  }
  if (n == nullptr) {
    n = c.add(key, Value::make(ValueType::kStream));
    c.effect(Effect::kStreamState, key, [&](ByteWriter& w) {
      write_id(w, {});
      write_id(w, {});
      w.varint(0);
      w.u8(1);
    });
  }
  auto& groups = n->payload.value.stream().make_groups();
  const auto [at, fresh] = groups.emplace(std::string(c.args[3]), StreamGroup{});
  if (!fresh) return c.reply.error("BUSYGROUP Consumer Group name already exists");
  at->second.last_id = id;
  at->second.entries_read = entries_read;
  log_group(c, key, c.args[3], at->second, true);
  c.reply.ok();
  stream_changed(c, key, "xgroup-create");
}

void xgroup(Context& c) {
  const bool create = c.is(1, "CREATE"), set_id = c.is(1, "SETID"), destroy = c.is(1, "DESTROY");
  const bool create_consumer = c.is(1, "CREATECONSUMER"), delete_consumer = c.is(1, "DELCONSUMER");
  if (!create && !set_id && !destroy && !create_consumer && !delete_consumer) {
    c.unhandled = true;
    return;
  }
  const std::size_t argc = c.argc();
  const bool fits = create ? argc >= 5 : set_id ? argc >= 5 : destroy ? argc == 4 : argc == 5;
  if (!fits) return c.reply.error("ERR wrong number of arguments for 'xgroup|" + [&] {
    std::string s(c.args[1]);
    for (char& ch : s) ch = static_cast<char>(ch | 0x20);
    return s;
  }() + "' command");
  bool make = false;
  std::int64_t entries_read = kUnknownEntriesRead;
  for (std::size_t i = 5; i < argc; i++) {
    if (create && c.is(i, "MKSTREAM")) {
      make = true;
    } else if (c.is(i, "ENTRIESREAD") && i + 1 < argc) {
      if (!c.integer(++i, &entries_read)) return;
      if (entries_read < 0 && entries_read != kUnknownEntriesRead) return c.reply.error("ERR value for ENTRIESREAD must be positive or -1");
    } else {
      return subcommand_error(c);
    }
  }
  const Key key = c.key(2);
  Node* n;
  if (!c.find_typed(key, ValueType::kStream, &n)) return;
  if (n == nullptr && !make)
    return c.reply.error(
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.");
  StreamGroup* group = n == nullptr ? nullptr : n->payload.value.stream().find_group(c.args[3]);
  if (group == nullptr && (set_id || create_consumer || delete_consumer)) return no_group(c, c.args[3], c.args[2]);
  if (create) {
    if (argc > 8) return subcommand_error(c);
    return xgroup_create(c, key, n, make, entries_read);
  }
  if (set_id) {
    if (argc != 5 && argc != 7) return subcommand_error(c);
    StreamId id;
    if (c.args[4] == "$") id = n->payload.value.stream().last_id;
    else if (!stream_id_argument(c, 4, 0, false, &id)) return;
    group->last_id = id;
    group->entries_read = entries_read;
    log_group(c, key, c.args[3], *group);
    c.reply.ok();
    return stream_changed(c, key, "xgroup-setid");
  }
  if (destroy) {
    if (group == nullptr) return c.reply.integer(0);
    auto& groups = *n->payload.value.stream().groups();
    groups.erase(groups.find(c.args[3]));
    c.effect(Effect::kStreamGroupDestroy, key, [&](ByteWriter& w) { w.string(c.args[3]); });
    c.reply.integer(1);
    return stream_changed(c, key, "xgroup-destroy");
  }
  if (create_consumer) {
    bool made;
    consumer_for(c, key, c.args[3], *group, c.args[4], &made);
    return c.reply.integer(made ? 1 : 0);
  }
  const auto* consumer = group->find_consumer(c.args[4]);
  if (consumer == nullptr) return c.reply.integer(0);
  c.reply.integer(static_cast<std::int64_t>(consumer->second.pending.size()));
  group->erase_consumer(c.args[4]);
  c.effect(Effect::kStreamConsumerDelete, key, [&](ByteWriter& w) {
    w.string(c.args[3]);
    w.string(c.args[4]);
  });
  stream_changed(c, key, "xgroup-delconsumer");
}

void log_forgotten(Context& c, const Key& key, std::string_view group, const std::vector<StreamId>& ids) {
  if (ids.empty()) return;
  c.effect(Effect::kStreamAck, key, [&](ByteWriter& w) {
    w.string(group);
    w.varint(ids.size());
    for (const StreamId id : ids) write_id(w, id);
  });
  c.changed(key);
}

void xack(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kStream, &n)) return;
  StreamGroup* group = n == nullptr ? nullptr : n->payload.value.stream().find_group(c.args[2]);
  if (group == nullptr) return c.reply.integer(0);
  std::vector<StreamId> ids(c.argc() - 3);
  for (std::size_t i = 0; i < ids.size(); i++)
    if (!stream_id_argument(c, i + 3, 0, true, &ids[i])) return;
  std::erase_if(ids, [&](StreamId id) { return !group->forget(id); });
  log_forgotten(c, key, c.args[2], ids);
  c.reply.integer(static_cast<std::int64_t>(ids.size()));
}

void xpending(Context& c) {
  const std::size_t argc = c.argc();
  if (argc != 3 && (argc < 6 || argc > 9)) return c.syntax_error();
  StreamId start, end;
  std::int64_t count = 0, min_idle = 0;
  std::optional<std::string_view> consumer_name;
  if (argc >= 6) {
    std::size_t at = 3;
    if (c.is(3, "IDLE")) {
      if (!c.integer(4, &min_idle)) return;
      if (argc < 8) return c.syntax_error();
      at = 5;
    }
    if (!c.integer(at + 2, &count)) return;
    if (!stream_bound(c, at, true, &start) || !stream_bound(c, at + 1, false, &end)) return;
    if (at + 3 < argc) consumer_name = c.args[at + 3];
  }
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kStream, &n, true)) return;
  StreamGroup* group = n == nullptr ? nullptr : n->payload.value.stream().find_group(c.args[2]);
  if (group == nullptr) return no_key_or_group(c);
  if (argc == 3) {
    c.reply.array(4);
    c.reply.integer(static_cast<std::int64_t>(group->pending.size()));
    if (group->pending.empty()) {
      c.reply.null();
      c.reply.null();
      return c.reply.null_array();
    }
    reply_id(c, group->pending.begin()->first);
    reply_id(c, group->pending.rbegin()->first);
    const std::size_t mark = c.reply.size();
    std::size_t consumers = 0;
    for (const auto& [name, consumer] : group->consumers) {
      if (consumer.pending.empty()) continue;
      consumers++;
      c.reply.array(2);
      c.reply.bulk(name);
      c.reply.bulk_integer(static_cast<std::int64_t>(consumer.pending.size()));
    }
    return c.reply.insert_array(mark, consumers);
  }
  const std::size_t mark = c.reply.size();
  std::size_t written = 0;
  // False when enough were written.
  const auto visit = [&](StreamId id, const StreamPending& p) {
    if (min_idle != 0 && c.now - p.delivery_ms < min_idle) return true;
    c.reply.array(4);
    reply_id(c, id);
    c.reply.bulk(p.consumer->first);
    c.reply.integer(std::max<std::int64_t>(c.now - p.delivery_ms, 0));
    c.reply.integer(p.delivery_count);
    written++;
    return --count > 0;
  };
  if (consumer_name) {
    const auto* consumer = group->find_consumer(*consumer_name);
    if (consumer != nullptr && count > 0)
      for (auto at = consumer->second.pending.lower_bound(start); at != consumer->second.pending.end() && at->first <= end; ++at)
        if (!visit(at->first, group->pending.find(at->first)->second)) break;
  } else if (count > 0) {
    for (auto at = group->pending.lower_bound(start); at != group->pending.end() && at->first <= end; ++at)
      if (!visit(at->first, at->second)) break;
  }
  c.reply.insert_array(mark, written);
}

/// Gives a pending entry to `consumer` and replies with it.
void claim(Context& c, const Key& key, const Stream& s, StreamGroup& group, StreamId id, StreamConsumers::value_type* consumer, std::int64_t when,
           std::int64_t count, bool just_id) {
  group.assign(id, consumer, when, count);
  log_pending(c, key, c.args[2], id, group.pending.find(id)->second);
  if (just_id) return reply_id(c, id);
  s.range(id, id, false, [&](const Stream::Entry& e) {
    reply_entry(c, e);
    return false;
  });
}

void xclaim(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kStream, &n)) return;
  StreamGroup* group = n == nullptr ? nullptr : n->payload.value.stream().find_group(c.args[2]);
  if (group == nullptr) return no_key_or_group(c);
  const Stream& s = n->payload.value.stream();
  std::int64_t min_idle;
  if (!c.integer(4, &min_idle, "ERR Invalid min-idle-time argument for XCLAIM")) return;
  std::vector<StreamId> ids;
  std::size_t i = 5;
  for (StreamId id; i < c.argc() && parse_stream_id(c.args[i], 0, true, &id); i++) ids.push_back(id);
  std::int64_t when = -1, retry_count = -1;
  bool force = false, just_id = false;
  StreamId last;
  for (; i < c.argc(); i++) {
    const bool more = i + 1 < c.argc();
    if (c.is(i, "FORCE")) force = true;
    else if (c.is(i, "JUSTID")) just_id = true;
    else if (c.is(i, "IDLE") && more) {
      if (!c.integer(++i, &when, "ERR Invalid IDLE option argument for XCLAIM")) return;
      when = when < INT64_MIN + c.now ? c.now : c.now - when;
    } else if (c.is(i, "TIME") && more) {
      if (!c.integer(++i, &when, "ERR Invalid TIME option argument for XCLAIM")) return;
    } else if (c.is(i, "RETRYCOUNT") && more) {
      if (!c.integer(++i, &retry_count, "ERR Invalid RETRYCOUNT option argument for XCLAIM")) return;
    } else if (c.is(i, "LASTID") && more) {
      if (!stream_id_argument(c, ++i, 0, true, &last)) return;
    } else {
      return c.reply.error("ERR Unrecognized XCLAIM option '" + std::string(printed(c.args[i])) + "'");
    }
  }
  if (last > group->last_id) {
    group->last_id = last;
    log_group(c, key, c.args[2], *group);
    c.changed(key);
  }
  if (when < 0 || when > c.now) when = c.now;
  auto* consumer = consumer_for(c, key, c.args[2], *group, c.args[3]);
  const std::size_t mark = c.reply.size();
  std::size_t claimed = 0;
  std::vector<StreamId> forgotten;
  for (const StreamId id : ids) {
    const auto at = group->pending.find(id);
    const bool known = at != group->pending.end();
    if (!s.contains(id)) {
      if (known && group->forget(id)) forgotten.push_back(id);
      continue;
    }
    if (!known && !force) continue;
    if (known && min_idle > 0 && c.now - at->second.delivery_ms < min_idle) continue;
    std::int64_t count = known ? at->second.delivery_count : 1;
    if (retry_count >= 0) count = retry_count;
    else if (!just_id) count++;
    claim(c, key, s, *group, id, consumer, when, count, just_id);
    claimed++;
  }
  log_forgotten(c, key, c.args[2], forgotten);
  if (claimed > 0) c.changed(key);
  c.reply.insert_array(mark, claimed);
}

void xautoclaim(Context& c) {
  std::int64_t min_idle, count = 100;
  if (!c.integer(4, &min_idle, "ERR Invalid min-idle-time argument for XAUTOCLAIM")) return;
  StreamId start;
  if (!stream_bound(c, 5, true, &start)) return;
  bool just_id = false;
  for (std::size_t i = 6; i < c.argc(); i++) {
    if (c.is(i, "COUNT") && i + 1 < c.argc()) {
      if (!parse_integer(c.args[++i], &count) || count < 1 || count > INT64_MAX / 16) return c.reply.error("ERR COUNT must be > 0");
    } else if (c.is(i, "JUSTID")) {
      just_id = true;
    } else {
      return c.syntax_error();
    }
  }
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kStream, &n)) return;
  StreamGroup* group = n == nullptr ? nullptr : n->payload.value.stream().find_group(c.args[2]);
  if (group == nullptr) return no_key_or_group(c);
  const Stream& s = n->payload.value.stream();
  auto* consumer = consumer_for(c, key, c.args[2], *group, c.args[3]);
  std::int64_t attempts = count * 10;
  std::vector<StreamId> forgotten;
  std::size_t claimed = 0;
  c.reply.array(3);
  const std::size_t mark = c.reply.size();
  auto at = group->pending.lower_bound(start);
  while (attempts-- > 0 && count > 0 && at != group->pending.end()) {
    const StreamId id = at->first;
    const StreamPending pending = at->second;
    ++at;
    if (!s.contains(id)) {
      group->forget(id);
      forgotten.push_back(id);
      count--;
      continue;
    }
    if (min_idle > 0 && c.now - pending.delivery_ms < min_idle) continue;
    claim(c, key, s, *group, id, consumer, c.now, pending.delivery_count + (just_id ? 0 : 1), just_id);
    claimed++;
    count--;
  }
  log_forgotten(c, key, c.args[2], forgotten);
  if (claimed > 0) c.changed(key);
  c.reply.insert_array(mark, claimed);
  const std::string next = at == group->pending.end() ? "0-0" : at->first.text();
  c.reply.insert(mark, "$" + std::to_string(next.size()) + "\r\n" + next + "\r\n");
  c.reply.array(forgotten.size());
  for (const StreamId id : forgotten) reply_id(c, id);
}

void reply_lag(Context& c, const Stream& s, const StreamGroup& group) {
  const auto added = static_cast<std::int64_t>(s.entries_added);
  if (s.entries_added == 0) return c.reply.integer(0);
  if (group.entries_read != kUnknownEntriesRead && !(s.has_tombstone_from(group.last_id) && s.max_deleted_id >= s.first_id)) return c.reply.integer(added - group.entries_read);
  const std::int64_t read = s.distance_from_first(group.last_id);
  if (read == kUnknownEntriesRead) c.reply.null();
  else c.reply.integer(added - read);
}
void reply_entries_read(Context& c, const StreamGroup& group) {
  if (group.entries_read == kUnknownEntriesRead) c.reply.null();
  else c.reply.integer(group.entries_read);
}

void reply_full_group(Context& c, const Stream& s, const std::string& name, const StreamGroup& group, std::int64_t count) {
  const auto most = count == 0 ? SIZE_MAX : static_cast<std::size_t>(count);
  c.reply.map(7);
  c.reply.bulk("name");
  c.reply.bulk(name);
  c.reply.bulk("last-delivered-id");
  reply_id(c, group.last_id);
  c.reply.bulk("entries-read");
  reply_entries_read(c, group);
  c.reply.bulk("lag");
  reply_lag(c, s, group);
  c.reply.bulk("pel-count");
  c.reply.integer(static_cast<std::int64_t>(group.pending.size()));
  c.reply.bulk("pending");
  c.reply.array(std::min(most, group.pending.size()));
  std::size_t written = 0;
  for (auto at = group.pending.begin(); at != group.pending.end() && written < most; ++at, written++) {
    c.reply.array(4);
    reply_id(c, at->first);
    c.reply.bulk(at->second.consumer->first);
    c.reply.integer(at->second.delivery_ms);
    c.reply.integer(at->second.delivery_count);
  }
  c.reply.bulk("consumers");
  c.reply.array(group.consumers.size());
  for (const auto& [consumer, state] : group.consumers) {
    c.reply.map(4);
    c.reply.bulk("name");
    c.reply.bulk(consumer);
    c.reply.bulk("seen-time");
    c.reply.integer(state.seen_ms);
    c.reply.bulk("pel-count");
    c.reply.integer(static_cast<std::int64_t>(state.pending.size()));
    c.reply.bulk("pending");
    c.reply.array(std::min(most, state.pending.size()));
    written = 0;
    for (auto at = state.pending.begin(); at != state.pending.end() && written < most; ++at, written++) {
      const StreamPending& p = group.pending.find(at->first)->second;
      c.reply.array(3);
      reply_id(c, at->first);
      c.reply.integer(p.delivery_ms);
      c.reply.integer(p.delivery_count);
    }
  }
}

void xinfo_stream(Context& c, const Stream& s) {
  const std::size_t options = c.argc() - 3;
  const bool full = options > 0;
  std::int64_t count = 10;
  if (full) {
    if ((options != 1 && options != 3) || !c.is(3, "FULL") || (options == 3 && !c.is(4, "COUNT"))) return subcommand_error(c);
    if (options == 3 && !c.integer(5, &count)) return;
    if (count < 0) count = 10;
  }
  c.reply.map(full ? 9 : 10);
  const auto number = [&](const char* name, std::uint64_t v) {
    c.reply.bulk(name);
    c.reply.integer(static_cast<std::int64_t>(v));
  };
  const auto id = [&](const char* name, StreamId v) {
    c.reply.bulk(name);
    reply_id(c, v);
  };
  number("length", s.length);
  number("radix-tree-keys", s.node_count());
  number("radix-tree-nodes", s.radix_node_count());
  id("last-generated-id", s.last_id);
  id("max-deleted-entry-id", s.max_deleted_id);
  number("entries-added", s.entries_added);
  id("recorded-first-entry-id", s.first_id);
  if (!full) {
    number("groups", s.groups() == nullptr ? 0 : s.groups()->size());
    for (const bool last : {false, true}) {
      c.reply.bulk(last ? "last-entry" : "first-entry");
      bool found = false;
      s.range({}, StreamId::max(), last, [&](const Stream::Entry& e) {
        reply_entry(c, e);
        found = true;
        return false;
      });
      if (!found) c.reply.null();
    }
    return;
  }
  c.reply.bulk("entries");
  reply_range(c, s, {}, StreamId::max(), static_cast<std::uint64_t>(count), false);
  c.reply.bulk("groups");
  c.reply.array(s.groups() == nullptr ? 0 : s.groups()->size());
  if (s.groups() == nullptr) return;
  for (const auto& [name, group] : *s.groups()) reply_full_group(c, s, name, group, count);
}

void xinfo(Context& c) {
  const bool stream = c.is(1, "STREAM"), groups = c.is(1, "GROUPS"), consumers = c.is(1, "CONSUMERS");
  if (!stream && !groups && !consumers) {
    c.unhandled = true;
    return;
  }
  const std::size_t argc = c.argc();
  if (stream ? argc < 3 : argc != (groups ? 3u : 4u))
    return c.reply.error(std::string("ERR wrong number of arguments for 'xinfo|") + (stream ? "stream" : groups ? "groups" : "consumers") + "' command");
  Node* n;
  const Key key = c.key(2);
  n = c.find_read(key);
  if (n == nullptr) return c.reply.error("ERR no such key");
  if (n->payload.value.type() != ValueType::kStream) return c.wrong_type();
  Stream& s = n->payload.value.stream();
  if (stream) return xinfo_stream(c, s);
  if (groups) {
    c.reply.array(s.groups() == nullptr ? 0 : s.groups()->size());
    if (s.groups() == nullptr) return;
    for (const auto& [name, group] : *s.groups()) {
      c.reply.map(6);
      c.reply.bulk("name");
      c.reply.bulk(name);
      c.reply.bulk("consumers");
      c.reply.integer(static_cast<std::int64_t>(group.consumers.size()));
      c.reply.bulk("pending");
      c.reply.integer(static_cast<std::int64_t>(group.pending.size()));
      c.reply.bulk("last-delivered-id");
      reply_id(c, group.last_id);
      c.reply.bulk("entries-read");
      reply_entries_read(c, group);
      c.reply.bulk("lag");
      reply_lag(c, s, group);
    }
    return;
  }
  const StreamGroup* group = s.find_group(c.args[3]);
  if (group == nullptr) return no_group(c, c.args[3], c.args[2]);
  c.reply.array(group->consumers.size());
  for (const auto& [name, consumer] : group->consumers) {
    c.reply.map(3);
    c.reply.bulk("name");
    c.reply.bulk(name);
    c.reply.bulk("pending");
    c.reply.integer(static_cast<std::int64_t>(consumer.pending.size()));
    c.reply.bulk("idle");
    c.reply.integer(std::max<std::int64_t>(c.now - consumer.seen_ms, 0));
  }
}

constexpr NamedBody bodies[] = {{"xgroup", xgroup}, {"xack", xack}, {"xpending", xpending}, {"xclaim", xclaim}, {"xautoclaim", xautoclaim}, {"xinfo", xinfo}};

}  // namespace

std::span<const NamedBody> stream_group_bodies() { return bodies; }

}  // namespace orrery::keyspace
