#include "rdb_value.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "crc64.h"
#include "listpack.h"
#include "lzf.h"
#include "vector_set.h"
#include "ziplist.h"

namespace orrery::keyspace {
namespace {

enum Type : std::uint8_t {
  kString = 0, kList = 1, kSet = 2, kZsetText = 3, kHash = 4, kZset = 5, kHashZipmap = 9, kListZiplist = 10, kSetIntset = 11, kZsetZiplist = 12,
  kHashZiplist = 13, kQuicklist = 14, kStream1 = 15, kHashListpack = 16, kZsetListpack = 17, kQuicklist2 = 18, kStream2 = 19, kSetListpack = 20,
  kStream3 = 21, kHashTimes = 24, kHashTimesListpack = 25,
  kOwnValue = 0xc0,  // not Redis': a string of Value::serialize's bytes, for what Redis 7 has no type for
};

/// visit(text) over a checked listpack or ziplist; false when the bytes are not one.
template <typename Visit>
bool each_listpack(std::string_view bytes, Visit&& visit) {
  std::size_t count;
  if (!Listpack::valid(bytes, &count)) return false;
  char scratch[24];
  std::size_t at = Listpack::kHeaderBytes;
  for (std::size_t i = 0; i < count; i++, at = Listpack::next_at(bytes, at)) visit(Listpack::text_at(bytes, at, scratch));
  return true;
}

/// Pairs of neighbours; false for an odd number.
template <typename Each, typename Visit>
bool each_pair(Each&& each, std::string_view bytes, Visit&& visit) {
  std::string first;
  bool have = false, fine = true;
  if (!each(bytes, [&](std::string_view v) {
        if (have) fine = visit(first, v) && fine;
        else first = v;
        have = !have;
      }))
    return false;
  return fine && !have;
}

bool add_scored(Zset& zset, std::string_view member, double score) {
  double old;
  if (std::isnan(score) || zset.score(member, &old)) return false;
  zset.set(member, score);
  return true;
}

/// A hash of Redis 7.4 with fields that expire: times are counted from the earliest, one more, so that 0 says never.
bool read_timed_hash(RdbReader& in, Hash& hash) {
  const std::uint64_t earliest = in.fixed(8);
  bool fine = true;
  for (std::uint64_t n = in.length(); n > 0 && in.ok() && fine; n--) {
    const std::uint64_t later = in.length();
    const std::string field = in.string();
    fine = hash.set(field, in.string()) && later < (1ull << 62) && earliest < (1ull << 62);
    if (fine && later > 0) hash.set_time(field, static_cast<std::int64_t>(earliest + later - 1));
  }
  return fine;
}
/// The same in a listpack of (field, value, time), times as they are.
bool read_timed_listpack(RdbReader& in, Hash& hash) {
  (void)in.fixed(8);  // the earliest time, which the elements tell too
  std::string field, value;
  int part = 0;
  bool fine = true;
  const std::string bytes = in.string();
  if (!in.ok() || !each_listpack(bytes, [&](std::string_view text) {
        std::int64_t when = 0;
        if (part == 0) field = text;
        else if (part == 1) value = text;
        else if (!parse_integer(text, &when) || when < 0 || !hash.set(field, value)) fine = false;
        else hash.set_time(field, when);
        part = (part + 1) % 3;
      }))
    return false;
  return fine && part == 0;
}
bool read_intset(std::string_view bytes, Set& set) {
  if (bytes.size() < 8) return false;
  std::uint32_t width, count;
  std::memcpy(&width, bytes.data(), 4);
  std::memcpy(&count, bytes.data() + 4, 4);
  if ((width != 2 && width != 4 && width != 8) || bytes.size() - 8 != static_cast<std::size_t>(count) * width) return false;
  char text[24];
  for (std::uint32_t i = 0; i < count; i++) {
    const char* p = bytes.data() + 8 + static_cast<std::size_t>(i) * width;
    std::int64_t v = 0;
    if (width == 2) { std::int16_t w; std::memcpy(&w, p, 2); v = w; }
    else if (width == 4) { std::int32_t w; std::memcpy(&w, p, 4); v = w; }
    else std::memcpy(&v, p, 8);
    if (!set.add({text, write_integer(text, v)})) return false;
  }
  return true;
}

/// "length byte(s), field, length byte(s), free byte, value, free bytes" … 255.
bool read_zipmap(std::string_view bytes, Hash& hash) {
  if (bytes.size() < 2) return false;
  std::size_t at = 1;
  const auto length = [&](std::size_t* n) {
    if (at >= bytes.size()) return false;
    const auto b = static_cast<std::uint8_t>(bytes[at++]);
    if (b < 254) return *n = b, true;
    if (b == 255 || bytes.size() - at < 4) return false;
    std::uint32_t w;
    std::memcpy(&w, bytes.data() + at, 4);
    at += 4;
    *n = w;
    return true;
  };
  while (at < bytes.size() && static_cast<std::uint8_t>(bytes[at]) != 255) {
    std::size_t n;
    if (!length(&n) || n > bytes.size() - at) return false;
    const std::string_view field = bytes.substr(at, n);
    at += n;
    if (!length(&n) || at >= bytes.size()) return false;
    const auto spare = static_cast<std::uint8_t>(bytes[at++]);
    if (n + spare > bytes.size() - at) return false;
    if (!hash.set(field, bytes.substr(at, n))) return false;
    at += n + spare;
  }
  return at + 1 == bytes.size();
}

StreamId read_raw_id(RdbReader& in) {
  std::uint64_t parts[2];
  for (std::uint64_t& p : parts) {
    const std::string_view raw = in.raw(8);
    p = 0;
    for (const char c : raw) p = (p << 8) | static_cast<std::uint8_t>(c);
  }
  return {parts[0], parts[1]};
}
void write_raw_id(std::string& out, StreamId id) {
  for (const std::uint64_t v : {id.ms, id.seq})
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(v >> shift));
}
StreamId read_id(RdbReader& in) {
  StreamId id;
  id.ms = in.length();
  id.seq = in.length();
  return id;
}
void write_fixed(std::string& out, std::uint64_t v, int bytes) {
  for (int i = 0; i < bytes; i++) out.push_back(static_cast<char>(v >> (8 * i)));
}
void write_timed_hash(std::string& out, Hash& hash) {
  const FieldTimes& times = *hash.times();
  rdb_write_earliest_time(out, times.earliest());
  rdb_write_length(out, hash.size());
  hash.each([&](std::string_view field, std::string_view value) { rdb_write_timed_field(out, times.earliest(), times.get(field), field, value); });
}

bool read_group(RdbReader& in, std::uint8_t type, Stream& s) {
  std::string name = in.string();
  const auto [at, fresh] = s.make_groups().emplace(std::move(name), StreamGroup{});
  if (!fresh) return false;
  StreamGroup& g = at->second;
  g.last_id = read_id(in);
  if (type >= kStream2) g.entries_read = static_cast<std::int64_t>(in.length());
  else g.entries_read = s.distance_from_first(g.last_id);
  std::map<StreamId, std::pair<std::int64_t, std::int64_t>> waiting;
  for (std::uint64_t n = in.length(); n > 0 && in.ok(); n--) {
    const StreamId id = read_raw_id(in);
    const auto when = static_cast<std::int64_t>(in.fixed(8));
    if (!waiting.emplace(id, std::pair{when, static_cast<std::int64_t>(in.length())}).second) return false;
  }
  for (std::uint64_t n = in.length(); n > 0 && in.ok(); n--) {
    const auto [consumer, made] = g.consumers.emplace(in.string(), StreamConsumer{});
    if (!made) return false;
    consumer->second.seen_ms = static_cast<std::int64_t>(in.fixed(8));
    if (type >= kStream3) (void)in.fixed(8);  // when it last got something
    for (std::uint64_t p = in.length(); p > 0 && in.ok(); p--) {
      const auto pending = waiting.find(read_raw_id(in));
      if (pending == waiting.end()) return false;
      g.assign(pending->first, &*consumer, pending->second.first, pending->second.second);
    }
  }
  return in.ok() && g.pending.size() == waiting.size();
}

bool read_stream(RdbReader& in, std::uint8_t type, Stream& s) {
  for (std::uint64_t n = in.length(); n > 0 && in.ok(); n--) {
    const std::string key = in.string();
    if (key.size() != 16) return false;
    RdbReader id(key);
    const StreamId first = read_raw_id(id);
    if (!s.add_node(first, in.string())) return false;
  }
  const std::uint64_t length = in.length();
  s.last_id = read_id(in);
  s.find_first_id();
  if (type >= kStream2) {
    (void)read_id(in);  // the first entry's: it is there to be seen
    s.max_deleted_id = read_id(in);
    s.entries_added = in.length();
  } else {
    s.entries_added = length;
  }
  if (!in.ok() || length != s.length || (s.length > 0 && s.last_live_id() > s.last_id)) return false;
  for (std::uint64_t n = in.length(); n > 0 && in.ok(); n--)
    if (!read_group(in, type, s)) return false;
  return in.ok();
}

/// An integer in the fewest bytes; false when the text is not one of 32 bits.
bool write_integer_string(std::string& out, std::string_view s) {
  std::int64_t v;
  if (s.size() > 11 || !parse_integer(s, &v)) return false;
  const int bytes = v >= INT8_MIN && v <= INT8_MAX ? 1 : v >= INT16_MIN && v <= INT16_MAX ? 2 : v >= INT32_MIN && v <= INT32_MAX ? 4 : 0;
  if (bytes == 0) return false;
  out.push_back(static_cast<char>(0xc0 | (bytes == 1 ? 0 : bytes == 2 ? 1 : 2)));
  write_fixed(out, static_cast<std::uint64_t>(v), bytes);
  return true;
}

std::string intset_bytes(const Set& set) {
  std::vector<std::int64_t> values;
  int width = 2;
  set.each([&](std::string_view m) {
    std::int64_t v = 0;
    parse_integer(m, &v);
    values.push_back(v);
    if (v < INT32_MIN || v > INT32_MAX) width = 8;
    else if (width == 2 && (v < INT16_MIN || v > INT16_MAX)) width = 4;
  });
  std::string out;
  write_fixed(out, static_cast<std::uint64_t>(width), 4);
  write_fixed(out, values.size(), 4);
  for (const std::int64_t v : values) write_fixed(out, static_cast<std::uint64_t>(v), width);
  return out;
}

/// A score inside a listpack: an integer when it is one, its shortest text otherwise.
void append_score(Listpack& lp, double v) {
  char text[48];
  if (std::isfinite(v) && v == std::floor(v) && std::fabs(v) < 9007199254740992.0 && !(v == 0 && std::signbit(v))) lp.append(static_cast<std::int64_t>(v));
  else lp.append(std::string_view{text, write_double(text, v)});
}

constexpr std::size_t kLargestInListpack = 1 << 20;

void write_list(std::string& out, const List& list) {
  // Nodes as large as the list's own; one element that is larger stands alone and plain.
  std::string nodes;
  std::uint64_t count = 0;
  Listpack node(64);
  std::size_t held = 0;
  const auto flush = [&] {
    if (held == 0) return;
    rdb_write_length(nodes, 2);
    rdb_write_string(nodes, node.bytes());
    count++;
    node = Listpack(64);
    held = 0;
  };
  list.walk(0, true, [&](std::size_t, std::string_view v) {
    if (v.size() > kLargestInListpack) {
      flush();
      rdb_write_length(nodes, 1);
      rdb_write_string(nodes, v);
      count++;
      return true;
    }
    if (held > 0 && node.total() + v.size() > kListNodeBytes) flush();
    node.append(v);
    held++;
    return true;
  });
  flush();
  rdb_write_length(out, count);
  out += nodes;
}

bool read_list(RdbReader& in, std::uint8_t type, List& list) {
  const auto push = [&](std::string_view v) { list.push(false, v); };
  if (type == kListZiplist) return each_ziplist(in.string(), push);
  for (std::uint64_t n = in.length(); n > 0 && in.ok(); n--) {
    if (type == kList) {
      push(in.string());
    } else if (type == kQuicklist) {
      if (!each_ziplist(in.string(), push)) return false;
    } else {
      const std::uint64_t container = in.length();
      const std::string bytes = in.string();
      if (container == 1) push(bytes);
      else if (container != 2 || !each_listpack(bytes, push)) return false;
    }
  }
  return in.ok();
}

}  // namespace

void rdb_write_stream_node(std::string& out, StreamId id, std::string_view entries) {
  std::string raw;
  write_raw_id(raw, id);
  rdb_write_string(out, raw);
  rdb_write_string(out, entries);
}

void rdb_write_stream_end(std::string& out, const Stream& s) {
  rdb_write_length(out, s.length);
  const auto id = [&](StreamId v) {
    rdb_write_length(out, v.ms);
    rdb_write_length(out, v.seq);
  };
  id(s.last_id);
  id(s.first_id);
  id(s.max_deleted_id);
  rdb_write_length(out, s.entries_added);
  rdb_write_length(out, s.groups() == nullptr ? 0 : s.groups()->size());
  if (s.groups() == nullptr) return;
  for (const auto& [name, g] : *s.groups()) {
    rdb_write_string(out, name);
    id(g.last_id);
    rdb_write_length(out, static_cast<std::uint64_t>(g.entries_read));
    rdb_write_length(out, g.pending.size());
    for (const auto& [pending, p] : g.pending) {
      write_raw_id(out, pending);
      write_fixed(out, static_cast<std::uint64_t>(p.delivery_ms), 8);
      rdb_write_length(out, static_cast<std::uint64_t>(p.delivery_count));
    }
    rdb_write_length(out, g.consumers.size());
    for (const auto& [consumer, state] : g.consumers) {
      rdb_write_string(out, consumer);
      write_fixed(out, static_cast<std::uint64_t>(state.seen_ms), 8);
      rdb_write_length(out, state.pending.size());
      for (const auto& [pending, nothing] : state.pending) write_raw_id(out, pending);
    }
  }
}

std::uint8_t RdbReader::u8() {
  if (at_ >= bytes_.size()) return ok_ = false, 0;
  return static_cast<std::uint8_t>(bytes_[at_++]);
}
std::uint64_t RdbReader::fixed(std::size_t bytes) {
  const std::string_view raw_bytes = raw(bytes);
  std::uint64_t v = 0;
  for (std::size_t i = 0; i < raw_bytes.size(); i++) v |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(raw_bytes[i])) << (8 * i);
  return v;
}
std::string_view RdbReader::raw(std::size_t length) {
  if (length > remaining()) {
    ok_ = false;
    at_ = bytes_.size();
    return {};
  }
  at_ += length;
  return bytes_.substr(at_ - length, length);
}

std::uint64_t RdbReader::length(bool* encoded) {
  const std::uint8_t b = u8();
  if (encoded != nullptr) *encoded = false;
  switch (b >> 6) {
    case 0: return b & 0x3f;
    case 1: return (static_cast<std::uint64_t>(b & 0x3f) << 8) | u8();
    case 2: break;
    default:
      if (encoded == nullptr) return ok_ = false, 0;
      *encoded = true;
      return b & 0x3f;
  }
  if (b != 0x80 && b != 0x81) return ok_ = false, 0;
  std::uint64_t v = 0;  // big-endian
  for (const char c : raw(b == 0x80 ? 4 : 8)) v = (v << 8) | static_cast<std::uint8_t>(c);
  return v;
}

std::string RdbReader::string() {
  bool encoded;
  const std::uint64_t n = length(&encoded);
  if (!encoded) return std::string(raw(n));
  char text[24];
  switch (n) {
    case 0: return {text, write_integer(text, static_cast<std::int8_t>(u8()))};
    case 1: return {text, write_integer(text, static_cast<std::int16_t>(fixed(2)))};
    case 2: return {text, write_integer(text, static_cast<std::int32_t>(fixed(4)))};
    case 3: {
      const std::uint64_t packed = length(), size = length();
      const std::string_view bytes = raw(packed);
      std::string out;
      // LZF gives at most 264 bytes for three.
      if (!ok_ || size > kMaxStringBytes || size > packed * 264 + 264 || !lzf_expand(bytes, size, &out)) ok_ = false;
      return out;
    }
    default: ok_ = false; return {};
  }
}

double RdbReader::real() {
  const std::uint64_t bits = fixed(8);
  double v;
  std::memcpy(&v, &bits, 8);
  return v;
}
double RdbReader::text_real() {
  const std::uint8_t n = u8();
  if (n == 255) return -std::numeric_limits<double>::infinity();
  if (n == 254) return std::numeric_limits<double>::infinity();
  double v = 0;
  if (n == 253 || !parse_double(raw(n), &v)) ok_ = false;
  return v;
}

void rdb_write_length(std::string& out, std::uint64_t n) {
  if (n < 64) {
    out.push_back(static_cast<char>(n));
  } else if (n < 16384) {
    out.push_back(static_cast<char>(0x40 | (n >> 8)));
    out.push_back(static_cast<char>(n));
  } else {
    const bool wide = n > UINT32_MAX;
    out.push_back(static_cast<char>(wide ? 0x81 : 0x80));
    for (int shift = wide ? 56 : 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(n >> shift));
  }
}

void rdb_write_string(std::string& out, std::string_view s) {
  if (write_integer_string(out, s)) return;
  rdb_write_length(out, s.size());
  out += s;
}

void rdb_write_earliest_time(std::string& out, std::int64_t earliest_ms) { write_fixed(out, static_cast<std::uint64_t>(earliest_ms), 8); }

void rdb_write_timed_field(std::string& out, std::int64_t earliest_ms, std::int64_t when_ms, std::string_view field, std::string_view value) {
  rdb_write_length(out, when_ms == 0 ? 0 : static_cast<std::uint64_t>(when_ms - earliest_ms) + 1);
  rdb_write_string(out, field);
  rdb_write_string(out, value);
}

std::uint8_t rdb_type_of(Value& v, RdbContents contents) {
  if (contents == RdbContents::kWhole && v.field_times() != nullptr) return kHashTimes;
  switch (v.type()) {
    case ValueType::kString: return kString;
    case ValueType::kList: return kQuicklist2;
    case ValueType::kSet: return v.set().is_intset() ? kSetIntset : kSet;
    case ValueType::kZset: return v.zset().packed() ? kZsetListpack : kZset;
    case ValueType::kHash: return v.hash().packed() ? kHashListpack : kHash;
    case ValueType::kStream: return kStream2;
    case ValueType::kVectorSet: return kOwnValue;
  }
  return kString;
}

void rdb_write_node(std::string& out, const Packed& node) {
  // An element that is larger stands alone in its node.
  if (node.count() == 1 && node.at(0).size() > kLargestInListpack) {
    rdb_write_length(out, 1);
    return rdb_write_string(out, node.at(0));
  }
  Listpack lp(node.bytes() + 64);
  for (std::size_t at = 0; at < node.end(); at = node.next(at)) lp.append(node.at(at));
  rdb_write_length(out, 2);
  rdb_write_string(out, lp.bytes());
}

void rdb_write_value(std::string& out, Value& v, RdbContents contents) {
  char scratch[24];
  if (contents == RdbContents::kWhole && v.field_times() != nullptr) return write_timed_hash(out, v.hash());
  switch (v.type()) {
    case ValueType::kString: return rdb_write_string(out, v.text(scratch));
    case ValueType::kList: return write_list(out, v.list());
    case ValueType::kSet:
      if (v.set().is_intset()) return rdb_write_string(out, intset_bytes(v.set()));
      rdb_write_length(out, v.set().size());
      return v.set().each([&](std::string_view m) { rdb_write_string(out, m); });
    case ValueType::kZset:
      if (v.zset().packed()) {
        Listpack lp(64);
        v.zset().each([&](ScoredMember m) {
          lp.append(m.member);
          append_score(lp, m.score);
        });
        return rdb_write_string(out, lp.bytes());
      }
      // From the highest, so that a reader inserts at the front of its list.
      rdb_write_length(out, v.zset().size());
      return v.zset().walk(v.zset().size() - 1, false, [&](ScoredMember m) {
        rdb_write_string(out, m.member);
        std::uint64_t bits;
        std::memcpy(&bits, &m.score, 8);
        write_fixed(out, bits, 8);
        return true;
      });
    case ValueType::kHash:
      if (v.hash().packed()) {
        Listpack lp(64);
        v.hash().each([&](std::string_view f, std::string_view x) {
          lp.append(f);
          lp.append(x);
        });
        return rdb_write_string(out, lp.bytes());
      }
      rdb_write_length(out, v.hash().size());
      return v.hash().each([&](std::string_view f, std::string_view x) {
        rdb_write_string(out, f);
        rdb_write_string(out, x);
      });
    case ValueType::kStream:
      rdb_write_length(out, v.stream().node_count());
      v.stream().each_node([&](const Stream::Node& n) { rdb_write_stream_node(out, n.id, n.entries.bytes()); });
      return rdb_write_stream_end(out, v.stream());
    case ValueType::kVectorSet: {
      ByteWriter bytes;
      v.serialize(bytes);
      return rdb_write_string(out, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
  }
}

bool rdb_read_value(RdbReader& in, std::uint8_t type, Value* out) {
  const auto listpack = [](std::string_view bytes, auto&& visit) { return each_listpack(bytes, visit); };
  const auto ziplist = [](std::string_view bytes, auto&& visit) { return each_ziplist(bytes, visit); };
  Value v;
  bool fine = true;
  switch (type) {
    case kString: v = Value::string(in.string()); *out = std::move(v); return in.ok();
    case kList:
    case kListZiplist:
    case kQuicklist:
    case kQuicklist2:
      v = Value::make(ValueType::kList);
      fine = read_list(in, type, v.list());
      break;
    case kSet:
      v = Value::make(ValueType::kSet);
      for (std::uint64_t n = in.length(); n > 0 && in.ok() && fine; n--) fine = v.set().add(in.string());
      break;
    case kSetIntset:
      v = Value::make(ValueType::kSet);
      fine = read_intset(in.string(), v.set());
      break;
    case kSetListpack:
      v = Value::make(ValueType::kSet);
      fine = each_listpack(in.string(), [&](std::string_view m) { v.set().add(m); });
      break;
    case kZsetText:
    case kZset:
      v = Value::make(ValueType::kZset);
      for (std::uint64_t n = in.length(); n > 0 && in.ok() && fine; n--) {
        const std::string member = in.string();
        fine = add_scored(v.zset(), member, type == kZset ? in.real() : in.text_real());
      }
      break;
    case kZsetZiplist:
    case kZsetListpack: {
      v = Value::make(ValueType::kZset);
      const auto add = [&](std::string_view member, std::string_view score) {
        double s;
        return parse_double(score, &s) && add_scored(v.zset(), member, s);
      };
      const std::string bytes = in.string();
      fine = type == kZsetZiplist ? each_pair(ziplist, bytes, add) : each_pair(listpack, bytes, add);
      break;
    }
    case kHash:
      v = Value::make(ValueType::kHash);
      for (std::uint64_t n = in.length(); n > 0 && in.ok() && fine; n--) {
        const std::string field = in.string();
        fine = v.hash().set(field, in.string());
      }
      break;
    case kHashTimes:
    case kHashTimesListpack:
      v = Value::make(ValueType::kHash);
      fine = type == kHashTimes ? read_timed_hash(in, v.hash()) : read_timed_listpack(in, v.hash());
      break;
    case kHashZipmap:
      v = Value::make(ValueType::kHash);
      fine = read_zipmap(in.string(), v.hash());
      break;
    case kHashZiplist:
    case kHashListpack: {
      v = Value::make(ValueType::kHash);
      const auto add = [&](std::string_view field, std::string_view value) { return v.hash().set(field, value); };
      const std::string bytes = in.string();
      fine = type == kHashZiplist ? each_pair(ziplist, bytes, add) : each_pair(listpack, bytes, add);
      break;
    }
    case kStream1:
    case kStream2:
    case kStream3:
      v = Value::make(ValueType::kStream);
      fine = read_stream(in, type, v.stream());
      break;
    case kOwnValue: {
      const std::string text = in.string();
      ByteReader bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
      fine = in.ok() && Value::deserialize(bytes, &v) && bytes.remaining() == 0;
      break;
    }
    default: return false;
  }
  if (!fine || !in.ok() || v.is_spent()) return false;
  *out = std::move(v);
  return true;
}

bool rdb_skip_module(RdbReader& in) {
  (void)in.length();  // the module's id
  for (;;) {
    switch (in.length()) {
      case 0: return in.ok();
      case 1:
      case 2: (void)in.length(); break;
      case 3: (void)in.raw(4); break;
      case 4: (void)in.raw(8); break;
      case 5: (void)in.string(); break;
      default: return false;
    }
    if (!in.ok()) return false;
  }
}

std::string rdb_dump(Value& value, RdbContents contents) {
  const std::uint8_t type = rdb_type_of(value, contents);
  std::string out(1, static_cast<char>(type));
  rdb_write_value(out, value, contents);
  write_fixed(out, type == kHashTimes ? kRdbVersionRead : kRdbVersionWritten, 2);
  write_fixed(out, crc64(0, out), 8);
  return out;
}

bool rdb_payload_intact(std::string_view payload) {
  if (payload.size() < 11) return false;
  RdbReader footer(payload.substr(payload.size() - 10));
  const std::uint64_t version = footer.fixed(2), checksum = footer.fixed(8);
  return version <= kRdbVersionRead && checksum == crc64(0, payload.substr(0, payload.size() - 8));
}

bool rdb_restore(std::string_view payload, Value* out) {
  RdbReader in(payload.substr(0, payload.size() - 10));
  const std::uint8_t type = in.u8();
  return rdb_read_value(in, type, out) && in.remaining() == 0;
}

}  // namespace orrery::keyspace
