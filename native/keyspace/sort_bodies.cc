// sort_bodies.cc: SORT and SORT_RO. BY and GET patterns name other keys, so the command latches every shard.
#include <algorithm>
#include <cmath>

#include "bodies.h"
#include "context.h"

namespace orrery::keyspace {
namespace {

/// The value that a BY or GET pattern leads to: '*' stands for the element, "->field" reads a hash. False when there is none.
bool look_up(Context& c, std::string_view pattern, std::string_view element, std::string* out) {
  if (pattern == "#") {
    *out = element;
    return true;
  }
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return false;
  std::string_view field;
  std::string_view rest = pattern.substr(star + 1);
  if (const std::size_t arrow = rest.find("->"); arrow != std::string_view::npos && arrow + 2 < rest.size()) {
    field = rest.substr(arrow + 2);
    rest = rest.substr(0, arrow);
  }
  std::string name(pattern.substr(0, star));
  name += element;
  name += rest;
  Node* n = c.find(c.key_named(name, c.session.db));
  if (n == nullptr) return false;
  Value& v = n->payload.value;
  if (!field.empty()) {
    std::string_view value;
    if (v.type() != ValueType::kHash || !v.hash().get(field, &value)) return false;
    *out = value;
    return true;
  }
  if (!v.is_string()) return false;
  char scratch[24];
  *out = v.text(scratch);
  return true;
}

struct Element { std::string text; double number = 0; std::string weight; bool has_weight = false; };

void sort_values(Context& c, bool may_store) {
  bool descending = false, alpha = false, by_nothing = false, limited = false;
  std::string_view by;
  std::int64_t offset = 0, count = -1;
  std::size_t store_at = 0;
  std::vector<std::string_view> gets;
  for (std::size_t i = 2; i < c.argc(); i++) {
    const std::size_t left = c.argc() - i - 1;
    if (c.is(i, "ASC")) descending = false;
    else if (c.is(i, "DESC")) descending = true;
    else if (c.is(i, "ALPHA")) alpha = true;
    else if (c.is(i, "LIMIT") && left >= 2) {
      if (!c.integer(i + 1, &offset) || !c.integer(i + 2, &count)) return;
      limited = true;
      i += 2;
    } else if (may_store && c.is(i, "STORE") && left >= 1) store_at = ++i;
    else if (c.is(i, "BY") && left >= 1) {
      by = c.args[++i];
      by_nothing = by.find('*') == std::string_view::npos;
    } else if (c.is(i, "GET") && left >= 1) gets.push_back(c.args[++i]);
    else return c.syntax_error();
  }
  Node* n = c.find(c.key(1));
  std::vector<Element> elements;
  const auto add = [&](std::string_view text) { elements.push_back({std::string(text), 0, {}, false}); };
  bool is_set = false;
  if (n != nullptr) {
    Value& v = n->payload.value;
    switch (v.type()) {
      case ValueType::kList: v.list().walk(0, true, [&](std::size_t, std::string_view e) { add(e); return true; }); break;
      case ValueType::kSet: v.set().each(add); is_set = true; break;
      case ValueType::kZset: v.zset().each([&](ScoredMember m) { add(m.member); }); break;
      default: return c.wrong_type();
    }
  }
  // A set has no order of its own to keep when its result is stored.
  if (by_nothing && is_set && store_at != 0) {
    by_nothing = false;
    alpha = true;
    by = {};
  }
  if (by_nothing && n != nullptr && n->payload.value.type() == ValueType::kZset && descending) std::reverse(elements.begin(), elements.end());
  if (!by_nothing) {
    for (Element& e : elements) {
      if (!by.empty()) e.has_weight = look_up(c, by, e.text, &e.weight);
      else e.weight = e.text, e.has_weight = true;
      if (alpha || !e.has_weight) continue;
      char* end = nullptr;
      e.number = std::strtod(e.weight.c_str(), &end);
      if (end != e.weight.c_str() + e.weight.size() || std::isnan(e.number)) return c.reply.error("ERR One or more scores can't be converted into double");
    }
    std::stable_sort(elements.begin(), elements.end(), [&](const Element& a, const Element& b) {
      int order;
      if (alpha) order = a.has_weight != b.has_weight ? (a.has_weight ? 1 : -1) : a.weight.compare(b.weight);
      else order = a.number < b.number ? -1 : a.number > b.number ? 1 : 0;
      if (order == 0) order = by.empty() || !alpha ? a.text.compare(b.text) : 0;
      return descending ? order > 0 : order < 0;
    });
  }
  if (limited) {
    const auto size = static_cast<std::int64_t>(elements.size());
    const std::int64_t first = std::clamp<std::int64_t>(offset, 0, size);
    const std::int64_t last = count < 0 ? size : std::min(size, first + count);
    elements.erase(elements.begin() + last, elements.end());
    elements.erase(elements.begin(), elements.begin() + first);
  }
  if (store_at != 0) {
    Value value = Value::make(ValueType::kList);
    for (const Element& e : elements) {
      if (gets.empty()) value.list().push(false, e.text);
      for (const std::string_view g : gets) {
        std::string text;
        (void)look_up(c, g, e.text, &text);
        value.list().push(false, text);
      }
    }
    const auto size = static_cast<std::int64_t>(value.list().size());
    const Key target = c.key_named(c.args[store_at], c.session.db);
    const bool was_there = size == 0 && c.find(target) != nullptr;
    c.replace(target, std::move(value), 0);
    if (was_there) c.event(kNotifyGeneric, "del", target);
    if (size > 0) c.event(kNotifyList, "sortstore", target);
    return c.reply.integer(size);
  }
  c.reply.array(elements.size() * std::max<std::size_t>(gets.size(), 1));
  for (const Element& e : elements) {
    if (gets.empty()) c.reply.bulk(e.text);
    for (const std::string_view g : gets) {
      std::string text;
      if (look_up(c, g, e.text, &text)) c.reply.bulk(text);
      else c.reply.null();
    }
  }
}
void sort(Context& c) { sort_values(c, true); }
void sort_ro(Context& c) { sort_values(c, false); }

constexpr NamedBody bodies[] = {{"sort", sort}, {"sort_ro", sort_ro}};

}  // namespace

std::span<const NamedBody> sort_bodies() { return bodies; }

}  // namespace orrery::keyspace
