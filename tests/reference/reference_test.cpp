#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "presets/tiny.hpp"
#include "tests/golden/golden.hpp"
#include "tests/reference/complex_step.hpp"
#include "tests/reference/model.hpp"
#include "tests/reference/splitmix.hpp"

namespace {

using namespace diecast;
using namespace diecast::reference;

constexpr Preset kGptForm{
    .name = "gpt form",
    .n_layers = 2,
    .d_model = 8,
    .n_heads = 2,
    .d_ff = 12,
    .vocab_size = 11,
    .seq_len = 5,
    .batch_size = 2,
};
constexpr Preset kLlamaForm{
    .name = "llama form",
    .n_layers = 2,
    .d_model = 16,
    .n_heads = 4,
    .n_kv_heads = 2,
    .d_ff = 12,
    .vocab_size = 11,
    .seq_len = 5,
    .batch_size = 2,
    .norm = Norm::rms_norm,
    .position = Position::rope,
    .mlp = MlpKind::swiglu,
    .tied_head = false,
    .bias = false,
};

std::vector<double> random_vector(std::size_t size, std::uint64_t stream) {
  std::vector<double> x(size);
  for (std::size_t i = 0; i < size; ++i) x[i] = uniform(stream, i);
  return x;
}

// Large enough that attention is far from uniform and every nonlinearity is bent.
Weights<double> random_weights(const Preset& preset) {
  Weights<double> weights;
  for (const ParameterShape& parameter : parameter_shapes(preset))
    weights[parameter.name] = random_vector(parameter.size(), weights.size());
  return weights;
}

std::vector<Token> random_tokens(const Preset& preset, std::uint64_t stream) {
  std::vector<Token> tokens(preset.rows());
  for (std::size_t i = 0; i < tokens.size(); ++i)
    tokens[i] = static_cast<Token>(hash(stream, i) % preset.vocab_size);
  return tokens;
}

// Central difference; with this step its truncation and rounding errors are both near 1e-9.
template <class F>
double finite_difference(F&& f, double& coordinate) {
  const double step = 1e-5, value = coordinate;
  coordinate = value + step;
  const double above = f();
  coordinate = value - step;
  const double below = f();
  coordinate = value;
  return (above - below) / (2 * step);
}

void check_derivatives(const Preset& preset) {
  CAPTURE(preset.name);
  Weights<double> weights = random_weights(preset);
  Weights<Complex> complex_weights = to_complex(weights);
  const std::vector<Token> inputs = random_tokens(preset, 100);
  std::vector<Token> targets = random_tokens(preset, 101);
  targets[3] = kIgnoredToken;
  for (const ParameterShape& parameter : parameter_shapes(preset)) {
    double largest = 0;
    for (std::size_t i : sample_coordinates(parameter.size(), 12)) {
      CAPTURE(parameter.name);
      CAPTURE(i);
      const double exact =
          derivative([&](const auto& w) { return reference_loss(preset, w, inputs, targets); },
                     complex_weights, parameter.name, i);
      const double estimate = finite_difference(
          [&] { return reference_loss(preset, weights, inputs, targets); }, weights.at(parameter.name).at(i));
      CHECK(std::abs(exact - estimate) <= 1e-7 * (1 + std::abs(exact)));
      largest = std::max(largest, std::abs(exact));
    }
    CHECK_MESSAGE(largest > 1e-3, parameter.name << " must matter, or agreement says nothing");
  }
}

TEST_CASE("reference: complex step agrees with central differences for every tensor of GPT's form") {
  check_derivatives(kGptForm);
}

TEST_CASE("reference: complex step agrees with central differences for every tensor of Llama's form") {
  check_derivatives(kLlamaForm);
}

TEST_CASE("reference: complex step agrees with central differences for the mixed forms") {
  Preset mixed = kLlamaForm;
  mixed.name = "llama form, tied head, LayerNorm, biases";
  mixed.norm = Norm::layer_norm;
  mixed.tied_head = mixed.bias = true;
  check_derivatives(mixed);
  mixed = kGptForm;
  mixed.name = "gpt form, no biases, own head";
  mixed.tied_head = mixed.bias = false;
  check_derivatives(mixed);
}

TEST_CASE("reference: the derivative of a sine is the cosine to rounding") {
  Complex x(0.7);
  const double slope = derivative([&] { return std::sin(x); }, x);
  CHECK(slope == doctest::Approx(std::cos(0.7)).epsilon(1e-15));
  CHECK(x == Complex(0.7));
}

TEST_CASE("reference: the slope along a direction is the gradient times the direction") {
  Weights<Complex> weights = to_complex(random_weights(kGptForm));
  const std::vector<Token> tokens = random_tokens(kGptForm, 106);
  const auto loss = [&](const Weights<Complex>& w) { return reference_loss(kGptForm, w, tokens, tokens); };
  const Weights<double> direction{{"final_norm.bias", random_vector(kGptForm.d_model, 4)}};
  double expected = 0;
  for (std::size_t i = 0; i < kGptForm.d_model; ++i)
    expected += direction.at("final_norm.bias")[i] * derivative(loss, weights, "final_norm.bias", i);
  CHECK(directional_derivative(loss, weights, direction) == doctest::Approx(expected).epsilon(1e-12));
  CHECK(weights == to_complex(random_weights(kGptForm)));
}

TEST_CASE("reference: activations have their published values") {
  CHECK(gelu_tanh(1.0) == doctest::Approx(0.8411919906082768).epsilon(1e-14));  // torch 1.13, float64
  CHECK(gelu_tanh(-2.0) == doctest::Approx(-0.045402305912225).epsilon(1e-12));
  CHECK(silu(1.0) == doctest::Approx(0.7310585786300049).epsilon(1e-14));
}

TEST_CASE("reference: norms give rows of unit variance and of unit mean square") {
  const std::size_t width = 16;
  const std::vector<double> x = random_vector(2 * width, 1), ones(width, 1.0);
  const std::vector<double> normed = layer_norm(x, ones, {}, 0.0), scaled = rms_norm(x, ones, 0.0);
  for (std::size_t row = 0; row < x.size(); row += width) {
    double sum = 0, square = 0, scaled_square = 0;
    for (std::size_t i = 0; i < width; ++i) {
      sum += normed[row + i];
      square += normed[row + i] * normed[row + i];
      scaled_square += scaled[row + i] * scaled[row + i];
    }
    CHECK(std::abs(sum) < 1e-12);
    CHECK(square == doctest::Approx(width).epsilon(1e-12));
    CHECK(scaled_square == doctest::Approx(width).epsilon(1e-12));
  }
}

TEST_CASE("reference: RoPE makes scores a function of the distance") {
  const AttentionSizes sizes{.n_heads = 2, .n_kv_heads = 1, .head_dim = 8, .seq_len = 9};
  const std::vector<double> row = random_vector(sizes.qkv_width(), 2);
  std::vector<double> qkv;
  for (std::size_t t = 0; t < sizes.seq_len; ++t) qkv.insert(qkv.end(), row.begin(), row.end());
  const std::vector<double> rotated = rope(qkv, sizes, 10000);
  for (std::size_t head = 0; head < sizes.n_heads; ++head) {
    const std::vector<double> last = causal_scores(rotated, sizes, 0, head, sizes.seq_len - 1);
    for (std::size_t t = 0; t < sizes.seq_len; ++t) {
      const std::vector<double> scores = causal_scores(rotated, sizes, 0, head, t);
      for (std::size_t s = 0; s <= t; ++s)
        CHECK(scores[s] == doctest::Approx(last[sizes.seq_len - 1 - (t - s)]).epsilon(1e-12));
    }
    CHECK(std::abs(last[0] - last[1]) > 1e-3);
  }
}

TEST_CASE("reference: RoPE turns the pair (i, i + D/2) by the position, and leaves the values alone") {
  const AttentionSizes sizes{.n_heads = 1, .n_kv_heads = 1, .head_dim = 4, .seq_len = 2};
  const std::vector<double> rotated = rope(std::vector<double>(2 * sizes.qkv_width(), 1.0), sizes, 100);
  for (std::size_t i = 0; i < sizes.qkv_width(); ++i) CHECK(rotated[i] == 1.0);  // position 0
  const double* second = rotated.data() + sizes.qkv_width();
  CHECK(second[0] == doctest::Approx(std::cos(1.0) - std::sin(1.0)));  // angles 1 and 100^(-1/2)
  CHECK(second[2] == doctest::Approx(std::cos(1.0) + std::sin(1.0)));
  CHECK(second[1] == doctest::Approx(std::cos(0.1) - std::sin(0.1)));
  CHECK(second[3] == doctest::Approx(std::cos(0.1) + std::sin(0.1)));
  for (std::size_t i = 8; i < 12; ++i) CHECK(second[i] == 1.0);
}

TEST_CASE("reference: a later token never changes an earlier logit, nor one of another sequence") {
  for (const Preset& preset : {kGptForm, kLlamaForm}) {
    CAPTURE(preset.name);
    const Weights<double> weights = random_weights(preset);
    std::vector<Token> inputs = random_tokens(preset, 102);
    const std::vector<double> before = reference_logits(preset, weights, inputs);
    const std::size_t changed = 2;  // position in the first sequence
    inputs[changed] = static_cast<Token>((inputs[changed] + 1) % preset.vocab_size);
    const std::vector<double> after = reference_logits(preset, weights, inputs);
    for (std::size_t row = 0; row < preset.rows(); ++row) {
      const auto begin = static_cast<std::ptrdiff_t>(row * preset.vocab_size);
      const bool same = std::equal(before.begin() + begin,
                                   before.begin() + begin + static_cast<std::ptrdiff_t>(preset.vocab_size),
                                   after.begin() + begin);
      CAPTURE(row);
      CHECK(same == (row < changed || row >= preset.seq_len));
    }
  }
}

// The first query sees itself alone, the second weighs two values by one difference of scores.
TEST_CASE("reference: attention over two positions is the formula written out") {
  const AttentionSizes sizes{.n_heads = 1, .n_kv_heads = 1, .head_dim = 2, .seq_len = 2};
  const std::vector<double> qkv{1, 2, 3, 5, 7, 11, 0.5, -1, 0.25, 0.125, 13, 17};
  const std::vector<double> y = causal_attention(qkv, sizes);
  CHECK(y[0] == 7);
  CHECK(y[1] == 11);
  const double to_first = (0.5 * 3 - 1 * 5) / std::sqrt(2.0),
               to_second = (0.5 * 0.25 - 1 * 0.125) / std::sqrt(2.0);
  const double first = 1 / (1 + std::exp(to_second - to_first));
  CHECK(y[2] == doctest::Approx(first * 7 + (1 - first) * 13));
  CHECK(y[3] == doctest::Approx(first * 11 + (1 - first) * 17));
}

TEST_CASE("reference: as many key and value heads as heads is plain attention") {
  Preset plain = kGptForm, grouped = kGptForm;
  grouped.n_kv_heads = grouped.n_heads;
  const Weights<double> weights = random_weights(plain);
  const std::vector<Token> inputs = random_tokens(plain, 103);
  CHECK(reference_logits(plain, weights, inputs) == reference_logits(grouped, weights, inputs));
}

TEST_CASE("reference: grouped attention is plain attention with each key and value head repeated") {
  const AttentionSizes grouped{.n_heads = 4, .n_kv_heads = 2, .head_dim = 3, .seq_len = 4};
  AttentionSizes plain = grouped;
  plain.n_kv_heads = plain.n_heads;
  const std::vector<double> qkv = random_vector(2 * grouped.seq_len * grouped.qkv_width(), 3);
  std::vector<double> repeated;
  for (std::size_t row = 0; row < qkv.size(); row += grouped.qkv_width())
    for (std::size_t head : {0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 7, 7})  // queries, keys twice, values twice
      for (std::size_t i = 0; i < grouped.head_dim; ++i)
        repeated.push_back(qkv[row + head * grouped.head_dim + i]);
  CHECK(causal_attention(qkv, grouped) == causal_attention(repeated, plain));
}

TEST_CASE("reference: the loss of uniform logits is log V for every target that counts") {
  const std::vector<Token> targets{0, 4, kIgnoredToken, 2};
  const std::vector<double> logits(4 * 5, 1000.0);
  CHECK(cross_entropy(logits, targets, 5) == doctest::Approx(3 * std::log(5.0)).epsilon(1e-14));

  Weights<double> weights = random_weights(kLlamaForm);
  std::fill(weights.at("head.weight").begin(), weights.at("head.weight").end(), 0.0);
  const std::vector<Token> inputs = random_tokens(kLlamaForm, 104);
  CHECK(reference_loss(kLlamaForm, weights, inputs, inputs) ==
        doctest::Approx(static_cast<double>(kLlamaForm.rows()) * std::log(11.0)).epsilon(1e-14));
}

TEST_CASE("reference: weights that are not the preset's are refused") {
  Weights<double> weights = random_weights(kGptForm);
  const std::vector<Token> inputs = random_tokens(kGptForm, 105);
  auto moved = weights.extract("final_norm.bias");
  CHECK_THROWS_WITH_AS(reference_logits(kGptForm, weights, inputs),
                       "reference: the weights hold 27 tensors, the preset has 28", std::invalid_argument);
  moved.key() = "final_norm.biases";
  weights.insert(std::move(moved));
  CHECK_THROWS_WITH_AS(reference_logits(kGptForm, weights, inputs),
                       "reference: the weights lack final_norm.bias", std::invalid_argument);
}

TEST_CASE("reference: sampled coordinates differ and lie in every part") {
  const std::vector<std::size_t> indices = sample_coordinates(1000, 10, 7);
  for (std::size_t k = 0; k < 10; ++k) CHECK(indices[k] / 100 == k);
  CHECK(indices == sample_coordinates(1000, 10, 7));
  CHECK(indices != sample_coordinates(1000, 10, 8));
  CHECK(sample_coordinates(3, 10) == std::vector<std::size_t>{0, 1, 2});
}

struct GoldenStart {
  Weights<double> weights;
  std::vector<Token> inputs, targets;
};

GoldenStart golden_start(const Preset& preset) {
  GoldenStart start{{}, std::vector<Token>(preset.rows()), std::vector<Token>(preset.rows())};
  for (std::size_t index = 0; const ParameterShape& parameter : parameter_shapes(preset)) {
    std::vector<float> values(parameter.size());
    golden::fill_golden(index++, values, parameter.name);
    start.weights[parameter.name].assign(values.begin(), values.end());
  }
  golden::golden_batch(preset, 0, start.inputs, start.targets);
  return start;
}

void check_golden_start(const Preset& preset) {
  CAPTURE(preset.name);
  const nlohmann::json numbers = golden::golden_numbers(preset);
  const GoldenStart start = golden_start(preset);
  for (std::size_t i = 0; const nlohmann::json& token : numbers.at("first_tokens"))
    CHECK(start.inputs[i++] == token);
  const std::vector<ParameterShape> shapes = parameter_shapes(preset);
  REQUIRE(numbers.at("parameters").size() == shapes.size());
  for (std::size_t i = 0; const nlohmann::json& parameter : numbers.at("parameters")) {
    CAPTURE(shapes[i].name);
    CHECK(parameter.at("name") == shapes[i].name);
    CHECK(parameter.at("shape") == shapes[i].shape);
    double sum = 0;
    for (double value : start.weights.at(shapes[i++].name)) sum += value;
    CHECK(sum == doctest::Approx(parameter.at("sum").get<double>()).epsilon(1e-10));
  }
}

// Both sides compute in double, so that the tolerance is far below the 1e-5 that a float model is allowed.
constexpr double kGoldenTolerance = 1e-9;

void check_golden_loss(const Preset& preset) {
  CAPTURE(preset.name);
  const nlohmann::json numbers = golden::golden_numbers(preset);
  const GoldenStart start = golden_start(preset);
  const double mean =
      reference_loss(preset, start.weights, start.inputs, start.targets) / static_cast<double>(preset.rows());
  CHECK(mean == doctest::Approx(numbers.at("losses_f64")[0].get<double>()).epsilon(kGoldenTolerance));
  CHECK(mean == doctest::Approx(numbers.at("losses")[0].get<double>()).epsilon(1e-6));  // float32
}

// A derivative of tiny takes 60 ms, so that the samples of a tensor are checked by one, weighted 1, 2,
// ..., 8.
void check_golden_gradients(const Preset& preset) {
  CAPTURE(preset.name);
  const nlohmann::json numbers = golden::golden_numbers(preset);
  const GoldenStart start = golden_start(preset);
  Weights<Complex> weights = to_complex(start.weights);
  const auto mean = [&](const Weights<Complex>& w) {
    return reference_loss(preset, w, start.inputs, start.targets) / static_cast<double>(preset.rows());
  };
  for (const nlohmann::json& gradient : numbers.at("gradients")) {
    const std::string name = gradient.at("name");
    CAPTURE(name);
    Weights<double> direction{{name, std::vector<double>(weights.at(name).size())}};
    double expected = 0, magnitude = 0, factor = 1;
    for (const nlohmann::json& sample : gradient.at("samples")) {
      const double value = sample.at("value");
      direction.at(name).at(sample.at("index").get<std::size_t>()) = factor;
      expected += factor * value;
      magnitude += std::abs(factor * value);
      factor += 1;
    }
    CHECK(std::abs(directional_derivative(mean, weights, direction) - expected) <=
          kGoldenTolerance * magnitude);
  }
}

TEST_CASE("reference: golden starting values and batches are those of PyTorch's script") {
  check_golden_start(presets::tiny::value);
  check_golden_start(golden::tiny_llama::value);
}

TEST_CASE("reference: the golden loss of step 0 is PyTorch's") {
  check_golden_loss(presets::tiny::value);
  check_golden_loss(golden::tiny_llama::value);
}

TEST_CASE("reference: the golden gradients of step 0 are PyTorch's, tiny") {
  check_golden_gradients(presets::tiny::value);
}

TEST_CASE("reference: the golden gradients of step 0 are PyTorch's, tiny_llama") {
  check_golden_gradients(golden::tiny_llama::value);
}

TEST_CASE("reference: golden numbers of another model are refused") {
  Preset wider = presets::tiny::value;
  wider.d_ff = 512;
  CHECK_THROWS_WITH(golden::golden_numbers(wider),
                    "golden: preset tiny has d_ff = 512, the file was made with 256; "
                    "run tests/golden/tiny.py");
}

}  // namespace
