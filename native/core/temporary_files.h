// temporary_files.h: files for what statements cannot hold in memory, in one folder of the database.
//
// A file's name goes when it was opened: the space is free when the last reader closes it, whatever happens to the process where the
// system works so; what a crash left nevertheless goes at the next start.
// Threads: `create` from any.
#pragma once
#include <atomic>
#include <memory>
#include <string>

#include "file.h"

namespace orrery {

class TemporaryFiles {
 public:
  /// Empties the folder, or makes it.
  Status open(FileSystem& files, std::string folder);
  void close();
  /// A database in memory has no place for them.
  bool available() const noexcept { return files_ != nullptr; }
  Status create(std::unique_ptr<File>* file);

 private:
  FileSystem* files_ = nullptr;
  std::string folder_;
  std::atomic<std::uint64_t> next_{1};
};

}  // namespace orrery
