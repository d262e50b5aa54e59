// key_waiters.h: which threads have clients that wait for keys (BLPOP, XREAD BLOCK…), and which of those keys changed since.
//
// A thread registers each name (database and key) a client waits for. A change of such a key, told under its shard's latch, puts the name
// on the thread's list; after the latches are gone `post` sends the thread one event for all of its list, and `take` empties it.
// Invariant: a thread with names on its list has an event on the way, or the next `post` sends it.
// Threads: any. The mutex is the last in the order; while nobody waits a change costs one relaxed load.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace orrery::keyspace {

class KeyWaiters {
 public:
  /// Sends `token` to a thread.
  using Post = std::function<void(std::uint64_t listener, std::uint64_t token)>;
  void set_post(Post post) { post_ = std::move(post); }

  /// One more client of the thread waits for the key; `token` is what its events carry.
  void wait(std::uint64_t listener, std::uint64_t token, std::string name);
  /// One client less.
  void forget(std::uint64_t listener, const std::string& name);

  void changed(std::uint8_t db, std::string_view key) {
    if (waiting_.load(std::memory_order_relaxed) != 0) note(db, key);
  }
  /// FLUSHALL, SWAPDB: any key may be another.
  void changed_all();
  /// No latch held.
  void post() {
    if (ready_.load(std::memory_order_relaxed)) send();
  }
  /// The names whose keys changed, each once, in the order of their first change.
  std::vector<std::string> take(std::uint64_t listener);

 private:
  struct Waited { std::uint32_t clients = 0; bool listed = false; };
  struct Listener {
    std::uint64_t token = 0;
    std::unordered_map<std::string, Waited> names;
    std::vector<std::string> changed;
    bool posted = false;
  };
  void note(std::uint8_t db, std::string_view key);
  void send();
  std::mutex mutex_;
  std::map<std::uint64_t, Listener> listeners_;
  std::atomic<std::uint64_t> waiting_{0};  // clients' names in all
  std::atomic<bool> ready_{false};         // a list has got a name that no event tells of yet
  Post post_;
};

}  // namespace orrery::keyspace
