#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <diecast/model/observer.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/model/model_fixture.hpp"
#include "tests/tested_targets.hpp"

namespace diecast {
namespace {

// Keeps all that it is told.
class Recorder final : public LayerObserver {
 public:
  struct Told {
    std::string path;
    Pass pass;
    StageResult result;
    std::vector<float> losses;  // of the head: they are overwritten
  };
  std::vector<Told> told;
  std::size_t kernels = 0;
  bool nests = true;

  void enter(std::string_view name, Pass pass) override {
    stack_.push_back({(stack_.empty() ? "" : stack_.back().path + ".") + std::string(name), pass, {}, {}});
    nests = nests && !in_kernel_;
  }
  void leave(Pass pass, const StageResult& result) override {
    nests = nests && !in_kernel_ && !stack_.empty() && stack_.back().pass == pass;
    if (stack_.empty()) return;
    stack_.back().result = result;
    if (stack_.back().path == "head" && pass == Pass::forward) {
      const auto* values = static_cast<const float*>(result.data);
      stack_.back().losses.assign(values, values + result.rows * result.cols);
    }
    told.push_back(stack_.back());
    stack_.pop_back();
  }
  void enter_kernel(const KernelCall& call) override {
    nests = nests && !in_kernel_ && !stack_.empty() && !call.name.empty();
    in_kernel_ = true;
    ++kernels;
  }
  void leave_kernel() override {
    nests = nests && in_kernel_;
    in_kernel_ = false;
  }

  bool all_ended() const { return stack_.empty() && !in_kernel_; }
  std::set<std::string> paths(Pass pass) const {
    std::set<std::string> set;
    for (const Told& t : told)
      if (t.pass == pass) set.insert(t.path);
    return set;
  }
  const Told* find(const std::string& path, Pass pass) const {
    const auto found = std::ranges::find_if(told, [&](const Told& t) { return t.path == path && t.pass == pass; });
    return found == told.end() ? nullptr : &*found;
  }

 private:
  std::vector<Told> stack_;
  bool in_kernel_ = false;
};

bool same_floats(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

// The loss of a step, and its gradients.
struct StepResult {
  double loss, evaluated;
  std::vector<float> gradients;

  StepResult(ModelFixture& f, LayerObserver* observer) {
    std::ranges::fill(f.model->gradients(), 0.0f);
    f.model->set_observer(observer);
    f.model->parameters_changed();
    loss = f.model->forward_backward(f.batch(), 0.25f, {1, 2}).sum;
    evaluated = f.model->loss(f.batch()).sum;
    f.model->set_observer(nullptr);
    gradients.assign(f.model->gradients().begin(), f.model->gradients().end());
  }
};

TEST_CASE("an observed model has the bits of one that is not, on every target") {
  for (const std::string& target : tested_targets()) {
    CAPTURE(target);
    ModelFixture f(target);
    Recorder recorder;
    const StepResult expected(f, nullptr), observed(f, &recorder);
    CHECK(observed.loss == expected.loss);
    CHECK(observed.evaluated == expected.evaluated);
    CHECK(same_floats(observed.gradients, expected.gradients));
    CHECK(!recorder.told.empty());
  }
}

TEST_CASE("an observer is told of every layer by its parameters' names, in each pass") {
  ModelFixture f;
  Recorder recorder;
  StepResult(f, &recorder);
  CHECK(recorder.nests);
  CHECK(recorder.all_ended());
  CHECK(recorder.kernels > recorder.paths(Pass::forward).size());
  for (const ParamRow& row : f.model->param_table().rows) {
    CAPTURE(row.name);
    const std::string path = row.name.substr(0, row.name.rfind('.'));
    CHECK(recorder.find(path, Pass::forward) != nullptr);
    CHECK(recorder.find(path, Pass::backward) != nullptr);
    CHECK((path == "embedding" || recorder.find(path, Pass::pack) != nullptr));
  }
}

TEST_CASE("an observer sees the matrices that stages have written") {
  ModelFixture f;
  Recorder recorder;
  const StepResult step(f, &recorder);
  const Preset& p = active_preset();
  const auto* head = recorder.find("head", Pass::forward);
  REQUIRE(head != nullptr);
  CHECK(head->result.rows == p.rows());
  CHECK(head->result.cols == 1);
  double sum = 0;
  for (const float loss : head->losses) sum += loss;
  CHECK(sum == step.loss);
  const auto* up = recorder.find(p.mlp == MlpKind::gelu ? "blocks.0.mlp.up" : "blocks.0.mlp.gate_up", Pass::forward);
  REQUIRE(up != nullptr);
  CHECK(up->result.rows == p.rows());
  CHECK(up->result.cols == p.d_ff * (p.mlp == MlpKind::gelu ? 1 : 2));
  CHECK(up->result.element == p.precision);
  const auto* block = recorder.find("blocks.0", Pass::backward);
  REQUIRE(block != nullptr);
  CHECK(block->result.cols == p.d_model);
  CHECK(block->result.element == Element::f32);
  CHECK(block->result.data != nullptr);
}

TEST_CASE("once there is no observer, nobody is told, and one that throws ends the pass") {
  struct Thrower final : LayerObserver {
    void enter(std::string_view, Pass) override {}
    void leave(Pass, const StageResult&) override { throw std::runtime_error("seen"); }
  } thrower;
  ModelFixture f;
  Recorder recorder;
  StepResult(f, &recorder);
  const std::size_t told = recorder.told.size();
  f.model->loss(f.batch());
  CHECK(recorder.told.size() == told);
  f.model->set_observer(&thrower);
  CHECK_THROWS_WITH(f.model->loss(f.batch()), "seen");
  f.model->set_observer(nullptr);
  CHECK(f.model->loss(f.batch()).tokens == active_preset().rows());
}

}  // namespace
}  // namespace diecast
