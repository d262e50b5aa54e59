// file_log.cc: appending, the flusher thread and its segments.
#include "file_log.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "../core/check.h"
#include "../core/crc32c.h"
#include "../core/thread_turns.h"
#include "log_format.h"

namespace orrery::storage {
namespace {
constexpr std::size_t kBufferKeptBytes = 8u << 20;  // what a quiet log may keep of each buffer
constexpr std::chrono::microseconds kGatherMax{1000};
constexpr std::uint8_t kZeros[64 << 10] = {};
using Clock = std::chrono::steady_clock;
}  // namespace

FileLog::Buffer::~Buffer() { std::free(data); }
void FileLog::Buffer::reserve(std::size_t bytes) {
  if (bytes <= capacity) return;
  std::size_t wanted = std::max<std::size_t>(capacity, 64 << 10);
  while (wanted < bytes) wanted *= 2;
  auto* grown = static_cast<std::uint8_t*>(std::realloc(data, wanted));
  ORRERY_ASSERT(grown != nullptr);
  data = grown;
  capacity = wanted;
}
void FileLog::Buffer::release_when_large() {
  size = 0;
  if (capacity <= kBufferKeptBytes) return;
  std::free(data);
  data = nullptr;
  capacity = 0;
}

FileLog::FileLog(FileSystem& files, FileLogSettings settings) : files_(files), settings_(std::move(settings)) {}
FileLog::~FileLog() { (void)stop(); }

void FileLog::start(Lsn end) {
  ORRERY_ASSERT(!started_);
  appended_ = flushed_ = end;
  written_ = sealed_ = requested_ = end;
  started_ = true;
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
  Status s = failure();
  if (s.is_ok() && segment_) s = seal();
  if (s.is_ok() && segment_) s = finish_segment();
  segment_.reset();
  return s;
}

Lsn FileLog::append(CommitTs ts, std::span<const std::uint8_t> effects) {
  std::unique_lock lock(mutex_);
  ORRERY_ASSERT(started_);
  if (stopping_ || failed_.load(std::memory_order_relaxed)) return 0;
  while (buffers_[active_].size >= settings_.buffer_bytes_max) {
    if (idle_) { idle_ = false; work_.notify_one(); }
    space_.wait(lock);
    if (stopping_ || failed_.load(std::memory_order_relaxed)) return 0;
  }
  Buffer& buffer = buffers_[active_];
  buffer.reserve(buffer.size + kRecordHeaderBytesMax + effects.size());
  std::uint8_t* const begin = buffer.data + buffer.size;
  std::uint8_t* at = begin;
  at += put_varint(at, ts);
  at += put_varint(at, effects.size());
  if (!effects.empty()) std::memcpy(at, effects.data(), effects.size());
  at += effects.size();
  const auto bytes = static_cast<std::size_t>(at - begin);
  buffer.size += bytes;
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
  }
  report(flushed());
}

void FileLog::report(Lsn flushed) {
  const std::lock_guard lock(listener_mutex_);
  if (listener_) listener_(flushed);
}

void FileLog::run() {
  prefer_short_turns();
  auto synced_at = Clock::now();
  const auto write_delay = std::chrono::milliseconds(settings_.write_delay_ms);
  const auto sync_interval = std::chrono::milliseconds(settings_.sync_interval_ms);
  // Appends are collected for a while before they are written unasked: a request usually follows at once, and then one wake-up and one
  // write carry all of them. So appends wake a flusher that has been idle for longer, requests wake it always.
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto asked = [&] { return stopping_ || requested_ > flushed(); };
    work_.wait_for(lock, write_delay, asked);
    while (!asked() && buffers_[active_].size == 0) {
      // Every append from here on wakes; nothing does while nothing happens, except the sync that is still due.
      idle_ = true;
      const auto woken = [&] { return asked() || !idle_; };
      if (written_ > flushed() || sealed_ < flushed()) {
        if (!work_.wait_until(lock, synced_at + sync_interval, woken)) break;
      } else {
        work_.wait(lock, woken);
      }
      idle_ = false;
      if (buffers_[active_].size > 0) work_.wait_for(lock, write_delay, asked);
    }
    idle_ = false;
    if (stopping_ && buffers_[active_].size == 0 && written_ == flushed()) return;

    if (requested_ > flushed() && !stopping_) gather(lock);
    // Requests that come from here on have a group of their own.
    const bool wanted = asked();

    Buffer& buffer = buffers_[active_];
    unsynced_ += std::exchange(waiting_, 0);
    const Lsn first = written_;
    active_ = 1 - active_;
    if (buffer.size >= settings_.buffer_bytes_max) space_.notify_all();
    lock.unlock();

    Status s;
    if (buffer.size > 0) {
      s = write_blocks(buffer, first);
    } else if (written_ == flushed() && sealed_ < written_) {
      s = seal();
    }
    buffer.release_when_large();
    if (!s.is_ok()) return fail(std::move(s));

    lock.lock();
    const bool sync = wanted || Clock::now() >= synced_at + sync_interval;
    if (!sync || written_ == flushed()) continue;
    lock.unlock();
    const auto sync_start = Clock::now();
    s = sync_segment();
    synced_at = Clock::now();
    sync_time_ += (synced_at - sync_start - sync_time_) / 8;
    if (!s.is_ok()) return fail(std::move(s));
    const Lsn now = written_;
    lock.lock();
    flushed_.store(now, std::memory_order_release);
    pacer_.synced(std::exchange(unsynced_, 0), waiting_);
    done_.notify_all();
    lock.unlock();
    report(now);
    lock.lock();
  }
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

Status FileLog::write_blocks(const Buffer& buffer, Lsn first) {
  ByteReader reader(buffer.data, buffer.size);
  const std::uint8_t* begin = buffer.data;
  while (reader.remaining() > 0) {
    (void)reader.varint();
    (void)reader.raw(reader.varint());
    const auto bytes = static_cast<std::size_t>(reader.at() - begin);
    if (bytes < settings_.block_bytes && reader.remaining() > 0) continue;
    if (Status s = write_block({begin, bytes}, first); !s.is_ok()) return s;
    first += bytes;
    begin = reader.at();
  }
  ORRERY_ASSERT(reader.ok());
  return Status::ok();
}

Status FileLog::write_block(ConstBytes payload, Lsn first) {
  if (segment_ && segment_at_ >= settings_.segment_bytes) {
    if (Status s = finish_segment(); !s.is_ok()) return s;
    segment_.reset();
  }
  if (!segment_)
    if (Status s = open_segment(first); !s.is_ok()) return s;
  const auto header = encode_block_header({first, payload.size(), flushed(), crc32c(payload)}, settings_.database_id);
  const std::uint64_t end = segment_at_ + padded(kBlockHeaderBytes + payload.size());
  const std::size_t padding = end - segment_at_ - kBlockHeaderBytes - payload.size();
  std::vector<ConstBytes> parts{header, payload, ConstBytes(kZeros, padding)};
  std::uint64_t allocated = end;
  // Zeros ahead pay for small commits; a large write takes its own space, and would only be written twice.
  if (end > segment_allocated_ && payload.size() < settings_.preallocate_bytes / 4) {
    const std::uint64_t step = std::clamp<std::uint64_t>(segment_at_, 64 << 10, settings_.preallocate_bytes);
    allocated = end + step;
    for (std::uint64_t left = step; left > 0;) {
      const std::uint64_t n = std::min<std::uint64_t>(left, sizeof kZeros);
      parts.emplace_back(kZeros, n);
      left -= n;
    }
  }
  Status s = segment_->write_at(segment_at_, parts);
  if (s.code == StatusCode::kDiskFull && allocated > end) {
    allocated = end;
    s = segment_->write_at(segment_at_, std::span(parts).first(3));
  }
  if (!s.is_ok()) return s;
  sealed_ = flushed();
  segment_at_ = end;
  segment_allocated_ = std::max(segment_allocated_, allocated);
  written_ = first + payload.size();
  return Status::ok();
}

/// Writes an empty block that names what is durable, after a quiet moment: damage to the last blocks is told from a torn tail.
Status FileLog::seal() {
  if (!segment_ || sealed_ >= written_) return Status::ok();
  return write_block({}, written_);
}

Status FileLog::open_segment(Lsn first) {
  const std::lock_guard guard(segments_mutex_);
  const std::string path = settings_.folder + "/" + segment_name(first);
  if (Status s = files_.open(path, OpenMode::kCreate, &segment_); !s.is_ok()) return s;
  const auto header = encode_segment_header({settings_.database_id, first, files_.boot_id()});
  if (Status s = segment_->write_at(0, ConstBytes(header)); !s.is_ok()) return s;
  segment_at_ = segment_allocated_ = kSegmentHeaderBytes;
  return files_.sync_folder(settings_.folder);
}

/// Cuts the zeros off and syncs: the segment is complete.
Status FileLog::finish_segment() {
  if (segment_allocated_ > segment_at_)
    if (Status s = segment_->truncate(segment_at_); !s.is_ok()) return s;
  segment_allocated_ = segment_at_;
  return sync_segment();
}

Status FileLog::sync_segment() {
  syncs_.fetch_add(1, std::memory_order_relaxed);
  return segment_->sync();
}

Status FileLog::remove_before(Lsn lsn) {
  const std::lock_guard guard(segments_mutex_);
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
