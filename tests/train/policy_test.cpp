#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <diecast/checkpoint/checkpoint_writer.hpp>
#include <diecast/core/error.hpp>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/train/trainer.hpp>

#include "tests/checkpoint/fake_model.hpp"
#include "tests/data/letters.hpp"
#include "tests/temporary_folder.hpp"

// What a trainer does about spikes and about evaluations without improvement.

namespace diecast {
namespace {

using testing::TemporaryFolder;
using Policy = SpikeRule::Policy;

// The batch that begins with the number k, in digits of base 5, has the gradient and the loss of batch(k); the losses of
// some are spikes.
class ScriptedModel : public testing::FakeModel {
 public:
  std::set<std::uint64_t> spikes;
  std::function<std::uint64_t(std::uint64_t)> batch = [](std::uint64_t k) { return k; };
  std::function<double(std::size_t)> validation = [](std::size_t) { return 1.0; };  // of call number n
  std::size_t evaluations = 0;

  ScriptedModel() { fill_distinct(); }
  std::string_view target() const override { return target_; }
  Loss forward_backward(TokenBatch tokens, float scale, DropoutKey, const StepPart&) override {
    const std::uint64_t number = batch(tokens.inputs[0] + 5 * tokens.inputs[1] + 25 * tokens.inputs[2]);
    for (std::size_t i = 0; i < gradients().size(); ++i)
      if (i < 20 || i >= 24)  // not the padding, which no checkpoint has
        gradients()[i] += scale * static_cast<float>(tokens.targets.size()) * static_cast<float>(1 + (i + number) % 3);
    const double loss = spikes.contains(number) ? 50 : 3 + 0.01 * static_cast<double>(number % 4);
    return {.sum = loss * static_cast<double>(tokens.targets.size()), .tokens = tokens.targets.size()};
  }
  Loss loss(TokenBatch) override { return {.sum = validation(evaluations++), .tokens = 1}; }

 private:
  std::string target_ = kernel_targets().front();
};

// Runs of such a model with a line of metrics for every step, in a folder of their own.
class PolicyFixture {
 public:
  RunConfig config;
  TrainPlan plan;

  explicit PolicyFixture(ScriptedModel& model) : model_(model), beginning_(model.values) {
    config.log.every_steps.value = 1;
    plan.tokens_per_step = 16;
    plan.schedule.lr = 1e-2;
    plan.spike.window = 8;
  }

  TrainEnd train(const TrainState& start, std::uint64_t last_step) {
    plan.last_step = last_step;
    plan.last_step_reason = "train.max_steps";
    CheckpointWriter writer(run_, model_, {.last = 0});
    Trainer trainer({.config = config,
                     .plan = plan,
                     .model = model_,
                     .pool = pool_,
                     .batches = batches_,
                     .evaluator = evaluator_,
                     .metrics = metrics_,
                     .log = log_,
                     .stop = stop_,
                     .sample = [](std::uint64_t) {},
                     .checkpoints = &writer,
                     .restore = [&] { return newest(); },
                     .folder = "RUN"});
    return trainer.run(start);
  }

  // The newest checkpoint, or the beginning.
  TrainState newest() {
    const auto loaded = load_newest(run_, model_);
    if (!loaded) model_.values = beginning_;
    const TrainState state = loaded ? loaded->state : TrainState{};
    metrics_.rewind(state.step);
    return state;
  }
  std::vector<std::uint64_t> checkpoints() const { return checkpoint_steps(run_.checkpoints()); }
  void copy_checkpoint(const PolicyFixture& from, std::uint64_t step) {
    std::filesystem::copy(from.run_.checkpoint(step), run_.checkpoint(step), std::filesystem::copy_options::recursive);
  }

  std::vector<nlohmann::json> lines() const {
    std::istringstream text(testing::read_file(folder_ / "metrics.jsonl"));
    std::vector<nlohmann::json> result;
    for (std::string line; std::getline(text, line);) result.push_back(nlohmann::json::parse(line));
    return result;
  }
  std::vector<double> column(const char* key) const {
    std::vector<double> values;
    for (const nlohmann::json& line : lines()) values.push_back(line.at(key));
    return values;
  }

 private:
  static std::vector<Token> numbered_batches() {
    constexpr Token kBatches = 125;
    std::vector<Token> tokens;
    for (Token batch = 0; batch < kBatches; ++batch) {
      tokens.insert(tokens.end(), {batch % 5, batch / 5 % 5, batch / 25});
      tokens.resize(tokens.size() + 13);
    }
    tokens.push_back(0);
    return tokens;
  }

  ScriptedModel& model_;
  std::vector<std::vector<float>> beginning_;
  ThreadPool pool_{1};
  std::vector<Token> tokens_ = numbered_batches();
  BatchOptions options_{.seq_len = 8, .batch_size = 2, .end_of_text = 4, .seed = 1, .shuffle = false};
  BatchStream batches_{{{TokenSet(tokens_)}}, options_};
  EvaluationBatches one_batch_{TokenSet(std::span(tokens_).first(17)), options_};
  BpeTokenizer tokenizer_ = testing::letters();
  Evaluator evaluator_{model_, one_batch_, tokenizer_};
  TemporaryFolder folder_;
  RunFolder run_ = RunFolder::create(folder_ / "run");
  MetricsFile metrics_{folder_ / "metrics.jsonl", 0};
  Log log_{Log::Level::error};
  std::atomic<int> stop_{0};
};

std::vector<double> numbers_to(int last) {
  std::vector<double> numbers;
  for (int i = 1; i <= last; ++i) numbers.push_back(i);
  return numbers;
}

// A model that never sees the batches from `first` on, `count` of them.
ScriptedModel without_batches(std::uint64_t first, std::uint64_t count) {
  ScriptedModel model;
  model.batch = [=](std::uint64_t k) { return k < first ? k : k + count; };
  return model;
}

TEST_CASE("a run ends by eval.patience, and stays ended when it is resumed") {
  ScriptedModel model;
  model.validation = [](std::size_t n) { return n == 0 ? 3.0 : 2.0; };
  PolicyFixture run(model);
  run.config.eval.every_steps.value = 2;
  run.plan.improvement.patience = 2;
  const TrainEnd end = run.train({}, 100);
  CHECK(end.state.step == 8);
  CHECK(end.reason == "eval.patience");
  REQUIRE(end.evaluation);
  CHECK(run.newest().improvement.stale == 2);
  const auto values = model.values;
  const TrainEnd again = run.train(run.newest(), 100);
  CHECK(again.state.step == 8);
  CHECK(again.reason == "eval.patience");
  CHECK(model.values == values);
  run.plan.improvement.patience = 3;
  CHECK(run.train(run.newest(), 100).state.step == 10);
}

TEST_CASE("evaluations at the end of a session count as often as where training goes on") {
  ScriptedModel whole, parts;
  PolicyFixture whole_run(whole), parts_run(parts);
  TrainState state;
  for (PolicyFixture* run : {&whole_run, &parts_run}) run->config.eval.every_steps.value = 3;
  for (const std::uint64_t last : {2, 3, 6, 7, 10}) state = parts_run.train(state, last).state;
  const TrainState expected = whole_run.train({}, 10).state;
  CHECK(state.improvement == expected.improvement);
  CHECK(expected.improvement.stale == 2);
}

TEST_CASE("an evaluation that a signal cut short is taken when the run goes on") {
  ScriptedModel model;
  PolicyFixture run(model);
  run.config.eval.every_steps.value = 3;
  TrainState state = run.train({}, 3).state;
  CHECK(state.improvement.step == 3);
  state.improvement = {};
  state.owes_evaluation = true;
  CHECK(run.train(state, 4).state.improvement.step == 3);
}

TEST_CASE("on a plateau the rate falls after evaluations without improvement, resumed or not, down to the minimum") {
  ScriptedModel whole, parts;
  PolicyFixture whole_run(whole), parts_run(parts);
  for (PolicyFixture* run : {&whole_run, &parts_run}) {
    run->config.eval.every_steps.value = 2;
    run->plan.improvement.fall_patience = 2;
    run->plan.schedule = {.course = Schedule::Course::plateau, .lr = 1, .min_lr = 0.2, .gamma = 0.5};
  }
  whole_run.train({}, 20);
  const std::vector<double> expected{1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2,
                                     0.2, 0.2};
  CHECK(whole_run.column("lr") == expected);
  TrainState state;
  for (const std::uint64_t last : {5, 6, 13, 20}) state = parts_run.train(state, last).state;
  CHECK(parts_run.column("lr") == expected);
  CHECK(parts.values == whole.values);
}

TEST_CASE("a spike's update is skipped as if its batch had not been") {
  ScriptedModel model, reference = without_batches(12, 1);
  model.spikes = {12};
  PolicyFixture run(model), reference_run(reference);
  run.plan.spike.policy = Policy::skip;
  const TrainState state = run.train({}, 20).state;
  reference_run.train({}, 19);
  CHECK(model.values == reference.values);
  CHECK(state.step == 20);
  CHECK(state.spike.skipped_steps == 1);
  CHECK(run.lines()[11].at("spikes") == 0);
  CHECK(run.lines()[12].at("spikes") == 1);
  CHECK(run.lines()[12].at("loss") == 50);
  CHECK(state.spike.loss.mean < 4);  // it is not remembered
  CHECK_FALSE(reference_run.lines()[0].contains("spikes"));
}

TEST_CASE("a run that stops at a spike names it and saves nothing more") {
  ScriptedModel model;
  model.spikes = {12};
  PolicyFixture run(model);
  run.plan.spike.policy = Policy::stop;
  run.config.checkpoint.every_steps.value = 5;
  try {
    run.train({}, 20);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::diverged);
    const std::string what = error.what();
    CAPTURE(what);
    for (const char* part : {"the loss is 50, ", "deviations above its running mean of 3.0", ", step 13, ",
                             "`fake data why RUN --step 13`"})
      CHECK(what.find(part) != std::string::npos);
  }
  CHECK(run.checkpoints().back() == 10);
}

TEST_CASE("a rewound run goes on from the checkpoint with the data behind the spike") {
  ScriptedModel model, reference = without_batches(10, 3);
  model.spikes = {12};
  PolicyFixture run(model), reference_run(reference);
  run.plan.spike.policy = Policy::rewind;
  run.config.checkpoint.every_steps.value = 5;
  const TrainState state = run.train({}, 20).state;
  reference_run.train({}, 20);
  CHECK(model.values == reference.values);
  CHECK(state.step == 20);
  CHECK(state.micro_steps == 23);
  CHECK(state.spike.spikes == 1);
  CHECK(state.jumps == std::vector<DataJump>{{.step = 10, .micro_steps = 13}});
  CHECK(run.column("step") == numbers_to(20));
  CHECK(first_micro_step(state, 10, 1) == 9);
  CHECK(first_micro_step(state, 11, 1) == 13);
  CHECK(first_micro_step(state, 21, 1) == state.micro_steps);
}

TEST_CASE("before the first checkpoint a run is rewound to its beginning") {
  ScriptedModel model, reference = without_batches(0, 10);
  model.spikes = {9};
  PolicyFixture run(model), reference_run(reference);
  run.plan.spike.policy = Policy::rewind;
  run.train({}, 20);
  reference_run.train({}, 20);
  CHECK(model.values == reference.values);
  CHECK(run.column("step") == numbers_to(20));
}

TEST_CASE("a run that was killed before or after a rewind equals one that was not") {
  const auto configure = [](PolicyFixture& run) {
    run.plan.spike.policy = Policy::rewind;
    run.config.checkpoint.every_steps.value = 5;
  };
  ScriptedModel whole;
  whole.spikes = {12, 19};
  PolicyFixture whole_run(whole);
  configure(whole_run);
  const TrainState expected = whole_run.train({}, 30).state;
  REQUIRE(expected.spike.spikes == 2);
  for (const std::uint64_t step : {5, 10, 15, 20, 25}) {
    CAPTURE(step);
    ScriptedModel resumed;
    resumed.spikes = whole.spikes;
    PolicyFixture run(resumed);
    configure(run);
    run.copy_checkpoint(whole_run, step);
    TrainState state = run.train(run.newest(), 30).state;
    CHECK(resumed.values == whole.values);
    state.wall_seconds = expected.wall_seconds;
    CHECK(state == expected);
  }
}

TEST_CASE("rewinds that do not get beyond the spike end the run") {
  ScriptedModel model;
  for (std::uint64_t batch = 12; batch < 100; ++batch) model.spikes.insert(batch);
  PolicyFixture run(model);
  run.plan.spike.policy = Policy::rewind;
  run.config.checkpoint.every_steps.value = 5;
  CHECK_THROWS_WITH_AS(run.train({}, 30), doctest::Contains("after 3 rewinds in a row, step 11"), Error);
  CHECK(run.checkpoints().back() == 10);
}

}  // namespace
}  // namespace diecast
