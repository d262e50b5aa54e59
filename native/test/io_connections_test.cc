// Connections on I/O threads over socket pairs, without Node: order of replies, ownership, output that waits, storms.
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <thread>

#include "../io/pool.h"
#include "../storage/transaction.h"
#include "check.h"
#include "command_table.h"

using namespace orrery;
using namespace orrery::io;

namespace {

/// A log whose flusher is the test.
class ManualLog final : public storage::Log {
 public:
  storage::Lsn append(storage::CommitTs, std::span<const std::uint8_t> effects) override { return appended_ += effects.size(); }
  void request_flush(storage::Lsn lsn) override { requested_ = std::max(requested_.load(), lsn); }
  Status wait_flushed(storage::Lsn) override { return Status::ok(); }
  storage::Lsn appended() const noexcept override { return appended_; }
  storage::Lsn flushed() const noexcept override { return flushed_; }
  void set_flush_listener(std::function<void(storage::Lsn)>) override {}
  Status failure() const override { return failed_ ? Status::error(StatusCode::kIoError, "disk full") : Status::ok(); }
  storage::Lsn requested() const { return requested_; }
  void flush() { flushed_ = appended_.load(); }
  void fail() { failed_ = true; }

 private:
  std::atomic<storage::Lsn> appended_{0}, flushed_{0}, requested_{0};
  std::atomic<bool> failed_{false};
};

struct Server {
  ManualLog log;
  storage::TransactionManager transactions{log};
  keyspace::Keyspace keyspace{[this](std::span<const std::uint8_t> e) { return transactions.append_effects(e); }, [this] { return log.appended(); }};
  Pool pool;
  std::shared_ptr<Hub> hub = std::make_shared<Hub>();
  std::mutex mutex;
  std::condition_variable ready;
  bool woken = false;

  explicit Server(std::size_t threads = 1) {
    test::define_test_commands();
    CHECK(pool.start({keyspace, log}, threads));
    hub->listen([this] {
      const std::lock_guard guard(mutex);
      woken = true;
      ready.notify_one();
    });
  }
  ~Server() {
    pool.stop();
    hub->listen({});
  }
  /// The next events, as a JavaScript thread takes them; none after a second.
  std::vector<HubEvent> events() {
    std::unique_lock lock(mutex);
    ready.wait_for(lock, std::chrono::seconds(1), [&] { return woken; });
    woken = false;
    lock.unlock();
    std::vector<HubEvent> taken = hub->take();
    for (const HubEvent& e : taken)
      if (e.kind == HubEvent::Kind::kData || e.kind == HubEvent::Kind::kTaken) e.connection->input_delivered();
    return taken;
  }
  struct Client {
    int fd;
    std::shared_ptr<Connection> connection;
    void send(std::string_view bytes) const {
      while (!bytes.empty()) {
        const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(n));
      }
    }
    std::string receive(std::size_t bytes) const {
      std::string got;
      while (got.size() < bytes) {
        char buffer[4096];
        const ssize_t n = ::recv(fd, buffer, std::min(sizeof buffer, bytes - got.size()), 0);
        if (n <= 0) break;
        got.append(buffer, static_cast<std::size_t>(n));
      }
      return got;
    }
  };
  Client connect(bool hand_back = true) {
    int pair[2];
    CHECK_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    const timeval patience{5, 0};
    (void)::setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    auto connection = pool.adopt(pair[1], Protocol::kResp, hub);
    if (hand_back) CHECK(connection->hand_back());
    return {pair[0], connection};
  }
};

std::size_t open_descriptors() {
  const auto all = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}
std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; i++) all += text;
  return all;
}

}  // namespace

TEST("threads: hot commands are answered where they arrive, whole or byte by byte") {
  Server server;
  const auto client = server.connect();
  client.send("SET k v\r\nGET k\r\nINCR n\r\n");
  CHECK_EQ(client.receive(16), "+OK\r\n$1\r\nv\r\n:1\r\n");
  for (const char c : std::string("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n")) client.send({&c, 1});
  CHECK_EQ(client.receive(7), "$1\r\nv\r\n");
  CHECK(server.hub->take().empty());
  ::close(client.fd);
}

TEST("threads: the first command without a body goes to JavaScript with the rest, and back") {
  Server server;
  const auto client = server.connect();
  client.send("SET k 1\r\nCLIENT ID\r\nGET k\r\n");
  CHECK_EQ(client.receive(5), "+OK\r\n");
  auto events = server.events();
  CHECK_EQ(events.size(), 1u);
  CHECK(events[0].kind == HubEvent::Kind::kTaken);
  CHECK_EQ(events[0].bytes, "CLIENT ID\r\nGET k\r\n");
  // While JavaScript owns the input, everything comes to it, and it cannot give back what it has not seen.
  client.send("GET k\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(!client.connection->hand_back());
  events = server.events();
  CHECK_EQ(events[0].bytes, "GET k\r\n");
  CHECK(client.connection->write(":7\r\n"));
  CHECK_EQ(client.receive(4), ":7\r\n");
  CHECK(client.connection->hand_back());
  client.send("GET k\r\n");
  CHECK_EQ(client.receive(7), "$1\r\n1\r\n");
  ::close(client.fd);
}

TEST("threads: a revoked connection, and every one while all stop, comes to JavaScript with the next input") {
  Server server;
  const auto client = server.connect();
  client.connection->revoked.store(true);
  client.send("GET k\r\n");
  CHECK_EQ(server.events().at(0).bytes, "GET k\r\n");
  CHECK(client.connection->hand_back());
  server.hub->stops.store(true);
  client.send("GET k\r\n");
  CHECK_EQ(server.events().at(0).bytes, "GET k\r\n");
  ::close(client.fd);
}

TEST("threads: replies to writes wait for the log, later replies behind them, and a failed log says so") {
  Server server;
  server.hub->sync_always.store(true);
  const auto client = server.connect();
  client.send("SET k v\r\nGET k\r\n");
  while (server.log.requested() == 0) std::this_thread::yield();
  client.send("CLIENT ID\r\n");
  CHECK_EQ(server.events().at(0).bytes, "CLIENT ID\r\n");
  CHECK(!client.connection->write(":7\r\n"));
  char none;
  CHECK_EQ(::recv(client.fd, &none, 1, MSG_DONTWAIT), -1);
  server.log.flush();
  server.pool.note_flushed();
  CHECK_EQ(client.receive(16), "+OK\r\n$1\r\nv\r\n:7\r\n");
  while (!client.connection->hand_back()) std::this_thread::yield();
  client.send("SET k w\r\n");
  while (server.log.requested() < server.log.appended()) std::this_thread::yield();
  server.log.fail();
  server.pool.note_flushed();
  CHECK_EQ(client.receive(52), "-MISCONF Errors writing to the AOF file: disk full\r\n");
  CHECK(server.events().at(0).kind == HubEvent::Kind::kClosed);
  client.connection->end();
  ::close(client.fd);
}

TEST("threads: a client that does not read stops its own commands, and nothing is lost or doubled") {
  Server server;
  const auto client = server.connect();
  const std::string value(1000, 'x');
  client.send("SET k " + value + "\r\n");
  CHECK_EQ(client.receive(5), "+OK\r\n");
  constexpr std::size_t kGets = 5000;
  std::thread sender([&] { client.send(repeat("GET k\r\n", kGets)); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(client.connection->output_bytes() < (1u << 20));
  const std::string expected = repeat("$1000\r\n" + value + "\r\n", kGets);
  CHECK(client.receive(expected.size()) == expected);
  sender.join();
  ::close(client.fd);
}

TEST("threads: output above the limit ends the connection") {
  Server server;
  server.hub->output_limit.store(100000);
  const auto client = server.connect(false);
  for (int i = 0; i < 100; i++) (void)client.connection->write(std::string(100000, 'x'));
  CHECK(server.events().at(0).kind == HubEvent::Kind::kClosed);
  client.connection->end();
  CHECK(server.events().at(0).kind == HubEvent::Kind::kGone);
  ::close(client.fd);
}

TEST("threads: end sends what waits and closes; a broken protocol is answered and ends") {
  Server server;
  const auto client = server.connect();
  client.send("*1\r\n!\r\n");
  CHECK_EQ(client.receive(44), "-ERR Protocol error: expected '$', got '!'\r\n");
  CHECK(server.events().at(0).kind == HubEvent::Kind::kClosed);
  client.connection->end();
  CHECK_EQ(client.receive(1), "");
  ::close(client.fd);
  CHECK(server.events().at(0).kind == HubEvent::Kind::kGone);
}

TEST("threads: storms of connections that come, ask and go at any moment leave no descriptor behind") {
  const std::size_t before = open_descriptors();
  {
    Server server(2);
    std::atomic<bool> done{false};
    // JavaScript's part: answers what is its own, ends what is closed.
    std::thread javascript([&] {
      while (!done.load()) {
        for (const HubEvent& e : server.events()) {
          if (e.kind == HubEvent::Kind::kClosed) e.connection->end();
          if (e.kind != HubEvent::Kind::kData && e.kind != HubEvent::Kind::kTaken) continue;
          (void)e.connection->write("+JS\r\n");
          (void)e.connection->hand_back();
        }
      }
    });
    std::vector<std::thread> clients;
    for (int t = 0; t < 4; t++)
      clients.emplace_back([&, t] {
        for (int i = 0; i < 150; i++) {
          const auto client = server.connect();
          client.send("SET k v\r\nGET k\r\n");
          if ((i + t) % 3 == 0) client.send("CLIENT ID\r\n");
          if ((i + t) % 2 == 0) CHECK_EQ(client.receive(12), "+OK\r\n$1\r\nv\r\n");
          if ((i + t) % 5 == 0) client.connection->destroy();
          ::close(client.fd);
        }
      });
    for (std::thread& c : clients) c.join();
    done.store(true);
    javascript.join();
  }
  CHECK_EQ(open_descriptors(), before);
}
