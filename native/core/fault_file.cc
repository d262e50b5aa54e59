// fault_file.cc: the disk of crash tests.
#include "fault_file.h"

#include <algorithm>

#include "check.h"

namespace orrery {
namespace {
constexpr std::size_t kSectorBytes = 512;

Status failed(const char* what, const std::string& path, const char* why, StatusCode code = StatusCode::kIoError) {
  return Status::error(code, std::string(what) + " " + path + ": " + why);
}
}  // namespace

class FaultFile final : public File {
 public:
  FaultFile(FaultFileSystem& files, FaultFileSystem::InodePtr inode, std::string path)
      : files_(files), inode_(std::move(inode)), path_(std::move(path)) {}

  Status read_at(std::uint64_t offset, std::span<std::uint8_t> bytes, std::size_t* read) override {
    const std::lock_guard guard(files_.mutex_);
    const auto& data = inode_->data;
    *read = offset >= data.size() ? 0 : std::min<std::size_t>(bytes.size(), data.size() - offset);
    std::copy_n(data.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(offset, data.size())), *read, bytes.begin());
    return Status::ok();
  }
  Status write_at(std::uint64_t offset, std::span<const ConstBytes> parts) override {
    const std::lock_guard guard(files_.mutex_);
    return files_.write(*inode_, path_, offset, parts);
  }
  Status sync() override {
    const std::lock_guard guard(files_.mutex_);
    bool partial = false;
    Status s = files_.begin_operation("sync", path_, &partial);
    if (s.is_ok()) inode_->synced = inode_->data;
    return s;
  }
  Status truncate(std::uint64_t size) override {
    const std::lock_guard guard(files_.mutex_);
    bool partial = false;
    Status s = files_.begin_operation("truncate", path_, &partial);
    if (s.is_ok() || partial) inode_->data.resize(size);
    return s;
  }
  Status size(std::uint64_t* bytes) override {
    const std::lock_guard guard(files_.mutex_);
    *bytes = inode_->data.size();
    return Status::ok();
  }
  const std::string& path() const noexcept override { return path_; }

 private:
  FaultFileSystem& files_;
  FaultFileSystem::InodePtr inode_;
  std::string path_;
};

class FaultLock final : public FileLock {
 public:
  FaultLock(FaultFileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  ~FaultLock() override {
    const std::lock_guard guard(files_.mutex_);
    files_.locks_.erase(path_);
  }

 private:
  FaultFileSystem& files_;
  std::string path_;
};

FaultFileSystem::FaultFileSystem() = default;
FaultFileSystem::~FaultFileSystem() = default;

void FaultFileSystem::set_plan(const Plan& plan) {
  const std::lock_guard guard(mutex_);
  plan_ = plan;
}
std::uint64_t FaultFileSystem::operation_count() const {
  const std::lock_guard guard(mutex_);
  return operations_;
}
bool FaultFileSystem::power_is_cut() const {
  const std::lock_guard guard(mutex_);
  return cut_;
}

Status FaultFileSystem::begin_operation(const char* what, const std::string& path, bool* partial) {
  if (cut_) return failed(what, path, "the power is off");
  operations_++;
  if (plan_.fault == Fault::kNone || operations_ != plan_.at_operation) return Status::ok();
  if (plan_.fault == Fault::kPowerCut) cut_ = true;
  *partial = plan_.fault != Fault::kError;
  return failed(what, path, plan_.fault == Fault::kPowerCut ? "the power is off" : "injected error");
}

Status FaultFileSystem::write(Inode& inode, const std::string& path, std::uint64_t offset, std::span<const ConstBytes> parts) {
  bool partial = false;
  Status s = begin_operation("write", path, &partial);
  if (!s.is_ok() && !partial) return s;
  std::size_t total = 0;
  for (const ConstBytes& p : parts) total += p.size();
  std::size_t allowed = partial ? (total * (operations_ % 7)) / 7 : total;
  if (s.is_ok() && plan_.capacity_bytes != ~0ull) {
    std::uint64_t used = 0;
    for (const auto& [name, file] : names_)
      if (file) used += file->data.size();
    const std::uint64_t grows = offset + total > inode.data.size() ? offset + total - inode.data.size() : 0;
    if (used + grows > plan_.capacity_bytes) {
      s = failed("write", path, "No space left on device", StatusCode::kDiskFull);
      allowed = 0;
    }
  }
  if (inode.data.size() < offset + allowed) inode.data.resize(offset + allowed);
  for (const ConstBytes& p : parts) {
    const std::size_t n = std::min(p.size(), allowed);
    std::copy_n(p.begin(), n, inode.data.begin() + static_cast<std::ptrdiff_t>(offset));
    offset += n;
    allowed -= n;
  }
  return s;
}

void FaultFileSystem::names_changed() { name_history_.push_back(names_); }

Status FaultFileSystem::open(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) {
  const std::lock_guard guard(mutex_);
  auto found = names_.find(path);
  if (mode == OpenMode::kCreate) {
    bool partial = false;
    if (Status s = begin_operation("open", path, &partial); !s.is_ok()) return s;
    if (found == names_.end()) {
      found = names_.emplace(path, std::make_shared<Inode>()).first;
      names_changed();
    }
    if (found->second) found->second->data.clear();
  }
  if (found == names_.end()) return failed("open", path, "No such file or directory", StatusCode::kNotFound);
  if (!found->second) return failed("open", path, "Is a directory");
  *file = std::make_unique<FaultFile>(*this, found->second, path);
  return Status::ok();
}

Status FaultFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard guard(mutex_);
  bool partial = false;
  if (Status s = begin_operation("rename", from, &partial); !s.is_ok()) return s;
  if (!names_.contains(from)) return failed("rename", from, "No such file or directory", StatusCode::kNotFound);
  Names moved;
  for (auto i = names_.begin(); i != names_.end();) {
    if (i->first == from || i->first.starts_with(from + "/")) {
      moved[to + i->first.substr(from.size())] = i->second;
      i = names_.erase(i);
    } else {
      ++i;
    }
  }
  for (auto& [name, inode] : moved) names_[name] = inode;
  names_changed();
  return Status::ok();
}

Status FaultFileSystem::remove(const std::string& path) {
  const std::lock_guard guard(mutex_);
  bool partial = false;
  if (Status s = begin_operation("remove", path, &partial); !s.is_ok()) return s;
  if (names_.erase(path) == 0) return failed("remove", path, "No such file or directory", StatusCode::kNotFound);
  names_changed();
  return Status::ok();
}

Status FaultFileSystem::remove_folder(const std::string& path) {
  std::vector<std::string> names;
  if (Status s = list(path, &names); !s.is_ok()) return s;
  for (const std::string& name : names)
    if (Status s = remove(path + "/" + name); !s.is_ok()) return s;
  return remove(path);
}

Status FaultFileSystem::create_folder(const std::string& path) {
  const std::lock_guard guard(mutex_);
  const auto found = names_.find(path);
  if (found != names_.end()) return found->second ? failed("create folder", path, "Not a directory", StatusCode::kInvalid) : Status::ok();
  bool partial = false;
  if (Status s = begin_operation("create folder", path, &partial); !s.is_ok()) return s;
  names_[path] = nullptr;
  names_changed();
  return Status::ok();
}

Status FaultFileSystem::sync_folder(const std::string& path) {
  const std::lock_guard guard(mutex_);
  bool partial = false;
  if (Status s = begin_operation("sync", path, &partial); !s.is_ok()) return s;
  synced_names_ = names_;
  name_history_.clear();
  return Status::ok();
}

Status FaultFileSystem::list(const std::string& folder, std::vector<std::string>* names) {
  const std::lock_guard guard(mutex_);
  names->clear();
  const auto found = names_.find(folder);
  if (found == names_.end()) return failed("list", folder, "No such file or directory", StatusCode::kNotFound);
  if (found->second) return failed("list", folder, "Not a directory", StatusCode::kInvalid);
  const std::string prefix = folder + "/";
  for (const auto& [name, inode] : names_)
    if (name.starts_with(prefix) && name.find('/', prefix.size()) == std::string::npos) names->push_back(name.substr(prefix.size()));
  return Status::ok();
}

bool FaultFileSystem::exists(const std::string& path) {
  const std::lock_guard guard(mutex_);
  return names_.contains(path);
}

Status FaultFileSystem::lock(const std::string& path, std::unique_ptr<FileLock>* lock) {
  const std::lock_guard guard(mutex_);
  if (!locks_.insert(path).second) return failed("lock", path, "held by another process", StatusCode::kLimit);
  if (!names_.contains(path)) {
    names_[path] = std::make_shared<Inode>();
    names_changed();
  }
  *lock = std::make_unique<FaultLock>(*this, path);
  return Status::ok();
}

Status FaultFileSystem::real_path(const std::string& path, std::string* real) {
  *real = path;
  return Status::ok();
}

std::vector<std::uint8_t>& FaultFileSystem::bytes_of(const std::string& path) {
  const std::lock_guard guard(mutex_);
  const auto found = names_.find(path);
  ORRERY_ASSERT(found != names_.end());
  return found->second->data;
}

std::vector<std::string> FaultFileSystem::paths() const {
  const std::lock_guard guard(mutex_);
  std::vector<std::string> out;
  for (const auto& [name, inode] : names_)
    if (inode) out.push_back(name);
  return out;
}

std::unique_ptr<FaultFileSystem> FaultFileSystem::after_kill() const {
  const std::lock_guard guard(mutex_);
  auto out = std::make_unique<FaultFileSystem>();
  out->boot_id_ = boot_id_;
  for (const auto& [name, inode] : names_) {
    if (inode) {
      auto copy = std::make_shared<Inode>();
      copy->data = inode->data;
      copy->synced = inode->synced;
      out->names_[name] = std::move(copy);
    } else {
      out->names_[name] = nullptr;
    }
  }
  out->synced_names_ = out->names_;
  return out;
}

std::unique_ptr<FaultFileSystem> FaultFileSystem::after_power_cut(std::uint64_t seed) const {
  const std::lock_guard guard(mutex_);
  std::mt19937_64 random(seed);
  const std::size_t kept = random() % (name_history_.size() + 1);
  const Names& names = kept == 0 ? synced_names_ : name_history_[kept - 1];
  auto out = std::make_unique<FaultFileSystem>();
  out->boot_id_ = boot_id_ + 1;
  for (const auto& [name, inode] : names) {
    if (!inode) {
      out->names_[name] = nullptr;
      continue;
    }
    const auto& from = inode->synced;
    const auto& to = inode->data;
    const std::size_t low = std::min(from.size(), to.size()), high = std::max(from.size(), to.size());
    const std::size_t size = random() % 3 == 0 ? from.size() : random() % 2 == 0 ? to.size() : low + random() % (high - low + 1);
    const bool mostly_new = random() % 2 == 0;
    auto copy = std::make_shared<Inode>();
    copy->data.assign(size, 0);
    for (std::size_t at = 0; at < size; at += kSectorBytes) {
      const bool fresh = mostly_new ? random() % 8 != 0 : random() % 2 == 0;
      const auto& source = fresh ? to : from;
      for (std::size_t i = at; i < std::min(at + kSectorBytes, size); i++) copy->data[i] = i < source.size() ? source[i] : 0;
    }
    copy->synced = copy->data;
    out->names_[name] = std::move(copy);
  }
  out->synced_names_ = out->names_;
  return out;
}

}  // namespace orrery
