// list_bodies.cc: the list commands. Blocking ones are TypeScript's: it tries these and waits.
#include "bodies.h"
#include "context.h"

namespace orrery::keyspace {
namespace {

void log_push(Context& c, const Key& key, bool front, std::size_t first) {
  c.effect(Effect::kListPush, key, [&](ByteWriter& w) {
    w.u8(front ? 1 : 0);
    w.varint(c.argc() - first);
    for (std::size_t i = first; i < c.argc(); i++) w.string(c.args[i]);
  });
}
void log_pop(Context& c, const Key& key, bool front, std::size_t count) {
  c.effect(Effect::kListPop, key, [&](ByteWriter& w) {
    w.u8(front ? 1 : 0);
    w.varint(count);
  });
}

void push(Context& c, bool front, bool only_present) {
  const Key key = c.key(1);
  Node* n;
  if (only_present) {
    if (!c.find_typed(key, ValueType::kList, &n)) return;
    if (n == nullptr) return c.reply.integer(0);
  } else {
    n = c.find_or_make(key, ValueType::kList);
    if (n == nullptr) return;
  }
  List& list = n->payload.value.list();
  for (std::size_t i = 2; i < c.argc(); i++) list.push(front, c.args[i]);
  log_push(c, key, front, 2);
  c.changed(key);
  c.event(kNotifyList, front ? "lpush" : "rpush", key);
  c.reply.integer(static_cast<std::int64_t>(list.size()));
}
void lpush(Context& c) { push(c, true, false); }
void rpush(Context& c) { push(c, false, false); }
void lpushx(Context& c) { push(c, true, true); }
void rpushx(Context& c) { push(c, false, true); }

/// Pops `count` elements, writing each as a bulk.
void pop_elements(Context& c, const Key& key, Node* n, bool front, std::size_t count) {
  List& list = n->payload.value.list();
  if (count == 1) {
    c.reply.bulk(list.peek(front));
    list.drop(front);
  } else if (count > 0) {
    std::size_t left = count;
    list.walk(front ? 0 : list.size() - 1, front, [&](std::size_t, std::string_view v) {
      c.reply.bulk(v);
      return --left > 0;
    });
    list.drop(front, count);
  }
  if (count > 0) {
    log_pop(c, key, front, count);
    c.changed(key);
    c.event(kNotifyList, front ? "lpop" : "rpop", key);
  }
  c.erase_if_empty(key, n);
}

void pop(Context& c, bool front) {
  std::int64_t count = 1;
  if (c.argc() > 3) return c.wrong_arity();
  const bool counted = c.argc() == 3;
  if (counted && (!parse_integer(c.args[2], &count) || count < 0)) return c.reply.error("ERR value is out of range, must be positive");
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kList, &n)) return;
  if (n == nullptr) return counted ? c.reply.null_array() : c.reply.null();
  const std::size_t take = std::min(static_cast<std::size_t>(count), n->payload.value.list().size());
  if (counted) c.reply.array(take);
  pop_elements(c, key, n, front, take);
}
void lpop(Context& c) { pop(c, true); }
void rpop(Context& c) { pop(c, false); }

bool side(Context& c, std::size_t argument, bool* front) {
  *front = c.is(argument, "LEFT");
  if (*front || c.is(argument, "RIGHT")) return true;
  c.syntax_error();
  return false;
}

void lmpop(Context& c) {
  std::int64_t keys, count = 1;
  if (!parse_integer(c.args[1], &keys) || keys <= 0) return c.reply.error("ERR numkeys should be greater than 0");
  const std::size_t where = 2 + static_cast<std::size_t>(keys);
  if (keys > static_cast<std::int64_t>(c.argc()) || where >= c.argc()) return c.syntax_error();
  bool front;
  if (!side(c, where, &front)) return;
  for (std::size_t i = where + 1; i < c.argc(); i += 2) {
    if (!c.is(i, "COUNT") || i + 1 >= c.argc() || i > where + 1) return c.syntax_error();
    if (!parse_integer(c.args[i + 1], &count) || count <= 0) return c.reply.error("ERR count should be greater than 0");
  }
  for (std::size_t i = 2; i < where; i++) {
    const Key key = c.key(i);
    Node* n;
    if (!c.find_typed(key, ValueType::kList, &n)) return;
    if (n == nullptr) continue;
    const std::size_t take = std::min(static_cast<std::size_t>(count), n->payload.value.list().size());
    c.reply.array(2);
    c.reply.bulk(key.text);
    c.reply.array(take);
    return pop_elements(c, key, n, front, take);
  }
  c.reply.null_array();
}

void llen(Context& c) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kList, &n, true)) return;
  c.reply.integer(n == nullptr ? 0 : static_cast<std::int64_t>(n->payload.value.list().size()));
}

/// An index that may count from the end; false when outside.
bool place(std::int64_t index, std::size_t size, std::size_t* at) {
  if (index < 0) index += static_cast<std::int64_t>(size);
  if (index < 0 || index >= static_cast<std::int64_t>(size)) return false;
  *at = static_cast<std::size_t>(index);
  return true;
}

void lindex(Context& c) {
  Node* n;
  const Key key = c.key(1);
  if (!c.find_typed(key, ValueType::kList, &n, true)) return;
  if (n == nullptr) return c.reply.null();
  std::int64_t index;
  if (!c.integer(2, &index)) return;
  std::size_t at;
  if (place(index, n->payload.value.list().size(), &at)) c.reply.bulk(n->payload.value.list().get(at));
  else c.reply.null();
}

void lset(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kList, &n)) return;
  if (n == nullptr) return c.reply.error("ERR no such key");
  std::int64_t index;
  if (!c.integer(2, &index)) return;
  std::size_t at;
  if (!place(index, n->payload.value.list().size(), &at)) return c.reply.error("ERR index out of range");
  n->payload.value.list().set(at, c.args[3]);
  c.effect(Effect::kListSet, key, [&](ByteWriter& w) {
    w.varint(at);
    w.string(c.args[3]);
  });
  c.changed(key);
  c.event(kNotifyList, "lset", key);
  c.reply.ok();
}

void linsert(Context& c) {
  const bool before = c.is(2, "BEFORE");
  if (!before && !c.is(2, "AFTER")) return c.syntax_error();
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kList, &n)) return;
  if (n == nullptr) return c.reply.integer(0);
  List& list = n->payload.value.list();
  std::size_t at = list.size();
  list.walk(0, true, [&](std::size_t i, std::string_view v) {
    if (v != c.args[3]) return true;
    at = i;
    return false;
  });
  if (at == list.size()) return c.reply.integer(-1);
  if (!before) at++;
  list.insert(at, c.args[4]);
  c.effect(Effect::kListInsert, key, [&](ByteWriter& w) {
    w.varint(at);
    w.string(c.args[4]);
    w.u8(before ? 1 : 0);
    w.string(c.args[3]);
  });
  c.changed(key);
  c.event(kNotifyList, "linsert", key);
  c.reply.integer(static_cast<std::int64_t>(list.size()));
}

void lrange(Context& c) {
  std::int64_t start, stop;
  if (!c.integer(2, &start) || !c.integer(3, &stop)) return;
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kList, &n, true)) return;
  if (n == nullptr) return c.reply.array(0);
  List& list = n->payload.value.list();
  const auto size = static_cast<std::int64_t>(list.size());
  if (start < 0) start = std::max<std::int64_t>(start + size, 0);
  if (stop < 0) stop += size;
  stop = std::min(stop, size - 1);
  if (start > stop) return c.reply.array(0);
  std::size_t left = static_cast<std::size_t>(stop - start + 1);
  c.reply.array(left);
  list.walk(static_cast<std::size_t>(start), true, [&](std::size_t, std::string_view v) {
    c.reply.bulk(v);
    return --left > 0;
  });
}

void lrem(Context& c) {
  std::int64_t count;
  if (!c.integer(2, &count)) return;
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kList, &n)) return;
  if (n == nullptr) return c.reply.integer(0);
  List& list = n->payload.value.list();
  const std::size_t removed = list.remove(count, c.args[3]);
  if (removed > 0) {
    c.effect(Effect::kListRemove, key, [&](ByteWriter& w) {
      w.i64(count);
      w.string(c.args[3]);
    });
    c.changed(key);
    c.event(kNotifyList, "lrem", key);
  }
  c.erase_if_empty(key, n);
  c.reply.integer(static_cast<std::int64_t>(removed));
}

void ltrim(Context& c) {
  std::int64_t start, stop;
  if (!c.integer(2, &start) || !c.integer(3, &stop)) return;
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kList, &n)) return;
  if (n == nullptr) return c.reply.ok();
  List& list = n->payload.value.list();
  const auto size = static_cast<std::int64_t>(list.size());
  if (start < 0) start = std::max<std::int64_t>(start + size, 0);
  if (stop < 0) stop += size;
  stop = std::min(stop, size - 1);
  const std::size_t first = start > stop ? 0 : static_cast<std::size_t>(start);
  const std::size_t kept = start > stop ? 0 : static_cast<std::size_t>(stop - start + 1);
  list.drop(true, first);
  list.drop(false, list.size() - kept);
  c.effect(Effect::kListTrim, key, [&](ByteWriter& w) {
    w.varint(first);
    w.varint(kept);
  });
  c.changed(key);
  c.event(kNotifyList, "ltrim", key);
  c.erase_if_empty(key, n);
  c.reply.ok();
}

void lpos(Context& c) {
  std::int64_t rank = 1, count = -1, longest = 0;
  for (std::size_t i = 3; i < c.argc(); i += 2) {
    if (i + 1 >= c.argc()) return c.syntax_error();
    if (c.is(i, "RANK")) {
      if (!c.integer(i + 1, &rank)) return;
      if (rank == 0)
        return c.reply.error("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list");
      if (rank == INT64_MIN) return c.reply.error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
    } else if (c.is(i, "COUNT")) {
      if (!parse_integer(c.args[i + 1], &count) || count < 0) return c.reply.error("ERR COUNT can't be negative");
    } else if (c.is(i, "MAXLEN")) {
      if (!parse_integer(c.args[i + 1], &longest) || longest < 0) return c.reply.error("ERR MAXLEN can't be negative");
    } else {
      return c.syntax_error();
    }
  }
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kList, &n, true)) return;
  std::vector<std::size_t> hits;
  const std::size_t wanted = count < 0 ? 1 : count == 0 ? SIZE_MAX : static_cast<std::size_t>(count);
  if (n != nullptr) {
    List& list = n->payload.value.list();
    std::int64_t skip = (rank < 0 ? -rank : rank) - 1, looked = 0;
    list.walk(rank < 0 ? list.size() - 1 : 0, rank > 0, [&](std::size_t i, std::string_view v) {
      if (longest != 0 && looked++ >= longest) return false;
      if (v == c.args[2] && skip-- <= 0) hits.push_back(i);
      return hits.size() < wanted;
    });
  }
  if (count < 0) {
    if (hits.empty()) c.reply.null();
    else c.reply.integer(static_cast<std::int64_t>(hits[0]));
    return;
  }
  c.reply.array(hits.size());
  for (const std::size_t h : hits) c.reply.integer(static_cast<std::int64_t>(h));
}

void move_element(Context& c, bool from_front, bool to_front) {
  const Key from = c.key(1), to = c.key(2);
  Node* source;
  if (!c.find_typed(from, ValueType::kList, &source)) return;
  if (source == nullptr) return c.reply.null();
  Node* target;
  if (!c.find_typed(to, ValueType::kList, &target)) return;
  const std::string value(source->payload.value.list().peek(from_front));
  const bool same = from.text == to.text;
  if (target == nullptr) target = c.add(to, Value::make(ValueType::kList));
  // Push first, so that a list of one element that rotates is never empty.
  source->payload.value.list().drop(from_front);
  target->payload.value.list().push(to_front, value);
  const auto push_effect = [&] {
    c.effect(Effect::kListPush, to, [&](ByteWriter& w) {
      w.u8(to_front ? 1 : 0);
      w.varint(1);
      w.string(value);
    });
  };
  if (same && source->payload.value.list().size() == 1) {
    c.changed(from);  // nothing moved
  } else {
    log_pop(c, from, from_front, 1);
    push_effect();
    c.changed(from);
    c.changed(to);
  }
  c.event(kNotifyList, to_front ? "lpush" : "rpush", to);
  c.event(kNotifyList, from_front ? "lpop" : "rpop", from);
  if (!same) c.erase_if_empty(from, source);
  c.reply.bulk(value);
}
void lmove(Context& c) {
  bool from_front, to_front;
  if (side(c, 3, &from_front) && side(c, 4, &to_front)) move_element(c, from_front, to_front);
}
void rpoplpush(Context& c) { move_element(c, false, true); }

constexpr NamedBody bodies[] = {
    {"lpush", lpush}, {"rpush", rpush}, {"lpushx", lpushx}, {"rpushx", rpushx}, {"lpop", lpop}, {"rpop", rpop}, {"lmpop", lmpop},
    {"llen", llen}, {"lindex", lindex}, {"lset", lset}, {"linsert", linsert}, {"lrange", lrange}, {"lrem", lrem}, {"ltrim", ltrim},
    {"lpos", lpos}, {"lmove", lmove}, {"rpoplpush", rpoplpush},
};

}  // namespace

std::span<const NamedBody> list_bodies() { return bodies; }

}  // namespace orrery::keyspace
