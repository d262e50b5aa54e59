// Checkpoints and recovery as a whole, with a small room in the place of tables: sums by name, changed by deltas (so that
// replaying an effect twice, or not at all, shows).
#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "../core/fault_file.h"
#include "../storage/checkpoint_files.h"
#include "../storage/checkpointer.h"
#include "../storage/log_format.h"
#include "check.h"

using namespace orrery;
using namespace orrery::storage;

namespace {
const std::string kFolder = "data";
constexpr std::uint64_t kDatabase = 5;

/// Sums saved by part (guarantee B, by part): under the latch that writers hold from before the append.
class Sums final : public CheckpointParticipant {
 public:
  Status redo(std::uint8_t operation, ByteReader payload, CommitTs, Lsn lsn) override {
    if (operation != 7) return Status::error(StatusCode::kCorrupt, "an unknown operation");
    const std::string name(payload.string());
    const std::uint64_t delta = payload.u64();
    if (!payload.ok()) return Status::error(StatusCode::kCorrupt, "a sum is too short");
    if (lsn > saved_lsn_) values_[name] += delta;
    return Status::ok();
  }
  Status save(CheckpointWriter& out, const CheckpointMark&) override {
    std::unique_ptr<CheckpointStream> stream;
    if (Status s = out.create("sums", &stream); !s.is_ok()) return s;
    const std::lock_guard guard(latch);
    stream->u64(log->appended());
    stream->u64(values_.size());
    for (const auto& [name, value] : values_) {
      stream->string(name);
      stream->u64(value);
    }
    return stream->close();
  }
  Status load(CheckpointReader& in) override {
    std::unique_ptr<CheckpointInput> input;
    if (Status s = in.open("sums", &input); !s.is_ok()) return s;
    saved_lsn_ = input->u64();
    for (std::uint64_t n = input->u64(); n > 0 && input->status().is_ok(); n--) {
      const std::string name = input->string();
      values_[name] = input->u64();
    }
    return input->status();
  }
  void digest(Digest& out) override {
    const std::lock_guard guard(latch);
    for (const auto& [name, value] : values_) {
      ByteWriter item;
      item.string(name);
      item.u64(value);
      out.add("sums", item.span());
    }
  }
  Lsn add(TransactionManager& transactions, const std::string& name, std::uint64_t delta) {
    ByteWriter payload;
    payload.string(name);
    payload.u64(delta);
    EffectBuffer effects;
    effects.add(Room::kKeyspace, 7, payload.span());
    const std::lock_guard guard(latch);
    const Lsn lsn = transactions.append_effects(effects.span());
    if (lsn != 0) values_[name] += delta;
    return lsn;
  }
  std::uint64_t value(const std::string& name) { return values_[name]; }

  Log* log = nullptr;
  std::mutex latch;

 private:
  std::map<std::string, std::uint64_t> values_;
  Lsn saved_lsn_ = 0;
};

/// An engine in small: what engine_rooms.cc wires.
struct Small {
  explicit Small(FileSystem& f, bool keep_log = false, std::uint64_t log_bytes = 0)
      : log(f, log_settings()), transactions(log), checkpointer(f, {kFolder, kDatabase, log_bytes, keep_log}, log, transactions, rooms()) {
    sums.log = &log;
    (void)f.create_folder(kFolder);
    status = recover(f, kFolder, kDatabase, rooms(), &recovery);
    if (!status.is_ok()) return;
    transactions.restore(recovery.newest_ts + 1, 1);
    log.start(recovery.end);
    checkpointer.start(recovery.checkpoint_lsn);
  }
  ~Small() { checkpointer.stop(); }
  static FileLogSettings log_settings() {
    FileLogSettings s;
    s.folder = kFolder;
    s.database_id = kDatabase;
    s.segment_bytes = 3000;
    s.preallocate_bytes = 4096;
    return s;
  }
  std::vector<Participant> rooms() { return {{Room::kKeyspace, &sums}}; }
  std::string digest() { Digest d; sums.digest(d); return d.hex(); }

  Sums sums;
  FileLog log;
  TransactionManager transactions;
  Checkpointer checkpointer;
  RecoveryResult recovery;
  Status status;
};

/// Adds 1 to "n" `count` times, each flushed, with a checkpoint in the middle; how many are certainly durable.
std::uint64_t work(FileSystem& files, std::uint64_t count) {
  Small engine(files);
  if (!engine.status.is_ok()) return 0;
  std::uint64_t safe = engine.sums.value("n");
  for (std::uint64_t i = 0; i < count; i++) {
    const Lsn lsn = engine.sums.add(engine.transactions, "n", 1);
    if (lsn == 0 || !engine.log.wait_flushed(lsn).is_ok()) break;
    safe = engine.sums.value("n");
    if (i % 8 == 5) (void)engine.checkpointer.run();
  }
  return safe;
}

std::size_t count_names(FaultFileSystem& files, const std::string& part) {
  std::vector<std::string> names;
  (void)files.list(kFolder, &names);
  return static_cast<std::size_t>(std::count_if(names.begin(), names.end(), [&](const auto& n) { return n.find(part) != std::string::npos; }));
}
}  // namespace

TEST("log: checkpoint: recovery loads it, replays the rest once, and old files go") {
  FaultFileSystem files;
  CHECK_EQ(work(files, 100), 100u);
  CHECK_EQ(count_names(files, "checkpoint-"), 1u);
  CHECK(count_names(files, "log-") <= 3);
  Small again(files);
  CHECK(again.status.is_ok());
  CHECK_EQ(again.sums.value("n"), 100u);
  CHECK(again.recovery.checkpoint_lsn > 0);
  CHECK(again.recovery.records < 20);
  // Nothing new: no second checkpoint.
  CHECK(again.checkpointer.run().is_ok());
  const std::uint64_t count = again.checkpointer.count();
  CHECK(again.checkpointer.run().is_ok());
  CHECK_EQ(again.checkpointer.count(), count);
}

TEST("log: checkpoint: power cut at every operation, also twice: acknowledged work is there, nothing twice") {
  std::uint64_t reached = 0;
  for (std::uint64_t op = 1; op < 400; op++) {
    FaultFileSystem files;
    files.set_plan({FaultFileSystem::Fault::kPowerCut, op, ~0ull});
    const std::uint64_t safe = work(files, 20);
    if (!files.power_is_cut()) break;
    reached = op;
    for (std::uint64_t seed = 0; seed < 4; seed++) {
      const auto second = files.after_power_cut(seed);
      second->set_plan({FaultFileSystem::Fault::kPowerCut, 1 + (op * 7 + seed) % 40, ~0ull});
      const std::uint64_t more = work(*second, 10);
      const auto third = second->after_power_cut(seed + 100);
      Small end(*third);
      if (!end.status.is_ok()) std::cerr << op << "/" << seed << " " << end.status.message << "\n";
      CHECK(end.status.is_ok());
      CHECK(end.sums.value("n") >= std::max(safe, more));
      CHECK(end.sums.value("n") <= safe + 1 + 10);
      CHECK_EQ(count_names(*third, ".partial"), 0u);
    }
  }
  CHECK(reached > 60);
}

TEST("log: checkpoint: an error at any operation leaves the log or the old checkpoint in charge") {
  for (std::uint64_t op = 1; op < 200; op++) {
    FaultFileSystem files;
    files.set_plan({FaultFileSystem::Fault::kShortWrite, op, ~0ull});
    const std::uint64_t safe = work(files, 20);
    const bool hit = files.operation_count() >= op;
    const auto again = files.after_kill();
    Small end(*again);
    if (!end.status.is_ok()) std::cerr << op << " " << end.status.message << "\n";
    CHECK(end.status.is_ok());
    CHECK(end.sums.value("n") >= safe);
    if (!hit) break;
  }
}

TEST("log: checkpoint: a flipped byte in any of its files refuses to start and names the file") {
  FaultFileSystem files;
  (void)work(files, 14);
  for (const std::string& path : files.paths()) {
    if (path.find("/checkpoint-") == std::string::npos) continue;
    for (std::size_t at = 0; at < files.bytes_of(path).size(); at++) {
      const auto again = files.after_kill();
      again->bytes_of(path)[at] ^= 1;
      Small end(*again);
      CHECK(end.status.code == StatusCode::kCorrupt);
      CHECK(end.status.message.find(path) != std::string::npos);
      VerifyResult verified;
      CHECK(!verify_folder(*again, kFolder, &verified).is_ok() || !verified.problems.empty());
    }
  }
}

TEST("log: checkpoint: the log with all its segments replays into the same digest") {
  FaultFileSystem files;
  std::string digest;
  {
    Small engine(files, true);
    for (std::uint64_t i = 0; i < 200; i++) {
      (void)engine.sums.add(engine.transactions, "key" + std::to_string(i % 17), i);
      if (i % 50 == 49) CHECK(engine.checkpointer.run().is_ok());
    }
    digest = engine.digest();
    CHECK(engine.log.stop().is_ok());
  }
  std::vector<std::string> names;
  (void)files.list(kFolder, &names);
  for (const std::string& name : names)
    if (parse_checkpoint_name(name)) (void)files.remove_folder(kFolder + "/" + name);
  Small again(files);
  CHECK(again.status.is_ok());
  CHECK_EQ(again.recovery.records, 200u + 4u);
  CHECK_EQ(again.digest(), digest);
}

TEST("threads: log: checkpoints run while others write, by themselves after enough log") {
  FaultFileSystem files;
  std::string digest;
  {
    Small engine(files, false, 2000);
    std::vector<std::thread> writers;
    for (int t = 0; t < 3; t++)
      writers.emplace_back([&, t] {
        for (int i = 0; i < 400; i++) {
          (void)engine.sums.add(engine.transactions, "key" + std::to_string((i + t) % 11), 1);
          if (i % 40 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
      });
    for (int i = 0; i < 5; i++) CHECK(engine.checkpointer.run().is_ok());
    for (auto& w : writers) w.join();
    for (int i = 0; i < 400 && engine.log.appended() - engine.checkpointer.last() >= 2000; i++)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(engine.log.appended() - engine.checkpointer.last() < 2000);
    digest = engine.digest();
    CHECK(engine.log.wait_flushed(engine.log.appended()).is_ok());
  }
  Small again(files);
  CHECK(again.status.is_ok());
  CHECK_EQ(again.digest(), digest);
}

TEST("log: checkpoint: streams of every size come back, and reading past the end is refused") {
  FaultFileSystem files;
  (void)files.create_folder(kFolder);
  const std::string path = kFolder + "/" + checkpoint_name(1);
  CheckpointFolder folder(files, path);
  CHECK(folder.begin().is_ok());
  const std::size_t sizes[] = {0, 1, 4095, kStreamBlockBytes - 1, kStreamBlockBytes, kStreamBlockBytes + 1, 3 * kStreamBlockBytes + 17};
  const auto pattern = [](std::size_t n) {
    std::vector<std::uint8_t> bytes(n);
    for (std::size_t i = 0; i < n; i++) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
    return bytes;
  };
  for (const std::size_t n : sizes) {
    std::unique_ptr<CheckpointStream> stream;
    CHECK(folder.create("s" + std::to_string(n), &stream).is_ok());
    const auto bytes = pattern(n);
    for (std::size_t at = 0, step = 1; at < n; step = step * 5 + 3) {
      const std::size_t take = std::min(step, n - at);
      stream->write(bytes.data() + at, take);
      at += take;
    }
    CHECK(stream->close().is_ok());
  }
  CHECK(folder.finish({kDatabase, 1, 1, 1, {}}).is_ok());
  std::unique_ptr<CheckpointFolderReader> reader;
  CHECK(CheckpointFolderReader::open_folder(files, path, kDatabase, &reader).is_ok());
  CHECK(reader->verify().is_ok());
  CHECK_EQ(reader->names("s").size(), std::size(sizes));
  for (const std::size_t n : sizes) {
    std::unique_ptr<CheckpointInput> input;
    CHECK(reader->open("s" + std::to_string(n), &input).is_ok());
    std::vector<std::uint8_t> bytes(n);
    CHECK(input->read(bytes.data(), n));
    CHECK(bytes == pattern(n));
    CHECK_EQ(input->remaining(), 0u);
    CHECK_EQ(input->u32(), 0u);
    CHECK(input->status().code == StatusCode::kCorrupt);
  }
}
