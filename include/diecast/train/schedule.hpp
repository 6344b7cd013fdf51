#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace diecast {

/// The learning rate as a function of the step alone: a warm-up to the peak, then a course down to `min_lr` at
/// `decay_steps`, then `min_lr`. Only `plateau` also depends on how often evaluations have made it fall.
struct Schedule {
  enum class Course {
    constant,
    linear,
    cosine,           ///< Loshchilov, Hutter 2017, arXiv:1608.03983, without restarts
    cosine_restarts,  ///< ... `cycles` times, each of equal length, `gamma` of the peak lower than the one before
    wsd,              ///< warm-up, stable, decay: the last `decay_share` goes down by 1 - sqrt (arXiv:2405.18392)
    one_cycle,        ///< up and down by cosines, from a 25th of the peak (Smith, Topin 2018, arXiv:1708.07120)
    step,             ///< `gamma` of what it was after every `every_steps`
    exponential,      ///< the same, smoothly
    plateau,          ///< `gamma` of what it was with every fall; see ImprovementRule
  };

  Course course = Course::constant;
  double lr = 0;                   ///< the peak
  double min_lr = 0;               ///< not used by `constant`
  std::uint64_t warmup_steps = 0;  ///< the first step already has lr / warmup_steps
  std::uint64_t decay_steps = 0;   ///< the whole course, warm-up included
  double decay_share = 0.2;        ///< of `decay_steps`, for `wsd`
  double gamma = 0.1;              ///< for `step`, `exponential` and `plateau`; of peaks for `cosine_restarts`
  std::uint64_t every_steps = 0;   ///< for `step` and `exponential`
  std::uint64_t cycles = 1;        ///< for `cosine_restarts`

  /// The rate of step number `step`, counted from 0, after so many `falls`.
  double at(std::uint64_t step, std::uint64_t falls = 0) const {
    if (step < warmup_steps) return warm_up(step);
    if (course == Course::plateau) return std::max(min_lr, lr * std::pow(gamma, static_cast<double>(falls)));
    const double since = static_cast<double>(step - warmup_steps);
    if (course == Course::constant) return lr;
    if (course == Course::step) return std::max(min_lr, lr * std::pow(gamma, std::floor(since / steps_of(every_steps))));
    if (course == Course::exponential) return std::max(min_lr, lr * std::pow(gamma, since / steps_of(every_steps)));
    if (step >= decay_steps) return min_lr;
    const double length = static_cast<double>(decay_steps - warmup_steps);
    if (course == Course::wsd) {
      const double decay = std::min(length, std::max(1.0, decay_share * static_cast<double>(decay_steps)));
      return since < length - decay ? lr : down(lr, 1 - std::sqrt((since - (length - decay)) / decay));
    }
    if (course == Course::cosine_restarts) {
      const double cycle = since / length * static_cast<double>(cycles);
      return down(lr * std::pow(gamma, std::floor(cycle)), half_cosine(cycle - std::floor(cycle)));
    }
    const double progress = since / length;
    return down(lr, course == Course::linear ? 1 - progress : half_cosine(progress));
  }

 private:
  static constexpr double kOneCycleStart = 1.0 / 25;

  static double steps_of(std::uint64_t steps) { return static_cast<double>(std::max<std::uint64_t>(1, steps)); }
  // From 1 to 0.
  static double half_cosine(double progress) { return 0.5 * (1 + std::cos(std::numbers::pi * progress)); }
  double down(double from, double share) const { return from <= min_lr ? min_lr : min_lr + (from - min_lr) * share; }

  double warm_up(std::uint64_t step) const {
    const double done = static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
    if (course != Course::one_cycle) return lr * done;
    return lr * (kOneCycleStart + (1 - kOneCycleStart) * (1 - half_cosine(done)));
  }
};

}  // namespace diecast
