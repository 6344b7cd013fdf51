#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include <diecast/checkpoint/run_folder.hpp>
#include <diecast/model/model.hpp>

namespace diecast {

/// Where dynamic loss scaling stands; see train/loss_scale.hpp.
struct LossScaleState {
  double value = 1;
  std::uint64_t good_steps = 0;     ///< in a row, since the value last changed
  std::uint64_t skipped_steps = 0;  ///< of the whole run

  bool operator==(const LossScaleState&) const = default;
};

/// What evaluations have said so far; see train/improvement.hpp.
struct ImprovementState {
  std::optional<double> best{};        ///< validation loss: the last that was an improvement
  std::uint64_t step = 0;              ///< of the last evaluation that was counted
  std::uint64_t stale = 0;             ///< evaluations since the best
  std::uint64_t stale_since_fall = 0;  ///< ... or since the learning rate last fell
  std::uint64_t falls = 0;             ///< of the learning rate

  bool operator==(const ImprovementState&) const = default;
};

/// Exponential mean and variance; see train/spike.hpp.
struct RunningMoments {
  double mean = 0;
  double variance = 0;
  std::uint64_t count = 0;  ///< of values

  bool operator==(const RunningMoments&) const = default;
};

/// What is remembered of spikes; see train/spike.hpp.
struct SpikeState {
  RunningMoments loss, grad_norm;
  std::uint64_t spikes = 0;         ///< of the whole run
  std::uint64_t skipped_steps = 0;  ///< those of them whose update was left out
  std::uint64_t rewinds = 0;        ///< in a row, without getting beyond the step that spiked
  std::uint64_t rewound_step = 0;   ///< ... which is this one

  bool operator==(const SpikeState&) const = default;
};

/// Where the data go on elsewhere: the step after `step` begins with micro-batch `micro_steps`.
struct DataJump {
  std::uint64_t step = 0;
  std::uint64_t micro_steps = 0;

  bool operator==(const DataJump&) const = default;
};

/// Where a run stands, besides the model's arrays. Data order, dropout and learning rate are functions of it.
struct TrainState {
  std::uint64_t step = 0;         ///< optimizer steps done
  std::uint64_t micro_steps = 0;  ///< micro-batches consumed: the index of the next one
  std::uint64_t tokens = 0;       ///< trained on
  std::uint64_t seed = 0;
  double wall_seconds = 0;  ///< of training, over all sessions
  std::optional<double> best_validation_loss;
  std::optional<LossScaleState> loss_scale;  ///< nothing where the precision needs none
  ImprovementState improvement{};
  SpikeState spike{};
  std::vector<DataJump> jumps{};  ///< after rewinds, in order: step and micro_steps are otherwise proportional
  std::uint64_t tokenizer_hash = 0;   ///< the tokens mean nothing to another one; who loads it compares
  std::uint64_t train_hash = 0;       ///< of the tokens it trains on
  std::uint64_t validation_hash = 0;  ///< ... and validates with; whoever goes on compares both

  bool operator==(const TrainState&) const = default;
};

/// The first micro-batch of step number `number`, counted from 1, past or to come, of a run whose every step takes
/// `micro_batches`.
std::uint64_t first_micro_step(const TrainState& state, std::uint64_t number, std::uint64_t micro_batches);

/// Bytes that a checkpoint takes at most: the parameters, two moments, and room for headers and the state.
std::uint64_t checkpoint_bytes(const ParamTable& table);

/// Writes `checkpoints/step-N` for N = `state.step`:
///
///     model.safetensors      the parameters by their names in the ParamTable, padding rows cut
///     optimizer.safetensors  the moments, as m.NAME and v.NAME
///     state.json             the state, every field of the preset, XXH3-128 of all three files
///
/// The three are written into a temporary folder beside it and synced before the folder gets its name, then
/// `latest` names it, then all but the newest `keep_last` checkpoints are deleted (0: none). Whenever the
/// process or the machine stops, what was complete stays complete. Throws Error(Fault::run) with the bytes
/// needed when they are not free or writing fails; the temporary folder is then gone and older checkpoints
/// are as they were. An old checkpoint that cannot be deleted is no error.
void save_checkpoint(const RunFolder& run, Model& model, const TrainState& state, std::size_t keep_last);

/// Fills parameters and moments from a checkpoint's folder, with zeros in the padding rows. Throws
/// Error(Fault::usage) when it is of another preset, naming the first field that differs, and
/// Error(Fault::run) when a file is missing, truncated or changed; the model is untouched before everything
/// is verified.
TrainState load_checkpoint(const std::filesystem::path& checkpoint, Model& model);

/// As `load_checkpoint`, but the parameters alone: the moments are neither read, verified nor written.
TrainState load_parameters(const std::filesystem::path& checkpoint, Model& model);

/// The checkpoint that `latest` names or, should that be gone, the one of the highest step; nothing before
/// the first one is complete.
std::optional<std::filesystem::path> find_latest(const RunFolder& run);

}  // namespace diecast
