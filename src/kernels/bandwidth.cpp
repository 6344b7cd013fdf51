#include <diecast/kernels/bandwidth.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace diecast {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 18;  // floats of a task: 1 MiB
constexpr std::size_t kArrayBytes = Triad::kMemory / 3;

}  // namespace

Triad::Triad(ThreadPool& pool, const SpanOps& ops)
    : pool_(pool), ops_(ops), arena_(kMemory) {
  // Pages that were never written to are all one page of zeros, which a cache holds.
  pool_.run(3 * kArrayBytes / sizeof(float) / kChunk,
            [&](std::size_t task, std::size_t) { ops_.fill(arena_.at<float>(0) + task * kChunk, 1.0f, kChunk); });
}

double Triad::bytes() const { return 3.0 * static_cast<double>(kArrayBytes); }

void Triad::run() {
  pool_.run(kArrayBytes / sizeof(float) / kChunk, [&](std::size_t task, std::size_t) {
    const auto at = [&](std::size_t array) { return arena_.at<float>(array * kArrayBytes) + task * kChunk; };
    ops_.triad(at(0), at(1), 0.5f, at(2), kChunk);
  });
}

double measure_triad(ThreadPool& pool, const SpanOps& ops) {
  constexpr int kRuns = 6;
  Triad triad(pool, ops);
  double best = 0;
  for (int run = 0; run < kRuns; ++run) {
    const auto start = std::chrono::steady_clock::now();
    triad.run();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::max(best, triad.bytes() / elapsed.count());
  }
  return best * 1e-9;
}

}  // namespace diecast
