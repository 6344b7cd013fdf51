#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>
#include <diecast/generate/generator.hpp>
#include <diecast/kernels/peak.hpp>
#include <diecast/preset/fields.hpp>
#include <diecast/tokenizer/load.hpp>
#include <diecast/train/questions.hpp>
#include <diecast/train/sample_file.hpp>
#include <diecast/train/stop_signal.hpp>
#include <diecast/train/trainer.hpp>

#include "cli/commands.hpp"
#include "cli/loaded_run.hpp"
#include "cli/preset_config.hpp"
#include "cli/run_data.hpp"

namespace diecast {
namespace {

namespace fs = std::filesystem;

// Batches do not depend on who makes them.
bool may_change_on_resume(const std::string& override) {
  return override.starts_with("data.workers=") || override.starts_with("data.prefetch_batches=");
}

// A run goes on with what decided its data and its first steps.
RunConfig config_of_resumed_run(const TrainOptions& options, const RunFolder& folder) {
  if (!options.configs.empty())
    throw Error(Fault::usage, "--resume takes the run's own config.toml", options.configs.front(),
                "leave this file out, change single keys with --set");
  for (const std::string& text : options.overrides)
    for (const char* fixed : {"data.", "tokenizer.", "run.seed="})
      if (text.starts_with(fixed) && !may_change_on_resume(text))
        throw Error(Fault::usage, "--resume cannot change " + text.substr(0, text.find('=')), "--set " + text,
                    "start a new run");
  return config_of_run(folder, options.overrides);
}

Log::Level level_of(const RunConfig& config, bool quiet) {
  const std::string& name = config.log.level.value;
  if (name == "error") return Log::Level::error;
  return quiet || name == "warning" ? Log::Level::warning : Log::Level::info;
}

// The folder of a run. One that is new is taken away again if the run fails before it has written anything, so
// that it uses up neither a name nor a number.
class OwnFolder {
 public:
  explicit OwnFolder(const RunFolder& resumed) : is_new_(false), folder_(resumed) {}
  OwnFolder(const RunConfig& config, const TrainOptions& options)
      : OwnFolder(options.out.empty() ? config.run.out.value : options.out) {}
  ~OwnFolder() {
    if (!is_new_ || !is_untouched()) return;
    std::error_code ignored;
    fs::remove(folder_.checkpoints(), ignored);
    fs::remove(folder_.path(), ignored);
  }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;

  const RunFolder& get() const { return folder_; }

 private:
  explicit OwnFolder(const std::string& out)
      : is_new_(out.empty() || !exists(out)),
        folder_(out.empty() ? RunFolder::create_next("runs", active_preset().name) : RunFolder::create(out)) {}

  static bool exists(const std::string& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
  }

  bool is_untouched() const {
    std::error_code error;
    const auto entries = std::distance(fs::directory_iterator(folder_.path(), error), fs::directory_iterator());
    return !error && entries == 1 && fs::is_empty(folder_.checkpoints(), error) && !error;
  }

  bool is_new_;  // asked before the folder is made
  RunFolder folder_;
};

// What repeats the run from anywhere: paths become absolute.
void write_config(RunConfig config, const RunFolder& folder) {
  const auto make_absolute = [](std::string& path) {
    if (!path.empty() && !path.starts_with("builtin:")) path = fs::absolute(path).string();
  };
  config.run.out.value = folder.path().string();
  for (std::string& source : config.data.source.value) make_absolute(source);
  make_absolute(config.tokenizer.file.value);
  make_absolute(config.eval.hellaswag.value);
  folder.write(folder.config(),
               fmt::format("# As resolved by {} {}. To repeat: {} train {} --out FOLDER\n\n{}",
                           active_preset().name, DIECAST_VERSION, active_preset().name,
                           folder.config().string(), to_toml(config, describe(active_preset()))));
}

std::string sample(Model& model, const Tokenizer& tokenizer, const RunConfig& config,
                   const std::string& prompt) {
  const auto decoder = model.make_decoder();
  Generator generator(*decoder, tokenizer, model.preset().seq_len);
  std::string text = prompt;
  generator.generate(prompt, config.sample.max_tokens, {.seed = config.run.seed},
                     [&](std::string_view bytes) { text += bytes; });
  return text;
}

int report_end(const TrainEnd& end, const RunFolder& folder, Log& log) {
  const std::string checkpoint = folder.checkpoint(end.state.step).string();
  if (end.signal != 0) {
    log.info(fmt::format("stopped by {} after step {}; checkpoint {}; go on with: {} train --out {} --resume",
                         StopSignal::name_of(end.signal), end.state.step, checkpoint,
                         active_preset().name, folder.path().string()));
    return 128 + end.signal;
  }
  if (end.evaluation)
    log.info(fmt::format("validation loss {:.4f}, perplexity {:.2f}, {:.4f} bits per byte",
                         end.evaluation->loss, end.evaluation->perplexity, end.evaluation->bits_per_byte));
  log.info(fmt::format("ended after step {} by {}; checkpoint {}", end.state.step, end.reason, checkpoint));
  return 0;
}

// The same for programs.
void print_end(const TrainEnd& end, const RunFolder& folder) {
  const nlohmann::ordered_json facts{
      {"run", folder.path().string()},
      {"step", end.state.step},
      {"loss", end.loss},
      {"val_loss", end.evaluation ? nlohmann::ordered_json(end.evaluation->loss) : nlohmann::ordered_json()},
      {"tok_per_s", end.tok_per_s},
      {"checkpoint", folder.checkpoint(end.state.step).string()},
      {"reason", end.signal != 0 ? StopSignal::name_of(end.signal) : end.reason}};
  fmt::print("{}\n", facts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

// A training run from its resolved configuration to its last line, in the order in which things can fail.
class TrainRun {
 public:
  TrainRun(RunConfig config, const TrainOptions& options, std::optional<RunFolder> resumed)
      : config_(std::move(config)),
        resumes_(resumed.has_value()),
        prints_json_(options.json),
        log_(level_of(config_, options.quiet)) {
    check_memory(config_.run.threads);
    source_ = std::make_unique<RunData>(config_, log_);  // says what is missing before there is a folder
    if (resumed)
      folder_.emplace(*resumed);
    else
      folder_.emplace(config_, options);
    pool_ = std::make_unique<ThreadPool>(config_.run.threads);
    tokenizer_ = resumes_ ? load_tokenizer(folder_->get().tokenizer())
                          : source_->make_tokenizer(active_preset().vocab_size, *pool_);
    const std::string& questions = config_.eval.hellaswag.value;
    if (!questions.empty()) questions_ = read_questions(questions, *tokenizer_);
    const std::filesystem::path cache = folder_->get().cache();
    tokens_ = source_->open(*tokenizer_, cache, nullptr, *pool_);
  }

  int run() {
    const BatchOptions options = batch_options(config_, *tokenizer_);
    const BatchStream batches(tokens_.train, options);
    const EvaluationBatches validation(tokens_.validation, options);
    const TrainPlan plan = make_train_plan(config_, batches.batches_per_epoch(), batches.targets_per_batch());
    model_ = make_model(*pool_);
    const TrainState start = start_state();
    open_files(start);
    MetricsFile metrics(folder_->get().metrics(), start.step);
    SampleFile samples(folder_->get().samples(), start.step);
    Evaluator evaluator(*model_, validation, *tokenizer_);
    const StopSignal handlers;
    Trainer trainer({.config = config_,
                     .plan = plan,
                     .model = *model_,
                     .pool = *pool_,
                     .batches = batches,
                     .evaluator = evaluator,
                     .metrics = metrics,
                     .log = log_,
                     .stop = StopSignal::received(),
                     .save =
                         [&](const TrainState& state) {
                           save_checkpoint(folder_->get(), *model_, state, config_.checkpoint.keep_last);
                         },
                     .sample = [&](std::uint64_t step) { log_samples(step, samples); },
                     .peak_flops = 1e9 * measure_peak(*pool_).gflops(active_preset().precision),
                     .restore = [&] { return restore(metrics, samples); },
                     .folder = folder_->get().path()});
    const TrainEnd end = trainer.run(start);
    const int exit_code = report_end(end, folder_->get(), log_);
    if (prints_json_) print_end(end, folder_->get());
    if (exit_code != 0) return exit_code;
    last_samples(end.state.step, samples);
    return questions_.empty() ? 0 : answer();
  }

 private:
  // The newest checkpoint's state, loaded into the model, or that of a model nobody has trained.
  TrainState start_state() {
    return resumes_ ? newest_state() : first_state();
  }

  TrainState newest_state() {
    const auto checkpoint = find_latest(folder_->get());
    return checkpoint ? load_trained(*checkpoint, *model_, config_.run.seed, *tokenizer_, tokens_) : first_state();
  }

  TrainState first_state() {
    model_->initialise(config_.run.seed);
    std::ranges::fill(model_->first_moments(), 0.0f);
    std::ranges::fill(model_->second_moments(), 0.0f);
    return new_state(config_.run.seed, *tokenizer_, tokens_);
  }

  // Back to the newest checkpoint.
  TrainState restore(MetricsFile& metrics, SampleFile& samples) {
    const TrainState state = newest_state();
    metrics.rewind(state.step);
    samples.rewind(state.step);
    return state;
  }

  int answer() {
    const auto score = answer_questions(*model_, questions_, StopSignal::received());
    if (score) {
      log_.info(fmt::format("HellaSwag: {}", to_text(*score)));
      return 0;
    }
    log_.info(fmt::format("{} came before HellaSwag was answered; the run is complete: {} eval {}",
                          StopSignal::name_of(StopSignal::received()), active_preset().name,
                          folder_->get().path().string()));
    return 128 + StopSignal::received();
  }

  void open_files(const TrainState& start) {
    source_->keep(folder_->get().cache());
    config_.tokenizer.kind.value = tokenizer_->kind();  // of a file, perhaps another than the default
    write_config(config_, folder_->get());
    if (!resumes_) save_tokenizer(*tokenizer_, folder_->get().tokenizer());
    log_.open(folder_->get().log());
    log_.info(
        fmt::format("run folder {}: {} parameters, {} tokens to train on, {} to validate, {}, {} threads",
                    folder_->get().path().string(), model_->param_table().parameter_count(), tokens_.tokens_to_train(),
                    tokens_.validation.size(), model_->target(), pool_->threads()));
    if (resumes_) log_.info(fmt::format("going on after step {}", start.step));
  }

  void log_samples(std::uint64_t step, SampleFile& samples) {
    for (const std::string& prompt : config_.sample.prompts.value) {
      const std::string text = sample(*model_, *tokenizer_, config_, prompt);
      log_.detail(fmt::format("step {}: sample: {}", step, text));
      samples.write(step, prompt, text);
    }
    sampled_step_ = step;
  }

  // Of a run that ended by itself: on stdout, unless that is for JSON.
  void last_samples(std::uint64_t step, SampleFile& samples) {
    if (prints_json_ && sampled_step_ == step) return;
    for (const std::string& prompt : config_.sample.prompts.value) {
      const std::string text = sample(*model_, *tokenizer_, config_, prompt);
      if (!prints_json_) fmt::print("{}\n\n", text);
      if (sampled_step_ != step) samples.write(step, prompt, text);
    }
  }

  RunConfig config_;
  bool resumes_;
  bool prints_json_;
  Log log_;
  std::optional<OwnFolder> folder_;
  std::unique_ptr<RunData> source_;  // goes before the folder, with what it has put there
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<ThreadPool> pool_;
  RunTokens tokens_;
  std::vector<Question> questions_;
  std::unique_ptr<Model> model_;
  std::optional<std::uint64_t> sampled_step_;  // the last one of which there are samples
};

}  // namespace

int train(const TrainOptions& options) {
  if (!options.resume) return TrainRun(resolve_preset_config(options.configs, options.overrides), options, {}).run();
  if (options.out.empty())
    throw Error(Fault::usage, "--resume needs the run to go on with", "command line", "add --out RUN");
  const RunFolder folder = RunFolder::open_to_train(options.out);
  return TrainRun(config_of_resumed_run(options, folder), options, folder).run();
}

}  // namespace diecast
