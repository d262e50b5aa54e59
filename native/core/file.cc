// file.cc: the operating system's files behind the door of file.h (POSIX).
#include "file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "crc32c.h"

namespace orrery {
namespace {

Status error_of(const char* what, const std::string& path, int number) {
  StatusCode code = StatusCode::kIoError;
  switch (number) {
    case ENOSPC: case EDQUOT: code = StatusCode::kDiskFull; break;
    case EACCES: case EPERM: case EROFS: code = StatusCode::kReadOnly; break;
    case ENOENT: code = StatusCode::kNotFound; break;
    case ENOTDIR: case ENAMETOOLONG: case ELOOP: code = StatusCode::kInvalid; break;
    case EMFILE: case ENFILE: code = StatusCode::kLimit; break;
    default: break;
  }
  return Status::error(code, std::string(what) + " " + path + ": " + std::generic_category().message(number));
}

class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }

  Status read_at(std::uint64_t offset, std::span<std::uint8_t> bytes, std::size_t* read) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::pread(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return error_of("read", path_, errno);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    *read = done;
    return Status::ok();
  }

  Status write_at(std::uint64_t offset, std::span<const ConstBytes> parts) override {
    std::vector<iovec> vectors;
    for (const ConstBytes& p : parts)
      if (!p.empty()) vectors.push_back({const_cast<std::uint8_t*>(p.data()), p.size()});
    iovec* v = vectors.data();
    std::size_t count = vectors.size();
    while (count > 0) {
      const ssize_t n = ::pwritev(fd_, v, static_cast<int>(std::min<std::size_t>(count, IOV_MAX)), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return error_of("write", path_, errno);
      offset += static_cast<std::uint64_t>(n);
      auto rest = static_cast<std::size_t>(n);
      while (count > 0 && rest >= v->iov_len) { rest -= v->iov_len; v++; count--; }
      if (count > 0) {
        v->iov_base = static_cast<std::uint8_t*>(v->iov_base) + rest;
        v->iov_len -= rest;
      }
    }
    return Status::ok();
  }

  Status sync() override {
#if defined(__APPLE__)
    // fsync does not reach the platter there.
    if (::fcntl(fd_, F_FULLFSYNC) != 0 && ::fsync(fd_) != 0) return error_of("sync", path_, errno);
#else
    if (::fdatasync(fd_) != 0) return error_of("sync", path_, errno);
#endif
    return Status::ok();
  }

  Status truncate(std::uint64_t size) override {
    while (::ftruncate(fd_, static_cast<off_t>(size)) != 0)
      if (errno != EINTR) return error_of("truncate", path_, errno);
    return Status::ok();
  }

  Status size(std::uint64_t* bytes) override {
    struct stat s;
    if (::fstat(fd_, &s) != 0) return error_of("stat", path_, errno);
    *bytes = static_cast<std::uint64_t>(s.st_size);
    return Status::ok();
  }

  const std::string& path() const noexcept override { return path_; }

 private:
  int fd_;
  std::string path_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(int fd) : fd_(fd) {}
  ~PosixLock() override { ::close(fd_); }

 private:
  int fd_;
};

class PosixFileSystem final : public FileSystem {
 public:
  Status open(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) override {
    const int flags = mode == OpenMode::kRead ? O_RDONLY : mode == OpenMode::kWrite ? O_RDWR : O_RDWR | O_CREAT | O_TRUNC;
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0640);
    if (fd < 0) return error_of("open", path, errno);
    *file = std::make_unique<PosixFile>(fd, path);
    return Status::ok();
  }

  Status rename(const std::string& from, const std::string& to) override {
    return ::rename(from.c_str(), to.c_str()) == 0 ? Status::ok() : error_of("rename", from, errno);
  }

  Status remove(const std::string& path) override {
    return ::unlink(path.c_str()) == 0 ? Status::ok() : error_of("remove", path, errno);
  }

  Status remove_folder(const std::string& path) override {
    std::vector<std::string> names;
    if (Status s = list(path, &names); !s.is_ok()) return s;
    for (const std::string& name : names)
      if (Status s = remove(path + "/" + name); !s.is_ok()) return s;
    return ::rmdir(path.c_str()) == 0 ? Status::ok() : error_of("remove", path, errno);
  }

  Status create_folder(const std::string& path) override {
    for (std::size_t at = 1; at <= path.size(); at++) {
      if (at != path.size() && path[at] != '/') continue;
      const std::string part = path.substr(0, at);
      if (::mkdir(part.c_str(), 0750) == 0) continue;
      const int number = errno;
      struct stat s;
      if (::stat(part.c_str(), &s) != 0) return error_of("create folder", path, number);
      if (!S_ISDIR(s.st_mode)) return error_of("create folder", path, ENOTDIR);
    }
    return Status::ok();
  }

  Status sync_folder(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return error_of("open", path, errno);
    const bool done = ::fsync(fd) == 0;
    const int number = errno;
    ::close(fd);
    return done ? Status::ok() : error_of("sync", path, number);
  }

  Status list(const std::string& folder, std::vector<std::string>* names) override {
    names->clear();
    DIR* d = ::opendir(folder.c_str());
    if (d == nullptr) return error_of("list", folder, errno);
    for (errno = 0; const dirent* e = ::readdir(d);) {
      const std::string_view name = e->d_name;
      if (name != "." && name != "..") names->emplace_back(name);
    }
    const int number = errno;
    ::closedir(d);
    if (number != 0) return error_of("list", folder, number);
    std::sort(names->begin(), names->end());
    return Status::ok();
  }

  bool exists(const std::string& path) override {
    struct stat s;
    return ::stat(path.c_str(), &s) == 0;
  }

  Status lock(const std::string& path, std::unique_ptr<FileLock>* lock) override {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) return error_of("open", path, errno);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      const int number = errno;
      ::close(fd);
      if (number == EWOULDBLOCK) return Status::error(StatusCode::kLimit, "lock " + path + ": held by another process");
      return error_of("lock", path, number);
    }
    *lock = std::make_unique<PosixLock>(fd);
    return Status::ok();
  }

  Status real_path(const std::string& path, std::string* real) override {
    char* resolved = ::realpath(path.c_str(), nullptr);
    if (resolved == nullptr) return error_of("resolve", path, errno);
    *real = resolved;
    std::free(resolved);
    return Status::ok();
  }

  std::uint64_t boot_id() override {
    const int fd = ::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    char text[64];
    const ssize_t n = ::read(fd, text, sizeof text);
    ::close(fd);
    if (n <= 0) return 0;
    const auto length = static_cast<std::size_t>(n);
    return static_cast<std::uint64_t>(crc32c(text, length)) << 32 | crc32c(text, length / 2) | 1;
  }
};

}  // namespace

FileSystem& real_file_system() {
  static auto* files = new PosixFileSystem();  // never destroyed: threads may still use it while the process exits
  return *files;
}

Status read_file(FileSystem& files, const std::string& path, std::vector<std::uint8_t>* bytes) {
  std::unique_ptr<File> file;
  if (Status s = files.open(path, OpenMode::kRead, &file); !s.is_ok()) return s;
  std::uint64_t size = 0;
  if (Status s = file->size(&size); !s.is_ok()) return s;
  bytes->resize(size);
  std::size_t read = 0;
  if (Status s = file->read_at(0, *bytes, &read); !s.is_ok()) return s;
  bytes->resize(read);
  return Status::ok();
}

Status write_file_atomically(FileSystem& files, const std::string& folder, const std::string& name, ConstBytes bytes) {
  const std::string path = folder + "/" + name;
  const std::string temporary = path + ".new";
  std::unique_ptr<File> file;
  if (Status s = files.open(temporary, OpenMode::kCreate, &file); !s.is_ok()) return s;
  if (Status s = file->write_at(0, bytes); !s.is_ok()) return s;
  if (Status s = file->sync(); !s.is_ok()) return s;
  file.reset();
  if (Status s = files.rename(temporary, path); !s.is_ok()) return s;
  return files.sync_folder(folder);
}

}  // namespace orrery
