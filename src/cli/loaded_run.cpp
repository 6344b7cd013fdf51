#include "cli/loaded_run.hpp"

#include <utility>

#include <fmt/format.h>

#include <diecast/core/error.hpp>
#include <diecast/machine/memory.hpp>
#include <diecast/preset/fields.hpp>
#include <diecast/tokenizer/load.hpp>
#include <diecast/train/param_groups.hpp>

#include "cli/text_file.hpp"

namespace diecast {
namespace {

void check_tokenizer(const TrainState& state, const Tokenizer& tokenizer,
                     const std::filesystem::path& checkpoint) {
  if (state.tokenizer_hash != tokenizer.hash())
    throw Error(Fault::usage, "the run's tokenizer.json is not the one it was trained with",
                checkpoint.string(), "restore RUN/tokenizer.json");
}

}  // namespace

void check_memory(std::size_t threads) {
  const std::size_t needed = model_plan(threads).total_bytes;
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
  RunConfig config = resolve_run_config({&file, 1}, overrides, describe(active_preset()));
  check_groups(config.optimizer.groups, model_param_table());
  return config;
}

TrainState new_state(std::uint64_t seed, const Tokenizer& tokenizer, const RunTokens& tokens) {
  return {.seed = seed,
          .best_validation_loss = {},
          .loss_scale = {},
          .tokenizer_hash = tokenizer.hash(),
          .train_hash = tokens.train_hash(),
          .validation_hash = tokens.validation.hash()};
}

TrainState load_trained(const std::filesystem::path& checkpoint, Model& model, std::uint64_t seed,
                        const Tokenizer& tokenizer, const RunTokens& tokens) {
  const TrainState state = load_checkpoint(checkpoint, model);
  check_tokenizer(state, tokenizer, checkpoint);
  // The seed decides the split and the built-in stories: it comes before the text.
  if (state.seed != seed)
    throw Error(Fault::usage,
                fmt::format("run.seed is {} and the checkpoint was trained with {}", seed, state.seed),
                checkpoint.string(), "restore it in RUN/config.toml or start a new run");
  if (state.train_hash != tokens.train_hash() ||
      state.validation_hash != tokens.validation.hash())
    throw Error(Fault::usage, "the training text has changed since the checkpoint", checkpoint.string(),
                "restore it or start a new run");
  return state;
}

void check_validation(const TrainState& state, const TokenSet& validation) {
  if (state.validation_hash != validation.hash())
    throw Error(Fault::usage, "the validation text has changed since the run was trained",
                "[data] of RUN/config.toml", "restore it or name a text with --data");
}

LoadedRun load_run(const std::string& path) {
  const RunFolder folder = RunFolder::open(path);
  const RunConfig config = config_of_run(folder);
  const auto checkpoint = find_latest(folder);
  if (!checkpoint)
    throw Error(Fault::usage, "the run has no checkpoint yet", path,
                "wait for its first one, or train on with --resume");
  check_memory(config.run.threads);
  auto tokenizer = load_tokenizer(folder.tokenizer());
  auto pool = std::make_unique<ThreadPool>(config.run.threads);
  auto model = make_model(*pool);
  const TrainState state = load_parameters(*checkpoint, *model);
  check_tokenizer(state, *tokenizer, *checkpoint);
  return {folder, config, std::move(tokenizer), std::move(pool), std::move(model), state};
}

}  // namespace diecast
