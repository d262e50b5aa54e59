#include "relation_block.h"

namespace orrery::keyspace {

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

bool add_member(RelationRows& rows, KeyRelation relation, Node& node, std::string_view member, std::int64_t now) {
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

void add_rows(RelationRows& rows, KeyRelation relation, Node& node, std::int64_t now) {
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

}  // namespace orrery::keyspace
