#include "side_store.h"

#include "../storage/log.h"
#include "effect.h"

namespace orrery::keyspace {

storage::Lsn SideStore::log(SideSpace space, std::uint8_t operation, std::string_view name, std::string_view value) {
  if (!is_durable(space)) return 0;
  ByteWriter payload;
  payload.u8(static_cast<std::uint8_t>(space));
  payload.string(name);
  payload.string(value);
  storage::EffectBuffer effects;
  effects.add(storage::Room::kKeyspace, operation, payload.span());
  return append_(effects.span());
}

storage::Lsn SideStore::set(SideSpace space, std::string_view name, std::string_view value) {
  const std::lock_guard guard(mutex_);
  spaces_[static_cast<std::size_t>(space)][std::string(name)] = value;
  raise(space);
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
  raise(space);
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
