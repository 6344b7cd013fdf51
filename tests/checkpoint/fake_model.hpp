#pragma once

#include <memory>
#include <stdexcept>
#include <vector>

#include <diecast/model/model.hpp>

namespace diecast::testing {

/// A model of two tensors that only has arrays. The first has a padding row of its own.
class FakeModel : public Model {
 public:
  Preset preset_value{.name = "fake",
                      .n_layers = 1,
                      .d_model = 64,
                      .n_heads = 4,
                      .d_ff = 256,
                      .vocab_size = 5,
                      .seq_len = 8,
                      .batch_size = 2};
  ParamTable table{{{"embedding.weight", {5, 4}, 0, 24, true, Init::normal},
                    {"norm.bias", {3}, 24, 3, false, Init::zeros}},
                   27};
  std::vector<std::vector<float>> values{4, std::vector<float>(27)};  // parameters, m, v, gradients
  std::vector<float> packed_from;  // the parameters at the last call of parameters_changed

  /// Fills parameters and moments: another number in each element, zeros in the padding.
  void fill_distinct() {
    float next = 0.5f;
    for (std::size_t array = 0; array < 3; ++array)
      for (std::size_t i = 0; i < 27; ++i) values[array][i] = padding(i) ? 0.0f : next++;
  }
  /// Fills parameters and moments with one number, zeros in the padding.
  void fill_all(float value) {
    for (std::size_t array = 0; array < 3; ++array)
      for (std::size_t i = 0; i < 27; ++i) values[array][i] = padding(i) ? 0.0f : value;
  }
  bool operator==(const FakeModel& other) const { return values == other.values; }

  const Preset& preset() const override { return preset_value; }
  const ParamTable& param_table() const override { return table; }
  const ModelPlan& plan() const override { throw std::logic_error("not faked"); }
  std::string_view target() const override { return "fake"; }
  std::span<float> parameters() override { return values[0]; }
  std::span<float> first_moments() override { return values[1]; }
  std::span<float> second_moments() override { return values[2]; }
  std::span<float> gradients() override { return values[3]; }
  void initialise(std::uint64_t) override {}
  void parameters_changed() override { packed_from = values[0]; }
  Loss forward_backward(TokenBatch, float, DropoutKey, const StepPart&) override { return {}; }
  Loss forward_backward_by_sequence(TokenBatch, float, DropoutKey) override { return {}; }
  Loss loss(TokenBatch) override { return {}; }
  std::span<const float> losses(TokenBatch) override { return {}; }
  void set_observer(LayerObserver*) override {}
  std::unique_ptr<Decoder> make_decoder() override { return nullptr; }

 private:
  static bool padding(std::size_t i) { return i >= 20 && i < 24; }
};

}  // namespace diecast::testing
