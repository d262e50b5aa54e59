#include "value.h"
#include "vector_set.h"

#include <algorithm>
#include <cmath>

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
    case ValueType::kVectorSet: return "vectorset";
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
    case ValueType::kVectorSet: ORRERY_ASSERT(!"a vector set is made with its shape"); break;
  }
  return v;
}

Value Value::vector_set(std::unique_ptr<VectorSet> set) {
  Value v;
  v.pointer_ = set.release();
  v.kind_ = Kind::kVectorSet;
  return v;
}

namespace {
/// Who walks over a large collection gets it, to finish without anybody in the way.
template <typename Collection>
void destroy_or_leave(Collection* collection) noexcept {
  if (auto* table = collection->table(); table != nullptr && table->watcher() != nullptr) table->watcher()->adopt();
  else delete collection;
}
void destroy_or_leave(Stream* stream) noexcept {
  if (auto* watcher = stream->watcher(); watcher != nullptr) watcher->adopt();
  else delete stream;
}
}  // namespace

void Value::destroy() noexcept {
  switch (kind_) {
    case Kind::kInteger: break;
    case Kind::kEmbedded:
    case Kind::kRaw: blob_slot().~Blob(); break;
    case Kind::kList: delete static_cast<List*>(pointer_); break;
    case Kind::kSet: destroy_or_leave(static_cast<Set*>(pointer_)); break;
    case Kind::kZset: destroy_or_leave(static_cast<Zset*>(pointer_)); break;
    case Kind::kHash: destroy_or_leave(static_cast<Hash*>(pointer_)); break;
    case Kind::kStream: destroy_or_leave(static_cast<Stream*>(pointer_)); break;
    case Kind::kVectorSet: delete static_cast<VectorSet*>(pointer_); break;
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
    case Kind::kVectorSet: return "raw";  // as Redis says of what modules keep
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
    case Kind::kVectorSet: return static_cast<VectorSet*>(pointer_)->size();
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
    case Kind::kVectorSet: return static_cast<VectorSet*>(pointer_)->memory();
  }
  return 0;
}

namespace {
constexpr std::uint8_t kHashWithTimes = 6;  // beside the numbers of ValueType
}

void Value::serialize_head(ByteWriter& out) const {
  out.u8(field_times() != nullptr ? kHashWithTimes : static_cast<std::uint8_t>(type()));
  if (kind_ != Kind::kStream && kind_ != Kind::kVectorSet) out.varint(size());
}

void Value::serialize(ByteWriter& out) const {
  const FieldTimes* times = field_times();
  serialize_head(out);
  char scratch[24];
  if (is_string()) {
    const std::string_view bytes = text(scratch);
    return out.raw(bytes.data(), bytes.size());
  }
  if (kind_ == Kind::kStream) return static_cast<Stream*>(pointer_)->serialize(out);
  if (kind_ == Kind::kVectorSet) return static_cast<VectorSet*>(pointer_)->serialize(out);
  switch (kind_) {
    case Kind::kList: static_cast<List*>(pointer_)->walk(0, true, [&](std::size_t, std::string_view v) { out.string(v); return true; }); break;
    case Kind::kSet: static_cast<Set*>(pointer_)->each([&](std::string_view m) { out.string(m); }); break;
    case Kind::kZset: static_cast<Zset*>(pointer_)->each([&](ScoredMember m) { out.f64(m.score); out.string(m.member); }); break;
    case Kind::kHash: static_cast<Hash*>(pointer_)->each([&](std::string_view f, std::string_view v) {
      if (times != nullptr) out.i64(times->get(f));
      out.string(f);
      out.string(v);
    }); break;
    default: break;
  }
}

bool Value::deserialize(ByteReader& in, Value* out) {
  std::uint8_t type = in.u8();
  const bool timed = type == kHashWithTimes;
  if (timed) type = static_cast<std::uint8_t>(ValueType::kHash);
  if (type == static_cast<std::uint8_t>(ValueType::kVectorSet)) {
    auto set = VectorSet::deserialize(in);
    if (set == nullptr) return false;
    *out = vector_set(std::move(set));
    return true;
  }
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
  const auto expected = static_cast<std::size_t>(std::min<std::uint64_t>(count, in.remaining()));
  if (static_cast<ValueType>(type) == ValueType::kHash) v.hash().reserve(expected);
  if (static_cast<ValueType>(type) == ValueType::kSet) v.set().reserve(expected);
  if (static_cast<ValueType>(type) == ValueType::kZset) v.zset().reserve(expected);
  std::vector<ScoredMember> scored;
  for (std::uint64_t i = 0; i < count && in.ok(); i++) {
    switch (static_cast<ValueType>(type)) {
      case ValueType::kList: v.list().push(false, in.string()); break;
      case ValueType::kSet: v.set().add(in.string()); break;
      case ValueType::kZset: {
        const double score = in.f64();
        if (std::isnan(score)) return false;
        scored.push_back({in.string(), score});
        break;
      }
      case ValueType::kHash: {
        const std::int64_t when = timed ? in.i64() : 0;
        const std::string_view field = in.string();
        v.hash().set(field, in.string());
        v.hash().set_time(field, when);
        break;
      }
      case ValueType::kString:
      case ValueType::kStream:
      case ValueType::kVectorSet: break;
    }
  }
  // Large ones are written in any order; adding them from the lowest on is several times as quick.
  const auto lower = [](const ScoredMember& a, const ScoredMember& b) { return a.score < b.score || (a.score == b.score && a.member < b.member); };
  if (!std::is_sorted(scored.begin(), scored.end(), lower)) std::sort(scored.begin(), scored.end(), lower);
  for (const ScoredMember& m : scored) v.zset().set(m.member, m.score);
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
