// set_bodies.cc: the set commands.
#include <algorithm>
#include <unordered_set>

#include "bodies.h"
#include "collection_scan.h"
#include "sample.h"

namespace orrery::keyspace {
namespace {

void sadd(Context& c) {
  const Key key = c.key(1);
  Node* n = c.find_or_make(key, ValueType::kSet);
  if (n == nullptr) return;
  std::int64_t added = 0;
  for (std::size_t i = 2; i < c.argc(); i++) added += n->payload.value.set().add(c.args[i]);
  if (added > 0) {
    c.effect_arguments(Effect::kSetAdd, key, 2);
    c.changed(key);
    c.event(kNotifySet, "sadd", key);
  }
  c.reply.integer(added);
}

template <typename Text>
void log_remove(Context& c, const Key& key, std::span<const Text> members) {
  c.effect(Effect::kSetRemove, key, [&](ByteWriter& w) {
    w.varint(members.size());
    for (const Text& m : members) w.string(m);
  });
}

void srem(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kSet, &n)) return;
  if (n == nullptr) return c.reply.integer(0);
  std::int64_t gone = 0;
  for (std::size_t i = 2; i < c.argc(); i++) gone += n->payload.value.set().erase(c.args[i]);
  if (gone > 0) {
    c.effect_arguments(Effect::kSetRemove, key, 2);
    c.changed(key);
    c.event(kNotifySet, "srem", key);
  }
  c.erase_if_empty(key, n);
  c.reply.integer(gone);
}

void smembers(Context& c) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kSet, &n, true)) return;
  c.reply.set(n == nullptr ? 0 : n->payload.value.set().size());
  if (n != nullptr) n->payload.value.set().each([&](std::string_view m) { c.reply.bulk(m); });
}

void sismember(Context& c) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kSet, &n, true)) return;
  c.reply.integer(n != nullptr && n->payload.value.set().contains(c.args[2]) ? 1 : 0);
}

void smismember(Context& c) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kSet, &n, true)) return;
  c.reply.array(c.argc() - 2);
  for (std::size_t i = 2; i < c.argc(); i++) c.reply.integer(n != nullptr && n->payload.value.set().contains(c.args[i]) ? 1 : 0);
}

void scard(Context& c) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kSet, &n, true)) return;
  c.reply.integer(n == nullptr ? 0 : static_cast<std::int64_t>(n->payload.value.set().size()));
}

/// `count` distinct members, uniformly.
std::vector<std::string> choose(Set& set, std::size_t count) {
  std::vector<std::string> out;
  const std::size_t wanted = std::min(count, set.size());
  const auto use = [&](std::string_view m) { out.emplace_back(m); };
  char scratch[24];
  if (draws_are_cheaper(wanted, set.size())) draw_distinct<std::string>(wanted, [&] { return std::string(set.random(scratch)); }, use);
  else choose_in_one_pass(wanted, set.size(), [&](auto&& visit) { set.each(visit); }, use);
  return out;
}

void spop(Context& c) {
  std::int64_t count = 1;
  if (c.argc() > 3) return c.syntax_error();
  const bool counted = c.argc() == 3;
  if (counted && (!parse_integer(c.args[2], &count) || count < 0)) return c.reply.error("ERR value is out of range, must be positive");
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kSet, &n)) return;
  if (n == nullptr) return counted ? c.reply.set(0) : c.reply.null();
  Set& set = n->payload.value.set();
  if (!counted) {
    char scratch[24];
    const std::string_view member = set.random(scratch);
    c.reply.bulk(member);
    log_remove(c, key, std::span<const std::string_view>(&member, 1));
    set.erase(member);
  } else {
    const std::vector<std::string> gone = choose(set, static_cast<std::size_t>(count));
    c.reply.set(gone.size());
    if (gone.empty()) return;
    for (const std::string& m : gone) {
      c.reply.bulk(m);
      set.erase(m);
    }
    log_remove(c, key, std::span<const std::string>(gone));
  }
  c.changed(key);
  c.event(kNotifySet, "spop", key);
  c.erase_if_empty(key, n);
}

void srandmember(Context& c) {
  char scratch[24];
  Node* n;
  if (c.argc() > 3) return c.syntax_error();
  if (c.argc() == 2) {
    if (!c.find_typed(c.key(1), ValueType::kSet, &n, true)) return;
    if (n == nullptr) c.reply.null();
    else c.reply.bulk(n->payload.value.set().random(scratch));
    return;
  }
  std::int64_t count;
  if (!c.integer(2, &count)) return;
  if (count == INT64_MIN) return c.reply.error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
  if (count < -(INT64_MAX / 2)) return c.reply.error("ERR value is out of range");
  if (!c.find_typed(c.key(1), ValueType::kSet, &n, true)) return;
  if (n == nullptr || count == 0) return c.reply.array(0);
  Set& set = n->payload.value.set();
  if (count < 0) {
    c.reply.array(static_cast<std::size_t>(-count));
    for (std::int64_t i = 0; i < -count; i++) c.reply.bulk(set.random(scratch));
    return;
  }
  const std::vector<std::string> chosen = choose(set, static_cast<std::size_t>(count));
  c.reply.array(chosen.size());
  for (const std::string& m : chosen) c.reply.bulk(m);
}

void smove(Context& c) {
  const Key from = c.key(1), to = c.key(2);
  Node* source;
  if (!c.find_typed(from, ValueType::kSet, &source)) return;
  if (source == nullptr) return c.reply.integer(0);
  Node* target;
  if (!c.find_typed(to, ValueType::kSet, &target)) return;
  if (from.text == to.text) return c.reply.integer(source->payload.value.set().contains(c.args[3]) ? 1 : 0);
  if (!source->payload.value.set().erase(c.args[3])) return c.reply.integer(0);
  log_remove(c, from, c.args.subspan(3, 1));
  c.changed(from);
  c.event(kNotifySet, "srem", from);
  c.erase_if_empty(from, source);
  if (target == nullptr) target = c.add(to, Value::make(ValueType::kSet));
  if (target->payload.value.set().add(c.args[3])) {
    c.effect_arguments(Effect::kSetAdd, to, 3);
    c.changed(to);
    c.event(kNotifySet, "sadd", to);
  }
  c.reply.integer(1);
}

enum class Operation { kUnion, kInter, kDiff };

/// The sets of arguments first..last; absent keys are nullptr. False after WRONGTYPE.
bool gather(Context& c, std::size_t first, std::size_t last, std::vector<Set*>* sets) {
  for (std::size_t i = first; i <= last; i++) {
    Node* n;
    if (!c.find_typed(c.key(i), ValueType::kSet, &n, true)) return false;
    sets->push_back(n == nullptr ? nullptr : &n->payload.value.set());
  }
  return true;
}

void combine(Operation operation, std::vector<Set*> sets, std::size_t limit, Set* out) {
  if (operation == Operation::kUnion) {
    for (Set* s : sets)
      if (s != nullptr) s->each([&](std::string_view m) { out->add(m); });
    return;
  }
  if (sets[0] == nullptr) return;
  if (operation == Operation::kInter) {
    for (Set* s : sets)
      if (s == nullptr) return;
    std::sort(sets.begin(), sets.end(), [](const Set* a, const Set* b) { return a->size() < b->size(); });
  }
  // A set that is walked is not looked into as well: looking moves a rehash on, under the walk.
  Set* const walked = sets[0];
  if (std::find(sets.begin() + 1, sets.end(), walked) != sets.end()) {
    if (operation == Operation::kDiff) return;
    std::erase(sets, walked);
    sets.insert(sets.begin(), walked);
  }
  sets[0]->each([&](std::string_view m) {
    if (limit != 0 && out->size() >= limit) return;
    for (std::size_t i = 1; i < sets.size(); i++)
      if ((sets[i] != nullptr && sets[i]->contains(m)) != (operation == Operation::kInter)) return;
    out->add(m);
  });
}

void combined(Context& c, Operation operation) {
  std::vector<Set*> sets;
  if (!gather(c, 1, c.argc() - 1, &sets)) return;
  Set out;
  combine(operation, std::move(sets), 0, &out);
  c.reply.set(out.size());
  out.each([&](std::string_view m) { c.reply.bulk(m); });
}
void sunion(Context& c) { combined(c, Operation::kUnion); }
void sinter(Context& c) { combined(c, Operation::kInter); }
void sdiff(Context& c) { combined(c, Operation::kDiff); }

void combined_store(Context& c, Operation operation) {
  std::vector<Set*> sets;
  if (!gather(c, 2, c.argc() - 1, &sets)) return;
  Value value = Value::make(ValueType::kSet);
  combine(operation, std::move(sets), 0, &value.set());
  const auto size = static_cast<std::int64_t>(value.set().size());
  const Key key = c.key(1);
  const bool was_there = size == 0 && c.find(key) != nullptr;
  c.replace(key, std::move(value), 0);
  if (was_there) c.event(kNotifyGeneric, "del", key);
  if (size > 0) c.event(kNotifySet, operation == Operation::kUnion ? "sunionstore" : operation == Operation::kInter ? "sinterstore" : "sdiffstore", key);
  c.reply.integer(size);
}
void sunionstore(Context& c) { combined_store(c, Operation::kUnion); }
void sinterstore(Context& c) { combined_store(c, Operation::kInter); }
void sdiffstore(Context& c) { combined_store(c, Operation::kDiff); }

void sintercard(Context& c) {
  std::int64_t keys, limit = 0;
  if (!parse_integer(c.args[1], &keys) || keys <= 0) return c.reply.error("ERR numkeys should be greater than 0");
  if (keys > static_cast<std::int64_t>(c.argc()) - 2) return c.reply.error("ERR Number of keys can't be greater than number of args");
  const std::size_t last = 1 + static_cast<std::size_t>(keys);
  for (std::size_t i = last + 1; i < c.argc(); i += 2) {
    if (!c.is(i, "LIMIT") || i + 1 >= c.argc()) return c.syntax_error();
    if (!parse_integer(c.args[i + 1], &limit) || limit < 0) return c.reply.error("ERR LIMIT can't be negative");
  }
  std::vector<Set*> sets;
  if (!gather(c, 2, last, &sets)) return;
  Set out;
  combine(Operation::kInter, std::move(sets), static_cast<std::size_t>(limit), &out);
  c.reply.integer(static_cast<std::int64_t>(out.size()));
}

void sscan(Context& c) {
  ScanArguments a;
  Node* n;
  if (!open_scan(c, ValueType::kSet, &a, &n)) return;
  std::vector<std::string> texts;
  std::uint64_t cursor = a.cursor;
  std::int64_t visited = 0;
  do {
    cursor = n->payload.value.set().scan(cursor, [&](std::string_view m) {
      visited++;
      if (a.matches(m)) texts.emplace_back(m);
    });
  } while (cursor != 0 && visited < a.count);
  reply_scan(c, cursor, texts);
}

constexpr NamedBody bodies[] = {
    {"sadd", sadd}, {"srem", srem}, {"smembers", smembers}, {"sismember", sismember}, {"smismember", smismember}, {"scard", scard},
    {"spop", spop}, {"srandmember", srandmember}, {"smove", smove}, {"sunion", sunion}, {"sinter", sinter}, {"sdiff", sdiff},
    {"sunionstore", sunionstore}, {"sinterstore", sinterstore}, {"sdiffstore", sdiffstore}, {"sintercard", sintercard}, {"sscan", sscan},
};

}  // namespace

std::span<const NamedBody> set_bodies() { return bodies; }

}  // namespace orrery::keyspace
