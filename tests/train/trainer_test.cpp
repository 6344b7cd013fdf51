#include <diecast/train/trainer.hpp>

#include <algorithm>
#include <atomic>
#include <limits>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <diecast/kernels/dispatch.hpp>

#include "tests/checkpoint/fake_model.hpp"
#include "tests/data/letters.hpp"
#include "tests/temporary_folder.hpp"

namespace diecast {
namespace {

using testing::TemporaryFolder;

// Its gradient is that of a sum of products, as far as `range` lets it: infinite beyond. It depends on the batch.
class NarrowModel : public testing::FakeModel {
 public:
  double range;
  std::vector<StepPart> parts;  // of all calls

  NarrowModel(Element precision, double range_) : range(range_) {
    preset_value.precision = precision;
    fill_distinct();
  }
  std::string_view target() const override { return target_; }
  Loss forward_backward(TokenBatch batch, float scale, DropoutKey, const StepPart& part) override {
    parts.push_back(part);
    for (std::size_t i = 0; i < gradients().size(); ++i) {
      const float exact = scale * static_cast<float>(1 + (i + batch.inputs.front()) % 3);
      gradients()[i] += exact <= range ? exact : std::numeric_limits<float>::infinity();
    }
    const std::size_t batches = static_cast<std::size_t>(part.index) + 1;  // so far
    return {.sum = static_cast<double>(batches), .tokens = batches * batch.targets.size()};
  }

 private:
  std::string target_ = kernel_targets().front();
};

// Runs of a model over a corpus of a few tokens, with a line of metrics for every step.
class TrainerFixture {
 public:
  explicit TrainerFixture(NarrowModel& model) : model_(model) { config_.log.every_steps.value = 1; }

  TrainState train(const TrainState& start, std::uint64_t last_step) {
    plan_.tokens_per_step = 16 * static_cast<double>(plan_.micro_batches);
    plan_.last_step = last_step;
    plan_.schedule.lr = 1e-2;
    Trainer trainer({.config = config_,
                     .plan = plan_,
                     .model = model_,
                     .pool = pool_,
                     .batches = batches_,
                     .evaluator = evaluator_,
                     .metrics = metrics_,
                     .log = log_,
                     .stop = stop_,
                     .sample = [](std::uint64_t) {}});
    return trainer.run(start).state;
  }

  TrainPlan& plan() { return plan_; }

  std::vector<nlohmann::json> lines() const {
    std::istringstream text(testing::read_file(folder_ / "metrics.jsonl"));
    std::vector<nlohmann::json> result;
    for (std::string line; std::getline(text, line);) result.push_back(nlohmann::json::parse(line));
    return result;
  }

 private:
  static std::vector<Token> some_tokens() {
    std::vector<Token> tokens(100);
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<Token>(i % 5);
    return tokens;
  }

  NarrowModel& model_;
  RunConfig config_;
  TrainPlan plan_;
  ThreadPool pool_{1};
  std::vector<Token> tokens_ = some_tokens();
  BatchOptions options_{.seq_len = 8, .batch_size = 2, .end_of_text = 4, .seed = 1, .shuffle = false};
  BatchStream batches_{{{TokenSet(tokens_)}}, options_};
  EvaluationBatches nothing_{TokenSet(), options_};
  BpeTokenizer tokenizer_ = testing::letters();
  Evaluator evaluator_{model_, nothing_, tokenizer_};
  TemporaryFolder folder_;
  MetricsFile metrics_{folder_ / "metrics.jsonl", 0};
  Log log_{Log::Level::error};
  std::atomic<int> stop_{0};
};

// Gradients are three times the scale over 16: they fit from a loss scale of 2^13 on.
constexpr double kRange = 3 * 8192 / 16;

TEST_CASE("a step whose gradient overflows leaves the model alone and halves the loss scale") {
  NarrowModel model(Element::f16, kRange);
  const auto before = model.values;
  TrainerFixture trainer(model);
  const TrainState state = trainer.train({}, 2);
  CHECK(std::equal(before.begin(), before.begin() + 3, model.values.begin()));
  CHECK(state.step == 2);
  CHECK(state.loss_scale == LossScaleState{.value = 8192, .good_steps = 0, .skipped_steps = 2});
  REQUIRE(trainer.lines().size() == 2);
  CHECK(trainer.lines()[1].at("loss_scale") == 8192);
  CHECK(trainer.lines()[1].at("skipped_steps") == 2);
  CHECK(trainer.lines()[1].at("grad_norm").is_null());
}

TEST_CASE("after skipped steps training goes on as if it began, with the gradient's own norm") {
  NarrowModel model(Element::f16, kRange), wide(Element::f32, kRange);
  TrainerFixture trainer(model), wide_trainer(wide);
  const TrainState state = trainer.train({}, 5);
  CHECK(state.loss_scale == LossScaleState{.value = 8192, .good_steps = 3, .skipped_steps = 2});
  // The f32 model begins where the other did not skip.
  TrainState start;
  start.micro_steps = 2;
  wide_trainer.train(start, 3);
  CHECK(model.values[0] == wide.values[0]);
  CHECK(model.values[1] == wide.values[1]);
  CHECK(model.values[2] == wide.values[2]);
  CHECK(trainer.lines().back().at("grad_norm") == wide_trainer.lines().back().at("grad_norm"));
  CHECK_FALSE(wide_trainer.lines().back().contains("loss_scale"));
}

TEST_CASE("a run that is resumed between skipped steps equals an uninterrupted one") {
  NarrowModel whole(Element::f16, kRange), halves(Element::f16, kRange);
  const TrainState expected = TrainerFixture(whole).train({}, 6);
  TrainState state;
  for (const std::uint64_t last_step : {1, 4, 6}) state = TrainerFixture(halves).train(state, last_step);
  CHECK(state.loss_scale == expected.loss_scale);
  CHECK(halves.values == whole.values);
}

TEST_CASE("a step's micro-batches tell the model which they are, and its loss is theirs together") {
  NarrowModel model(Element::f32, kRange);
  TrainerFixture trainer(model);
  trainer.plan().micro_batches = 2;
  trainer.plan().loss = {.label_smoothing = 0.25f, .z_loss = 0.5f};
  const TrainState state = trainer.train({}, 2);
  CHECK(state.micro_steps == 4);
  CHECK(state.tokens == 64);
  REQUIRE(model.parts.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(model.parts[i].index == i % 2);
    CHECK(model.parts[i].count == 2);
    CHECK(model.parts[i].options.label_smoothing == 0.25f);
    CHECK(model.parts[i].options.z_loss == 0.5f);
  }
  CHECK(trainer.lines().back().at("loss") == 2.0 / 32);
}

TEST_CASE("a gradient that no loss scale brings into range ends the run") {
  NarrowModel model(Element::f16, 0);
  CHECK_THROWS_WITH_AS(TrainerFixture(model).train({}, 100),
                       doctest::Contains("not finite: inf in the gradient of embedding.weight, step 16,"), Error);
  NarrowModel wide(Element::f32, 0);
  CHECK_THROWS_WITH_AS(TrainerFixture(wide).train({}, 100),
                       doctest::Contains("not finite: inf in the gradient of embedding.weight, step 1,"), Error);
}

}  // namespace
}  // namespace diecast
