// poller.h: waits for descriptors: epoll and an eventfd, level-triggered. Where there is no epoll `open` fails and node:net carries connections.
//
// Threads: wait from one thread; the rest from any.
#pragma once
#include <cstdint>
#include <span>

namespace orrery::io {

class Poller {
 public:
  static constexpr std::uint32_t kReadable = 1, kWritable = 2;
  struct Ready {
    void* owner;  // nullptr: `wake` was called
    bool readable, writable, broken;
  };

  Poller() = default;
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller();

  static bool supported() noexcept;
  bool open() noexcept;
  bool add(int fd, std::uint32_t interest, void* owner) noexcept;
  void change(int fd, std::uint32_t interest, void* owner) noexcept;
  void remove(int fd) noexcept;
  /// Ends a `wait` that runs, or the next one.
  void wake() noexcept;
  /// Fills `out`; -1 milliseconds: for as long as it takes.
  std::size_t wait(std::span<Ready> out, int timeout_millis) noexcept;

 private:
  int epoll_ = -1, event_ = -1;
};

}  // namespace orrery::io
