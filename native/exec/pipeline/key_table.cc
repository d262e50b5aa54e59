#include "key_table.h"

namespace orrery::exec {

void hash_keys(const Vector* keys, std::size_t width, std::uint32_t rows, std::uint64_t* hashes) {
  for (std::size_t c = 0; c < width; c++) {
    const Vector& v = keys[c];
    with_kind(v.kind, [&]<typename T>(T) {
      const T* in = v.as<T>();
      for (std::uint32_t i = 0; i < rows; i++) {
        const std::uint64_t h = v.is_null(i) ? 0x5bd1e995ull : hash_value(in[i]);
        hashes[i] = c == 0 ? h : mix(hashes[i] * 31 + h);
      }
    });
  }
  if (width == 0)
    for (std::uint32_t i = 0; i < rows; i++) hashes[i] = 0;
}

void KeyTable::grow(std::uint32_t more) {
  const std::uint64_t wanted = (static_cast<std::uint64_t>(count()) + more) * 2;
  if (wanted <= slots_.size()) return;
  std::size_t size = slots_.size() < 64 ? 64 : slots_.size();
  while (size < wanted) size *= 4;
  slots_.assign(size, {0, 0});
  for (std::uint32_t k = 0; k < count(); k++) {
    std::size_t at = hashes_[k] & (size - 1);
    while (slots_[at].number_plus_1 != 0) at = (at + 1) & (size - 1);
    slots_[at] = {k + 1, static_cast<std::uint32_t>(hashes_[k] >> 32)};
  }
}

bool KeyTable::equal(const Vector* keys, std::uint32_t row, std::uint32_t number) const {
  for (std::size_t c = 0; c < keys_.width(); c++) {
    const Column& column = keys_.column(c);
    const bool a = keys[c].is_null(row), b = column.is_null(number);
    if (a || b) {
      if (a != b) return false;
      continue;
    }
    const bool same = with_kind(column.kind(), [&]<typename T>(T) { return equal_values(keys[c].as<T>()[row], column.as<T>()[number]); });
    if (!same) return false;
  }
  return true;
}

bool KeyTable::equal_rows(const Vector& v, std::uint32_t a, std::uint32_t b) {
  const bool x = v.is_null(a), y = v.is_null(b);
  if (x || y) return x == y;
  return with_kind(v.kind, [&]<typename T>(T) { return equal_values(v.as<T>()[a], v.as<T>()[b]); });
}

/// `same(row, number, pending)`: the row's key is that number's; `pending` is the batch's row that has it, or kNone when it stands in keys_.
template <typename Same>
void KeyTable::find_or_add_by(const Vector* keys, std::uint32_t rows, std::uint32_t* numbers, std::uint8_t* is_new, Same same) {
  const std::size_t mask = slots_.size() - 1;
  const std::uint32_t known = count();
  std::uint32_t added = 0;
  for (std::uint32_t i = 0; i < rows; i++) {
    if (i + 8 < rows) __builtin_prefetch(&slots_[row_hashes_[i + 8] & mask]);
    const std::uint64_t hash = row_hashes_[i];
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      const Slot slot = slots_[at];
      if (slot.number_plus_1 == 0) {
        const std::uint32_t number = known + added;
        new_rows_[added++] = i;
        hashes_.push_back(hash);
        slots_[at] = {number + 1, tag};
        numbers[i] = number;
        if (is_new != nullptr) is_new[i] = 1;
        break;
      }
      const std::uint32_t number = slot.number_plus_1 - 1;
      if (slot.hash == tag && same(i, number, number < known ? kNone : new_rows_[number - known])) {
        numbers[i] = number;
        if (is_new != nullptr) is_new[i] = 0;
        break;
      }
    }
  }
  for (std::size_t c = 0; c < keys_.width(); c++) keys_.column(c).append(keys[c], added, new_rows_);
  keys_.set_rows(known + added);
}

void KeyTable::find_or_add(const Vector* keys, std::uint32_t rows, std::uint32_t* numbers, std::uint8_t* is_new) {
  grow(rows);
  hash_rows(keys, rows);
  // The common case, one integer without NULLs, compares values alone.
  const auto single = [&]<typename T>(T) {
    const T* in = keys[0].as<T>();
    const T* stored = keys_.column(0).as<T>();
    find_or_add_by(keys, rows, numbers, is_new, [&](std::uint32_t row, std::uint32_t number, std::uint32_t pending) {
      return in[row] == (pending == kNone ? stored[number] : in[pending]);
    });
  };
  if (keys_.width() == 1 && keys[0].validity == nullptr && !keys_.column(0).has_nulls()) {
    if (keys[0].kind == Kind::kInt32) return single(std::int32_t{});
    if (keys[0].kind == Kind::kInt64) return single(std::int64_t{});
  }
  find_or_add_by(keys, rows, numbers, is_new, [&](std::uint32_t row, std::uint32_t number, std::uint32_t pending) {
    if (pending == kNone) return equal(keys, row, number);
    for (std::size_t c = 0; c < keys_.width(); c++)
      if (!equal_rows(keys[c], row, pending)) return false;
    return true;
  });
}

template <typename T>
void KeyTable::find_single(const Vector& key, std::uint32_t rows, std::uint32_t* numbers) {
  const T* in = key.as<T>();
  const T* known = keys_.column(0).as<T>();
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t i = 0; i < rows; i++) {
    if (i + 8 < rows) __builtin_prefetch(&slots_[row_hashes_[i + 8] & mask]);
    numbers[i] = kNone;
    if (key.is_null(i)) continue;
    const auto tag = static_cast<std::uint32_t>(row_hashes_[i] >> 32);
    for (std::size_t at = row_hashes_[i] & mask;; at = (at + 1) & mask) {
      const Slot slot = slots_[at];
      if (slot.number_plus_1 == 0) break;
      if (slot.hash == tag && known[slot.number_plus_1 - 1] == in[i]) {
        numbers[i] = slot.number_plus_1 - 1;
        break;
      }
    }
  }
}

void KeyTable::find(const Vector* keys, std::uint32_t rows, std::uint32_t* numbers) {
  if (count() == 0) {
    for (std::uint32_t i = 0; i < rows; i++) numbers[i] = kNone;
    return;
  }
  hash_rows(keys, rows);
  if (keys_.width() == 1 && !keys_.column(0).has_nulls()) {
    if (keys[0].kind == Kind::kInt32) return find_single<std::int32_t>(keys[0], rows, numbers);
    if (keys[0].kind == Kind::kInt64) return find_single<std::int64_t>(keys[0], rows, numbers);
  }
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t i = 0; i < rows; i++) {
    if (i + 8 < rows) __builtin_prefetch(&slots_[row_hashes_[i + 8] & mask]);
    numbers[i] = kNone;
    bool null = false;
    for (std::size_t c = 0; c < keys_.width(); c++) null |= keys[c].is_null(i);
    if (null) continue;
    const auto tag = static_cast<std::uint32_t>(row_hashes_[i] >> 32);
    for (std::size_t at = row_hashes_[i] & mask;; at = (at + 1) & mask) {
      const Slot slot = slots_[at];
      if (slot.number_plus_1 == 0) break;
      if (slot.hash == tag && equal(keys, i, slot.number_plus_1 - 1)) {
        numbers[i] = slot.number_plus_1 - 1;
        break;
      }
    }
  }
}

void KeyTable::find_equal(const Vector* keys, std::uint32_t rows, std::uint32_t* numbers) {
  hash_rows(keys, rows);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t i = 0; i < rows; i++) {
    numbers[i] = kNone;
    const auto tag = static_cast<std::uint32_t>(row_hashes_[i] >> 32);
    for (std::size_t at = row_hashes_[i] & mask; slots_[at].number_plus_1 != 0; at = (at + 1) & mask) {
      const Slot slot = slots_[at];
      if (slot.hash != tag || !equal(keys, i, slot.number_plus_1 - 1)) continue;
      numbers[i] = slot.number_plus_1 - 1;
      break;
    }
  }
}

}  // namespace orrery::exec
