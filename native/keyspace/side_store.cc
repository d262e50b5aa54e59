#include "side_store.h"

#include "../storage/log.h"
#include "effect.h"

namespace orrery::keyspace {
namespace {

/// Versions of scripts are different in all stores of the process: what a thread remembers of a store that is gone fits no other.
std::uint64_t next_script_version() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

storage::Lsn SideStore::log(SideSpace space, std::uint8_t operation, std::string_view name, std::string_view value) {
  if (!is_durable(space)) return 0;
  ByteWriter payload;
  write_change(payload, space, name, value);
  storage::EffectBuffer effects;
  effects.add(storage::Room::kKeyspace, operation, payload.span());
  return append_(effects.span());
}

void SideStore::write_change(ByteWriter& out, SideSpace space, std::string_view name, std::string_view value) {
  out.u8(static_cast<std::uint8_t>(space));
  out.string(name);
  out.string(value);
}

void SideStore::set_logged(SideSpace space, std::string_view name, std::string_view value) {
  const std::lock_guard guard(mutex_);
  spaces_[static_cast<std::size_t>(space)][std::string(name)] = value;
  raise(space);
}

std::vector<std::pair<std::string, std::string>> SideStore::all_during(SideSpace space, const std::function<void()>& work) {
  const std::lock_guard guard(mutex_);
  work();
  const auto& texts = spaces_[static_cast<std::size_t>(space)];
  return {texts.begin(), texts.end()};
}

storage::Lsn SideStore::set(SideSpace space, std::string_view name, std::string_view value) {
  const std::lock_guard guard(mutex_);
  spaces_[static_cast<std::size_t>(space)][std::string(name)] = value;
  if (space == SideSpace::kScripts) versions_[static_cast<std::size_t>(space)].store(next_script_version(), std::memory_order_release);
  else raise(space);
  return log(space, static_cast<std::uint8_t>(Effect::kSideSet), name, value);
}

storage::Lsn SideStore::erase(SideSpace space, std::string_view name) {
  const std::lock_guard guard(mutex_);
  auto& texts = spaces_[static_cast<std::size_t>(space)];
  const auto at = texts.find(name);
  if (at == texts.end()) return 0;
  texts.erase(at);
  raise(space);
  return log(space, static_cast<std::uint8_t>(Effect::kSideErase), name, {});
}

storage::Lsn SideStore::clear(SideSpace space) {
  const std::lock_guard guard(mutex_);
  spaces_[static_cast<std::size_t>(space)].clear();
  if (space == SideSpace::kScripts) versions_[static_cast<std::size_t>(space)].store(next_script_version(), std::memory_order_release);
  else raise(space);
  return log(space, static_cast<std::uint8_t>(Effect::kSideClear), {}, {});
}

bool SideStore::get(SideSpace space, std::string_view name, std::string* value) {
  const std::lock_guard guard(mutex_);
  const auto& texts = spaces_[static_cast<std::size_t>(space)];
  const auto at = texts.find(name);
  if (at == texts.end()) return false;
  *value = at->second;
  return true;
}

std::vector<std::pair<std::string, std::string>> SideStore::all(SideSpace space) {
  const std::lock_guard guard(mutex_);
  const auto& texts = spaces_[static_cast<std::size_t>(space)];
  return {texts.begin(), texts.end()};
}

bool SideStore::redo(std::uint8_t operation, ByteReader payload) {
  const std::uint8_t space = payload.u8();
  const std::string_view name = payload.string(), value = payload.string();
  if (!payload.ok() || space >= kSideSpaces) return false;
  const std::lock_guard guard(mutex_);
  auto& texts = spaces_[space];
  if (operation == static_cast<std::uint8_t>(Effect::kSideSet)) texts[std::string(name)] = value;
  else if (operation == static_cast<std::uint8_t>(Effect::kSideErase)) texts.erase(std::string(name));
  else texts.clear();
  raise(static_cast<SideSpace>(space));
  return true;
}

void SideStore::save(ByteWriter& out) {
  const std::lock_guard guard(mutex_);
  for (std::uint8_t space = 0; space < kSideSpaces; space++) {
    if (!is_durable(static_cast<SideSpace>(space))) continue;
    for (const auto& [name, value] : spaces_[space]) {
      out.u8(1);
      out.u8(space);
      out.string(name);
      out.string(value);
    }
  }
  out.u8(0);
}

bool SideStore::load(ByteReader& in) {
  const std::lock_guard guard(mutex_);
  while (in.ok() && in.u8() == 1) {
    const std::uint8_t space = in.u8();
    const std::string_view name = in.string(), value = in.string();
    if (!in.ok() || space >= kSideSpaces) return false;
    spaces_[space][std::string(name)] = value;
    raise(static_cast<SideSpace>(space));
  }
  return in.ok();
}

}  // namespace orrery::keyspace
