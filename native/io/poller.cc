#include "poller.h"

#if defined(__linux__)
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace orrery::io {
namespace {

epoll_event event_of(std::uint32_t interest, void* owner) noexcept {
  epoll_event event{};
  event.events = ((interest & Poller::kReadable) != 0 ? static_cast<std::uint32_t>(EPOLLIN) : 0) |
                 ((interest & Poller::kWritable) != 0 ? static_cast<std::uint32_t>(EPOLLOUT) : 0);
  event.data.ptr = owner;
  return event;
}

}  // namespace

Poller::~Poller() {
  if (event_ >= 0) ::close(event_);
  if (epoll_ >= 0) ::close(epoll_);
}

bool Poller::supported() noexcept { return true; }

bool Poller::open() noexcept {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  event_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return epoll_ >= 0 && event_ >= 0 && add(event_, kReadable, nullptr);
}

bool Poller::add(int fd, std::uint32_t interest, void* owner) noexcept {
  epoll_event event = event_of(interest, owner);
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::change(int fd, std::uint32_t interest, void* owner) noexcept {
  epoll_event event = event_of(interest, owner);
  (void)::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Poller::remove(int fd) noexcept { (void)::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

void Poller::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event_, &one, sizeof one);
}

std::size_t Poller::wait(std::span<Ready> out, int timeout_millis) noexcept {
  std::array<epoll_event, 128> events;
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(std::min(events.size(), out.size())), timeout_millis);
  for (int i = 0; i < count; i++) {
    const epoll_event& e = events[static_cast<std::size_t>(i)];
    if (e.data.ptr == nullptr) {
      std::uint64_t ignored;
      [[maybe_unused]] const ssize_t got = ::read(event_, &ignored, sizeof ignored);
    }
    out[static_cast<std::size_t>(i)] = {e.data.ptr, (e.events & EPOLLIN) != 0, (e.events & EPOLLOUT) != 0, (e.events & (EPOLLERR | EPOLLHUP)) != 0};
  }
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

}  // namespace orrery::io

#else

namespace orrery::io {
Poller::~Poller() = default;
bool Poller::supported() noexcept { return false; }
bool Poller::open() noexcept { return false; }
bool Poller::add(int, std::uint32_t, void*) noexcept { return false; }
void Poller::change(int, std::uint32_t, void*) noexcept {}
void Poller::remove(int) noexcept {}
void Poller::wake() noexcept {}
std::size_t Poller::wait(std::span<Ready>, int) noexcept { return 0; }
}  // namespace orrery::io

#endif
