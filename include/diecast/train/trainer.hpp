#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/config/run_config.hpp>
#include <diecast/core/error.hpp>
#include <diecast/core/thread_pool.hpp>
#include <diecast/data/batch_stream.hpp>
#include <diecast/data/prefetcher.hpp>
#include <diecast/model/model.hpp>
#include <diecast/report/log.hpp>
#include <diecast/train/checkpoint_schedule.hpp>
#include <diecast/train/evaluation.hpp>
#include <diecast/train/loss_scale.hpp>
#include <diecast/train/metrics.hpp>
#include <diecast/train/optimizer.hpp>
#include <diecast/train/step_profile.hpp>
#include <diecast/train/train_plan.hpp>

namespace diecast {

/// What a trainer works with; everything must outlive it.
struct TrainerParts {
  const RunConfig& config;
  const TrainPlan& plan;
  Model& model;
  ThreadPool& pool;
  const BatchStream& batches;
  Evaluator& evaluator;
  MetricsFile& metrics;
  Log& log;
  const std::atomic<int>& stop;                 ///< a signal's number ends the run after the micro-step
  std::function<void(std::uint64_t)> sample;    ///< writes samples of the model at this step
  std::function<void(const Metrics&)> observe{};  ///< told of each line of metrics; what it throws is warned of once
  StepProfiler* profiler = nullptr;             ///< takes the profile of some steps, if there is one
  CheckpointWriter* checkpoints = nullptr;      ///< null: none are written
  std::atomic<bool>* save_asked = nullptr;      ///< raised: a checkpoint is wanted now
  std::optional<double> peak_flops{};           ///< this machine's, measured; nothing when not known
  /// Puts the model back to the newest checkpoint, or to its beginning, drops what the run's files have of later steps,
  /// and returns the state; for `spike.policy = "rewind"`.
  std::function<TrainState()> restore{};
  std::filesystem::path folder{};  ///< the run's, for what is said of it
};

/// How a run ended.
struct TrainEnd {
  TrainState state;
  int signal = 0;                          ///< 0: by itself
  std::string_view reason;                 ///< the setting that ended it
  double loss = 0;                         ///< of the last step; not a number if this session has none
  double tok_per_s = 0;                    ///< of this session's steps; likewise
  std::optional<Evaluation> evaluation{};  ///< over the whole validation set
};

/// The training loop. Everything that decides a step is a function of the configuration and the step's
/// number, so a resumed run equals an uninterrupted one.
class Trainer {
 public:
  explicit Trainer(TrainerParts parts);

  /// Trains on from `start` to the first limit or signal. Saves as the configuration says and at the end; a
  /// limit that is reached, even by an earlier session, ends with an evaluation of the whole validation set.
  /// `eval.patience` is such a limit. What a spike does is the plan's SpikeRule: after a rewind, the data go on behind
  /// the step that spiked. In f16, steps whose gradient overflowed are skipped, see LossScale; they count as steps all
  /// the same. Throws Error(Fault::diverged) at a spike that shall end the run, and when loss, gradient, evaluation or
  /// the parameters to save are not finite: it says where that begins, and the last checkpoint is older than that step.
  /// Throws Error(Fault::run) when the last save fails; other files that cannot be written are warned of once.
  TrainEnd run(const TrainState& start);

 private:
  using Clock = std::chrono::steady_clock;

  // What some steps took together.
  struct Span {
    double seconds = 0, wait_seconds = 0;  // the second: for data
    std::uint64_t steps = 0, tokens = 0;
  };

  enum class Step { made, rewound, interrupted };
  // What comes after a step.
  struct Due {
    bool evaluation = false, line = false, samples = false;
  };

  void begin_at(const TrainState& state);
  Step take_step();
  float loss_factor() const;
  const Batch& next_batch();
  Step update();
  Step react_to(const SpikeRule::Spike& spike);
  void rewind(const std::string& why);
  [[noreturn]] void end_at_spike(const std::string& what) const;
  void do_what_is_due(const Due& due);
  std::optional<Evaluation> finish();
  bool is_over() const;
  std::string_view reason() const;
  bool is_due(std::uint64_t every_steps) const;
  bool evaluation_is_due() const;
  std::optional<Evaluation> evaluate(bool whole);
  void count(const std::optional<Evaluation>& evaluation);
  void prepare_to_save();
  void forget_lost_best();
  Metrics metrics_now(const std::optional<Evaluation>& evaluation) const;
  void write_metrics(const std::optional<Evaluation>& evaluation);
  void show_progress();
  void check_finite(double value, std::string_view what, std::uint64_t step);
  std::optional<double> share_of_peak(double step_seconds) const;
  std::optional<double> padding(const Span& span) const;
  double wall_seconds() const;

  TrainerParts parts_;
  std::unique_ptr<Optimizer> optimizer_;
  LossScale loss_scale_;
  std::optional<Prefetcher> prefetcher_;
  TrainState state_;
  CheckpointSchedule checkpoints_;
  bool is_best_ = false;  // the validation loss of this step, of all so far
  std::optional<double> kept_best_;  // the lowest one before it
  Clock::time_point began_{};
  double earlier_seconds_ = 0;  // of the sessions before this one
  // The last step, and what the next line of metrics sums up.
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  double loss_ = kNone, grad_norm_ = kNone, lr_ = kNone;
  std::optional<double> validation_loss_;  // of the last evaluation
  Span line_, session_;
  double usual_step_seconds_ = 0;  // exponential mean
  bool metrics_warned_ = false;
};

}  // namespace diecast
