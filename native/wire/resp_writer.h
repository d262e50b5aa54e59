// resp_writer.h: writes RESP2 or RESP3 replies into one growing buffer that is reused from chunk to chunk.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "../core/check.h"
#include "../keyspace/number.h"

namespace orrery::wire {

class RespWriter {
 public:
  bool resp3 = false;

  RespWriter() = default;
  RespWriter(const RespWriter&) = delete;
  RespWriter& operator=(const RespWriter&) = delete;
  ~RespWriter() { std::free(data_); }

  const char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  void clear() noexcept {
    size_ = 0;
    if (capacity_ > kKeepBytes) {  // one huge reply must not hold its memory for good
      std::free(data_);
      data_ = nullptr;
      capacity_ = 0;
    }
  }
  void truncate(std::size_t size) noexcept { size_ = size; }

  void raw(std::string_view s) {
    char* p = room(s.size());
    std::memcpy(p, s.data(), s.size());
    size_ += s.size();
  }
  void ok() { raw("+OK\r\n"); }
  void status(std::string_view s) { line('+', s); }
  /// `text` begins with its prefix: "ERR …", "WRONGTYPE …".
  void error(std::string_view text) {
    char* p = room(text.size() + 3);
    *p++ = '-';
    for (const char c : text) *p++ = c == '\r' || c == '\n' ? ' ' : c;
    std::memcpy(p, "\r\n", 2);
    size_ += text.size() + 3;
  }
  void integer(std::int64_t v) {
    if (v == 0) return raw(":0\r\n");
    if (v == 1) return raw(":1\r\n");
    number(':', v);
  }
  void bulk(std::string_view s) {
    char* p = room(s.size() + 32);
    char* start = p;
    *p++ = '$';
    p += keyspace::write_integer(p, static_cast<std::int64_t>(s.size()));
    *p++ = '\r';
    *p++ = '\n';
    if (!s.empty()) std::memcpy(p, s.data(), s.size());
    p += s.size();
    *p++ = '\r';
    *p++ = '\n';
    size_ += static_cast<std::size_t>(p - start);
  }
  void bulk_integer(std::int64_t v) {
    char text[24];
    bulk({text, keyspace::write_integer(text, v)});
  }
  void null() { raw(resp3 ? "_\r\n" : "$-1\r\n"); }
  void null_array() { raw(resp3 ? "_\r\n" : "*-1\r\n"); }
  void array(std::size_t count) { number('*', static_cast<std::int64_t>(count)); }
  void map(std::size_t pairs) { number(resp3 ? '%' : '*', static_cast<std::int64_t>(resp3 ? pairs : 2 * pairs)); }
  void set(std::size_t count) { number(resp3 ? '~' : '*', static_cast<std::int64_t>(count)); }
  void push(std::size_t count) { number(resp3 ? '>' : '*', static_cast<std::int64_t>(count)); }
  void real(double v) {
    char text[48];
    const std::size_t n = keyspace::write_double(text, v);
    if (resp3) line(',', {text, n});
    else bulk({text, n});
  }
  /// Bytes before what was written since `mark`: for a count that is known at the end only.
  void insert(std::size_t mark, std::string_view s) {
    char* data = room(s.size()) - size_;
    std::memmove(data + mark + s.size(), data + mark, size_ - mark);
    std::memcpy(data + mark, s.data(), s.size());
    size_ += s.size();
  }
  void insert_array(std::size_t mark, std::size_t count) {
    char text[24];
    text[0] = '*';
    const std::size_t n = keyspace::write_integer(text + 1, static_cast<std::int64_t>(count));
    std::memcpy(text + 1 + n, "\r\n", 2);
    insert(mark, {text, n + 3});
  }
  void boolean(bool v) {
    if (resp3) raw(v ? "#t\r\n" : "#f\r\n");
    else integer(v ? 1 : 0);
  }

 private:
  static constexpr std::size_t kKeepBytes = 1 << 20;
  void line(char kind, std::string_view s) {
    char* p = room(s.size() + 3);
    *p = kind;
    std::memcpy(p + 1, s.data(), s.size());
    std::memcpy(p + 1 + s.size(), "\r\n", 2);
    size_ += s.size() + 3;
  }
  void number(char kind, std::int64_t v) {
    char* p = room(32);
    *p = kind;
    const std::size_t n = keyspace::write_integer(p + 1, v);
    std::memcpy(p + 1 + n, "\r\n", 2);
    size_ += n + 3;
  }
  char* room(std::size_t more) {
    if (size_ + more > capacity_) {
      std::size_t capacity = capacity_ == 0 ? 16384 : capacity_;
      while (capacity < size_ + more) capacity *= 2;
      data_ = static_cast<char*>(std::realloc(data_, capacity));
      ORRERY_ASSERT(data_ != nullptr);
      capacity_ = capacity;
    }
    return data_ + size_;
  }
  char* data_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace orrery::wire
