#include "cli/loaded_run.hpp"

#include <utility>

#include <fmt/format.h>

#include <diecast/core/error.hpp>
#include <diecast/machine/memory.hpp>
#include <diecast/preset/fields.hpp>
#include <diecast/tokenizer/tokenizer_json.hpp>

#include "cli/text_file.hpp"

namespace diecast {

void check_memory() {
  const std::size_t needed = model_plan().total_bytes;
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
  return resolve_run_config({&file, 1}, overrides, describe(active_preset()));
}

TrainState load_trained(const std::filesystem::path& checkpoint, Model& model,
                        const BpeTokenizer& tokenizer) {
  const TrainState state = load_checkpoint(checkpoint, model);
  if (state.tokenizer_hash != tokenizer.hash())
    throw Error(Fault::usage, "the run's tokenizer.json is not the one it was trained with",
                checkpoint.string(), "restore RUN/tokenizer.json");
  return state;
}

LoadedRun load_run(const std::string& path) {
  const RunFolder folder = RunFolder::open(path);
  const RunConfig config = config_of_run(folder);
  const auto checkpoint = find_latest(folder);
  if (!checkpoint)
    throw Error(Fault::usage, "the run has no checkpoint yet", path,
                "wait for its first one, or train on with --resume");
  check_memory();
  BpeTokenizer tokenizer = load_tokenizer_json(folder.tokenizer());
  auto pool = std::make_unique<ThreadPool>(config.run.threads);
  auto model = make_model(*pool);
  const TrainState state = load_trained(*checkpoint, *model, tokenizer);
  return {folder, config, std::move(tokenizer), std::move(pool), std::move(model), state};
}

}  // namespace diecast
