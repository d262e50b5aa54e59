// paced_client.cc: sends requests at a rate, whether those before are answered or not, and measures how long each answer takes.
// bench/paced-requests.ts builds and drives it.
//
//   paced_client PORT REQUESTS_PER_SECOND CONNECTIONS
//
// Standard input: strings, each behind its length (u32 little-endian): what a new connection says, the end of the answer to it, the end of an
// answer to a request, then the requests, sent in turn, and an empty one. All answers to requests are equally long. "ready" is printed when
// the connections are open; the end of standard input ends the run. Then, for each answer: Unix time in microseconds (u64), microseconds since
// its request was sent (u32), microseconds that it was sent too late (u32).
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "../core/thread_turns.h"

namespace {

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}
std::uint64_t nanos(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(t.tv_nsec);
}

struct Sent {
  std::uint64_t at, due;
};
struct Connection {
  int descriptor = -1;
  std::string unsent;
  std::deque<Sent> waiting;
  std::size_t bytes = 0;  // of an answer that is not whole

  void flush() {
    while (!unsent.empty()) {
      const ssize_t n = send(descriptor, unsent.data(), unsent.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EAGAIN) return;
      if (n < 0) fail("send");
      unsent.erase(0, static_cast<std::size_t>(n));
    }
  }
};
struct Sample {
  std::uint64_t unix_micros;
  std::uint32_t micros, late_micros;
};
static_assert(sizeof(Sample) == 16);

std::string read_string() {
  std::uint32_t length = 0;
  if (std::fread(&length, 4, 1, stdin) != 1) fail("standard input");
  std::string s(length, '\0');
  if (length > 0 && std::fread(s.data(), length, 1, stdin) != 1) fail("standard input");
  return s;
}
/// Sends and waits for an answer that ends with `mark`; returns its length.
std::size_t ask(int descriptor, const std::string& request, const std::string& mark) {
  if (send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) fail("send");
  std::string answer;
  char buffer[65536];
  while (!answer.ends_with(mark)) {
    const ssize_t n = recv(descriptor, buffer, sizeof(buffer), 0);
    if (n <= 0) fail("recv");
    answer.append(buffer, static_cast<std::size_t>(n));
  }
  return answer.size();
}
int connect_to(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) fail("connect");
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return descriptor;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: paced_client PORT REQUESTS_PER_SECOND CONNECTIONS\n"), 2;
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const double nanos_each = 1e9 / std::atof(argv[2]);
  std::vector<Connection> connections(static_cast<std::size_t>(std::atoi(argv[3])));
  const std::string hello = read_string(), greeted = read_string(), answered = read_string();
  std::vector<std::string> requests;
  for (std::string r = read_string(); !r.empty(); r = read_string()) requests.push_back(std::move(r));

  const int poller = epoll_create1(0);
  std::size_t answer_bytes = 0;
  for (Connection& c : connections) {
    c.descriptor = connect_to(port);
    ask(c.descriptor, hello, greeted);
    answer_bytes = ask(c.descriptor, requests[0], answered);
    fcntl(c.descriptor, F_SETFL, O_NONBLOCK);
    epoll_event event{EPOLLIN, {.ptr = &c}};
    epoll_ctl(poller, EPOLL_CTL_ADD, c.descriptor, &event);
  }
  epoll_event end{EPOLLIN, {.ptr = nullptr}};
  epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &end);
  std::puts("ready");
  std::fflush(stdout);

  orrery::prefer_short_turns();
  std::vector<Sample> samples;
  const std::uint64_t start = nanos(CLOCK_MONOTONIC);
  char buffer[65536];
  bool over = false;
  for (std::uint64_t sent = 0; !over;) {
    std::uint64_t now = nanos(CLOCK_MONOTONIC), due = 0;
    for (; (due = start + static_cast<std::uint64_t>(static_cast<double>(sent) * nanos_each)) <= now; sent++) {
      Connection& c = connections[sent % connections.size()];
      c.waiting.push_back({now, due});
      c.unsent += requests[sent % requests.size()];
    }
    for (Connection& c : connections) c.flush();
    now = nanos(CLOCK_MONOTONIC);
    const std::uint64_t left = due > now ? due - now : 0;
    const timespec patience{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
    epoll_event ready[64];
    const int count = epoll_pwait2(poller, ready, 64, &patience, nullptr);
    for (int i = 0; i < count; i++) {
      if (ready[i].data.ptr == nullptr) {
        over = true;
        continue;
      }
      Connection& c = *static_cast<Connection*>(ready[i].data.ptr);
      const ssize_t n = recv(c.descriptor, buffer, sizeof(buffer), 0);
      if (n < 0 && errno == EAGAIN) continue;
      if (n <= 0) fail("recv");
      const std::uint64_t at = nanos(CLOCK_MONOTONIC), unix_micros = nanos(CLOCK_REALTIME) / 1000;
      for (c.bytes += static_cast<std::size_t>(n); c.bytes >= answer_bytes; c.bytes -= answer_bytes) {
        const Sent s = c.waiting.front();
        c.waiting.pop_front();
        samples.push_back({unix_micros, static_cast<std::uint32_t>((at - s.at) / 1000), static_cast<std::uint32_t>((s.at - s.due) / 1000)});
      }
    }
  }
  std::fwrite(samples.data(), sizeof(Sample), samples.size(), stdout);
  return std::fflush(stdout);
}
