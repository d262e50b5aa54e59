// status.h: what can go wrong below the binding, as a returned value (never an exception).
//
// `binding` turns a Status into the DbError of the same meaning; the numbers are shared with
// src/native/status.ts and must only be appended to.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

namespace orrery {

enum class StatusCode : std::uint32_t {
  kOk = 0,
  kWait = 1,                  // `detail` is the xid whose end must be waited for; nothing was changed by the call
  kSerializationFailure = 2,  // 40001: the row (or key) was changed after the snapshot
  kUniqueViolation = 3,       // 23505: `object` is the index id, `detail` the row id of the existing row
  kDeadlock = 4,              // 40P01
  kNotNullViolation = 5,      // 23502: `object` is the column index (0-based)
  kWrongType = 6,             // WRONGTYPE / 42809
  kOutOfMemory = 7,           // 53200 / OOM
  kDiskFull = 8,              // 53100
  kIoError = 9,               // 58030
  kCorrupt = 10,              // XX001
  kNotFound = 11,
  kLimit = 12,                // 54000
  kInvalid = 13,              // 22000: bad argument from the client
  kReadOnly = 14,             // 25006 / READONLY
  kInterrupted = 15,          // 57014
};

struct [[nodiscard]] Status {
  StatusCode code = StatusCode::kOk;
  std::uint64_t detail = 0;
  std::uint64_t object = 0;
  std::string message;  // for a person: names the file, offset, limit…

  static Status ok() { return {}; }
  static Status wait(std::uint64_t xid) { return {StatusCode::kWait, xid, 0, {}}; }
  static Status error(StatusCode code, std::string message = {}) { return {code, 0, 0, std::move(message)}; }
  bool is_ok() const noexcept { return code == StatusCode::kOk; }
};

}  // namespace orrery
