// debug_bodies.cc: the parts of DEBUG that look at keys: DIGEST, DIGEST-VALUE, OBJECT, POPULATE, RELOAD, LOADAOF.
// The others are the session's. Digests are Redis' own, so that data can be compared between the two.
#include <cstdio>

#include "bodies.h"
#include "context.h"
#include "rdb_value.h"
#include "sha1.h"

namespace orrery::keyspace {
namespace {

std::string_view view_of(const Sha1Digest& d) { return {reinterpret_cast<const char*>(d.data()), d.size()}; }

void xor_in(Sha1Digest& digest, std::string_view s) {
  const Sha1Digest h = sha1(s);
  for (std::size_t i = 0; i < h.size(); i++) digest[i] ^= h[i];
}
void mix_in(Sha1Digest& digest, std::string_view s) {
  xor_in(digest, s);
  digest = sha1(view_of(digest));
}
void mix_number(Sha1Digest& digest, std::uint32_t n) {
  const char bytes[4] = {static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8), static_cast<char>(n)};
  mix_in(digest, {bytes, 4});
}

void digest_value(Sha1Digest& digest, Entry& entry) {
  Value& v = entry.value;
  mix_number(digest, v.type() == ValueType::kStream ? 6 : static_cast<std::uint32_t>(v.type()));
  const auto pair = [&](std::string_view a, std::string_view b) {
    Sha1Digest element{};
    mix_in(element, a);
    mix_in(element, b);
    xor_in(digest, view_of(element));
  };
  char scratch[48];
  switch (v.type()) {
    case ValueType::kString: mix_in(digest, v.text(scratch)); break;
    case ValueType::kList: v.list().walk(0, true, [&](std::size_t, std::string_view e) { mix_in(digest, e); return true; }); break;
    case ValueType::kSet: v.set().each([&](std::string_view m) { xor_in(digest, m); }); break;
    case ValueType::kZset: v.zset().each([&](ScoredMember m) { pair(m.member, {scratch, write_double(scratch, m.score)}); }); break;
    case ValueType::kHash: v.hash().each(pair); break;
    case ValueType::kStream:
      v.stream().range({}, StreamId::max(), false, [&](const Stream::Entry& e) {
        mix_in(digest, std::to_string(e.id().ms) + "." + std::to_string(e.id().seq));
        e.fields([&](std::string_view f, std::string_view x) {
          mix_in(digest, f);
          mix_in(digest, x);
        });
        return true;
      });
      break;
  }
  if (entry.expire_ms != 0) xor_in(digest, "!!expire!!");
}

std::string hex(const Sha1Digest& d) {
  std::string out;
  for (const std::uint8_t b : d) {
    out += "0123456789abcdef"[b >> 4];
    out += "0123456789abcdef"[b & 15];
  }
  return out;
}

void digest_all(Context& c) {
  Sha1Digest final{};
  for (std::uint8_t db = 0; db < kDatabaseCount; db++) {
    std::size_t size = 0;
    for (std::uint32_t i = 0; i < kShardCount; i++) size += c.keyspace.shard(i).databases[db].keys.size();
    if (size == 0) continue;
    mix_number(final, db);
    // Keys are put together by XOR, so their order does not matter.
    for (std::uint32_t i = 0; i < kShardCount; i++)
      c.keyspace.shard(i).databases[db].keys.each([&](Node& n) {
        Sha1Digest digest{};
        mix_in(digest, n.key());
        digest_value(digest, n.payload);
        xor_in(final, view_of(digest));
      });
  }
  c.reply.status(hex(final));
}

Node* peek(Context& c, std::size_t argument) {
  const Key key = c.key(argument);
  Node* n = key.database->keys.find(key.text, key.hash);
  return n != nullptr && n->payload.expire_ms != 0 && n->payload.expire_ms <= c.now ? nullptr : n;
}

void describe(Context& c) {
  Node* n = peek(c, 2);
  if (n == nullptr) return c.reply.error("ERR no such key");
  Value& v = n->payload.value;
  std::string payload;
  rdb_write_value(payload, v);
  char text[512];
  const long long idle = uses_lfu(limits().policy.load()) ? 0 : static_cast<long long>(c.now / 1000 - n->payload.access);
  int length = std::snprintf(text, sizeof text, "Value at:%p refcount:1 encoding:%s serializedlength:%zu lru:%u lru_seconds_idle:%lld", static_cast<void*>(n), v.encoding(),
                             payload.size(), n->payload.access & 0xffffff, idle);
  if (v.type() == ValueType::kList) {
    const List& list = v.list();
    length += std::snprintf(text + length, sizeof text - static_cast<std::size_t>(length), " ql_nodes:%zu ql_avg_node:%.2f ql_listpack_max:%d ql_compressed:0 ql_uncompressed_size:%zu",
                            list.node_count(), static_cast<double>(list.size()) / static_cast<double>(list.node_count()), limits().list_max_packed_size.load(), list.memory());
  }
  c.reply.status({text, static_cast<std::size_t>(length)});
}

/// Every value goes through its written form and back, and keys whose time has come go: what a save and a start would leave.
void reload(Context& c, bool rdb) {
  ByteWriter written;
  for (std::uint32_t i = 0; i < kShardCount; i++)
    for (Database& d : c.keyspace.shard(i).databases)
      d.keys.each([&](Node& n) {
        Value fresh;
        bool fine;
        if (rdb) {
          std::string text;
          const std::uint8_t type = rdb_type_of(n.payload.value);
          rdb_write_value(text, n.payload.value);
          RdbReader in(text);
          fine = rdb_read_value(in, type, &fresh) && in.remaining() == 0;
        } else {
          written.clear();
          n.payload.value.serialize(written);
          ByteReader in(written.span());
          fine = Value::deserialize(in, &fresh);
        }
        ORRERY_ASSERT(fine);
        n.payload.value = std::move(fresh);
      });
  c.reply.ok();
}

void populate(Context& c) {
  std::int64_t count, size = 0;
  if (!c.integer(2, &count)) return;
  if (count < 0) return c.reply.error("ERR value is out of range, must be positive");
  if (c.argc() >= 5 && !c.integer(4, &size)) return;
  if (size < 0 || size > static_cast<std::int64_t>(kMaxStringBytes)) return c.reply.error("ERR value is out of range, must be positive");
  const std::string prefix = c.argc() >= 4 ? std::string(c.args[3]) : "key";
  for (std::int64_t i = 0; i < count; i++) {
    const std::string name = prefix + ":" + std::to_string(i);
    const Key key = c.key_named(name, c.session.db);
    if (key.database->keys.find(key.text, key.hash) != nullptr) continue;
    std::string value = "value:" + std::to_string(i);
    if (size > 0) value.resize(static_cast<std::size_t>(size), 0);
    c.replace(key, Value::string(value), 0);
  }
  c.reply.ok();
}

void debug(Context& c) {
  if (c.is(1, "DIGEST") && c.argc() == 2) return digest_all(c);
  if (c.is(1, "DIGEST-VALUE") && c.argc() >= 2) {
    c.reply.array(c.argc() - 2);
    for (std::size_t i = 2; i < c.argc(); i++) {
      Sha1Digest digest{};
      if (Node* n = peek(c, i); n != nullptr) digest_value(digest, n->payload);
      c.reply.status(hex(digest));
    }
    return;
  }
  if (c.is(1, "OBJECT") && c.argc() >= 3) return describe(c);
  if (c.is(1, "POPULATE") && c.argc() >= 3 && c.argc() <= 5) return populate(c);
  if (c.is(1, "RELOAD") && c.argc() == 2) return reload(c, true);
  if (c.is(1, "LOADAOF") && c.argc() == 2) return reload(c, false);
  c.unhandled = true;
}

constexpr NamedBody bodies[] = {{"debug", debug}};

}  // namespace

std::span<const NamedBody> debug_bodies() { return bodies; }

}  // namespace orrery::keyspace
