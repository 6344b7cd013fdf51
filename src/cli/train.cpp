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

#include <diecast/checkpoint/checkpoint_writer.hpp>
#include <diecast/core/error.hpp>
#include <diecast/generate/generator.hpp>
#include <diecast/kernels/peak.hpp>
#include <diecast/preset/fields.hpp>
#include <diecast/tokenizer/load.hpp>
#include <diecast/train/means_in_place.hpp>
#include <diecast/train/questions.hpp>
#include <diecast/train/sample_file.hpp>
#include <diecast/train/stop_signal.hpp>
#include <diecast/train/trainer.hpp>

#include "cli/commands.hpp"
#include "cli/loaded_run.hpp"
#include "cli/preset_config.hpp"
#include "cli/run_data.hpp"
#include "cli/run_watch.hpp"
#include "core/json_text.hpp"

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
  // After the folder was made anew.
  void lock_again() { folder_.lock(); }

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
  generator.generate(prompt, config.sample.max_tokens, {.seed = config.run.seed}, [&](std::string_view bytes) {
    text += bytes;
    return StopSignal::received() == 0;
  });
  return text;
}

// Between the parts of a start that do not look at signals themselves.
void end_if_stopped() {
  const int signal = StopSignal::received();
  if (signal != 0)
    throw Stopped(signal, fmt::format("stopped by {} before the first step", StopSignal::name_of(signal)));
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
  fmt::print("{}\n", json_text(facts));
}

// A training run from its resolved configuration to its last line, in the order in which things can fail.
class TrainRun {
 public:
  TrainRun(RunConfig config, const TrainOptions& options, std::optional<RunFolder> resumed)
      : config_(std::move(config)),
        resumes_(resumed.has_value()),
        prints_json_(options.json),
        log_(level_of(config_, options.quiet)),
        watch_(options.dashboard) {
    check_memory(config_.run.threads, bytes_of_means(config_));
    source_ = std::make_unique<RunData>(config_, log_);  // says what is missing before there is a folder
    if (resumed)
      folder_.emplace(*resumed);
    else
      folder_.emplace(config_, options);
    pool_ = std::make_unique<ThreadPool>(config_.run.threads);
    tokenizer_ = has_tokenizer() ? load_tokenizer(folder_->get().tokenizer())
                                 : source_->make_tokenizer(active_preset().vocab_size, *pool_);
    const std::string& questions = config_.eval.hellaswag.value;
    if (!questions.empty()) questions_ = read_questions(questions, *tokenizer_);
    const std::filesystem::path cache = folder_->get().cache();
    end_if_stopped();
    tokens_ = source_->open(*tokenizer_, cache, nullptr, *pool_);
    end_if_stopped();
  }

  int run() {
    const BatchOptions options = batch_options(config_, *tokenizer_);
    const BatchStream batches(tokens_.train, options);
    const EvaluationBatches validation(tokens_.validation, options);
    const TrainPlan plan = make_train_plan(config_, batches.batches_per_epoch(), batches.targets_per_batch());
    model_ = make_model(*pool_);
    if (config_.optimizer.ema_decay > 0) model_->keep_means();
    const TrainState start = start_state();
    check_limits(start);
    end_if_stopped();
    open_files(start);
    MetricsFile metrics(folder_->get().metrics(), start.step);
    SampleFile samples(folder_->get().samples(), start.step);
    Evaluator evaluator(*model_, validation, *tokenizer_);
    const Peak peak = measure_peak(*pool_);
    watch_.start(config_, folder_->get(), *model_, *pool_, peak, start.step, log_);
    const CheckpointSection& keep = config_.checkpoint;
    CheckpointWriter writer(folder_->get(), *model_,
                            {.last = keep.keep_last, .every = keep.keep_every, .best = keep.keep_best},
                            [&] { restore_folder(); });
    Trainer trainer({.config = config_,
                     .plan = plan,
                     .model = *model_,
                     .pool = *pool_,
                     .batches = batches,
                     .evaluator = evaluator,
                     .metrics = metrics,
                     .log = log_,
                     .stop = StopSignal::received(),
                     .sample = [&](std::uint64_t step) { log_samples(step, samples); },
                     .observe = [&](const Metrics& line) { watch_.write(line); },
                     .profiler = watch_.profiler(),
                     .checkpoints = &writer,
                     .save_asked = &StopSignal::checkpoint_asked(),
                     .peak_flops = 1e9 * peak.gflops(active_preset().precision),
                     .restore = [&] { return restore(metrics, samples); },
                     .folder = folder_->get().path()});
    const TrainEnd end = trainer.run(start);
    const int exit_code = report_end(end, folder_->get(), log_);
    if (prints_json_) print_end(end, folder_->get());
    if (exit_code != 0) return exit_code;
    last_samples(end.state.step, samples);
    if (!questions_.empty() && StopSignal::received() == 0) answer();
    const int signal = StopSignal::received();
    if (signal == 0) return 0;
    log_.info(fmt::format("stopped by {} after the run had ended", StopSignal::name_of(signal)));
    return 128 + signal;
  }

 private:
  // A run that was killed as it began may have none yet.
  bool has_tokenizer() const {
    std::error_code ignored;
    return resumes_ && (fs::exists(folder_->get().tokenizer(), ignored) || find_latest(folder_->get()));
  }

  // The newest checkpoint's state, loaded into the model, or that of a model nobody has trained.
  TrainState start_state() {
    return resumes_ ? newest_state() : first_state();
  }

  // In which steps are counted from what each of them uses.
  void check_limits(const TrainState& start) const {
    const TrainSection& section = config_.train;
    if (start.micro_steps == first_micro_step(start, start.step + 1, section.micro_batches)) return;
    const bool by_epochs = section.max_epochs > 0;
    if (!by_epochs && section.max_tokens == 0) return;
    const auto& [name, where] = by_epochs ? std::pair("max_epochs", section.max_epochs.where)
                                          : std::pair("max_tokens", section.max_tokens.where);
    throw Error(Fault::usage, fmt::format("train.{} cannot be counted: earlier steps took other micro-batches", name),
                where, fmt::format("set train.max_steps and train.{}=0", name));
  }

  TrainState newest_state() {
    const auto loaded = load_newest(folder_->get(), *model_);
    if (!loaded) return first_state();
    check_same_run(loaded->state, loaded->path, config_, *tokenizer_, tokens_);
    if (!loaded->warning.empty()) log_.warning(loaded->warning);
    set_aside_damaged(folder_->get(), *loaded);
    return loaded->state;
  }

  TrainState first_state() {
    model_->initialise(config_.run.seed);
    std::ranges::fill(model_->first_moments(), 0.0f);
    std::ranges::fill(model_->second_moments(), 0.0f);
    return new_state(config_.run.seed, *tokenizer_, tokens_);
  }

  // What a checkpoint needs beside it to be gone on from, should somebody have deleted it while training goes on.
  void restore_folder() {
    const RunFolder& folder = folder_->get();
    std::error_code error;
    if (fs::exists(folder.config(), error) && fs::exists(folder.tokenizer(), error)) return;
    if (fs::create_directories(folder.checkpoints(), error)) folder_->lock_again();
    write_config(config_, folder);
    save_tokenizer(*tokenizer_, folder.tokenizer());
    log_.warning(fmt::format("the run's folder was deleted and is made again, {}", folder.path().string()));
  }

  // Back to the newest checkpoint.
  TrainState restore(MetricsFile& metrics, SampleFile& samples) {
    const TrainState state = newest_state();
    sampled_step_.reset();
    keep_going([&] { metrics.rewind(state.step); });
    keep_going([&] { samples.rewind(state.step); });
    keep_going([&] { watch_.rewind(state.step); });
    return state;
  }

  void answer() {
    const MeansInPlace means(*model_);
    const auto score = answer_questions(*model_, questions_, StopSignal::received());
    log_.info(score ? fmt::format("HellaSwag: {}", to_text(*score))
                    : fmt::format("HellaSwag was not answered; to do so: {} eval {}", active_preset().name,
                                  folder_->get().path().string()));
  }

  void open_files(const TrainState& start) {
    source_->keep(folder_->get().cache());
    config_.tokenizer.kind.value = tokenizer_->kind();  // of a file, perhaps another than the default
    write_config(config_, folder_->get());
    if (!has_tokenizer()) save_tokenizer(*tokenizer_, folder_->get().tokenizer());
    log_.open(folder_->get().log());
    log_.info(
        fmt::format("run folder {}: {} parameters, {} tokens to train on, {} to validate, {}, {} threads",
                    folder_->get().path().string(), model_->param_table().parameter_count(), tokens_.tokens_to_train(),
                    tokens_.validation.size(), model_->target(), pool_->threads()));
    if (resumes_) log_.info(fmt::format("going on after step {}", start.step));
  }

  // Past a file that cannot be written, which is said once.
  template <class Write>
  void keep_going(const Write& write) {
    try {
      write();
    } catch (const Error& error) {
      if (!std::exchange(warned_, true)) log_.warning(fmt::format("{}; the run goes on", error.what()));
    }
  }

  void log_samples(std::uint64_t step, SampleFile& samples) {
    keep_going([&] { samples.start_step(step); });
    for (const std::string& prompt : config_.sample.prompts.value) {
      const std::string text = sample(*model_, *tokenizer_, config_, prompt);
      if (StopSignal::received() != 0) return;
      log_.detail(fmt::format("step {}: sample: {}", step, text));
      keep_going([&] { samples.write(step, prompt, text); });
      watch_.write_sample(step, prompt, text);
    }
    sampled_step_ = step;
  }

  // Of a run that ended by itself: on stdout, unless that is for JSON.
  void last_samples(std::uint64_t step, SampleFile& samples) {
    if (prints_json_ && sampled_step_ == step) return;
    const MeansInPlace means(*model_);
    const bool is_new = sampled_step_ != step;
    if (is_new) keep_going([&] { samples.start_step(step); });
    for (const std::string& prompt : config_.sample.prompts.value) {
      const std::string text = sample(*model_, *tokenizer_, config_, prompt);
      if (StopSignal::received() != 0) return;
      if (!prints_json_) fmt::print("{}\n\n", text);
      if (!is_new) continue;
      keep_going([&] { samples.write(step, prompt, text); });
      watch_.write_sample(step, prompt, text);
    }
  }

  RunConfig config_;
  bool resumes_;
  bool prints_json_;
  Log log_;
  RunWatch watch_;
  std::optional<OwnFolder> folder_;
  std::unique_ptr<RunData> source_;  // goes before the folder, with what it has put there
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<ThreadPool> pool_;
  RunTokens tokens_;
  std::vector<Question> questions_;
  std::unique_ptr<Model> model_;
  bool warned_ = false;  // of a file that cannot be written
  std::optional<std::uint64_t> sampled_step_;  // the last one of which there are samples
};

}  // namespace

int train(const TrainOptions& options) {
  const StopSignal handlers;
  if (!options.resume) return TrainRun(resolve_preset_config(options.configs, options.overrides), options, {}).run();
  if (options.out.empty())
    throw Error(Fault::usage, "--resume needs the run to go on with", "command line", "add --out RUN");
  const RunFolder folder = RunFolder::open_to_train(options.out);
  return TrainRun(config_of_resumed_run(options, folder), options, folder).run();
}

}  // namespace diecast
