#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <diecast/core/element.hpp>
#include <diecast/core/thread_pool.hpp>

namespace diecast {

/// An arithmetic unit, and a loop that does nothing but keep it busy.
struct PeakUnit {
  std::string_view name;  ///< "fma", "dot" or "amx"
  Element operands;
  bool multiplies_f32;    ///< in the target's kernels
  bool multiplies_bf16;   ///< in the target's kernels; by an f32 unit after widening
  double flops;           ///< of a round
  float (*loop)(std::size_t rounds, float value);

  /// FLOPs of `run_peak`.
  double work(const ThreadPool& pool) const;
};

/// Every unit that kernels of `target` could use, f32's first.
std::vector<PeakUnit> peak_units(std::string_view target = {});

/// Keeps the unit busy on all threads of the pool, some milliseconds long.
void run_peak(ThreadPool& pool, const PeakUnit& unit);

/// What this machine's arithmetic units can do at most, measured on all threads of the pool: registers only, but for
/// AMX, whose clock depends on the data, with changing operands from L1.
struct Peak {
  double f32_gflops;
  double bf16_gflops;          ///< of the unit the target's bf16 kernels use
  std::string_view bf16_unit;  ///< "fma", "dot" or "amx"

  /// f16 is computed in f32.
  double gflops(Element precision) const { return precision == Element::bf16 ? bf16_gflops : f32_gflops; }
};

/// Takes some hundredths of a second. The best of several runs: other processes only ever slow a run down.
Peak measure_peak(ThreadPool& pool, std::string_view target = {});

}  // namespace diecast
