#include "value.h"

namespace orrery::keyspace {

static_assert(sizeof(Blob) == sizeof(void*), "a blob is one pointer, so that a value holds it in place");

const char* type_name(ValueType type) noexcept {
  switch (type) {
    case ValueType::kString: return "string";
    case ValueType::kList: return "list";
    case ValueType::kSet: return "set";
    case ValueType::kZset: return "zset";
    case ValueType::kHash: return "hash";
    case ValueType::kStream: return "stream";
  }
  return "none";
}

Value Value::make(ValueType type) {
  Value v;
  switch (type) {
    case ValueType::kString: break;
    case ValueType::kList: v.pointer_ = new List; v.kind_ = Kind::kList; break;
    case ValueType::kSet: v.pointer_ = new Set; v.kind_ = Kind::kSet; break;
    case ValueType::kZset: v.pointer_ = new Zset; v.kind_ = Kind::kZset; break;
    case ValueType::kHash: v.pointer_ = new Hash; v.kind_ = Kind::kHash; break;
    case ValueType::kStream: v.pointer_ = new Stream; v.kind_ = Kind::kStream; break;
  }
  return v;
}

void Value::destroy() noexcept {
  switch (kind_) {
    case Kind::kInteger: break;
    case Kind::kEmbedded:
    case Kind::kRaw: blob_slot().~Blob(); break;
    case Kind::kList: delete static_cast<List*>(pointer_); break;
    case Kind::kSet: delete static_cast<Set*>(pointer_); break;
    case Kind::kZset: delete static_cast<Zset*>(pointer_); break;
    case Kind::kHash: delete static_cast<Hash*>(pointer_); break;
    case Kind::kStream: delete static_cast<Stream*>(pointer_); break;
  }
  kind_ = Kind::kInteger;
}

const char* Value::encoding() const noexcept {
  switch (kind_) {
    case Kind::kInteger: return "int";
    case Kind::kEmbedded: return "embstr";
    case Kind::kRaw: return "raw";
    case Kind::kList: return "quicklist";
    case Kind::kSet: return static_cast<Set*>(pointer_)->is_intset() ? "intset" : "hashtable";
    case Kind::kZset: return static_cast<Zset*>(pointer_)->packed() ? "listpack" : "skiplist";
    case Kind::kHash: return static_cast<Hash*>(pointer_)->packed() ? "listpack" : "hashtable";
    case Kind::kStream: return "stream";
  }
  return "";
}

std::size_t Value::size() const noexcept {
  char scratch[24];
  switch (kind_) {
    case Kind::kList: return static_cast<List*>(pointer_)->size();
    case Kind::kSet: return static_cast<Set*>(pointer_)->size();
    case Kind::kZset: return static_cast<Zset*>(pointer_)->size();
    case Kind::kHash: return static_cast<Hash*>(pointer_)->size();
    case Kind::kStream: return static_cast<Stream*>(pointer_)->length;
    default: return text(scratch).size();
  }
}

std::size_t Value::memory() const noexcept {
  switch (kind_) {
    case Kind::kInteger: return 0;
    case Kind::kEmbedded:
    case Kind::kRaw: return reinterpret_cast<const Blob*>(&pointer_)->memory();
    case Kind::kList: return static_cast<List*>(pointer_)->memory();
    case Kind::kSet: return static_cast<Set*>(pointer_)->memory();
    case Kind::kZset: return static_cast<Zset*>(pointer_)->memory();
    case Kind::kHash: return static_cast<Hash*>(pointer_)->memory();
    case Kind::kStream: return static_cast<Stream*>(pointer_)->memory();
  }
  return 0;
}

void Value::serialize(ByteWriter& out) const {
  out.u8(static_cast<std::uint8_t>(type()));
  char scratch[24];
  if (is_string()) return out.string(text(scratch));
  if (kind_ == Kind::kStream) return static_cast<Stream*>(pointer_)->serialize(out);
  out.varint(size());
  switch (kind_) {
    case Kind::kList: static_cast<List*>(pointer_)->walk(0, true, [&](std::size_t, std::string_view v) { out.string(v); return true; }); break;
    case Kind::kSet: static_cast<Set*>(pointer_)->each([&](std::string_view m) { out.string(m); }); break;
    case Kind::kZset: static_cast<Zset*>(pointer_)->each([&](ScoredMember m) { out.f64(m.score); out.string(m.member); }); break;
    case Kind::kHash: static_cast<Hash*>(pointer_)->each([&](std::string_view f, std::string_view v) { out.string(f); out.string(v); }); break;
    default: break;
  }
}

bool Value::deserialize(ByteReader& in, Value* out) {
  const std::uint8_t type = in.u8();
  if (type > 5) return false;
  if (static_cast<ValueType>(type) == ValueType::kString) {
    out->set_string(in.string());
    return in.ok();
  }
  Value v = make(static_cast<ValueType>(type));
  if (static_cast<ValueType>(type) == ValueType::kStream) {
    if (!Stream::deserialize(in, &v.stream())) return false;
    *out = std::move(v);
    return true;
  }
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); i++) {
    switch (static_cast<ValueType>(type)) {
      case ValueType::kList: v.list().push(false, in.string()); break;
      case ValueType::kSet: v.set().add(in.string()); break;
      case ValueType::kZset: {
        const double score = in.f64();
        v.zset().set(in.string(), score);
        break;
      }
      case ValueType::kHash: {
        const std::string_view field = in.string();
        v.hash().set(field, in.string());
        break;
      }
      case ValueType::kString:
      case ValueType::kStream: break;
    }
  }
  if (!in.ok() || v.size() != count || count == 0) return false;
  *out = std::move(v);
  return true;
}

Value Value::clone() const {
  if (is_integer()) return integer(integer_);
  ByteWriter out;
  serialize(out);
  ByteReader in(out.span());
  Value copy;
  const bool ok = deserialize(in, &copy);
  ORRERY_ASSERT(ok || size() == 0);
  if (kind_ == Kind::kRaw && copy.kind_ == Kind::kEmbedded) copy.kind_ = Kind::kRaw;
  return copy;
}

}  // namespace orrery::keyspace
