#include "script_cache.h"

#include "sha1.h"

namespace orrery::keyspace {

ScriptCache& ScriptCache::of_thread() {
  thread_local ScriptCache cache;
  return cache;
}

const CachedScript* ScriptCache::by_text(SideStore& store, std::string_view text) {
  if (const auto found = texts_.find(text); found != texts_.end()) [[likely]] return usable(store, *found->second);
  if (store.version(SideSpace::kScripts) == 0) return nullptr;
  std::string name;
  for (const std::uint8_t byte : sha1(text)) {
    constexpr char digits[] = "0123456789abcdef";
    name.push_back(digits[byte >> 4]);
    name.push_back(digits[byte & 15]);
  }
  CachedScript* script = load(store, name);
  if (script == nullptr) return nullptr;
  texts_.emplace(text, script);
  return usable(store, *script);
}

const CachedScript* ScriptCache::by_name(SideStore& store, std::string_view name) {
  if (name.size() != 40) return nullptr;
  if (const auto found = scripts_.find(name); found != scripts_.end()) [[likely]] return usable(store, found->second);
  std::string lower(name);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  CachedScript* script = load(store, lower);
  return script == nullptr ? nullptr : usable(store, *script);
}

const CachedScript* ScriptCache::usable(SideStore& store, CachedScript& script) {
  if (const std::uint64_t version = store.version(SideSpace::kScripts); version != script.version) {
    std::string text;
    if (!store.get(SideSpace::kScripts, script.name, &text)) return nullptr;
    script.version = version;
  }
  return script.program == nullptr ? nullptr : &script;
}

CachedScript* ScriptCache::load(SideStore& store, const std::string& name) {
  if (const auto found = scripts_.find(name); found != scripts_.end()) return &found->second;
  const std::uint64_t version = store.version(SideSpace::kScripts);
  std::string text;
  if (!store.get(SideSpace::kScripts, name, &text)) return nullptr;
  if (scripts_.size() >= kMost) {
    texts_.clear();
    scripts_.clear();
  }
  CachedScript& script = scripts_[name];
  script.name = name;
  script.program = parse_script(text);
  script.version = version;
  return &script;
}

}  // namespace orrery::keyspace
