// Data folders: recognized, created, refused with one sentence.
#include "../core/fault_file.h"
#include "../storage/data_folder.h"
#include "check.h"

using namespace orrery;
using namespace orrery::storage;

TEST("log: data folder: created once, then recognized; in use by another it is kLimit") {
  FaultFileSystem files;
  std::uint64_t id = 0;
  {
    DataFolder folder;
    CHECK(open_data_folder(files, "data", &folder).is_ok());
    id = folder.database_id;
    CHECK(id != 0);
    DataFolder second;
    const Status s = open_data_folder(files, "data", &second);
    CHECK(s.code == StatusCode::kLimit);
    CHECK_EQ(s.message, "data folder data is in use by another process");
  }
  DataFolder again;
  CHECK(open_data_folder(files, "data", &again).is_ok());
  CHECK_EQ(again.database_id, id);
}

TEST("log: data folder: a foreign one, a newer format and a damaged control file are refused") {
  FaultFileSystem files;
  std::unique_ptr<File> file;
  (void)files.create_folder("data");
  (void)files.open("data/photo.jpg", OpenMode::kCreate, &file);
  DataFolder folder;
  CHECK(open_data_folder(files, "data", &folder).code == StatusCode::kInvalid);
  (void)files.remove("data/photo.jpg");
  CHECK(open_data_folder(files, "data", &folder).is_ok());
  folder.lock.reset();
  auto& bytes = files.bytes_of("data/orrery.control");
  std::string text(bytes.begin(), bytes.end());
  std::string newer = text;
  newer.replace(newer.find("format 1"), 8, "format 9");
  bytes.assign(newer.begin(), newer.end());
  const Status s = open_data_folder(files, "data", &folder);
  CHECK(s.code == StatusCode::kInvalid);
  CHECK(s.message.find("format 9") != std::string::npos);
  folder.lock.reset();
  bytes.assign({'x'});
  CHECK(open_data_folder(files, "data", &folder).code == StatusCode::kCorrupt);
}

TEST("log: data folder: power cut at every operation of the first start: the next start succeeds") {
  for (std::uint64_t op = 1; op < 10; op++)
    for (std::uint64_t seed = 0; seed < 10; seed++) {
      FaultFileSystem files;
      files.set_plan({FaultFileSystem::Fault::kPowerCut, op, ~0ull});
      { DataFolder folder; (void)open_data_folder(files, "data", &folder); }
      const auto again = files.after_power_cut(seed);
      DataFolder folder;
      CHECK(open_data_folder(*again, "data", &folder).is_ok());
    }
}
