// data_folder.cc: creation, recognition and locking of data folders.
#include "data_folder.h"

#include <charconv>
#include <cstdio>
#include <random>
#include <string_view>

namespace orrery::storage {
namespace {
const std::string kControl = "orrery.control";
const std::string kLock = "orrery.lock";
constexpr std::string_view kTitle = "orrery data folder\n";

Status foreign(const std::string& path) {
  return Status::error(StatusCode::kInvalid, "data folder " + path + " is not empty and holds no Orrery database");
}
Status unusable(const std::string& path, Status cause) {
  return Status::error(cause.code, "data folder " + path + " cannot be used: " + cause.message);
}

/// The value after "name " on a line of its own.
std::string_view value_of(std::string_view text, std::string_view name) {
  const std::string wanted = "\n" + std::string(name) + " ";
  const std::size_t at = text.find(wanted);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + wanted.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}
template <typename T>
bool parse(std::string_view text, int base, T* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::uint64_t new_database_id() {
  std::random_device source;
  return (static_cast<std::uint64_t>(source()) << 32 | source()) | 1;
}
}  // namespace

Status read_control(FileSystem& files, const std::string& path, std::uint64_t* database_id) {
  std::vector<std::uint8_t> bytes;
  if (Status s = read_file(files, path + "/" + kControl, &bytes); !s.is_ok())
    return s.code == StatusCode::kNotFound ? foreign(path) : unusable(path, std::move(s));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::uint32_t format = 0;
  if (!text.starts_with(kTitle) || !parse(value_of(text, "format"), 10, &format))
    return Status::error(StatusCode::kCorrupt, "damaged control file: " + path + "/" + kControl + " at offset 0");
  if (format != kDataFormatVersion)
    return Status::error(StatusCode::kInvalid, "data folder " + path + " has format " + std::to_string(format) +
                                                   ", this version reads format " + std::to_string(kDataFormatVersion));
  if (!parse(value_of(text, "id"), 16, database_id))
    return Status::error(StatusCode::kCorrupt, "damaged control file: " + path + "/" + kControl + " has no id");
  return Status::ok();
}

Status open_data_folder(FileSystem& files, const std::string& path, DataFolder* folder) {
  folder->path = path;
  if (Status s = files.create_folder(path); !s.is_ok()) return unusable(path, std::move(s));
  std::vector<std::string> names;
  if (Status s = files.list(path, &names); !s.is_ok()) return unusable(path, std::move(s));
  bool known = false, other = false;
  for (const std::string& name : names) {
    known |= name == kControl;
    other |= name != kLock && name != kControl + ".new" && name != "lost+found";
  }
  if (!known && other) return foreign(path);
  if (Status s = files.lock(path + "/" + kLock, &folder->lock); !s.is_ok()) {
    if (s.code == StatusCode::kLimit && s.message.starts_with("lock "))
      return Status::error(StatusCode::kLimit, "data folder " + path + " is in use by another process");
    return unusable(path, std::move(s));
  }
  // Another process may have created the database between the listing and the lock.
  if (files.exists(path + "/" + kControl)) return read_control(files, path, &folder->database_id);
  folder->database_id = new_database_id();
  char text[128];
  const int n = std::snprintf(text, sizeof text, "%sformat %u\nid %016llx\n", kTitle.data(), kDataFormatVersion,
                              static_cast<unsigned long long>(folder->database_id));
  const ConstBytes bytes(reinterpret_cast<const std::uint8_t*>(text), static_cast<std::size_t>(n));
  if (Status s = write_file_atomically(files, path, kControl, bytes); !s.is_ok()) return unusable(path, std::move(s));
  return Status::ok();
}

}  // namespace orrery::storage
