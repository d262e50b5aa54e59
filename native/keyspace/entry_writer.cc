#include "entry_writer.h"

#include "rdb_file.h"
#include "rdb_value.h"

namespace orrery::keyspace {
namespace {

class CheckpointEntryWriter final : public EntryWriter {
 public:
  void entry(ByteWriter& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms, Value& value) const override {
    name(out, db, key, expire_ms);
    value.serialize(out);
  }
  void head(ByteWriter& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms, Value& value) const override {
    name(out, db, key, expire_ms);
    value.serialize_head(out);
  }
  void field(ByteWriter& out, bool timed, std::int64_t when_ms, std::string_view field, std::string_view value) const override {
    if (timed) out.i64(when_ms);
    out.string(field);
    out.string(value);
  }
  void member(ByteWriter& out, std::string_view member) const override { out.string(member); }
  void scored(ByteWriter& out, std::string_view member, double score) const override {
    out.f64(score);
    out.string(member);
  }
  void node(ByteWriter& out, const Packed& node) const override {
    for (std::size_t at = 0; at < node.end(); at = node.next(at)) out.string(node.at(at));
  }

 private:
  static void name(ByteWriter& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms) {
    out.u8(1);
    out.u8(db);
    out.string(key);
    out.i64(expire_ms);
  }
};

class RdbEntryWriter final : public EntryWriter {
 public:
  void entry(ByteWriter& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms, Value& value) const override {
    write(out, [&](std::string& text) {
      rdb_write_key(text, db, key, expire_ms, value);
      rdb_write_value(text, value);
    });
  }
  void head(ByteWriter& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms, Value& value) const override {
    write(out, [&](std::string& text) {
      rdb_write_key(text, db, key, expire_ms, value);
      rdb_write_length(text, value.type() == ValueType::kList ? value.list().node_count() : value.size());
    });
  }
  // Version 10 has no word for fields that expire.
  void field(ByteWriter& out, bool, std::int64_t, std::string_view field, std::string_view value) const override {
    write(out, [&](std::string& text) {
      rdb_write_string(text, field);
      rdb_write_string(text, value);
    });
  }
  void member(ByteWriter& out, std::string_view member) const override {
    write(out, [&](std::string& text) { rdb_write_string(text, member); });
  }
  void scored(ByteWriter& out, std::string_view member, double score) const override {
    write(out, [&](std::string& text) { rdb_write_string(text, member); });
    out.f64(score);
  }
  void node(ByteWriter& out, const Packed& node) const override {
    write(out, [&](std::string& text) { rdb_write_node(text, node); });
  }

 private:
  template <typename Write>
  static void write(ByteWriter& out, Write&& write) {
    thread_local std::string text;
    text.clear();
    write(text);
    out.raw(text.data(), text.size());
    if (text.capacity() > (1u << 20)) std::string().swap(text);  // one huge value must not hold its memory for good
  }
};

}  // namespace

const EntryWriter& checkpoint_writer() {
  static const CheckpointEntryWriter writer;
  return writer;
}
const EntryWriter& rdb_writer() {
  static const RdbEntryWriter writer;
  return writer;
}

}  // namespace orrery::keyspace
