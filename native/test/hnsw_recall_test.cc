// hnsw_recall_test.cc: what a graph is said to find is what it finds.
#include <cmath>

#include "../index/hnsw/recall.h"
#include "check.h"
#include "hnsw_test_data.h"

namespace {
using namespace orrery;
using namespace orrery::test;
using namespace orrery::index::hnsw;

TEST("hnsw recall: rises with the effort, and is what a comparison of all says") {
  const Vectors v = random_vectors(4000, 24, 7);
  Options options;
  options.dimensions = v.dimensions;
  options.m = 6;  // so thin that a small effort misses something
  options.ef_construction = 24;
  Graph graph(options);
  for (const Item& item : items_of(v)) CHECK(graph.insert(item).is_ok());

  const RecallProfile profile = measure_profile(graph, 100, 2, nullptr);
  CHECK(profile.is_measured());
  CHECK_EQ(profile.nodes, std::uint64_t{4000});
  CHECK(profile.points.front().at_10 < 0.95f);
  CHECK(profile.points.back().at_10 > 0.99f);
  for (std::size_t i = 1; i < profile.points.size(); i++) CHECK(profile.points[i].at_10 >= profile.points[i - 1].at_10 - 0.02f);
  for (const auto& p : profile.points) {
    const double again = measure_recall(graph, p.ef, 10, 400, 1);  // other queries
    CHECK(std::abs(again - static_cast<double>(p.at_10)) < 0.05);
  }

  const std::uint32_t some = profile.effort(0.9, 10), most = profile.effort(0.99, 10);
  CHECK(some < most);
  CHECK(measure_recall(graph, some, 10, 400, 1) > 0.88);
  CHECK(measure_recall(graph, most, 10, 400, 1) > 0.98);
  CHECK(profile.effort(0.9, 300) >= 300u);
  CHECK_EQ(RecallProfile{}.effort(0.9, 10), std::uint32_t{RecallProfile::kMaxEffort});

  ByteWriter bytes;
  profile.write(bytes);
  ByteReader in(bytes.span());
  RecallProfile copy;
  CHECK(RecallProfile::read(in, &copy));
  CHECK_EQ(copy.points.size(), profile.points.size());
  CHECK_EQ(copy.effort(0.99, 10), most);
  ByteReader torn(bytes.span().first(bytes.size() - 3));
  CHECK(!RecallProfile::read(torn, &copy));
}

TEST("hnsw recall: of a graph with next to nothing in it") {
  Options options;
  options.dimensions = 4;
  const Vectors v = random_vectors(5, 4, 1);
  Graph graph(options);
  CHECK(std::isnan(measure_recall(graph, 10, 10, 10, 1)));
  for (const Item& item : items_of(v)) CHECK(graph.insert(item).is_ok());
  CHECK_EQ(measure_recall(graph, 10, 10, 10, 1), 1.0);
  CHECK(!measure_profile(graph, 100, 1, nullptr).is_measured());
}

}  // namespace
