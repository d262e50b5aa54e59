// hash_bodies.cc: the hash commands.
#include <cmath>

#include "bodies.h"
#include "collection_scan.h"
#include "sample.h"

namespace orrery::keyspace {
namespace {

void log_set(Context& c, const Key& key, std::string_view field, std::string_view value) {
  c.effect(Effect::kHashSet, key, [&](ByteWriter& w) {
    w.varint(1);
    w.string(field);
    w.string(value);
  });
}

/// A new value for a field that keeps its time.
void set_counted(Context& c, const Key& key, Node* n, std::string_view field, std::string_view value) {
  Hash& hash = n->payload.value.hash();
  hash.set_keeping_time(field, value);
  log_set(c, key, field, value);
  if (const std::int64_t when = hash.time_of(field); when != 0)
    c.effect(Effect::kHashExpire, key, [&](ByteWriter& w) {
      w.varint(1);
      w.i64(when);
      w.string(field);
    });
}

void set_fields(Context& c, bool reply_ok) {
  if (c.argc() % 2 != 0) return c.wrong_arity();
  const Key key = c.key(1);
  Node* n = c.find_or_make(key, ValueType::kHash);
  if (n == nullptr) return;
  std::int64_t added = 0;
  for (std::size_t i = 2; i < c.argc(); i += 2) added += n->payload.value.hash().set(c.args[i], c.args[i + 1]);
  c.effect_arguments(Effect::kHashSet, key, 2, 2);
  c.changed(key);
  c.event(kNotifyHash, "hset", key);
  if (reply_ok) c.reply.ok();
  else c.reply.integer(added);
}
void hset(Context& c) { set_fields(c, false); }
void hmset(Context& c) { set_fields(c, true); }

void hsetnx(Context& c) {
  const Key key = c.key(1);
  Node* n = c.find_or_make(key, ValueType::kHash);
  if (n == nullptr) return;
  std::string_view old;
  if (n->payload.value.hash().get(c.args[2], &old)) return c.reply.integer(0);
  n->payload.value.hash().set(c.args[2], c.args[3]);
  log_set(c, key, c.args[2], c.args[3]);
  c.changed(key);
  c.event(kNotifyHash, "hset", key);
  c.reply.integer(1);
}

void hget(Context& c) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kHash, &n, true)) return;
  std::string_view value;
  if (n != nullptr && n->payload.value.hash().get(c.args[2], &value)) c.reply.bulk(value);
  else c.reply.null();
}

void hmget(Context& c) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kHash, &n, true)) return;
  c.reply.array(c.argc() - 2);
  for (std::size_t i = 2; i < c.argc(); i++) {
    std::string_view value;
    if (n != nullptr && n->payload.value.hash().get(c.args[i], &value)) c.reply.bulk(value);
    else c.reply.null();
  }
}

void all(Context& c, bool fields, bool values) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kHash, &n, true)) return;
  const std::size_t size = n == nullptr ? 0 : n->payload.value.hash().size();
  if (fields && values) c.reply.map(size);
  else c.reply.array(size);
  if (n == nullptr) return;
  n->payload.value.hash().each([&](std::string_view f, std::string_view v) {
    if (fields) c.reply.bulk(f);
    if (values) c.reply.bulk(v);
  });
}
void hgetall(Context& c) { all(c, true, true); }
void hkeys(Context& c) { all(c, true, false); }
void hvals(Context& c) { all(c, false, true); }

void hlen(Context& c) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kHash, &n, true)) return;
  c.reply.integer(n == nullptr ? 0 : static_cast<std::int64_t>(n->payload.value.hash().size()));
}

void hexists(Context& c) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kHash, &n, true)) return;
  std::string_view value;
  c.reply.integer(n != nullptr && n->payload.value.hash().get(c.args[2], &value) ? 1 : 0);
}

void hstrlen(Context& c) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kHash, &n, true)) return;
  std::string_view value;
  c.reply.integer(n != nullptr && n->payload.value.hash().get(c.args[2], &value) ? static_cast<std::int64_t>(value.size()) : 0);
}

void hdel(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kHash, &n)) return;
  if (n == nullptr) return c.reply.integer(0);
  std::int64_t gone = 0;
  for (std::size_t i = 2; i < c.argc(); i++) gone += n->payload.value.hash().erase(c.args[i]);
  if (gone > 0) {
    c.effect_arguments(Effect::kHashDelete, key, 2);
    c.changed(key);
    c.event(kNotifyHash, "hdel", key);
  }
  c.erase_if_empty(key, n);
  c.reply.integer(gone);
}

void hincrby(Context& c) {
  std::int64_t by;
  if (!c.integer(3, &by)) return;
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kHash, &n)) return;
  std::int64_t v = 0;
  std::string_view old;
  if (n != nullptr && n->payload.value.hash().get(c.args[2], &old) && !parse_integer(old, &v)) return c.reply.error("ERR hash value is not an integer");
  if (__builtin_add_overflow(v, by, &v)) return c.reply.error("ERR increment or decrement would overflow");
  if (n == nullptr) n = c.add(key, Value::make(ValueType::kHash));
  const std::string text = std::to_string(v);
  set_counted(c, key, n, c.args[2], text);
  c.changed(key);
  c.event(kNotifyHash, "hincrby", key);
  c.reply.integer(v);
}

void hincrbyfloat(Context& c) {
  long double by, v = 0;
  if (!parse_long_double(c.args[3], &by)) return c.reply.error("ERR value is not a valid float");
  if (std::isinf(by)) return c.reply.error("ERR value is NaN or Infinity");
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kHash, &n)) return;
  std::string_view old;
  if (n != nullptr && n->payload.value.hash().get(c.args[2], &old) && !parse_long_double(old, &v)) return c.reply.error("ERR hash value is not a float");
  v += by;
  if (std::isnan(v) || std::isinf(v)) return c.reply.error("ERR increment would produce NaN or Infinity");
  if (n == nullptr) n = c.add(key, Value::make(ValueType::kHash));
  const std::string text = long_double_text(v);
  set_counted(c, key, n, c.args[2], text);
  c.changed(key);
  c.event(kNotifyHash, "hincrbyfloat", key);
  c.reply.bulk(text);
}

void hrandfield(Context& c) {
  Node* n;
  if (c.argc() == 2) {
    if (!c.find_typed(c.key(1), ValueType::kHash, &n, true)) return;
    if (n == nullptr) c.reply.null();
    else c.reply.bulk(n->payload.value.hash().random().first);
    return;
  }
  std::int64_t count;
  if (!c.integer(2, &count)) return;
  if (count == INT64_MIN) return c.reply.error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
  const bool values = c.argc() == 4 && c.is(3, "WITHVALUES");
  if (c.argc() > 4 || (c.argc() == 4 && !values)) return c.syntax_error();
  if (count < -(INT64_MAX / 2)) return c.reply.error("ERR value is out of range");
  if (!c.find_typed(c.key(1), ValueType::kHash, &n, true)) return;
  if (n == nullptr || count == 0) return c.reply.array(0);
  Hash& hash = n->payload.value.hash();
  const auto one = [&](std::string_view f, std::string_view v) {
    if (values && c.reply.resp3) c.reply.array(2);
    c.reply.bulk(f);
    if (values) c.reply.bulk(v);
  };
  const auto header = [&](std::size_t elements) { c.reply.array(values && !c.reply.resp3 ? 2 * elements : elements); };
  if (count < 0) {
    header(static_cast<std::size_t>(-count));
    for (std::int64_t i = 0; i < -count; i++) {
      const auto [f, v] = hash.random();
      one(f, v);
    }
    return;
  }
  const std::size_t wanted = std::min(static_cast<std::size_t>(count), hash.size());
  header(wanted);
  if (!hash.packed() && draws_are_cheaper(wanted, hash.size())) {
    draw_distinct<std::string_view>(wanted, [&] { return hash.random().first; }, [&](std::string_view f) {
      std::string_view v;
      (void)hash.get(f, &v);
      one(f, v);
    });
    return;
  }
  choose_in_one_pass(wanted, hash.size(), [&](auto&& visit) { hash.each(visit); }, one);
}

void hscan(Context& c) {
  ScanArguments a;
  Node* n;
  if (!open_scan(c, ValueType::kHash, &a, &n)) return;
  std::vector<std::string> texts;
  std::uint64_t cursor = a.cursor;
  std::int64_t visited = 0;
  do {
    cursor = n->payload.value.hash().scan(cursor, [&](std::string_view f, std::string_view v) {
      visited++;
      if (!a.matches(f)) return;
      texts.emplace_back(f);
      texts.emplace_back(v);
    });
  } while (cursor != 0 && visited < a.count);
  reply_scan(c, cursor, texts);
}

constexpr NamedBody bodies[] = {
    {"hset", hset}, {"hmset", hmset}, {"hsetnx", hsetnx}, {"hget", hget}, {"hmget", hmget}, {"hgetall", hgetall}, {"hkeys", hkeys},
    {"hvals", hvals}, {"hlen", hlen}, {"hexists", hexists}, {"hstrlen", hstrlen}, {"hdel", hdel}, {"hincrby", hincrby},
    {"hincrbyfloat", hincrbyfloat}, {"hrandfield", hrandfield}, {"hscan", hscan},
};

}  // namespace

std::span<const NamedBody> hash_bodies() { return bodies; }

}  // namespace orrery::keyspace
