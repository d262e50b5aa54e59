#include "sort_rows.h"

#include <algorithm>
#include <array>

#include "compare.h"

namespace orrery::exec {
namespace {

struct KeyLayout {
  const Column* column;
  bool descending, nulls_first;
  bool nullable;
  std::size_t width;        // of the value's bytes, without the NULL byte
  std::int32_t scale = 0;   // decimals: brought to this scale
};

template <typename T>
std::uint64_t ordered_bits(T v) noexcept {
  if constexpr (std::is_same_v<T, std::uint8_t>) return v;
  else if constexpr (std::is_same_v<T, float>) {
    std::uint32_t bits;
    const float f = v == 0 ? 0.0f : v;
    std::memcpy(&bits, &f, 4);
    if (std::isnan(f)) bits = 0x7fffffff;
    return (bits & 0x80000000u) != 0 ? ~bits & 0xffffffffu : bits | 0x80000000u;
  } else if constexpr (std::is_same_v<T, double>) {
    std::uint64_t bits;
    const double d = v == 0 ? 0.0 : v;
    std::memcpy(&bits, &d, 8);
    if (std::isnan(d)) bits = 0x7fffffffffffffffull;
    return (bits >> 63) != 0 ? ~bits : bits | (1ull << 63);
  } else {
    using U = std::make_unsigned_t<T>;
    return static_cast<U>(static_cast<U>(v) ^ (static_cast<U>(1) << (sizeof(T) * 8 - 1)));
  }
}

/// The first 16 bytes of a row's keys as one number, most significant byte first.
using Word = unsigned __int128;

/// Appends key bytes to the words of all rows. `used`: bytes written so far.
class KeyWriter {
 public:
  KeyWriter(Word* words, std::uint32_t rows) : words_(words), rows_(rows) {}
  bool exact() const noexcept { return exact_; }

  /// False: stopped.
  bool write(const KeyLayout& key, Context& context) {
    if (used_ >= 16) {
      exact_ = false;
      return true;
    }
    if (key.nullable) {
      const Word present = key.nulls_first ? 1 : 0, absent = key.nulls_first ? 0 : 1;
      const auto mark = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; i++) put(i, key.column->is_null(i) ? absent : present, 1);
      };
      if (!context.in_pieces(rows_, mark)) return false;
      used_++;
    }
    const std::size_t room = 16 - used_;
    const std::size_t take = std::min(room, key.width);
    if (take < key.width) exact_ = false;
    if (take == 0) return true;
    const Word mask = take == 16 ? ~Word{0} : (Word{1} << (8 * take)) - 1;
    const auto turned = [&](Word w) { return key.descending ? ~w & mask : w; };
    const bool went = with_kind(key.column->kind(), [&]<typename T>(T) {
      const T* in = key.column->as<T>();
      return context.in_pieces(rows_, [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; i++) {
          if (key.nullable && key.column->is_null(i)) {
            put(i, 0, take);
            continue;
          }
          if constexpr (std::is_same_v<T, std::string_view>) put(i, turned(text_word(in[i], key.width, take)), take);
          else if constexpr (std::is_same_v<T, Decimal>) {
            const auto w = static_cast<Word>(in[i].value * power_of_ten(key.scale - in[i].scale)) ^ (Word{1} << 127);
            put(i, turned(w >> (8 * (16 - take))), take);
          } else put(i, turned(static_cast<Word>(ordered_bits(in[i])) >> (8 * (key.width - take))), take);
        }
      });
    });
    used_ += take;
    return went;
  }
  /// Bytes in use; the words are left-aligned.
  std::size_t used() const noexcept { return used_; }

 private:
  void put(std::size_t i, Word value, std::size_t bytes) noexcept { words_[i] |= value << (8 * (16 - used_ - bytes)); }
  /// The text padded with zeros to width - 1 bytes, then its length: the first `take` bytes of it.
  static Word text_word(std::string_view s, std::size_t width, std::size_t take) noexcept {
    const std::size_t content = std::min(width - 1, take);
    std::uint8_t bytes[16] = {};
    std::memcpy(bytes, s.data(), std::min(s.size(), content));
    std::uint64_t high, low;
    std::memcpy(&high, bytes, 8);
    std::memcpy(&low, bytes + 8, 8);
    Word w = (static_cast<Word>(__builtin_bswap64(high)) << 64) | __builtin_bswap64(low);
    w >>= 8 * (16 - take);
    return take == width ? w | s.size() : w;
  }
  Word* words_;
  std::uint32_t rows_;
  std::size_t used_ = 0;
  bool exact_ = true;
};

template <typename Key>
struct Entry { Key key; std::uint32_t row; };

/// Stable; `spare` has room for n. False: stopped, and the order is nobody's.
template <typename T, typename Less>
bool merge_sort(T* data, T* spare, std::size_t n, Less less, Context& context) {
  constexpr std::size_t kRun = 1 << 15;
  for (std::size_t from = 0; from < n; from += kRun) {
    if (context.stopped()) return context.fail(Failure::kStopped), false;
    std::stable_sort(data + from, data + std::min(n, from + kRun), less);
  }
  T *in = data, *out = spare;
  for (std::size_t run = kRun; run < n; run *= 2, std::swap(in, out)) {
    for (std::size_t from = 0; from < n; from += 2 * run) {
      std::size_t a = from, b = std::min(n, from + run), to = from;
      const std::size_t a_end = b, b_end = std::min(n, from + 2 * run);
      while (to < b_end) {
        if (context.stopped()) return context.fail(Failure::kStopped), false;
        for (const std::size_t until = std::min(b_end, to + kRun); to < until; to++)
          out[to] = b == b_end || (a < a_end && !less(in[b], in[a])) ? in[a++] : in[b++];
      }
    }
  }
  if (in != data) std::memcpy(static_cast<void*>(data), in, n * sizeof(T));
  return true;
}

/// Stable, least significant byte first, over the bytes that vary. False: stopped.
template <typename Key>
bool radix_sort(PodBuffer<Entry<Key>>& entries, PodBuffer<Entry<Key>>& spare, Context& context) {
  const std::size_t n = entries.size();
  constexpr std::size_t kBytes = sizeof(Key);
  std::vector<std::array<std::uint32_t, 256>> counts(kBytes);
  for (auto& c : counts) c.fill(0);
  Key all_or = 0, all_and = ~Key{0};
  const auto look = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; i++) {
      all_or |= entries[i].key;
      all_and &= entries[i].key;
    }
  };
  if (!context.in_pieces(n, look)) return false;
  const Key varies = all_or ^ all_and;
  std::vector<std::size_t> bytes;
  for (std::size_t b = 0; b < kBytes; b++)
    if (((varies >> (8 * b)) & 0xff) != 0) bytes.push_back(b);
  spare.resize(n);
  if (n < 512 || bytes.size() > 10)
    return merge_sort(entries.data(), spare.data(), n, [](const auto& a, const auto& b) { return a.key < b.key; }, context);
  for (const std::size_t b : bytes) {
    const auto count = [&](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i < to; i++) counts[b][static_cast<std::uint8_t>(entries[i].key >> (8 * b))]++;
    };
    if (!context.in_pieces(n, count)) return false;
  }
  for (const std::size_t b : bytes) {
    std::uint32_t at = 0;
    std::array<std::uint32_t, 256> place;
    for (std::size_t d = 0; d < 256; d++) {
      place[d] = at;
      at += counts[b][d];
    }
    const auto spread = [&](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i < to; i++) spare[place[static_cast<std::uint8_t>(entries[i].key >> (8 * b))]++] = entries[i];
    };
    if (!context.in_pieces(n, spread)) return false;
    std::swap(entries, spare);
  }
  return true;
}

int compare_rows(const std::vector<KeyLayout>& keys, std::uint32_t a, std::uint32_t b) {
  for (const KeyLayout& k : keys) {
    const bool x = k.column->is_null(a), y = k.column->is_null(b);
    if (x || y) {
      if (x == y) continue;
      return x == k.nulls_first ? -1 : 1;
    }
    const int c = with_kind(k.column->kind(), [&]<typename T>(T) { return compare_values(k.column->as<T>()[a], k.column->as<T>()[b]); });
    if (c != 0) return k.descending ? -c : c;
  }
  return 0;
}

template <typename Key>
void sort_entries(const PodBuffer<Word>& words, std::size_t used, bool exact, const std::vector<KeyLayout>& keys, PodBuffer<std::uint32_t>& order,
                  Context& context) {
  const auto n = static_cast<std::uint32_t>(words.size());
  PodBuffer<Entry<Key>> entries(context.memory), spare(context.memory);
  entries.resize(n);
  const std::size_t shift = 8 * (16 - (sizeof(Key) == 16 ? 16 : used));
  const auto make = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; i++) entries[i] = {static_cast<Key>(words[i] >> shift), static_cast<std::uint32_t>(i)};
  };
  if (!context.in_pieces(n, make) || !radix_sort(entries, spare, context)) return;
  order.resize(n);
  const auto keep = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; i++) order[i] = entries[i].row;
  };
  if (!context.in_pieces(n, keep) || exact) return;
  PodBuffer<std::uint32_t> spare_rows(context.memory);
  for (std::uint32_t from = 0; from < n;) {
    std::uint32_t to = from + 1;
    while (to < n && entries[to].key == entries[from].key) to++;
    if (to - from > 1) {
      spare_rows.resize(to - from);
      const auto less = [&](std::uint32_t a, std::uint32_t b) { return compare_rows(keys, a, b) < 0; };
      if (!merge_sort(order.data() + from, spare_rows.data(), to - from, less, context)) return;
    }
    from = to;
  }
}

bool layout_of(const Table& table, const SortKey& key, KeyLayout* out, Context& context) {
  const Column& column = table.column(key.column);
  *out = {&column, key.descending, key.nulls_first, column.has_nulls(), kind_width(column.kind()), 0};
  if (column.kind() == Kind::kBytes) {
    std::size_t longest = 0;
    for (std::uint32_t i = 0; i < table.rows(); i++) longest = std::max(longest, column.as<std::string_view>()[i].size());
    out->width = longest + 1;
    // A length of 256 and more does not fit its byte: such keys are never exact anyway.
  } else if (column.kind() == Kind::kDecimal) {
    out->width = 16;
    const Decimal* in = column.as<Decimal>();
    for (std::uint32_t i = 0; i < table.rows(); i++) out->scale = std::max(out->scale, in[i].scale);
    for (std::uint32_t i = 0; i < table.rows(); i++) {
      __int128 ignored;
      if (__builtin_mul_overflow(in[i].value, power_of_ten(out->scale - in[i].scale), &ignored)) {
        context.fail(Failure::kFallback);
        return false;
      }
    }
  }
  return true;
}

}  // namespace

bool sort_rows(const Table& table, const std::vector<SortKey>& keys, PodBuffer<std::uint32_t>& order, Context& context) {
  const std::uint32_t n = table.rows();
  std::vector<KeyLayout> layouts(keys.size());
  for (std::size_t k = 0; k < keys.size(); k++)
    if (!layout_of(table, keys[k], &layouts[k], context)) return false;
  PodBuffer<Word> words(context.memory);
  words.assign(n, 0);
  KeyWriter writer(words.data(), n);
  if (context.failed()) return false;
  for (const KeyLayout& k : layouts)
    if (!writer.write(k, context)) return false;
  if (writer.used() <= 8) sort_entries<std::uint64_t>(words, std::max<std::size_t>(writer.used(), 1), writer.exact(), layouts, order, context);
  else sort_entries<Word>(words, 16, writer.exact(), layouts, order, context);
  return !context.failed();
}

bool mark_changes(const Table& table, const std::vector<SortKey>& keys, const PodBuffer<std::uint32_t>& order, PodBuffer<std::uint8_t>& flags,
                  Context& context) {
  for (const SortKey& k : keys) {
    const Column& column = table.column(k.column);
    const bool went = with_kind(column.kind(), [&]<typename T>(T) {
      const T* in = column.as<T>();
      return context.in_pieces(order.size(), [&](std::size_t from, std::size_t to) {
        for (std::size_t i = std::max<std::size_t>(from, 1); i < to; i++) {
          const std::uint32_t a = order[i - 1], b = order[i];
          const bool x = column.is_null(a), y = column.is_null(b);
          flags[i] |= x || y ? x != y : !equal_values(in[a], in[b]);
        }
      });
    });
    if (!went) return false;
  }
  return true;
}

}  // namespace orrery::exec
