#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace diecast {

/// What workers do until there is a grid: spin, which starts it soonest, or block, which leaves the CPUs to other threads.
enum class Waiting { spin, block };

/// Workers over a grid of tasks; one per CPU this process may use, they are pinned to it if they spin. The grid never depends on the
/// number of threads and every task writes its own results, so that results do not depend on it either.
class ThreadPool {
 public:
  /// `threads` 0: one per CPU the process may use (affinity and cgroup quota).
  explicit ThreadPool(std::size_t threads = 0, Waiting waiting = Waiting::spin);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  std::size_t threads() const { return threads_; }

  /// Calls `task(index, thread)` for every index below `count`; returns when all are done, or throws the first exception
  /// that one threw. `thread` is below threads(). Does not allocate.
  template <class Task>
  void run(std::size_t count, const Task& task) {
    run_erased(count, &task, [](const void* t, std::uint64_t index, std::size_t thread) {
      (*static_cast<const Task*>(t))(static_cast<std::size_t>(index), thread);
    });
  }

 private:
  using Invoke = void (*)(const void* task, std::uint64_t index, std::size_t thread);
  void run_erased(std::size_t count, const void* task, Invoke invoke);

  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::size_t threads_;
};

/// CPUs this process may use: the smaller of its affinity mask and its cgroup's quota.
std::size_t available_cpus();

}  // namespace diecast
