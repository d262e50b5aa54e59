// checkpointer.cc: the steps of a checkpoint and the thread that starts them.
#include "checkpointer.h"

#include <chrono>

#include "checkpoint_files.h"
#include "log_format.h"

namespace orrery::storage {
namespace {
constexpr auto kLookInterval = std::chrono::milliseconds(250);
}

Checkpointer::Checkpointer(FileSystem& files, CheckpointerSettings settings, FileLog& log, TransactionManager& transactions,
                           std::span<const Participant> rooms)
    : files_(files), settings_(std::move(settings)), log_(log), transactions_(transactions), rooms_(rooms.begin(), rooms.end()) {}

Checkpointer::~Checkpointer() { stop(); }

void Checkpointer::start(Lsn last) {
  last_ = last;
  if (settings_.log_bytes == 0) return;
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, kLookInterval, [this] { return stopping_; })) {
      if (log_.appended() - last_.load() < settings_.log_bytes) continue;
      lock.unlock();
      const Status s = run();
      lock.lock();
      // The log still has everything: try again later, not at once (a full disk, say).
      if (!s.is_ok()) wake_.wait_for(lock, 40 * kLookInterval, [this] { return stopping_; });
    }
  });
}

void Checkpointer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

Status Checkpointer::run() {
  const std::lock_guard running(run_mutex_);
  Status s = run_locked();
  if (!s.is_ok()) failures_.fetch_add(1, std::memory_order_relaxed);
  return s;
}

Status Checkpointer::run_locked() {
  if (log_.appended() == last_.load()) return Status::ok();
  EffectBuffer marker;
  marker.add(Room::kLog, 1, {});
  const Lsn start = transactions_.append_effects(marker.span());
  if (start == 0) {
    Status failure = log_.failure();
    return failure.is_ok() ? Status::error(StatusCode::kInterrupted, "the log is closed") : failure;
  }
  const Snapshot snapshot = transactions_.acquire_snapshot();
  const CheckpointMark mark{start, snapshot.read_ts,
                            [this](const std::function<void()>& work) { transactions_.in_commit_order(work); }};
  const std::string path = settings_.folder + "/" + checkpoint_name(start);
  const std::string partial = path + ".partial";
  Status s = write(mark, partial);
  transactions_.release_snapshot(snapshot);
  if (s.is_ok()) s = files_.rename(partial, path);
  if (s.is_ok()) s = files_.sync_folder(settings_.folder);
  if (!s.is_ok()) {
    (void)files_.remove_folder(partial);  // the error to report is the first one; the next start removes what is left
    return s;
  }
  last_ = start;
  count_.fetch_add(1, std::memory_order_relaxed);
  return drop_older(start);
}

Status Checkpointer::write(const CheckpointMark& mark, const std::string& partial) {
  CheckpointFolder folder(files_, partial);
  if (Status s = folder.begin(); !s.is_ok()) return s;
  for (const Participant& p : rooms_)
    if (Status s = p.target->save(folder, mark); !s.is_ok()) return s;
  const Lsn seen = log_.appended();
  if (Status s = log_.wait_flushed(seen); !s.is_ok()) return s;
  return folder.finish({settings_.database_id, mark.start_lsn, mark.read_ts, seen, {}});
}

Status Checkpointer::drop_older(Lsn start) {
  std::vector<std::string> names;
  if (Status s = files_.list(settings_.folder, &names); !s.is_ok()) return s;
  for (const std::string& name : names) {
    const auto lsn = parse_checkpoint_name(name);
    if (lsn && *lsn < start)
      if (Status s = files_.remove_folder(settings_.folder + "/" + name); !s.is_ok()) return s;
  }
  return settings_.keep_log ? Status::ok() : log_.remove_before(start);
}

}  // namespace orrery::storage
