#pragma once

#include <cstdint>

#include <diecast/checkpoint/checkpoint.hpp>

namespace diecast {

/// When evaluations that bring nothing end a run (`eval.patience`) or make the learning rate of the schedule `plateau`
/// fall (`schedule.patience`). Only those of every `eval.every_steps` count, not the one of a run's end, so that it
/// does not matter how often a run was interrupted.
struct ImprovementRule {
  double min_improvement = 0;         ///< of the validation loss, on the best one so far
  std::uint64_t patience = 0;         ///< evaluations without improvement that end the run; 0: none
  std::uint64_t fall_patience = 0;    ///< ... after which the rate falls; 0: never
  std::uint64_t first_fall_step = 0;  ///< evaluations before it, in the warm-up, make nothing fall

  void count(ImprovementState& state, std::uint64_t step, double loss) const {
    state.step = step;
    if (!state.best || loss < *state.best - min_improvement) {
      state.best = loss;
      state.stale = state.stale_since_fall = 0;
      return;
    }
    ++state.stale;
    if (fall_patience == 0 || step < first_fall_step || ++state.stale_since_fall < fall_patience) return;
    state.stale_since_fall = 0;
    ++state.falls;
  }

  bool ends(const ImprovementState& state) const { return patience > 0 && state.stale >= patience; }
};

}  // namespace diecast
