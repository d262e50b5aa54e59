#include "key_hash.h"

#include <algorithm>
#include <cstring>

namespace orrery::index {
namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Up to 8 bytes.
std::uint64_t load(const char* p, std::size_t n) noexcept {
  std::uint64_t v = 0;
  std::memcpy(&v, p, n);
  return v;
}

}  // namespace

KeyHash::KeyHash(std::size_t expected) { resize(std::max(kLeast, expected + expected / 2)); }

KeyHash::Tag KeyHash::tag_of(std::string_view key, std::uint64_t seed) noexcept {
  constexpr std::uint64_t kFirst = 0x9e3779b97f4a7c15, kSecond = 0xd6e8feb86659fd93;
  std::uint64_t h = seed ^ (key.size() * kFirst);
  const char* p = key.data();
  std::size_t left = key.size();
  for (; left > 16; left -= 16, p += 16) h = mix(h ^ load(p, 8) ^ kSecond, load(p + 8, 8) ^ kFirst);
  const std::size_t low = std::min<std::size_t>(left, 8);
  h = mix(h ^ load(p, low) ^ kSecond, load(p + low, left - low) ^ kFirst ^ seed);
  return mix(h, kSecond) >> kRowBits;
}

void KeyHash::place(std::uint64_t slot) {
  const Tag tag = slot >> kRowBits;
  std::size_t at = home(tag);
  while (slots_[at] != 0 && slots_[at] >> kRowBits <= tag) at++;
  std::size_t free = at;
  while (slots_[free] != 0) free++;
  if (free + 1 == slots_.size()) slots_.resize(slots_.size() + slots_.size() / 8, 0);
  std::memmove(slots_.data() + at + 1, slots_.data() + at, (free - at) * sizeof(std::uint64_t));
  slots_[at] = slot;
}

void KeyHash::insert(Tag tag, storage::RowId row) {
  if ((size_ + 1) * 5 > homes_ * 4) resize(homes_ * 8 / 5);
  place(tag << kRowBits | row);
  size_++;
}

void KeyHash::erase(Tag tag, storage::RowId row) noexcept {
  const std::uint64_t slot = tag << kRowBits | row;
  std::size_t at = home(tag);
  while (slots_[at] != 0 && slots_[at] >> kRowBits <= tag && slots_[at] != slot) at++;
  if (slots_[at] != slot) return;
  // Entries behind move back until a gap, or one that is at home.
  for (; slots_[at + 1] != 0 && home(slots_[at + 1] >> kRowBits) <= at; at++) slots_[at] = slots_[at + 1];
  slots_[at] = 0;
  size_--;
  if (homes_ > kLeast && size_ * 4 < homes_) resize(std::max(kLeast, homes_ / 2));
}

void KeyHash::resize(std::size_t homes) {
  const std::vector<std::uint64_t> old(std::move(slots_));
  homes_ = homes;
  slots_.assign(homes + kTail, 0);
  for (const std::uint64_t slot : old)
    if (slot != 0) place(slot);
}

}  // namespace orrery::index
