#include "effect_commands.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "../core/bytes.h"
#include "../core/check.h"
#include "../storage/log.h"
#include "effect.h"
#include "number.h"
#include "rdb_value.h"
#include "side_store.h"
#include "vector_effects.h"

namespace orrery::keyspace {
namespace {

std::string number(std::int64_t v) {
  char text[24];
  return {text, write_integer(text, v)};
}

/// VADD's option.
std::string_view quantization_word(VectorQuantization q) noexcept {
  return q == VectorQuantization::kNone ? "NOQUANT" : q == VectorQuantization::kInt8 ? "Q8" : "BIN";
}

/// Writes the commands of one record and counts them.
class EffectCommands {
 public:
  EffectCommands(std::string& out, int* db) : out_(out), db_(db) {}
  std::size_t count() const noexcept { return count_; }
  std::size_t enveloped() const noexcept { return enveloped_; }
  void add(Effect effect, ByteReader in);

 private:
  void command(std::initializer_list<std::string_view> args) { command(std::span<const std::string_view>(args.begin(), args.size())); }
  void command(std::span<const std::string_view> args) {
    write_command(out_, args);
    count_++;
  }
  /// For those who know more commands than Redis 7.0.
  void envelope(std::span<const std::string_view> args) {
    std::string inside(kEnvelope);
    write_command(inside, args);
    command({"ECHO", inside});
    enveloped_++;
  }
  void envelope(std::initializer_list<std::string_view> args) { envelope(std::span<const std::string_view>(args.begin(), args.size())); }
  /// Neighbours of one time (0: none) share a command.
  void times_of(std::string_view key, std::span<const std::pair<std::int64_t, std::string_view>> times);
  void load(std::string_view key, ByteReader& in);
  void select(int db) {
    if (*db_ == db) return;
    const std::string text = number(db);
    const std::string_view args[] = {"SELECT", text};
    write_command(out_, args);
    *db_ = db;
  }
  /// name, key, then `count` strings of the payload.
  void with_strings(std::string_view name, std::string_view key, std::uint64_t count, ByteReader& in) {
    args_.assign({name, key});
    for (; count > 0 && in.ok(); count--) args_.push_back(in.string());
    command(args_);
  }
  static std::string id(ByteReader& in) {
    const std::uint64_t ms = in.u64(), seq = in.u64();
    return std::to_string(ms) + "-" + std::to_string(seq);
  }
  void with_ids(std::initializer_list<std::string_view> head, ByteReader& in) {
    std::vector<std::string> ids;
    for (std::uint64_t n = in.varint(); n > 0 && in.ok(); n--) ids.push_back(id(in));
    args_.assign(head);
    args_.insert(args_.end(), ids.begin(), ids.end());
    command(args_);
  }
  void side(Effect effect, ByteReader& in);
  void of_key(Effect effect, std::string_view key, ByteReader& in);

  std::string& out_;
  int* db_;
  std::size_t count_ = 0, enveloped_ = 0;
  std::vector<std::string_view> args_;
};

void EffectCommands::side(Effect effect, ByteReader& in) {
  const auto space = static_cast<SideSpace>(in.u8());
  if (space != SideSpace::kFunctions) return;
  const std::string_view name = in.string(), value = in.string();
  if (effect == Effect::kSideSet) command({"FUNCTION", "LOAD", "REPLACE", value});
  else if (effect == Effect::kSideErase) command({"FUNCTION", "DELETE", name});
  else command({"FUNCTION", "FLUSH"});
}

void EffectCommands::times_of(std::string_view key, std::span<const std::pair<std::int64_t, std::string_view>> times) {
  for (std::size_t at = 0, end; at < times.size(); at = end) {
    const std::int64_t when = times[at].first;
    for (end = at; end < times.size() && times[end].first == when;) end++;
    const std::string text = number(when), count = number(static_cast<std::int64_t>(end - at));
    if (when == 0) args_.assign({"HPERSIST", key, "FIELDS", count});
    else args_.assign({"HPEXPIREAT", key, text, "FIELDS", count});
    for (std::size_t i = at; i < end; i++) args_.push_back(times[i].second);
    envelope(args_);
  }
}

void EffectCommands::load(std::string_view key, ByteReader& in) {
  const std::string expire = number(in.i64());
  Value value;
  ORRERY_ASSERT(Value::deserialize(in, &value));
  if (value.type() == ValueType::kVectorSet) {
    // A Redis must not keep what the key held before.
    command({"DEL", key});
    return envelope({"RESTORE", key, expire, rdb_dump(value, RdbContents::kWhole), "REPLACE", "ABSTTL"});
  }
  command({"RESTORE", key, expire, rdb_dump(value, RdbContents::kRedis7), "REPLACE", "ABSTTL"});
  if (value.field_times() == nullptr) return;
  std::vector<std::pair<std::int64_t, std::string_view>> times;
  value.field_times()->each([&](std::string_view field, std::int64_t when) { times.emplace_back(when, field); });
  std::sort(times.begin(), times.end());
  times_of(key, times);
}

void EffectCommands::of_key(Effect effect, std::string_view key, ByteReader& in) {
  switch (effect) {
    case Effect::kSetString: {
      const std::int64_t expire = in.i64();
      const std::string_view value = in.string();
      return expire == 0 ? command({"SET", key, value}) : command({"SET", key, value, "PXAT", number(expire)});
    }
    case Effect::kDelete: return command({"DEL", key});
    case Effect::kExpire: {
      const std::int64_t when = in.i64();
      return when == 0 ? command({"PERSIST", key}) : command({"PEXPIREAT", key, number(when)});
    }
    case Effect::kSetRange: {
      const std::uint64_t offset = in.varint();
      const std::string_view bytes = in.string();
      // SETRANGE of nothing would not make the key.
      return bytes.empty() ? command({"APPEND", key, ""}) : command({"SETRANGE", key, std::to_string(offset), bytes});
    }
    case Effect::kLoad: return load(key, in);
    case Effect::kVectorAdd: {
      VectorAdd add;
      ORRERY_ASSERT(read_vector_add(in, &add));
      const std::string dimensions = std::to_string(add.shape.dimensions), ef = std::to_string(add.effort), m = std::to_string(add.shape.m);
      args_.assign({"VADD", key});
      if (add.shape.is_reduced()) args_.insert(args_.end(), {"REDUCE", dimensions});
      args_.insert(args_.end(), {"FP32", {reinterpret_cast<const char*>(add.vector.data()), add.vector.size() * sizeof(float)}, add.element});
      args_.push_back(quantization_word(add.shape.quantization));
      args_.insert(args_.end(), {"EF", ef, "M", m});
      if (add.has_attributes) args_.insert(args_.end(), {"SETATTR", add.attributes});
      return envelope(args_);
    }
    case Effect::kVectorRemove: return envelope({"VREM", key, in.string()});
    case Effect::kVectorAttributes: {
      const std::string_view element = in.string();
      return envelope({"VSETATTR", key, element, in.string()});
    }
    case Effect::kHashSet: return with_strings("HSET", key, 2 * in.varint(), in);
    case Effect::kHashExpire: {  // when the time has come, the deletion is told too
      std::vector<std::pair<std::int64_t, std::string_view>> times;
      for (std::uint64_t n = in.varint(); n > 0 && in.ok(); n--) {
        const std::int64_t when = in.i64();
        times.emplace_back(when, in.string());
      }
      return times_of(key, times);
    }
    case Effect::kHashDelete: return with_strings("HDEL", key, in.varint(), in);
    case Effect::kListPush: {
      const bool front = in.u8() == 1;
      return with_strings(front ? "LPUSH" : "RPUSH", key, in.varint(), in);
    }
    case Effect::kListPop: {
      const bool front = in.u8() == 1;
      return command({front ? "LPOP" : "RPOP", key, std::to_string(in.varint())});
    }
    case Effect::kListSet: {
      const std::uint64_t index = in.varint();
      return command({"LSET", key, std::to_string(index), in.string()});
    }
    case Effect::kListInsert: {
      (void)in.varint();
      const std::string_view value = in.string();
      const bool before = in.u8() == 1;
      return command({"LINSERT", key, before ? "BEFORE" : "AFTER", in.string(), value});
    }
    case Effect::kListRemove: {
      const std::int64_t count = in.i64();
      return command({"LREM", key, number(count), in.string()});
    }
    case Effect::kListTrim: {
      const std::uint64_t first = in.varint(), kept = in.varint();
      return kept == 0 ? command({"DEL", key}) : command({"LTRIM", key, std::to_string(first), std::to_string(first + kept - 1)});
    }
    case Effect::kSetAdd: return with_strings("SADD", key, in.varint(), in);
    case Effect::kSetRemove: return with_strings("SREM", key, in.varint(), in);
    case Effect::kZsetAdd: {
      const std::uint64_t count = in.varint();
      std::vector<std::string> scores;
      std::vector<std::string_view> members;
      for (std::uint64_t i = 0; i < count && in.ok(); i++) {
        char text[48];
        const std::size_t length = write_double(text, in.f64());
        scores.emplace_back(text, length);
        members.push_back(in.string());
      }
      args_.assign({"ZADD", key});
      for (std::size_t i = 0; i < members.size(); i++) {
        args_.push_back(scores[i]);
        args_.push_back(members[i]);
      }
      return command(args_);
    }
    case Effect::kZsetRemove: return with_strings("ZREM", key, in.varint(), in);
    case Effect::kStreamAdd: {
      const std::string at = id(in);
      args_.assign({"XADD", key, at});
      for (std::uint64_t n = in.varint(); n > 0 && in.ok(); n--) args_.push_back(in.string());
      return command(args_);
    }
    case Effect::kStreamDelete: return with_ids({"XDEL", key}, in);
    case Effect::kStreamTrim: return command({"XTRIM", key, "MINID", id(in)});
    case Effect::kStreamState: {
      const std::string last = id(in), deleted = id(in);
      const std::uint64_t added = in.varint();
      // An empty stream that XGROUP CREATE made: MKSTREAM below does it.
      return in.u8() == 1 ? void() : command({"XSETID", key, last, "ENTRIESADDED", std::to_string(added), "MAXDELETEDID", deleted});
    }
    case Effect::kStreamGroup: {
      const std::string_view group = in.string();
      const std::string last = id(in), read = number(in.i64());
      return in.u8() == 1 ? command({"XGROUP", "CREATE", key, group, last, "MKSTREAM", "ENTRIESREAD", read})
                          : command({"XGROUP", "SETID", key, group, last, "ENTRIESREAD", read});
    }
    case Effect::kStreamGroupDestroy: return command({"XGROUP", "DESTROY", key, in.string()});
    case Effect::kStreamConsumer: {
      const std::string_view group = in.string();
      return command({"XGROUP", "CREATECONSUMER", key, group, in.string()});
    }
    case Effect::kStreamConsumerDelete: {
      const std::string_view group = in.string();
      return command({"XGROUP", "DELCONSUMER", key, group, in.string()});
    }
    case Effect::kStreamPending: {
      const std::string_view group = in.string(), consumer = in.string();
      const std::string at = id(in), when = number(in.i64());
      return command({"XCLAIM", key, group, consumer, "0", at, "TIME", when, "RETRYCOUNT", std::to_string(in.varint()), "FORCE", "JUSTID"});
    }
    case Effect::kStreamAck: {
      const std::string_view group = in.string();
      return with_ids({"XACK", key, group}, in);
    }
    case Effect::kListErase:  // of old logs only
    case Effect::kFlush:
    case Effect::kSwap:
    case Effect::kSideSet:
    case Effect::kSideErase:
    case Effect::kSideClear: break;
  }
  ORRERY_ASSERT(false);
}

void EffectCommands::add(Effect effect, ByteReader in) {
  switch (effect) {
    case Effect::kSideSet:
    case Effect::kSideErase:
    case Effect::kSideClear: return side(effect, in);
    case Effect::kFlush: {
      const std::uint8_t db = in.u8();
      if (db == 0xff) return command({"FLUSHALL"});
      select(db);
      return command({"FLUSHDB"});
    }
    case Effect::kSwap: {
      const std::string a = number(in.u8()), b = number(in.u8());
      return command({"SWAPDB", a, b});
    }
    default: {
      select(in.u8());
      const std::string_view key = in.string();
      return of_key(effect, key, in);
    }
  }
}

}  // namespace

void write_command(std::string& out, std::span<const std::string_view> args) {
  out += '*';
  out += std::to_string(args.size());
  out += "\r\n";
  for (const std::string_view arg : args) {
    out += '$';
    out += std::to_string(arg.size());
    out += "\r\n";
    out += arg;
    out += "\r\n";
  }
}

std::string_view enveloped_command(std::span<const std::string_view> args) noexcept {
  return args.size() == 2 && args[0] == "ECHO" && args[1].starts_with(kEnvelope) ? args[1].substr(kEnvelope.size()) : std::string_view();
}

std::size_t write_effects_as_commands(std::string& out, std::span<const std::uint8_t> effects, int* db) {
  ByteReader in(effects);
  const std::size_t start = out.size();
  EffectCommands commands(out, db);
  while (in.remaining() > 0 && in.ok()) {
    const auto room = static_cast<storage::Room>(in.u8());
    const auto effect = static_cast<Effect>(in.u8());
    const std::string_view payload = in.string();
    if (room == storage::Room::kKeyspace) commands.add(effect, ByteReader(reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()));
  }
  if (commands.count() < 2) return commands.enveloped();
  out.insert(start, "*1\r\n$5\r\nMULTI\r\n");
  out += "*1\r\n$4\r\nEXEC\r\n";
  return commands.enveloped();
}

}  // namespace orrery::keyspace
