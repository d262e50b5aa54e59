// recovery.cc: loading, redo, and the same reading without consequences.
#include "recovery.h"

#include <algorithm>

#include "checkpoint_files.h"
#include "data_folder.h"
#include "log_format.h"
#include "log_reader.h"

namespace orrery::storage {
namespace {

/// The newest complete checkpoint's path, or empty.
Status newest_checkpoint(FileSystem& files, const std::string& folder, std::string* path) {
  std::vector<std::string> names;
  if (Status s = files.list(folder, &names); !s.is_ok()) return s;
  for (const std::string& name : names)
    if (parse_checkpoint_name(name)) *path = folder + "/" + name;  // sorted: the last one is the newest
  return Status::ok();
}

Status redo_record(const LogRecord& record, std::span<const Participant> rooms) {
  return for_each_effect(record.effects, [&](std::uint8_t room, std::uint8_t operation, ByteReader payload) {
    if (room == static_cast<std::uint8_t>(Room::kLog)) return Status::ok();
    for (const Participant& p : rooms)
      if (static_cast<std::uint8_t>(p.room) == room) return p.target->redo(operation, payload, record.ts, record.lsn);
    return Status::error(StatusCode::kCorrupt, "an effect of an unknown room " + std::to_string(room));
  });
}

}  // namespace

Status recover(FileSystem& files, const std::string& folder, std::uint64_t database_id, std::span<const Participant> rooms,
               RecoveryResult* result) {
  *result = {};
  std::string path;
  if (Status s = newest_checkpoint(files, folder, &path); !s.is_ok()) return s;
  LogReadRequest request{folder, database_id, 0, 0};
  if (!path.empty()) {
    std::unique_ptr<CheckpointFolderReader> reader;
    if (Status s = CheckpointFolderReader::open_folder(files, path, database_id, &reader); !s.is_ok()) return s;
    for (const Participant& p : rooms)
      if (Status s = p.target->load(*reader); !s.is_ok()) return s;
    request.from = result->checkpoint_lsn = reader->manifest().start_lsn;
    request.durable = reader->manifest().durable_lsn;
    result->newest_ts = reader->manifest().read_ts;
  }
  LogReadResult read;
  if (Status s = read_log(files, request, [&](const LogRecord& r) { return redo_record(r, rooms); }, &read); !s.is_ok()) return s;
  if (Status s = cut_log(files, folder, read); !s.is_ok()) return s;
  // What a crash left of an unfinished checkpoint, or of removing an old one.
  std::vector<std::string> names;
  if (Status s = files.list(folder, &names); !s.is_ok()) return s;
  for (const std::string& name : names) {
    const bool old = parse_checkpoint_name(name) && folder + "/" + name != path;
    if (old || (name.starts_with("checkpoint-") && name.ends_with(".partial")))
      if (Status s = files.remove_folder(folder + "/" + name); !s.is_ok()) return s;
  }
  result->end = read.end;
  result->records = read.records;
  result->torn_bytes = read.torn_bytes;
  result->newest_ts = std::max(result->newest_ts, read.newest_ts);
  for (const Participant& p : rooms)
    if (Status s = p.target->recovered(read.end); !s.is_ok()) return s;
  return Status::ok();
}

Status verify_folder(FileSystem& files, const std::string& folder, VerifyResult* result) {
  *result = {};
  const auto note = [&](Status s) {
    const bool damage = s.code == StatusCode::kCorrupt;
    if (damage) result->problems.push_back(s.message);
    return damage ? Status::ok() : std::move(s);
  };
  std::uint64_t database_id = 0;
  if (Status s = read_control(files, folder, &database_id); !s.is_ok()) return note(std::move(s));
  std::string path;
  if (Status s = newest_checkpoint(files, folder, &path); !s.is_ok()) return s;
  LogReadRequest request{folder, database_id, 0, 0};
  if (!path.empty()) {
    std::unique_ptr<CheckpointFolderReader> reader;
    if (Status s = CheckpointFolderReader::open_folder(files, path, database_id, &reader); !s.is_ok()) return note(std::move(s));
    if (Status s = note(reader->verify()); !s.is_ok()) return s;
    request.from = reader->manifest().start_lsn;
    request.durable = reader->manifest().durable_lsn;
  }
  LogReadResult read;
  const auto parse = [](const LogRecord& r) {
    return for_each_effect(r.effects, [](std::uint8_t, std::uint8_t, ByteReader) { return Status::ok(); });
  };
  if (Status s = note(read_log(files, request, parse, &read)); !s.is_ok()) return s;
  result->records = read.records;
  result->last_lsn = read.end;
  result->torn_bytes = read.torn_bytes;
  return Status::ok();
}

}  // namespace orrery::storage
