// side_store.h: small named texts beside the keys, shared by all threads: scripts, function libraries, users, saved settings.
//
// A space that is durable logs every change as an effect (docs/formats/keyspace.md) and is in the checkpoint; the others live as long
// as the process. Each change of a space raises its version, so that a thread's own copies know when they are old.
// Threads: any; one mutex, taken before the commit mutex (the append happens under it: log order is apply order).
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../core/bytes.h"
#include "../storage/ids.h"

namespace orrery::keyspace {

/// The numbers are on disk.
enum class SideSpace : std::uint8_t { kScripts = 0, kFunctions = 1, kUsers = 2, kSettings = 3, kReplication = 4, kProcess = 5 };
constexpr std::size_t kSideSpaces = 6;

class SideStore {
 public:
  using Append = std::function<storage::Lsn(std::span<const std::uint8_t>)>;
  explicit SideStore(Append append) : append_(std::move(append)) {}

  /// The LSN of the change; 0 when the space is not durable. The log's refusal comes back as kNeverDurable's number.
  storage::Lsn set(SideSpace space, std::string_view name, std::string_view value);
  storage::Lsn erase(SideSpace space, std::string_view name);
  storage::Lsn clear(SideSpace space);
  bool get(SideSpace space, std::string_view name, std::string* value);
  std::vector<std::pair<std::string, std::string>> all(SideSpace space);
  std::uint64_t version(SideSpace space) const noexcept { return versions_[static_cast<std::size_t>(space)].load(std::memory_order_acquire); }

  /// A change that the caller logs itself, as part of a record of its own.
  void set_logged(SideSpace space, std::string_view name, std::string_view value);
  /// The payload of its effect.
  static void write_change(ByteWriter& out, SideSpace space, std::string_view name, std::string_view value);
  /// All of a space; `work` runs while nobody can change it. The commit mutex may be taken in it.
  std::vector<std::pair<std::string, std::string>> all_during(SideSpace space, const std::function<void()>& work);

  /// One logged change again. False when it does not parse.
  bool redo(std::uint8_t operation, ByteReader payload);
  void save(ByteWriter& out);
  bool load(ByteReader& in);

 private:
  static bool is_durable(SideSpace space) noexcept { return space != SideSpace::kScripts && space != SideSpace::kProcess; }
  storage::Lsn log(SideSpace space, std::uint8_t operation, std::string_view name, std::string_view value);
  void raise(SideSpace space) noexcept { versions_[static_cast<std::size_t>(space)].fetch_add(1, std::memory_order_acq_rel); }
  std::mutex mutex_;
  Append append_;
  std::array<std::map<std::string, std::string, std::less<>>, kSideSpaces> spaces_;
  std::array<std::atomic<std::uint64_t>, kSideSpaces> versions_{};
};

}  // namespace orrery::keyspace
