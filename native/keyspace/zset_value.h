// zset_value.h: a sorted set: ordered by (score, member bytes). Small ones are packed member/score pairs in order; large ones a skip
// list that knows ranks (every link counts the elements it passes) beside a hash table from member to score.
//
// Invariants: both structures hold the same members; a skip list node points at the hash table's node and repeats its score, so that a search
// reads the members only where scores are equal.
// Source: Pugh, "Skip lists: a probabilistic alternative to balanced trees" (CACM 1990), with link widths (section 3.4 of his cookbook).
#pragma once
#include <memory>

#include "limits.h"
#include "packed.h"
#include "table.h"

namespace orrery::keyspace {

struct ScoredMember { std::string_view member; double score; };

/// Bounds by score: exclusive when the flag is set.
struct ScoreRange { double min, max; bool min_exclusive, max_exclusive; };
/// Bounds by member; `kind` -1 = "-", +1 = "+", 0 = the text.
struct LexBound { std::string_view text; int kind; bool exclusive; };
struct LexRange { LexBound min, max; };

class Zset {
 public:
  Zset() = default;
  ~Zset();
  Zset(const Zset&) = delete;
  Zset& operator=(const Zset&) = delete;

  using Members = Table<double>;
  /// nullptr while packed.
  const Members* table() const noexcept { return members_.get(); }
  Members* table() noexcept { return members_.get(); }
  bool packed() const noexcept { return members_ == nullptr; }
  std::size_t size() const noexcept { return members_ ? members_->size() : packed_.count() / 2; }
  bool score(std::string_view member, double* score);
  /// As Hash::reserve.
  void reserve(std::size_t count) {
    if (count <= limits().zset_max_packed_entries.load(std::memory_order_relaxed) || size() > 0 || members_) return;
    to_skip_list();
    members_->reserve(count);
  }
  /// Adds or moves; true when the member is new.
  bool set(std::string_view member, double score);
  bool erase(std::string_view member);
  /// 0-based from the lowest; false when absent.
  bool rank(std::string_view member, std::size_t* rank);

  /// Visits elements from `rank` on (up when forward, else down) until `visit(ScoredMember)` is false.
  template <typename Visit>
  void walk(std::size_t rank, bool forward, Visit&& visit) const {
    if (rank >= size()) return;
    if (members_) {
      for (const SkipNode* n = node_at(rank); n != nullptr; n = forward ? n->links[0].next : n->previous)
        if (!visit(ScoredMember{n->item->key(), n->score})) return;
      return;
    }
    for (std::size_t p = packed_.locate(2 * rank);;) {
      const std::size_t s = packed_.next(p);
      if (!visit(ScoredMember{packed_.at(p), read_score(packed_.at(s))})) return;
      if (forward) {
        p = packed_.next(s);
        if (p == packed_.end()) return;
      } else {
        if (p == 0) return;
        p = packed_.previous(packed_.previous(p));
      }
    }
  }
  template <typename Visit>
  void each(Visit&& visit) const {
    walk(0, true, [&](ScoredMember m) { visit(m); return true; });
  }
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, Visit&& visit) const {
    if (members_) return members_->scan(cursor, [&](auto& n) { visit(ScoredMember{n.key(), n.payload}); });
    each(visit);
    return 0;
  }
  /// How many elements are below the range's lower bound, and below or inside its upper bound: ranks [first, last).
  std::pair<std::size_t, std::size_t> ranks(const ScoreRange& range) const;
  std::pair<std::size_t, std::size_t> ranks(const LexRange& range) const;
  std::size_t memory() const noexcept;

 private:
  struct SkipNode;
  struct Link { SkipNode* next; std::size_t width; };
  struct SkipNode { double score; Members::Node* item; SkipNode* previous; Link links[1]; };
  static constexpr int kMaxLevel = 32;

  static double read_score(std::string_view bytes) noexcept { double v; std::memcpy(&v, bytes.data(), 8); return v; }
  static std::string_view score_bytes(const double& v) noexcept { return {reinterpret_cast<const char*>(&v), 8}; }
  static bool before(double s1, std::string_view m1, double s2, std::string_view m2) noexcept { return s1 < s2 || (s1 == s2 && m1 < m2); }
  std::size_t find_packed(std::string_view member) const noexcept;
  void insert_packed(std::string_view member, double score);
  void to_skip_list();
  SkipNode* make_node(int level, Members::Node* item);
  /// Whether the node's element is before (score, member).
  static bool node_before(const SkipNode* n, double score, std::string_view member) noexcept {
    return n->score < score || (n->score == score && n->item->key() < member);
  }
  /// The last node before (score, member) on each level, and its rank.
  void path_to(double score, std::string_view member, SkipNode** path, std::size_t* ranks) const noexcept;
  void skip_insert(Members::Node* item);
  void skip_erase(Members::Node* item);
  /// The item's score becomes another.
  void skip_move(Members::Node* item, double score);
  /// Puts a node of `level` links in its place.
  void skip_link(SkipNode* fresh, int level);
  /// Takes a node out that `path` leads to; returns how many links it has.
  int skip_unlink(SkipNode* gone, SkipNode* const* path) noexcept;
  const SkipNode* node_at(std::size_t rank) const noexcept;
  template <typename Below>
  std::size_t count_while(Below&& below) const;

  Packed packed_;
  std::unique_ptr<Members> members_;
  SkipNode* head_ = nullptr;
  SkipNode* tail_ = nullptr;
  int level_ = 1;
};

}  // namespace orrery::keyspace
