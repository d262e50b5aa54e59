// checkpoint_files.cc: writing and reading checkpoint streams and manifests.
#include "checkpoint_files.h"

#include <algorithm>
#include <array>

#include "../core/check.h"
#include "../core/crc32c.h"

namespace orrery::storage {
namespace {

const std::string kManifestName = "manifest";
const std::string kPackName = "pack";
/// A large stream is synced in parts of this size: in one, the log's own syncs would stand behind all of it.
constexpr std::uint64_t kSyncBytes = 16u << 20;

bool is_stream_name(std::string_view name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'; };
  return !name.empty() && name.size() <= 100 && name != kManifestName && name != kPackName && std::all_of(name.begin(), name.end(), allowed);
}

Status corrupt(const std::string& path, std::uint64_t offset, const char* what) {
  return Status::error(StatusCode::kCorrupt,
                       "damaged checkpoint: " + path + " at offset " + std::to_string(offset) + ": " + what);
}
}  // namespace

class FileCheckpointStream final : public CheckpointStream {
 public:
  FileCheckpointStream(CheckpointFolder& folder, std::string name) : folder_(folder), name_(std::move(name)) {}
  ~FileCheckpointStream() override { (void)close(); }

  void write(const void* data, std::size_t length) override {
    const auto* p = static_cast<const std::uint8_t*>(data);
    entry_.bytes += length;
    while (length > 0 && status_.is_ok()) {
      if (buffer_.empty() && length > kStreamBlockBytes) {  // large arrays go to the file as they are
        write_block({p, kStreamBlockBytes});
        p += kStreamBlockBytes;
        length -= kStreamBlockBytes;
        continue;
      }
      const std::size_t n = std::min(length, kStreamBlockBytes - buffer_.size());
      buffer_.insert(buffer_.end(), p, p + n);
      p += n;
      length -= n;
      if (buffer_.size() == kStreamBlockBytes && length > 0) flush();
    }
  }
  bool failed() const noexcept override { return !status_.is_ok(); }

  Status close() override {
    if (closed_) return status_;
    closed_ = true;
    if (file_ && status_.is_ok()) {
      flush();
      if (status_.is_ok()) status_ = file_->sync();
    }
    file_.reset();
    const std::lock_guard guard(folder_.mutex_);
    folder_.open_--;
    if (status_.is_ok() && at_ == 0) {
      entry_.pack_offset = 0;
      if (!buffer_.empty()) {
        std::uint32_t prefix[2];
        status_ = folder_.append_to_pack(block_parts(buffer_, prefix), &entry_.pack_offset);
      }
    }
    if (status_.is_ok()) folder_.closed_[name_] = entry_;
    return status_;
  }

 private:
  void flush() {
    write_block(buffer_);
    buffer_.clear();
  }
  std::array<ConstBytes, 2> block_parts(ConstBytes bytes, std::uint32_t (&prefix)[2]) {
    prefix[0] = static_cast<std::uint32_t>(bytes.size());
    prefix[1] = crc32c(bytes);
    entry_.digest = crc32c(&prefix[1], sizeof prefix[1], entry_.digest);
    return {ConstBytes(reinterpret_cast<const std::uint8_t*>(prefix), sizeof prefix), bytes};
  }
  void write_block(ConstBytes bytes) {
    if (!file_) {
      status_ = folder_.files_.open(folder_.path_ + "/" + name_, OpenMode::kCreate, &file_);
      if (!status_.is_ok()) return;
    }
    std::uint32_t prefix[2];
    status_ = file_->write_at(at_, block_parts(bytes, prefix));
    at_ += sizeof prefix + bytes.size();
    if (!status_.is_ok() || at_ - synced_ < kSyncBytes) return;
    status_ = file_->sync();
    synced_ = at_;
  }

  CheckpointFolder& folder_;
  const std::string name_;
  std::unique_ptr<File> file_;  // only when more than a block came
  std::vector<std::uint8_t> buffer_;
  std::uint64_t at_ = 0;
  std::uint64_t synced_ = 0;
  bool closed_ = false;
  StreamEntry entry_;
  Status status_;
};

class FileCheckpointInput final : public CheckpointInput {
 public:
  FileCheckpointInput(std::unique_ptr<File> file, const StreamEntry& entry)
      : file_(std::move(file)), entry_(entry), at_(entry.pack_offset == kOwnFile ? 0 : entry.pack_offset), remaining_(entry.bytes) {}

  bool read(void* data, std::size_t length) override {
    auto* p = static_cast<std::uint8_t*>(data);
    if (status_.is_ok() && length > remaining_)
      status_ = corrupt(file_ ? file_->path() : "an empty stream", at_, "the stream is shorter than its contents say");
    while (length > 0 && status_.is_ok()) {
      if (used_ == block_.size()) next_block();
      if (!status_.is_ok()) break;
      const std::size_t n = std::min(length, block_.size() - used_);
      std::memcpy(p, block_.data() + used_, n);
      used_ += n;
      remaining_ -= n;
      p += n;
      length -= n;
    }
    if (status_.is_ok()) return true;
    std::memset(p, 0, length);
    return false;
  }
  std::uint64_t remaining() const noexcept override { return remaining_; }
  Status status() const override { return status_; }

 private:
  void next_block() {
    std::uint32_t prefix[2];
    std::size_t n = 0;
    status_ = file_->read_at(at_, {reinterpret_cast<std::uint8_t*>(prefix), sizeof prefix}, &n);
    if (!status_.is_ok()) return;
    if (n < sizeof prefix || prefix[0] == 0 || prefix[0] > kStreamBlockBytes) {
      status_ = corrupt(file_->path(), at_, "no block where one must be");
      return;
    }
    block_.resize(prefix[0]);
    used_ = 0;
    status_ = file_->read_at(at_ + sizeof prefix, block_, &n);
    if (status_.is_ok() && (n < block_.size() || crc32c(block_) != prefix[1]))
      status_ = corrupt(file_->path(), at_, "the checksum does not match");
    digest_ = crc32c(&prefix[1], sizeof prefix[1], digest_);
    at_ += sizeof prefix + block_.size();
    // The last block is the place to see whether blocks were exchanged or lost.
    if (status_.is_ok() && block_.size() == remaining_ && digest_ != entry_.digest)
      status_ = corrupt(file_->path(), at_, "the stream does not match the manifest");
    if (!status_.is_ok()) block_.clear();
  }

  std::unique_ptr<File> file_;
  const StreamEntry entry_;
  std::vector<std::uint8_t> block_;
  std::size_t used_ = 0;
  std::uint64_t at_;
  std::uint64_t remaining_;
  std::uint32_t digest_ = 0;
  Status status_;
};

std::string CheckpointInput::string() {
  const std::uint64_t length = u64();
  if (length > remaining()) {  // damage must not become an allocation
    std::uint8_t nothing;
    while (read(&nothing, 1)) {}
    return {};
  }
  std::string out(length, '\0');
  if (!read(out.data(), length)) return {};
  return out;
}

Status CheckpointFolder::begin() { return files_.create_folder(path_); }

Status CheckpointFolder::create(std::string_view name, std::unique_ptr<CheckpointStream>* stream) {
  ORRERY_ASSERT(is_stream_name(name));
  {
    const std::lock_guard guard(mutex_);
    ORRERY_ASSERT(!closed_.contains(name));
    open_++;
  }
  *stream = std::make_unique<FileCheckpointStream>(*this, std::string(name));
  return Status::ok();
}

Status CheckpointFolder::append_to_pack(std::span<const ConstBytes> parts, std::uint64_t* offset) {
  if (!pack_)
    if (Status s = files_.open(path_ + "/" + kPackName, OpenMode::kCreate, &pack_); !s.is_ok()) return s;
  *offset = pack_bytes_;
  if (Status s = pack_->write_at(pack_bytes_, parts); !s.is_ok()) return s;
  for (const ConstBytes& p : parts) pack_bytes_ += p.size();
  return Status::ok();
}

Status CheckpointFolder::finish(Manifest manifest) {
  ByteWriter out;
  {
    const std::lock_guard guard(mutex_);
    ORRERY_ASSERT(open_ == 0);
    manifest.streams = closed_;
  }
  if (pack_)
    if (Status s = pack_->sync(); !s.is_ok()) return s;
  pack_.reset();
  out.u64(kManifestMagic);
  out.u32(kCheckpointVersion);
  out.u64(manifest.database_id);
  out.u64(manifest.start_lsn);
  out.u64(manifest.read_ts);
  out.u64(manifest.durable_lsn);
  out.u32(static_cast<std::uint32_t>(manifest.streams.size()));
  for (const auto& [name, entry] : manifest.streams) {
    out.string(name);
    out.u64(entry.pack_offset);
    out.u64(entry.bytes);
    out.u32(entry.digest);
  }
  out.u32(crc32c(out.span()));
  return write_file_atomically(files_, path_, kManifestName, out.span());
}

Status CheckpointFolderReader::open_folder(FileSystem& files, const std::string& path, std::uint64_t database_id,
                                           std::unique_ptr<CheckpointFolderReader>* reader) {
  const std::string file = path + "/" + kManifestName;
  std::vector<std::uint8_t> bytes;
  if (Status s = read_file(files, file, &bytes); !s.is_ok())
    return s.code == StatusCode::kNotFound ? corrupt(file, 0, "it is missing") : s;
  if (bytes.size() < 4) return corrupt(file, 0, "it is too short");
  const std::size_t body = bytes.size() - 4;
  std::uint32_t crc;
  std::memcpy(&crc, bytes.data() + body, 4);
  if (crc != crc32c(bytes.data(), body)) return corrupt(file, body, "the checksum does not match");
  ByteReader in(bytes.data(), body);
  if (in.u64() != kManifestMagic || in.u32() != kCheckpointVersion) return corrupt(file, 0, "not a manifest of this format");
  std::unique_ptr<CheckpointFolderReader> out(new CheckpointFolderReader(files, path));
  Manifest& m = out->manifest_;
  m.database_id = in.u64();
  m.start_lsn = in.u64();
  m.read_ts = in.u64();
  m.durable_lsn = in.u64();
  for (std::uint32_t n = in.u32(); n > 0 && in.ok(); n--) {
    const std::string name(in.string());
    StreamEntry entry;
    entry.pack_offset = in.u64();
    entry.bytes = in.u64();
    entry.digest = in.u32();
    m.streams[name] = entry;
  }
  if (!in.ok() || in.remaining() != 0) return corrupt(file, 0, "its entries do not fit its length");
  if (m.database_id != database_id) return corrupt(file, 12, "the checkpoint belongs to another database");
  out->mark_ = {m.start_lsn, m.read_ts, {}};
  *reader = std::move(out);
  return Status::ok();
}

std::vector<std::string> CheckpointFolderReader::names(std::string_view prefix) const {
  std::vector<std::string> out;
  for (const auto& [name, entry] : manifest_.streams)
    if (name.starts_with(prefix)) out.push_back(name);
  return out;
}

Status CheckpointFolderReader::open(std::string_view name, std::unique_ptr<CheckpointInput>* input) {
  const auto found = manifest_.streams.find(name);
  if (found == manifest_.streams.end())
    return Status::error(StatusCode::kCorrupt, "damaged checkpoint: " + path_ + " has no stream " + std::string(name));
  std::unique_ptr<File> file;
  if (found->second.bytes > 0) {
    const std::string path = path_ + "/" + (found->second.pack_offset == kOwnFile ? found->first : kPackName);
    if (Status s = files_.open(path, OpenMode::kRead, &file); !s.is_ok())
      return s.code == StatusCode::kNotFound ? corrupt(path, 0, "it is missing") : s;
  }
  *input = std::make_unique<FileCheckpointInput>(std::move(file), found->second);
  return Status::ok();
}

Status CheckpointFolderReader::verify() {
  std::vector<std::uint8_t> bytes(64 << 10);
  for (const auto& [name, entry] : manifest_.streams) {
    std::unique_ptr<CheckpointInput> input;
    if (Status s = open(name, &input); !s.is_ok()) return s;
    while (input->remaining() > 0)
      if (!input->read(bytes.data(), std::min<std::uint64_t>(bytes.size(), input->remaining()))) return input->status();
  }
  return Status::ok();
}

}  // namespace orrery::storage
