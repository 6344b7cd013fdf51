#pragma once

#include <string_view>

#include <diecast/core/element.hpp>
#include <diecast/core/thread_pool.hpp>

namespace diecast {

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
