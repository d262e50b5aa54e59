// bitfield_bodies.cc: BITFIELD and BITFIELD_RO: integers of 1 to 64 bits at any bit of a string.
#include "bodies.h"
#include "context.h"

namespace orrery::keyspace {
namespace {

enum class Overflow { kWrap, kSaturate, kFail };
struct Operation {
  enum { kGet, kSet, kIncrement } kind;
  bool is_signed;
  int bits;
  std::uint64_t offset;
  std::int64_t value = 0;
  Overflow overflow = Overflow::kWrap;
};

bool read_type(Context& c, std::size_t argument, Operation* op) {
  const std::string_view text = c.args[argument];
  std::int64_t bits = 0;
  const bool is_signed = !text.empty() && text[0] == 'i';
  if (text.empty() || (text[0] != 'i' && text[0] != 'u') || !parse_integer(text.substr(1), &bits) || bits < 1 || bits > (is_signed ? 64 : 63)) {
    c.reply.error("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
    return false;
  }
  op->is_signed = is_signed;
  op->bits = static_cast<int>(bits);
  return true;
}

/// "#n" counts in whole fields.
bool read_offset(Context& c, std::size_t argument, Operation* op) {
  std::string_view text = c.args[argument];
  const bool in_fields = !text.empty() && text[0] == '#';
  if (in_fields) text.remove_prefix(1);
  std::int64_t offset = 0;
  if (!parse_integer(text, &offset) || offset < 0 || (in_fields && __builtin_mul_overflow(offset, op->bits, &offset)) ||
      static_cast<std::uint64_t>(offset) >> 3 >= kMaxStringBytes) {
    c.reply.error("ERR bit offset is not an integer or out of range");
    return false;
  }
  op->offset = static_cast<std::uint64_t>(offset);
  return true;
}

bool read_operations(Context& c, std::vector<Operation>* out) {
  Overflow overflow = Overflow::kWrap;
  for (std::size_t i = 2; i < c.argc(); i++) {
    const std::size_t more = c.argc() - i - 1;
    Operation op{};
    if (c.is(i, "GET") && more >= 2) op.kind = Operation::kGet;
    else if (c.is(i, "SET") && more >= 3) op.kind = Operation::kSet;
    else if (c.is(i, "INCRBY") && more >= 3) op.kind = Operation::kIncrement;
    else if (c.is(i, "OVERFLOW") && more >= 1) {
      i++;
      if (c.is(i, "WRAP")) overflow = Overflow::kWrap;
      else if (c.is(i, "SAT")) overflow = Overflow::kSaturate;
      else if (c.is(i, "FAIL")) overflow = Overflow::kFail;
      else {
        c.reply.error("ERR Invalid OVERFLOW type specified");
        return false;
      }
      continue;
    } else {
      c.syntax_error();
      return false;
    }
    if (!read_type(c, i + 1, &op) || !read_offset(c, i + 2, &op)) return false;
    i += 2;
    if (op.kind != Operation::kGet && !c.integer(++i, &op.value)) return false;
    op.overflow = overflow;
    out->push_back(op);
  }
  return true;
}

/// The field as unsigned bits; bytes beyond the string are zero.
std::uint64_t read_field(std::string_view bytes, std::uint64_t offset, int bits) {
  std::uint64_t v = 0;
  for (int i = 0; i < bits; i++) {
    const std::uint64_t at = offset + static_cast<std::uint64_t>(i);
    const auto byte = static_cast<std::size_t>(at >> 3);
    const unsigned bit = byte < bytes.size() ? (static_cast<std::uint8_t>(bytes[byte]) >> (7 - (at & 7))) & 1u : 0u;
    v = (v << 1) | bit;
  }
  return v;
}
void write_field(char* data, std::uint64_t offset, int bits, std::uint64_t v) {
  for (int i = 0; i < bits; i++) {
    const std::uint64_t at = offset + static_cast<std::uint64_t>(i);
    const int shift = 7 - static_cast<int>(at & 7);
    const auto bit = static_cast<int>((v >> (bits - 1 - i)) & 1);
    char& byte = data[at >> 3];
    byte = static_cast<char>((byte & ~(1 << shift)) | (bit << shift));
  }
}
std::int64_t sign_extended(std::uint64_t v, int bits) {
  if (bits < 64 && (v >> (bits - 1)) != 0) v |= ~std::uint64_t{0} << bits;
  return static_cast<std::int64_t>(v);
}

/// value + by, fitted to the field. True when it did not fit as it was (*result is what SAT or WRAP give).
bool fit_signed(std::int64_t value, std::int64_t by, int bits, Overflow how, std::int64_t* result) {
  const std::int64_t max = bits == 64 ? INT64_MAX : (std::int64_t{1} << (bits - 1)) - 1, min = -max - 1;
  std::int64_t sum = 0;
  const bool carried = __builtin_add_overflow(value, by, &sum);
  *result = sum;
  if (!carried && sum <= max && sum >= min) return false;
  const bool high = carried ? by > 0 : sum > max;
  if (how == Overflow::kSaturate) *result = high ? max : min;
  else *result = sign_extended(bits == 64 ? static_cast<std::uint64_t>(sum) : static_cast<std::uint64_t>(sum) & ~(~std::uint64_t{0} << bits), bits);
  return true;
}
bool fit_unsigned(std::uint64_t value, std::int64_t by, int bits, Overflow how, std::uint64_t* result) {
  const std::uint64_t max = (std::uint64_t{1} << bits) - 1;
  const __int128 sum = static_cast<__int128>(value) + by;
  *result = static_cast<std::uint64_t>(sum);
  if (sum >= 0 && sum <= static_cast<__int128>(max)) return false;
  if (how == Overflow::kSaturate) *result = sum > 0 ? max : 0;
  else *result = static_cast<std::uint64_t>(sum) & max;
  return true;
}

/// One SET or INCRBY; true when the bytes changed.
bool change(Context& c, const Operation& op, char* data, std::size_t size) {
  const std::uint64_t old = read_field({data, size}, op.offset, op.bits);
  bool overflowed;
  std::uint64_t fresh;
  if (op.is_signed) {
    const std::int64_t before = sign_extended(old, op.bits);
    std::int64_t after;
    overflowed = op.kind == Operation::kIncrement ? fit_signed(before, op.value, op.bits, op.overflow, &after) : fit_signed(op.value, 0, op.bits, op.overflow, &after);
    fresh = static_cast<std::uint64_t>(after) & (op.bits == 64 ? ~std::uint64_t{0} : ~(~std::uint64_t{0} << op.bits));
    if (overflowed && op.overflow == Overflow::kFail) return c.reply.null(), false;
    c.reply.integer(op.kind == Operation::kIncrement ? after : before);
  } else {
    overflowed = op.kind == Operation::kIncrement ? fit_unsigned(old, op.value, op.bits, op.overflow, &fresh)
                                                  : fit_unsigned(static_cast<std::uint64_t>(op.value), 0, op.bits, op.overflow, &fresh);
    if (overflowed && op.overflow == Overflow::kFail) return c.reply.null(), false;
    c.reply.integer(static_cast<std::int64_t>(op.kind == Operation::kIncrement ? fresh : old));
  }
  write_field(data, op.offset, op.bits, fresh);
  return fresh != old;
}

void bitfield_in(Context& c, bool read_only) {
  std::vector<Operation> operations;
  if (!read_operations(c, &operations)) return;
  std::uint64_t highest = 0, lowest = ~std::uint64_t{0};
  bool writes = false;
  for (const Operation& op : operations) {
    if (op.kind == Operation::kGet) continue;
    writes = true;
    lowest = std::min(lowest, op.offset);
    highest = std::max(highest, op.offset + static_cast<std::uint64_t>(op.bits) - 1);
  }
  if (writes && read_only) return c.reply.error("ERR BITFIELD_RO only supports the GET subcommand");
  const Key key = c.key(1);
  Node* n;
  if (!c.find_typed(key, ValueType::kString, &n, !writes)) return;
  Blob* blob = nullptr;
  bool changed = false;
  if (writes) {
    const std::size_t wanted = static_cast<std::size_t>(highest >> 3) + 1;
    if (wanted > kMaxStringBytes) return c.reply.error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    if (n == nullptr) n = c.add(key, Value::string(""));
    blob = &n->payload.value.bytes();
    changed = blob->size() < wanted;
    blob->extend(wanted);
  }
  char scratch[24];
  const std::string_view text = n == nullptr ? std::string_view{} : n->payload.value.text(scratch);
  c.reply.array(operations.size());
  for (const Operation& op : operations) {
    if (op.kind != Operation::kGet) {
      changed |= change(c, op, blob->data(), blob->size());
      continue;
    }
    const std::uint64_t v = read_field(blob != nullptr ? blob->view() : text, op.offset, op.bits);
    c.reply.integer(op.is_signed ? sign_extended(v, op.bits) : static_cast<std::int64_t>(v));
  }
  if (!changed) return;
  const auto first = static_cast<std::size_t>(lowest >> 3), last = static_cast<std::size_t>(highest >> 3);
  c.effect(Effect::kSetRange, key, [&](ByteWriter& w) {
    w.varint(first);
    w.string(blob->view().substr(first, last - first + 1));
  });
  c.changed(key);
  c.event(kNotifyString, "setbit", key);
}
void bitfield(Context& c) { bitfield_in(c, false); }
void bitfield_ro(Context& c) { bitfield_in(c, true); }

constexpr NamedBody bodies[] = {{"bitfield", bitfield}, {"bitfield_ro", bitfield_ro}};

}  // namespace

std::span<const NamedBody> bitfield_bodies() { return bodies; }

}  // namespace orrery::keyspace
