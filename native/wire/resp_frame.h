// resp_frame.h: finds one RESP command in a chunk of input: a multi bulk request, or an inline one without quotes.
//
// Invariants: arguments are views into the input; nothing is kept between calls, so an incomplete frame is parsed again when more has
// come, but never before `need` bytes are there (a 512 MB value is looked at a handful of times, not once per chunk).
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
  std::int64_t max_arguments = 1 << 20;
  std::size_t max_inline_bytes = 64 << 10;
  bool unauthenticated = false;  // then 10 arguments of 16 KiB at most
};

class FrameParser {
 public:
  std::vector<std::string_view> arguments;
  std::size_t consumed = 0;
  std::size_t need = 0;
  std::string error;

  FrameResult parse(const char* data, std::size_t length, const FrameLimits& limits) {
    arguments.clear();
    if (length == 0) return incomplete(1);
    return data[0] == '*' ? parse_multi_bulk(data, length, limits) : parse_inline(data, length, limits);
  }

 private:
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
  FrameResult parse_multi_bulk(const char* data, std::size_t length, const FrameLimits& limits) {
    const char* p = data + 1;
    const char* end = data + length;
    std::int64_t count = 0;
    int got = read_number(p, end, &count);
    if (got == 0) return length > limits.max_inline_bytes ? fail("too big mbulk count string") : incomplete(length + 1);
    if (got < 0 || count > limits.max_arguments) return fail("invalid multibulk length");
    if (limits.unauthenticated && count > 10) return fail("unauthenticated multibulk length");
    for (std::int64_t i = 0; i < count; i++) {
      if (p == end) return incomplete(length + 1);
      if (*p != '$') return fail(std::string("expected '$', got '") + *p + "'");
      p++;
      const char* line = p;
      std::int64_t size = 0;
      got = read_number(p, end, &size);
      if (got == 0) return static_cast<std::size_t>(end - line) > limits.max_inline_bytes ? fail("too big bulk count string") : incomplete(length + 1);
      if (got < 0 || size < 0 || size > limits.max_bulk_bytes) return fail("invalid bulk length");
      if (limits.unauthenticated && size > 16384) return fail("unauthenticated bulk length");
      if (end - p < size + 2) return incomplete(static_cast<std::size_t>(p - data) + static_cast<std::size_t>(size) + 2);
      arguments.emplace_back(p, static_cast<std::size_t>(size));
      p += size + 2;
    }
    consumed = static_cast<std::size_t>(p - data);
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
