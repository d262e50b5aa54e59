// Values against the standard containers: random operations, every answer compared.
#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>

#include "../keyspace/crc64.h"
#include "../keyspace/listpack.h"
#include "../keyspace/rdb_value.h"
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

TEST("keyspace list: dropping and removing many agree with std::deque, and shared nodes stay as they were") {
  Random r{7};
  List list;
  std::deque<std::string> model;
  std::vector<Packed> shared;
  std::vector<std::string> then;
  const auto check_shared = [&] {
    std::size_t at = 0;
    for (const Packed& node : shared)
      for (std::size_t p = 0; p < node.end(); p = node.next(p)) CHECK_EQ(std::string(node.at(p)), then.at(at++));
    CHECK_EQ(at, then.size());
  };
  for (int i = 0; i < 4000; i++) {
    for (int k = 0; k < 20; k++) {
      const std::string v = std::to_string(r.below(7)) + std::string(r.below(60), 'x').substr(0, r.below(2) * 60);
      const bool front = r.below(2) == 0;
      list.push(front, v);
      if (front) model.push_front(v);
      else model.push_back(v);
    }
    switch (r.below(8)) {
      case 0: {
        const bool front = r.below(2) == 0;
        const std::size_t count = r.below(std::min<std::size_t>(model.size(), 60) + 1);
        list.drop(front, count);
        if (front) model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(count));
        else model.erase(model.end() - static_cast<std::ptrdiff_t>(count), model.end());
        break;
      }
      case 1: {
        const auto count = static_cast<std::int64_t>(r.below(11)) - 5;
        const std::string v = std::to_string(r.below(7));
        std::size_t left = count == 0 ? model.size() : static_cast<std::size_t>(std::abs(count)), removed = 0;
        for (std::size_t k = 0; k < model.size() && left > 0;) {
          const std::size_t at = count >= 0 ? k : model.size() - 1 - k;
          if (model[at] != v) {
            k++;
            continue;
          }
          model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
          left--;
          removed++;
        }
        CHECK_EQ(list.remove(count, v), removed);
        break;
      }
      case 2:
        if (r.below(10) != 0) break;
        check_shared();
        shared = list.share_nodes();
        then.assign(model.begin(), model.end());
        break;
      case 3: {
        const std::size_t at = r.below(model.size());
        list.set(at, "set"), model[at] = "set";
        break;
      }
      case 4: {
        const std::size_t at = r.below(model.size());
        list.insert(at, "inserted"), model.insert(model.begin() + static_cast<std::ptrdiff_t>(at), "inserted");
        break;
      }
      default: break;
    }
    CHECK_EQ(list.size(), model.size());
    if (list.size() > 3000) {
      list.drop(true, 2000);
      model.erase(model.begin(), model.begin() + 2000);
    }
  }
  check_shared();
  std::size_t at = 0;
  list.walk(0, true, [&](std::size_t, std::string_view v) { CHECK_EQ(std::string(v), model[at++]); return true; });
  CHECK_EQ(at, model.size());
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

TEST("keyspace integers of every width agree with std::set") {
  Random r{11};
  for (const int bits : {15, 31, 63, 64}) {
    IntSet set;
    std::set<std::int64_t> model;
    for (int i = 0; i < 3000; i++) {
      // Mostly narrow values: the first wide one widens those that are there.
      const int width = r.below(40) == 0 ? bits : 8;
      const auto v = static_cast<std::int64_t>((r.below(1u << 31) << 33) ^ (r.below(1u << 31) << 16) ^ r.below(1u << 31)) >> (64 - width);
      if (r.below(3) != 0) CHECK_EQ(set.add(v), model.insert(v).second);
      else CHECK_EQ(set.erase(v), model.erase(v) == 1);
      CHECK_EQ(set.contains(v), model.contains(v));
      CHECK_EQ(set.size(), model.size());
    }
    std::size_t at = 0;
    for (const std::int64_t v : model) CHECK_EQ(set[at++], v);
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

TEST("keyspace: a hash with times in a listpack, as Redis 7.4 dumps small ones, keeps them") {
  Listpack lp(64);
  for (const std::string_view text : {"a", "1", "0", "b", "2", "4000000000000"}) lp.append(text);
  std::string payload(1, 25);
  payload.append(8, '\0');
  rdb_write_string(payload, lp.bytes());
  payload.append("\x0c\0", 2);
  const std::uint64_t checksum = crc64(0, payload);
  payload.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  Value value;
  CHECK(rdb_payload_intact(payload));
  CHECK(rdb_restore(payload, &value));
  CHECK(value.size() == 2);
  CHECK(value.hash().time_of("a") == 0);
  CHECK(value.hash().time_of("b") == 4000000000000);
}
