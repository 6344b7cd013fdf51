#include <atomic>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>
#include <diecast/data/token_corpus.hpp>
#include <diecast/train/evaluation.hpp>

#include "cli/commands.hpp"
#include "cli/corpus.hpp"
#include "cli/loaded_run.hpp"

namespace diecast {
namespace {

// The run's own validation set or, with --data, all of that.
std::vector<Token> tokens_to_evaluate(LoadedRun& run, const EvalOptions& options, Log& log) {
  RunConfig config = run.config;
  if (!options.data.empty()) {
    config.data.source.value = options.data;
    config.data.validation_fraction.value = 0;
  }
  const std::vector<std::string> documents = read_run_documents(config, log);
  TokenCorpus corpus = tokenize_documents(documents, run.tokenizer, config.data.validation_fraction,
                                          config.run.seed, *run.pool);
  if (!options.data.empty()) return std::move(corpus.train);
  check_validation(run.state, corpus.validation);
  return std::move(corpus.validation);
}

}  // namespace

int eval(const EvalOptions& options) {
  Log log(Log::Level::warning);
  LoadedRun run = load_run(options.run);
  const std::vector<Token> tokens = tokens_to_evaluate(run, options, log);
  const Preset& preset = run.model->preset();
  const EvaluationBatches batches(tokens, preset.seq_len, preset.batch_size);
  const std::atomic<int> never{0};
  const auto result = Evaluator(*run.model, batches, run.tokenizer).run(0, never);
  if (!result)
    throw Error(Fault::usage, "there is nothing to evaluate",
                options.data.empty() ? "data.validation_fraction of the run" : options.data,
                "name a text with --data");
  if (!std::isfinite(result->loss))
    throw Error(Fault::run, "the loss is not finite", options.run,
                "train again with a lower optimizer.lr or restore an earlier checkpoint");
  if (options.json)
    fmt::print("{}\n", nlohmann::ordered_json{{"loss", result->loss},
                                              {"perplexity", result->perplexity},
                                              {"bits_per_byte", result->bits_per_byte},
                                              {"tokens", result->tokens},
                                              {"step", run.state.step}}
                           .dump());
  else
    fmt::print(
        "loss           {:.4f} nats per token\nperplexity     {:.3f}\nbits per byte  {:.4f}\n"
        "tokens         {}\nstep           {}\n",
        result->loss, result->perplexity, result->bits_per_byte, result->tokens, run.state.step);
  return 0;
}

}  // namespace diecast
