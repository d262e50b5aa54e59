// data_folder.h: the folder of a database: whose it is, which format it has, and that only one process works in it.
//
//     orrery.control        text: format version and the database's id
//     orrery.lock           locked while a process has the database open
//     log-<lsn>             segments (log_format.h)
//     checkpoint-<lsn>/     the newest checkpoint (checkpoint_files.h)
//     temporary/            what statements cannot hold in memory (core/temporary_files.h), emptied at the start
//
// A first start creates the folder. A crash during it leaves only names that a next start accepts as empty.
#pragma once
#include <memory>
#include <string>

#include "../core/file.h"
#include "../core/status.h"

namespace orrery::storage {

constexpr std::uint32_t kDataFormatVersion = 1;

struct DataFolder {
  std::string path;
  std::uint64_t database_id = 0;
  std::unique_ptr<FileLock> lock;
};

/// Creates or opens and locks. kInvalid: holds something else, or a newer format; kReadOnly; kLimit: in use.
Status open_data_folder(FileSystem& files, const std::string& path, DataFolder* folder);

/// The id in an existing folder's control file, without locking.
Status read_control(FileSystem& files, const std::string& path, std::uint64_t* database_id);

}  // namespace orrery::storage
