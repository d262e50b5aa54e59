// script_cache.h: the short scripts of a thread, read and ready to run, by text (EVAL) and by name (EVALSHA).
//
// What scripts exist is told by the side store (SideSpace::kScripts): TypeScript puts a text there when it first meets it. A script is
// good here while the store's version has not changed since it was last seen there, so SCRIPT FLUSH reaches every thread.
// Threads: one cache each.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "script_program.h"
#include "side_store.h"

namespace orrery::keyspace {

struct CachedScript {
  std::string name;                        // 40 hexadecimal digits
  std::unique_ptr<ScriptProgram> program;  // nullptr: the Lua machine's
  std::uint64_t version = 0;               // of the store, when the script was in it
};

class ScriptCache {
 public:
  static ScriptCache& of_thread();
  /// nullptr: not loaded, or not a short script. The pointer is good until the next call.
  const CachedScript* by_text(SideStore& store, std::string_view text);
  /// `name` in any case.
  const CachedScript* by_name(SideStore& store, std::string_view name);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };
  template <typename V> using Map = std::unordered_map<std::string, V, Hash, std::equal_to<>>;
  static constexpr std::size_t kMost = 1000;

  const CachedScript* usable(SideStore& store, CachedScript& script);
  CachedScript* load(SideStore& store, const std::string& name);
  Map<CachedScript> scripts_;         // by name
  Map<CachedScript*> texts_;          // elements of scripts_
};

}  // namespace orrery::keyspace
