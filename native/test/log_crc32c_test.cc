// Known CRC32C values (RFC 3720, B.4) and agreement of the variants.
#include <numeric>
#include <vector>

#include "../core/crc32c.h"
#include "check.h"

using namespace orrery;

TEST("log: crc32c gives the values of RFC 3720") {
  std::vector<std::uint8_t> bytes(32, 0);
  CHECK_EQ(crc32c(bytes), 0x8a9136aau);
  std::fill(bytes.begin(), bytes.end(), std::uint8_t{0xff});
  CHECK_EQ(crc32c(bytes), 0x62a8ab43u);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  CHECK_EQ(crc32c(bytes), 0x46dd794eu);
  CHECK_EQ(crc32c("123456789", 9), 0xe3069283u);
  CHECK_EQ(crc32c_table("123456789", 9, 0), 0xe3069283u);
  CHECK_EQ(crc32c("", 0), 0u);
}

TEST("log: crc32c variants agree at every length and offset, and continue") {
  std::vector<std::uint8_t> bytes(300);
  for (std::size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<std::uint8_t>(i * 131 + 7);
  for (std::size_t from = 0; from < 9; from++)
    for (std::size_t n = 0; n + from < bytes.size(); n++) {
      CHECK_EQ(crc32c(bytes.data() + from, n), crc32c_table(bytes.data() + from, n, 0));
      CHECK_EQ(crc32c(bytes.data() + from + n / 2, n - n / 2, crc32c(bytes.data() + from, n / 2)), crc32c(bytes.data() + from, n));
    }
}
