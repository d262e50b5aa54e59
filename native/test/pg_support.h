// pg_support.h: messages of the PostgreSQL protocol, as tests send and expect them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "check.h"

namespace orrery::test::pg {

inline std::string number(std::uint64_t v, std::size_t width) {
  std::string out;
  for (std::size_t i = width; i-- > 0;) out.push_back(static_cast<char>(v >> (8 * i)));
  return out;
}
inline std::string message(char type, const std::string& body) { return type + number(body.size() + 4, 4) + body; }
inline std::string text(std::string_view s) { return std::string(s) + '\0'; }
inline std::string bind(std::string_view statement, const std::vector<std::string>& values, int format = 0) {
  std::string body = text("") + text(statement) + number(1, 2) + number(static_cast<std::uint64_t>(format), 2) + number(values.size(), 2);
  for (const std::string& v : values) body += number(v.size(), 4) + v;
  return message('B', body + number(0, 2));
}
inline const std::string kExecute = message('E', text("") + number(0, 4)), kSync = message('S', ""), kDescribe = message('D', "P" + text(""));
inline const std::string kDescription = message('T', number(1, 2) + "about a column");
inline std::string query(std::string_view s) { return message('Q', text(s)); }
inline std::string row(std::string_view value) { return message('D', number(1, 2) + number(value.size(), 4) + std::string(value)); }
inline std::string done(int rows) { return message('C', text("SELECT " + std::to_string(rows))) + message('Z', "I"); }

}  // namespace orrery::test::pg
