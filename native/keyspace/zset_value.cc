#include "zset_value.h"

namespace orrery::keyspace {

Zset::~Zset() {
  for (SkipNode* n = head_; n != nullptr;) {
    SkipNode* next = n->links[0].next;
    release(n);
    n = next;
  }
}

bool Zset::score(std::string_view member, double* score) {
  if (members_) {
    auto* n = members_->find(member);
    if (n == nullptr) return false;
    *score = n->payload;
    return true;
  }
  const std::size_t p = find_packed(member);
  if (p == packed_.end()) return false;
  *score = read_score(packed_.at(packed_.next(p)));
  return true;
}

bool Zset::set(std::string_view member, double score) {
  if (!members_) {
    if (member.size() > limits().zset_max_packed_value.load(std::memory_order_relaxed)) {
      to_skip_list();
    } else {
      const std::size_t p = find_packed(member);
      const bool fresh = p == packed_.end();
      if (!fresh) {
        packed_.erase(p);
        packed_.erase(p);
      }
      insert_packed(member, score);
      if (size() > limits().zset_max_packed_entries.load(std::memory_order_relaxed)) to_skip_list();
      return fresh;
    }
  }
  const std::uint32_t hash = hash_bytes(member);
  if (auto* n = members_->find(member, hash); n != nullptr) {
    if (n->payload == score) return false;
    skip_erase(n);
    n->payload = score;
    skip_insert(n);
    return false;
  }
  skip_insert(members_->insert(member, hash, score));
  return true;
}

bool Zset::erase(std::string_view member) {
  if (members_) {
    auto* n = members_->find(member);
    if (n == nullptr) return false;
    skip_erase(n);
    members_->erase(n);
    return true;
  }
  const std::size_t p = find_packed(member);
  if (p == packed_.end()) return false;
  packed_.erase(p);
  packed_.erase(p);
  return true;
}

bool Zset::rank(std::string_view member, std::size_t* rank) {
  double s;
  if (!score(member, &s)) return false;
  *rank = count_while([&](double s2, std::string_view m2) { return before(s2, m2, s, member); });
  return true;
}

std::pair<std::size_t, std::size_t> Zset::ranks(const ScoreRange& r) const {
  const std::size_t first = count_while([&](double s, std::string_view) { return r.min_exclusive ? s <= r.min : s < r.min; });
  const std::size_t last = count_while([&](double s, std::string_view) { return r.max_exclusive ? s < r.max : s <= r.max; });
  return {first, last < first ? first : last};
}

std::pair<std::size_t, std::size_t> Zset::ranks(const LexRange& r) const {
  const auto below = [](const LexBound& b, bool inclusive_counts) {
    return [&b, inclusive_counts](double, std::string_view m) {
      if (b.kind != 0) return b.kind > 0;
      return (inclusive_counts ? !b.exclusive : b.exclusive) ? m <= b.text : m < b.text;
    };
  };
  const std::size_t first = count_while(below(r.min, false));
  const std::size_t last = count_while(below(r.max, true));
  return {first, last < first ? first : last};
}

std::size_t Zset::memory() const noexcept {
  if (!members_) return sizeof(Zset) + packed_.memory();
  std::size_t n = sizeof(Zset);
  members_->each([&](auto& m) { n += 40 + m.length + sizeof(SkipNode) + 8; });
  return n;
}

/// Elements at the start for which `below(score, member)` holds; it must hold for a prefix.
template <typename Below>
std::size_t Zset::count_while(Below&& below) const {
  std::size_t count = 0;
  if (!members_) {
    for (std::size_t p = 0; p < packed_.end(); count++) {
      const std::size_t s = packed_.next(p);
      if (!below(read_score(packed_.at(s)), packed_.at(p))) break;
      p = packed_.next(s);
    }
    return count;
  }
  const SkipNode* n = head_;
  for (int l = level_ - 1; l >= 0; l--)
    while (n->links[l].next != nullptr && below(n->links[l].next->item->payload, n->links[l].next->item->key())) {
      count += n->links[l].width;
      n = n->links[l].next;
    }
  return count;
}

std::size_t Zset::find_packed(std::string_view member) const noexcept {
  std::size_t p = 0;
  while (p < packed_.end() && packed_.at(p) != member) p = packed_.next(packed_.next(p));
  return p;
}

void Zset::insert_packed(std::string_view member, double score) {
  std::size_t p = 0;
  while (p < packed_.end()) {
    const std::size_t s = packed_.next(p);
    if (before(score, member, read_score(packed_.at(s)), packed_.at(p))) break;
    p = packed_.next(s);
  }
  packed_.insert(p, score_bytes(score));
  packed_.insert(p, member);
}

void Zset::to_skip_list() {
  members_ = std::make_unique<Members>();
  head_ = make_node(kMaxLevel, nullptr);
  for (std::size_t p = 0; p < packed_.end();) {
    const std::size_t s = packed_.next(p);
    const std::string_view member = packed_.at(p);
    skip_insert(members_->insert(member, hash_bytes(member), read_score(packed_.at(s))));
    p = packed_.next(s);
  }
  packed_ = Packed{};
}

Zset::SkipNode* Zset::make_node(int level, Members::Node* item) {
  auto* n = static_cast<SkipNode*>(allocate(sizeof(SkipNode) + sizeof(Link) * static_cast<std::size_t>(level - 1)));
  n->item = item;
  n->previous = nullptr;
  for (int l = 0; l < level; l++) n->links[l] = {nullptr, 0};
  return n;
}

void Zset::skip_insert(Members::Node* item) {
  SkipNode* update[kMaxLevel] = {};
  std::size_t rank[kMaxLevel] = {};
  SkipNode* n = head_;
  for (int l = level_ - 1; l >= 0; l--) {
    rank[l] = l == level_ - 1 ? 0 : rank[l + 1];
    while (n->links[l].next != nullptr && before(n->links[l].next->item->payload, n->links[l].next->item->key(), item->payload, item->key())) {
      rank[l] += n->links[l].width;
      n = n->links[l].next;
    }
    update[l] = n;
  }
  int level = 1;
  while (level < kMaxLevel && random_below(4) == 0) level++;
  for (; level_ < level; level_++) {
    rank[level_] = 0;
    update[level_] = head_;
    head_->links[level_].width = members_->size() - 1;
  }
  SkipNode* fresh = make_node(level, item);
  for (int l = 0; l < level; l++) {
    Link& link = update[l]->links[l];
    fresh->links[l] = {link.next, link.width - (rank[0] - rank[l])};
    link = {fresh, rank[0] - rank[l] + 1};
  }
  for (int l = level; l < level_; l++) update[l]->links[l].width++;
  fresh->previous = update[0] == head_ ? nullptr : update[0];
  if (fresh->links[0].next != nullptr) fresh->links[0].next->previous = fresh;
  else tail_ = fresh;
}

void Zset::skip_erase(Members::Node* item) {
  SkipNode* update[kMaxLevel] = {};
  SkipNode* n = head_;
  for (int l = level_ - 1; l >= 0; l--) {
    while (n->links[l].next != nullptr && before(n->links[l].next->item->payload, n->links[l].next->item->key(), item->payload, item->key())) n = n->links[l].next;
    update[l] = n;
  }
  SkipNode* gone = update[0]->links[0].next;
  ORRERY_ASSERT(gone != nullptr && gone->item == item);
  for (int l = 0; l < level_; l++) {
    Link& link = update[l]->links[l];
    if (link.next == gone) link = {gone->links[l].next, link.width + gone->links[l].width - 1};
    else link.width--;
  }
  if (gone->links[0].next != nullptr) gone->links[0].next->previous = gone->previous;
  else tail_ = gone->previous;
  release(gone);
  while (level_ > 1 && head_->links[level_ - 1].next == nullptr) level_--;
}

const Zset::SkipNode* Zset::node_at(std::size_t rank) const noexcept {
  if (rank + 1 == size()) return tail_;
  const SkipNode* n = head_;
  std::size_t passed = 0;
  for (int l = level_ - 1; l >= 0; l--)
    while (n->links[l].next != nullptr && passed + n->links[l].width <= rank + 1) {
      passed += n->links[l].width;
      n = n->links[l].next;
    }
  return n;
}

}  // namespace orrery::keyspace
