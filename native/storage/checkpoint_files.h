// checkpoint_files.h: the folder of a checkpoint: streams of checked blocks, and the manifest that makes it valid. A stream that
// fits one block lies in the file `pack` with others, so that a thousand small tables are one file to sync; a larger one is a file.
// Layout: docs/formats/checkpoint.md.
//
// Crash: a folder that ends in ".partial" is an unfinished checkpoint and is removed at the next start.
// Threads: CheckpointFolder::create from any thread; a stream belongs to one thread.
#pragma once
#include <map>
#include <mutex>

#include "checkpoint.h"

namespace orrery::storage {

constexpr std::uint64_t kManifestMagic = 0x31504b435952524full;  // "ORRYCKP1"
constexpr std::uint32_t kCheckpointVersion = 1;
constexpr std::size_t kStreamBlockBytes = 1u << 20;

constexpr std::uint64_t kOwnFile = ~0ull;

struct StreamEntry {
  std::uint64_t pack_offset = kOwnFile;  // where it begins in `pack`
  std::uint64_t bytes = 0;   // of contents, block headers left out
  std::uint32_t digest = 0;  // CRC32C of the blocks' CRCs
};

struct Manifest {
  std::uint64_t database_id = 0;
  Lsn start_lsn = 0;
  CommitTs read_ts = 0;
  Lsn durable_lsn = 0;  // the log must reach at least to here
  std::map<std::string, StreamEntry, std::less<>> streams;
};

/// A checkpoint being written to `path` (a folder that does not exist yet).
class CheckpointFolder final : public CheckpointWriter {
 public:
  CheckpointFolder(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  Status begin();
  Status create(std::string_view name, std::unique_ptr<CheckpointStream>* stream) override;
  /// Writes and syncs the manifest. All streams must be closed.
  Status finish(Manifest manifest);

 private:
  friend class FileCheckpointStream;
  /// Appends to the pack and tells where. Under mutex_.
  Status append_to_pack(std::span<const ConstBytes> parts, std::uint64_t* offset);
  FileSystem& files_;
  const std::string path_;
  std::mutex mutex_;
  std::map<std::string, StreamEntry, std::less<>> closed_;
  std::size_t open_ = 0;
  std::unique_ptr<File> pack_;
  std::uint64_t pack_bytes_ = 0;
};

/// A complete checkpoint.
class CheckpointFolderReader final : public CheckpointReader {
 public:
  /// kCorrupt, naming the file, when the manifest does not hold.
  static Status open_folder(FileSystem& files, const std::string& path, std::uint64_t database_id,
                            std::unique_ptr<CheckpointFolderReader>* reader);
  bool has(std::string_view name) const override { return manifest_.streams.contains(name); }
  std::vector<std::string> names(std::string_view prefix) const override;
  Status open(std::string_view name, std::unique_ptr<CheckpointInput>* input) override;
  const CheckpointMark& mark() const noexcept override { return mark_; }
  const Manifest& manifest() const noexcept { return manifest_; }
  /// Reads every stream to its end.
  Status verify();

 private:
  CheckpointFolderReader(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  FileSystem& files_;
  const std::string path_;
  Manifest manifest_;
  CheckpointMark mark_;
};

}  // namespace orrery::storage
