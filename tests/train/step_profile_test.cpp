#include <diecast/train/step_profile.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/checkpoint/fake_model.hpp"

namespace diecast {
namespace {

// Tells the profiler what a model of two blocks would, if it is asked.
class TellingModel : public testing::FakeModel {
 public:
  LayerObserver* observer = nullptr;

  void set_observer(LayerObserver* given) override { observer = given; }
  Loss forward_backward(TokenBatch, float, DropoutKey, const StepPart&) override {
    for (const char* block : {"0", "1"}) pass(block, Pass::forward);
    // The second block is run again within its backward.
    for (const char* block : {"1", "0"}) pass(block, Pass::backward);
    return {};
  }
  void parameters_changed() override { pass("0", Pass::pack); }

 private:
  void pass(const char* block, Pass pass) {
    if (observer == nullptr) return;
    const KernelCall call{"gemm_nn", {4, 8, 16}, Element::bf16};
    for (const char* name : {"blocks", block}) observer->enter(name, pass);
    if (pass == Pass::backward && *block == '1') {
      observer->enter("mlp", Pass::forward);
      observer->leave(Pass::forward, {});
    }
    observer->enter("mlp", pass);
    for (int i = 0; i < 2; ++i) {
      observer->enter_kernel(call);
      observer->leave_kernel();
    }
    for (int i = 0; i < 3; ++i) observer->leave(pass, {});
  }
};

// A step as the trainer takes it.
void take_step(TellingModel& model, StepProfiler& profiler) {
  const ProfiledPart step(&profiler, "step");
  { const ProfiledPart part(&profiler, "data wait"); }
  model.forward_backward({}, 1, {}, {});
  const ProfiledPart part(&profiler, "optimizer");
  const ProfiledPart packing(&profiler, "packing");
  model.parameters_changed();
}

double sum_of(const StepProfile& profile) {
  double sum = 0;
  for (const auto& layer : profile.layers) sum += layer.forward_ms + layer.backward_ms;
  for (const auto& part : profile.parts) sum += part.ms;
  return sum;
}

std::vector<std::string> names_of(const StepProfile& profile) {
  std::vector<std::string> names;
  for (const auto& layer : profile.layers) names.push_back(layer.path);
  for (const auto& part : profile.parts) names.push_back(part.name);
  return names;
}

struct ProfiledSteps {
  TellingModel model;
  StepProfiler profiler{model, 2, 3, true};

  ProfiledSteps() {
    for (int i = 0; i < 7; ++i) take_step(model, profiler);
  }
};

TEST_CASE("layers and parts of a step add up to it") {
  const ProfiledSteps steps;
  for (const bool by_block : {false, true}) {
    const StepProfile profile = steps.profiler.profile(by_block);
    CHECK(profile.steps == 3);
    CHECK(profile.step_ms > 0);
    CHECK(sum_of(profile) == doctest::Approx(profile.step_ms).epsilon(1e-9));
  }
}

TEST_CASE("blocks are one layer or each its own, and parts follow, the rest last") {
  const ProfiledSteps steps;
  const std::vector<std::string> parts{"data wait", "optimizer", "packing", "other"};
  std::vector<std::string> together{"blocks.*.mlp"}, single{"blocks.0.mlp", "blocks.1.mlp"};
  for (auto* names : {&together, &single}) names->insert(names->end(), parts.begin(), parts.end());
  CHECK(names_of(steps.profiler.profile(false)) == together);
  CHECK(names_of(steps.profiler.profile(true)) == single);
}

TEST_CASE("a part that lies in another is not counted twice") {
  const ProfiledSteps steps;
  const StepProfile profile = steps.profiler.profile(false);
  for (const auto& part : profile.parts) CHECK(part.ms >= 0);
}

TEST_CASE("kernels are counted by layer, pass and shape") {
  const ProfiledSteps steps;
  const StepProfile profile = steps.profiler.profile(false);
  REQUIRE(profile.kernels.size() == 3);  // forward, backward, pack
  CHECK(profile.kernels[0].calls == 4);
  CHECK(profile.kernels[1].calls == 4);
  CHECK(profile.kernels[2].pass == Pass::pack);
  CHECK(profile.kernels[2].calls == 2);
  const auto json = to_json(profile);
  CHECK(json["kernels"][0]["shape"] == "4x8x16 bf16");
}

TEST_CASE("only the steps after the skipped ones are observed, and none after those that were asked for") {
  TellingModel model;
  StepProfiler profiler(model, 1, 1, false);
  take_step(model, profiler);
  CHECK_FALSE(profiler.done());
  {
    const ProfiledPart step(&profiler, "step");
    CHECK(model.observer == &profiler);
  }
  CHECK(profiler.done());
  CHECK(model.observer == nullptr);
  const ProfiledPart later(&profiler, "step");
  CHECK(model.observer == nullptr);
}

TEST_CASE("in the trace every event lies in the one that is open") {
  const ProfiledSteps steps;
  const auto trace = nlohmann::json::parse(steps.profiler.trace());
  std::vector<double> open;  // ends
  std::size_t deepest = 0;
  for (const auto& event : trace.at("traceEvents")) {
    CHECK(event.at("ph") == "X");
    const double begin = event.at("ts"), end = begin + event.at("dur").get<double>();
    while (!open.empty() && open.back() <= begin) open.pop_back();
    CHECK((open.empty() || end <= open.back() + 1e-6));
    open.push_back(end);
    deepest = std::max(deepest, open.size());
  }
  // A step: itself; data wait; in forward of each block blocks, block, mlp, two kernels; in backward one mlp more; the
  // optimizer, packing, and a pack of one block.
  CHECK(trace.at("traceEvents").size() == 3 * (1 + 1 + 2 * 5 + 2 * 5 + 1 + 2 + 5));
  CHECK(deepest <= 7);
}

}  // namespace
}  // namespace diecast
