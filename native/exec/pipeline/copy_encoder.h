// copy_encoder.h: rows of a pipeline as COPY TO writes them: lines of text or CSV, or the binary format without its header and trailer.
// Source: PostgreSQL 15 manual, COPY, "File Formats"; src/engine/copy/copy-to.ts is the definition, a test compares the two.
#pragma once
#include <string>

#include "row_encoder.h"

namespace orrery::exec {

struct CopyFormat {
  enum class Kind : std::uint8_t { kText = 1, kCsv = 2, kBinary = 3 };
  Kind kind = Kind::kText;
  bool framed = false;  // each row is a CopyData message
  char delimiter = '\t', quote = '"', escape = '"';
  std::vector<bool> force_quote;  // of each field, CSV only
  std::string null_text;

  /// From the bytes that src/execution/native-pipeline/copy-format.ts writes; false: damaged.
  static bool parse(std::span<const std::uint8_t> bytes, std::size_t fields, CopyFormat* out);
};

std::unique_ptr<RowEncoder> make_copy_encoder(std::vector<wire::OutputColumn> columns, CopyFormat format);

}  // namespace orrery::exec
