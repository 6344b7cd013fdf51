#include <diecast/train/nonfinite.hpp>

#include <cmath>
#include <filesystem>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/error.hpp>

#include "tests/checkpoint/fake_model.hpp"
#include "tests/temporary_folder.hpp"

namespace diecast {
namespace {

using testing::TemporaryFolder;

constexpr float kInf = std::numeric_limits<float>::infinity();

// Two stages, `up` and `down` of `block`, with results of 16 rows and 4 columns; element `bad` of one of their passes
// is what `value` says.
class StagedModel : public testing::FakeModel {
 public:
  std::string stage;
  Pass pass = Pass::forward;
  std::size_t bad = 0;
  float value = 1;
  float gradient = 1;
  std::vector<std::string> told;

  StagedModel() { fill_distinct(); }
  void set_observer(LayerObserver* observer) override { observer_ = observer; }
  Loss forward_backward(TokenBatch, float, DropoutKey, const StepPart&) override {
    run(Pass::forward, {"up", "down"});
    run(Pass::backward, {"down", "up"});
    for (float& g : gradients()) g += gradient;
    return {};
  }
  std::span<const float> losses(TokenBatch) override {
    run(Pass::forward, {"up", "down"});
    return {};
  }

 private:
  void run(Pass now, std::initializer_list<const char*> stages) {
    std::vector<float> result(64, 1.0f);
    REQUIRE(observer_ != nullptr);
    observer_->enter("block", now);
    for (const char* name : stages) {
      observer_->enter(name, now);
      told.push_back(name);
      if (name == stage && now == pass) result[bad] = value;
      observer_->leave(now, {Element::f32, 16, 4, result.data()});
    }
    observer_->leave(now, {Element::f32, 16, 4, result.data()});
  }

  LayerObserver* observer_ = nullptr;
};

TEST_CASE("the first layer, pass, row and value that is not finite are found, and nothing runs behind it") {
  StagedModel model;
  model.stage = "up";
  model.pass = Pass::backward;
  model.bad = 37;
  model.value = -kInf;
  CHECK(find_nonfinite(model, {}) == NonFinite{.layer = "block.up", .pass = Pass::backward, .row = 9, .value = "-inf"});
  model.pass = Pass::forward;
  model.value = std::nanf("");
  model.told.clear();
  CHECK(find_nonfinite(model, {}) == NonFinite{.layer = "block.up", .pass = Pass::forward, .row = 9, .value = "nan"});
  CHECK(model.told == std::vector<std::string>{"up"});
  CHECK(find_nonfinite(model, {.trains = false})->layer == "block.up");
  model.value = 1e38f;
  CHECK_FALSE(find_nonfinite(model, {}));
}

TEST_CASE("short elements are looked at, too") {
  class ShortResult : public testing::FakeModel {
   public:
    LayerObserver* observer = nullptr;
    Element element = Element::bf16;
    std::vector<std::uint16_t> bits = std::vector<std::uint16_t>(8, 0x3C00);
    void set_observer(LayerObserver* o) override { observer = o; }
    Loss forward_backward(TokenBatch, float, DropoutKey, const StepPart&) override {
      observer->enter("x", Pass::forward);
      observer->leave(Pass::forward, {element, 4, 2, bits.data()});
      return {};
    }
  } model;
  model.bits[5] = Float16(kInf).bits;
  CHECK_FALSE(find_nonfinite(model, {}));  // a number in bf16
  model.element = Element::f16;
  CHECK(find_nonfinite(model, {})->row == 2);
  model.element = Element::bf16;
  model.bits[6] = BFloat16(kInf).bits;
  CHECK(find_nonfinite(model, {})->row == 3);
}

TEST_CASE("the parameter behind it is named, or else the one whose gradient is not finite") {
  StagedModel model;
  model.gradient = kInf;
  const auto gradient = find_nonfinite(model, {});
  REQUIRE(gradient);
  CHECK(gradient->layer.empty());
  CHECK(gradient->parameter == "embedding.weight");
  CHECK(gradient->in_gradient);
  CHECK(gradient->parameter_value == "inf");
  model.values[0][25] = 1e30f;
  const auto parameter = find_nonfinite(model, {});
  CHECK(parameter->parameter == "norm.bias");
  CHECK_FALSE(parameter->in_gradient);
  CHECK(parameter->parameter_value == "1e+30");
  model.values[0][22] = kInf;  // padding
  CHECK(find_nonfinite(model, {})->parameter == "norm.bias");
}

TEST_CASE("of several parameters the layer's own is named") {
  StagedModel model;
  model.values[0][0] = model.values[0][25] = kInf;
  CHECK(find_nonfinite(model, {})->parameter == "embedding.weight");
  model.table.rows[1].name = "block.down.bias";
  model.stage = "down";
  model.value = kInf;
  CHECK(find_nonfinite(model, {})->parameter == "block.down.bias");
}

NonFiniteBundle some_bundle() {
  return {.what = "loss",
          .step = 12,
          .target = "AVX2",
          .threads = 3,
          .micro_step = {.batch = {{1, 2, 3}, {2, 3, kIgnoredToken}, {2, 1}},
                         .scale = 1.0f / 3,
                         .key = {.seed = ~std::uint64_t{0}, .step = 11},
                         .trains = true},
          .found = NonFinite{.layer = "blocks.1.mlp.up",
                             .pass = Pass::backward,
                             .row = 9,
                             .value = "nan",
                             .parameter = "blocks.1.mlp.up.weight",
                             .in_gradient = false,
                             .parameter_value = "inf"},
          .document = "a\nb (id 7)"};
}

TEST_CASE("a finding is a line") {
  CHECK(to_text(some_bundle(), 8) ==
        ": nan first in blocks.1.mlp.up backward, row 9 (sequence 1, position 1) of a\nb (id 7), inf in parameter "
        "blocks.1.mlp.up.weight");
  NonFiniteBundle bundle;
  bundle.found = NonFinite{.parameter = "w", .in_gradient = true, .parameter_value = "inf"};
  CHECK(to_text(bundle, 8) == ": inf in the gradient of w");
}

TEST_CASE("a bundle comes back with its parameters, and replaces one of the same step") {
  const TemporaryFolder folder;
  StagedModel model, loaded;
  model.values[0][3] = kInf;
  write_bundle(folder / "bundle", loaded, {});
  write_bundle(folder / "bundle", model, some_bundle());
  const NonFiniteBundle read = read_bundle(folder / "bundle", model.preset());
  CHECK(read.found == some_bundle().found);
  CHECK(read.what == "loss");
  CHECK(read.step == 12);
  CHECK(read.target == "AVX2");
  CHECK(read.threads == 3);
  CHECK(read.document == "a\nb (id 7)");
  CHECK(read.micro_step.batch.inputs == some_bundle().micro_step.batch.inputs);
  CHECK(read.micro_step.batch.targets == some_bundle().micro_step.batch.targets);
  CHECK(read.micro_step.batch.documents == some_bundle().micro_step.batch.documents);
  CHECK(read.micro_step.scale == some_bundle().micro_step.scale);
  CHECK(read.micro_step.key.seed == ~std::uint64_t{0});
  CHECK(read.micro_step.key.step == 11);
  CHECK(read.micro_step.trains);
  load_bundle_parameters(folder / "bundle", loaded);
  CHECK(loaded.values[0] == model.values[0]);
  CHECK(loaded.packed_from == model.values[0]);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("a folder that is no bundle, of another preset or damaged is refused") {
  const TemporaryFolder folder;
  StagedModel model;
  CHECK_THROWS_WITH_AS(read_bundle(folder / "none", model.preset()), doctest::Contains("there is no bundle"), Error);
  write_bundle(folder / "bundle", model, some_bundle());
  Preset other = model.preset();
  other.d_ff = 128;
  CHECK_THROWS_WITH_AS(read_bundle(folder / "bundle", other), doctest::Contains("d_ff is 256 there, 128 here"), Error);
  std::string bytes = testing::read_file(folder / "bundle/model.safetensors");
  bytes.back() ^= 1;
  testing::write_file(folder / "bundle/model.safetensors", bytes);
  CHECK_THROWS_WITH_AS(load_bundle_parameters(folder / "bundle", model), doctest::Contains("damaged"), Error);
  testing::write_file(folder / "bundle/bundle.json", "{\"format\":\"diecast non-finite step 1\"}");
  CHECK_THROWS_WITH_AS(read_bundle(folder / "bundle", model.preset()), doctest::Contains("damaged"), Error);
}

}  // namespace
}  // namespace diecast
