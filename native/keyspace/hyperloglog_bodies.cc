// hyperloglog_bodies.cc: PFADD, PFCOUNT, PFMERGE, PFDEBUG, PFSELFTEST.
#include <cmath>
#include <memory>

#include "bodies.h"
#include "context.h"
#include "hyperloglog.h"

namespace orrery::keyspace {
namespace {

constexpr const char* kCorrupt = "INVALIDOBJ Corrupted HLL object detected";

std::size_t sparse_max() { return limits().hll_sparse_max_bytes.load(std::memory_order_relaxed); }

/// The key's node, which is absent or a valid HyperLogLog; false after the error.
bool find_hll(Context& c, const Key& key, Node** n, bool read) {
  if (!c.find_typed(key, ValueType::kString, n, read)) return false;
  if (*n == nullptr) return true;
  char scratch[24];
  if (hll_is_valid((*n)->payload.value.text(scratch))) return true;
  c.reply.error("WRONGTYPE Key is not a valid HyperLogLog string value.");
  return false;
}

void log_whole(Context& c, const Key& key, Node* n) {
  c.effect(Effect::kSetString, key, [&](ByteWriter& w) {
    char scratch[24];
    w.i64(n->payload.expire_ms);
    w.string(n->payload.value.text(scratch));
  });
}
void log_range(Context& c, const Key& key, std::string_view bytes, std::size_t first, std::size_t length) {
  c.effect(Effect::kSetRange, key, [&](ByteWriter& w) {
    w.varint(first);
    w.string(bytes.substr(first, length));
  });
}

void pfadd(Context& c) {
  const Key key = c.key(1);
  Node* n;
  if (!find_hll(c, key, &n, false)) return;
  bool changed = n == nullptr;
  if (n == nullptr) {
    n = c.add(key, Value::string(""));
    n->payload.value.bytes().assign(hll_empty());
    log_whole(c, key, n);
  }
  Blob& blob = n->payload.value.bytes();
  if (!hll_is_sparse(blob.view())) {
    bool raised = false;
    for (std::size_t i = 2; i < c.argc(); i++) {
      std::size_t index;
      std::uint8_t value;
      hll_place(c.args[i], &index, &value);
      if (!hll_raise_dense(blob.data(), index, value)) continue;
      raised = true;
      const std::size_t at = kHllHeaderBytes + index * 6 / 8;
      log_range(c, key, blob.view(), at, std::min<std::size_t>(2, blob.size() - at));
    }
    if (raised) {
      hll_invalidate(blob.data());
      log_range(c, key, blob.view(), 15, 1);
      changed = true;
    }
  } else {
    std::string bytes(blob.view());
    bool raised = false;
    for (std::size_t i = 2; i < c.argc(); i++) {
      std::size_t index;
      std::uint8_t value;
      hll_place(c.args[i], &index, &value);
      const HllChange change = hll_raise(bytes, index, value, sparse_max());
      if (change == HllChange::kCorrupt) return c.reply.error(kCorrupt);
      raised |= change == HllChange::kChanged;
    }
    if (raised) {
      hll_invalidate(bytes.data());
      blob.assign(bytes);
      log_whole(c, key, n);
    }
    changed |= raised;
  }
  if (changed) {
    c.changed(key);
    c.event(kNotifyString, "pfadd", key);
  }
  c.reply.integer(changed ? 1 : 0);
}

void pfcount(Context& c) {
  auto registers = std::make_unique<HllRegisters>();
  char scratch[24];
  if (c.argc() > 2) {
    for (std::size_t i = 1; i < c.argc(); i++) {
      Node* n;
      if (!find_hll(c, c.key(i), &n, true)) return;
      if (n != nullptr && !hll_merge_into(*registers, n->payload.value.text(scratch))) return c.reply.error(kCorrupt);
    }
    return c.reply.integer(static_cast<std::int64_t>(hll_estimate(*registers)));
  }
  const Key key = c.key(1);
  Node* n;
  if (!find_hll(c, key, &n, true)) return;
  if (n == nullptr) return c.reply.integer(0);
  std::uint64_t cardinality;
  if (!hll_cached(n->payload.value.text(scratch), &cardinality)) {
    if (!hll_merge_into(*registers, n->payload.value.text(scratch))) return c.reply.error(kCorrupt);
    cardinality = hll_estimate(*registers);
    // The estimate is kept in the value, unless a SQL transaction holds the key.
    if (c.transaction == nullptr && key.shard->locks.empty() && !c.keyspace.writes_failed()) {
      Blob& blob = n->payload.value.bytes();
      hll_cache(blob.data(), cardinality);
      log_range(c, key, blob.view(), 8, 8);
      c.changed(key);
    }
  }
  c.reply.integer(static_cast<std::int64_t>(cardinality));
}

void pfmerge(Context& c) {
  auto registers = std::make_unique<HllRegisters>();
  bool dense = false;
  char scratch[24];
  for (std::size_t i = 1; i < c.argc(); i++) {
    Node* n;
    if (!find_hll(c, c.key(i), &n, true)) return;
    if (n == nullptr) continue;
    const std::string_view bytes = n->payload.value.text(scratch);
    dense |= !hll_is_sparse(bytes);
    if (!hll_merge_into(*registers, bytes)) return c.reply.error(kCorrupt);
  }
  const Key key = c.key(1);
  Node* n = c.find(key);
  if (n == nullptr) {
    n = c.add(key, Value::string(""));
    n->payload.value.bytes().assign(hll_empty());
  }
  std::string bytes(n->payload.value.text(scratch));
  if (dense && !hll_to_dense(bytes)) return c.reply.error(kCorrupt);
  for (std::size_t i = 0; i < kHllRegisters; i++)
    if ((*registers)[i] != 0) hll_raise(bytes, i, (*registers)[i], sparse_max());
  hll_invalidate(bytes.data());
  n->payload.value.bytes().assign(bytes);
  log_whole(c, key, n);
  c.changed(key);
  c.event(kNotifyString, "pfadd", key);
  c.reply.ok();
}

void pfdebug(Context& c) {
  const Key key = c.key(2);
  Node* n;
  if (!c.find_typed(key, ValueType::kString, &n)) return;
  if (n == nullptr) return c.reply.error("ERR The specified key does not exist");
  if (!find_hll(c, key, &n, false)) return;
  Blob& blob = n->payload.value.bytes();
  const auto make_dense = [&] {
    if (!hll_is_sparse(blob.view())) return true;
    std::string bytes(blob.view());
    if (!hll_to_dense(bytes)) {
      c.reply.error(kCorrupt);
      return false;
    }
    blob.assign(bytes);
    log_whole(c, key, n);
    c.changed(key);
    return true;
  };
  if (c.is(1, "GETREG")) {
    if (!make_dense()) return;
    c.reply.array(kHllRegisters);
    for (std::size_t i = 0; i < kHllRegisters; i++) c.reply.integer(hll_dense_register(blob.view(), i));
  } else if (c.is(1, "DECODE")) {
    if (!hll_is_sparse(blob.view())) return c.reply.error("ERR HLL encoding is not sparse");
    c.reply.bulk(hll_decode(blob.view()));
  } else if (c.is(1, "ENCODING")) {
    c.reply.status(hll_is_sparse(blob.view()) ? "sparse" : "dense");
  } else if (c.is(1, "TODENSE")) {
    const bool was_sparse = hll_is_sparse(blob.view());
    if (make_dense()) c.reply.integer(was_sparse ? 1 : 0);
  } else {
    c.reply.error("ERR Unknown PFDEBUG subcommand '" + std::string(c.args[1]) + "'");
  }
}

/// Registers hold what is written, and the estimate of a known number of elements is within four standard errors.
void pfselftest(Context& c) {
  std::string bytes = hll_empty();
  hll_to_dense(bytes);
  for (std::size_t i = 0; i < kHllRegisters; i++) hll_raise_dense(bytes.data(), i, static_cast<std::uint8_t>(i % 63 + 1));
  for (std::size_t i = 0; i < kHllRegisters; i++)
    if (hll_dense_register(bytes, i) != i % 63 + 1) return c.reply.error("ERR TESTFAILED Register " + std::to_string(i) + " does not hold its value");
  std::string sparse = hll_empty(), dense = hll_empty();
  hll_to_dense(dense);
  for (std::uint64_t i = 1; i <= 100000; i++) {
    std::size_t index;
    std::uint8_t value;
    hll_place({reinterpret_cast<const char*>(&i), sizeof i}, &index, &value);
    hll_raise(sparse, index, value, 3000);
    hll_raise_dense(dense.data(), index, value);
    if (i != 100 && i != 10000 && i != 100000) continue;
    auto a = std::make_unique<HllRegisters>(), b = std::make_unique<HllRegisters>();
    hll_merge_into(*a, sparse);
    hll_merge_into(*b, dense);
    const std::uint64_t estimate = hll_estimate(*a);
    if (estimate != hll_estimate(*b)) return c.reply.error("ERR TESTFAILED dense/sparse disagree");
    const double error = std::abs(static_cast<double>(estimate) - static_cast<double>(i));
    if (error > std::ceil(0.0325 * static_cast<double>(i))) return c.reply.error("ERR TESTFAILED Too big error");
  }
  c.reply.ok();
}

constexpr NamedBody bodies[] = {{"pfadd", pfadd}, {"pfcount", pfcount}, {"pfmerge", pfmerge}, {"pfdebug", pfdebug}, {"pfselftest", pfselftest}};

}  // namespace

std::span<const NamedBody> hyperloglog_bodies() { return bodies; }

}  // namespace orrery::keyspace
