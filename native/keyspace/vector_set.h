// vector_set.h: a vector set (Redis 8): named elements with a vector each and optional JSON attributes, found by likeness.
//
// Vectors are kept normalized; likeness is that of directions. A small set is searched by comparing all of its elements; a larger one has an HNSW
// graph (native/index/hnsw), the same code that SQL's indexes use. What is kept of a vector:
//  - f32: float32[dimensions];
//  - q8: float32[dimensions] of what 8-bit integers stand for, so that an answer does not depend on how it was found; the graph walks by int8 codes;
//  - bin: its signs, 32 to a float32 place, compared by how many differ.
//
// Invariants
//  1. `order_` names each slot in use once, and an element's `place` is where. Slots of removed elements are used again; row ids are not.
//  2. With a graph, it holds exactly the elements' (row, slot), and reads `values` where they lie: they move only when the element goes.
// Threads: none of its own; the shard's latch guards it. Serialized form: docs/formats/keyspace.md.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../core/bytes.h"
#include "../index/hnsw/hnsw.h"
#include "blob.h"
#include "counted.h"

namespace orrery::keyspace {

enum class VectorQuantization : std::uint8_t { kNone = 0, kInt8 = 1, kBinary = 2 };  // on disk

class VectorSet {
 public:
  static constexpr std::uint32_t kMaxDimensions = 1u << 16;
  static constexpr std::uint32_t kDefaultM = 16, kMinM = 4, kMaxM = 4096;
  static constexpr std::uint32_t kDefaultBuildEffort = 200, kDefaultSearchEffort = 100, kMaxEffort = 1000000;

  struct Shape {
    std::uint32_t input = 0;       // dimensions of what clients give
    std::uint32_t dimensions = 0;  // of what is kept: fewer than `input` with REDUCE
    VectorQuantization quantization = VectorQuantization::kInt8;
    std::uint32_t m = kDefaultM;
    bool is_reduced() const noexcept { return input != dimensions; }
    bool is_valid() const noexcept {
      return dimensions >= 1 && dimensions <= input && input <= kMaxDimensions && quantization <= VectorQuantization::kBinary && m >= kMinM && m <= kMaxM;
    }
    bool operator==(const Shape&) const = default;
  };
  struct Element {
    const std::string* name = nullptr;  // nullptr: the slot is free
    Blob attributes;                    // empty: none
    CountedVector<float> values;
    std::uint64_t row = 0;
    std::uint32_t place = 0;
    float norm = 0;   // length before normalization
    float range = 0;  // q8: what 127 stands for
  };
  struct Match {
    const Element* element;
    double similarity;  // 1: same direction, 0: opposite
  };

  explicit VectorSet(const Shape& shape);
  ~VectorSet();
  VectorSet(const VectorSet&) = delete;
  VectorSet& operator=(const VectorSet&) = delete;

  const Shape& shape() const noexcept { return shape_; }
  std::size_t size() const noexcept { return order_.size(); }
  std::size_t attribute_count() const noexcept { return attribute_count_; }
  std::uint64_t uid() const noexcept { return uid_; }
  std::uint64_t last_row() const noexcept { return next_row_ - 1; }
  std::uint32_t max_level() const;

  const Element* find(std::string_view name) const;
  /// Adds an element or replaces its vector; true: added. `vector`: float32[input], finite. `attributes`: nullptr leaves them, "" takes them away.
  bool set(std::string_view name, std::span<const float> vector, std::uint32_t effort, const std::string_view* attributes);
  bool erase(std::string_view name);
  /// False: no such element.
  bool set_attributes(std::string_view name, std::string_view attributes);

  /// What is kept of a query: float32[input] or, when it is reduced already, float32[dimensions].
  std::vector<float> query_of(std::span<const float> vector) const;
  /// At most `count` elements that `accept` (may be empty) takes, nearest first.
  std::vector<Match> search(std::span<const float> query, std::size_t count, std::uint32_t effort, bool exact, const std::function<bool(const Element&)>& accept) const;
  /// An element's vector as clients gave it, as far as it was kept (reduced ones: reduced); signs for bin.
  std::vector<float> vector_of(const Element& element) const;
  /// The bytes behind VEMB RAW: floats, 8-bit integers or a bitmap of 64-bit words.
  std::string raw_of(const Element& element) const;
  /// Calls visit(level, neighbor, similarity) from the element's top level down.
  void neighbors(const Element& element, const std::function<void(unsigned, const Element&, double)>& visit) const;
  unsigned level_of(const Element& element) const;

  const Element& random() const;
  const Element& at(std::size_t place) const noexcept { return elements_[order_[place]]; }
  /// In the order of names from `from` on (`strict`: behind it), until visit is false.
  void range(const std::string_view* from, bool strict, const std::function<bool(const Element&)>& visit) const;

  std::size_t memory() const;
  void serialize(ByteWriter& out) const;
  static std::unique_ptr<VectorSet> deserialize(ByteReader& in);

 private:
  /// Below so many elements comparing all is as fast as a graph, and needs none.
  static constexpr std::size_t kGraphFrom = 128;
  std::size_t places() const noexcept { return shape_.quantization == VectorQuantization::kBinary ? (shape_.dimensions + 31) / 32 : shape_.dimensions; }
  double similarity(const float* a, const float* b) const noexcept;
  double similarity_of(float graph_distance) const noexcept;
  void keep(Element& element, std::span<const float> vector) const;
  std::uint32_t take_slot();
  void link(std::uint32_t slot, std::uint32_t effort);
  void unlink(std::uint32_t slot);
  std::unique_ptr<index::hnsw::Graph> make_graph() const;
  void count_graph();

  const Shape shape_;
  const std::uint64_t uid_;
  std::uint64_t next_row_ = 1;
  std::size_t attribute_count_ = 0;
  CountedMap<std::string, std::uint32_t> names_;
  CountedVector<Element> elements_;      // by slot
  CountedVector<std::uint32_t> order_;   // slots in use
  CountedVector<std::uint32_t> free_;
  std::unique_ptr<index::hnsw::Graph> graph_;
  std::int64_t graph_bytes_ = 0;         // as counted in used_memory()
};

}  // namespace orrery::keyspace
