// task_pool.h: threads for work that would hold up a JavaScript thread: long native pipelines, freeing much memory.
//
// Invariants
//  1. Tasks run in the order in which they came, as many at a time as there are threads.
//  2. A task is short, or gives way: while `busy` it ends soon and submits the rest of its work again.
// Threads: any.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace orrery {

class TaskPool {
 public:
  /// The threads start with the first task.
  explicit TaskPool(unsigned thread_count) : thread_count_(thread_count == 0 ? 1 : thread_count) {}
  /// Runs what was submitted, then ends the threads.
  ~TaskPool();
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  void submit(std::function<void()> task);
  /// The pool is about to go: a task that would go on for long gives up.
  bool ending() const noexcept { return ending_.load(std::memory_order_relaxed); }
  /// Tasks wait for a thread.
  bool busy() const noexcept { return waiting_.load(std::memory_order_relaxed) != 0; }

 private:
  void run();
  const unsigned thread_count_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<bool> ending_{false};
};

}  // namespace orrery
