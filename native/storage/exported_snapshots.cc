#include "exported_snapshots.h"

#include <cstdio>

namespace orrery::storage {

ExportedSnapshots::ExportedSnapshots(TransactionManager& manager) : manager_(manager) {
  manager_.set_end_listener([this](Xid source) { withdraw(source); });
}

ExportedSnapshots::~ExportedSnapshots() {
  for (const auto& [name, entry] : entries_) manager_.release_snapshot(entry.held);
}

std::string ExportedSnapshots::publish(Transaction& source, std::uint32_t process, bool read_only) {
  std::lock_guard guard(latch_);
  std::vector<std::string>& names = names_[source.xid()];
  char name[64];
  std::snprintf(name, sizeof name, "%08X-%08llX-%zu", process, static_cast<unsigned long long>(source.xid()), names.size() + 1);
  names.emplace_back(name);
  source.announce_end();
  entries_.emplace(name, Entry{manager_.hold_snapshot(source.snapshot()), source.xid(), source.isolation(), read_only});
  return name;
}

ExportedSnapshots::Answer ExportedSnapshots::begin_with(const std::string& name, Isolation isolation, std::uint32_t process, bool read_only,
                                                        Transaction** out) {
  std::lock_guard guard(latch_);
  const auto at = entries_.find(name);
  if (at == entries_.end()) return Answer::kUnknown;
  const Entry& entry = at->second;
  if (isolation == Isolation::kSerializable) {
    if (entry.isolation != Isolation::kSerializable) return Answer::kSourceNotSerializable;
    if (entry.read_only && !read_only) return Answer::kSourceReadOnly;
  }
  *out = manager_.begin(isolation, process, read_only, &entry.held);
  return Answer::kTaken;
}

void ExportedSnapshots::withdraw(Xid source) {
  std::lock_guard guard(latch_);
  const auto at = names_.find(source);
  if (at == names_.end()) return;
  for (const std::string& name : at->second) {
    const auto entry = entries_.find(name);
    manager_.release_snapshot(entry->second.held);
    entries_.erase(entry);
  }
  names_.erase(at);
}

}  // namespace orrery::storage
