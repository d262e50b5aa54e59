// key_table.h: numbers for distinct keys: the hash table of joins, groups and DISTINCT.
//
// Keys are numbered from 0 in the order in which they were first seen; their values stand in `keys()` by number. Open addressing, linear
// probing, at most half full; a slot holds the key's number and 32 bits of its hash, so that most misses touch one line.
#pragma once
#include "compare.h"
#include "table.h"

namespace orrery::exec {

void hash_keys(const Vector* keys, std::size_t width, std::uint32_t rows, std::uint64_t* hashes);

class KeyTable {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  KeyTable(const std::vector<Kind>& kinds, Memory& memory) : keys_(kinds, memory), slots_(memory), hashes_(memory) {}

  std::uint32_t count() const noexcept { return keys_.rows(); }
  const Table& keys() const noexcept { return keys_; }
  /// The number of each row's key, which is added when it is new. `is_new` (may be nullptr) says for which. A NULL equals a NULL.
  void find_or_add(const Vector* keys, std::uint32_t rows, std::uint32_t* numbers, std::uint8_t* is_new = nullptr);
  /// The number of each row's key, or kNone: not there, or a NULL in it.
  void find(const Vector* keys, std::uint32_t rows, std::uint32_t* numbers);
  /// As find_or_add without adding: a NULL equals a NULL, kNone is a key that is not there.
  void find_equal(const Vector* keys, std::uint32_t rows, std::uint32_t* numbers);
  /// Of the last batch's keys.
  const std::uint64_t* hashes() const noexcept { return row_hashes_; }
  void clear() noexcept {
    keys_.clear();
    slots_.release();
    hashes_.release();
  }

 private:
  struct Slot { std::uint32_t number_plus_1; std::uint32_t hash; };
  void hash_rows(const Vector* keys, std::uint32_t rows) { hash_keys(keys, keys_.width(), rows, row_hashes_); }
  void grow(std::uint32_t more);
  bool equal(const Vector* keys, std::uint32_t row, std::uint32_t number) const;
  static bool equal_rows(const Vector& v, std::uint32_t a, std::uint32_t b);
  template <typename Same>
  void find_or_add_by(const Vector* keys, std::uint32_t rows, std::uint32_t* numbers, std::uint8_t* is_new, Same same);
  template <typename T>
  void find_single(const Vector& key, std::uint32_t rows, std::uint32_t* numbers);

  Table keys_;
  PodBuffer<Slot> slots_;
  PodBuffer<std::uint64_t> hashes_;  // by number, for growing
  std::uint64_t row_hashes_[kBatchRows];
  std::uint32_t new_rows_[kBatchRows];  // of the batch: their keys are appended together after it
};

}  // namespace orrery::exec
