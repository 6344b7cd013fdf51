#include <diecast/bench/estimate.hpp>

namespace diecast {
namespace {

// The part of each limit that the step's kernels reach, from `bench` of quarter, quarter_f32 and stories on two cores
// of Zen 4:
// products: by themselves GEMMs are at 90 to 98 % of the peak; in a step, where their operands were not read a moment
// before, they take some 5 % longer;
constexpr double kProducts = 0.9;
// operations: norms and activations are near the limit, but the exponentials of attention and of the loss head, which
// are most of them, wait for products and their registers;
constexpr double kOperations = 0.6;
// bytes: up to 2.5 times what memory gives, because much of what a call reads is still in L3.
constexpr double kBytes = 1.5;

Limits reached(const Limits& limits) {
  return {kProducts * limits.products, kOperations * limits.operations, kBytes * limits.bytes};
}

}  // namespace

Limits limits_of(const Peak& peak, double triad_gb_s, Element operands) {
  return {.products = 1e9 * peak.gflops(operands), .operations = 0.5e9 * peak.f32_gflops, .bytes = 1e9 * triad_gb_s};
}

double estimate_step_seconds(std::span<const KernelProbe> calls, const Peak& peak, double triad_gb_s) {
  double seconds = 0;
  for (const KernelProbe& call : calls)
    seconds += call.times * roofline_seconds(call.work, reached(limits_of(peak, triad_gb_s, call.operands)));
  return seconds;
}

}  // namespace diecast
