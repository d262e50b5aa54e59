#include "rdb_file.h"

#include "key_snapshot.h"
#include "rdb_value.h"

namespace orrery::keyspace {
namespace {

enum Opcode : std::uint8_t {
  kFunction = 245, kFunctionOld = 246, kModuleAux = 247, kIdle = 248, kFrequency = 249, kAux = 250, kResizeDb = 251, kExpireMillis = 252, kExpireSeconds = 253, kSelectDb = 254,
  kEnd = 255,
};
constexpr std::uint8_t kModuleValue = 7;

}  // namespace

bool RdbImport::feed(std::string_view bytes, bool last, std::size_t* consumed) {
  *consumed = 0;
  if (!header_seen_) {
    if (bytes.size() < 9) return last ? damaged("the file is shorter than an RDB header") : true;
    std::int64_t version = 0;
    // The version is four digits with leading zeros.
    for (const char d : bytes.substr(5, 4)) version = d >= '0' && d <= '9' ? version * 10 + (d - '0') : -100000;
    if (bytes.substr(0, 5) != "REDIS" || version < 1) return damaged("this is no RDB file: it does not begin with REDIS and a version");
    if (version > kRdbVersionRead) return damaged("RDB version " + std::to_string(version) + " is not supported yet: the newest is " + std::to_string(kRdbVersionRead));
    version_ = static_cast<std::uint64_t>(version);
    header_seen_ = true;
    *consumed = 9;
  }
  while (!finished_) {
    std::size_t used = 0;
    const Step step = record(bytes.substr(*consumed), &used);
    if (step == Step::kDone) {
      *consumed += used;
      continue;
    }
    if (step == Step::kMore && !last) return true;
    return error_.empty() ? damaged("the file ends in the middle of a record") : false;
  }
  return true;
}

RdbImport::Step RdbImport::record(std::string_view bytes, std::size_t* used) {
  RdbReader in(bytes);
  const auto damage = [&](std::string text) {
    error_ = std::move(text);
    return Step::kDamage;
  };
  std::int64_t expire = 0;
  for (;;) {
    const std::uint8_t op = in.u8();
    switch (op) {
      case kIdle: (void)in.length(); break;
      case kFrequency: (void)in.u8(); break;
      case kExpireMillis: expire = static_cast<std::int64_t>(in.fixed(8)); break;
      case kExpireSeconds: expire = static_cast<std::int32_t>(in.fixed(4)) * std::int64_t{1000}; break;
      case kSelectDb: {
        const std::uint64_t db = in.length();
        if (!in.ok()) return Step::kMore;
        if (db >= kDatabaseCount) return damage("database " + std::to_string(db) + ": there are " + std::to_string(kDatabaseCount));
        db_ = static_cast<std::uint8_t>(db);
        *used = in.position();
        return Step::kDone;
      }
      case kResizeDb:
        (void)in.length();
        (void)in.length();
        *used = in.position();
        return in.ok() ? Step::kDone : Step::kMore;
      case kAux: {
        std::string name = in.string(), value = in.string();
        if (!in.ok()) return Step::kMore;
        about_.emplace_back(std::move(name), std::move(value));
        *used = in.position();
        return Step::kDone;
      }
      case kFunction: {
        std::string code = in.string();
        if (!in.ok()) return Step::kMore;
        functions_.push_back(std::move(code));
        *used = in.position();
        return Step::kDone;
      }
      case kFunctionOld: return damage("functions of a release candidate of Redis 7 are not supported");
      case kModuleAux:
        if (!rdb_skip_module(in)) return in.ok() ? damage("module data does not parse") : Step::kMore;
        *used = in.position();
        return Step::kDone;
      case kEnd:
        if (version_ >= 5) (void)in.fixed(8);
        if (!in.ok()) return Step::kMore;
        finished_ = true;
        *used = in.position();
        return Step::kDone;
      default: {
        const std::string key = in.string();
        if (!in.ok()) return Step::kMore;
        if (op == kModuleValue || op == 6) return damage("key '" + key + "' holds a module's value, which is not supported");
        Value value;
        if (!rdb_read_value(in, op, &value)) {
          // A value that is cut short looks like a bad one: it is bad when there were bytes left, or more cannot help.
          if (in.ok() || in.position() < bytes.size()) return damage("the value of key '" + key + "' (type " + std::to_string(op) + ") does not parse");
          return Step::kMore;
        }
        *used = in.position();
        if (expire != 0 && expire <= now_millis()) {
          expired_++;
          return Step::kDone;
        }
        store(key, std::move(value), expire);
        keys_++;
        return Step::kDone;
      }
    }
    if (!in.ok()) return Step::kMore;
  }
}

void RdbImport::store(std::string_view key, Value&& value, std::int64_t expire_ms) {
  Shard& shard = keyspace_.shard(Keyspace::shard_index(key));
  const std::lock_guard guard(shard.latch);
  Database& d = shard.databases[db_];
  ByteWriter payload;
  payload.u8(db_);
  payload.string(key);
  payload.i64(expire_ms);
  value.serialize(payload);
  storage::EffectBuffer effects;
  effects.add(storage::Room::kKeyspace, static_cast<std::uint8_t>(Effect::kLoad), payload.span());
  if (keyspace_.append(effects.span()) == kNeverDurable) {
    keyspace_.fail_writes("the log refuses");
    return;
  }
  const std::uint32_t hash = hash_bytes(key);
  if (shard.snapshot != nullptr) shard.snapshot->before_change(db_, key, hash);
  Node* n = d.keys.find(key, hash);
  if (n == nullptr) n = d.insert(key, hash, std::move(value));
  else n->payload.value = std::move(value);
  d.set_deadline(n, expire_ms);
  d.note_fields(n);
  keyspace_.touch(shard, db_, key);
}

std::string rdb_header(std::uint16_t version) {
  std::string out = "REDIS00" + std::to_string(version);
  const auto fact = [&](std::string_view name, std::string_view value) {
    out.push_back(static_cast<char>(kAux));
    rdb_write_string(out, name);
    rdb_write_string(out, value);
  };
  fact("redis-ver", "7.0.15");
  fact("redis-bits", "64");
  fact("ctime", std::to_string(now_millis() / 1000));
  fact("used-mem", std::to_string(used_memory().load(std::memory_order_relaxed)));
  fact("aof-base", "0");
  return out;
}

void rdb_write_key(std::string& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms, std::uint8_t type) {
  out.push_back(static_cast<char>(kSelectDb));
  rdb_write_length(out, db);
  if (expire_ms != 0) {
    out.push_back(static_cast<char>(kExpireMillis));
    for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(static_cast<std::uint64_t>(expire_ms) >> shift));
  }
  out.push_back(static_cast<char>(type));
  rdb_write_string(out, key);
}

void rdb_shard(ByteWriter& out, Keyspace& keyspace, std::uint32_t index, const RdbEntryWriter& writer) {
  Shard& shard = keyspace.shard(index);
  const std::lock_guard guard(shard.latch);
  for (std::uint8_t db = 0; db < kDatabaseCount; db++)
    shard.databases[db].keys.each([&](Node& n) { writer.entry(out, db, n.key(), n.payload.expire_ms, n.payload.value); });
}

std::string rdb_functions(std::span<const std::pair<std::string, std::string>> libraries) {
  std::string out;
  for (const auto& [name, code] : libraries) {
    out.push_back(static_cast<char>(kFunction));
    rdb_write_string(out, code);
  }
  return out;
}

std::string rdb_footer() { return std::string("\xff\0\0\0\0\0\0\0\0", 9); }

}  // namespace orrery::keyspace
