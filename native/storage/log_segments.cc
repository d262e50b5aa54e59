// log_segments.cc: blocks into files.
#include "log_segments.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "../core/check.h"
#include "../core/crc32c.h"
#include "log_format.h"

namespace orrery::storage {
namespace {
constexpr std::uint8_t kZeros[64 << 10] = {};
}  // namespace

Status LogSegments::seal(Lsn durable) {
  if (!segment_ || sealed_ >= written_) return Status::ok();
  return write({}, durable, false);
}

Status LogSegments::write(ConstBytes records, Lsn durable, bool zeros) {
  if (segment_ && at_ >= settings_.segment_bytes)
    if (Status s = complete_segment(); !s.is_ok()) return s;
  if (!segment_)
    if (Status s = open_segment(durable); !s.is_ok()) return s;
  const auto header = encode_block_header({written_, records.size(), durable, crc32c(records)}, settings_.database_id);
  const std::uint64_t end = at_ + padded(kBlockHeaderBytes + records.size());
  const std::size_t padding = end - at_ - kBlockHeaderBytes - records.size();
  std::vector<ConstBytes> parts{header, records, ConstBytes(kZeros, padding)};
  std::uint64_t allocated = end;
  if (zeros && end > allocated_) {
    const std::uint64_t step = std::min(std::max<std::uint64_t>(at_, 64 << 10), settings_.preallocate_bytes);
    allocated = end + step;
    for (std::uint64_t left = step; left > 0;) {
      const std::uint64_t n = std::min<std::uint64_t>(left, sizeof kZeros);
      parts.emplace_back(kZeros, n);
      left -= n;
    }
  }
  Status s = segment_->write_at(at_, parts);
  if (s.code == StatusCode::kDiskFull && allocated > end) {
    allocated = end;
    s = segment_->write_at(at_, std::span(parts).first(3));
  }
  if (!s.is_ok()) return s;
  sealed_ = durable;
  at_ = end;
  allocated_ = std::max(allocated_, allocated);
  written_ += records.size();
  return Status::ok();
}

Status LogSegments::open_segment(Lsn durable) {
  std::unique_ptr<File> file;
  if (Status s = files_.open(settings_.folder + "/" + segment_name(written_), OpenMode::kCreate, &file); !s.is_ok()) return s;
  segment_ = std::move(file);
  is_new_ = true;
  at_ = allocated_ = kSegmentHeaderBytes;
  return segment_->write_at(0, ConstBytes(encode_segment_header({settings_.database_id, written_, files_.boot_id(), durable})));
}

Status LogSegments::finish() {
  if (!segment_ || allocated_ == at_) return Status::ok();
  allocated_ = at_;
  return segment_->truncate(at_);
}

Status LogSegments::complete_segment() {
  if (Status s = finish(); !s.is_ok()) return s;
  complete_.push_back({std::exchange(segment_, nullptr), is_new_, written_, Clock::now()});
  return Status::ok();
}

LogSegments::Sync LogSegments::next_sync() {
  if (!complete_.empty()) {
    Sync oldest = std::move(complete_.front());
    complete_.pop_front();
    return oldest;
  }
  ORRERY_ASSERT(segment_ != nullptr);
  return {segment_, std::exchange(is_new_, false), written_, Clock::now()};
}

Status LogSegments::perform(const Sync& sync) {
  syncs_.fetch_add(1, std::memory_order_relaxed);
  if (Status s = sync.file->sync(); !s.is_ok()) return s;
  return sync.is_new ? files_.sync_folder(settings_.folder) : Status::ok();
}

}  // namespace orrery::storage
