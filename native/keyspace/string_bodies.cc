// string_bodies.cc: the string commands.
#include <cmath>
#include <cstring>

#include "../kernels/bits.h"
#include "bodies.h"
#include "context.h"

namespace orrery::keyspace {
namespace {

constexpr const char* kTooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";

void reply_string(Context& c, const Value& v) {
  char scratch[24];
  c.reply.bulk(v.text(scratch));
}

/// Sets a string value with its effect; keeps the deadline when `expire_ms` is the node's own.
void store(Context& c, const Key& key, Node* node, std::string_view text, std::int64_t expire_ms, const char* event = "set") {
  if (node == nullptr) node = c.add(key, Value::string(text));
  else if (node->payload.value.is_string()) node->payload.value.set_string(text);
  else node->payload.value = Value::string(text);
  if (node->payload.expire_ms != expire_ms) key.database->set_deadline(node, expire_ms);
  c.effect(Effect::kSetString, key, [&](ByteWriter& w) {
    w.i64(expire_ms);
    w.string(text);
  });
  c.changed(key);
  c.event(kNotifyString, event, key);
}

enum class Unit { kSeconds, kMillis };

/// An expire argument to an absolute time. False after writing the error.
bool deadline(Context& c, std::size_t argument, Unit unit, bool absolute, std::int64_t* when) {
  std::int64_t v;
  if (!c.integer(argument, &v)) return false;
  const auto invalid = [&] {
    c.reply.error("ERR invalid expire time in '" + c.command->name + "' command");
    return false;
  };
  if (v <= 0 || (unit == Unit::kSeconds && v > INT64_MAX / 1000)) return invalid();
  if (unit == Unit::kSeconds) v *= 1000;
  if (!absolute) {
    if (v > INT64_MAX - c.now) return invalid();
    v += c.now;
  }
  *when = v;
  return true;
}

/// EX, PX, EXAT, PXAT at `i` (moves on). 0 = not one of them, 1 = read, -1 = error written.
int expire_option(Context& c, std::size_t* i, std::int64_t* when) {
  struct Option { const char* word; Unit unit; bool absolute; };
  constexpr Option options[] = {{"EX", Unit::kSeconds, false}, {"PX", Unit::kMillis, false}, {"EXAT", Unit::kSeconds, true}, {"PXAT", Unit::kMillis, true}};
  for (const Option& o : options)
    if (c.is(*i, o.word) && *i + 1 < c.argc()) return deadline(c, ++*i, o.unit, o.absolute, when) ? 1 : -1;
  return 0;
}

void get(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kString, &n, true)) return;
  if (n == nullptr) c.reply.null();
  else reply_string(c, n->payload.value);
}

void set(Context& c) {
  const Key key = c.key(1);
  if (c.argc() == 3) {
    store(c, key, c.find(key), c.args[2], 0);
    return c.reply.ok();
  }
  bool if_absent = false, if_present = false, keep = false, give_old = false;
  std::size_t expire_at = 0;
  for (std::size_t i = 3; i < c.argc(); i++) {
    const bool more = i + 1 < c.argc();
    if (c.is(i, "NX") && !if_present) if_absent = true;
    else if (c.is(i, "XX") && !if_absent) if_present = true;
    else if (c.is(i, "GET")) give_old = true;
    else if (c.is(i, "KEEPTTL") && expire_at == 0) keep = true;
    else if ((c.is(i, "EX") || c.is(i, "PX") || c.is(i, "EXAT") || c.is(i, "PXAT")) && !keep && expire_at == 0 && more) expire_at = i++;
    else return c.syntax_error();
  }
  std::int64_t when = 0;
  if (expire_at != 0 && expire_option(c, &expire_at, &when) < 0) return;
  Node* n = c.find(key);
  if (give_old) {
    if (n != nullptr && !n->payload.value.is_string()) return c.wrong_type();
    if (n == nullptr) c.reply.null();
    else reply_string(c, n->payload.value);
  }
  if ((if_absent && n != nullptr) || (if_present && n == nullptr)) {
    if (!give_old) c.reply.null();
    return;
  }
  if (keep && n != nullptr) when = n->payload.expire_ms;
  store(c, key, n, c.args[2], when);
  if (expire_at != 0) c.event(kNotifyGeneric, "expire", key);
  if (!give_old) c.reply.ok();
}

void setnx(Context& c) {
  const Key key = c.key(1);
  if (c.find(key) != nullptr) return c.reply.integer(0);
  store(c, key, nullptr, c.args[2], 0);
  c.reply.integer(1);
}

void setex_in(Context& c, Unit unit) {
  std::int64_t when;
  if (!deadline(c, 2, unit, false, &when)) return;
  const Key key = c.key(1);
  store(c, key, c.find(key), c.args[3], when);
  c.event(kNotifyGeneric, "expire", key);
  c.reply.ok();
}
void setex(Context& c) { setex_in(c, Unit::kSeconds); }
void psetex(Context& c) { setex_in(c, Unit::kMillis); }

void getset(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kString, &n, true)) return;
  if (n == nullptr) c.reply.null();
  else reply_string(c, n->payload.value);
  store(c, key, n, c.args[2], 0);
}

void getdel(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kString, &n, true)) return;
  if (n == nullptr) return c.reply.null();
  reply_string(c, n->payload.value);
  c.erase(key, n);
  c.event(kNotifyGeneric, "del", key);
}

void getex(Context& c) {
  bool persist = false;
  std::size_t expire_at = 0;
  for (std::size_t i = 2; i < c.argc(); i++) {
    if (c.is(i, "PERSIST") && expire_at == 0) persist = true;
    else if ((c.is(i, "EX") || c.is(i, "PX") || c.is(i, "EXAT") || c.is(i, "PXAT")) && !persist && expire_at == 0 && i + 1 < c.argc()) expire_at = i++;
    else return c.syntax_error();
  }
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kString, &n, true)) return;
  if (n == nullptr) return c.reply.null();
  std::int64_t when = 0;
  if (expire_at != 0 && expire_option(c, &expire_at, &when) < 0) return;
  reply_string(c, n->payload.value);
  if (expire_at != 0 && when <= c.now) {
    c.erase(key, n);
    c.event(kNotifyGeneric, "del", key);
  } else if (expire_at != 0 || (persist && n->payload.expire_ms != 0)) {
    c.set_deadline(key, n, when);
    c.event(kNotifyGeneric, persist ? "persist" : "expire", key);
  }
}

void mget(Context& c) {
  c.reply.array(c.argc() - 1);
  for (std::size_t i = 1; i < c.argc(); i++) {
    Node* n = c.find_read(c.key(i));
    if (n == nullptr || !n->payload.value.is_string()) c.reply.null();
    else reply_string(c, n->payload.value);
  }
}

void mset_if(Context& c, bool only_absent) {
  if (c.argc() % 2 == 0) return c.wrong_arity();
  if (only_absent)
    for (std::size_t i = 1; i < c.argc(); i += 2)
      if (c.find(c.key(i)) != nullptr) return c.reply.integer(0);
  for (std::size_t i = 1; i < c.argc(); i += 2) {
    const Key key = c.key(i);
    store(c, key, c.find(key), c.args[i + 1], 0);
  }
  if (only_absent) c.reply.integer(1);
  else c.reply.ok();
}
void mset(Context& c) { mset_if(c, false); }
void msetnx(Context& c) { mset_if(c, true); }

void append(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kString, &n)) return;
  if (n == nullptr) {
    store(c, key, nullptr, c.args[2], 0, "append");
    return c.reply.integer(static_cast<std::int64_t>(c.args[2].size()));
  }
  const std::size_t before = n->payload.value.size();
  if (before + c.args[2].size() > kMaxStringBytes) return c.reply.error(kTooLong);
  Blob& bytes = n->payload.value.bytes();
  bytes.append(c.args[2]);
  c.effect(Effect::kSetRange, key, [&](ByteWriter& w) {
    w.varint(before);
    w.string(c.args[2]);
  });
  c.changed(key);
  c.event(kNotifyString, "append", key);
  c.reply.integer(static_cast<std::int64_t>(bytes.size()));
}

void string_length(Context& c) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kString, &n, true)) return;
  c.reply.integer(n == nullptr ? 0 : static_cast<std::int64_t>(n->payload.value.size()));
}

void add_to(Context& c, std::int64_t by) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kString, &n)) return;
  std::int64_t v = 0;
  char scratch[24];
  if (n != nullptr) {
    if (n->payload.value.is_integer()) v = n->payload.value.integer_value();
    else if (!parse_integer(n->payload.value.text(scratch), &v)) return c.reply.error("ERR value is not an integer or out of range");
  }
  if (__builtin_add_overflow(v, by, &v)) return c.reply.error("ERR increment or decrement would overflow");
  if (n == nullptr) n = c.add(key, Value::integer(v));
  else n->payload.value.set_integer(v);
  c.effect(Effect::kSetString, key, [&](ByteWriter& w) {
    w.i64(n->payload.expire_ms);
    w.string({scratch, write_integer(scratch, v)});
  });
  c.changed(key);
  c.event(kNotifyString, "incrby", key);
  c.reply.integer(v);
}
void incr(Context& c) { add_to(c, 1); }
void decr(Context& c) { add_to(c, -1); }
void incrby(Context& c) {
  std::int64_t by;
  if (c.integer(2, &by)) add_to(c, by);
}
void decrby(Context& c) {
  std::int64_t by;
  if (!c.integer(2, &by)) return;
  if (by == INT64_MIN) return c.reply.error("ERR decrement would overflow");
  add_to(c, -by);
}

void incrbyfloat(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kString, &n)) return;
  long double v = 0, by = 0;
  char scratch[24];
  if ((n != nullptr && !parse_long_double(n->payload.value.text(scratch), &v)) || !parse_long_double(c.args[2], &by))
    return c.reply.error("ERR value is not a valid float");
  v += by;
  if (std::isnan(v) || std::isinf(v)) return c.reply.error("ERR increment would produce NaN or Infinity");
  const std::string text = long_double_text(v);
  store(c, key, n, text, n == nullptr ? 0 : n->payload.expire_ms, "incrbyfloat");
  c.reply.bulk(text);
}

void setrange(Context& c) {
  std::int64_t offset;
  if (!c.integer(2, &offset)) return;
  if (offset < 0) return c.reply.error("ERR offset is out of range");
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kString, &n)) return;
  const std::string_view part = c.args[3];
  if (part.empty()) return c.reply.integer(n == nullptr ? 0 : static_cast<std::int64_t>(n->payload.value.size()));
  if (static_cast<std::uint64_t>(offset) + part.size() > kMaxStringBytes) return c.reply.error(kTooLong);
  if (n == nullptr) n = c.add(key, Value::string(""));
  Blob& bytes = n->payload.value.bytes();
  bytes.extend(static_cast<std::size_t>(offset) + part.size());
  std::memcpy(bytes.data() + offset, part.data(), part.size());
  c.effect(Effect::kSetRange, key, [&](ByteWriter& w) {
    w.varint(static_cast<std::uint64_t>(offset));
    w.string(part);
  });
  c.changed(key);
  c.event(kNotifyString, "setrange", key);
  c.reply.integer(static_cast<std::int64_t>(bytes.size()));
}

void getrange(Context& c) {
  std::int64_t start, end;
  if (!c.integer(2, &start) || !c.integer(3, &end)) return;
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kString, &n, true)) return;
  if (n == nullptr) return c.reply.bulk("");
  char scratch[24];
  const std::string_view text = n->payload.value.text(scratch);
  const auto length = static_cast<std::int64_t>(text.size());
  if (start < 0 && end < 0 && start > end) return c.reply.bulk("");
  if (start < 0) start = std::max<std::int64_t>(start + length, 0);
  if (end < 0) end = std::max<std::int64_t>(end + length, 0);
  end = std::min(end, length - 1);
  if (start > end || length == 0) return c.reply.bulk("");
  c.reply.bulk(text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start + 1)));
}

bool bit_offset(Context& c, std::int64_t* offset) {
  if (parse_integer(c.args[2], offset) && *offset >= 0 && (*offset >> 3) < static_cast<std::int64_t>(kMaxStringBytes)) return true;
  c.reply.error("ERR bit offset is not an integer or out of range");
  return false;
}

void setbit(Context& c) {
  std::int64_t offset, bit;
  if (!bit_offset(c, &offset) || !c.integer(3, &bit, "ERR bit is not an integer or out of range")) return;
  if (bit != 0 && bit != 1) return c.reply.error("ERR bit is not an integer or out of range");
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kString, &n)) return;
  if (n == nullptr) n = c.add(key, Value::string(""));
  Blob& bytes = n->payload.value.bytes();
  const auto at = static_cast<std::size_t>(offset >> 3);
  bytes.extend(at + 1);
  const int shift = 7 - static_cast<int>(offset & 7);
  const int old = (bytes.data()[at] >> shift) & 1;
  bytes.data()[at] = static_cast<char>((bytes.data()[at] & ~(1 << shift)) | (static_cast<int>(bit) << shift));
  c.effect(Effect::kSetRange, key, [&](ByteWriter& w) {
    w.varint(at);
    w.string({bytes.data() + at, 1});
  });
  c.changed(key);
  c.event(kNotifyString, "setbit", key);
  c.reply.integer(old);
}

void getbit(Context& c) {
  std::int64_t offset;
  if (!bit_offset(c, &offset)) return;
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kString, &n, true)) return;
  char scratch[24];
  const std::string_view text = n == nullptr ? std::string_view{} : n->payload.value.text(scratch);
  const auto at = static_cast<std::size_t>(offset >> 3);
  c.reply.integer(at < text.size() ? (text[at] >> (7 - (offset & 7))) & 1 : 0);
}

/// start and end of BITCOUNT and BITPOS in bits, inclusive, clamped; false when the range is empty.
bool bit_range(std::size_t bytes, bool in_bits, std::int64_t start, std::int64_t end, std::int64_t* first, std::int64_t* last) {
  const auto total = static_cast<std::int64_t>(in_bits ? bytes * 8 : bytes);
  if (start < 0 && end < 0 && start > end) return false;
  if (start < 0) start = std::max<std::int64_t>(start + total, 0);
  if (end < 0) end = std::max<std::int64_t>(end + total, 0);
  end = std::min(end, total - 1);
  if (start > end) return false;
  *first = in_bits ? start : start * 8;
  *last = in_bits ? end : end * 8 + 7;
  return true;
}

void bitcount(Context& c) {
  std::int64_t start = 0, end = -1;
  bool in_bits = false;
  if (c.argc() == 4 || c.argc() == 5) {
    if (!c.integer(2, &start) || !c.integer(3, &end)) return;
    if (c.argc() == 5) {
      if (c.is(4, "BIT")) in_bits = true;
      else if (!c.is(4, "BYTE")) return c.syntax_error();
    }
  } else if (c.argc() != 2) {
    return c.syntax_error();
  }
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kString, &n, true)) return;
  if (n == nullptr) return c.reply.integer(0);
  char scratch[24];
  const std::string_view text = n->payload.value.text(scratch);
  std::int64_t first, last, count = 0;
  if (!bit_range(text.size(), in_bits, start, end, &first, &last)) return c.reply.integer(0);
  for (std::int64_t b = first; b <= last;) {
    if ((b & 7) == 0 && b + 31 <= last) {
      const auto words = static_cast<std::size_t>((last - b + 1) >> 5);
      const char* from = text.data() + (b >> 3);
      count += static_cast<std::int64_t>(kernels::bit_kernels().shared(from, from, words).both);
      b += static_cast<std::int64_t>(words) * 32;
    } else {
      count += (text[static_cast<std::size_t>(b >> 3)] >> (7 - (b & 7))) & 1;
      b++;
    }
  }
  c.reply.integer(count);
}

void bitpos(Context& c) {
  std::int64_t bit, start = 0, end = -1;
  if (!c.integer(2, &bit)) return;
  if (bit != 0 && bit != 1) return c.reply.error("ERR The bit argument must be 1 or 0.");
  bool in_bits = false;
  const bool end_given = c.argc() >= 5;
  if (c.argc() > 6) return c.syntax_error();
  if (c.argc() >= 4 && !c.integer(3, &start)) return;
  if (c.argc() == 6) {
    if (c.is(5, "BIT")) in_bits = true;
    else if (!c.is(5, "BYTE")) return c.syntax_error();
  }
  if (end_given && !c.integer(4, &end)) return;
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kString, &n, true)) return;
  if (n == nullptr) return c.reply.integer(bit == 1 ? -1 : 0);
  char scratch[24];
  const std::string_view text = n->payload.value.text(scratch);
  std::int64_t first, last;
  const auto total = static_cast<std::int64_t>(in_bits ? text.size() * 8 : text.size());
  if (start < 0) start = std::max<std::int64_t>(start + total, 0);
  if (end < 0) end = std::max<std::int64_t>(end + total, 0);
  if (!bit_range(text.size(), in_bits, start, end, &first, &last)) return c.reply.integer(-1);
  const std::uint64_t without = bit == 1 ? 0 : ~std::uint64_t{0};
  for (std::int64_t b = first; b <= last;) {
    if ((b & 7) == 0 && b + 63 <= last) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + (b >> 3), sizeof word);
      if (word == without) {
        b += 64;
        continue;
      }
    }
    if (((text[static_cast<std::size_t>(b >> 3)] >> (7 - (b & 7))) & 1) == bit) return c.reply.integer(b);
    b++;
  }
  // Looking for a clear bit without an end: the string counts as padded with zeros.
  c.reply.integer(bit == 0 && !end_given ? last + 1 : -1);
}

void bitop(Context& c) {
  enum { kAnd, kOr, kXor, kNot } operation;
  if (c.is(1, "AND")) operation = kAnd;
  else if (c.is(1, "OR")) operation = kOr;
  else if (c.is(1, "XOR")) operation = kXor;
  else if (c.is(1, "NOT")) operation = kNot;
  else return c.syntax_error();
  if (operation == kNot && c.argc() != 4) return c.reply.error("ERR BITOP NOT must be called with a single source key.");
  std::string result;
  for (std::size_t i = 3; i < c.argc(); i++) {
    Node* n;
    if (!c.find_typed(c.key(i), ValueType::kString, &n)) return;
    char scratch[24];
    const std::string_view text = n == nullptr ? std::string_view{} : n->payload.value.text(scratch);
    if (i == 3) {
      result = text;
      if (operation == kNot)
        for (char& b : result) b = static_cast<char>(~b);
      continue;
    }
    const std::size_t longest = std::max(result.size(), text.size());
    result.resize(longest, 0);
    for (std::size_t b = 0; b < longest; b++) {
      const char other = b < text.size() ? text[b] : 0;
      result[b] = static_cast<char>(operation == kAnd ? result[b] & other : operation == kOr ? result[b] | other : result[b] ^ other);
    }
  }
  const Key key = c.key(2);
  Node* n = c.find(key);
  if (result.empty()) {
    if (n != nullptr) {
      c.erase(key, n);
      c.event(kNotifyGeneric, "del", key);
    }
  } else {
    store(c, key, n, result, 0);
    c.find(key)->payload.value.bytes();  // its encoding is raw, whatever it reads like
  }
  c.reply.integer(static_cast<std::int64_t>(result.size()));
}

constexpr NamedBody bodies[] = {
    {"get", get}, {"set", set}, {"setnx", setnx}, {"setex", setex}, {"psetex", psetex}, {"getset", getset}, {"getdel", getdel},
    {"getex", getex}, {"mget", mget}, {"mset", mset}, {"msetnx", msetnx}, {"append", append}, {"strlen", string_length}, {"incr", incr},
    {"decr", decr}, {"incrby", incrby}, {"decrby", decrby}, {"incrbyfloat", incrbyfloat}, {"setrange", setrange}, {"getrange", getrange},
    {"substr", getrange}, {"setbit", setbit}, {"getbit", getbit}, {"bitcount", bitcount}, {"bitpos", bitpos}, {"bitop", bitop},
};

}  // namespace

std::span<const NamedBody> string_bodies() { return bodies; }

}  // namespace orrery::keyspace
