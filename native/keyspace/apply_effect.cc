// apply_effect.cc: replays one effect on a database (recovery). Every length and index is checked: the log is the world.
#include "keyspace.h"
#include "stream_effects.h"
#include "vector_effects.h"
#include "vector_set.h"

namespace orrery::keyspace {
namespace {
Status corrupt() { return Status::error(StatusCode::kCorrupt, "effect does not fit the keyspace"); }
}  // namespace

Status apply_effect(Effect effect, Database& database, std::string_view key, ByteReader& in) {
  const std::uint32_t hash = hash_bytes(key);
  Node* node = database.keys.find(key, hash);
  const auto collection = [&](ValueType type) -> Value* {
    if (node == nullptr) node = database.insert(key, hash, Value::make(type));
    return node->payload.value.type() == type ? &node->payload.value : nullptr;
  };
  const auto finish = [&] {
    if (node != nullptr && node->payload.value.is_spent()) database.erase(node);
    return in.ok() ? Status::ok() : corrupt();
  };
  switch (effect) {
    case Effect::kSetString: {
      const std::int64_t expire = in.i64();
      const std::string_view value = in.string();
      if (!in.ok()) return corrupt();
      if (node == nullptr) node = database.insert(key, hash, Value::string(value));
      else if (node->payload.value.is_string()) node->payload.value.set_string(value);
      else node->payload.value = Value::string(value);
      database.set_deadline(node, expire);
      return Status::ok();
    }
    case Effect::kDelete:
      if (node != nullptr) database.erase(node);
      return Status::ok();
    case Effect::kExpire: {
      const std::int64_t when = in.i64();
      if (!in.ok() || node == nullptr) return corrupt();
      database.set_deadline(node, when);
      return Status::ok();
    }
    case Effect::kSetRange: {
      const std::uint64_t offset = in.varint();
      const std::string_view bytes = in.string();
      if (!in.ok() || offset + bytes.size() > kMaxStringBytes) return corrupt();
      if (node == nullptr) node = database.insert(key, hash, Value::string(""));
      if (!node->payload.value.is_string()) return corrupt();
      Blob& blob = node->payload.value.bytes();
      blob.extend(offset + bytes.size());
      if (!bytes.empty()) std::memcpy(blob.data() + offset, bytes.data(), bytes.size());
      return Status::ok();
    }
    case Effect::kLoad: {
      const std::int64_t expire = in.i64();
      Value value;
      if (!Value::deserialize(in, &value)) return corrupt();
      if (node == nullptr) node = database.insert(key, hash, std::move(value));
      else node->payload.value = std::move(value);
      database.set_deadline(node, expire);
      database.note_fields(node);
      return Status::ok();
    }
    case Effect::kHashExpire: {
      if (node == nullptr || node->payload.value.type() != ValueType::kHash) return corrupt();
      Hash& hash_value = node->payload.value.hash();
      for (std::uint64_t n = in.varint(); n > 0 && in.ok(); n--) {
        const std::int64_t when = in.i64();
        const std::string_view field = in.string();
        std::string_view ignored;
        if (!in.ok() || !hash_value.get(field, &ignored)) return corrupt();
        hash_value.set_time(field, when);
      }
      database.note_fields(node);
      return finish();
    }
    case Effect::kVectorAdd: {
      VectorAdd add;
      if (!read_vector_add(in, &add)) return corrupt();
      if (node == nullptr) node = database.insert(key, hash, Value::vector_set(std::make_unique<VectorSet>(add.shape)));
      if (node->payload.value.type() != ValueType::kVectorSet || node->payload.value.vectors().shape() != add.shape) return corrupt();
      node->payload.value.vectors().set(add.element, add.vector, add.effort, add.has_attributes ? &add.attributes : nullptr);
      return Status::ok();
    }
    case Effect::kVectorRemove:
    case Effect::kVectorAttributes: {
      if (node == nullptr || node->payload.value.type() != ValueType::kVectorSet) return corrupt();
      const std::string_view element = in.string();
      VectorSet& set = node->payload.value.vectors();
      const bool known = effect == Effect::kVectorRemove ? set.erase(element) : set.set_attributes(element, in.string());
      return known ? finish() : corrupt();
    }
    case Effect::kHashSet:
    case Effect::kHashDelete: {
      Value* v = collection(ValueType::kHash);
      if (v == nullptr) return corrupt();
      for (std::uint64_t n = in.varint(); n > 0 && in.ok(); n--) {
        const std::string_view field = in.string();
        if (effect == Effect::kHashDelete) v->hash().erase(field);
        else v->hash().set(field, in.string());
      }
      return finish();
    }
    case Effect::kListPush: {
      Value* v = collection(ValueType::kList);
      const bool front = in.u8() == 1;
      if (v == nullptr) return corrupt();
      for (std::uint64_t n = in.varint(); n > 0 && in.ok(); n--) v->list().push(front, in.string());
      return finish();
    }
    case Effect::kListPop: {
      Value* v = collection(ValueType::kList);
      const bool front = in.u8() == 1;
      const std::uint64_t n = in.varint();
      if (v == nullptr || n > v->list().size()) return corrupt();
      v->list().drop(front, n);
      return finish();
    }
    case Effect::kListSet:
    case Effect::kListInsert:
    case Effect::kListErase: {
      Value* v = collection(ValueType::kList);
      const std::uint64_t index = in.varint();
      if (v == nullptr || !in.ok() || index > v->list().size() || (index == v->list().size() && effect != Effect::kListInsert)) return corrupt();
      if (effect == Effect::kListErase) v->list().erase(index);
      else if (effect == Effect::kListSet) v->list().set(index, in.string());
      else v->list().insert(index, in.string());
      return finish();
    }
    case Effect::kListRemove: {
      Value* v = collection(ValueType::kList);
      const std::int64_t count = in.i64();
      const std::string_view value = in.string();
      if (v == nullptr || !in.ok()) return corrupt();
      v->list().remove(count, value);
      return finish();
    }
    case Effect::kListTrim: {
      Value* v = collection(ValueType::kList);
      const std::uint64_t first = in.varint(), kept = in.varint();
      if (v == nullptr || !in.ok() || first > v->list().size() || kept > v->list().size() - first) return corrupt();
      v->list().drop(true, first);
      v->list().drop(false, v->list().size() - kept);
      return finish();
    }
    case Effect::kSetAdd:
    case Effect::kSetRemove: {
      Value* v = collection(ValueType::kSet);
      if (v == nullptr) return corrupt();
      for (std::uint64_t n = in.varint(); n > 0 && in.ok(); n--) {
        const std::string_view member = in.string();
        if (effect == Effect::kSetAdd) v->set().add(member);
        else v->set().erase(member);
      }
      return finish();
    }
    case Effect::kZsetAdd:
    case Effect::kZsetRemove: {
      Value* v = collection(ValueType::kZset);
      if (v == nullptr) return corrupt();
      for (std::uint64_t n = in.varint(); n > 0 && in.ok(); n--) {
        const double score = effect == Effect::kZsetAdd ? in.f64() : 0;
        const std::string_view member = in.string();
        if (effect == Effect::kZsetAdd) v->zset().set(member, score);
        else v->zset().erase(member);
      }
      return finish();
    }
    case Effect::kStreamAdd:
    case Effect::kStreamDelete:
    case Effect::kStreamTrim:
    case Effect::kStreamState:
    case Effect::kStreamGroup:
    case Effect::kStreamGroupDestroy:
    case Effect::kStreamConsumer:
    case Effect::kStreamConsumerDelete:
    case Effect::kStreamPending:
    case Effect::kStreamAck: {
      Value* v = collection(ValueType::kStream);
      return v != nullptr && apply_stream_effect(effect, v->stream(), in) ? Status::ok() : corrupt();
    }
    case Effect::kFlush:
    case Effect::kSwap:
    case Effect::kSideSet:
    case Effect::kSideErase:
    case Effect::kSideClear: break;  // whole databases: Keyspace::redo
  }
  return corrupt();
}

}  // namespace orrery::keyspace
