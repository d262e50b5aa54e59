#include "command.h"

#include <bit>
#include <cstring>
#include <mutex>

#include "bodies.h"
#include "command_statistics.h"

namespace orrery::keyspace {
namespace {

std::uint64_t name_hash(std::string_view name) noexcept {
  std::uint64_t h = name.size() * 0x9e3779b97f4a7c15ull;
  const char* p = name.data();
  for (std::size_t n = name.size(); n > 0;) {
    std::uint64_t w = 0;
    const std::size_t take = n < 8 ? n : 8;
    std::memcpy(&w, p, take);
    h = (h ^ (w | 0x2020202020202020ull)) * 0xd6e8feb86659fd93ull;
    h ^= h >> 29;
    p += take;
    n -= take;
  }
  return h;
}

bool same_name(std::string_view lower, std::string_view any) noexcept {
  if (lower.size() != any.size()) return false;
  for (std::size_t i = 0; i < lower.size(); i++) {
    const char c = any[i] >= 'A' && any[i] <= 'Z' ? static_cast<char>(any[i] | 0x20) : any[i];
    if (c != lower[i]) return false;
  }
  return true;
}

}  // namespace

CommandTable& CommandTable::instance() {
  static auto* table = new CommandTable();
  return *table;
}

Body CommandTable::body_named(std::string_view name) {
  for (const auto& family : {string_bodies(), key_bodies(), list_bodies(), hash_bodies(), field_expiry_bodies(), set_bodies(), zset_bodies(), sort_bodies(), stream_bodies(), stream_group_bodies(), stream_read_bodies(), vector_bodies(), bitfield_bodies(), lcs_bodies(),
                             hyperloglog_bodies(), geo_bodies(), dump_bodies(), debug_bodies()})
    for (const NamedBody& b : family)
      if (name == b.name) return b.body;
  return nullptr;
}

void CommandTable::define(std::vector<Command> commands) {
  static std::mutex mutex;
  const std::lock_guard guard(mutex);
  if (defined()) return;
  std::vector<const Command*> slots(std::bit_ceil(commands.size() * 4), nullptr);
  std::uint32_t index = 0;
  for (Command& c : commands) {
    c.index = index++;
    c.cheap = (c.flags & kFast) != 0 || c.name == "set";
    if (c.body != nullptr && c.keys.first == 1 && c.keys.last == 1 && (c.arity >= 3 || c.arity <= -3) && (c.name[0] == 'h' || c.name[0] == 's' || c.name[0] == 'z')) c.member_at = c.name == "zadd" ? 3 : 2;
    std::size_t at = name_hash(c.name) & (slots.size() - 1);
    while (slots[at] != nullptr) at = (at + 1) & (slots.size() - 1);
    slots[at] = &c;
  }
  slots_ = std::move(slots);
  CommandStatistics::instance().size(commands.size());
  commands_ = std::move(commands);  // the elements do not move, only their vector's owner changes
}

const Command* CommandTable::find(std::string_view name) const noexcept {
  if (slots_.empty() || name.empty()) return nullptr;
  for (std::size_t at = name_hash(name) & (slots_.size() - 1); slots_[at] != nullptr; at = (at + 1) & (slots_.size() - 1))
    if (same_name(slots_[at]->name, name)) return slots_[at];
  return nullptr;
}

}  // namespace orrery::keyspace
