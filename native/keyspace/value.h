// value.h: what a key holds: a tagged pointer of 16 bytes. Strings that are integers are kept as integers.
//
// Serialized form (checkpoint, COPY effects): docs/formats/keyspace.md.
#pragma once
#include <string>
#include <string_view>

#include "../core/bytes.h"
#include "blob.h"
#include "hash_value.h"
#include "list.h"
#include "number.h"
#include "set_value.h"
#include "stream_value.h"
#include "zset_value.h"

namespace orrery::keyspace {

class VectorSet;  // vector_set.h: its graph is known where it is used

/// The numbers are on disk; 6 there is a hash with times.
enum class ValueType : std::uint8_t { kString = 0, kList = 1, kSet = 2, kZset = 3, kHash = 4, kStream = 5, kVectorSet = 7 };

const char* type_name(ValueType type) noexcept;

class Value {
 public:
  static Value string(std::string_view s) {
    Value v;
    v.set_string(s);
    return v;
  }
  static Value integer(std::int64_t n) {
    Value v;
    v.integer_ = n;
    v.kind_ = Kind::kInteger;
    return v;
  }
  /// An empty collection; vector sets have a shape and are made by vector_set().
  static Value make(ValueType type);
  static Value vector_set(std::unique_ptr<VectorSet> set);

  Value() : integer_(0), kind_(Kind::kInteger) {}
  Value(Value&& o) noexcept : integer_(o.integer_), kind_(o.kind_) { o.kind_ = Kind::kInteger; }
  Value& operator=(Value&& o) noexcept {
    std::swap(integer_, o.integer_);
    std::swap(kind_, o.kind_);
    return *this;
  }
  ~Value() {
    if (kind_ != Kind::kInteger) destroy();
  }

  ValueType type() const noexcept {
    switch (kind_) {
      case Kind::kList: return ValueType::kList;
      case Kind::kSet: return ValueType::kSet;
      case Kind::kZset: return ValueType::kZset;
      case Kind::kHash: return ValueType::kHash;
      case Kind::kStream: return ValueType::kStream;
      case Kind::kVectorSet: return ValueType::kVectorSet;
      default: return ValueType::kString;
    }
  }
  bool is_string() const noexcept { return kind_ <= Kind::kRaw; }
  bool is_integer() const noexcept { return kind_ == Kind::kInteger; }
  std::int64_t integer_value() const noexcept { return integer_; }

  /// The text of a string value; `scratch` (24 bytes) is used for an integer.
  std::string_view text(char* scratch) const noexcept {
    if (kind_ == Kind::kInteger) return {scratch, write_integer(scratch, integer_)};
    return reinterpret_cast<const Blob*>(&pointer_)->view();
  }
  void set_string(std::string_view s) {
    std::int64_t n;
    if (s.size() <= 20 && parse_integer(s, &n)) {
      *this = integer(n);
      return;
    }
    if (kind_ > Kind::kRaw || kind_ == Kind::kInteger) {
      if (kind_ != Kind::kInteger) destroy();
      pointer_ = nullptr;
    }
    blob_slot().assign(s);
    kind_ = s.size() <= 44 ? Kind::kEmbedded : Kind::kRaw;
  }
  void set_integer(std::int64_t n) { *this = integer(n); }
  /// The string as bytes that may be changed in place (APPEND, SETRANGE, SETBIT); its encoding is raw from then on.
  Blob& bytes() {
    if (kind_ == Kind::kInteger) {
      char scratch[24];
      const std::size_t n = write_integer(scratch, integer_);
      pointer_ = nullptr;
      blob_slot().assign({scratch, n});
    }
    kind_ = Kind::kRaw;
    blob_slot().own();
    return blob_slot();
  }
  /// The bytes of a string that is not an integer, shared with it.
  Blob share_bytes() { return blob_slot().share(); }
  List& list() noexcept { return *static_cast<List*>(pointer_); }
  Set& set() noexcept { return *static_cast<Set*>(pointer_); }
  Zset& zset() noexcept { return *static_cast<Zset*>(pointer_); }
  Hash& hash() noexcept { return *static_cast<Hash*>(pointer_); }
  Stream& stream() noexcept { return *static_cast<Stream*>(pointer_); }
  VectorSet& vectors() noexcept { return *static_cast<VectorSet*>(pointer_); }

  void prefetch() const noexcept {
    if (kind_ != Kind::kInteger) __builtin_prefetch(pointer_);
  }

  // Of a collection with a hash table beside or below it, once `prefetch` has brought its head.
  bool has_table() const noexcept {
    switch (kind_) {
      case Kind::kSet: return static_cast<const Set*>(pointer_)->table() != nullptr;
      case Kind::kZset: return static_cast<const Zset*>(pointer_)->table() != nullptr;
      case Kind::kHash: return static_cast<const Hash*>(pointer_)->table() != nullptr;
      default: return false;
    }
  }
  void prefetch_member_bucket(std::uint32_t hash) const noexcept {
    with_table([hash](const auto& table) { table.prefetch_bucket(hash); });
  }
  void prefetch_member_node(std::uint32_t hash) const noexcept {
    with_table([hash](const auto& table) { table.prefetch_node(hash); });
  }

  /// Of a hash with fields that expire; nullptr otherwise.
  const FieldTimes* field_times() const noexcept { return kind_ == Kind::kHash ? static_cast<const Hash*>(pointer_)->times() : nullptr; }

  /// OBJECT ENCODING's word.
  const char* encoding() const noexcept;
  /// Elements of a collection; bytes of a string.
  std::size_t size() const noexcept;
  /// A collection without elements, which does not stay in the dictionary; an empty stream does.
  bool is_spent() const noexcept { return !is_string() && kind_ != Kind::kStream && size() == 0; }
  std::size_t memory() const noexcept;

  void serialize(ByteWriter& out) const;
  /// What comes before the elements, or before the bytes of a string.
  void serialize_head(ByteWriter& out) const;
  /// False when the bytes do not parse.
  static bool deserialize(ByteReader& in, Value* out);
  Value clone() const;

 private:
  enum class Kind : std::uint8_t { kInteger, kEmbedded, kRaw, kList, kSet, kZset, kHash, kStream, kVectorSet };
  template <typename Use>
  void with_table(Use&& use) const noexcept {
    if (kind_ == Kind::kSet) use(*static_cast<const Set*>(pointer_)->table());
    else if (kind_ == Kind::kZset) use(*static_cast<const Zset*>(pointer_)->table());
    else use(*static_cast<const Hash*>(pointer_)->table());
  }
  Blob& blob_slot() noexcept { return *reinterpret_cast<Blob*>(&pointer_); }
  void destroy() noexcept;
  union {
    std::int64_t integer_;
    void* pointer_;
  };
  Kind kind_;
};

}  // namespace orrery::keyspace
