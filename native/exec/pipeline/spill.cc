#include "spill.h"

namespace orrery::exec {
namespace {

constexpr std::size_t kHeadBytes = 8;

template <typename T>
void put(std::vector<std::uint8_t>& out, const T* values, std::size_t count) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(values);
  out.insert(out.end(), bytes, bytes + count * sizeof(T));
}

class SpillScan final : public Operator {
 public:
  explicit SpillScan(SpillFilePtr file) : Operator(file->kinds()), file_(std::move(file)) {}
  Step next(Context& context, Batch& out) override {
    if (context.late()) return Step::kYield;
    return file_->read(context, out);
  }
  /// Not inside of a recursion: what may be reset does not spill.
  void reset() override { ORRERY_ASSERT(false); }

 private:
  SpillFilePtr file_;
};

}  // namespace

bool disk_failed(Context& context, const Status& status) {
  context.disk = status;
  context.fail(Failure::kDisk);
  return false;
}

bool SpillFile::append(Context& context, const Batch& batch, const std::uint32_t* select, std::uint32_t count) {
  pending_.append(batch, select, count);
  rows_ += count;
  return pending_.rows() < record_rows_ || write_pending(context);
}
bool SpillFile::append(Context& context, const Batch& batch) {
  pending_.append(batch);
  rows_ += batch.rows;
  return pending_.rows() < record_rows_ || write_pending(context);
}

bool SpillFile::finish(Context& context) {
  const bool written = write_pending(context);
  pending_ = Table(kinds_, context.memory);
  return written;
}

bool SpillFile::write_pending(Context& context) {
  Batch batch;
  for (std::uint32_t from = 0; from < pending_.rows(); from += kBatchRows) {
    pending_.view(from, batch);
    if (!write_record(context, batch)) return false;
  }
  pending_.clear();
  return true;
}

bool SpillFile::write_record(Context& context, const Batch& batch) {
  bytes_.assign(kHeadBytes, 0);
  for (const Vector& v : batch.columns) {
    bytes_.push_back(v.validity != nullptr ? 1 : 0);
    if (v.validity != nullptr) put(bytes_, v.validity, batch.rows);
    if (v.kind != Kind::kBytes) {
      put(bytes_, v.data, batch.rows * kind_width(v.kind));
      continue;
    }
    const auto* values = v.as<std::string_view>();
    for (std::uint32_t i = 0; i < batch.rows; i++) {
      const auto length = static_cast<std::uint32_t>(values[i].size());
      put(bytes_, &length, 1);
    }
    for (std::uint32_t i = 0; i < batch.rows; i++) put(bytes_, values[i].data(), values[i].size());
  }
  const std::uint32_t head[2] = {static_cast<std::uint32_t>(bytes_.size()), batch.rows};
  std::memcpy(bytes_.data(), head, sizeof head);
  if (!file_)
    if (Status s = context.temporary->create(&file_); !s.is_ok()) return disk_failed(context, s);
  if (Status s = file_->write_at(written_, bytes_); !s.is_ok()) return disk_failed(context, s);
  written_ += bytes_.size();
  return true;
}

Step SpillFile::read(Context& context, Batch& out) {
  if (read_ >= written_) return Step::kEnd;
  if (!buffers_) buffers_ = std::make_unique<GatherBuffers>(kinds_);
  const auto fetch = [&](std::size_t length) {
    bytes_.resize(length);
    std::size_t got = 0;
    Status s = file_->read_at(read_, bytes_, &got);
    if (s.is_ok() && got < length) s = Status::error(StatusCode::kCorrupt, "a temporary file is shorter than what was written");
    return s.is_ok() || disk_failed(context, s);
  };
  std::uint32_t head[2];
  if (!fetch(kHeadBytes)) return Step::kFail;
  std::memcpy(head, bytes_.data(), sizeof head);
  if (!fetch(head[0])) return Step::kFail;
  read_ += head[0];
  const std::uint32_t rows = out.rows = head[1];
  out.columns.resize(kinds_.size());
  const std::uint8_t* at = bytes_.data() + kHeadBytes;
  for (std::size_t c = 0; c < kinds_.size(); c++) {
    VectorBuffer& buffer = (*buffers_)[c];
    const bool has_validity = *at++ != 0;
    if (has_validity) {
      std::memcpy(buffer.validity(), at, rows);
      at += rows;
    }
    if (kinds_[c] != Kind::kBytes) {
      std::memcpy(buffer.data(), at, rows * kind_width(kinds_[c]));
      at += rows * kind_width(kinds_[c]);
    } else {
      auto* values = buffer.as<std::string_view>();
      const std::uint8_t* lengths = at;
      at += rows * sizeof(std::uint32_t);
      for (std::uint32_t i = 0; i < rows; i++) {
        std::uint32_t length;
        std::memcpy(&length, lengths + i * sizeof length, sizeof length);
        values[i] = {reinterpret_cast<const char*>(at), length};
        at += length;
      }
    }
    out.columns[c] = buffer.view(has_validity);
  }
  return Step::kRows;
}

OperatorPtr make_spill_scan(SpillFilePtr file) { return std::make_unique<SpillScan>(std::move(file)); }

bool Partitions::append(Context& context, const Batch& batch, const std::uint64_t* hashes, const std::uint32_t* select, std::uint32_t count) {
  // By part, so that each file is touched once a batch.
  std::uint32_t counts[kCount + 1] = {};
  for (std::uint32_t i = 0; i < count; i++) counts[part_of(hashes[select[i]]) + 1]++;
  for (std::uint32_t p = 0; p < kCount; p++) counts[p + 1] += counts[p];
  std::uint32_t place[kCount];
  std::memcpy(place, counts, sizeof place);
  for (std::uint32_t i = 0; i < count; i++) chosen_[place[part_of(hashes[select[i]])]++] = select[i];
  for (std::uint32_t p = 0; p < kCount; p++) {
    const std::uint32_t n = counts[p + 1] - counts[p];
    if (n > 0 && !files_[p]->append(context, batch, chosen_ + counts[p], n)) return false;
  }
  return true;
}

}  // namespace orrery::exec
