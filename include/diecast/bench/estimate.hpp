#pragma once

#include <span>

#include <diecast/bench/kernel_probe.hpp>
#include <diecast/core/element.hpp>
#include <diecast/kernels/peak.hpp>
#include <diecast/machine/roofline.hpp>

namespace diecast {

/// What a machine gives kernels whose products have such operands. A multiply-add is two FLOPs and one operation.
Limits limits_of(const Peak& peak, double triad_gb_s, Element operands);

/// Seconds of an optimizer step before it is run: its calls one after another, each at the roofline of what kernels
/// have been seen to reach of the limits.
double estimate_step_seconds(std::span<const KernelProbe> calls, const Peak& peak, double triad_gb_s);

}  // namespace diecast
