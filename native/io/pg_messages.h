// pg_messages.h: reading frontend messages of the PostgreSQL protocol out of a connection's input.
// Source: PostgreSQL documentation, "Message Formats".
#pragma once
#include <cstdint>
#include <string_view>

namespace orrery::io {

/// Fields of a message, big-endian. After a read beyond the end `intact` is false and values are 0 or empty.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}
  bool intact = true;
  std::string_view bytes(std::size_t count) {
    if (count > rest_.size()) {
      intact = false;
      return {};
    }
    const std::string_view out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
  }
  std::uint64_t integer(std::size_t width) {
    std::uint64_t v = 0;
    for (const char c : bytes(width)) v = v << 8 | static_cast<unsigned char>(c);
    return v;
  }
  std::string_view text() {
    const std::size_t end = rest_.find('\0');
    if (end == std::string_view::npos) {
      intact = false;
      return {};
    }
    const std::string_view out = bytes(end);
    rest_.remove_prefix(1);
    return out;
  }
  std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
};

enum class Read : std::uint8_t { kOk, kIncomplete, kOther };

/// A request that runs here is short; one that claims to be longer is JavaScript's to judge.
constexpr std::uint32_t kMessageBytes = 64 << 10;

/// The body of the message of `type` at `*at`, which moves behind it.
inline Read next_message(std::string_view input, std::size_t* at, char type, std::string_view* body) {
  if (*at == input.size()) return Read::kIncomplete;
  if (input[*at] != type) return Read::kOther;
  if (input.size() - *at < 5) return Read::kIncomplete;
  const auto length = static_cast<std::uint32_t>(Fields(input.substr(*at + 1, 4)).integer(4));
  if (length < 4 || length > kMessageBytes) return Read::kOther;
  if (input.size() - *at - 1 < length) return Read::kIncomplete;
  *body = input.substr(*at + 5, length - 4);
  *at += 1 + length;
  return Read::kOk;
}

}  // namespace orrery::io
