#include "entry_writer.h"

#include "../core/check.h"
#include "rdb_file.h"

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
    if (value.type() == ValueType::kStream) value.stream().serialize_head(out);
  }
  void field(ByteWriter& out, std::int64_t earliest_ms, std::int64_t when_ms, std::string_view field, std::string_view value) const override {
    if (earliest_ms != 0) out.i64(when_ms);
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
  void stream_node(ByteWriter& out, StreamId id, std::string_view entries) const override { Stream::serialize_node(out, id, entries); }
  void stream_end(ByteWriter& out, const Stream& stream) const override { stream.serialize_groups(out); }

 private:
  static void name(ByteWriter& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms) {
    out.u8(1);
    out.u8(db);
    out.string(key);
    out.i64(expire_ms);
  }
};

/// Adds what `write` puts into a string.
template <typename Write>
void add(ByteWriter& out, Write&& write) {
  thread_local std::string text;
  text.clear();
  write(text);
  out.raw(text.data(), text.size());
  if (text.capacity() > (1u << 20)) std::string().swap(text);  // one huge value must not hold its memory for good
}

}  // namespace

const EntryWriter& checkpoint_writer() {
  static const CheckpointEntryWriter writer;
  return writer;
}

std::uint16_t RdbEntryWriter::version() const noexcept {
  const bool has_more = contents_ == RdbContents::kWhole && timed_hashes() + vector_sets() > 0;
  return has_more ? kRdbVersionRead : kRdbVersionWritten;
}

bool RdbEntryWriter::admits(Value& value) const noexcept {
  if (value.field_times() != nullptr) timed_hashes_.fetch_add(1, std::memory_order_relaxed);
  if (value.type() != ValueType::kVectorSet) return true;
  vector_sets_.fetch_add(1, std::memory_order_relaxed);
  return contents_ == RdbContents::kWhole;
}

void RdbEntryWriter::entry(ByteWriter& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms, Value& value) const {
  if (!admits(value)) return;
  add(out, [&](std::string& text) {
    rdb_write_key(text, db, key, expire_ms, rdb_type_of(value, contents_));
    rdb_write_value(text, value, contents_);
  });
}

void RdbEntryWriter::head(ByteWriter& out, std::uint8_t db, std::string_view key, std::int64_t expire_ms, Value& value) const {
  const bool admitted = admits(value);
  ORRERY_ASSERT(admitted);  // a vector set is none of the large values
  add(out, [&](std::string& text) {
    rdb_write_key(text, db, key, expire_ms, rdb_type_of(value, contents_));
    if (contents_ == RdbContents::kWhole && value.field_times() != nullptr) rdb_write_earliest_time(text, value.field_times()->earliest());
    switch (value.type()) {
      case ValueType::kList: return rdb_write_length(text, value.list().node_count());
      case ValueType::kStream: return rdb_write_length(text, value.stream().node_count());
      default: return rdb_write_length(text, value.size());
    }
  });
}

void RdbEntryWriter::field(ByteWriter& out, std::int64_t earliest_ms, std::int64_t when_ms, std::string_view field, std::string_view value) const {
  add(out, [&](std::string& text) {
    if (earliest_ms != 0 && contents_ == RdbContents::kWhole) return rdb_write_timed_field(text, earliest_ms, when_ms, field, value);
    rdb_write_string(text, field);
    rdb_write_string(text, value);
  });
}

void RdbEntryWriter::member(ByteWriter& out, std::string_view member) const {
  add(out, [&](std::string& text) { rdb_write_string(text, member); });
}

void RdbEntryWriter::scored(ByteWriter& out, std::string_view member, double score) const {
  add(out, [&](std::string& text) { rdb_write_string(text, member); });
  out.f64(score);
}

void RdbEntryWriter::node(ByteWriter& out, const Packed& node) const {
  add(out, [&](std::string& text) { rdb_write_node(text, node); });
}

void RdbEntryWriter::stream_node(ByteWriter& out, StreamId id, std::string_view entries) const {
  add(out, [&](std::string& text) { rdb_write_stream_node(text, id, entries); });
}

void RdbEntryWriter::stream_end(ByteWriter& out, const Stream& stream) const {
  add(out, [&](std::string& text) { rdb_write_stream_end(text, stream); });
}

}  // namespace orrery::keyspace
