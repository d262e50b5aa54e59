// codes_test.cc: short forms of vectors: how far their distances may be from the vectors' own, walks by codes.
#include <cmath>
#include <thread>

#include "check.h"
#include "hnsw_test_data.h"

namespace {
using namespace orrery;
using namespace orrery::test;
using index::Metric;
using index::hnsw::Graph;
using index::hnsw::Options;
using index::hnsw::Quantization;
using index::hnsw::Quantizer;

constexpr Quantization kAll[] = {Quantization::kF16, Quantization::kBf16, Quantization::kInt8, Quantization::kBinary};
}  // namespace

TEST("codes: distances are those of the vectors, nearly") {
  const Vectors v = random_vectors(100, 70, 4);
  for (const Quantization quantization : {Quantization::kF16, Quantization::kBf16, Quantization::kInt8})
    for (const Metric metric : {Metric::kL2, Metric::kInnerProduct, Metric::kCosine}) {
      const Quantizer quantizer(quantization, metric, 70);
      std::vector<std::uint8_t> a(quantizer.code_bytes() + 16), b(quantizer.code_bytes() + 16);
      std::uint8_t* x = a.data() + (16 - reinterpret_cast<std::uintptr_t>(a.data()) % 16);
      std::uint8_t* y = b.data() + (16 - reinterpret_cast<std::uintptr_t>(b.data()) % 16);
      for (std::size_t i = 0; i + 1 < 100; i++) {
        quantizer.encode(v.at(i), x);
        quantizer.encode(v.at(i + 1), y);
        double exact = index::hnsw::sql_distance(metric, v.at(i), v.at(i + 1), 70);
        if (metric == Metric::kL2) exact *= exact;
        const double unit = metric == Metric::kCosine ? 1 : 70;
        CHECK(std::fabs(quantizer.distance(x, y) - exact) < unit * 0.02);
      }
    }
}

TEST("codes: vectors are not nearer than their codes allow, and codes allow little") {
  for (const Quantization quantization : kAll)
    for (const Metric metric : {Metric::kL2, Metric::kInnerProduct, Metric::kCosine})
      for (const std::uint32_t dimensions : {3u, 70u, 700u})
        for (const float scale : {1e-4f, 1.0f, 1000.0f}) {
          Vectors v = random_vectors(60, dimensions, 7);
          for (float& x : v.values) x *= scale;
          const Quantizer quantizer(quantization, metric, dimensions);
          std::vector<std::uint8_t> a(quantizer.code_bytes() + 16), b(quantizer.code_bytes() + 16);
          std::uint8_t* x = a.data() + (16 - reinterpret_cast<std::uintptr_t>(a.data()) % 16);
          std::uint8_t* y = b.data() + (16 - reinterpret_cast<std::uintptr_t>(b.data()) % 16);
          for (std::size_t i = 0; i < 60; i++)
            for (const std::size_t j : {(i + 1) % 60, i}) {
              quantizer.encode(v.at(i), x);
              quantizer.encode(v.at(j), y);
              double exact = index::hnsw::sql_distance(metric, v.at(i), v.at(j), dimensions);
              if (metric == Metric::kL2) exact *= exact;
              const float least = quantizer.at_least(quantizer.distance(x, y), x, y);
              if (quantization == Quantization::kBinary) {
                CHECK(std::isinf(least) && least < 0);
                continue;
              }
              const double unit = metric == Metric::kCosine ? 1 : static_cast<double>(scale) * scale * dimensions;
              CHECK(least <= exact + 1e-6 * unit);
              CHECK(least > exact - 0.25 * unit);
            }
        }
}

TEST("codes: a zero vector, huge and tiny values") {
  for (const Quantization quantization : kAll) {
    const Quantizer quantizer(quantization, Metric::kL2, 3);
    alignas(16) std::uint8_t x[256], y[256];
    const float zero[3] = {0, 0, 0}, tiny[3] = {1e-42f, -1e-42f, 0}, huge[3] = {3e38f, -3e38f, 1};
    for (const float* vector : {zero, tiny, huge}) {
      quantizer.encode(vector, x);
      quantizer.encode(zero, y);
      const float d = quantizer.distance(x, y);
      CHECK(d >= 0 || std::isnan(d));
    }
  }
}

TEST("codes: a walk by codes finds what a walk by vectors finds") {
  const Vectors v = clustered_vectors(1500, 32, 20, 6);
  const Vectors queries = clustered_vectors(60, 32, 20, 6);
  for (const Quantization quantization : kAll)
    for (const Metric metric : {Metric::kL2, Metric::kInnerProduct, Metric::kCosine}) {
      Options options{metric, 32, 16, 64};
      options.quantization = quantization;
      Graph graph(options);
      CHECK(graph.build(items_of(v), 2).is_ok());
      const bool is_rough = quantization == Quantization::kBinary;
      const Recall recall = recall_of(graph, v, queries, 10, is_rough ? 800 : 100, nullptr, false, every_row);
      CHECK_EQ(recall.fewest, 10u);
      if (!is_rough) CHECK(recall.average > 0.95);
      // Answers come in the order of the vectors' own distances.
      index::hnsw::Scan scan(graph, queries.at(0), 50, nullptr, false);
      const auto hits = take(scan, 10);
      for (std::size_t i = 1; i < hits.size(); i++) CHECK(hits[i - 1].distance <= hits[i].distance);

      ByteWriter image;
      graph.save(image, nullptr);
      CHECK(Graph::quantization_of(ByteReader(image.span())) == quantization);
      Graph loaded(options);
      ByteReader reader(image.span());
      CHECK(loaded.load(reader, [&](storage::RowId row, index::hnsw::Item* item) {
        *item = {row, static_cast<std::uint32_t>(row - 1), v.at(row - 1)};
        return true;
      }).is_ok());
      const Recall again = recall_of(loaded, v, queries, 10, is_rough ? 800 : 100, nullptr, false, every_row);
      CHECK(std::fabs(again.average - recall.average) < 0.02);
      Options other = options;
      other.quantization = Quantization::kNone;
      Graph wrong(other);
      ByteReader same(image.span());
      CHECK(!wrong.load(same, [](storage::RowId, index::hnsw::Item*) { return true; }).is_ok());
    }
}

TEST("threads: inserts, removals and scans of a quantized graph at once") {
  const Vectors v = random_vectors(2000, 24, 8);
  Options options{Metric::kCosine, 24, 8, 32};
  options.quantization = Quantization::kInt8;
  Graph graph(options);
  const auto items = items_of(v);
  CHECK(graph.build(std::span(items).first(1000), 2).is_ok());
  std::thread writer([&] { for (std::size_t i = 1000; i < 2000; i++) CHECK(graph.insert(items[i]).is_ok()); });
  std::thread remover([&] { for (std::size_t i = 0; i < 500; i++) graph.remove(items[i].row, items[i].slot); graph.repair(); });
  for (int i = 0; i < 200; i++) {
    index::hnsw::Scan scan(graph, v.at(static_cast<std::size_t>(i)), 20, nullptr, false);
    CHECK(take(scan, 5).size() == 5);
  }
  writer.join();
  remover.join();
}
