// field_expiry_bodies.cc: hash fields that expire: HEXPIRE, HTTL and HPERSIST with their forms (Redis 7.4), HGETDEL, HGETEX, HSETEX (Redis 8.0).
//
// A field whose time has come is deleted by the next command that looks at its key (Context::find) or by Keyspace::expire_some; both log
// the deletion, so replaying needs no clock. Effects carry absolute times.
#include "bodies.h"
#include "context.h"

namespace orrery::keyspace {
namespace {

/// Redis keeps the times of fields in 46 bits.
constexpr std::int64_t kLatestTime = ((std::int64_t{1} << 48) - 2) >> 2;

enum Reply : std::int64_t { kNoField = -2, kNoTime = -1, kConditionNotMet = 0, kSet = 1, kDeleted = 2 };

/// FIELDS n name… at argument `at` (the word): the names (with `width` words each). False after writing the error.
bool read_fields(Context& c, std::size_t at, std::size_t width, const char* bad_number, std::span<const std::string_view>* fields) {
  if (at + 1 >= c.argc() || !c.is(at, "FIELDS")) {
    c.reply.error("ERR Mandatory argument FIELDS is missing or not at the right position");
    return false;
  }
  std::int64_t count;
  if (!parse_integer(c.args[at + 1], &count) || count < 1) {
    c.reply.error(bad_number);
    return false;
  }
  *fields = c.args.subspan(at + 2);
  if (fields->size() % width == 0 && fields->size() / width == static_cast<std::size_t>(count)) return true;
  c.reply.error("ERR The `numfields` parameter must match the number of arguments");
  return false;
}
constexpr const char* kNotPositive = "ERR Number of fields must be a positive integer";

/// A time in the unit of a command to an absolute one in milliseconds. False after writing the error.
bool read_time(Context& c, std::size_t argument, bool seconds, bool absolute, std::int64_t* when) {
  if (!c.integer(argument, when)) return false;
  if (*when < 0) {
    c.reply.error("ERR invalid expire time, must be >= 0");
    return false;
  }
  const std::int64_t base = absolute ? 0 : c.now;
  if (*when > (seconds ? kLatestTime / 1000 : kLatestTime) || *when * (seconds ? 1000 : 1) > kLatestTime - base) {
    c.reply.error("ERR invalid expire time in '" + c.command->name + "' command");
    return false;
  }
  *when = *when * (seconds ? 1000 : 1) + base;
  return true;
}

/// What a command did to the times of one key's fields, gathered for its effects and events.
class Changes {
 public:
  Changes(Context& c, const Key& key, Node* node) : c_(c), key_(key), node_(node), hash_(node->payload.value.hash()) {}
  /// A time for a field that is there; 0 takes it away, one that has come deletes the field.
  Reply set_time(std::string_view field, std::int64_t when) {
    // The primary tells when a field's time has come.
    if (when != 0 && when <= c_.now && !c_.session.replicates) {
      remove(field);
      return kDeleted;
    }
    hash_.set_time(field, when);
    timed_.emplace_back(when, field);
    return kSet;
  }
  void remove(std::string_view field) {
    hash_.erase(field);
    deleted_.push_back(field);
  }
  /// Logs and tells; `event` is the word for a change of times.
  void finish(const char* event) {
    if (!timed_.empty()) {
      c_.effect(Effect::kHashExpire, key_, [&](ByteWriter& w) {
        w.varint(timed_.size());
        for (const auto& [when, field] : timed_) {
          w.i64(when);
          w.string(field);
        }
      });
      key_.database->note_fields(node_);
      c_.event(kNotifyHash, event, key_);
    }
    if (!deleted_.empty()) {
      c_.effect(Effect::kHashDelete, key_, [&](ByteWriter& w) {
        w.varint(deleted_.size());
        for (const std::string_view field : deleted_) w.string(field);
      });
      c_.event(kNotifyHash, "hdel", key_);
    }
    if (timed_.empty() && deleted_.empty()) return;
    c_.changed(key_);
    c_.erase_if_empty(key_, node_);
  }

 private:
  Context& c_;
  const Key& key_;
  Node* node_;
  Hash& hash_;
  std::vector<std::pair<std::int64_t, std::string_view>> timed_;
  std::vector<std::string_view> deleted_;
};

/// An array of one answer per field, all "no such field" for an absent key.
template <typename Answer>
void answer_each(Context& c, std::span<const std::string_view> fields, Node* n, Answer&& answer) {
  c.reply.array(fields.size());
  for (const std::string_view field : fields) {
    std::string_view value;
    if (n == nullptr || !n->payload.value.hash().get(field, &value)) c.reply.integer(kNoField);
    else c.reply.integer(answer(field));
  }
}

void expire(Context& c, bool seconds, bool absolute) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kHash, &n)) return;
  std::int64_t when;
  if (!read_time(c, 2, seconds, absolute, &when)) return;
  when = std::max<std::int64_t>(when, 1);  // 0 would say never
  const bool if_none = c.is(3, "NX"), if_some = c.is(3, "XX"), if_later = c.is(3, "GT"), if_sooner = c.is(3, "LT");
  std::span<const std::string_view> fields;
  if (!read_fields(c, if_none || if_some || if_later || if_sooner ? 4 : 3, 1, "ERR Parameter `numFields` should be greater than 0", &fields)) return;
  if (n == nullptr) return answer_each(c, fields, nullptr, [](std::string_view) { return kNoField; });
  Changes changes(c, key, n);
  answer_each(c, fields, n, [&](std::string_view field) {
    const std::int64_t current = n->payload.value.hash().time_of(field);
    const bool refused = (if_none && current != 0) || (if_some && current == 0) || (if_later && (current == 0 || when <= current)) || (if_sooner && current != 0 && when >= current);
    return refused ? kConditionNotMet : changes.set_time(field, when);
  });
  changes.finish("hexpire");
}
void hexpire(Context& c) { expire(c, true, false); }
void hpexpire(Context& c) { expire(c, false, false); }
void hexpireat(Context& c) { expire(c, true, true); }
void hpexpireat(Context& c) { expire(c, false, true); }

void left(Context& c, bool seconds, bool absolute) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kHash, &n, true)) return;
  std::span<const std::string_view> fields;
  if (!read_fields(c, 2, 1, kNotPositive, &fields)) return;
  answer_each(c, fields, n, [&](std::string_view field) -> std::int64_t {
    const std::int64_t when = n->payload.value.hash().time_of(field);
    if (when == 0) return kNoTime;
    const std::int64_t millis = absolute ? when : when - c.now;
    return seconds ? (millis + 999) / 1000 : millis;
  });
}
void httl(Context& c) { left(c, true, false); }
void hpttl(Context& c) { left(c, false, false); }
void hexpiretime(Context& c) { left(c, true, true); }
void hpexpiretime(Context& c) { left(c, false, true); }

void hpersist(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kHash, &n)) return;
  std::span<const std::string_view> fields;
  if (!read_fields(c, 2, 1, kNotPositive, &fields)) return;
  if (n == nullptr) return answer_each(c, fields, nullptr, [](std::string_view) { return kNoField; });
  Changes changes(c, key, n);
  answer_each(c, fields, n, [&](std::string_view field) { return n->payload.value.hash().time_of(field) == 0 ? kNoTime : changes.set_time(field, 0); });
  changes.finish("hpersist");
}

/// An array of the fields' values, nil for those that are not there; `then` is called for those that are, after their value is written.
template <typename Then>
void answer_values(Context& c, std::span<const std::string_view> fields, Node* n, Then&& then) {
  c.reply.array(fields.size());
  for (const std::string_view field : fields) {
    std::string_view value;
    if (n == nullptr || !n->payload.value.hash().get(field, &value)) {
      c.reply.null();
      continue;
    }
    c.reply.bulk(value);
    then(field);
  }
}

void hgetdel(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kHash, &n)) return;
  std::span<const std::string_view> fields;
  if (!read_fields(c, 2, 1, kNotPositive, &fields)) return;
  if (n == nullptr) return answer_values(c, fields, nullptr, [](std::string_view) {});
  Changes changes(c, key, n);
  answer_values(c, fields, n, [&](std::string_view field) { changes.remove(field); });
  changes.finish("hexpire");
}

/// EX, PX, EXAT, PXAT with their time at `*at` (moves on). 0: not one of them; -1: error written.
int read_time_option(Context& c, std::size_t* at, std::int64_t* when) {
  struct Option { const char* word; bool seconds, absolute; };
  constexpr Option options[] = {{"EX", true, false}, {"PX", false, false}, {"EXAT", true, true}, {"PXAT", false, true}};
  for (const Option& o : options)
    if (c.is(*at, o.word) && *at + 1 < c.argc()) {
      if (!read_time(c, *at + 1, o.seconds, o.absolute, when)) return -1;
      *at += 2;
      return 1;
    }
  return 0;
}

void hgetex(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kHash, &n)) return;
  std::size_t at = 2;
  std::int64_t when = 0;
  const int option = read_time_option(c, &at, &when);
  if (option < 0) return;
  const bool persist = option == 0 && c.is(at, "PERSIST");
  if (persist) at++;
  std::span<const std::string_view> fields;
  if (!read_fields(c, at, 1, kNotPositive, &fields)) return;
  if (n == nullptr) return answer_values(c, fields, nullptr, [](std::string_view) {});
  Changes changes(c, key, n);
  answer_values(c, fields, n, [&](std::string_view field) {
    if (option == 1) (void)changes.set_time(field, when);
    else if (persist && n->payload.value.hash().time_of(field) != 0) (void)changes.set_time(field, 0);
  });
  changes.finish(persist ? "hpersist" : "hexpire");
}

void hsetex(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kHash, &n)) return;
  bool if_none = false, if_all = false, keep = false, timed = false;
  std::int64_t when = 0;
  std::size_t at = 2;
  while (at < c.argc() && !c.is(at, "FIELDS")) {
    const int option = timed || keep ? 0 : read_time_option(c, &at, &when);
    if (option < 0) return;
    if (option == 1) {
      timed = true;
      continue;
    }
    if (c.is(at, "FNX") && !if_all) if_none = true;
    else if (c.is(at, "FXX") && !if_none) if_all = true;
    else if (c.is(at, "KEEPTTL") && !timed) keep = true;
    else return c.syntax_error();
    at++;
  }
  std::span<const std::string_view> pairs;
  if (!read_fields(c, at, 2, kNotPositive, &pairs)) return;
  for (std::size_t i = 0; i < pairs.size() && (if_none || if_all); i += 2) {
    std::string_view value;
    const bool present = n != nullptr && n->payload.value.hash().get(pairs[i], &value);
    if (present ? if_none : if_all) return c.reply.integer(0);
  }
  if (n == nullptr) n = c.add(key, Value::make(ValueType::kHash));
  Hash& hash = n->payload.value.hash();
  std::vector<std::int64_t> kept;
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    kept.push_back(keep ? hash.time_of(pairs[i]) : 0);
    hash.set(pairs[i], pairs[i + 1]);
  }
  c.effect(Effect::kHashSet, key, [&](ByteWriter& w) {
    w.varint(pairs.size() / 2);
    for (const std::string_view word : pairs) w.string(word);
  });
  c.event(kNotifyHash, "hset", key);
  c.changed(key);
  Changes changes(c, key, n);
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    std::string_view value;
    if (!hash.get(pairs[i], &value)) continue;  // named twice, and deleted by a time that has come
    if (timed) (void)changes.set_time(pairs[i], when);
    else if (kept[i / 2] != 0) (void)changes.set_time(pairs[i], kept[i / 2]);
  }
  changes.finish("hexpire");
  c.reply.integer(1);
}

constexpr NamedBody bodies[] = {
    {"hexpire", hexpire}, {"hpexpire", hpexpire}, {"hexpireat", hexpireat}, {"hpexpireat", hpexpireat}, {"httl", httl}, {"hpttl", hpttl},
    {"hexpiretime", hexpiretime}, {"hpexpiretime", hpexpiretime}, {"hpersist", hpersist}, {"hgetdel", hgetdel}, {"hgetex", hgetex}, {"hsetex", hsetex},
};

}  // namespace

std::span<const NamedBody> field_expiry_bodies() { return bodies; }

}  // namespace orrery::keyspace
