// The file log: what is flushed survives, records come back whole and in order, whatever fails.
#include <algorithm>
#include <atomic>
#include <thread>

#include "../core/fault_file.h"
#include "../storage/file_log.h"
#include "../storage/log_format.h"
#include "../storage/log_reader.h"
#include "check.h"
#include "log_support.h"

using namespace orrery;
using namespace orrery::storage;
using namespace orrery::test;

namespace {

struct Read {
  Status status;
  LogReadResult result;
  std::vector<std::uint64_t> numbers;  // of the records, in order
  std::vector<Lsn> lsns;
};
Read read_all(FileSystem& files, Lsn durable = 0, Lsn from = 0) {
  Read r;
  r.status = read_log(files, {kFolder, kDatabase, from, durable}, [&](const LogRecord& record) {
    return for_each_effect(record.effects, [&](std::uint8_t, std::uint8_t, ByteReader payload) {
      r.numbers.push_back(payload.u64());
      r.lsns.push_back(record.lsn);
      CHECK_EQ(record.ts, r.numbers.back());
      return Status::ok();
    });
  }, &r.result);
  return r;
}
bool is_prefix(const std::vector<std::uint64_t>& numbers, std::uint64_t first = 1) {
  for (std::size_t i = 0; i < numbers.size(); i++)
    if (numbers[i] != first + i) return false;
  return true;
}

/// Appends records 1…n in rounds with a flush after every `flush_every`; returns the last flushed record number.
std::uint64_t write_records(FileSystem& files, FileLogSettings s, std::uint64_t n, std::uint64_t flush_every, Lsn* durable = nullptr) {
  FileLog log(files, std::move(s));
  log.start(0);
  std::uint64_t safe = 0;
  for (std::uint64_t i = 1; i <= n; i++) {
    const Lsn lsn = log.append(i, effects_of(i));
    if (lsn == 0) break;
    if (i % flush_every != 0) continue;
    if (!log.wait_flushed(lsn).is_ok()) break;
    safe = i;
    if (durable != nullptr) *durable = lsn;
  }
  return safe;
}

std::string only_segment(const FaultFileSystem& files) {
  for (const std::string& p : files.paths())
    if (p.find("/log-") != std::string::npos) return p;
  return {};
}

}  // namespace

TEST("log: records come back in order with their LSNs, across segments") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  auto s = settings();
  s.segment_bytes = 8000;
  s.block_bytes = 500;
  CHECK_EQ(write_records(files, s, 500, 7), 497u);
  const Read all = read_all(files);
  CHECK(all.status.is_ok());
  CHECK_EQ(all.numbers.size(), 500u);
  CHECK(is_prefix(all.numbers));
  CHECK(files.paths().size() > 5);
  CHECK_EQ(all.result.torn_bytes, 0u);
  const Read rest = read_all(files, 0, all.lsns[249]);
  CHECK(rest.status.is_ok());
  CHECK_EQ(rest.numbers.size(), 250u);
  CHECK(is_prefix(rest.numbers, 251));
}

TEST("log: goes on after the end and drops segments before a position") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  auto s = settings();
  s.segment_bytes = 4000;
  (void)write_records(files, s, 100, 1);
  const Read before = read_all(files);
  CHECK(cut_log(files, kFolder, before.result).is_ok());
  FileLog log(files, s);
  log.start(before.result.end);
  for (std::uint64_t i = 101; i <= 200; i++) CHECK(log.wait_flushed(log.append(i, effects_of(i))).is_ok());
  CHECK(is_prefix(read_all(files).numbers));
  CHECK(log.remove_before(before.result.end).is_ok());
  const Read after = read_all(files, 0, before.result.end);
  CHECK(after.status.is_ok());
  CHECK(is_prefix(after.numbers, 101));
  CHECK_EQ(after.numbers.size(), 100u);
  CHECK(read_all(files).status.code == StatusCode::kCorrupt);  // the beginning is gone
}

TEST("log: a killed process loses nothing that was flushed, and the rest comes back as a prefix") {
  for (std::uint64_t op = 1; op < 60; op++) {
    FaultFileSystem files;
    (void)files.create_folder(kFolder);
    files.set_plan({FaultFileSystem::Fault::kPowerCut, files.operation_count() + op, ~0ull});
    auto s = settings();
    s.segment_bytes = 2000;
    const std::uint64_t safe = write_records(files, s, 40, 2);
    const auto again = files.after_kill();
    const Read r = read_all(*again);
    CHECK(r.status.is_ok());
    CHECK(r.numbers.size() >= safe);
    CHECK(is_prefix(r.numbers));
  }
}

TEST("log: power cut at every operation, many outcomes each: flushed records are there, the rest is a prefix") {
  for (std::uint64_t op = 1; op < 60; op++)
    for (std::uint64_t seed = 0; seed < 20; seed++) {
      FaultFileSystem files;
      (void)files.create_folder(kFolder);
      (void)files.sync_folder(kFolder);
      files.set_plan({FaultFileSystem::Fault::kPowerCut, files.operation_count() + op, ~0ull});
      auto s = settings();
      s.segment_bytes = 2000;
      Lsn durable = 0;
      const std::uint64_t safe = write_records(files, s, 40, 3, &durable);
      const auto again = files.after_power_cut(seed);
      const Read r = read_all(*again, durable);
      if (!r.status.is_ok()) std::cerr << op << " " << seed << " " << r.status.message << "\n";
      CHECK(r.status.is_ok());
      CHECK(r.numbers.size() >= safe);
      CHECK(is_prefix(r.numbers));
      // What is left can be gone on with.
      CHECK(cut_log(*again, kFolder, r.result).is_ok());
      FileLog log(*again, s);
      log.start(r.result.end);
      const std::uint64_t next = r.numbers.size() + 1;
      CHECK(log.wait_flushed(log.append(next, effects_of(next))).is_ok());
      const Read more = read_all(*again);
      CHECK(more.status.is_ok());
      CHECK_EQ(more.numbers.size(), next);
      CHECK(is_prefix(more.numbers));
    }
}

TEST("log: cut at every byte of the tail it recovers to a record boundary") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  (void)write_records(files, settings(), 60, 1);
  const std::string path = only_segment(files);
  const auto whole = files.bytes_of(path);
  std::size_t last = 0;
  for (std::size_t cut = whole.size() > 4096 ? whole.size() - 4096 : 0; cut <= whole.size(); cut++) {
    files.bytes_of(path).assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
    const Read r = read_all(files);
    CHECK(r.status.is_ok());
    CHECK(is_prefix(r.numbers));
    CHECK(r.numbers.size() >= last);
    last = r.numbers.size();
  }
  CHECK_EQ(last, 60u);
}

TEST("log: a flipped byte before the last block is refused with file and offset, in the last one only cut") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  (void)write_records(files, settings(), 30, 1);
  const std::string path = only_segment(files);
  const auto whole = files.bytes_of(path);
  std::size_t refused = 0, cut = 0;
  for (std::size_t at = 0; at < whole.size(); at++) {
    files.bytes_of(path)[at] ^= 0x20;
    const Read r = read_all(files);
    if (r.status.is_ok()) {
      cut++;
      CHECK(is_prefix(r.numbers));
    } else {
      refused++;
      CHECK(r.status.code == StatusCode::kCorrupt);
      CHECK(r.status.message.find(path + " at offset ") != std::string::npos);
    }
    files.bytes_of(path)[at] = whole[at];
  }
  // Only the final empty block (stop writes it) and padding may go unnoticed.
  CHECK(refused + cut == whole.size());
  CHECK(cut <= 40 + 30 * 7);
}

TEST("log: damage before a position that was durable is refused even at the end") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  Lsn durable = 0;
  (void)write_records(files, settings(), 10, 10, &durable);
  const std::string path = only_segment(files);
  files.bytes_of(path).resize(200);
  const auto again = files.after_power_cut(1);
  again->bytes_of(path).resize(200);
  CHECK(read_all(*again, durable).status.code == StatusCode::kCorrupt);
  CHECK(read_all(*again).status.is_ok());
}

TEST("log: unsynced blocks: damage before a valid one is refused after a kill, and cut after the machine restarted") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  auto s = settings();
  s.sync_interval_ms = 1'000'000;
  FileLog log(files, s);
  log.start(0);
  std::vector<std::size_t> ends;  // file offsets where blocks end
  for (std::uint64_t i = 1; i <= 5; i++) {
    (void)log.append(i, effects_of(i));
    for (int wait = 0; wait < 2000 && read_all(files).numbers.size() < i; wait++) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ends.push_back(read_all(files).result.last_segment_end);
  }
  const std::string path = only_segment(files);
  const auto killed = files.after_kill();
  killed->bytes_of(path)[ends[2] - 8 * 4] ^= 1;
  const Read refused = read_all(*killed);
  CHECK(refused.status.code == StatusCode::kCorrupt);
  CHECK(refused.status.message.find(path + " at offset " + std::to_string(ends[1])) != std::string::npos);
  // A power cut may keep block 4 and 5 and lose block 3: nobody was told that it is there.
  std::unique_ptr<FaultFileSystem> restarted;
  for (std::uint64_t seed = 0; !restarted; seed++) {
    restarted = files.after_power_cut(seed);
    const auto paths = restarted->paths();
    if (std::find(paths.begin(), paths.end(), path) == paths.end() || restarted->bytes_of(path).size() < ends[4]) restarted.reset();
  }
  restarted->bytes_of(path) = killed->bytes_of(path);
  const Read cut = read_all(*restarted);
  CHECK(cut.status.is_ok());
  CHECK_EQ(cut.numbers.size(), 2u);
  CHECK(cut.result.torn_bytes > 0);
}

TEST("log: a quiet moment after the last sync, its damage is told from a torn tail") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  auto s = settings();
  s.sync_interval_ms = 10;
  FileLog log(files, s);
  log.start(0);
  CHECK(log.wait_flushed(log.append(1, effects_of(1))).is_ok());
  const std::size_t end = read_all(files).result.last_segment_end;
  for (int i = 0; i < 2000 && read_all(files).result.last_segment_end == end; i++) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto copy = files.after_kill();
  copy->bytes_of(only_segment(files))[end - 20] ^= 1;
  CHECK(read_all(*copy).status.code == StatusCode::kCorrupt);
}

TEST("log: a block of another database or a gap between segments is refused") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  auto s = settings();
  s.segment_bytes = 1000;
  (void)write_records(files, s, 50, 1);
  CHECK(read_log(files, {kFolder, kDatabase + 1, 0, 0}, [](const LogRecord&) { return Status::ok(); },
                 std::make_unique<LogReadResult>().get()).code == StatusCode::kCorrupt);
  CHECK(files.remove(files.paths()[1]).is_ok());
  CHECK(read_all(files).status.code == StatusCode::kCorrupt);
}

TEST("log: after a write error every append refuses and nothing later counts as flushed") {
  for (const auto fault : {FaultFileSystem::Fault::kError, FaultFileSystem::Fault::kShortWrite})
    for (std::uint64_t op = 1; op < 8; op++) {
      FaultFileSystem files;
      (void)files.create_folder(kFolder);
      files.set_plan({fault, files.operation_count() + op, ~0ull});
      FileLog log(files, settings());
      std::atomic<int> reports{0};
      log.set_flush_listener([&](Lsn) { reports++; });
      log.start(0);
      Status s;
      std::uint64_t safe = 0;
      for (std::uint64_t i = 1; i < 20 && s.is_ok(); i++) {
        s = log.wait_flushed(log.append(i, effects_of(i)));
        if (s.is_ok()) safe = i;
      }
      CHECK(s.code == StatusCode::kIoError);
      CHECK(s.message.find(kFolder) != std::string::npos);
      CHECK_EQ(log.append(99, effects_of(99)), 0u);
      CHECK(log.failure().code == StatusCode::kIoError);
      CHECK(log.stop().code == StatusCode::kIoError);
      CHECK(reports > 0);
      const Read r = read_all(*files.after_kill());
      CHECK(r.status.is_ok());
      CHECK(r.numbers.size() >= safe);
      CHECK(is_prefix(r.numbers));
    }
}

TEST("log: a full disk is kDiskFull and what was flushed stays") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  files.set_plan({FaultFileSystem::Fault::kNone, 0, 3000});
  FileLog log(files, settings());
  log.start(0);
  std::uint64_t safe = 0;
  Status s;
  for (std::uint64_t i = 1; i < 100 && s.is_ok(); i++) {
    s = log.wait_flushed(log.append(i, effects_of(i)));
    if (s.is_ok()) safe = i;
  }
  CHECK(s.code == StatusCode::kDiskFull);
  CHECK(safe > 5);
  CHECK_EQ(read_all(files).numbers.size(), safe);
}

TEST("log: unrequested records reach the operating system within a moment, and the disk after the interval") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  auto s = settings();
  s.sync_interval_ms = 30;
  FileLog log(files, s);
  log.start(0);
  const Lsn lsn = log.append(1, effects_of(1));
  for (int i = 0; i < 1000 && read_all(files).numbers.empty(); i++) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK_EQ(read_all(files).numbers.size(), 1u);
  for (int i = 0; i < 1000 && log.flushed() < lsn; i++) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK_EQ(log.flushed(), lsn);
  CHECK_EQ(log.sync_count(), 1u);
}

TEST("log: a sync waits for the commits of those whom the last one let go") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  FileLogSettings s = settings();
  s.gather_us = 60'000'000;
  s.sync_interval_ms = 600'000;
  FileLog log(files, s);
  log.start(0);
  std::uint64_t n = 0;
  const auto commit = [&](std::uint64_t count) {
    Lsn lsn = 0;
    for (std::uint64_t i = 0; i < count; i++) {
      n++;
      log.request_flush(lsn = log.append(n, effects_of(n)));
    }
    return lsn;
  };
  // 16 records that nobody asked a sync for, then one request: they are one group, and 16 are expected from then on.
  Lsn lsn = 0;
  for (n = 1; n <= 16; n++) lsn = log.append(n, effects_of(n));
  n = 16;
  CHECK(log.wait_flushed(lsn).is_ok());
  for (int round = 0; round < 20; round++) {
    const std::uint64_t before = log.sync_count();
    CHECK(log.wait_flushed(commit(16)).is_ok());
    CHECK_EQ(log.sync_count(), before + 1);
  }
  CHECK(log.stop().is_ok());
  CHECK_EQ(read_all(files).numbers.size(), n);
}

TEST("log: who waited for commits in vain waits less and less often") {
  GroupPacer pacer;
  pacer.synced(8, 8);
  CHECK_EQ(pacer.target(16), std::size_t{16});  // everybody is there
  CHECK_EQ(pacer.target(3), std::size_t{16});
  pacer.gathered(3, 6);  // twice as many: worth it
  CHECK_EQ(pacer.target(3), std::size_t{16});
  for (const std::size_t skipped : {1, 2, 4, 8, 16, 32, 64, 64}) {
    pacer.gathered(8, 9);
    for (std::size_t i = 0; i < skipped; i++) CHECK_EQ(pacer.target(8), std::size_t{8});
    CHECK_EQ(pacer.target(8), std::size_t{16});
  }
  pacer.gathered(8, 16);
  pacer.gathered(8, 9);
  CHECK_EQ(pacer.target(8), std::size_t{8});
  CHECK_EQ(pacer.target(8), std::size_t{16});
}

TEST("threads: log: concurrent appenders share syncs, every record comes back once, a full buffer only slows them") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  auto s = settings();
  s.buffer_bytes_max = 2000;
  s.segment_bytes = 20000;
  constexpr std::uint64_t kThreads = 4, kEach = 300;
  {
    FileLog log(files, s);
    std::atomic<Lsn> reported{0};
    log.set_flush_listener([&](Lsn lsn) { reported = lsn; });
    log.start(0);
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < kThreads; t++)
      threads.emplace_back([&, t] {
        for (std::uint64_t i = 0; i < kEach; i++) {
          const std::uint64_t n = t * kEach + i + 1;
          const Lsn lsn = log.append(n, effects_of(n));
          CHECK(lsn != 0);
          if (i % 3 == 0) {
            CHECK(log.wait_flushed(lsn).is_ok());
            CHECK(log.flushed() >= lsn);
          } else if (i % 3 == 1) {
            log.request_flush(lsn);
          }
        }
      });
    for (auto& t : threads) t.join();
    CHECK(log.stop().is_ok());
    CHECK_EQ(reported.load(), log.appended());
    CHECK(log.sync_count() < kThreads * kEach);
  }
  Read r = read_all(files);
  CHECK(r.status.is_ok());
  std::sort(r.numbers.begin(), r.numbers.end());
  CHECK_EQ(r.numbers.size(), kThreads * kEach);
  CHECK(is_prefix(r.numbers));
}
