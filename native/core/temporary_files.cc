#include "temporary_files.h"

namespace orrery {

Status TemporaryFiles::open(FileSystem& files, std::string folder) {
  if (files.exists(folder))
    if (Status s = files.remove_folder(folder); !s.is_ok()) return s;
  if (Status s = files.create_folder(folder); !s.is_ok()) return s;
  folder_ = std::move(folder);
  files_ = &files;
  return {};
}

void TemporaryFiles::close() {
  if (files_ != nullptr) (void)files_->remove_folder(folder_);
  files_ = nullptr;
}

Status TemporaryFiles::create(std::unique_ptr<File>* file) {
  const std::string path = folder_ + "/" + std::to_string(next_.fetch_add(1));
  if (Status s = files_->open(path, OpenMode::kCreate, file); !s.is_ok()) return s;
  return files_->remove(path);
}

}  // namespace orrery
