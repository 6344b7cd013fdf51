#include <diecast/kernels/peak.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

#include <diecast/kernels/dispatch.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/peak.cpp"
#include <hwy/foreach_target.h>

#include "kernels/amx_peak-inl.hpp"
#include "kernels/peak-inl.hpp"
#include "kernels/select_target.hpp"

#ifndef DIECAST_PEAK_OPS
#define DIECAST_PEAK_OPS
namespace diecast {

struct PeakOps {
  float (*fma)(std::size_t rounds, float value);
  float (*dot)(std::size_t rounds, float value);
  float (*tiles)(std::size_t rounds, float value);  ///< null where no AMX kernels stand on the target
  double fma_flops;                                 ///< of a round
  double dot_flops;
  double tile_flops;
  bool native_dot;
};

}  // namespace diecast
#endif  // DIECAST_PEAK_OPS

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

PeakOps peak_ops() {
  constexpr double kFma = 2.0 * kChains * kLanes;
  const auto dot = kNativeDot ? &dot_rounds : &fma_rounds;
#if HWY_TARGET == HWY_AVX3_SPR
  const auto tiles = &tile_rounds<AmxTiles>;
#else
  constexpr std::nullptr_t tiles = nullptr;
#endif
  return {&fma_rounds, dot, tiles, kFma, kNativeDot ? 2 * kFma : kFma, kTileFlops, kNativeDot};
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diecast {

HWY_EXPORT(peak_ops);

namespace {

// GFLOP/s of all threads: each runs the same number of rounds, a few milliseconds of them.
double measure(ThreadPool& pool, float (*kernel)(std::size_t, float), double flops_per_round) {
  constexpr int kRuns = 6;
  constexpr std::size_t kRounds = 400'000;
  std::atomic<float> sink{0};
  double best = 0;
  for (int run = 0; run < kRuns; ++run) {
    const auto start = std::chrono::steady_clock::now();
    pool.run(pool.threads(), [&](std::size_t, std::size_t) { sink = kernel(kRounds, 0.5f); });
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(pool.threads() * kRounds) * flops_per_round / elapsed.count());
  }
  return best * 1e-9;
}

}  // namespace

Peak measure_peak(ThreadPool& pool, std::string_view target) {
  const std::string name = choose_target(target);
  PeakOps ops{};
  with_target(name, [&] { ops = HWY_DYNAMIC_DISPATCH(peak_ops)(); });
  const double f32 = measure(pool, ops.fma, ops.fma_flops);
  if (tile_unit(name) == TileUnit::amx) return {f32, measure(pool, ops.tiles, ops.tile_flops), "amx"};
  return {f32, measure(pool, ops.dot, ops.dot_flops), ops.native_dot ? "dot" : "fma"};
}

}  // namespace diecast
#endif  // HWY_ONCE
