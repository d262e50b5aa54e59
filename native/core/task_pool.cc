#include "task_pool.h"

#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace orrery {
namespace {

/// A thread of the pool gives way to those that answer clients: a point query does not wait until a long one's time slice is over.
constexpr int kNice = 5;
void yield_to_others() noexcept {
#ifdef __linux__
  // On Linux the nice value is a thread's own. Without the right to it things are only slower.
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNice);
#endif
}

}  // namespace

TaskPool::~TaskPool() {
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
  }
  more_.notify_all();
  for (std::thread& t : threads_) t.join();
}

void TaskPool::submit(std::function<void()> task) {
  {
    const std::lock_guard guard(mutex_);
    tasks_.push_back(std::move(task));
    waiting_.store(tasks_.size(), std::memory_order_relaxed);
    if (threads_.empty())
      for (unsigned i = 0; i < thread_count_; i++) threads_.emplace_back([this] { run(); });
  }
  more_.notify_one();
}

void TaskPool::run() {
  yield_to_others();
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock guard(mutex_);
      more_.wait(guard, [this] { return ending_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
      waiting_.store(tasks_.size(), std::memory_order_relaxed);
    }
    task();
  }
}

}  // namespace orrery
