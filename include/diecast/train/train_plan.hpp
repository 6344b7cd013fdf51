#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include <diecast/config/run_config.hpp>
#include <diecast/model/model.hpp>
#include <diecast/train/improvement.hpp>
#include <diecast/train/optimizer.hpp>
#include <diecast/train/schedule.hpp>
#include <diecast/train/spike.hpp>

namespace diecast {

/// A training run in optimizer steps: every limit and interval of the configuration but those in minutes.
struct TrainPlan {
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t micro_batches = 1;
  double tokens_per_step = 0;  ///< targets, on average where rows are padded
  std::uint64_t last_step = kNever;  ///< the least of max_steps, max_tokens and max_epochs, rounded up
  std::string last_step_reason;      ///< `train.max_steps`, ...: the limit that is reached at last_step
  double max_seconds = std::numeric_limits<double>::infinity();
  Schedule schedule;
  ImprovementRule improvement;
  SpikeRule spike;
  OptimizerSettings optimizer;
  LossOptions loss{};
};

/// The plan of a resolved configuration over a corpus of so many micro-batches, each with so many targets.
TrainPlan make_train_plan(const RunConfig& config, double batches_per_epoch, double targets_per_batch);

}  // namespace diecast
