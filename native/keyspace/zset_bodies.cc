// zset_bodies.cc: the sorted-set commands. Every range becomes ranks [first, last) and one walk.
#include <algorithm>
#include <cmath>

#include "bodies.h"
#include "collection_scan.h"
#include "sample.h"

namespace orrery::keyspace {
namespace {

void log_add(Context& c, const Key& key, const std::vector<std::pair<std::string_view, double>>& members) {
  c.effect(Effect::kZsetAdd, key, [&](ByteWriter& w) {
    w.varint(members.size());
    for (const auto& [member, score] : members) {
      w.f64(score);
      w.string(member);
    }
  });
}
void log_remove(Context& c, const Key& key, const std::vector<std::pair<std::string, double>>& members) {
  c.effect(Effect::kZsetRemove, key, [&](ByteWriter& w) {
    w.varint(members.size());
    for (const auto& [member, score] : members) w.string(member);
  });
}

/// The result of a …STORE command becomes the key of argument 1; an empty one deletes it.
void store_result(Context& c, Value&& value, const char* event) {
  const Key key = c.key(1);
  const bool empty = value.zset().size() == 0;
  const bool was_there = empty && c.find(key) != nullptr;
  c.replace(key, std::move(value), 0);
  if (was_there) c.event(kNotifyGeneric, "del", key);
  if (!empty) c.event(kNotifyZset, event, key);
}

void add_scores(Context& c, bool increment) {
  bool only_absent = false, only_present = false, greater = false, less = false, count_changes = false;
  std::size_t at = 2;
  for (const bool options = !increment; options && at < c.argc(); at++) {
    if (c.is(at, "NX")) only_absent = true;
    else if (c.is(at, "XX")) only_present = true;
    else if (c.is(at, "GT")) greater = true;
    else if (c.is(at, "LT")) less = true;
    else if (c.is(at, "CH")) count_changes = true;
    else if (c.is(at, "INCR")) increment = true;
    else break;
  }
  const std::size_t pairs = (c.argc() - at) / 2;
  if ((c.argc() - at) % 2 != 0 || pairs == 0) return c.syntax_error();
  if (only_absent && only_present) return c.reply.error("ERR XX and NX options at the same time are not compatible");
  if ((greater && only_absent) || (less && only_absent) || (greater && less))
    return c.reply.error("ERR GT, LT, and/or NX options at the same time are not compatible");
  if (increment && pairs > 1) return c.reply.error("ERR INCR option supports a single increment-element pair");
  std::vector<double> scores(pairs);
  for (std::size_t i = 0; i < pairs; i++)
    if (!c.real(at + 2 * i, &scores[i])) return;
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kZset, &n)) return;
  if (n == nullptr) {
    if (only_present) return increment ? c.reply.null() : c.reply.integer(0);
    n = c.add(key, Value::make(ValueType::kZset));
  }
  Zset& zset = n->payload.value.zset();
  std::int64_t added = 0, updated = 0;
  double result = 0;
  bool processed = false;
  std::vector<std::pair<std::string_view, double>> logged;
  for (std::size_t i = 0; i < pairs; i++) {
    const std::string_view member = c.args[at + 2 * i + 1];
    double score = scores[i], old = 0;
    const bool present = zset.score(member, &old);
    if (present ? only_absent : only_present) continue;
    if (present && increment) {
      score += old;
      if (std::isnan(score)) {
        c.erase_if_empty(key, n);
        return c.reply.error("ERR resulting score is not a number (NaN)");
      }
    }
    if (present && ((greater && score <= old) || (less && score >= old))) continue;
    result = score;
    processed = true;
    if (present && score == old) continue;
    zset.set(member, score);
    (present ? updated : added)++;
    logged.emplace_back(member, score);
  }
  if (!logged.empty()) {
    log_add(c, key, logged);
    c.changed(key);
    c.event(kNotifyZset, increment ? "zincr" : "zadd", key);
  }
  c.erase_if_empty(key, n);
  if (!increment) return c.reply.integer(count_changes ? added + updated : added);
  if (processed) c.reply.real(result);
  else c.reply.null();
}
void zadd(Context& c) { add_scores(c, false); }
void zincrby(Context& c) { add_scores(c, true); }

void zrem(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kZset, &n)) return;
  if (n == nullptr) return c.reply.integer(0);
  std::int64_t gone = 0;
  for (std::size_t i = 2; i < c.argc(); i++) gone += n->payload.value.zset().erase(c.args[i]);
  if (gone > 0) {
    c.effect_arguments(Effect::kZsetRemove, key, 2);
    c.changed(key);
    c.event(kNotifyZset, "zrem", key);
  }
  c.erase_if_empty(key, n);
  c.reply.integer(gone);
}

void zscore(Context& c) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kZset, &n, true)) return;
  double score;
  if (n != nullptr && n->payload.value.zset().score(c.args[2], &score)) c.reply.real(score);
  else c.reply.null();
}

void zmscore(Context& c) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kZset, &n, true)) return;
  c.reply.array(c.argc() - 2);
  for (std::size_t i = 2; i < c.argc(); i++) {
    double score;
    if (n != nullptr && n->payload.value.zset().score(c.args[i], &score)) c.reply.real(score);
    else c.reply.null();
  }
}

void zcard(Context& c) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kZset, &n, true)) return;
  c.reply.integer(n == nullptr ? 0 : static_cast<std::int64_t>(n->payload.value.zset().size()));
}

void rank_of(Context& c, bool reverse) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kZset, &n, true)) return;
  std::size_t rank;
  if (n == nullptr || !n->payload.value.zset().rank(c.args[2], &rank)) return c.reply.null();
  c.reply.integer(static_cast<std::int64_t>(reverse ? n->payload.value.zset().size() - 1 - rank : rank));
}
void zrank(Context& c) { rank_of(c, false); }
void zrevrank(Context& c) { rank_of(c, true); }

enum class By { kRank, kScore, kLex };

bool score_bound(std::string_view s, double* value, bool* exclusive) {
  *exclusive = !s.empty() && s[0] == '(';
  if (*exclusive) s.remove_prefix(1);
  char buffer[128];
  if (s.size() >= sizeof buffer) return false;
  std::memcpy(buffer, s.data(), s.size());
  buffer[s.size()] = 0;
  char* end = nullptr;
  *value = std::strtod(buffer, &end);
  return end == buffer + s.size() && !s.empty() && !std::isnan(*value);
}
bool lex_bound(std::string_view s, LexBound* b) {
  *b = {{}, 0, false};
  if (s == "-" || s == "+") {
    b->kind = s == "-" ? -1 : 1;
    return true;
  }
  if (s.empty() || (s[0] != '(' && s[0] != '[')) return false;
  b->exclusive = s[0] == '(';
  b->text = s.substr(1);
  return true;
}

/// A parsed range: by what, its bounds, and the slice LIMIT asks for.
struct Range {
  By by = By::kRank;
  bool reverse = false;
  std::int64_t start = 0, stop = -1;
  ScoreRange score{};
  LexRange lex{};
  std::int64_t offset = 0, count = -1;
};

/// Reads min and max (already in ascending order). False after the error.
bool read_bounds(Context& c, Range* r, std::string_view min, std::string_view max) {
  if (r->by == By::kScore) {
    if (score_bound(min, &r->score.min, &r->score.min_exclusive) && score_bound(max, &r->score.max, &r->score.max_exclusive)) return true;
    c.reply.error("ERR min or max is not a float");
    return false;
  }
  if (r->by == By::kLex) {
    if (lex_bound(min, &r->lex.min) && lex_bound(max, &r->lex.max)) return true;
    c.reply.error("ERR min or max not valid string range item");
    return false;
  }
  if (parse_integer(min, &r->start) && parse_integer(max, &r->stop)) return true;
  c.reply.error("ERR value is not an integer or out of range");
  return false;
}

/// Ranks (from the lowest) [first, last) of a range, and LIMIT applied. `start` is where a walk in the range's direction begins.
struct Slice { std::size_t start, count; };
Slice slice_of(const Zset& zset, const Range& r) {
  const auto size = static_cast<std::int64_t>(zset.size());
  if (r.by == By::kRank) {
    std::int64_t start = r.start, stop = r.stop;
    if (start < 0) start = std::max<std::int64_t>(start + size, 0);
    if (stop < 0) stop += size;
    stop = std::min(stop, size - 1);
    if (start > stop) return {0, 0};
    const auto count = static_cast<std::size_t>(stop - start + 1);
    return {static_cast<std::size_t>(r.reverse ? size - 1 - start : start), count};
  }
  const auto [first, last] = r.by == By::kScore ? zset.ranks(r.score) : zset.ranks(r.lex);
  std::size_t count = last - first;
  if (r.offset < 0 || static_cast<std::uint64_t>(r.offset) >= count) return {0, 0};
  const auto skip = static_cast<std::size_t>(r.offset);
  count -= skip;
  if (r.count >= 0) count = std::min(count, static_cast<std::size_t>(r.count));
  return {r.reverse ? last - 1 - skip : first + skip, count};
}

void reply_slice(Context& c, const Zset* zset, Slice s, bool forward, bool scores) {
  const bool nested = scores && c.reply.resp3;
  c.reply.array(scores && !nested ? 2 * s.count : s.count);
  if (zset == nullptr || s.count == 0) return;
  zset->walk(s.start, forward, [&](ScoredMember m) {
    if (nested) c.reply.array(2);
    c.reply.bulk(m.member);
    if (scores) c.reply.real(m.score);
    return --s.count > 0;
  });
}

void store_slice(Context& c, const Zset* zset, Slice s, bool forward) {
  Value value = Value::make(ValueType::kZset);
  std::size_t left = s.count;
  if (zset != nullptr && left > 0)
    zset->walk(s.start, forward, [&](ScoredMember m) {
      value.zset().set(m.member, m.score);
      return --left > 0;
    });
  store_result(c, std::move(value), "zrangestore");
  c.reply.integer(static_cast<std::int64_t>(s.count));
}

/// The family of ZRANGE: `source` is the key's argument; options are allowed as the command's age permits.
void range(Context& c, std::size_t source, Range r, bool fixed_by, bool fixed_direction, bool store) {
  bool scores = false, limited = false;
  for (std::size_t i = source + 3; i < c.argc(); i++) {
    if (!store && c.is(i, "WITHSCORES")) scores = true;
    else if (c.is(i, "LIMIT") && i + 2 < c.argc()) {
      if (!c.integer(i + 1, &r.offset) || !c.integer(i + 2, &r.count)) return;
      limited = true;
      i += 2;
    } else if (!fixed_direction && c.is(i, "REV")) r.reverse = true;
    else if (!fixed_by && c.is(i, "BYLEX")) r.by = By::kLex;
    else if (!fixed_by && c.is(i, "BYSCORE")) r.by = By::kScore;
    else return c.syntax_error();
  }
  if (limited && r.by == By::kRank) return c.reply.error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  if (scores && r.by == By::kLex) return c.reply.error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
  const bool swapped = r.reverse && r.by != By::kRank;
  if (!read_bounds(c, &r, c.args[source + (swapped ? 2 : 1)], c.args[source + (swapped ? 1 : 2)])) return;
  Node* n;
  if (!c.find_typed(c.key(source), ValueType::kZset, &n, true)) return;
  const Zset* zset = n == nullptr ? nullptr : &n->payload.value.zset();
  const Slice s = zset == nullptr ? Slice{0, 0} : slice_of(*zset, r);
  if (store) store_slice(c, zset, s, !r.reverse);
  else reply_slice(c, zset, s, !r.reverse, scores);
}
Range made(By by, bool reverse) {
  Range r;
  r.by = by;
  r.reverse = reverse;
  return r;
}
void zrange(Context& c) { range(c, 1, made(By::kRank, false), false, false, false); }
void zrangestore(Context& c) { range(c, 2, made(By::kRank, false), false, false, true); }
void zrevrange(Context& c) { range(c, 1, made(By::kRank, true), true, true, false); }
void zrangebyscore(Context& c) { range(c, 1, made(By::kScore, false), true, true, false); }
void zrevrangebyscore(Context& c) { range(c, 1, made(By::kScore, true), true, true, false); }
void zrangebylex(Context& c) { range(c, 1, made(By::kLex, false), true, true, false); }
void zrevrangebylex(Context& c) { range(c, 1, made(By::kLex, true), true, true, false); }

void count_range(Context& c, By by) {
  Range r = made(by, false);
  if (!read_bounds(c, &r, c.args[2], c.args[3])) return;
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kZset, &n, true)) return;
  c.reply.integer(n == nullptr ? 0 : static_cast<std::int64_t>(slice_of(n->payload.value.zset(), r).count));
}
void zcount(Context& c) { count_range(c, By::kScore); }
void zlexcount(Context& c) { count_range(c, By::kLex); }

/// Takes members out, lowest or highest first from `start`; gives what was taken.
std::vector<std::pair<std::string, double>> take(Context& c, const Key& key, Node* n, Slice s, bool forward, const char* event) {
  Zset& zset = n->payload.value.zset();
  std::vector<std::pair<std::string, double>> gone;
  if (s.count > 0)
    zset.walk(s.start, forward, [&](ScoredMember m) {
      gone.emplace_back(m.member, m.score);
      return gone.size() < s.count;
    });
  for (const auto& [member, score] : gone) zset.erase(member);
  if (!gone.empty()) {
    log_remove(c, key, gone);
    c.changed(key);
    c.event(kNotifyZset, event, key);
  }
  c.erase_if_empty(key, n);
  return gone;
}

void remove_range(Context& c, By by) {
  Range r = made(by, false);
  if (!read_bounds(c, &r, c.args[2], c.args[3])) return;
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kZset, &n)) return;
  if (n == nullptr) return c.reply.integer(0);
  c.reply.integer(static_cast<std::int64_t>(take(c, key, n, slice_of(n->payload.value.zset(), r), true, by == By::kRank ? "zremrangebyrank" : by == By::kScore ? "zremrangebyscore" : "zremrangebylex").size()));
}
void zremrangebyrank(Context& c) { remove_range(c, By::kRank); }
void zremrangebyscore(Context& c) { remove_range(c, By::kScore); }
void zremrangebylex(Context& c) { remove_range(c, By::kLex); }

Slice ends(const Zset& zset, bool lowest, std::size_t count) { return {lowest ? 0 : zset.size() - 1, std::min(count, zset.size())}; }

void pop(Context& c, bool lowest) {
  if (c.argc() > 3) return c.syntax_error();
  std::int64_t count = 1;
  const bool counted = c.argc() == 3;
  if (counted && (!parse_integer(c.args[2], &count) || count < 0)) return c.reply.error("ERR value is out of range, must be positive");
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kZset, &n)) return;
  if (n == nullptr) return c.reply.array(0);
  const auto gone = take(c, key, n, ends(n->payload.value.zset(), lowest, static_cast<std::size_t>(count)), lowest, lowest ? "zpopmin" : "zpopmax");
  const bool nested = counted && c.reply.resp3;
  c.reply.array(nested ? gone.size() : 2 * gone.size());
  for (const auto& [member, score] : gone) {
    if (nested) c.reply.array(2);
    c.reply.bulk(member);
    c.reply.real(score);
  }
}
void zpopmin(Context& c) { pop(c, true); }
void zpopmax(Context& c) { pop(c, false); }

void zmpop(Context& c) {
  std::int64_t keys, count = 1;
  if (!parse_integer(c.args[1], &keys) || keys <= 0) return c.reply.error("ERR numkeys should be greater than 0");
  const std::size_t where = 2 + static_cast<std::size_t>(keys);
  if (keys > static_cast<std::int64_t>(c.argc()) || where >= c.argc()) return c.syntax_error();
  const bool lowest = c.is(where, "MIN");
  if (!lowest && !c.is(where, "MAX")) return c.syntax_error();
  for (std::size_t i = where + 1; i < c.argc(); i += 2) {
    if (!c.is(i, "COUNT") || i + 1 >= c.argc() || i > where + 1) return c.syntax_error();
    if (!parse_integer(c.args[i + 1], &count) || count <= 0) return c.reply.error("ERR count should be greater than 0");
  }
  for (std::size_t i = 2; i < where; i++) {
    const Key key = c.key(i);
    Node* n;
    if (!c.find_typed(key, ValueType::kZset, &n)) return;
    if (n == nullptr) continue;
    const auto gone = take(c, key, n, ends(n->payload.value.zset(), lowest, static_cast<std::size_t>(count)), lowest, lowest ? "zpopmin" : "zpopmax");
    c.reply.array(2);
    c.reply.bulk(key.text);
    c.reply.array(gone.size());
    for (const auto& [member, score] : gone) {
      c.reply.array(2);
      c.reply.bulk(member);
      c.reply.real(score);
    }
    return;
  }
  c.reply.null_array();
}

void zrandmember(Context& c) {
  Node* n;
  if (c.argc() == 2) {
    if (!c.find_typed(c.key(1), ValueType::kZset, &n, true)) return;
    if (n == nullptr) return c.reply.null();
    const Zset& zset = n->payload.value.zset();
    return zset.walk(random_below(zset.size()), true, [&](ScoredMember m) {
      c.reply.bulk(m.member);
      return false;
    });
  }
  std::int64_t count;
  if (!c.integer(2, &count)) return;
  if (count == INT64_MIN) return c.reply.error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
  const bool scores = c.argc() == 4 && c.is(3, "WITHSCORES");
  if (c.argc() > 4 || (c.argc() == 4 && !scores)) return c.syntax_error();
  if (count < -(INT64_MAX / 2)) return c.reply.error("ERR value is out of range");
  if (!c.find_typed(c.key(1), ValueType::kZset, &n, true)) return;
  if (n == nullptr || count == 0) return c.reply.array(0);
  const Zset& zset = n->payload.value.zset();
  const bool nested = scores && c.reply.resp3;
  const auto one = [&](ScoredMember m) {
    if (nested) c.reply.array(2);
    c.reply.bulk(m.member);
    if (scores) c.reply.real(m.score);
  };
  std::size_t wanted = count < 0 ? static_cast<std::size_t>(-count) : std::min(static_cast<std::size_t>(count), zset.size());
  c.reply.array(scores && !nested ? 2 * wanted : wanted);
  if (count < 0) {
    for (; wanted > 0; wanted--) zset.walk(random_below(zset.size()), true, [&](ScoredMember m) { one(m); return false; });
    return;
  }
  if (!zset.packed() && draws_are_cheaper(wanted, zset.size())) {
    return draw_distinct<std::size_t>(wanted, [&] { return static_cast<std::size_t>(random_below(zset.size())); },
                                      [&](std::size_t rank) { zset.walk(rank, true, [&](ScoredMember m) { one(m); return false; }); });
  }
  choose_in_one_pass(wanted, zset.size(), [&](auto&& visit) { zset.each(visit); }, one);
}

void zscan(Context& c) {
  ScanArguments a;
  Node* n;
  if (!open_scan(c, ValueType::kZset, &a, &n)) return;
  std::vector<std::string> texts;
  std::uint64_t cursor = a.cursor;
  std::int64_t visited = 0;
  do {
    cursor = n->payload.value.zset().scan(cursor, [&](ScoredMember m) {
      visited++;
      if (!a.matches(m.member)) return;
      texts.emplace_back(m.member);
      char text[48];
      texts.emplace_back(text, write_double(text, m.score));
    });
  } while (cursor != 0 && visited < a.count);
  reply_scan(c, cursor, texts);
}

enum class Operation { kUnion, kInter, kDiff };
enum class Aggregate { kSum, kMin, kMax };

/// A source of ZUNION and friends: a sorted set, or a set whose members count 1.
struct Source { Zset* zset = nullptr; Set* set = nullptr; double weight = 1; };
std::size_t size_of(const Source& s) { return s.zset != nullptr ? s.zset->size() : s.set != nullptr ? s.set->size() : 0; }
bool score_in(const Source& s, std::string_view member, double* score) {
  if (s.zset != nullptr) return s.zset->score(member, score);
  *score = 1;
  return s.set != nullptr && s.set->contains(member);
}
template <typename Visit>
void each_in(const Source& s, Visit&& visit) {
  if (s.zset != nullptr) s.zset->each([&](ScoredMember m) { visit(m.member, m.score); });
  else if (s.set != nullptr) s.set->each([&](std::string_view m) { visit(m, 1.0); });
}
double weighted(double score, double weight) {
  const double v = score * weight;
  return std::isnan(v) ? 0 : v;
}
double aggregate(Aggregate how, double a, double b) {
  if (how == Aggregate::kMin) return std::min(a, b);
  if (how == Aggregate::kMax) return std::max(a, b);
  const double v = a + b;
  return std::isnan(v) ? 0 : v;  // inf + -inf
}

void combine(Operation operation, Aggregate how, std::vector<Source> sources, std::size_t limit, Zset* out) {
  if (operation == Operation::kUnion) {
    for (const Source& s : sources)
      each_in(s, [&](std::string_view member, double score) {
        double old;
        const double v = weighted(score, s.weight);
        out->set(member, out->score(member, &old) ? aggregate(how, old, v) : v);
      });
    return;
  }
  if (operation == Operation::kInter) std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) { return size_of(a) < size_of(b); });
  each_in(sources[0], [&](std::string_view member, double score) {
    if (limit != 0 && out->size() >= limit) return;
    double v = operation == Operation::kDiff ? score : weighted(score, sources[0].weight);
    for (std::size_t i = 1; i < sources.size(); i++) {
      double other;
      const bool present = score_in(sources[i], member, &other);
      if (present != (operation == Operation::kInter)) return;
      if (present) v = aggregate(how, v, weighted(other, sources[i].weight));
    }
    out->set(member, v);
  });
}

/// `count_at` is the argument with the number of keys.
void combined(Context& c, Operation operation, std::size_t count_at, bool store, bool cardinality) {
  std::int64_t keys;
  if (!c.integer(count_at, &keys)) return;
  if (keys < 1) return c.reply.error("ERR at least 1 input key is needed for '" + c.command->name + "' command");
  if (keys > static_cast<std::int64_t>(c.argc() - count_at - 1)) return c.syntax_error();
  std::vector<Source> sources(static_cast<std::size_t>(keys));
  for (std::size_t i = 0; i < sources.size(); i++) {
    Node* n = c.find_read(c.key(count_at + 1 + i));
    if (n == nullptr) continue;
    Value& v = n->payload.value;
    if (v.type() == ValueType::kZset) sources[i].zset = &v.zset();
    else if (v.type() == ValueType::kSet) sources[i].set = &v.set();
    else return c.wrong_type();
  }
  Aggregate how = Aggregate::kSum;
  bool scores = false;
  std::int64_t limit = 0;
  for (std::size_t i = count_at + 1 + sources.size(); i < c.argc(); i++) {
    const std::size_t left = c.argc() - i - 1;
    if (operation != Operation::kDiff && !cardinality && c.is(i, "WEIGHTS") && left >= sources.size()) {
      for (Source& s : sources)
        if (!c.real(++i, &s.weight, "ERR weight value is not a float")) return;
    } else if (operation != Operation::kDiff && !cardinality && c.is(i, "AGGREGATE") && left >= 1) {
      i++;
      if (c.is(i, "SUM")) how = Aggregate::kSum;
      else if (c.is(i, "MIN")) how = Aggregate::kMin;
      else if (c.is(i, "MAX")) how = Aggregate::kMax;
      else return c.syntax_error();
    } else if (!store && !cardinality && c.is(i, "WITHSCORES")) {
      scores = true;
    } else if (cardinality && c.is(i, "LIMIT") && left >= 1) {
      if (!parse_integer(c.args[++i], &limit) || limit < 0) return c.reply.error("ERR LIMIT can't be negative");
    } else {
      return c.syntax_error();
    }
  }
  Value value = Value::make(ValueType::kZset);
  combine(operation, how, std::move(sources), static_cast<std::size_t>(limit), &value.zset());
  const std::size_t size = value.zset().size();
  if (cardinality) return c.reply.integer(static_cast<std::int64_t>(size));
  if (!store) return reply_slice(c, &value.zset(), {0, size}, true, scores);
  store_result(c, std::move(value), operation == Operation::kUnion ? "zunionstore" : operation == Operation::kInter ? "zinterstore" : "zdiffstore");
  c.reply.integer(static_cast<std::int64_t>(size));
}
void zunion(Context& c) { combined(c, Operation::kUnion, 1, false, false); }
void zinter(Context& c) { combined(c, Operation::kInter, 1, false, false); }
void zdiff(Context& c) { combined(c, Operation::kDiff, 1, false, false); }
void zunionstore(Context& c) { combined(c, Operation::kUnion, 2, true, false); }
void zinterstore(Context& c) { combined(c, Operation::kInter, 2, true, false); }
void zdiffstore(Context& c) { combined(c, Operation::kDiff, 2, true, false); }
void zintercard(Context& c) { combined(c, Operation::kInter, 1, false, true); }

constexpr NamedBody bodies[] = {
    {"zadd", zadd}, {"zincrby", zincrby}, {"zrem", zrem}, {"zscore", zscore}, {"zmscore", zmscore}, {"zcard", zcard}, {"zrank", zrank},
    {"zrevrank", zrevrank}, {"zrange", zrange}, {"zrangestore", zrangestore}, {"zrevrange", zrevrange}, {"zrangebyscore", zrangebyscore},
    {"zrevrangebyscore", zrevrangebyscore}, {"zrangebylex", zrangebylex}, {"zrevrangebylex", zrevrangebylex}, {"zcount", zcount},
    {"zlexcount", zlexcount}, {"zremrangebyrank", zremrangebyrank}, {"zremrangebyscore", zremrangebyscore}, {"zremrangebylex", zremrangebylex},
    {"zpopmin", zpopmin}, {"zpopmax", zpopmax}, {"zmpop", zmpop}, {"zrandmember", zrandmember}, {"zscan", zscan}, {"zunion", zunion},
    {"zinter", zinter}, {"zdiff", zdiff}, {"zunionstore", zunionstore}, {"zinterstore", zinterstore}, {"zdiffstore", zdiffstore},
    {"zintercard", zintercard},
};

}  // namespace

std::span<const NamedBody> zset_bodies() { return bodies; }

}  // namespace orrery::keyspace
