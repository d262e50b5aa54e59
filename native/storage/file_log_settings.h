// file_log_settings.h: what a log in files may use and how often it syncs.
#pragma once
#include <cstdint>
#include <string>

namespace orrery::storage {

struct FileLogSettings {
  std::string folder;
  std::uint64_t database_id = 0;
  std::uint64_t segment_bytes = 64ull << 20;
  std::uint64_t buffer_bytes_max = 128ull << 20;  // of records that are not written yet
  std::uint64_t block_bytes = 1ull << 20;         // a block is as large at most, unless one record is larger
  std::uint64_t preallocate_bytes = 4ull << 20;   // zeros written ahead, so that a sync has no metadata to write; 0 = none
  std::uint32_t write_delay_ms = 2;               // how long unrequested bytes may stay in the process
  std::uint32_t sync_interval_ms = 1000;          // how long unrequested bytes may stay unsynced (everysec)
  std::uint64_t sync_bytes = 32ull << 20;         // as many unrequested bytes are synced before the interval is over
  std::uint64_t unsynced_bytes_max = 1ull << 30;  // what may be written and not durable while nobody asks; appenders wait for the disk then
  std::uint32_t gather_us = 0;                    // how long a sync waits for more commits; 0 = half of what a sync takes, at most 1 ms
};

}  // namespace orrery::storage
