// What only the benchmark runs, in one file: Highway's headers cost more than these kernels.

#include <diecast/kernels/ablation.hpp>
#include <diecast/kernels/peak.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

#include <diecast/kernels/dispatch.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/benchmark.cpp"
#include <hwy/foreach_target.h>

#include "kernels/ablation-inl.hpp"
#include "kernels/amx_peak-inl.hpp"
#include "kernels/peak-inl.hpp"
#include "kernels/select_target.hpp"

#ifndef DIECAST_PEAK_UNITS
#define DIECAST_PEAK_UNITS
namespace diecast {

// Nothing that allocates may be instantiated for a target.
struct PeakUnitList {
  PeakUnit items[3];
  std::size_t count;
};

}  // namespace diecast
#endif  // DIECAST_PEAK_UNITS

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

// With `has_tiles` bf16 products run on AMX.
PeakUnitList peak_unit_list(bool has_tiles) {
  constexpr double kFma = 2.0 * kChains * kLanes;
  const bool vectors = !has_tiles;
  PeakUnitList list{{{"fma", Element::f32, true, vectors && !kNativeDot, kFma, &fma_rounds}}, 1};
  if (HWY_NATIVE_DOT_BF16)
    list.items[list.count++] = {"dot", Element::bf16, false, vectors && kNativeDot, 2 * kFma, &dot_rounds};
#if HWY_TARGET == HWY_AVX3_SPR
  if (has_tiles) list.items[list.count++] = {"amx", Element::bf16, false, true, kTileFlops, &tile_rounds<AmxTiles>};
#endif
  return list;
}

AblationKernels f32_ablations() { return ablation_table<float>(); }
AblationKernels bf16_ablations() { return ablation_table<BFloat16>(); }
// Only products: presets in halves have no fused head and compute attention in f32.
AblationKernels f16_ablations() { return {&plain_gemm<Float16>, &add_bias, nullptr, nullptr, nullptr, nullptr}; }

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diecast {

HWY_EXPORT(peak_unit_list);
HWY_EXPORT(f32_ablations);
HWY_EXPORT(bf16_ablations);
HWY_EXPORT(f16_ablations);

namespace {

constexpr std::size_t kRounds = 400'000;

// GFLOP/s; the best of several runs.
double measure(ThreadPool& pool, const PeakUnit& unit) {
  constexpr int kRuns = 6;
  double best = 0;
  for (int run = 0; run < kRuns; ++run) {
    const auto start = std::chrono::steady_clock::now();
    run_peak(pool, unit);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::max(best, unit.work(pool) / elapsed.count());
  }
  return best * 1e-9;
}

}  // namespace

double PeakUnit::work(const ThreadPool& pool) const { return static_cast<double>(pool.threads() * kRounds) * flops; }

std::vector<PeakUnit> peak_units(std::string_view target) {
  const std::string name = choose_target(target);
  PeakUnitList units{};
  with_target(name, [&] { units = HWY_DYNAMIC_DISPATCH(peak_unit_list)(tile_unit(name) == TileUnit::amx); });
  return {units.items, units.items + units.count};
}

void run_peak(ThreadPool& pool, const PeakUnit& unit) {
  std::atomic<float> sink{0};
  pool.run(pool.threads(), [&](std::size_t, std::size_t) { sink = unit.loop(kRounds, 0.5f); });
}

Peak measure_peak(ThreadPool& pool, std::string_view target) {
  Peak peak{};
  for (const PeakUnit& unit : peak_units(target)) {
    const double gflops = measure(pool, unit);
    if (unit.multiplies_f32) peak.f32_gflops = gflops;
    if (unit.multiplies_bf16) {
      peak.bf16_gflops = gflops;
      peak.bf16_unit = unit.name;
    }
  }
  return peak;
}

std::size_t plain_attention_scratch_floats(const AttentionShape& s) {
  const std::size_t t = padded_keys(s.seq_len);
  return t * std::max(t, s.head_dim) + element_bytes(s.operands) * (t * t + 3 * t * s.head_dim) / sizeof(float);
}

AblationKernels ablation_kernels(Element operands, std::string_view target) {
  AblationKernels kernels{};
  with_target(target, [&] {
    kernels = operands == Element::f32    ? HWY_DYNAMIC_DISPATCH(f32_ablations)()
              : operands == Element::bf16 ? HWY_DYNAMIC_DISPATCH(bf16_ablations)()
                                          : HWY_DYNAMIC_DISPATCH(f16_ablations)();
  });
  return kernels;
}

}  // namespace diecast
#endif  // HWY_ONCE
