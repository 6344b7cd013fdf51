#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
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
  // What a signal kept this step from: whoever goes on does it first.
  bool owes_evaluation = false;
  bool owes_samples = false;
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

/// Bytes that a checkpoint takes at most: the parameters, two moments, their moving means if there are any, and
/// room for headers and the state.
std::uint64_t checkpoint_bytes(const ParamTable& table, bool has_means = false);

/// Which checkpoints stay when a new one is complete, as [checkpoint] has it.
struct Retention {
  std::size_t last = 0;     ///< so many of the newest; 0: all
  std::uint64_t every = 0;  ///< and those of steps that are multiples of this; 0: no such steps
  bool best = false;        ///< and the one that `best` names
};

/// Writes `checkpoints/step-N` for N = `state.step`:
///
///     model.safetensors      the parameters by their names in the ParamTable, padding rows cut
///     optimizer.safetensors  the moments, as m.NAME and v.NAME
///     ema.safetensors        the moving means of the parameters, where the model keeps any
///     state.json             the state, every field of the preset, XXH3-128 of all these files
///
/// They are written into a temporary folder beside it and synced before the folder gets its name, then
/// `latest` names it, and `best` if this step `is_best`, then those that `keep` does not name are deleted.
/// Whenever the process or the machine stops, what was complete stays complete. `arrays_read` is called when the
/// model's arrays may change again, before anything is waited for. Throws Error(Fault::run) with the bytes
/// needed when they are not free or writing fails; the temporary folder is then gone and older checkpoints
/// are as they were. An old checkpoint that cannot be deleted is no error.
void save_checkpoint(const RunFolder& run, Model& model, const TrainState& state, const Retention& keep,
                     bool is_best = false, const std::function<void()>& arrays_read = {});

/// Of a checkpoint, what is loaded and verified. With the moments come the moving means that the model keeps, or the
/// parameters in their place where the checkpoint has none; without the moments, a checkpoint's means are the parameters.
enum class CheckpointParts { parameters, parameters_and_moments };

/// Fills the model from a checkpoint's folder, with zeros in the padding rows. Throws Error(Fault::usage) when it
/// is of another preset, naming the first field that differs (but for `recompute` and `batch_size`), or of another
/// version, or, with the moments, stops inside one of this model's batches, in which the state then counts. Throws
/// Error(Fault::run) when a file is missing, truncated or changed; the model is untouched before everything is verified.
TrainState load_checkpoint(const std::filesystem::path& checkpoint, Model& model,
                           CheckpointParts parts = CheckpointParts::parameters_and_moments);

/// What `load_newest` has found.
struct LoadedCheckpoint {
  std::filesystem::path path;
  TrainState state;
  std::vector<std::filesystem::path> damaged;  ///< checkpoints that were passed over
  std::string warning;                         ///< a line that says so, with the reasons; empty if all was well
};

/// Loads the checkpoint that `latest` names or, should that be damaged, the newest one before it that is whole. What
/// is later than `latest` comes last: the run was taken back. Nothing when there is no checkpoint. Throws
/// Error(Fault::run) when all are damaged, and as `load_checkpoint` does for another preset or version.
std::optional<LoadedCheckpoint> load_newest(const RunFolder& run, Model& model,
                                            CheckpointParts parts = CheckpointParts::parameters_and_moments);

/// Renames the checkpoints that were passed over to `damaged-step-N`, so that they do not count as kept ones, and
/// makes `latest` name the one that was loaded. For who trains on from it.
void set_aside_damaged(const RunFolder& run, const LoadedCheckpoint& loaded);

/// Reads all of a checkpoint. Throws Error(Fault::run) when a file is missing, truncated or changed, and
/// Error(Fault::usage) when it is of another version.
void verify_checkpoint(const std::filesystem::path& checkpoint);

/// The name, as in the checkpoint's files, of the first tensor that is not the model's, bit for bit; nothing when all
/// are. Throws as `load_checkpoint` does.
std::optional<std::string> first_other_tensor(const std::filesystem::path& checkpoint, Model& model);

/// The checkpoint that `latest` names or, should that be gone, the one of the highest step; nothing before
/// the first one is complete.
std::optional<std::filesystem::path> find_latest(const RunFolder& run);

/// The step that a file like `latest` or `best` names; nothing when it names none.
std::optional<std::uint64_t> step_named_in(const std::filesystem::path& file);

}  // namespace diecast
