#include "vector_set.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <unordered_map>

#include "random.h"

namespace orrery::keyspace {

namespace hnsw = index::hnsw;

namespace {
std::atomic<std::uint64_t> next_uid{0};

/// The rows of a Walsh-Hadamard matrix over `vector`: signs by the parity of the bits that the two indexes share. It needs no randomness, so every
/// server reduces alike.
std::vector<float> reduce(std::span<const float> vector, std::uint32_t dimensions) {
  std::vector<float> out(dimensions);
  const float scale = 1.0f / std::sqrt(static_cast<float>(vector.size()));
  for (std::uint32_t i = 0; i < dimensions; i++) {
    float sum = 0;
    for (std::uint32_t j = 0; j < vector.size(); j++) sum += (std::popcount(i & j) & 1) != 0 ? -vector[j] : vector[j];
    out[i] = sum * scale;
  }
  return out;
}
}  // namespace

VectorSet::VectorSet(const Shape& shape) : shape_(shape), uid_(next_uid.fetch_add(1, std::memory_order_relaxed)) {}
VectorSet::~VectorSet() { used_memory().fetch_sub(graph_bytes_, std::memory_order_relaxed); }

const VectorSet::Element* VectorSet::find(std::string_view name) const {
  const auto at = names_.find(name);
  return at == names_.end() ? nullptr : &elements_[at->second];
}

/// Normalizes and quantizes.
void VectorSet::keep(Element& element, std::span<const float> vector) const {
  double sum = 0;
  for (const float v : vector) sum += double{v} * v;
  element.norm = static_cast<float>(std::sqrt(sum));
  element.range = 0;
  element.values.assign(places(), 0);
  if (shape_.quantization == VectorQuantization::kBinary) {
    std::vector<std::uint32_t> words(places(), 0);
    for (std::size_t i = 0; i < vector.size(); i++) words[i / 32] |= std::uint32_t{vector[i] > 0} << (i % 32);
    std::memcpy(element.values.data(), words.data(), words.size() * sizeof(std::uint32_t));
    return;
  }
  const float scale = element.norm > 0 ? 1 / element.norm : 0;
  for (std::size_t i = 0; i < vector.size(); i++) element.values[i] = vector[i] * scale;
  if (shape_.quantization == VectorQuantization::kNone) return;
  for (const float v : element.values) element.range = std::max(element.range, std::fabs(v));
  if (element.range == 0) return;
  for (float& v : element.values) v = std::round(v * (127 / element.range)) * (element.range / 127);
}

std::vector<float> VectorSet::query_of(std::span<const float> vector) const {
  Element kept;
  if (vector.size() == shape_.dimensions) keep(kept, vector);
  else keep(kept, reduce(vector, shape_.dimensions));
  return {kept.values.begin(), kept.values.end()};
}

bool VectorSet::set(std::string_view name, std::span<const float> vector, std::uint32_t effort, const std::string_view* attributes) {
  const auto known = names_.find(name);
  const bool added = known == names_.end();
  std::uint32_t slot;
  if (added) {
    slot = take_slot();
    const auto at = names_.emplace(std::string(name), slot).first;
    Element& e = elements_[slot];
    e.name = &at->first;
    e.place = static_cast<std::uint32_t>(order_.size());
    order_.push_back(slot);
  } else {
    slot = known->second;
    unlink(slot);
  }
  Element& e = elements_[slot];
  if (shape_.is_reduced()) keep(e, reduce(vector, shape_.dimensions));
  else keep(e, vector);
  e.row = next_row_++;
  if (attributes != nullptr) set_attributes(name, *attributes);
  link(slot, effort);
  return added;
}

bool VectorSet::erase(std::string_view name) {
  const auto known = names_.find(name);
  if (known == names_.end()) return false;
  const std::uint32_t slot = known->second;
  unlink(slot);
  Element& e = elements_[slot];
  if (e.attributes.size() > 0) attribute_count_--;
  const std::uint32_t last = order_.back();
  order_[e.place] = last;
  elements_[last].place = e.place;
  order_.pop_back();
  e = Element{};
  free_.push_back(slot);
  names_.erase(known);
  return true;
}

bool VectorSet::set_attributes(std::string_view name, std::string_view attributes) {
  const auto known = names_.find(name);
  if (known == names_.end()) return false;
  Element& e = elements_[known->second];
  attribute_count_ += attributes.empty() ? 0 : 1;
  attribute_count_ -= e.attributes.size() > 0 ? 1 : 0;
  if (attributes.empty()) e.attributes = Blob{};
  else e.attributes.assign(attributes);
  return true;
}

std::uint32_t VectorSet::take_slot() {
  if (free_.empty()) {
    elements_.emplace_back();
    return static_cast<std::uint32_t>(elements_.size() - 1);
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  return slot;
}

std::unique_ptr<hnsw::Graph> VectorSet::make_graph() const {
  hnsw::Options options;
  const bool binary = shape_.quantization == VectorQuantization::kBinary;
  options.metric = binary ? index::Metric::kHamming : index::Metric::kInnerProduct;
  options.dimensions = static_cast<std::uint32_t>(places());
  options.m = std::min(shape_.m, hnsw::kMaxM);
  options.ef_construction = kDefaultBuildEffort;
  options.quantization = shape_.quantization == VectorQuantization::kInt8 ? hnsw::Quantization::kInt8 : hnsw::Quantization::kNone;
  return std::make_unique<hnsw::Graph>(options);
}

void VectorSet::count_graph() {
  const std::int64_t bytes = graph_ == nullptr ? 0 : static_cast<std::int64_t>(graph_->facts().bytes);
  used_memory().fetch_add(bytes - graph_bytes_, std::memory_order_relaxed);
  graph_bytes_ = bytes;
}

void VectorSet::link(std::uint32_t slot, std::uint32_t effort) {
  const auto insert = [&](std::uint32_t s, std::uint32_t ef) {
    const Element& e = elements_[s];
    const Status status = graph_->insert({e.row, s, e.values.data()}, ef);
    ORRERY_ASSERT(status.is_ok());  // slots are 32 bits, and so many elements need more memory than there is
  };
  if (graph_ != nullptr) {
    insert(slot, effort);
  } else if (order_.size() > kGraphFrom) {
    graph_ = make_graph();
    for (const std::uint32_t s : order_) insert(s, s == slot ? effort : kDefaultBuildEffort);
  }
  count_graph();
}

void VectorSet::unlink(std::uint32_t slot) {
  if (graph_ == nullptr) return;
  graph_->remove(elements_[slot].row, slot);
  // Repairing walks all nodes, so it waits until it is worth that.
  if (graph_->removed_count() > std::max<std::size_t>(64, size() / 4)) graph_->repair();
  count_graph();
}

double VectorSet::similarity_of(float distance) const noexcept {
  if (shape_.quantization == VectorQuantization::kBinary) return 1 - double{distance} / shape_.dimensions;
  return std::clamp((1 - double{distance}) / 2, 0.0, 1.0);
}

double VectorSet::similarity(const float* a, const float* b) const noexcept {
  if (shape_.quantization == VectorQuantization::kBinary)
    return similarity_of(static_cast<float>(kernels::bit_kernels().hamming(a, b, places())));
  return similarity_of(-kernels::distance_kernels().inner_product(a, b, places()));
}

std::vector<VectorSet::Match> VectorSet::search(std::span<const float> query, std::size_t count, std::uint32_t effort, bool exact,
                                                const std::function<bool(const Element&)>& accept) const {
  std::vector<Match> found;
  count = std::min(count, size());
  if (graph_ == nullptr || exact) {
    for (const std::uint32_t slot : order_) {
      const Element& e = elements_[slot];
      if (!accept || accept(e)) found.push_back({&e, similarity(query.data(), e.values.data())});
    }
    const auto nearer = [](const Match& a, const Match& b) { return a.similarity != b.similarity ? a.similarity > b.similarity : a.element->row < b.element->row; };
    count = std::min(count, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(), nearer);
    found.resize(count);
    return found;
  }
  hnsw::Accept wanted;
  if (accept) wanted = [&](std::uint64_t, std::uint32_t slot) { return accept(elements_[slot]); };
  const auto beam = static_cast<std::uint32_t>(std::clamp<std::size_t>(std::max<std::size_t>(effort, count), 1, size()));
  hnsw::Scan scan(*graph_, query.data(), beam, std::move(wanted), static_cast<bool>(accept));
  hnsw::Hit hit;
  while (found.size() < count && scan.next(hit)) found.push_back({&elements_[hit.slot], similarity_of(hit.distance)});
  return found;
}

std::vector<float> VectorSet::vector_of(const Element& element) const {
  std::vector<float> out(shape_.dimensions);
  for (std::size_t i = 0; i < out.size(); i++) {
    if (shape_.quantization == VectorQuantization::kBinary) out[i] = (std::bit_cast<std::uint32_t>(element.values[i / 32]) >> (i % 32) & 1) != 0 ? 1.0f : -1.0f;
    else out[i] = element.values[i] * element.norm;
  }
  return out;
}

std::string VectorSet::raw_of(const Element& element) const {
  if (shape_.quantization == VectorQuantization::kInt8) {
    std::string out(shape_.dimensions, '\0');
    for (std::size_t i = 0; i < out.size(); i++)
      if (element.range > 0) out[i] = static_cast<char>(static_cast<std::int8_t>(std::lround(element.values[i] * (127 / element.range))));
    return out;
  }
  std::string out(reinterpret_cast<const char*>(element.values.data()), element.values.size() * sizeof(float));
  if (shape_.quantization == VectorQuantization::kBinary) out.resize((out.size() + 7) / 8 * 8, '\0');
  return out;
}

unsigned VectorSet::level_of(const Element& element) const { return graph_ == nullptr ? 0 : graph_->level_of(element.row, order_[element.place]); }
std::uint32_t VectorSet::max_level() const {
  const auto levels = graph_ == nullptr ? 0 : graph_->facts().levels;
  return levels == 0 ? 0 : static_cast<std::uint32_t>(levels - 1);
}

void VectorSet::neighbors(const Element& element, const std::function<void(unsigned, const Element&, double)>& visit) const {
  const auto tell = [&](unsigned level, const Element& e) { visit(level, e, similarity(element.values.data(), e.values.data())); };
  if (graph_ != nullptr) {
    graph_->neighbors(element.row, order_[element.place], [&](unsigned level, std::uint32_t slot) { tell(level, elements_[slot]); });
    return;
  }
  // Without a graph: the nearest ones, as many as a node would have.
  for (const Match& m : search({element.values.data(), element.values.size()}, std::min<std::size_t>(2 * shape_.m, size() - 1) + 1, 1, true, {}))
    if (m.element != &element) tell(0, *m.element);
}

const VectorSet::Element& VectorSet::random() const { return elements_[order_[random_below(order_.size())]]; }

void VectorSet::range(const std::string_view* from, bool strict, const std::function<bool(const Element&)>& visit) const {
  auto at = from == nullptr ? names_.begin() : strict ? names_.upper_bound(*from) : names_.lower_bound(*from);
  for (; at != names_.end(); ++at)
    if (!visit(elements_[at->second])) return;
}

std::size_t VectorSet::memory() const {
  std::size_t total = sizeof(VectorSet) + elements_.capacity() * sizeof(Element) + (order_.capacity() + free_.capacity()) * sizeof(std::uint32_t);
  for (const std::uint32_t slot : order_) {
    const Element& e = elements_[slot];
    total += 96 + e.name->capacity() + e.attributes.memory() + e.values.capacity() * sizeof(float);
  }
  return total + static_cast<std::size_t>(graph_bytes_);
}

void VectorSet::serialize(ByteWriter& out) const {
  out.u32(shape_.input);
  out.u32(shape_.dimensions);
  out.u8(static_cast<std::uint8_t>(shape_.quantization));
  out.u32(shape_.m);
  out.u64(next_row_);
  out.varint(size());
  for (const std::uint32_t slot : order_) {
    const Element& e = elements_[slot];
    out.string(*e.name);
    out.string(e.attributes.view());
    out.u64(e.row);
    out.raw(&e.norm, sizeof e.norm);
    out.raw(&e.range, sizeof e.range);
    if (shape_.quantization == VectorQuantization::kInt8) {
      const std::string codes = raw_of(e);
      out.raw(codes.data(), codes.size());
    } else {
      out.raw(e.values.data(), e.values.size() * sizeof(float));
    }
  }
  ByteWriter image;
  if (graph_ != nullptr) graph_->save(image, {});
  out.string({reinterpret_cast<const char*>(image.data()), image.size()});
}

std::unique_ptr<VectorSet> VectorSet::deserialize(ByteReader& in) {
  Shape shape;
  shape.input = in.u32();
  shape.dimensions = in.u32();
  shape.quantization = static_cast<VectorQuantization>(in.u8());
  shape.m = in.u32();
  if (!in.ok() || !shape.is_valid()) return nullptr;
  auto set = std::make_unique<VectorSet>(shape);
  set->next_row_ = in.u64();
  const std::uint64_t count = in.varint();
  std::unordered_map<std::uint64_t, std::uint32_t> rows;
  for (std::uint64_t i = 0; i < count && in.ok(); i++) {
    const std::string_view name = in.string(), attributes = in.string();
    Element e;
    e.row = in.u64();
    const std::string_view lengths = in.raw(2 * sizeof(float));
    const bool int8 = shape.quantization == VectorQuantization::kInt8;
    const std::string_view bytes = in.raw(int8 ? shape.dimensions : set->places() * sizeof(float));
    const auto slot = static_cast<std::uint32_t>(i);
    if (!in.ok() || e.row == 0 || e.row >= set->next_row_ || !rows.emplace(e.row, slot).second) return nullptr;
    std::memcpy(&e.norm, lengths.data(), sizeof e.norm);
    std::memcpy(&e.range, lengths.data() + sizeof e.norm, sizeof e.range);
    e.values.resize(set->places());
    if (int8)
      for (std::size_t d = 0; d < bytes.size(); d++) e.values[d] = static_cast<float>(static_cast<std::int8_t>(bytes[d])) * (e.range / 127);
    else
      std::memcpy(e.values.data(), bytes.data(), bytes.size());
    const auto [at, fresh] = set->names_.emplace(std::string(name), slot);
    if (!fresh) return nullptr;
    e.name = &at->first;
    e.place = slot;
    if (!attributes.empty()) {
      e.attributes.assign(attributes);
      set->attribute_count_++;
    }
    set->elements_.push_back(std::move(e));
    set->order_.push_back(slot);
  }
  const std::string_view image = in.string();
  if (!in.ok() || count == 0 || set->size() != count) return nullptr;
  if (!image.empty()) {
    set->graph_ = set->make_graph();
    ByteReader bytes(reinterpret_cast<const std::uint8_t*>(image.data()), image.size());
    const auto locate = [&](std::uint64_t row, hnsw::Item* item) {
      const auto at = rows.find(row);
      if (at == rows.end()) return false;
      *item = {row, at->second, set->elements_[at->second].values.data()};
      return true;
    };
    // An image that lacks an element would hide it from searches for ever.
    if (!set->graph_->load(bytes, locate).is_ok() || set->graph_->facts().nodes != count) return nullptr;
    set->count_graph();
  } else if (count > kGraphFrom) {
    return nullptr;
  }
  return set;
}

}  // namespace orrery::keyspace
