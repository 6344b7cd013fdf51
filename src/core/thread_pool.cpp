#include <diecast/core/thread_pool.hpp>

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <fstream>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <hwy/contrib/thread_pool/thread_pool.h>
#include <hwy/contrib/thread_pool/topology.h>

namespace diecast {
namespace {

std::vector<std::size_t> read_affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<std::size_t> cpus;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

// The CPUs of this process as they were at first, before any thread was pinned.
const std::vector<std::size_t>& affinity() {
  static const std::vector<std::size_t> cpus = read_affinity();
  return cpus;
}

// CPUs' worth of time that cgroup v2 grants, rounded up; a large number when it sets no limit.
std::size_t cgroup_quota() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return CPU_SETSIZE;
  return static_cast<std::size_t>(std::max(1.0, std::ceil(std::stod(quota) / period)));
}

}  // namespace

std::size_t available_cpus() { return std::min(affinity().size(), cgroup_quota()); }

struct ThreadPool::Impl {
  Impl(std::size_t threads, Waiting waiting) : pool(threads), cpus(affinity()), workers(threads) {
    // Fewer threads than CPUs are better placed by the kernel: another process may be using the first CPUs.
    // More threads than CPUs must not spin. The caller's own thread, the last worker, is never pinned: its
    // mask is the process's, which later threads inherit.
    const bool spin = waiting == Waiting::spin && threads > 1;
    pin = spin && threads == cpus.size();
    if (spin && threads <= available_cpus()) pool.SetWaitMode(hwy::PoolWaitMode::kSpin);
  }

  struct alignas(64) Worker {
    bool pinned = false;
  };

  hwy::ThreadPool pool;
  std::vector<std::size_t> cpus;
  std::vector<Worker> workers;
  bool pin;
  std::mutex mutex;
  std::exception_ptr error;  // the first of this run
};

ThreadPool::ThreadPool(std::size_t threads, Waiting waiting)
    : impl_(std::make_unique<Impl>(threads == 0 ? available_cpus() : threads, waiting)),
      threads_(impl_->pool.NumWorkers()) {}

ThreadPool::~ThreadPool() = default;

void ThreadPool::run_erased(std::size_t count, const void* task, Invoke invoke) {
  Impl& impl = *impl_;
  impl.pool.Run(0, count, [&impl, task, invoke](std::uint64_t index, std::size_t thread) {
    if (impl.pin && thread + 1 < impl.workers.size() && !impl.workers[thread].pinned) {
      hwy::PinThreadToLogicalProcessor(impl.cpus[thread]);
      impl.workers[thread].pinned = true;
    }
    try {
      invoke(task, index, thread);
    } catch (...) {
      const std::lock_guard lock(impl.mutex);
      if (!impl.error) impl.error = std::current_exception();
    }
  });
  if (impl.error) std::rethrow_exception(std::exchange(impl.error, nullptr));
}

}  // namespace diecast
