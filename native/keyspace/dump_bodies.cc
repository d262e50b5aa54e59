// dump_bodies.cc: DUMP and RESTORE.
#include "bodies.h"
#include "context.h"
#include "rdb_value.h"

namespace orrery::keyspace {
namespace {

void dump(Context& c) {
  Node* n = c.find_read(c.key(1));
  if (n == nullptr) return c.reply.null();
  c.reply.bulk(rdb_dump(n->payload.value, RdbContents::kWhole));
}

void restore(Context& c) {
  bool overwrite = false, absolute = false;
  std::int64_t idle = -1, frequency = -1;
  for (std::size_t i = 4; i < c.argc(); i++) {
    const bool more = i + 1 < c.argc();
    if (c.is(i, "REPLACE")) overwrite = true;
    else if (c.is(i, "ABSTTL")) absolute = true;
    else if (c.is(i, "IDLETIME") && more && frequency == -1) {
      if (!c.integer(++i, &idle)) return;
      if (idle < 0) return c.reply.error("ERR Invalid IDLETIME value, must be >= 0");
    } else if (c.is(i, "FREQ") && more && idle == -1) {
      if (!c.integer(++i, &frequency)) return;
      if (frequency < 0 || frequency > 255) return c.reply.error("ERR Invalid FREQ value, must be >= 0 and <= 255");
    } else {
      return c.syntax_error();
    }
  }
  const Key key = c.key(1);
  Node* old = c.find(key);
  if (old != nullptr && !overwrite) return c.reply.error("BUSYKEY Target key name already exists.");
  std::int64_t ttl;
  if (!c.integer(2, &ttl)) return;
  if (ttl < 0) return c.reply.error("ERR Invalid TTL value, must be >= 0");
  if (!rdb_payload_intact(c.args[3])) return c.reply.error("ERR DUMP payload version or checksum are wrong");
  Value value;
  if (!rdb_restore(c.args[3], &value)) return c.reply.error("ERR Bad data format");
  if (ttl != 0 && !absolute && __builtin_add_overflow(ttl, c.now, &ttl)) return c.reply.error("ERR Invalid TTL value, must be >= 0");
  if (ttl != 0 && ttl <= c.now && !c.session.replicates) {
    if (old != nullptr) c.erase(key, old);
    return c.reply.ok();
  }
  c.replace(key, std::move(value), ttl);
  if (Node* n = key.database->keys.find(key.text, key.hash); n != nullptr) {
    const bool lfu = uses_lfu(limits().policy.load(std::memory_order_relaxed));
    if (idle >= 0 && !lfu) n->payload.access = static_cast<std::uint32_t>(std::max<std::int64_t>(c.now / 1000 - idle, 0));
    c.event(kNotifyGeneric, "restore", key);
    if (frequency >= 0 && lfu) n->payload.access = (lfu_minutes(c.now) << 8) | static_cast<std::uint32_t>(frequency);
  }
  c.reply.ok();
}

constexpr NamedBody bodies[] = {{"dump", dump}, {"restore", restore}, {"restore-asking", restore}};

}  // namespace

std::span<const NamedBody> dump_bodies() { return bodies; }

}  // namespace orrery::keyspace
