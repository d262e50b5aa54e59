// debug_bodies.cc: the parts of DEBUG that look at keys: DIGEST, DIGEST-VALUE, OBJECT, POPULATE, RELOAD, LOADAOF, and of how they
// are kept.
// The others are the session's. Digests are Redis' own, so that data can be compared between the two.
#include <bit>
#include <cstdio>
#include <map>

#include "bodies.h"
#include "context.h"
#include "rdb_value.h"
#include "sha1.h"
#include "vector_set.h"

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
    case ValueType::kVectorSet:
      v.vectors().range(nullptr, false, [&](const VectorSet::Element& e) {
        const std::string values = v.vectors().raw_of(e);
        pair(*e.name, values + std::string(e.attributes.view()));
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
  rdb_write_value(payload, v, RdbContents::kRedis7);
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

/// No keys and no functions.
bool is_empty(Keyspace& keyspace) {
  for (const Keyspace::Size& s : keyspace.sizes(true))
    if (s.keys > 0) return false;
  return keyspace.side.all(SideSpace::kFunctions).empty();
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
          const std::uint8_t type = rdb_type_of(n.payload.value, RdbContents::kWhole);
          rdb_write_value(text, n.payload.value, RdbContents::kWhole);
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

/// How the elements of a hash table lie, in Redis' words; as many buckets as a table of this size has when it is not being resized.
template <typename Payload>
std::string table_statistics(const Table<Payload>* table) {
  const std::size_t count = table == nullptr ? 0 : table->size();
  std::string out = "Hash table 0 stats (main hash table):\n";
  if (count == 0) return out + "No stats available for empty dictionaries\n";
  const std::size_t buckets = std::max<std::size_t>(std::bit_ceil(count), 4);
  std::vector<std::uint32_t> chains(buckets, 0);
  table->each([&](const auto& node) { chains[node.hash & (buckets - 1)]++; });
  std::map<std::uint32_t, std::size_t> lengths;
  for (const std::uint32_t length : chains) lengths[length]++;
  const std::size_t used = buckets - (lengths.contains(0) ? lengths[0] : 0);
  const double average = static_cast<double>(count) / static_cast<double>(used);
  char line[160];
  const auto add = [&](const char* format, auto... values) {
    std::snprintf(line, sizeof line, format, values...);
    out += line;
  };
  add(" table size: %zu\n number of elements: %zu\n different slots: %zu\n max chain length: %u\n", buckets, count, used, lengths.rbegin()->first);
  add(" avg chain length (counted): %.02f\n avg chain length (computed): %.02f\n Chain length distribution:\n", average, average);
  for (const auto& [length, times] : lengths) add("   %u: %zu (%.02f%%)\n", length, times, 100.0 * static_cast<double>(times) / static_cast<double>(buckets));
  return out;
}

void reply_text(Context& c, const std::string& text) {
  if (c.reply.resp3) c.reply.raw("=" + std::to_string(text.size() + 4) + "\r\ntxt:" + text + "\r\n");
  else c.reply.bulk(text);
}

/// HTSTATS-KEY.
void key_table(Context& c, Node* n) {
  if (n == nullptr) return c.reply.error("ERR no such key");
  Value& v = n->payload.value;
  if (v.type() == ValueType::kHash && v.hash().table() != nullptr) return reply_text(c, table_statistics(v.hash().table()));
  if (v.type() == ValueType::kSet && v.set().table() != nullptr) return reply_text(c, table_statistics(v.set().table()));
  if (v.type() == ValueType::kZset && v.zset().table() != nullptr) return reply_text(c, table_statistics(v.zset().table()));
  c.reply.error("ERR The value stored at the specified key is not represented using an hash table");
}

/// LISTPACK, QUICKLIST: Redis prints them to its output; who asks wants to know whether the key is one.
void printed(Context& c, Node* n, std::string_view encoding, const char* name) {
  if (n == nullptr) return c.reply.error("ERR no such key");
  if (n->payload.value.encoding() != encoding) return c.reply.error("ERR Not a " + std::string(encoding) + " encoded object.");
  c.reply.status(std::string(name) + " structure printed on stdout");
}

void lengths(Context& c, Node* n) {
  if (n == nullptr) return c.reply.error("ERR no such key");
  Value& v = n->payload.value;
  if (!v.is_string() || v.is_integer()) return c.reply.error("ERR Not an sds encoded string.");
  const std::size_t key = n->key().size(), size = v.size(), room = v.memory();
  c.reply.status("key_sds_len:" + std::to_string(key) + ", key_sds_avail:0, key_zmalloc: " + std::to_string(malloc_usable_size(n)) + ", val_sds_len:" + std::to_string(size) +
                 ", val_sds_avail:" + std::to_string(room > size + 8 ? room - size - 8 : 0) + ", val_zmalloc: " + std::to_string(room));
}

void populate(Context& c) {
  std::int64_t count, size = 0;
  if (!c.integer(2, &count, "ERR value is out of range, must be positive")) return;
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
  if (c.is(1, "RELOAD")) {
    bool merge = false, flush = true;
    for (std::size_t i = 2; i < c.argc(); i++) {
      if (c.is(i, "NOSAVE")) return c.reply.error("ERR DEBUG RELOAD NOSAVE is not supported yet");
      if (c.is(i, "MERGE")) merge = true;
      else if (c.is(i, "NOFLUSH")) flush = false;
      else return c.reply.error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
    }
    // What was saved is what is here: each of it would come twice.
    if (!flush && !merge && !is_empty(c.keyspace)) return c.reply.error("ERR Error trying to load the RDB dump");
    return reload(c, true);
  }
  if (c.is(1, "LISTPACK") && c.argc() == 3) return printed(c, peek(c, 2), "listpack", "Listpack");
  if (c.is(1, "QUICKLIST") && (c.argc() == 3 || c.argc() == 4)) return printed(c, peek(c, 2), "quicklist", "Quicklist");
  if (c.is(1, "HTSTATS-KEY") && c.argc() >= 3) return key_table(c, peek(c, 2));
  if (c.is(1, "SDSLEN") && c.argc() == 3) return lengths(c, peek(c, 2));
  if (c.is(1, "LOADAOF") && c.argc() == 2) return reload(c, false);
  c.unhandled = true;
}

constexpr NamedBody bodies[] = {{"debug", debug}};

}  // namespace

std::span<const NamedBody> debug_bodies() { return bodies; }

}  // namespace orrery::keyspace
