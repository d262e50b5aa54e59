// fault_file.h: files in memory that fail on request, for crash tests. Nothing in the server uses it.
//
// Every changing operation (create, write, sync, truncate, rename, remove, sync of a folder) counts. A plan names the
// operation at which something happens. The model of a disk: bytes survive a power cut when their file was synced; of the
// rest each 512-byte sector survives or not by chance; a file's length is the synced one, the newest or between; names survive
// up to a random point of the operations since the folder was synced (file systems keep these in order).
// Threads: all methods may be called from any thread.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>

#include "file.h"

namespace orrery {

class FaultFileSystem final : public FileSystem {
 public:
  enum class Fault { kNone, kError, kShortWrite, kPowerCut };
  struct Plan {
    Fault fault = Fault::kNone;
    std::uint64_t at_operation = 0;          // the first operation is 1
    std::uint64_t capacity_bytes = ~0ull;    // writes that would need more: kDiskFull
  };

  FaultFileSystem();
  ~FaultFileSystem() override;
  void set_plan(const Plan& plan);
  std::uint64_t operation_count() const;
  bool power_is_cut() const;
  /// What a machine finds when it starts again after the power went.
  std::unique_ptr<FaultFileSystem> after_power_cut(std::uint64_t seed) const;
  /// What a process finds when it starts again after it was killed.
  std::unique_ptr<FaultFileSystem> after_kill() const;

  /// A test's hands on the bytes.
  std::vector<std::uint8_t>& bytes_of(const std::string& path);
  std::vector<std::string> paths() const;

  Status open(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status remove_folder(const std::string& path) override;
  Status create_folder(const std::string& path) override;
  Status sync_folder(const std::string& path) override;
  Status list(const std::string& folder, std::vector<std::string>* names) override;
  bool exists(const std::string& path) override;
  Status lock(const std::string& path, std::unique_ptr<FileLock>* lock) override;
  Status real_path(const std::string& path, std::string* real) override;
  std::uint64_t boot_id() override { return boot_id_; }

 private:
  friend class FaultFile;
  friend class FaultLock;
  struct Inode { std::vector<std::uint8_t> data, synced; };
  using InodePtr = std::shared_ptr<Inode>;
  using Names = std::map<std::string, InodePtr>;  // path -> file; nullptr = folder
  /// Counts the operation and applies the plan. *partial: do a part, then report the status.
  Status begin_operation(const char* what, const std::string& path, bool* partial);
  Status write(Inode& inode, const std::string& path, std::uint64_t offset, std::span<const ConstBytes> parts);
  void names_changed();

  mutable std::mutex mutex_;
  Names names_, synced_names_;
  std::vector<Names> name_history_;  // states since the last folder sync, oldest first
  std::set<std::string> locks_;
  Plan plan_;
  std::uint64_t operations_ = 0;
  bool cut_ = false;
  std::uint64_t boot_id_ = 1;
};

}  // namespace orrery
