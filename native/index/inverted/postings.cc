#include "postings.h"

#include <algorithm>

namespace orrery::index {

using storage::RowId;

namespace {
constexpr RowId kOffsetMax = 0xffffffffu;
}

std::size_t PostingList::block_of(RowId row, std::size_t from) const noexcept {
  const auto above = std::upper_bound(blocks_.begin() + static_cast<std::ptrdiff_t>(from), blocks_.end(), row,
                                      [](RowId r, const Block& b) { return r < b.base; });
  return above == blocks_.begin() ? blocks_.size() : static_cast<std::size_t>(above - blocks_.begin()) - 1;
}

bool PostingList::add(RowId row) {
  std::size_t at = block_of(row);
  if (at == blocks_.size()) {  // below all: a block of its own, or in front of the first one's
    if (blocks_.empty() || blocks_[0].offsets.size() >= kBlockMax || blocks_[0].base + blocks_[0].offsets.back() - row > kOffsetMax) {
      blocks_.insert(blocks_.begin(), Block{row, {0}});
    } else {
      Block& first = blocks_[0];
      const auto shift = static_cast<std::uint32_t>(first.base - row);
      for (std::uint32_t& offset : first.offsets) offset += shift;
      first.base = row;
      first.offsets.insert(first.offsets.begin(), 0);
    }
    size_++;
    return true;
  }
  Block* block = &blocks_[at];
  const bool last = at + 1 == blocks_.size();
  const bool behind = row > block->base + block->offsets.back();
  if (row - block->base > kOffsetMax || (behind && last && block->offsets.size() >= kBlockMax)) {
    blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(at) + 1, Block{row, {0}});
    size_++;
    return true;
  }
  const auto offset = static_cast<std::uint32_t>(row - block->base);
  if (behind) {
    block->offsets.push_back(offset);
  } else {
    const auto place = std::lower_bound(block->offsets.begin(), block->offsets.end(), offset);
    if (*place == offset) return false;
    block->offsets.insert(place, offset);
  }
  size_++;
  if (block->offsets.size() <= kBlockMax) return true;
  const std::size_t half = block->offsets.size() / 2;
  Block upper{block->base + block->offsets[half], {}};
  for (std::size_t i = half; i < block->offsets.size(); i++) upper.offsets.push_back(block->offsets[i] - block->offsets[half]);
  block->offsets.resize(half);
  block->offsets.shrink_to_fit();
  blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(upper));
  return true;
}

bool PostingList::remove(RowId row) {
  const std::size_t at = block_of(row);
  if (at == blocks_.size()) return false;
  Block& block = blocks_[at];
  if (row - block.base > block.offsets.back()) return false;
  const auto offset = static_cast<std::uint32_t>(row - block.base);
  const auto place = std::lower_bound(block.offsets.begin(), block.offsets.end(), offset);
  if (*place != offset) return false;
  block.offsets.erase(place);
  size_--;
  if (block.offsets.empty()) {
    blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(at));
  } else if (const std::uint32_t shift = block.offsets[0]; shift != 0) {
    for (std::uint32_t& o : block.offsets) o -= shift;
    block.base += shift;
  }
  return true;
}

void PostingList::append_to(std::vector<RowId>& rows) const {
  rows.reserve(rows.size() + size_);
  for (const Block& block : blocks_)
    for (const std::uint32_t offset : block.offsets) rows.push_back(block.base + offset);
}

void PostingList::intersect(std::vector<RowId>& rows) const {
  std::size_t kept = 0, at = 0;
  for (const RowId row : rows) {
    const std::size_t found = block_of(row, at);
    if (found == blocks_.size()) continue;
    at = found;
    const Block& block = blocks_[at];
    if (row - block.base > block.offsets.back()) continue;
    if (std::binary_search(block.offsets.begin(), block.offsets.end(), static_cast<std::uint32_t>(row - block.base))) rows[kept++] = row;
  }
  rows.resize(kept);
}

bool PostingList::contains(RowId row) const {
  std::vector<RowId> one{row};
  intersect(one);
  return !one.empty();
}

Postings::~Postings() {
  for (const Slot& slot : slots_)
    if (slot.state == State::kList) delete slot.list;
}

const Postings::Slot* Postings::find(Key key) const noexcept {
  if (slots_.empty()) return nullptr;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = key & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.state == State::kFree) return nullptr;
    if (slot.key == key) return &slot;
  }
}

bool Postings::grow(const Interrupt& interrupt) {
  constexpr std::size_t kLookMask = (1 << 16) - 1;
  std::size_t alive = 0;
  for (const Slot& slot : slots_) alive += slot.state == State::kOne || slot.state == State::kList ? 1 : 0;
  std::size_t size = 16;
  while (size < 2 * (alive + 1)) size *= 2;
  std::vector<Slot> next(size, Slot{0, State::kFree, {0}});
  for (std::size_t i = 0; i < slots_.size(); i++) {
    if ((i & kLookMask) == kLookMask && interrupt.is_due()) return false;
    const Slot& slot = slots_[i];
    if (slot.state != State::kOne && slot.state != State::kList) continue;
    std::size_t at = slot.key & (size - 1);
    while (next[at].state != State::kFree) at = (at + 1) & (size - 1);
    next[at] = slot;
  }
  slots_.swap(next);
  used_ = alive;
  return true;
}

bool Postings::add(Key key, RowId row, const Interrupt& interrupt) {
  auto* slot = const_cast<Slot*>(find(key));
  if (slot == nullptr) {
    if (4 * (used_ + 1) > 3 * slots_.size() && !grow(interrupt)) return false;
    std::size_t at = key & (slots_.size() - 1);
    while (slots_[at].state != State::kFree) at = (at + 1) & (slots_.size() - 1);
    slot = &slots_[at];
    slot->key = key;
    slot->state = State::kNone;
    used_++;
  }
  switch (slot->state) {
    case State::kFree:
    case State::kNone:
      slot->state = State::kOne;
      slot->row = row;
      break;
    case State::kOne: {
      if (slot->row == row) return true;
      auto* list = new PostingList;
      list->add(slot->row);
      list->add(row);
      slot->state = State::kList;
      slot->list = list;
      lists_++;
      break;
    }
    case State::kList:
      if (!slot->list->add(row)) return true;
      break;
  }
  entries_++;
  return true;
}

void Postings::remove(Key key, RowId row) {
  auto* slot = const_cast<Slot*>(find(key));
  if (slot == nullptr || slot->state == State::kNone) return;
  if (slot->state == State::kOne) {
    if (slot->row != row) return;
    slot->state = State::kNone;
  } else {
    if (!slot->list->remove(row)) return;
    if (slot->list->size() == 0) {
      delete slot->list;
      lists_--;
      slot->state = State::kNone;
    }
  }
  entries_--;
}

std::size_t Postings::count(Key key) const noexcept {
  const Slot* slot = find(key);
  if (slot == nullptr || slot->state == State::kNone) return 0;
  return slot->state == State::kOne ? 1 : slot->list->size();
}

bool Postings::contains(Key key, RowId row) const {
  const Slot* slot = find(key);
  if (slot == nullptr || slot->state == State::kNone) return false;
  return slot->state == State::kOne ? slot->row == row : slot->list->contains(row);
}

void Postings::append_to(Key key, std::vector<RowId>& rows) const {
  const Slot* slot = find(key);
  if (slot == nullptr || slot->state == State::kNone) return;
  if (slot->state == State::kOne) rows.push_back(slot->row);
  else slot->list->append_to(rows);
}

void Postings::intersect(Key key, std::vector<RowId>& rows) const {
  const Slot* slot = find(key);
  if (slot != nullptr && slot->state == State::kList) return slot->list->intersect(rows);
  const bool kept = slot != nullptr && slot->state == State::kOne && std::binary_search(rows.begin(), rows.end(), slot->row);
  rows.clear();
  if (kept) rows.push_back(slot->row);
}

std::vector<Postings::Key> Postings::keys() const {
  std::vector<Key> out;
  for (const Slot& slot : slots_)
    if (slot.state == State::kOne || slot.state == State::kList) out.push_back(slot.key);
  return out;
}

std::size_t Postings::memory_bytes() const noexcept {
  // A list: itself, one block, and allocation headers.
  constexpr std::size_t kList = sizeof(PostingList) + 96;
  return slots_.capacity() * sizeof(Slot) + lists_ * kList + static_cast<std::size_t>(entries_) * sizeof(std::uint32_t) * 5 / 4;
}

}  // namespace orrery::index
