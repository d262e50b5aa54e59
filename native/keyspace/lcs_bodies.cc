// lcs_bodies.cc: LCS, the longest common subsequence of two strings, by the table of prefix lengths.
#include <algorithm>
#include <memory>

#include "bodies.h"
#include "context.h"

namespace orrery::keyspace {
namespace {

struct Options { bool index = false, length = false, with_match_length = false; std::int64_t min_match = 0; };

/// Writes one range of matches: [[a from, a to], [b from, b to]] and its length if wanted.
void reply_match(Context& c, const Options& o, std::size_t a, std::size_t b, std::size_t length) {
  c.reply.array(o.with_match_length ? 3 : 2);
  for (const std::size_t from : {a, b}) {
    c.reply.array(2);
    c.reply.integer(static_cast<std::int64_t>(from));
    c.reply.integer(static_cast<std::int64_t>(from + length - 1));
  }
  if (o.with_match_length) c.reply.integer(static_cast<std::int64_t>(length));
}

void lcs(Context& c) {
  Node* nodes[2] = {c.find_read(c.key(1)), c.find_read(c.key(2))};
  for (Node* n : nodes)
    if (n != nullptr && !n->payload.value.is_string()) return c.reply.error("ERR The specified keys must contain string values");
  Options o;
  for (std::size_t i = 3; i < c.argc(); i++) {
    if (c.is(i, "IDX")) o.index = true;
    else if (c.is(i, "LEN")) o.length = true;
    else if (c.is(i, "WITHMATCHLEN")) o.with_match_length = true;
    else if (c.is(i, "MINMATCHLEN") && i + 1 < c.argc()) {
      if (!c.integer(++i, &o.min_match)) return;
      o.min_match = std::max<std::int64_t>(o.min_match, 0);
    } else {
      return c.syntax_error();
    }
  }
  if (o.index && o.length) return c.reply.error("ERR If you want both the length and indexes, please just use IDX.");
  char scratch[2][24];
  const std::string_view a = nodes[0] == nullptr ? std::string_view{} : nodes[0]->payload.value.text(scratch[0]);
  const std::string_view b = nodes[1] == nullptr ? std::string_view{} : nodes[1]->payload.value.text(scratch[1]);
  const std::size_t width = b.size() + 1;
  if ((a.size() + 1) * 4 > kMaxStringBytes / width) return c.reply.error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  const auto table = std::make_unique<std::uint32_t[]>((a.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> std::uint32_t& { return table[i * width + j]; };
  for (std::size_t i = 1; i <= a.size(); i++)
    for (std::size_t j = 1; j <= b.size(); j++) at(i, j) = a[i - 1] == b[j - 1] ? at(i - 1, j - 1) + 1 : std::max(at(i - 1, j), at(i, j - 1));
  const std::uint32_t total = at(a.size(), b.size());
  if (o.length) return c.reply.integer(total);

  std::string text(total, 0);
  std::size_t mark = 0, matches = 0, left = total;
  if (o.index) {
    c.reply.map(2);
    c.reply.bulk("matches");
    mark = c.reply.size();
  }
  // Back from the end; a run of matches that stand next to each other in both is one range.
  std::size_t run = 0;
  std::size_t i = a.size(), j = b.size();
  const auto emit = [&] {
    if (run > 0 && o.index && static_cast<std::int64_t>(run) >= o.min_match) {
      reply_match(c, o, i, j, run);
      matches++;
    }
    run = 0;
  };
  while (i > 0 && j > 0) {
    if (a[i - 1] == b[j - 1]) {
      text[--left] = a[i - 1];
      run++;
      i--;
      j--;
      continue;
    }
    emit();
    if (at(i - 1, j) > at(i, j - 1)) i--;
    else j--;
  }
  emit();
  if (!o.index) return c.reply.bulk(text);
  c.reply.insert_array(mark, matches);
  c.reply.bulk("len");
  c.reply.integer(total);
}

constexpr NamedBody bodies[] = {{"lcs", lcs}};

}  // namespace

std::span<const NamedBody> lcs_bodies() { return bodies; }

}  // namespace orrery::keyspace
