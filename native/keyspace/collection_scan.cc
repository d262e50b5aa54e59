#include "collection_scan.h"

namespace orrery::keyspace {

bool open_scan(Context& c, ValueType type, ScanArguments* out, Node** node) {
  const auto fail = [&](const char* text) {
    c.reply.error(text);
    return false;
  };
  if (c.args[2].empty() || c.args[2].size() > 20) return fail("ERR invalid cursor");
  for (const char d : c.args[2]) {
    if (d < '0' || d > '9') return fail("ERR invalid cursor");
    out->cursor = out->cursor * 10 + static_cast<std::uint64_t>(d - '0');
  }
  if (!c.find_typed(c.key(1), type, node, true)) return false;
  if (*node == nullptr) {
    reply_scan(c, 0, {});
    return false;
  }
  for (std::size_t i = 3; i < c.argc(); i += 2) {
    if (i + 1 >= c.argc()) return fail("ERR syntax error");
    if (c.is(i, "COUNT")) {
      if (!c.integer(i + 1, &out->count)) return false;
      if (out->count < 1) return fail("ERR syntax error");
    } else if (c.is(i, "MATCH")) {
      out->pattern = c.args[i + 1];
      out->any = out->pattern == "*";
    } else {
      return fail("ERR syntax error");
    }
  }
  return true;
}

void reply_scan(Context& c, std::uint64_t cursor, const std::vector<std::string>& texts) {
  c.reply.array(2);
  c.reply.bulk(std::to_string(cursor));
  c.reply.array(texts.size());
  for (const std::string& t : texts) c.reply.bulk(t);
}

}  // namespace orrery::keyspace
