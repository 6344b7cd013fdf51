#pragma once

#include <cstddef>

#include <diecast/core/arena.hpp>
#include <diecast/core/thread_pool.hpp>
#include <diecast/kernels/span_ops.hpp>

namespace diecast {

/// STREAM's triad (McCalpin 1995) with stores past the caches, over arrays that no cache holds: what memory moves
/// when all threads of the pool ask for it.
class Triad {
 public:
  /// Bytes of its three arrays: several times the last cache of most CPUs. What the C library says of that cache is
  /// wrong in virtual machines.
  static constexpr std::size_t kMemory = 3 * (std::size_t{128} << 20);

  /// Both must outlive the triad. Throws Error(Fault::run) when there is no memory for the arrays.
  Triad(ThreadPool& pool, const SpanOps& ops);

  void run();
  /// Of one run.
  double bytes() const;

 private:
  ThreadPool& pool_;
  const SpanOps& ops_;
  Arena arena_;
};

/// GB/s; the best of several runs, a tenth of a second in all.
double measure_triad(ThreadPool& pool, const SpanOps& ops);

}  // namespace diecast
