#include "relation_rows.h"

#include "../core/physical_type.h"

namespace orrery::keyspace {
namespace {

constexpr std::size_t kRowsPerBlock = 1024;

/// Columns that grow row by row and are laid out as a block at the end.
class Rows {
 public:
  explicit Rows(std::vector<PhysicalType> types) : columns_(types.size()) {
    for (std::size_t i = 0; i < types.size(); i++) columns_[i].type = types[i];
  }
  void text(std::size_t column, std::string_view s) {
    Column& c = columns_[column];
    c.bytes.append(s);
    c.ends.push_back(static_cast<std::uint32_t>(c.bytes.size()));
    c.valid.push_back(1);
  }
  void number(std::size_t column, std::int64_t v, bool valid = true) { fixed(column, &v, valid); }
  void real(std::size_t column, double v) { fixed(column, &v, true); }
  std::size_t count() const { return columns_[0].valid.size(); }

  std::vector<std::uint8_t> block() const {
    const std::size_t n = count();
    const auto align = [](std::size_t at) { return (at + 7) & ~std::size_t{7}; };
    std::vector<std::uint8_t> out(align(16 + 16 * columns_.size()), 0);
    const auto put = [&](std::size_t at, std::size_t v) {
      const auto w = static_cast<std::uint32_t>(v);
      std::memcpy(out.data() + at, &w, 4);
    };
    const auto append = [&](const void* data, std::size_t length) {
      const std::size_t at = align(out.size());
      out.resize(at + length);
      if (length > 0) std::memcpy(out.data() + at, data, length);
      return at;
    };
    for (std::size_t i = 0; i < columns_.size(); i++) {
      const Column& c = columns_[i];
      const std::size_t d = 16 + 16 * i;
      out[d] = static_cast<std::uint8_t>(c.type);
      put(d + 8, append(c.valid.data(), n));
      if (c.type != PhysicalType::kVarlen) {
        put(d + 12, append(c.bytes.data(), c.bytes.size()));
        continue;
      }
      std::vector<std::uint32_t> offsets(n + 1);
      const std::size_t values = append(offsets.data(), offsets.size() * 4);
      const std::size_t text = append(c.bytes.data(), c.bytes.size());
      for (std::size_t r = 0; r <= n; r++) offsets[r] = static_cast<std::uint32_t>(text + (r == 0 ? 0 : c.ends[r - 1]));
      std::memcpy(out.data() + values, offsets.data(), offsets.size() * 4);
      put(d + 12, values);
    }
    put(0, n);
    put(4, columns_.size());
    put(12, out.size());
    return out;
  }

 private:
  struct Column {
    PhysicalType type = PhysicalType::kVarlen;
    std::string bytes;
    std::vector<std::uint32_t> ends;
    std::vector<std::uint8_t> valid;
  };
  void fixed(std::size_t column, const void* v, bool valid) {
    static constexpr char zeros[8] = {};
    Column& c = columns_[column];
    c.bytes.append(valid ? static_cast<const char*>(v) : zeros, 8);
    c.valid.push_back(valid ? 1 : 0);
  }
  std::vector<Column> columns_;
};

std::vector<PhysicalType> columns_of(KeyRelation relation) {
  using enum PhysicalType;
  switch (relation) {
    case KeyRelation::kKeys: return {kVarlen, kVarlen, kInt64, kVarlen, kInt64};
    case KeyRelation::kHashes: return {kVarlen, kVarlen, kVarlen};
    case KeyRelation::kLists: return {kVarlen, kInt64, kVarlen};
    case KeyRelation::kZsets: return {kVarlen, kVarlen, kFloat64};
    case KeyRelation::kStreams: return {kVarlen, kVarlen, kVarlen, kVarlen};
    default: return {kVarlen, kVarlen};
  }
}

/// One field or member of a key; false when the relation has none of that kind.
bool add_member(Rows& rows, KeyRelation relation, Node& node, std::string_view member, std::int64_t now) {
  Entry& e = node.payload;
  const bool alive = e.expire_ms == 0 || e.expire_ms > now;
  Value& v = e.value;
  switch (relation) {
    case KeyRelation::kHashes: {
      std::string_view value;
      if (!alive || v.type() != ValueType::kHash || !v.hash().get(member, &value)) return true;
      rows.text(0, node.key());
      rows.text(1, member);
      rows.text(2, value);
      return true;
    }
    case KeyRelation::kSets:
      if (!alive || v.type() != ValueType::kSet || !v.set().contains(member)) return true;
      rows.text(0, node.key());
      rows.text(1, member);
      return true;
    case KeyRelation::kZsets: {
      double score;
      if (!alive || v.type() != ValueType::kZset || !v.zset().score(member, &score)) return true;
      rows.text(0, node.key());
      rows.text(1, member);
      rows.real(2, score);
      return true;
    }
    default: return false;
  }
}

void add_rows(Rows& rows, KeyRelation relation, Node& node, std::int64_t now) {
  Entry& e = node.payload;
  if (e.expire_ms != 0 && e.expire_ms <= now) return;
  const std::string_view key = node.key();
  Value& v = e.value;
  switch (relation) {
    case KeyRelation::kKeys:
      rows.text(0, key);
      rows.text(1, type_name(v.type()));
      rows.number(2, e.expire_ms - now, e.expire_ms != 0);
      rows.text(3, v.encoding());
      rows.number(4, e.expire_ms, e.expire_ms != 0);
      return;
    case KeyRelation::kStrings: {
      if (!v.is_string()) return;
      char scratch[24];
      rows.text(0, key);
      rows.text(1, v.text(scratch));
      return;
    }
    case KeyRelation::kHashes:
      if (v.type() != ValueType::kHash) return;
      v.hash().each([&](std::string_view field, std::string_view value) {
        rows.text(0, key);
        rows.text(1, field);
        rows.text(2, value);
      });
      return;
    case KeyRelation::kLists:
      if (v.type() != ValueType::kList) return;
      v.list().walk(0, true, [&](std::size_t at, std::string_view value) {
        rows.text(0, key);
        rows.number(1, static_cast<std::int64_t>(at));
        rows.text(2, value);
        return true;
      });
      return;
    case KeyRelation::kSets:
      if (v.type() != ValueType::kSet) return;
      v.set().each([&](std::string_view member) {
        rows.text(0, key);
        rows.text(1, member);
      });
      return;
    case KeyRelation::kZsets:
      if (v.type() != ValueType::kZset) return;
      v.zset().each([&](ScoredMember m) {
        rows.text(0, key);
        rows.text(1, m.member);
        rows.real(2, m.score);
      });
      return;
    case KeyRelation::kStreams:
      if (v.type() != ValueType::kStream) return;
      v.stream().range({}, StreamId::max(), false, [&](const Stream::Entry& entry) {
        const std::string id = entry.id().text();
        entry.fields([&](std::string_view field, std::string_view value) {
          rows.text(0, key);
          rows.text(1, id);
          rows.text(2, field);
          rows.text(3, value);
        });
        return true;
      });
      return;
  }
}

}  // namespace

std::vector<std::uint8_t> relation_rows(Keyspace& keyspace, KeyTransaction* transaction, KeyRelation relation, std::uint64_t* cursor, const std::string_view* key,
                                        const std::string_view* member) {
  Rows rows(columns_of(relation));
  const std::int64_t now = now_millis();
  if (key != nullptr) {
    *cursor = 0;
    const bool owned = transaction != nullptr && transaction->owns(0, *key);
    Shard& shard = keyspace.shard(Keyspace::shard_index(*key));
    const std::lock_guard guard(shard.latch);
    Database& database = owned ? transaction->database(0) : shard.databases[0];
    if (Node* n = database.keys.find(*key); n != nullptr && (member == nullptr || !add_member(rows, relation, *n, *member, now))) add_rows(rows, relation, *n, now);
    return rows.block();
  }
  std::uint64_t shard_at = *cursor % kShardCount, bucket = *cursor / kShardCount;
  if (*cursor == 0 && transaction != nullptr) transaction->database(0).keys.each([&](Node& n) { add_rows(rows, relation, n, now); });
  while (shard_at < kShardCount && rows.count() < kRowsPerBlock) {
    Shard& shard = keyspace.shard(static_cast<std::uint32_t>(shard_at));
    const std::lock_guard guard(shard.latch);
    do {
      bucket = shard.databases[0].keys.scan(bucket, [&](Node& n) {
        if (transaction == nullptr || !transaction->owns(0, n.key())) add_rows(rows, relation, n, now);
      });
    } while (bucket != 0 && rows.count() < kRowsPerBlock);
    if (bucket == 0) shard_at++;
  }
  *cursor = shard_at == kShardCount ? 0 : bucket * kShardCount + shard_at;
  return rows.block();
}

}  // namespace orrery::keyspace
