#include <atomic>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>
#include <diecast/train/step_profile.hpp>
#include <diecast/train/stop_signal.hpp>
#include <diecast/train/trainer.hpp>

#include "cli/commands.hpp"
#include "cli/loaded_run.hpp"
#include "cli/preset_config.hpp"
#include "cli/run_data.hpp"
#include "cli/temporary_cache.hpp"
#include "core/durable_file.hpp"
#include "core/json_text.hpp"

namespace diecast {
namespace {

// Steps whose memory is touched for the first time.
constexpr std::uint64_t kWarmUpSteps = 2;

void print_shares(const StepProfile& profile) {
  const auto line = [&](std::string_view name, std::string_view forward, std::string_view backward, double ms) {
    fmt::print("  {:<38}{:>12}{:>12}{:>12.3f}{:>9.1f}%\n", name, forward, backward, ms,
               profile.step_ms > 0 ? 100 * ms / profile.step_ms : 0);
  };
  fmt::print("\n{:<40}{:>12}{:>12}{:>12}{:>10}\n", "layer", "forward", "backward", "ms", "share");
  for (const auto& layer : profile.layers)
    line(layer.path, fmt::format("{:.3f}", layer.forward_ms), fmt::format("{:.3f}", layer.backward_ms),
         layer.forward_ms + layer.backward_ms);
  for (const auto& part : profile.parts) line(part.name, "", "", part.ms);
  line("step", "", "", profile.step_ms);
  fmt::print("  the head's gradients are made in its forward\n");
}

void print_kernels_by_layer(const StepProfile& profile) {
  fmt::print("\n{:<40}{:<10}{:<24}{:<24}{:>8}{:>12}\n", "kernel", "", "", "", "calls", "ms");
  const auto json = to_json(profile);
  for (const auto& kernel : json["kernels"])
    fmt::print("  {:<38}{:<10}{:<24}{:<24}{:>8.0f}{:>12.3f}\n", kernel["layer"].get<std::string>(),
               kernel["pass"].get<std::string>(), kernel["kernel"].get<std::string>(),
               kernel["shape"].get<std::string>(), kernel["calls"].get<double>(), kernel["ms"].get<double>());
}

// A training run of a few steps that keeps nothing.
class ProfileRun {
 public:
  explicit ProfileRun(const ProfileOptions& options)
      : config_(resolve_preset_config(options.configs, options.overrides)), options_(options) {
    config_.train.max_steps.value = kWarmUpSteps + options.steps;
    config_.train.max_tokens.value = 0;
    config_.train.max_epochs.value = 0;
    config_.train.max_minutes.value = 0;
    config_.spike.policy.value = "off";
    check_memory(config_.run.threads, bytes_of_means(config_));
    data_ = std::make_unique<RunData>(config_, log_);
    pool_ = std::make_unique<ThreadPool>(config_.run.threads);
    tokenizer_ = data_->make_tokenizer(active_preset().vocab_size, *pool_);
    tokens_ = data_->open(*tokenizer_, cache_.path(), nullptr, *pool_);
  }

  int run() {
    const BatchOptions batches_as = batch_options(config_, *tokenizer_);
    const BatchStream batches(tokens_.train, batches_as);
    const EvaluationBatches nothing(TokenSet(), batches_as);
    const TrainPlan plan = make_train_plan(config_, batches.batches_per_epoch(), batches.targets_per_batch());
    const auto model = make_model(*pool_);
    if (config_.optimizer.ema_decay > 0) model->keep_means();
    model->initialise(config_.run.seed);
    MetricsFile metrics(cache_.path() / "metrics.jsonl", 0);
    Evaluator evaluator(*model, nothing, *tokenizer_);
    StepProfiler profiler(*model, kWarmUpSteps, options_.steps, !options_.trace.empty());
    const StopSignal handlers;
    Trainer trainer({.config = config_,
                     .plan = plan,
                     .model = *model,
                     .pool = *pool_,
                     .batches = batches,
                     .evaluator = evaluator,
                     .metrics = metrics,
                     .log = log_,
                     .stop = StopSignal::received(),
                     .sample = [](std::uint64_t) {},
                     .profiler = &profiler});
    if (const TrainEnd end = trainer.run({}); end.signal != 0)
      throw Stopped(end.signal, fmt::format("stopped by {}; nothing was measured", StopSignal::name_of(end.signal)));
    if (!options_.trace.empty()) replace_file(options_.trace, profiler.trace());
    print(profiler.profile(options_.by_block), *model, plan);
    return 0;
  }

 private:
  void print(const StepProfile& profile, const Model& model, const TrainPlan& plan) const {
    if (options_.json) {
      nlohmann::ordered_json facts{{"preset", active_preset().name},
                                   {"target", model.target()},
                                   {"threads", pool_->threads()},
                                   {"tokens_per_step", plan.tokens_per_step}};
      facts.update(to_json(profile));
      fmt::print("{}\n", json_text(facts));
      return;
    }
    fmt::print("{}, {}, {} threads: {} steps of {:.0f} tokens, {:.2f} ms each\n", active_preset().name, model.target(),
               pool_->threads(), profile.steps, plan.tokens_per_step, profile.step_ms);
    print_shares(profile);
    print_kernels_by_layer(profile);
    if (!options_.trace.empty())
      fmt::print("\n{}: open it in https://ui.perfetto.dev or chrome://tracing\n", options_.trace);
  }

  RunConfig config_;
  const ProfileOptions& options_;
  Log log_{Log::Level::warning};
  TemporaryCache cache_;
  std::unique_ptr<RunData> data_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<Tokenizer> tokenizer_;
  RunTokens tokens_;
};

}  // namespace

int profile(const ProfileOptions& options) { return ProfileRun(options).run(); }

}  // namespace diecast
