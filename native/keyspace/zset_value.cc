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
    skip_move(n, score);
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
  *rank = count_while([&](double s2, auto&& member2) { return s2 < s || (s2 == s && member2() < member); });
  return true;
}

std::pair<std::size_t, std::size_t> Zset::ranks(const ScoreRange& r) const {
  const std::size_t first = count_while([&](double s, auto&&) { return r.min_exclusive ? s <= r.min : s < r.min; });
  const std::size_t last = count_while([&](double s, auto&&) { return r.max_exclusive ? s < r.max : s <= r.max; });
  return {first, last < first ? first : last};
}

std::pair<std::size_t, std::size_t> Zset::ranks(const LexRange& r) const {
  const auto below = [](const LexBound& b, bool inclusive_counts) {
    return [&b, inclusive_counts](double, auto&& member) {
      if (b.kind != 0) return b.kind > 0;
      const std::string_view m = member();
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

/// Elements at the start for which `below(score, member())` holds; it must hold for a prefix.
template <typename Below>
std::size_t Zset::count_while(Below&& below) const {
  std::size_t count = 0;
  if (!members_) {
    for (std::size_t p = 0; p < packed_.end(); count++) {
      const std::size_t s = packed_.next(p);
      if (!below(read_score(packed_.at(s)), [&] { return packed_.at(p); })) break;
      p = packed_.next(s);
    }
    return count;
  }
  const SkipNode* n = head_;
  for (int l = level_ - 1; l >= 0; l--)
    for (const SkipNode* next; (next = n->links[l].next) != nullptr && below(next->score, [&] { return next->item->key(); }); n = next) count += n->links[l].width;
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
  n->score = item == nullptr ? 0 : item->payload;
  n->item = item;
  n->previous = nullptr;
  for (int l = 0; l < level; l++) n->links[l] = {nullptr, 0};
  return n;
}

void Zset::path_to(double score, std::string_view member, SkipNode** path, std::size_t* ranks) const noexcept {
  SkipNode* n = head_;
  std::size_t passed = 0;
  for (int l = level_ - 1; l >= 0; l--) {
    for (SkipNode* next; (next = n->links[l].next) != nullptr; n = next) {
      if (l > 0) __builtin_prefetch(n->links[l - 1].next);  // where the search goes if `next` is too far
      if (!node_before(next, score, member)) break;
      passed += n->links[l].width;
    }
    path[l] = n;
    ranks[l] = passed;
  }
}

void Zset::skip_insert(Members::Node* item) {
  int level = 1;
  while (level < kMaxLevel && random_below(4) == 0) level++;
  skip_link(make_node(level, item), level);
}

void Zset::skip_link(SkipNode* fresh, int level) {
  SkipNode* path[kMaxLevel] = {};
  std::size_t ranks[kMaxLevel] = {};
  path_to(fresh->score, fresh->item->key(), path, ranks);
  for (; level_ < level; level_++) {
    path[level_] = head_;
    ranks[level_] = 0;
    head_->links[level_].width = members_->size() - 1;
  }
  for (int l = 0; l < level; l++) {
    Link& link = path[l]->links[l];
    fresh->links[l] = {link.next, link.width - (ranks[0] - ranks[l])};
    link = {fresh, ranks[0] - ranks[l] + 1};
  }
  for (int l = level; l < level_; l++) path[l]->links[l].width++;
  fresh->previous = path[0] == head_ ? nullptr : path[0];
  if (fresh->links[0].next != nullptr) fresh->links[0].next->previous = fresh;
  else tail_ = fresh;
}

int Zset::skip_unlink(SkipNode* gone, SkipNode* const* path) noexcept {
  int level = 0;
  for (int l = 0; l < level_; l++) {
    Link& link = path[l]->links[l];
    if (link.next == gone) {
      link = {gone->links[l].next, link.width + gone->links[l].width - 1};
      level++;
    } else {
      link.width--;
    }
  }
  if (gone->links[0].next != nullptr) gone->links[0].next->previous = gone->previous;
  else tail_ = gone->previous;
  while (level_ > 1 && head_->links[level_ - 1].next == nullptr) level_--;
  return level;
}

void Zset::skip_erase(Members::Node* item) {
  SkipNode* path[kMaxLevel] = {};
  std::size_t ranks[kMaxLevel] = {};
  path_to(item->payload, item->key(), path, ranks);
  SkipNode* gone = path[0]->links[0].next;
  ORRERY_ASSERT(gone != nullptr && gone->item == item);
  (void)skip_unlink(gone, path);
  release(gone);
}

void Zset::skip_move(Members::Node* item, double score) {
  members_->changing(*item);
  SkipNode* path[kMaxLevel] = {};
  std::size_t ranks[kMaxLevel] = {};
  path_to(item->payload, item->key(), path, ranks);
  SkipNode* node = path[0]->links[0].next;
  ORRERY_ASSERT(node != nullptr && node->item == item);
  const SkipNode* next = node->links[0].next;
  const bool stays = (node->previous == nullptr || node_before(node->previous, score, item->key())) && (next == nullptr || !node_before(next, score, item->key()));
  const int level = stays ? 0 : skip_unlink(node, path);
  item->payload = node->score = score;
  if (!stays) skip_link(node, level);
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
