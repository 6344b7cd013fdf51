#include "cli/replay.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/core/error.hpp>
#include <diecast/tokenizer/load.hpp>
#include <diecast/train/stop_signal.hpp>
#include <diecast/train/trainer.hpp>

#include "cli/loaded_run.hpp"
#include "cli/run_data.hpp"
#include "cli/temporary_cache.hpp"
#include "core/json_text.hpp"
#include "core/read_file.hpp"
#include "train/step_lines.hpp"

namespace diecast {
namespace {

using MetricsLine = nlohmann::ordered_json;

constexpr const char* kComparedKeys[] = {"loss", "grad_norm", "lr"};

// The lines of a metrics.jsonl that belong to steps of the range and have a loss.
std::map<std::uint64_t, MetricsLine> lines_of_range(const std::filesystem::path& metrics, const ReplayRange& range) {
  std::map<std::uint64_t, MetricsLine> lines;
  std::istringstream text(read_text(metrics));
  for (std::string row; std::getline(text, row);) {
    MetricsLine line = parse_json(row);
    const auto step = step_of_line(line);
    // The line of a session that made no step, but evaluated, has none.
    if (step && *step > range.from && *step <= range.to && line.contains("loss") && !line["loss"].is_null())
      lines[*step] = std::move(line);
  }
  return lines;
}

std::optional<Replay::Difference> first_difference_of(const std::map<std::uint64_t, MetricsLine>& recorded,
                                                      const std::map<std::uint64_t, MetricsLine>& again) {
  for (const auto& [step, line] : recorded) {
    const auto repeated = again.find(step);
    for (const char* key : kComparedKeys) {
      const MetricsLine was = line.value(key, MetricsLine());
      const MetricsLine is = repeated == again.end() ? MetricsLine() : repeated->second.value(key, MetricsLine());
      if (was != is)
        return Replay::Difference{step, fmt::format("{} was {} and is {}", key, json_text(was), json_text(is))};
    }
  }
  return std::nullopt;
}

// The state to go on from, loaded into the model: of a checkpoint, or of a run that has not begun.
TrainState load_start(const RunFolder& folder, std::uint64_t from, Model& model, const RunConfig& config,
                      const Tokenizer& tokenizer, const RunTokens& tokens) {
  std::vector<std::uint64_t> steps = checkpoint_steps(folder.checkpoints());
  std::erase_if(steps, [&](std::uint64_t step) { return step > from; });
  if (steps.empty()) {
    model.initialise(config.run.seed);
    return new_state(config.run.seed, tokenizer, tokens);
  }
  const std::filesystem::path checkpoint = folder.checkpoint(steps.back());
  const TrainState state = load_checkpoint(checkpoint, model);
  check_same_run(state, checkpoint, config, tokenizer, tokens);
  return state;
}

// Where a spike took the run back to the step that is gone on from, its data are those that came then.
void follow_jumps(TrainState& start, const RunFolder& folder, const ReplayRange& range) {
  const auto latest = find_latest(folder);
  if (!latest) return;
  for (const TrainState state = state_of(*latest); const DataJump& jump : state.jumps) {
    if (jump.step == start.step) start.micro_steps = jump.micro_steps;
    if (jump.step > start.step && jump.step < range.to)
      throw Error(Fault::usage, fmt::format("a spike took the run back to step {}", jump.step), folder.path().string(),
                  fmt::format("choose steps up to {} or from it on", jump.step));
  }
}

}  // namespace

ReplayRange parse_replay_range(const std::string& text) {
  ReplayRange range;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, range.from);
  const bool has_dots = std::string_view(first.ptr, end).starts_with("..");
  const auto second = has_dots ? std::from_chars(first.ptr + 2, end, range.to) : first;
  if (first.ec != std::errc() || !has_dots || second.ec != std::errc() || second.ptr != end || range.to <= range.from)
    throw Error(Fault::usage, "no steps are " + text, "--replay", "as in 100..200, the first one the lower");
  return range;
}

Replay replay_steps(const RunFolder& folder, const ReplayRange& range, Log& log) {
  const auto recorded = lines_of_range(folder.metrics(), range);
  const auto checkpoints = checkpoint_steps(folder.checkpoints());
  const bool has_checkpoint = std::ranges::find(checkpoints, range.to) != checkpoints.end();
  if (recorded.empty() && !has_checkpoint)
    throw Error(Fault::usage, fmt::format("the run recorded nothing of the steps {}..{}", range.from, range.to),
                folder.metrics().string(), "choose steps that it has logged");

  // A line for each step; the callback for samples, too.
  const RunConfig config =
      config_of_run(folder, std::vector<std::string>{"log.every_steps=1", "sample.every_steps=1"});
  check_memory(config.run.threads, bytes_of_means(config));
  const StopSignal handlers;
  TemporaryCache scratch;
  ThreadPool pool(config.run.threads);
  const auto tokenizer = load_tokenizer(folder.tokenizer());
  RunData data(config, log);
  const RunTokens tokens = data.open(*tokenizer, folder.cache(), &scratch, pool);
  const BatchOptions options = batch_options(config, *tokenizer);
  const BatchStream batches(tokens.train, options);
  const EvaluationBatches validation(tokens.validation, options);
  const auto model = make_model(pool);
  if (config.optimizer.ema_decay > 0) model->keep_means();
  TrainState start = load_start(folder, range.from, *model, config, *tokenizer, tokens);
  follow_jumps(start, folder, range);
  Replay replay{.from = start.step, .logged_steps = recorded.size()};
  if (start.step != range.from)
    log.warning(fmt::format("there is no checkpoint of step {}: going on from step {}", range.from, start.step));

  // Nothing but the callback ends it: limits of the run belong to its schedule alone.
  TrainPlan plan = make_train_plan(config, batches.batches_per_epoch(), batches.targets_per_batch());
  plan.last_step = TrainPlan::kNever;
  plan.max_seconds = TrainPlan().max_seconds;
  plan.improvement.patience = 0;
  if (plan.spike.policy == SpikeRule::Policy::rewind) plan.spike.policy = SpikeRule::Policy::off;
  const std::filesystem::path metrics_path = scratch.path() / "metrics.jsonl";
  MetricsFile metrics(metrics_path, start.step);
  Evaluator evaluator(*model, validation, *tokenizer);
  std::atomic<int> stop{0};
  const auto after_step = [&](std::uint64_t step) {
    stop = StopSignal::received().load();
    if (step == range.to) stop = SIGTERM;
  };
  Trainer trainer({.config = config,
                   .plan = plan,
                   .model = *model,
                   .pool = pool,
                   .batches = batches,
                   .evaluator = evaluator,
                   .metrics = metrics,
                   .log = log,
                   .stop = stop,
                   .sample = after_step});
  const TrainEnd end = trainer.run(start);
  if (end.state.step != range.to)
    throw Stopped(end.signal, fmt::format("stopped by {} after step {} was run again", StopSignal::name_of(end.signal),
                                          end.state.step));
  replay.compared_checkpoint = has_checkpoint;
  replay.difference = first_difference_of(recorded, lines_of_range(metrics_path, range));
  if (replay.difference || !has_checkpoint) return replay;
  if (const auto other_tensor = first_other_tensor(folder.checkpoint(range.to), *model))
    replay.difference = {range.to, fmt::format("{} is not what the checkpoint has", *other_tensor)};
  return replay;
}

}  // namespace diecast
