// Vector sets without a server: what is written is what is read, damage is refused, answers of a graph are those of comparing all.
#include <random>

#include "../keyspace/ordered_keys.h"
#include "../keyspace/value.h"
#include "../keyspace/vector_set.h"
#include "check.h"

using namespace orrery;
using namespace orrery::keyspace;

namespace {

std::vector<float> random_vector(std::mt19937& random, std::size_t dimensions) {
  std::normal_distribution<float> normal;
  std::vector<float> v(dimensions);
  for (float& x : v) x = normal(random);
  return v;
}

std::unique_ptr<VectorSet> make_set(VectorQuantization quantization, std::size_t count, std::mt19937& random) {
  auto set = std::make_unique<VectorSet>(VectorSet::Shape{24, 24, quantization, 8});
  const std::string_view attributes = "{\"n\":1}";
  for (std::size_t i = 0; i < count; i++) set->set("e" + std::to_string(i), random_vector(random, 24), 100, i % 3 == 0 ? &attributes : nullptr);
  for (std::size_t i = 0; i < count; i += 4) CHECK(set->erase("e" + std::to_string(i)));
  for (std::size_t i = 1; i < count; i += 8) CHECK(!set->set("e" + std::to_string(i), random_vector(random, 24), 100, nullptr));
  return set;
}

std::vector<std::string> names(const std::vector<VectorSet::Match>& matches) {
  std::vector<std::string> out;
  for (const auto& m : matches) out.push_back(*m.element->name);
  return out;
}

}  // namespace

TEST("vector sets: serialized and back they answer alike, with and without a graph") {
  std::mt19937 random(1);
  for (const auto quantization : {VectorQuantization::kNone, VectorQuantization::kInt8, VectorQuantization::kBinary})
    for (const std::size_t count : {1, 40, 900}) {
      Value value = Value::vector_set(make_set(quantization, count + 1, random));
      ByteWriter out;
      value.serialize(out);
      ByteReader in(out.span());
      Value copy;
      CHECK(Value::deserialize(in, &copy));
      CHECK(in.remaining() == 0);
      CHECK(copy.size() == value.size());
      CHECK(copy.vectors().attribute_count() == value.vectors().attribute_count());
      for (int i = 0; i < 10; i++) {
        const auto query = value.vectors().query_of(random_vector(random, 24));
        CHECK(names(value.vectors().search(query, 10, 100, false, {})) == names(copy.vectors().search(query, 10, 100, false, {})));
      }
      // Both go on as sets of their own.
      CHECK(copy.vectors().set("new", random_vector(random, 24), 50, nullptr));
      CHECK(copy.size() == value.size() + 1);
    }
}

TEST("vector sets: damaged bytes are refused or read, never trusted") {
  std::mt19937 random(2);
  Value value = Value::vector_set(make_set(VectorQuantization::kInt8, 300, random));
  ByteWriter out;
  value.serialize(out);
  for (int round = 0; round < 300; round++) {
    std::vector<std::uint8_t> bytes(out.span().begin(), out.span().end());
    if (round % 3 == 0) bytes.resize(random() % bytes.size());
    for (int flips = 0; flips < 3 && !bytes.empty(); flips++) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    ByteReader in(bytes);
    Value copy;
    if (!Value::deserialize(in, &copy) || copy.type() != ValueType::kVectorSet) continue;
    const auto query = copy.vectors().query_of(random_vector(random, copy.vectors().shape().dimensions));
    copy.vectors().search(query, 5, 50, false, {});
    copy.vectors().set("more", random_vector(random, copy.vectors().shape().input), 50, nullptr);
  }
}

TEST("vector sets: a graph finds what comparing all finds, filtered too") {
  std::mt19937 random(3);
  for (const auto quantization : {VectorQuantization::kNone, VectorQuantization::kInt8}) {
    const auto set = make_set(quantization, 2000, random);
    std::size_t same = 0;
    for (int i = 0; i < 40; i++) {
      const auto query = set->query_of(random_vector(random, 24));
      const auto exact = names(set->search(query, 10, 100, true, {})), walked = names(set->search(query, 10, 200, false, {}));
      for (const std::string& n : exact) same += static_cast<std::size_t>(std::count(walked.begin(), walked.end(), n));
      const auto rare = set->search(query, 7, 50, false, [](const VectorSet::Element& e) { return e.name->ends_with("99"); });
      CHECK(rare.size() == 7);
    }
    CHECK(same >= 392);  // of 400
  }
}

TEST("vector sets: memory is counted and given back") {
  std::mt19937 random(4);
  const std::int64_t before = used_memory().load();
  {
    const auto set = make_set(VectorQuantization::kNone, 500, random);
    CHECK(used_memory().load() - before > 375 * 24 * 4);
    CHECK(static_cast<std::int64_t>(set->memory()) > 375 * 24 * 4);
  }
  CHECK(used_memory().load() == before);
}

TEST("ordered keys: text that is not UTF-8 is replaced as a decoder of the web does it") {
  CHECK(!replaced_text("").has_value());
  CHECK(!replaced_text("key:\xc3\xa9\xe6\x97\xa5\xf0\x9d\x84\x9e").has_value());
  CHECK(replaced_text("a\xff") == "a\xef\xbf\xbd");
  CHECK(replaced_text("\xc3(") == "\xef\xbf\xbd(");
  CHECK(replaced_text("\xf0\x9d\x84") == "\xef\xbf\xbd");                                // one part, cut short
  CHECK(replaced_text("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");        // a surrogate: no part of it begins one
  CHECK(replaced_text("\xf0\x9d\x84 \xe6") == "\xef\xbf\xbd \xef\xbf\xbd");
}
