#include "row_encoder.h"

namespace orrery::exec {
namespace {

class DataRowEncoder final : public RowEncoder {
 public:
  using RowEncoder::RowEncoder;
  std::uint32_t write(std::span<const EncodedField> fields, std::uint32_t first, std::uint32_t end, wire::WireBuffer& out) override {
    constexpr std::size_t kHeader = 1 + 4 + 2;
    return write_rows(
        first, end, out, [&](std::uint32_t row) { return kHeader + fields_bound(fields, row); },
        [&](std::uint32_t row, char* const start) {
          char* at = wire::put_be16(static_cast<std::uint16_t>(fields.size()), start + 5);
          for (const EncodedField& f : fields) at = f.put(row, at);
          *start = 'D';
          wire::put_be32(static_cast<std::uint32_t>(at - start - 1), start + 1);
          return at;
        });
  }
};

}  // namespace

std::unique_ptr<RowEncoder> make_data_row_encoder(std::vector<wire::OutputColumn> columns) {
  return std::make_unique<DataRowEncoder>(std::move(columns));
}

}  // namespace orrery::exec
