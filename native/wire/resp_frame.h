// resp_frame.h: finds one RESP command in a chunk of input: a multi bulk request, or an inline one without quotes.
//
// Invariants
//  1. Arguments are views into the input.
//  2. An incomplete frame is parsed again when more has come, but never before `need` bytes are there (a 512 MB value is looked at a handful
//     of times, not once per chunk).
//  3. Of a command of many arguments what was found is kept between calls (FrameProgress), so that a million of them are read once.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::wire {

enum class FrameResult : std::uint8_t {
  kCommand,       // `arguments` is filled; may be empty (an empty line, "*0"): nothing to answer
  kIncomplete,    // wait until the input from `start` on has at least `need` bytes
  kQuotedInline,  // an inline request with quotes: TypeScript splits it
  kError,         // `error` is the text after "ERR Protocol error: "; the connection ends
};

struct FrameLimits {
  std::int64_t max_bulk_bytes = 512ll << 20;
  std::int64_t max_arguments = 0x7fffffff;
  std::size_t max_inline_bytes = 64 << 10;
  bool unauthenticated = false;  // then 10 arguments of 16 KiB at most
};

/// Where an incomplete command of many arguments stands, from its first byte on. Its owner gives the parser the same frame again, longer.
class FrameProgress {
 public:
  bool is_active() const noexcept { return count > 0; }

 private:
  friend class FrameParser;
  struct Part { std::size_t at; std::size_t length; };
  std::int64_t count = 0;   // arguments of the command
  std::size_t read = 0;     // bytes behind which the next argument begins
  std::vector<Part> parts;
};

class FrameParser {
 public:
  std::vector<std::string_view> arguments;
  std::size_t consumed = 0;
  std::size_t need = 0;
  std::string error;

  /// `progress`: that of the connection, when `data` is the beginning of its input.
  FrameResult parse(const char* data, std::size_t length, const FrameLimits& limits, FrameProgress* progress = nullptr) {
    if (arguments.capacity() > kKeptArguments) arguments = {};  // one huge command must not hold its memory for good
    arguments.clear();
    if (length == 0) return incomplete(1);
    return data[0] == '*' ? parse_multi_bulk(data, length, limits, progress) : parse_inline(data, length, limits);
  }

 private:
  static constexpr std::size_t kKeptArguments = 1 << 16;
  static constexpr std::int64_t kManyArguments = 1024;
  FrameResult incomplete(std::size_t bytes) {
    need = bytes;
    return FrameResult::kIncomplete;
  }
  FrameResult fail(std::string text) {
    error = std::move(text);
    return FrameResult::kError;
  }
  /// Reads digits up to CR LF. 1 = read, 0 = incomplete, -1 = not a number.
  static int read_number(const char*& p, const char* end, std::int64_t* out) {
    const char* q = p;
    bool negative = false;
    if (q < end && *q == '-') negative = true, q++;
    const char* first = q;
    std::int64_t v = 0;
    while (q < end && *q >= '0' && *q <= '9' && q - first < 18) v = v * 10 + (*q++ - '0');
    if (q == end || (*q == '\r' && q + 1 == end)) return 0;
    if (*q != '\r' || q == first) {
      // Only a whole line can be judged.
      return std::memchr(q, '\r', static_cast<std::size_t>(end - q)) == nullptr ? 0 : -1;
    }
    *out = negative ? -v : v;
    p = q + 2;
    return 1;
  }
  FrameResult parse_multi_bulk(const char* data, std::size_t length, const FrameLimits& limits, FrameProgress* progress) {
    const char* p = data + 1;
    const char* end = data + length;
    std::int64_t count = 0;
    if (progress != nullptr && progress->is_active()) {
      count = progress->count;
      p = data + progress->read;
    } else {
      const int got = read_number(p, end, &count);
      if (got == 0) return length > limits.max_inline_bytes ? fail("too big mbulk count string") : incomplete(length + 1);
      if (got < 0 || count > limits.max_arguments) return fail("invalid multibulk length");
      if (limits.unauthenticated && count > 10) return fail("unauthenticated multibulk length");
      if (count <= kManyArguments) progress = nullptr;
      if (progress != nullptr) {
        progress->count = count;
        progress->read = static_cast<std::size_t>(p - data);
      }
    }
    const auto found = [&] { return progress != nullptr ? static_cast<std::int64_t>(progress->parts.size()) : static_cast<std::int64_t>(arguments.size()); };
    while (found() < count) {
      const FrameResult result = parse_bulk(data, p, end, limits, progress);
      if (result == FrameResult::kIncomplete) return result;
      if (result == FrameResult::kError) {
        if (progress != nullptr) *progress = {};
        return result;
      }
    }
    if (progress != nullptr) {
      arguments.reserve(progress->parts.size());
      for (const FrameProgress::Part& part : progress->parts) arguments.emplace_back(data + part.at, part.length);
      *progress = {};
    }
    consumed = static_cast<std::size_t>(p - data);
    return FrameResult::kCommand;
  }
  /// One argument at `p`, which moves behind it; kCommand when it is whole.
  FrameResult parse_bulk(const char* data, const char*& p, const char* end, const FrameLimits& limits, FrameProgress* progress) {
    const auto seen = static_cast<std::size_t>(end - data);
    if (p >= end) return incomplete(seen + 1);
    if (*p != '$') return fail(std::string("expected '$', got '") + *p + "'");
    const char* const line = p + 1;
    const char* at = line;
    std::int64_t size = 0;
    const int got = read_number(at, end, &size);
    if (got == 0) return static_cast<std::size_t>(end - line) > limits.max_inline_bytes ? fail("too big bulk count string") : incomplete(seen + 1);
    if (got < 0 || size < 0 || size > limits.max_bulk_bytes) return fail("invalid bulk length");
    if (limits.unauthenticated && size > 16384) return fail("unauthenticated bulk length");
    const auto start = static_cast<std::size_t>(at - data), bytes = static_cast<std::size_t>(size);
    if (end - at < size + 2) return incomplete(start + bytes + 2);
    p = at + size + 2;
    if (progress == nullptr) {
      arguments.emplace_back(at, bytes);
    } else {
      progress->parts.push_back({start, bytes});
      progress->read = static_cast<std::size_t>(p - data);
    }
    return FrameResult::kCommand;
  }
  FrameResult parse_inline(const char* data, std::size_t length, const FrameLimits& limits) {
    const auto* newline = static_cast<const char*>(std::memchr(data, '\n', length));
    if (newline == nullptr) return length > limits.max_inline_bytes ? fail("too big inline request") : incomplete(length + 1);
    const char* end = newline > data && newline[-1] == '\r' ? newline - 1 : newline;
    consumed = static_cast<std::size_t>(newline - data) + 1;
    for (const char* p = data; p < end;) {
      if (*p == '"' || *p == '\'') return FrameResult::kQuotedInline;
      if (is_space(*p)) {
        p++;
        continue;
      }
      const char* start = p;
      while (p < end && !is_space(*p)) {
        if (*p == '"' || *p == '\'') return FrameResult::kQuotedInline;
        p++;
      }
      arguments.emplace_back(start, static_cast<std::size_t>(p - start));
    }
    return FrameResult::kCommand;
  }
  static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == 0; }
};

}  // namespace orrery::wire
