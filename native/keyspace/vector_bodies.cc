// vector_bodies.cc: the commands of vector sets (Redis 8). Redis runs VSIM and VADD CAS on threads of their own; here they run where all commands do,
// with the key's latch, so NOTHREAD and CAS are taken and change nothing.
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "bodies.h"
#include "context.h"
#include "vector_effects.h"
#include "vector_filter.h"

namespace orrery::keyspace {
namespace {

constexpr std::int64_t kMaxRepeated = 1 << 24;              // elements that VRANDMEMBER draws with repetition
constexpr std::size_t kMaxReduced = std::size_t{1} << 22;  // input times kept dimensions: work of one command

/// The set of the first argument's key; false after WRONGTYPE. *set = nullptr: there is no key.
bool find_set(Context& c, VectorSet** set) {
  Node* n;
  if (!c.find_typed(c.key(1), ValueType::kVectorSet, &n, true)) return false;
  *set = n == nullptr ? nullptr : &n->payload.value.vectors();
  return true;
}

/// "FP32 blob" or "VALUES count v…" at *at, which becomes the argument behind it. False when it is neither.
bool read_vector(Context& c, std::size_t* at, std::vector<float>* out) {
  if (*at + 1 >= c.argc()) return false;
  if (c.is(*at, "FP32")) {
    const std::string_view blob = c.args[*at + 1];
    if (blob.empty() || blob.size() % sizeof(float) != 0 || blob.size() / sizeof(float) > VectorSet::kMaxDimensions) return false;
    out->resize(blob.size() / sizeof(float));
    std::memcpy(out->data(), blob.data(), blob.size());
    *at += 2;
  } else if (c.is(*at, "VALUES")) {
    std::int64_t count;
    if (!parse_integer(c.args[*at + 1], &count) || count < 1 || count > VectorSet::kMaxDimensions) return false;
    const auto n = static_cast<std::size_t>(count);
    if (c.argc() - *at - 2 < n) return false;
    out->resize(n);
    for (std::size_t i = 0; i < n; i++) {
      double v;
      if (!parse_double(c.args[*at + 2 + i], &v)) return false;
      (*out)[i] = static_cast<float>(v);
    }
    *at += 2 + n;
  } else {
    return false;
  }
  for (const float v : *out)
    if (!std::isfinite(v)) return false;
  return true;
}

void wrong_dimensions(Context& c, std::size_t got, std::size_t has) {
  c.reply.error("ERR Vector dimension mismatch - got " + std::to_string(got) + " but set has " + std::to_string(has));
}
void wrong_input(Context& c, std::size_t got, std::size_t expected) {
  c.reply.error("ERR Input dimension mismatch for projection - got " + std::to_string(got) + " but projection expects " + std::to_string(expected));
}

/// The shortest decimal that reads back as the same number.
void reply_real(Context& c, double v) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, v);
  const std::string_view shortest(text, static_cast<std::size_t>(end - text));
  if (c.reply.resp3) c.reply.raw("," + std::string(shortest) + "\r\n");
  else c.reply.bulk(shortest);
}
void reply_word(Context& c, std::string_view word) { c.reply.raw("+" + std::string(word) + "\r\n"); }
void reply_attributes(Context& c, const VectorSet::Element& e) {
  if (e.attributes.size() > 0) c.reply.bulk(e.attributes.view());
  else c.reply.null();
}

/// VADD's options behind the element; false after an error.
bool read_add_options(Context& c, std::size_t at, VectorAdd* add) {
  const auto number = [&](std::int64_t least, std::int64_t most, std::uint32_t* out) {
    std::int64_t n;
    if (!parse_integer(c.args[++at], &n) || n < least || n > most) return false;
    *out = static_cast<std::uint32_t>(n);
    return true;
  };
  for (; at < c.argc(); at++) {
    const bool more = at + 1 < c.argc();
    if (c.is(at, "CAS")) {
      continue;
    } else if (c.is(at, "EF") && more) {
      if (!number(1, VectorSet::kMaxEffort, &add->effort)) return c.reply.error("ERR invalid EF"), false;
    } else if (c.is(at, "M") && more) {
      if (!number(VectorSet::kMinM, VectorSet::kMaxM, &add->shape.m)) return c.reply.error("ERR invalid M"), false;
    } else if (c.is(at, "SETATTR") && more) {
      add->has_attributes = true;
      add->attributes = c.args[++at];
    } else if (c.is(at, "NOQUANT")) {
      add->shape.quantization = VectorQuantization::kNone;
    } else if (c.is(at, "BIN")) {
      add->shape.quantization = VectorQuantization::kBinary;
    } else if (c.is(at, "Q8")) {
      add->shape.quantization = VectorQuantization::kInt8;
    } else {
      return c.reply.error("ERR invalid option after element"), false;
    }
  }
  return true;
}

/// Whether what VADD asks for fits the set that is there; false after an error.
bool fits(Context& c, const VectorAdd& add, std::uint32_t reduced, const VectorSet::Shape& has) {
  if (has.quantization != add.shape.quantization) return c.reply.error("ERR asked quantization mismatch with existing vector set"), false;
  if (has.m != add.shape.m) return c.reply.error("ERR asked M value mismatch with existing vector set"), false;
  if (has.is_reduced() ? reduced != has.dimensions : add.shape.input != has.dimensions) return wrong_dimensions(c, add.shape.input, has.dimensions), false;
  if (reduced != 0 && !has.is_reduced() && reduced != has.dimensions) return c.reply.error("ERR cannot add projection to existing set without projection"), false;
  if (add.shape.input != has.input) return wrong_input(c, add.shape.input, has.input), false;
  return true;
}

void vadd(Context& c) {
  VectorAdd add;
  std::size_t at = 2;
  std::int64_t reduced = 0;
  const auto invalid = [&] { c.reply.error("ERR invalid vector specification"); };
  if (c.is(at, "REDUCE") && c.argc() > at + 2) {
    if (!parse_integer(c.args[at + 1], &reduced) || reduced <= 0) return invalid();
    at += 2;
  }
  if (!read_vector(c, &at, &add.vector) || reduced > static_cast<std::int64_t>(add.vector.size())) return invalid();
  if (at >= c.argc()) return c.wrong_arity();
  add.element = c.args[at];
  if (!read_add_options(c, at + 1, &add)) return;
  add.shape.input = static_cast<std::uint32_t>(add.vector.size());
  add.shape.dimensions = reduced != 0 ? static_cast<std::uint32_t>(reduced) : add.shape.input;
  if (add.shape.is_reduced() && std::size_t{add.shape.input} * add.shape.dimensions > kMaxReduced)
    return c.reply.error("ERR a projection of more than 4194304 weights is not supported");

  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kVectorSet, &n)) return;
  if (n != nullptr && !fits(c, add, static_cast<std::uint32_t>(reduced), n->payload.value.vectors().shape())) return;
  if (n == nullptr) n = c.add(key, Value::vector_set(std::make_unique<VectorSet>(add.shape)));
  const bool added = n->payload.value.vectors().set(add.element, add.vector, add.effort, add.has_attributes ? &add.attributes : nullptr);
  c.effect(Effect::kVectorAdd, key, [&](ByteWriter& w) { write_vector_add(w, add); });
  c.changed(key);
  c.reply.boolean(added);
}

void vrem(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kVectorSet, &n)) return;
  if (n == nullptr || !n->payload.value.vectors().erase(c.args[2])) return c.reply.boolean(false);
  c.effect(Effect::kVectorRemove, key, [&](ByteWriter& w) { w.string(c.args[2]); });
  c.changed(key);
  c.erase_if_empty(key, n);
  c.reply.boolean(true);
}

void vsetattr(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kVectorSet, &n)) return;
  if (n == nullptr || !n->payload.value.vectors().set_attributes(c.args[2], c.args[3])) return c.reply.boolean(false);
  c.effect(Effect::kVectorAttributes, key, [&](ByteWriter& w) {
    w.string(c.args[2]);
    w.string(c.args[3]);
  });
  c.changed(key);
  c.reply.boolean(true);
}

void vgetattr(Context& c) {
  VectorSet* set;
  if (!find_set(c, &set)) return;
  const VectorSet::Element* e = set == nullptr ? nullptr : set->find(c.args[2]);
  if (e == nullptr) return c.reply.null();
  reply_attributes(c, *e);
}

void vcard(Context& c) {
  VectorSet* set;
  if (find_set(c, &set)) c.reply.integer(set == nullptr ? 0 : static_cast<std::int64_t>(set->size()));
}

void vdim(Context& c) {
  VectorSet* set;
  if (!find_set(c, &set)) return;
  if (set == nullptr) return c.reply.error("ERR key does not exist");
  c.reply.integer(set->shape().dimensions);
}

void vismember(Context& c) {
  VectorSet* set;
  if (find_set(c, &set)) c.reply.boolean(set != nullptr && set->find(c.args[2]) != nullptr);
}

const char* quantization_name(const VectorSet& set) noexcept {
  switch (set.shape().quantization) {
    case VectorQuantization::kNone: return "f32";
    case VectorQuantization::kInt8: return "int8";
    case VectorQuantization::kBinary: return "bin";
  }
  return "";
}

void vemb(Context& c) {
  const bool raw = c.argc() > 3;
  for (std::size_t i = 3; i < c.argc(); i++)
    if (!c.is(i, "RAW")) return c.reply.error("ERR invalid option");
  VectorSet* set;
  if (!find_set(c, &set)) return;
  const VectorSet::Element* e = set == nullptr ? nullptr : set->find(c.args[2]);
  if (e == nullptr) return c.reply.null();
  if (!raw) {
    const std::vector<float> vector = set->vector_of(*e);
    c.reply.array(vector.size());
    for (const float v : vector) reply_real(c, v);
    return;
  }
  const bool has_range = set->shape().quantization == VectorQuantization::kInt8;
  c.reply.array(has_range ? 4 : 3);
  reply_word(c, quantization_name(*set));
  c.reply.bulk(set->raw_of(*e));
  reply_real(c, e->norm);
  if (has_range) reply_real(c, e->range);
}

void vinfo(Context& c) {
  VectorSet* set;
  if (!find_set(c, &set)) return;
  if (set == nullptr) return c.reply.null_array();
  const VectorSet::Shape& shape = set->shape();
  c.reply.map(9);
  const auto number = [&](const char* name, std::uint64_t v) {
    reply_word(c, name);
    c.reply.integer(static_cast<std::int64_t>(v));
  };
  reply_word(c, "quant-type");
  reply_word(c, quantization_name(*set));
  number("hnsw-m", shape.m);
  number("vector-dim", shape.dimensions);
  number("projection-input-dim", shape.is_reduced() ? shape.input : 0);
  number("size", set->size());
  number("max-level", set->max_level());
  number("attributes-count", set->attribute_count());
  number("vset-uid", set->uid());
  number("hnsw-max-node-uid", set->last_row());
}

void vlinks(Context& c) {
  const bool with_scores = c.argc() == 4;
  if (c.argc() > 4 || (with_scores && !c.is(3, "WITHSCORES"))) return c.wrong_arity();
  VectorSet* set;
  if (!find_set(c, &set)) return;
  const VectorSet::Element* e = set == nullptr ? nullptr : set->find(c.args[2]);
  if (e == nullptr) return c.reply.null();
  struct Neighbor { const VectorSet::Element* element; double similarity; };
  std::vector<std::vector<Neighbor>> levels(set->level_of(*e) + 1);
  set->neighbors(*e, [&](unsigned level, const VectorSet::Element& other, double similarity) { levels[level].push_back({&other, similarity}); });
  c.reply.array(levels.size());
  for (std::size_t l = levels.size(); l-- > 0;) {
    if (with_scores) c.reply.map(levels[l].size());
    else c.reply.array(levels[l].size());
    for (const Neighbor& n : levels[l]) {
      c.reply.bulk(*n.element->name);
      if (with_scores) reply_real(c, static_cast<float>(n.similarity));
    }
  }
}

void vrandmember(Context& c) {
  const bool with_count = c.argc() == 3;
  std::int64_t count = 1;
  if (c.argc() > 3) return c.wrong_arity();
  if (with_count && (!parse_integer(c.args[2], &count) || count == INT64_MIN)) return c.reply.error("ERR COUNT value is not an integer");
  VectorSet* set;
  if (!find_set(c, &set)) return;
  if (!with_count) return set == nullptr ? c.reply.null() : c.reply.bulk(*set->random().name);
  if (set == nullptr || count == 0) return c.reply.array(0);
  if (count < 0) {
    if (-count > kMaxRepeated) return c.reply.error("ERR value is out of range");
    c.reply.array(static_cast<std::size_t>(-count));
    for (std::int64_t i = 0; i > count; i--) c.reply.bulk(*set->random().name);
    return;
  }
  const auto wanted = std::min<std::size_t>(static_cast<std::size_t>(count), set->size());
  c.reply.array(wanted);
  // Floyd's sample: each place at most once, and no more draws than elements wanted.
  std::unordered_set<std::size_t> chosen;
  for (std::size_t i = set->size() - wanted; i < set->size(); i++) {
    const std::size_t place = random_below(i + 1);
    const std::size_t taken = chosen.insert(place).second ? place : i;
    chosen.insert(taken);
    c.reply.bulk(*set->at(taken).name);
  }
}

struct Bound {
  bool none = false;  // - or +
  bool strict = false;
  std::string_view text;
};
/// "-", "+", "[text" or "(text".
bool read_bound(std::string_view s, char without, Bound* out) {
  if (s.size() == 1 && s[0] == without) {
    out->none = true;
    return true;
  }
  if (s.size() < 2 || (s[0] != '[' && s[0] != '(')) return false;
  out->strict = s[0] == '(';
  out->text = s.substr(1);
  return true;
}

void vrange(Context& c) {
  std::int64_t count = -1;
  if (c.argc() > 5) return c.wrong_arity();
  if (c.argc() == 5 && !parse_integer(c.args[4], &count)) return c.reply.error("ERR invalid COUNT value");
  Bound from, to;
  const bool swapped = c.args[2] == "+" || c.args[3] == "-";
  if (c.args[2] != "+" && !read_bound(c.args[2], '-', &from)) return c.reply.error("ERR invalid start range format");
  if (c.args[3] != "-" && !read_bound(c.args[3], '+', &to)) return c.reply.error("ERR invalid end range format");
  if (swapped) return c.reply.error("ERR '-' can only be used as first argument, '+' only as second");
  VectorSet* set;
  if (!find_set(c, &set)) return;
  if (set == nullptr) return c.reply.array(0);
  const std::size_t mark = c.reply.size();
  std::size_t given = 0;
  set->range(from.none ? nullptr : &from.text, from.strict, [&](const VectorSet::Element& e) {
    const std::string_view name = *e.name;
    if ((count >= 0 && given >= static_cast<std::size_t>(count)) || (!to.none && (to.strict ? name >= to.text : name > to.text))) return false;
    c.reply.bulk(name);
    given++;
    return true;
  });
  c.reply.insert_array(mark, given);
}

struct Query {
  std::vector<float> vector;  // as kept
  std::int64_t count = 10, effort = 0;
  double epsilon = 2;
  bool with_scores = false, with_attributes = false, exact = false;
  std::unique_ptr<VectorFilter> filter;
};

/// VSIM's options from `at` on; false after an error.
bool read_query_options(Context& c, std::size_t at, Query* q) {
  const auto fail = [&](const char* error) { return c.reply.error(error), false; };
  for (; at < c.argc(); at++) {
    const bool more = at + 1 < c.argc();
    if (c.is(at, "WITHSCORES")) {
      q->with_scores = true;
    } else if (c.is(at, "WITHATTRIBS")) {
      q->with_attributes = true;
    } else if (c.is(at, "TRUTH")) {
      q->exact = true;
    } else if (c.is(at, "NOTHREAD")) {
      continue;
    } else if (c.is(at, "COUNT") && more) {
      if (!parse_integer(c.args[++at], &q->count) || q->count <= 0) return fail("ERR invalid COUNT");
    } else if (c.is(at, "EPSILON") && more) {
      if (!parse_double(c.args[++at], &q->epsilon) || !(q->epsilon > 0)) return fail("ERR invalid EPSILON");
    } else if (c.is(at, "EF") && more) {
      if (!parse_integer(c.args[++at], &q->effort) || q->effort <= 0 || q->effort > VectorSet::kMaxEffort) return fail("ERR invalid EF");
    } else if (c.is(at, "FILTER-EF") && more) {
      // How far to look before giving up. Here a filtered search never comes back short, so there is nothing to bound.
      std::int64_t ignored;
      if (!parse_integer(c.args[++at], &ignored) || ignored < 0) return fail("ERR invalid FILTER-EF");
    } else if (c.is(at, "FILTER") && more) {
      const std::string_view text = c.args[++at];
      std::size_t error_at = 0;
      q->filter = VectorFilter::compile(text, &error_at);
      if (q->filter == nullptr)
        return c.reply.error("ERR syntax error in FILTER expression near: " + std::string(text.substr(error_at < text.size() ? error_at : 0))), false;
    } else {
      return fail("ERR syntax error in VSIM command");
    }
  }
  return true;
}

void vsim(Context& c) {
  VectorSet* set;
  if (!find_set(c, &set)) return;
  if (set == nullptr) return c.reply.array(0);
  Query q;
  std::size_t at = 2;
  const VectorSet::Shape& shape = set->shape();
  if (c.is(at, "ELE")) {
    const VectorSet::Element* e = set->find(c.args[3]);
    if (e == nullptr) return c.reply.error("ERR element not found in set");
    q.vector.assign(e->values.begin(), e->values.end());
    at = 4;
  } else {
    std::vector<float> vector;
    if (!read_vector(c, &at, &vector)) return c.reply.error("ERR invalid vector specification");
    if (vector.size() != shape.dimensions) {
      if (!shape.is_reduced()) return wrong_dimensions(c, vector.size(), shape.dimensions);
      if (vector.size() != shape.input) return wrong_input(c, vector.size(), shape.input);
    }
    q.vector = set->query_of(vector);
  }
  if (!read_query_options(c, at, &q)) return;
  std::function<bool(const VectorSet::Element&)> accept;
  if (q.filter != nullptr) accept = [&](const VectorSet::Element& e) { return q.filter->matches(e.attributes.view()); };
  const auto effort = static_cast<std::uint32_t>(q.effort == 0 ? VectorSet::kDefaultSearchEffort : q.effort);
  std::vector<VectorSet::Match> found = set->search(q.vector, static_cast<std::size_t>(q.count), effort, q.exact, accept);
  while (!found.empty() && 1 - found.back().similarity > q.epsilon) found.pop_back();

  const bool both = q.with_scores && q.with_attributes;
  if (c.reply.resp3 && (q.with_scores || q.with_attributes)) c.reply.map(found.size());
  else c.reply.array(found.size() * (1 + q.with_scores + q.with_attributes));
  for (const VectorSet::Match& m : found) {
    c.reply.bulk(*m.element->name);
    if (c.reply.resp3 && both) c.reply.array(2);
    if (q.with_scores) reply_real(c, m.similarity);
    if (q.with_attributes) reply_attributes(c, *m.element);
  }
}

constexpr NamedBody bodies[] = {{"vadd", vadd}, {"vrem", vrem}, {"vsetattr", vsetattr}, {"vgetattr", vgetattr}, {"vcard", vcard}, {"vdim", vdim},
                                {"vismember", vismember}, {"vemb", vemb}, {"vinfo", vinfo}, {"vlinks", vlinks}, {"vrandmember", vrandmember}, {"vrange", vrange},
                                {"vsim", vsim}};

}  // namespace

std::span<const NamedBody> vector_bodies() { return bodies; }

}  // namespace orrery::keyspace
