// Values against the standard containers: random operations, every answer compared.
#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>

#include "../keyspace/value.h"
#include "check.h"

using namespace orrery;
using namespace orrery::keyspace;

namespace {
struct Random {
  std::uint64_t state;
  std::uint64_t below(std::uint64_t n) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (state >> 33) % n;
  }
};
std::string text_of(Random& r, std::uint64_t spread) { return "m" + std::to_string(r.below(spread)) + std::string(r.below(4), 'x'); }
}  // namespace

TEST("keyspace table agrees with std::unordered_map, and a scan across resizes misses nothing") {
  Random r{1};
  Table<int> table;
  std::unordered_map<std::string, int> model;
  for (int i = 0; i < 50000; i++) {
    const std::string key = text_of(r, i < 25000 ? 3000 : 50);
    auto* n = table.find(key);
    CHECK_EQ(n != nullptr, model.contains(key));
    if (r.below(3) != 0) {
      if (n == nullptr) table.insert(key, hash_bytes(key), i);
      else n->payload = i;
      model[key] = i;
    } else if (n != nullptr) {
      table.erase(n);
      model.erase(key);
    }
    CHECK_EQ(table.size(), model.size());
  }
  Table<int> growing;
  for (int i = 0; i < 100; i++) growing.insert("stay" + std::to_string(i), hash_bytes("stay" + std::to_string(i)), i);
  std::set<std::string> seen;
  std::uint64_t cursor = 0;
  int added = 0;
  do {
    cursor = growing.scan(cursor, [&](auto& n) { seen.emplace(n.key()); });
    growing.insert("new" + std::to_string(added), hash_bytes("new" + std::to_string(added)), 0);
    added++;
  } while (cursor != 0 && added < 100000);
  for (int i = 0; i < 100; i++) CHECK(seen.contains("stay" + std::to_string(i)));
}

TEST("keyspace list agrees with std::deque") {
  Random r{2};
  List list;
  std::deque<std::string> model;
  for (int i = 0; i < 40000; i++) {
    const std::string v(r.below(r.below(50) == 0 ? 9000 : 40), static_cast<char>('a' + r.below(26)));
    const std::uint64_t what = r.below(10);
    if (what < 4 || model.empty()) {
      const bool front = r.below(2) == 0;
      list.push(front, v);
      if (front) model.push_front(v);
      else model.push_back(v);
    } else if (what < 6) {
      const bool front = r.below(2) == 0;
      CHECK_EQ(std::string(list.peek(front)), front ? model.front() : model.back());
      list.drop(front);
      if (front) model.pop_front();
      else model.pop_back();
    } else {
      const std::size_t at = r.below(model.size());
      if (what == 6) list.insert(at, v), model.insert(model.begin() + static_cast<std::ptrdiff_t>(at), v);
      else if (what == 7) list.erase(at), model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
      else if (what == 8) list.set(at, v), model[at] = v;
      else CHECK_EQ(std::string(list.get(at)), model[at]);
    }
    CHECK_EQ(list.size(), model.size());
  }
  std::size_t at = 0;
  list.walk(0, true, [&](std::size_t i, std::string_view v) { CHECK_EQ(i, at); CHECK_EQ(std::string(v), model[at++]); return true; });
  CHECK_EQ(at, model.size());
  list.walk(list.size() - 1, false, [&](std::size_t, std::string_view v) { CHECK_EQ(std::string(v), model[--at]); return true; });
}

TEST("keyspace zset agrees with std::set, small and large") {
  for (const std::uint64_t spread : {60ull, 3000ull}) {
    Random r{spread};
    Zset zset;
    std::map<std::string, double> scores;
    std::set<std::pair<double, std::string>> model;
    for (int i = 0; i < 20000; i++) {
      const std::string m = text_of(r, spread);
      const auto old = scores.find(m);
      if (r.below(4) != 0) {
        const double s = static_cast<double>(r.below(100)) / 4 - 10;
        CHECK_EQ(zset.set(m, s), old == scores.end());
        if (old != scores.end()) model.erase({old->second, m});
        scores[m] = s;
        model.insert({s, m});
      } else {
        CHECK_EQ(zset.erase(m), old != scores.end());
        if (old != scores.end()) {
          model.erase({old->second, m});
          scores.erase(old);
        }
      }
      CHECK_EQ(zset.size(), model.size());
      if (i % 500 != 0 || model.empty()) continue;
      std::size_t rank = 0;
      for (const auto& [s, member] : model) {
        std::size_t got = 0;
        CHECK(zset.rank(member, &got));
        CHECK_EQ(got, rank);
        rank++;
      }
      const ScoreRange range{-5, 7, r.below(2) == 0, r.below(2) == 0};
      const auto [first, last] = zset.ranks(range);
      std::size_t below = 0, inside = 0;
      for (const auto& [s, member] : model) {
        if (range.min_exclusive ? s <= range.min : s < range.min) below++;
        else if (range.max_exclusive ? s < range.max : s <= range.max) inside++;
      }
      CHECK_EQ(first, below);
      CHECK_EQ(last - first, inside);
      const std::size_t start = r.below(model.size());
      auto at = std::next(model.begin(), static_cast<std::ptrdiff_t>(start));
      zset.walk(start, true, [&](ScoredMember e) { CHECK_EQ(std::string(e.member), at->second); ++at; return at != model.end(); });
    }
  }
}

TEST("keyspace hash and set agree with the standard ones across their encodings") {
  Random r{7};
  Hash hash;
  Set set;
  std::map<std::string, std::string> fields;
  std::set<std::string> members;
  for (int i = 0; i < 30000; i++) {
    const std::string f = text_of(r, 700), v = text_of(r, 1000000), m = i < 5000 ? std::to_string(r.below(300)) : text_of(r, 400);
    if (r.below(3) != 0) {
      CHECK_EQ(hash.set(f, v), !fields.contains(f));
      fields[f] = v;
      CHECK_EQ(set.add(m), members.insert(m).second);
    } else {
      CHECK_EQ(hash.erase(f), fields.erase(f) == 1);
      CHECK_EQ(set.erase(m), members.erase(m) == 1);
    }
    CHECK_EQ(hash.size(), fields.size());
    CHECK_EQ(set.size(), members.size());
    CHECK_EQ(set.contains(m), members.contains(m));
  }
  std::map<std::string, std::string> seen;
  hash.each([&](std::string_view f, std::string_view v) { seen.emplace(f, v); });
  CHECK(seen == fields);
}

TEST("keyspace values survive serialization, and damaged bytes are refused") {
  Value zset = Value::make(ValueType::kZset);
  for (int i = 0; i < 300; i++) zset.zset().set("m" + std::to_string(i), i * 0.5);
  Value text = Value::string("hello"), number = Value::string("-42");
  for (const Value* v : {&zset, &text, &number}) {
    ByteWriter w;
    v->serialize(w);
    ByteReader reader(w.span());
    Value back;
    CHECK(Value::deserialize(reader, &back));
    CHECK_EQ(back.size(), v->size());
    CHECK_EQ(std::string(back.encoding()), std::string(v->encoding()));
    for (std::size_t cut = 0; cut < w.size(); cut += 7) {
      ByteReader shorter(w.data(), cut);
      Value broken;
      CHECK(!Value::deserialize(shorter, &broken));
    }
  }
}
