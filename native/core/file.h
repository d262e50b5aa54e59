// file.h: the one door to files. Everything that touches a disk goes through a FileSystem, so that tests can put a
// fault-injecting one (fault_file.h) in its place: errors at the n-th operation, short writes, power cuts, a full disk.
//
// Invariants
//  1. What was written is durable only after sync() of the file; a created, renamed or removed name only after sync_folder().
//  2. An error names the path and the system's text: "write orrery-data/log-0001: No space left on device".
// Threads: a FileSystem may be used by several threads; a File by several threads when their ranges do not overlap.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "status.h"

namespace orrery {

using ConstBytes = std::span<const std::uint8_t>;

class File {
 public:
  virtual ~File() = default;
  /// Reads up to bytes.size() at `offset`; *read is less only at the end of the file.
  virtual Status read_at(std::uint64_t offset, std::span<std::uint8_t> bytes, std::size_t* read) = 0;
  /// Writes all parts one after the other, or fails; after a failure any prefix may have been written.
  virtual Status write_at(std::uint64_t offset, std::span<const ConstBytes> parts) = 0;
  Status write_at(std::uint64_t offset, ConstBytes bytes) { return write_at(offset, std::span<const ConstBytes>(&bytes, 1)); }
  /// fdatasync: contents and length are durable when it returns.
  virtual Status sync() = 0;
  virtual Status truncate(std::uint64_t size) = 0;
  virtual Status size(std::uint64_t* bytes) = 0;
  virtual const std::string& path() const noexcept = 0;
};

/// Held while it lives; the operating system drops it when the process dies.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class OpenMode {
  kRead,    // must exist
  kWrite,   // must exist, read and write
  kCreate,  // created or emptied, read and write
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Status open(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) = 0;
  /// Replaces `to` when it exists.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;         // a file; absent is kNotFound
  virtual Status remove_folder(const std::string& path) = 0;  // with the files in it
  virtual Status create_folder(const std::string& path) = 0;  // with its parents; existing is fine
  virtual Status sync_folder(const std::string& path) = 0;
  /// Names in the folder, sorted. kNotFound when there is no such folder, kInvalid when it is a file.
  virtual Status list(const std::string& folder, std::vector<std::string>* names) = 0;
  virtual bool exists(const std::string& path) = 0;
  /// Creates the file when needed and locks it. kLimit when another process (or this one) holds it.
  virtual Status lock(const std::string& path, std::unique_ptr<FileLock>* lock) = 0;
  /// The path without links and dots; the folder must exist.
  virtual Status real_path(const std::string& path, std::string* real) = 0;
  /// Differs after every start of the machine: while it is the same, no unsynced byte was lost. 0 = cannot tell.
  virtual std::uint64_t boot_id() = 0;
};

/// The operating system's files.
FileSystem& real_file_system();

/// Whole small files: the control file, manifests. `write_file_atomically` = temporary name, sync, rename, sync folder.
Status read_file(FileSystem& files, const std::string& path, std::vector<std::uint8_t>* bytes);
Status write_file_atomically(FileSystem& files, const std::string& folder, const std::string& name, ConstBytes bytes);

}  // namespace orrery
