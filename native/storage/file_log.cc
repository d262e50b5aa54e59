// file_log.cc: appending, the flusher thread and its segments.
#include "file_log.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "../core/check.h"
#include "../core/thread_turns.h"
#include "log_format.h"

namespace orrery::storage {
namespace {
constexpr std::chrono::microseconds kGatherMax{1000};
/// The flusher writes no more at once, so that it looks at requests and at the disk between.
constexpr std::size_t kWriteBytes = 8u << 20;
}  // namespace

FileLog::FileLog(FileSystem& files, FileLogSettings settings)
    : files_(files), settings_(std::move(settings)), pieces_(settings_.block_bytes), segments_(files_, settings_) {}
FileLog::~FileLog() { (void)stop(); }

void FileLog::start(Lsn end) {
  ORRERY_ASSERT(!started_);
  appended_ = flushed_ = end;
  requested_ = end;
  segments_.start(end);
  durable_until_ = Clock::now();
  started_ = true;
  sync_thread_ = std::thread([this] { run_syncs(); });
  thread_ = std::thread([this] { run(); });
}

Status FileLog::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (!started_ || !thread_.joinable()) return failure_;
    stopping_ = true;
    requested_ = std::max(requested_, appended());
    work_.notify_all();
    space_.notify_all();
  }
  thread_.join();
  {
    const std::lock_guard lock(mutex_);
    syncs_end_ = true;
    unasked_.notify_one();
  }
  sync_thread_.join();
  if (Status s = failure(); !s.is_ok() || flushed() == 0) return s;
  if (Status s = segments_.seal(flushed()); !s.is_ok()) return s;
  if (Status s = segments_.finish(); !s.is_ok()) return s;
  return segments_.has_open() ? segments_.perform(segments_.next_sync()) : Status::ok();
}

Lsn FileLog::append(CommitTs ts, std::span<const std::uint8_t> effects) {
  std::unique_lock lock(mutex_);
  ORRERY_ASSERT(started_);
  if (stopping_ || failed_.load(std::memory_order_relaxed)) return 0;
  while (pieces_.bytes() >= settings_.buffer_bytes_max) {
    if (idle_) { idle_ = false; work_.notify_one(); }
    appenders_waiting_++;
    space_.wait(lock);
    appenders_waiting_--;
    if (stopping_ || failed_.load(std::memory_order_relaxed)) return 0;
  }
  std::uint8_t header[kRecordHeaderBytesMax];
  std::size_t header_bytes = put_varint(header, ts);
  header_bytes += put_varint(header + header_bytes, effects.size());
  const std::size_t bytes = header_bytes + effects.size();
  std::uint8_t* const at = pieces_.add(bytes);
  std::memcpy(at, header, header_bytes);
  if (!effects.empty()) std::memcpy(at + header_bytes, effects.data(), effects.size());
  const Lsn end = appended_.load(std::memory_order_relaxed) + bytes;
  appended_.store(end, std::memory_order_release);
  waiting_++;
  const bool wake = idle_ || waiting_ == gather_target_;
  idle_ = false;
  lock.unlock();
  if (wake) work_.notify_one();
  return end;
}

void FileLog::request_flush(Lsn lsn) {
  if (lsn <= flushed()) return;
  {
    const std::lock_guard lock(mutex_);
    lsn = std::min(lsn, appended());
    if (lsn <= requested_) return;
    requested_ = lsn;
    idle_ = false;
  }
  work_.notify_one();
}

Status FileLog::wait_flushed(Lsn lsn) {
  request_flush(lsn);
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return flushed() >= lsn || failed_.load(); });
  return flushed() >= lsn ? Status::ok() : failure_;
}

void FileLog::set_flush_listener(std::function<void(Lsn)> listener) {
  const std::lock_guard lock(listener_mutex_);
  listener_ = std::move(listener);
}

Status FileLog::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void FileLog::fail(Status status) {
  {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(status);
    failed_ = true;
    space_.notify_all();
    done_.notify_all();
    work_.notify_one();
  }
  report(flushed());
}

void FileLog::report(Lsn flushed) {
  const std::lock_guard lock(listener_mutex_);
  if (listener_) listener_(flushed);
}

void FileLog::run() {
  prefer_short_turns();
  const auto write_delay = std::chrono::milliseconds(settings_.write_delay_ms);
  const auto interval = std::chrono::milliseconds(settings_.sync_interval_ms);
  // Appends are collected for a while before they are written unasked: a request usually follows at once, and then one wake-up and one
  // write carry all of them. So appends wake a flusher that has been idle for longer, requests wake it always.
  const auto asked = [&] { return stopping_ || failed_.load(std::memory_order_relaxed) || requested_ > flushed(); };
  std::unique_lock lock(mutex_);
  for (;;) {
    if (sync_is_due()) {
      unasked_sync_ = segments_.next_sync();
      syncing_ = true;
      unsynced_ = 0;
      unasked_.notify_one();
    }
    if (pieces_.waiting() < settings_.block_bytes) work_.wait_for(lock, write_delay, asked);
    while (!asked() && pieces_.waiting() == 0 && !sync_is_due()) {
      // Every append from here on wakes; nothing does while nothing happens, except the sync or the last block that is still due.
      idle_ = true;
      pieces_.release();
      const auto woken = [&] { return asked() || !idle_; };
      if (!syncing_ && (segments_.written() > flushed() || segments_.sealed() < flushed())) {
        if (!work_.wait_until(lock, durable_until_ + interval, woken)) break;
      } else {
        work_.wait(lock, woken);
      }
      idle_ = false;
      if (pieces_.waiting() > 0) work_.wait_for(lock, write_delay, asked);
    }
    idle_ = false;
    if (failed_.load(std::memory_order_relaxed)) return;
    if (stopping_ && pieces_.waiting() == 0 && segments_.written() == flushed()) return;

    if (requested_ > flushed() && !stopping_) gather(lock);
    // Requests that come from here on have a group of their own.
    const bool wanted = asked();
    if (segments_.written() == flushed()) durable_until_ = Clock::now();
    if (!wanted && syncing_ && segments_.written() - flushed() >= settings_.unsynced_bytes_max) {
      done_.wait(lock, [&] { return !syncing_; });
      continue;
    }

    const bool seals = pieces_.waiting() == 0 && segments_.written() == flushed() && segments_.sealed() < flushed();
    auto pieces = pieces_.take(wanted ? pieces_.waiting() : kWriteBytes);
    unsynced_ += std::exchange(waiting_, 0);
    lock.unlock();
    Status s = seals ? segments_.seal(flushed()) : write(pieces, wanted);
    if (!s.is_ok()) return fail(std::move(s));
    lock.lock();
    if (wanted)
      if (s = sync_asked(lock); !s.is_ok()) {
        lock.unlock();
        return fail(std::move(s));
      }
  }
}

/// Whether the other thread has something to sync: the time is over, or a segment, or enough was written.
bool FileLog::sync_is_due() const {
  const Lsn written = segments_.written();
  if (syncing_ || written == flushed()) return false;
  return segments_.has_complete() || written - flushed() >= settings_.sync_bytes ||
         Clock::now() >= durable_until_ + std::chrono::milliseconds(settings_.sync_interval_ms);
}

Status FileLog::sync_asked(std::unique_lock<std::mutex>& lock) {
  done_.wait(lock, [&] { return !syncing_; });
  const auto start = Clock::now();
  while (segments_.written() > flushed() && !failed_.load(std::memory_order_relaxed)) {
    const LogSegments::Sync sync = segments_.next_sync();
    lock.unlock();
    Status s = segments_.perform(sync);
    lock.lock();
    if (!s.is_ok()) return s;
    note_synced(sync);
  }
  sync_time_ += (Clock::now() - start - sync_time_) / 8;
  pacer_.synced(std::exchange(unsynced_, 0), waiting_);
  lock.unlock();
  report(flushed());
  lock.lock();
  return Status::ok();
}

void FileLog::run_syncs() {
  std::unique_lock lock(mutex_);
  for (;;) {
    unasked_.wait(lock, [&] { return unasked_sync_ || syncs_end_; });
    if (!unasked_sync_) return;
    const LogSegments::Sync sync = *std::exchange(unasked_sync_, std::nullopt);
    lock.unlock();
    Status s = segments_.perform(sync);
    lock.lock();
    syncing_ = idle_ = false;
    if (s.is_ok() && !failed_.load(std::memory_order_relaxed)) note_synced(sync);
    done_.notify_all();
    work_.notify_one();
    lock.unlock();
    if (s.is_ok()) report(flushed());
    else fail(std::move(s));
    lock.lock();
  }
}

void FileLog::note_synced(const LogSegments::Sync& sync) {
  flushed_.store(sync.lsn, std::memory_order_release);
  durable_until_ = sync.since;
  done_.notify_all();
}

Status FileLog::write(std::vector<LogPiece>& pieces, bool wanted) {
  std::size_t bytes = 0;
  for (const LogPiece& piece : pieces) bytes += piece.size;
  // Zeros ahead pay for small commits that are synced one by one; a large write takes its own space, and would only be written twice.
  const bool zeros = wanted && bytes < settings_.preallocate_bytes / 4;
  for (LogPiece& piece : pieces) {
    if (Status s = segments_.write(piece.bytes(), flushed(), zeros); !s.is_ok()) return s;
    const std::lock_guard lock(mutex_);
    pieces_.give_back(std::move(piece));
    if (appenders_waiting_ > 0) space_.notify_all();
  }
  return Status::ok();
}

void FileLog::gather(std::unique_lock<std::mutex>& lock) {
  const std::size_t before = unsynced_ + waiting_, target = pacer_.target(before);
  if (target <= before) return;
  const auto limit = settings_.gather_us != 0 ? std::chrono::nanoseconds(std::chrono::microseconds(settings_.gather_us))
                                              : std::min<std::chrono::nanoseconds>(sync_time_ / 2, kGatherMax);
  gather_target_ = target - unsynced_;
  work_.wait_for(lock, limit, [&] { return stopping_ || waiting_ >= gather_target_; });
  gather_target_ = 0;
  pacer_.gathered(before, unsynced_ + waiting_);
}

Status FileLog::remove_before(Lsn lsn) {
  std::vector<std::string> names;
  if (Status s = files_.list(settings_.folder, &names); !s.is_ok()) return s;
  std::vector<std::string> segments;
  for (const std::string& name : names)
    if (parse_segment_name(name)) segments.push_back(name);
  bool removed = false;
  // A segment ends where the next one begins; the newest is never removed.
  for (std::size_t i = 0; i + 1 < segments.size() && *parse_segment_name(segments[i + 1]) <= lsn; i++) {
    if (Status s = files_.remove(settings_.folder + "/" + segments[i]); !s.is_ok()) return s;
    removed = true;
  }
  return removed ? files_.sync_folder(settings_.folder) : Status::ok();
}

}  // namespace orrery::storage
