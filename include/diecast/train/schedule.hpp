#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace diecast {

/// The learning rate as a function of the step alone: a linear warm-up to the peak, then a course down to
/// `min_lr` at `decay_steps` (Loshchilov, Hutter 2017, arXiv:1608.03983, without restarts), then `min_lr`.
struct Schedule {
  enum class Course { constant, linear, cosine };

  Course course = Course::constant;
  double lr = 0;                   ///< the peak
  double min_lr = 0;               ///< not used by `constant`
  std::uint64_t warmup_steps = 0;  ///< the first step already has lr / warmup_steps
  std::uint64_t decay_steps = 0;   ///< the whole course, warm-up included

  /// The rate of step number `step`, counted from 0.
  double at(std::uint64_t step) const {
    if (step < warmup_steps) return lr * static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
    if (course == Course::constant) return lr;
    if (step >= decay_steps) return min_lr;
    const double progress =
        static_cast<double>(step - warmup_steps) / static_cast<double>(decay_steps - warmup_steps);
    const double share =
        course == Course::linear ? 1 - progress : 0.5 * (1 + std::cos(std::numbers::pi * progress));
    return min_lr + (lr - min_lr) * share;
  }
};

}  // namespace diecast
