// The file log beside a disk that takes its time: what goes on while a sync runs, and what a power cut then leaves.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <thread>

#include "../core/fault_file.h"
#include "../storage/file_log.h"
#include "../storage/log_format.h"
#include "../storage/log_pieces.h"
#include "../storage/log_reader.h"
#include "check.h"
#include "log_support.h"

using namespace orrery;
using namespace orrery::storage;
using namespace orrery::test;

namespace {

/// Files whose syncs wait while the gate is closed.
class GatedFileSystem final : public FileSystem {
 public:
  explicit GatedFileSystem(FileSystem& files) : files_(files) {}
  void close_gate() { set(true); }
  void open_gate() { set(false); }
  /// Returns when a sync waits at the gate.
  void await_sync() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }

  Status open(const std::string& path, OpenMode mode, std::unique_ptr<File>* file) override {
    Status s = files_.open(path, mode, file);
    if (s.is_ok()) *file = std::make_unique<GatedFile>(*this, std::move(*file));
    return s;
  }
  Status rename(const std::string& from, const std::string& to) override { return files_.rename(from, to); }
  Status remove(const std::string& path) override { return files_.remove(path); }
  Status remove_folder(const std::string& path) override { return files_.remove_folder(path); }
  Status create_folder(const std::string& path) override { return files_.create_folder(path); }
  Status sync_folder(const std::string& path) override { return files_.sync_folder(path); }
  Status list(const std::string& folder, std::vector<std::string>* names) override { return files_.list(folder, names); }
  bool exists(const std::string& path) override { return files_.exists(path); }
  Status lock(const std::string& path, std::unique_ptr<FileLock>* lock) override { return files_.lock(path, lock); }
  Status real_path(const std::string& path, std::string* real) override { return files_.real_path(path, real); }
  std::uint64_t boot_id() override { return files_.boot_id(); }

 private:
  class GatedFile final : public File {
   public:
    GatedFile(GatedFileSystem& gate, std::unique_ptr<File> file) : gate_(gate), file_(std::move(file)) {}
    Status read_at(std::uint64_t offset, std::span<std::uint8_t> bytes, std::size_t* read) override { return file_->read_at(offset, bytes, read); }
    Status write_at(std::uint64_t offset, std::span<const ConstBytes> parts) override { return file_->write_at(offset, parts); }
    Status sync() override {
      gate_.pass();
      return file_->sync();
    }
    Status truncate(std::uint64_t size) override { return file_->truncate(size); }
    Status size(std::uint64_t* bytes) override { return file_->size(bytes); }
    const std::string& path() const noexcept override { return file_->path(); }

   private:
    GatedFileSystem& gate_;
    std::unique_ptr<File> file_;
  };
  void set(bool closed) {
    const std::lock_guard lock(mutex_);
    closed_ = closed;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    waiting_++;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !closed_; });
    waiting_--;
  }

  FileSystem& files_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  std::size_t waiting_ = 0;
};

struct Read {
  Status status;
  LogReadResult result;
  std::uint64_t count = 0;  // of records that are 1, 2, 3 …
};
Read read_all(FileSystem& files) {
  Read r;
  r.status = read_log(files, {kFolder, kDatabase, 0, 0}, [&](const LogRecord& record) {
    CHECK_EQ(record.ts, ++r.count);
    return Status::ok();
  }, &r.result);
  return r;
}
template <typename Condition>
bool comes(Condition&& condition) {
  for (int i = 0; i < 20000 && !condition(); i++) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return condition();
}
std::size_t segment_count(const FaultFileSystem& files) {
  const auto paths = files.paths();
  return static_cast<std::size_t>(std::count_if(paths.begin(), paths.end(), [](const std::string& p) { return p.find("/log-") != std::string::npos; }));
}

}  // namespace

TEST("log: pieces do not move, are as large as a record needs, and are used again") {
  LogPieces pieces(100);
  std::uint8_t* const first = pieces.add(60);
  std::memset(first, 1, 60);
  CHECK(pieces.add(40) == first + 60);
  std::memset(first + 60, 2, 40);
  std::memset(pieces.add(1), 3, 1);      // the next piece
  std::memset(pieces.add(1000), 4, 1000);  // one of its own
  CHECK_EQ(pieces.waiting(), std::size_t{1101});
  auto taken = pieces.take(50);
  CHECK_EQ(taken.size(), std::size_t{1});
  CHECK_EQ(taken[0].size, std::size_t{100});
  CHECK(taken[0].bytes().data() == first);
  CHECK_EQ(int{taken[0].bytes()[60]}, 2);
  CHECK_EQ(pieces.waiting(), std::size_t{1001});
  CHECK_EQ(pieces.bytes(), std::size_t{1101});  // what is being written is memory, too
  pieces.give_back(std::move(taken[0]));
  CHECK_EQ(pieces.bytes(), std::size_t{1001});
  taken = pieces.take(pieces.waiting());
  CHECK_EQ(taken.size(), std::size_t{2});
  CHECK_EQ(taken[1].size, std::size_t{1000});
  for (LogPiece& piece : taken) pieces.give_back(std::move(piece));
  CHECK_EQ(pieces.bytes(), std::size_t{0});
  CHECK(pieces.take(100).empty());
  std::uint8_t* const again = pieces.add(10);
  CHECK(again == first || pieces.add(100) == first);
}

TEST("threads: log: a sync that takes long holds up no writing, segments end beside it, and what a power cut leaves is a prefix") {
  constexpr std::uint64_t kFlushed = 20, kMore = 200;
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  (void)files.sync_folder(kFolder);
  GatedFileSystem gated(files);
  auto s = settings();
  s.segment_bytes = 2000;
  s.block_bytes = 500;
  s.sync_interval_ms = 20'000;
  FileLog log(gated, s);
  log.start(0);
  std::uint64_t n = 0;
  for (; n < kFlushed; ) {
    n++;
    CHECK(log.wait_flushed(log.append(n, effects_of(n))).is_ok());
  }
  const Lsn flushed = log.flushed();
  const std::size_t segments = segment_count(files);
  gated.close_gate();
  for (; n < kFlushed + kMore; ) {
    n++;
    CHECK(log.append(n, effects_of(n)) != 0);
    // A segment that ends is synced at once: from here on a sync is under way.
    if (n == kFlushed + 50) gated.await_sync();
  }
  CHECK(comes([&] { return read_all(files).count == n; }));
  CHECK_EQ(log.flushed(), flushed);
  CHECK(segment_count(files) > segments + 3);
  CHECK_EQ(read_all(*files.after_kill()).count, n);
  std::size_t cut = 0;
  for (std::uint64_t seed = 0; seed < 200; seed++) {
    const Read r = read_all(*files.after_power_cut(seed));
    if (!r.status.is_ok()) std::cerr << seed << " " << r.status.message << "\n";
    CHECK(r.status.is_ok());
    CHECK(r.count >= kFlushed);
    if (!r.result.dead_segments.empty()) cut++;
  }
  CHECK(cut > 0);  // a segment was lost while a later one was there
  gated.open_gate();
  CHECK(log.wait_flushed(log.appended()).is_ok());
  CHECK(log.stop().is_ok());
  for (std::uint64_t seed = 0; seed < 20; seed++) CHECK_EQ(read_all(*files.after_power_cut(seed)).count, n);
}

TEST("threads: log: a request during a sync of the other thread is flushed when it returns") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  GatedFileSystem gated(files);
  auto s = settings();
  s.sync_interval_ms = 5;
  FileLog log(gated, s);
  log.start(0);
  gated.close_gate();
  CHECK(log.append(1, effects_of(1)) != 0);
  gated.await_sync();
  const Lsn second = log.append(2, effects_of(2));
  std::atomic<bool> returned{false};
  std::thread waits([&] {
    CHECK(log.wait_flushed(second).is_ok());
    CHECK(log.flushed() >= second);
    returned = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(!returned);
  gated.open_gate();
  waits.join();
  CHECK(log.stop().is_ok());
  CHECK_EQ(read_all(files).count, std::uint64_t{2});
}

TEST("threads: log: too much is not durable: appenders wait for the disk, and go on") {
  constexpr std::uint64_t kRecords = 20'000;
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  GatedFileSystem gated(files);
  auto s = settings();
  s.sync_interval_ms = 5;
  s.buffer_bytes_max = s.unsynced_bytes_max = 4000;
  FileLog log(gated, s);
  log.start(0);
  gated.close_gate();
  CHECK(log.append(1, effects_of(1)) != 0);
  gated.await_sync();
  std::atomic<bool> finished{false};
  std::thread appends([&] {
    for (std::uint64_t n = 2; n <= kRecords; n++) CHECK(log.append(n, effects_of(n)) != 0);
    finished = true;
  });
  Lsn seen = 0;
  for (int same = 0; same < 100 && !finished; same = log.appended() == seen ? same + 1 : 0) {
    seen = log.appended();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  CHECK(!finished);
  gated.open_gate();
  appends.join();
  CHECK(log.stop().is_ok());
  CHECK_EQ(read_all(files).count, kRecords);
}

TEST("log: a sync that fails in the other thread fails the log") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  auto s = settings();
  s.sync_interval_ms = 5;
  FileLog log(files, s);
  std::atomic<int> reports{0};
  log.set_flush_listener([&](Lsn) { reports++; });
  files.set_plan({FaultFileSystem::Fault::kError, files.operation_count() + 4, ~0ull});  // open, header, block, sync
  log.start(0);
  CHECK(log.append(1, effects_of(1)) != 0);
  CHECK(comes([&] { return !log.failure().is_ok(); }));
  CHECK_EQ(log.flushed(), Lsn{0});
  CHECK_EQ(log.append(2, effects_of(2)), Lsn{0});
  CHECK(comes([&] { return reports > 0; }));
  CHECK(log.stop().code == StatusCode::kIoError);
}

TEST("log: zeros are written ahead of syncs that were asked for alone") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  auto s = settings();
  s.sync_interval_ms = 600'000;
  FileLog log(files, s);
  log.start(0);
  CHECK(log.append(1, effects_of(1)) != 0);
  CHECK(comes([&] { return read_all(files).count == 1; }));
  std::string path;
  for (const std::string& p : files.paths())
    if (p.find("/log-") != std::string::npos) path = p;
  CHECK_EQ(files.bytes_of(path).size(), read_all(files).result.last_segment_end);
  CHECK(log.wait_flushed(log.append(2, effects_of(2))).is_ok());
  CHECK_EQ(files.bytes_of(path).size(), read_all(files).result.last_segment_end + s.preallocate_bytes);
}

TEST("log: a segment of version 1 was created when everything before it was durable") {
  auto header = encode_segment_header({kDatabase, 5000, 1, 3000});
  CHECK_EQ(decode_segment_header(header)->durable_lsn, Lsn{3000});
  header[8] = 1;
  CHECK_EQ(decode_segment_header(header)->durable_lsn, Lsn{5000});
  header[8] = 3;
  CHECK(!decode_segment_header(header));
}
