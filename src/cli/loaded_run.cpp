#include "cli/loaded_run.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <diecast/core/error.hpp>
#include <diecast/machine/memory.hpp>
#include <diecast/preset/fields.hpp>
#include <diecast/tokenizer/load.hpp>
#include <diecast/train/param_groups.hpp>

#include "checkpoint/state_file.hpp"
#include "cli/text_file.hpp"

namespace diecast {
namespace {

void check_tokenizer(const TrainState& state, const Tokenizer& tokenizer,
                     const std::filesystem::path& checkpoint) {
  if (state.tokenizer_hash != tokenizer.hash())
    throw Error(Fault::usage, "the run's tokenizer.json is not the one it was trained with",
                checkpoint.string(), "restore RUN/tokenizer.json");
}

[[noreturn]] void refuse_without_checkpoint(const RunFolder& run) {
  throw Error(Fault::usage, "the run has no checkpoint yet", run.path().string(),
              "wait for its first one, or train on with --resume");
}

// The checkpoint of a step, or that of the best validation loss; nothing for the latest.
std::optional<std::filesystem::path> named_checkpoint(const RunFolder& run, const std::string& which) {
  const std::vector<std::uint64_t> steps = checkpoint_steps(run.checkpoints());
  if (steps.empty()) refuse_without_checkpoint(run);
  if (which == "latest") return std::nullopt;
  std::optional<std::uint64_t> step;
  if (which == "best") {
    step = step_named_in(run.best());
  } else {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(which.data(), which.data() + which.size(), number);
    if (error != std::errc() || end != which.data() + which.size())
      throw Error(Fault::usage, "no checkpoint is called " + which, "--checkpoint", "use latest, best or a step");
    step = number;
  }
  if (!step || std::ranges::find(steps, *step) == steps.end())
    throw Error(Fault::usage,
                which == "best" ? "the run has no checkpoint of its best validation loss"
                                : "the run has no checkpoint of step " + which,
                run.path().string(), fmt::format("it has those of {}", fmt::join(steps, ", ")));
  return run.checkpoint(*step);
}

LoadedCheckpoint load_parameters(const RunFolder& run, const std::optional<std::filesystem::path>& named,
                                 Model& model) {
  constexpr auto kParts = CheckpointParts::parameters;
  if (named) return {.path = *named, .state = load_checkpoint(*named, model, kParts), .damaged = {}, .warning = {}};
  auto loaded = load_newest(run, model, kParts);
  if (!loaded) refuse_without_checkpoint(run);
  return std::move(*loaded);
}

}  // namespace

std::size_t bytes_of_means(const RunConfig& config) {
  return config.optimizer.ema_decay > 0 ? sizeof(float) * model_param_table().stored : 0;
}

void check_memory(std::size_t threads, std::size_t more_bytes) {
  const std::size_t needed = model_plan(threads).total_bytes + more_bytes;
  const std::size_t available = available_memory();
  if (needed > available)
    throw Error(Fault::run,
                fmt::format("not enough memory: the plan needs {} and {} are available",
                            readable_bytes(needed), readable_bytes(available)),
                fmt::format("preset {}", active_preset().name), "free some or build a smaller preset");
}

RunConfig config_of_run(const RunFolder& folder, std::span<const std::string> overrides) {
  const std::string name = folder.config().string();
  const std::string text = read_text_file(name);
  const TomlText file{text, name};
  // Its checkpoints may go on in batches of another size; see load_checkpoint.
  RunConfig config = resolve_run_config({&file, 1}, overrides, describe(active_preset()), "batch_size");
  check_groups(config.optimizer.groups, model_param_table());
  return config;
}

TrainState state_of(const std::filesystem::path& checkpoint) {
  const std::filesystem::path file = checkpoint / kStateFile;
  return state_in_batches_of(read_state_file(file), active_preset().batch_size, file);
}

TrainState new_state(std::uint64_t seed, const Tokenizer& tokenizer, const RunTokens& tokens) {
  return {.seed = seed,
          .best_validation_loss = {},
          .loss_scale = {},
          .tokenizer_hash = tokenizer.hash(),
          .train_hash = tokens.train_hash(),
          .validation_hash = tokens.validation.hash()};
}

void check_same_run(const TrainState& state, const std::filesystem::path& checkpoint, const RunConfig& config,
                    const Tokenizer& tokenizer, const RunTokens& tokens) {
  check_tokenizer(state, tokenizer, checkpoint);
  const std::uint64_t seed = config.run.seed;
  // The seed decides the split and the built-in stories: it comes before the text.
  if (state.seed != seed)
    throw Error(Fault::usage,
                fmt::format("run.seed is {} and the checkpoint was trained with {}", seed, state.seed),
                checkpoint.string(), "restore it in RUN/config.toml or start a new run");
  if (state.train_hash != tokens.train_hash() ||
      state.validation_hash != tokens.validation.hash())
    throw Error(Fault::usage, "the training text has changed since the checkpoint", checkpoint.string(),
                "restore it or start a new run");
  const std::size_t ours = active_preset().batch_size;
  const auto theirs = read_state_file(checkpoint / kStateFile).preset.value("batch_size", ours);
  if (theirs != ours && state.micro_steps != first_micro_step(state, state.step + 1, config.train.micro_batches))
    throw Error(Fault::usage,
                fmt::format("batches had {} rows when the run was made and have {} in this binary", theirs, ours),
                checkpoint.string(), "change train.micro_batches so that a step has as many rows as it had");
}

void check_validation(const TrainState& state, const TokenSet& validation) {
  if (state.validation_hash != validation.hash())
    throw Error(Fault::usage, "the validation text has changed since the run was trained",
                "[data] of RUN/config.toml", "restore it or name a text with --data");
}

LoadedRun load_run(const std::string& path, const std::string& checkpoint, Log& log) {
  const RunFolder folder = RunFolder::open(path);
  const RunConfig config = config_of_run(folder);
  const auto named = named_checkpoint(folder, checkpoint);
  check_memory(config.run.threads);
  auto tokenizer = load_tokenizer(folder.tokenizer());
  auto pool = std::make_unique<ThreadPool>(config.run.threads);
  auto model = make_model(*pool);
  const LoadedCheckpoint loaded = load_parameters(folder, named, *model);
  if (!loaded.warning.empty()) log.warning(loaded.warning);
  check_tokenizer(loaded.state, *tokenizer, loaded.path);
  return {folder, config, std::move(tokenizer), std::move(pool), std::move(model), loaded.state};
}

}  // namespace diecast
