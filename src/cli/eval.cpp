#include <atomic>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>
#include <diecast/train/evaluation.hpp>
#include <diecast/train/questions.hpp>

#include "cli/commands.hpp"
#include "cli/loaded_run.hpp"
#include "cli/run_data.hpp"
#include "cli/temporary_cache.hpp"
#include "core/json_text.hpp"

namespace diecast {
namespace {

// The run's own validation set or, with --data, all of that.
TokenSet tokens_to_evaluate(LoadedRun& run, const EvalOptions& options, Log& log) {
  RunConfig config = run.config;
  if (!options.data.empty()) {
    config.data.source.value = {options.data};
    config.data.weights.value.clear();
    config.data.validation_fraction.value = 0;
  }
  RunData data(config, log);
  TemporaryCache scratch;
  RunTokens tokens = data.open(*run.tokenizer, run.folder.cache(), &scratch, *run.pool);
  if (options.data.empty()) {
    check_validation(run.state, tokens.validation);
    return tokens.validation;
  }
  // Of tokens that were split before, all count.
  tokens.train.front().tokens.append(tokens.validation);
  return tokens.train.front().tokens;
}

}  // namespace

int eval(const EvalOptions& options) {
  Log log(Log::Level::warning);
  LoadedRun run = load_run(options.run, options.checkpoint, log);
  const std::string& file = options.hellaswag.empty() ? run.config.eval.hellaswag.value : options.hellaswag;
  const auto questions = file.empty() ? std::vector<Question>() : read_questions(file, *run.tokenizer);
  const EvaluationBatches batches(tokens_to_evaluate(run, options, log), batch_options(run.config, *run.tokenizer));
  const std::atomic<int> never{0};
  const auto result = Evaluator(*run.model, batches, *run.tokenizer).run(0, never);
  if (!result)
    throw Error(Fault::usage, "there is nothing to evaluate",
                options.data.empty() ? "data.validation_fraction of the run" : options.data,
                "name a text with --data");
  if (!std::isfinite(result->loss))
    throw Error(Fault::run, "the loss is not finite", options.run,
                "train again with a lower optimizer.lr or restore an earlier checkpoint");
  const auto score = questions.empty() ? std::nullopt : answer_questions(*run.model, questions, never);
  if (options.json) {
    nlohmann::ordered_json json{{"loss", result->loss},
                                {"perplexity", result->perplexity},
                                {"bits_per_byte", result->bits_per_byte},
                                {"tokens", result->tokens},
                                {"step", run.state.step}};
    if (score)
      json["hellaswag"] = {{"questions", score->questions},
                           {"accuracy", score->accuracy()},
                           {"accuracy_by_length", score->accuracy_by_length()},
                           {"cut", score->cut},
                           {"left_out", score->left_out}};
    fmt::print("{}\n", json_text(json));
    return 0;
  }
  fmt::print(
      "loss           {:.4f} nats per token\nperplexity     {:.3f}\nbits per byte  {:.4f}\n"
      "tokens         {}\nstep           {}\n",
      result->loss, result->perplexity, result->bits_per_byte, result->tokens, run.state.step);
  if (score) fmt::print("HellaSwag      {}\n", to_text(*score));
  return 0;
}

}  // namespace diecast
