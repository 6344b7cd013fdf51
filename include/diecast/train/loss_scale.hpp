#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/core/element.hpp>

namespace diecast {

/// Dynamic loss scaling (Micikevicius et al. 2018, arXiv:1710.03740, section 3.2): the loss is multiplied so that
/// small gradients do not vanish in half precision, and the optimizer divides by the same number. A gradient that
/// overflowed costs its step and halves the scale; a long row of good ones doubles it. A power of two, so scaling is
/// exact. Other precisions have the range of f32: their scale is 1, and no step is skipped.
class LossScale {
 public:
  /// Gradients of 4096 tokens' mean loss then reach 8 at the logits, 13 doublings from the largest half, and those of
  /// words with a probability of 10^-5 are not yet subnormal. A scale too large costs one step a halving, one too
  /// small 2000 steps a doubling.
  static constexpr double kFirst = 32768;
  /// Below it the gradient itself does not fit, and no scale helps.
  static constexpr double kLeast = 1;
  static constexpr std::uint64_t kGoodSteps = 2000;

  /// Goes on from `earlier`, what `state` gave; begins where there is none.
  explicit LossScale(Element precision, const std::optional<LossScaleState>& earlier = {}) {
    if (precision == Element::f16) state_ = earlier.value_or(LossScaleState{.value = kFirst});
  }

  double value() const { return state_ ? state_->value : 1; }
  std::uint64_t skipped_steps() const { return state_ ? state_->skipped_steps : 0; }
  /// For the checkpoint; nothing where the precision needs no scale.
  const std::optional<LossScaleState>& state() const { return state_; }

  /// Whether the step with this gradient shall be skipped: the gradient overflowed, and a smaller scale may help.
  bool skips(double grad_norm) const { return state_ && !std::isfinite(grad_norm) && state_->value > kLeast; }

  void step_skipped() {
    state_->value /= 2;
    state_->good_steps = 0;
    ++state_->skipped_steps;
  }

  void step_made() {
    if (!state_ || ++state_->good_steps < kGoodSteps) return;
    state_->value *= 2;
    state_->good_steps = 0;
  }

 private:
  std::optional<LossScaleState> state_;
};

}  // namespace diecast
