#include "lock_table.h"

#include <algorithm>

namespace orrery::storage {

static_assert(!conflicts(LockStrength::kKeyShare, LockStrength::kNoKeyUpdate) && conflicts(LockStrength::kKeyShare, LockStrength::kUpdate));
static_assert(!conflicts(LockStrength::kShare, LockStrength::kShare) && conflicts(LockStrength::kShare, LockStrength::kNoKeyUpdate));
static_assert(!conflicts(LockStrength::kKeyShare, LockStrength::kShare) && conflicts(LockStrength::kNoKeyUpdate, LockStrength::kNoKeyUpdate));

Xid LockTable::acquire(RelationId relation, RowId row, Xid xid, LockStrength strength, bool* added) {
  const Key key{relation, row};
  Shard& s = shard(key);
  std::lock_guard guard(s.latch);
  auto& holders = s.rows[key];
  *added = true;
  for (const Holder& h : holders) {
    if (h.xid != xid && conflicts(h.strength, strength)) return h.xid;
    if (h.xid == xid && h.strength >= strength) *added = false;
  }
  if (*added) holders.push_back({xid, strength});
  return 0;
}

Xid LockTable::conflict(RelationId relation, RowId row, Xid xid, LockStrength strength) const {
  const Key key{relation, row};
  Shard& s = shard(key);
  std::lock_guard guard(s.latch);
  const auto it = s.rows.find(key);
  if (it == s.rows.end()) return 0;
  for (const Holder& h : it->second)
    if (h.xid != xid && conflicts(h.strength, strength)) return h.xid;
  return 0;
}

bool LockTable::holds(RelationId relation, RowId row, Xid xid) const {
  const Key key{relation, row};
  Shard& s = shard(key);
  std::lock_guard guard(s.latch);
  const auto it = s.rows.find(key);
  return it != s.rows.end() && std::any_of(it->second.begin(), it->second.end(), [&](const Holder& h) { return h.xid == xid; });
}

void LockTable::release(RelationId relation, RowId row, Xid xid, LockStrength strength) {
  const Key key{relation, row};
  Shard& s = shard(key);
  std::lock_guard guard(s.latch);
  const auto it = s.rows.find(key);
  if (it == s.rows.end()) return;
  std::erase_if(it->second, [&](const Holder& h) { return h.xid == xid && h.strength == strength; });
  if (it->second.empty()) s.rows.erase(it);
}

}  // namespace orrery::storage
