// collection_scan.h: what HSCAN, SSCAN, ZSCAN share: cursor, MATCH, COUNT.
#pragma once
#include "context.h"

namespace orrery::keyspace {

struct ScanArguments {
  std::uint64_t cursor = 0;
  std::int64_t count = 10;
  std::string_view pattern;
  bool any = true;
  bool matches(std::string_view text) const { return any || glob_match(pattern, text); }
};

/// Reads `key cursor [MATCH p] [COUNT n]` and finds the key, in Redis' order of errors; false when the reply was written: an error, or
/// nothing for an absent key.
bool open_scan(Context& c, ValueType type, ScanArguments* out, Node** node);
/// The reply: next cursor, then the texts gathered.
void reply_scan(Context& c, std::uint64_t cursor, const std::vector<std::string>& texts);

}  // namespace orrery::keyspace
