// key_bodies.cc: commands on keys of any type, expiry, iteration, whole databases, and the few connection commands that must be fast.
#include <algorithm>
#include <bit>
#include <utility>

#include "background_free.h"
#include "bodies.h"
#include "context.h"
#include "key_snapshot.h"

namespace orrery::keyspace {
namespace {

/// UNLINK counts as freed lazily what has more elements than this.
constexpr std::size_t kLazyElements = 64;

void del(Context& c) {
  std::int64_t count = 0;
  const bool unlinks = c.command != nullptr && c.command->name == "unlink";
  for (std::size_t i = 1; i < c.argc(); i++) {
    const Key key = c.key(i);
    Node* n = c.find(key);
    if (n == nullptr) continue;
    Value& value = n->payload.value;
    if (unlinks && !value.is_string() && value.size() > kLazyElements) count_lazily_freed(1);
    if (c.transaction == nullptr) free_later(value);
    c.erase(key, n);
    c.event(kNotifyGeneric, "del", key);
    count++;
  }
  c.reply.integer(count);
}

void exists(Context& c) {
  std::int64_t count = 0;
  for (std::size_t i = 1; i < c.argc(); i++) count += c.find_read(c.key(i)) != nullptr;
  c.reply.integer(count);
}

void touch(Context& c) {
  // Touches under CLIENT NO-TOUCH too.
  const bool no_touch = std::exchange(c.session.no_touch, false);
  exists(c);
  c.session.no_touch = no_touch;
}

void type(Context& c) {
  Node* n = c.find(c.key(1));
  c.reply.status(n == nullptr ? "none" : type_name(n->payload.value.type()));
}

void rename_to(Context& c, bool only_absent) {
  const Key from = c.key(1), to = c.key(2);
  Node* n = c.find(from);
  if (n == nullptr) return c.reply.error("ERR no such key");
  if (from.text == to.text) return only_absent ? c.reply.integer(0) : c.reply.ok();
  Node* target = c.find(to);
  if (target != nullptr && only_absent) return c.reply.integer(0);
  Value value = std::move(n->payload.value);
  const std::int64_t expire = n->payload.expire_ms;
  c.erase(from, n);
  c.replace(to, std::move(value), expire);
  c.event(kNotifyGeneric, "rename_from", from);
  c.event(kNotifyGeneric, "rename_to", to);
  if (only_absent) c.reply.integer(1);
  else c.reply.ok();
}
void rename(Context& c) { rename_to(c, false); }
void renamenx(Context& c) { rename_to(c, true); }

bool database_argument(Context& c, std::size_t argument, std::uint8_t* db, const char* not_a_number, const char* out_of_range) {
  std::int64_t v;
  if (!c.integer(argument, &v, not_a_number)) return false;
  if (v < 0 || v >= kDatabaseCount) {
    c.reply.error(out_of_range);
    return false;
  }
  *db = static_cast<std::uint8_t>(v);
  return true;
}

void copy(Context& c) {
  std::uint8_t db = c.session.db;
  bool overwrite = false;
  for (std::size_t i = 3; i < c.argc(); i++) {
    if (c.is(i, "REPLACE")) overwrite = true;
    else if (c.is(i, "DB") && i + 1 < c.argc()) {
      if (!database_argument(c, ++i, &db, "ERR value is not an integer or out of range", "ERR DB index is out of range")) return;
    } else return c.syntax_error();
  }
  if (c.transaction != nullptr && db != c.session.db) {
    c.unhandled = true;
    return;
  }
  const Key from = c.key_named(c.args[1], c.session.db), to = c.key_named(c.args[2], db);
  if (from.text == to.text && from.db == to.db) return c.reply.error("ERR source and destination objects are the same");
  Node* n = c.find(from);
  if (n == nullptr || (!overwrite && c.find(to) != nullptr)) return c.reply.integer(0);
  c.replace(to, n->payload.value.clone(), n->payload.expire_ms);
  c.event(kNotifyGeneric, "copy_to", to);
  c.reply.integer(1);
}

void move(Context& c) {
  std::uint8_t db;
  if (!database_argument(c, 2, &db, "ERR value is not an integer or out of range", "ERR DB index is out of range")) return;
  if (db == c.session.db) return c.reply.error("ERR source and destination objects are the same");
  if (c.transaction != nullptr) {
    c.unhandled = true;
    return;
  }
  const Key from = c.key(1), to = c.key_named(c.args[1], db);
  Node* n = c.find(from);
  if (n == nullptr || c.find(to) != nullptr) return c.reply.integer(0);
  Value value = std::move(n->payload.value);
  const std::int64_t expire = n->payload.expire_ms;
  c.erase(from, n);
  c.replace(to, std::move(value), expire);
  c.event(kNotifyGeneric, "move_from", from);
  c.event(kNotifyGeneric, "move_to", to);
  c.reply.integer(1);
}

bool alive(const Context& c, const Node& n) { return n.payload.expire_ms == 0 || n.payload.expire_ms > c.now; }

void randomkey(Context& c) {
  std::size_t total = 0;
  for (std::uint32_t i = 0; i < kShardCount; i++) total += c.keyspace.shard(i).databases[c.session.db].keys.size();
  for (int attempt = 0; attempt < 100 && total > 0; attempt++) {
    std::uint64_t at = random_below(total);
    for (std::uint32_t i = 0; i < kShardCount; i++) {
      Keys& keys = c.keyspace.shard(i).databases[c.session.db].keys;
      if (at >= keys.size()) {
        at -= keys.size();
        continue;
      }
      Node* n = keys.random();
      if (alive(c, *n)) return c.reply.bulk(n->key());
      break;
    }
  }
  c.reply.null();
}

void keys(Context& c) {
  std::vector<std::string_view> found;
  for (std::uint32_t i = 0; i < kShardCount; i++)
    c.keyspace.shard(i).databases[c.session.db].keys.each([&](Node& n) {
      if (alive(c, n) && (c.args[1] == "*" || glob_match(c.args[1], n.key()))) found.push_back(n.key());
    });
  c.reply.array(found.size());
  for (const std::string_view k : found) c.reply.bulk(k);
}

/// A cursor is (bucket cursor of the shard) * shards + shard: it survives resizes like the table's own.
void scan(Context& c) {
  std::uint64_t cursor = 0;
  if (c.args[1].size() > 20 || c.args[1].empty()) return c.reply.error("ERR invalid cursor");
  for (const char d : c.args[1]) {
    if (d < '0' || d > '9') return c.reply.error("ERR invalid cursor");
    cursor = cursor * 10 + static_cast<std::uint64_t>(d - '0');
  }
  std::int64_t count = 10;
  std::string_view pattern;
  bool any = true, by_type = false;
  std::string_view wanted;
  for (std::size_t i = 2; i < c.argc(); i += 2) {
    if (i + 1 >= c.argc()) return c.syntax_error();
    if (c.is(i, "COUNT")) {
      if (!c.integer(i + 1, &count)) return;
      if (count < 1) return c.syntax_error();
    } else if (c.is(i, "MATCH")) {
      pattern = c.args[i + 1];
      any = pattern == "*";
    } else if (c.is(i, "TYPE")) {
      by_type = true;
      wanted = c.args[i + 1];
    } else {
      return c.syntax_error();
    }
  }
  std::vector<std::string_view> found;
  std::uint64_t shard = cursor % kShardCount, bucket = cursor / kShardCount;
  for (std::int64_t visited = 0, buckets = 0; shard < kShardCount && visited < count && buckets < count * 10;) {
    Keys& keys = c.keyspace.shard(static_cast<std::uint32_t>(shard)).databases[c.session.db].keys;
    bucket = keys.scan(bucket, [&](Node& n) {
      visited++;
      if (!alive(c, n) || (!any && !glob_match(pattern, n.key()))) return;
      if (by_type && !same_word(type_name(n.payload.value.type()), wanted)) return;
      found.push_back(n.key());
    });
    if (keys.size() > 0) buckets++;
    if (bucket == 0) shard++;
  }
  const std::uint64_t next = shard == kShardCount ? 0 : bucket * kShardCount + shard;
  c.reply.array(2);
  c.reply.bulk(std::to_string(next));
  c.reply.array(found.size());
  for (const std::string_view k : found) c.reply.bulk(k);
}

void dbsize(Context& c) {
  std::size_t total = 0;
  for (std::uint32_t i = 0; i < kShardCount; i++) total += c.keyspace.shard(i).databases[c.session.db].keys.size();
  c.reply.integer(static_cast<std::int64_t>(total));
}

void flush(Context& c, bool all) {
  if (c.argc() > 2 || (c.argc() == 2 && !c.is(1, "SYNC") && !c.is(1, "ASYNC"))) return c.syntax_error();
  ByteWriter payload;
  payload.u8(all ? 0xff : c.session.db);
  c.effects.add(storage::Room::kKeyspace, static_cast<std::uint8_t>(Effect::kFlush), payload.span());
  for (std::uint32_t i = 0; i < kShardCount; i++) {
    Shard& s = c.keyspace.shard(i);
    for (std::uint8_t db = 0; db < kDatabaseCount; db++) {
      if (!all && db != c.session.db) continue;
      for (auto& [name, watched] : s.watched)
        if (static_cast<std::uint8_t>(name[0]) == db && s.databases[db].keys.find(std::string_view(name).substr(1)) != nullptr) watched.version++;
      if (s.snapshot != nullptr) s.snapshot->before_clear(db);
      if (c.argc() == 2 && c.is(1, "ASYNC")) count_lazily_freed(s.databases[db].keys.size());
      clear_later(c.keyspace, s.databases[db]);
    }
  }
  if (c.keyspace.tracking.active()) c.keyspace.tracking.invalidate_all();
  c.keyspace.waiters.changed_all();
  c.keyspace.changes.fetch_add(1, std::memory_order_relaxed);
  c.reply.ok();
}
void flushdb(Context& c) { flush(c, false); }
void flushall(Context& c) { flush(c, true); }

void swapdb(Context& c) {
  std::uint8_t a, b;
  if (!database_argument(c, 1, &a, "ERR invalid first DB index", "ERR DB index is out of range") ||
      !database_argument(c, 2, &b, "ERR invalid second DB index", "ERR DB index is out of range"))
    return;
  ByteWriter payload;
  payload.u8(a);
  payload.u8(b);
  c.effects.add(storage::Room::kKeyspace, static_cast<std::uint8_t>(Effect::kSwap), payload.span());
  for (std::uint32_t i = 0; i < kShardCount; i++) {
    Shard& s = c.keyspace.shard(i);
    for (auto& [name, watched] : s.watched)
      if (static_cast<std::uint8_t>(name[0]) == a || static_cast<std::uint8_t>(name[0]) == b) watched.version++;
    if (s.snapshot != nullptr) s.snapshot->before_swap(a, b);
    s.databases[a].swap(s.databases[b]);
  }
  c.keyspace.waiters.changed_all();
  c.keyspace.changes.fetch_add(1, std::memory_order_relaxed);
  c.reply.ok();
}

void object(Context& c) {
  if (c.argc() != 3 || c.is(1, "HELP")) {
    c.unhandled = true;
    return;
  }
  const bool encoding = c.is(1, "ENCODING"), refcount = c.is(1, "REFCOUNT"), idle = c.is(1, "IDLETIME"), freq = c.is(1, "FREQ");
  if (!encoding && !refcount && !idle && !freq) {
    c.unhandled = true;
    return;
  }
  const Key key = c.key(2);
  Node* peek = key.database->keys.find(key.text, key.hash);
  const std::uint32_t accessed = peek == nullptr ? 0 : peek->payload.access;
  Node* n = c.find(key);
  if (n == nullptr) return c.reply.null();
  n->payload.access = accessed;
  if (encoding) return c.reply.bulk(n->payload.value.encoding());
  if (refcount) {
    // Redis shares the small integers and calls that a huge count.
    const bool shared = n->payload.value.is_integer() && n->payload.value.integer_value() >= 0 && n->payload.value.integer_value() < 10000;
    return c.reply.integer(shared ? 2147483647 : 1);
  }
  const bool lfu = uses_lfu(limits().policy.load(std::memory_order_relaxed));
  if (idle && lfu)
    return c.reply.error("ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.");
  if (idle) return c.reply.integer(std::max<std::int64_t>(c.now / 1000 - accessed, 0));
  if (lfu) return c.reply.integer(lfu_counter(accessed, c.now));
  c.reply.error("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.");
}

void memory(Context& c) {
  if (c.argc() < 3 || !c.is(1, "USAGE")) {
    c.unhandled = true;
    return;
  }
  if (c.argc() != 3 && !(c.argc() == 5 && c.is(3, "SAMPLES"))) return c.syntax_error();
  std::int64_t samples = 0;  // all of the value is counted, whatever is asked for
  if (c.argc() == 5 && !c.integer(4, &samples)) return;
  if (samples < 0) return c.syntax_error();
  Node* n = c.find(c.key(2));
  if (n == nullptr) return c.reply.null();
  c.reply.integer(static_cast<std::int64_t>(malloc_usable_size(n) + 8 + n->payload.value.memory()));
}

/// EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT.
void expire_in(Context& c, bool seconds, bool absolute) {
  bool if_none = false, if_some = false, if_later = false, if_sooner = false;
  for (std::size_t i = 3; i < c.argc(); i++) {
    if (c.is(i, "NX")) if_none = true;
    else if (c.is(i, "XX")) if_some = true;
    else if (c.is(i, "GT")) if_later = true;
    else if (c.is(i, "LT")) if_sooner = true;
    else return c.reply.error("ERR Unsupported option " + std::string(c.args[i]));
  }
  if (if_none && (if_some || if_later || if_sooner)) return c.reply.error("ERR NX and XX, GT or LT options at the same time are not compatible");
  if (if_later && if_sooner) return c.reply.error("ERR GT and LT options at the same time are not compatible");
  std::int64_t when;
  if (!c.integer(2, &when)) return;
  const auto invalid = [&] { c.reply.error("ERR invalid expire time in '" + c.command->name + "' command"); };
  if (seconds) {
    if (when > INT64_MAX / 1000 || when < INT64_MIN / 1000) return invalid();
    when *= 1000;
  }
  if (!absolute) {
    if (when > INT64_MAX - c.now) return invalid();
    when += c.now;
  }
  const Key key = c.key(1);
  Node* n = c.find(key);
  if (n == nullptr) return c.reply.integer(0);
  const std::int64_t current = n->payload.expire_ms;
  if ((if_none && current != 0) || (if_some && current == 0) || (if_later && (current == 0 || when <= current)) || (if_sooner && current != 0 && when >= current))
    return c.reply.integer(0);
  const bool over = when <= c.now && !c.session.replicates;
  if (over) c.erase(key, n);
  else c.set_deadline(key, n, when);
  c.event(kNotifyGeneric, over ? "del" : "expire", key);
  c.reply.integer(1);
}
void expire(Context& c) { expire_in(c, true, false); }
void pexpire(Context& c) { expire_in(c, false, false); }
void expireat(Context& c) { expire_in(c, true, true); }
void pexpireat(Context& c) { expire_in(c, false, true); }

void left(Context& c, bool seconds, bool absolute) {
  Node* n = c.find(c.key(1));
  if (n == nullptr) return c.reply.integer(-2);
  if (n->payload.expire_ms == 0) return c.reply.integer(-1);
  const std::int64_t v = absolute ? n->payload.expire_ms : std::max<std::int64_t>(n->payload.expire_ms - c.now, 0);
  c.reply.integer(seconds ? v / 1000 + (v % 1000 >= 500 ? 1 : 0) : v);
}
void ttl(Context& c) { left(c, true, false); }
void pttl(Context& c) { left(c, false, false); }
void expiretime(Context& c) { left(c, true, true); }
void pexpiretime(Context& c) { left(c, false, true); }

void persist(Context& c) {
  const Key key = c.key(1);
  Node* n = c.find(key);
  if (n == nullptr || n->payload.expire_ms == 0) return c.reply.integer(0);
  c.set_deadline(key, n, 0);
  c.event(kNotifyGeneric, "persist", key);
  c.reply.integer(1);
}

void ping(Context& c) {
  if (c.argc() > 2) return c.wrong_arity();
  if (c.argc() == 2) c.reply.bulk(c.args[1]);
  else c.reply.raw("+PONG\r\n");
}
void echo(Context& c) { c.reply.bulk(c.args[1]); }
void select(Context& c) {
  std::uint8_t db;
  if (!database_argument(c, 1, &db, "ERR value is not an integer or out of range", "ERR DB index is out of range")) return;
  c.session.db = db;
  c.reply.ok();
}

constexpr NamedBody bodies[] = {
    {"del", del}, {"unlink", del}, {"exists", exists}, {"touch", touch}, {"type", type}, {"rename", rename}, {"renamenx", renamenx},
    {"copy", copy}, {"move", move}, {"randomkey", randomkey}, {"keys", keys}, {"scan", scan}, {"dbsize", dbsize}, {"flushdb", flushdb},
    {"flushall", flushall}, {"swapdb", swapdb}, {"object", object}, {"memory", memory}, {"expire", expire}, {"pexpire", pexpire},
    {"expireat", expireat}, {"pexpireat", pexpireat}, {"ttl", ttl}, {"pttl", pttl}, {"expiretime", expiretime},
    {"pexpiretime", pexpiretime}, {"persist", persist}, {"ping", ping}, {"echo", echo}, {"select", select},
};

}  // namespace

std::span<const NamedBody> key_bodies() { return bodies; }

}  // namespace orrery::keyspace
