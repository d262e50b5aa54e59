// command.h: the native side of the command table. TypeScript's table (src/keyspace/command-table*.ts) is the description: it gives each
// command its number, arity, flags and key positions; this side only adds the body, found by name.
//
// Threads: `define` runs once per process (the second JavaScript thread brings the same table); lookups after that are lock-free.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::keyspace {

class Context;
using Body = void (*)(Context&);

/// How a command's keys are found among its arguments.
struct KeyPositions {
  std::int16_t first = 0;    // 0: none
  std::int16_t last = 0;     // negative: from the end
  std::int16_t step = 1;
  std::int16_t count_at = 0; // argument that tells how many keys follow it (LMPOP, ZUNION…); 0: none
};

enum CommandFlag : std::uint32_t {
  kWrite = 1,
  kAllShards = 2,    // looks at the whole dictionary, or at keys that its arguments do not name
  kNoKeys = 4,       // touches no data
  kDenyOom = 8,
  kReadOnly = 16,
  kFast = 32,
  kNoTouch = 128,    // asks about keys and does not count as a use of them
  kStreamsKeys = 64, // keys: the first half of what follows the word STREAMS
};

struct Command {
  std::string name;  // lower case
  std::int32_t arity = 0;
  std::uint32_t flags = 0;
  KeyPositions keys;
  Body body = nullptr;  // nullptr: TypeScript runs it
  std::uint32_t index = 0;  // its place in CommandStatistics
  // Hints for pipelines, set by CommandTable::define.
  std::uint32_t member_at = 0;  // the argument that names a field or member, 0: none
  bool cheap = false;           // with few arguments it takes no time worth measuring alone
};

class CommandTable {
 public:
  static CommandTable& instance();
  /// The body of a native command, nullptr when there is none.
  static Body body_named(std::string_view lower_name);
  void define(std::vector<Command> commands);
  bool defined() const noexcept { return !commands_.empty(); }
  /// Any case. nullptr when unknown.
  const Command* find(std::string_view name) const noexcept;

 private:
  std::vector<Command> commands_;
  std::vector<const Command*> slots_;  // open addressing by hash of the lower-case name
};

}  // namespace orrery::keyspace
