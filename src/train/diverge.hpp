#pragma once

#include <cstdint>
#include <string_view>

#include <diecast/train/trainer.hpp>

namespace diecast {

/// Where a run stood when `what` was not finite.
struct Divergence {
  std::string_view what;
  std::uint64_t step = 0;             ///< that is named, counted from 1
  std::uint64_t first_micro_step = 0;  ///< of the step whose parameters the model has
  std::uint64_t steps_done = 0;        ///< before it
  float scale = 1;                     ///< of its losses
};

/// Ends the run: runs the micro-steps again, observed, to find where the first value is that is not finite, keeps the
/// one it is in as RUN/nonfinite-step-N, and throws Error(Fault::diverged) that says all of it.
[[noreturn]] void end_diverged(const TrainerParts& parts, const Divergence& divergence);

/// The same of the evaluator's last batch.
[[noreturn]] void end_diverged_evaluation(const TrainerParts& parts, std::uint64_t step);

}  // namespace diecast
