#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/model/layer_fixture.hpp"
#include "tests/model/model_fixture.hpp"
#include "tests/reference/complex_step.hpp"
#include "tests/tested_targets.hpp"

namespace diecast {
namespace {

using P = ActivePreset;
using reference::Complex;
using reference::Weights;
using L = Layers<P, kRows>;
constexpr Element kElement = kPreset.precision;
const reference::AttentionSizes kSizes{kPreset.n_heads, kPreset.kv_heads(), kPreset.head_dim(), kPreset.seq_len};

// Of the size of a result: some hundred roundings to 2^-24 on the way to it (see tolerance() for bf16).
const double kLayerTolerance = tolerance(5e-6);

double root_mean_square(const std::vector<double>& x) {
  return norm(x) / std::sqrt(static_cast<double>(x.size()));
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// What a layer computes, by the reference: y(weights, x), and derivatives of <dy, y> along random directions
// over the whole of x and of each tensor, where a wrong element shows.
struct Expected {
  std::vector<double> x, dy, y, x_direction;
  double x_slope = 0;
  Weights<double> directions;
  std::map<std::string, double> slopes;

  template <class F>
  Expected(const F& f, const Weights<double>& weights, Element in, Element out, std::size_t inputs,
           std::size_t outputs)
      : x(random_values(in, inputs, 200, 1.5)),
        dy(random_values(out, outputs, 201)),
        y(f(weights, x)),
        x_direction(random_values(Element::f32, inputs, 202)) {
    const auto projected = [&](const std::vector<Complex>& value) {
      Complex sum = 0;
      for (std::size_t i = 0; i < value.size(); ++i) sum += dy[i] * value[i];
      return sum;
    };
    Weights<Complex> w = reference::to_complex(weights);
    auto z = reference::to_complex(x);
    for (std::size_t i = 0; i < z.size(); ++i) z[i].imag(reference::kComplexStep * x_direction[i]);
    x_slope = projected(f(w, z)).imag() / reference::kComplexStep;
    const auto still = reference::to_complex(x);
    for (const auto& [name, values] : weights) {
      directions[name] = random_values(Element::f32, values.size(), 203 + directions.size());
      slopes[name] = reference::directional_derivative(
          [&](const Weights<Complex>& moved) { return projected(f(moved, still)); }, w,
          {{name, directions[name]}});
    }
  }
};

void check_slope(const std::vector<double>& gradient, const std::vector<double>& direction, double exact,
                 double slack = 1) {
  CHECK(std::abs(dot(gradient, direction) - exact) <= slack * kLayerTolerance * norm(gradient));
}

void check_values(const Operand& y, const std::vector<double>& expected) {
  const double scale = root_mean_square(expected);
  check_elements(y, expected, [&](std::size_t i) { return kLayerTolerance * (scale + std::abs(expected[i])); });
}

// `f(weights, x)` is what Layer shall compute, for doubles and complex numbers. With kSkip, forward is given
// a matrix that it adds.
template <class Layer, bool kSkip = false, class F>
void check_layer(const F& f) {
  constexpr std::size_t kInputs = Layer::Input::shape::size, kOutputs = Layer::Output::shape::size;
  LayerFixture<Layer> first(kernel_targets().front());
  const Expected expected(f, first.weights(), element_of<typename Layer::Input::element>,
                          element_of<typename Layer::Output::element>, kInputs, kOutputs);
  auto y = expected.y;
  Operand skip(Element::f32, random_values(Element::f32, kOutputs, 204));
  for (std::size_t i = 0; kSkip && i < kOutputs; ++i) y[i] += skip[i];

  for (const std::string& target : tested_targets()) {
    CAPTURE(target);
    LayerFixture<Layer> fixture(target);
    if constexpr (kSkip) {
      const Tensor<const float, typename Layer::Output::shape> stream{skip.floats()};
      check_values(fixture.forward(expected.x, stream), y);
    } else {
      check_values(fixture.forward(expected.x), y);
    }
    const Operand dx = fixture.backward(expected.dy);
    CHECK(dx.guards_hold());
    check_slope(dx.values(), expected.x_direction, expected.x_slope);
    for (const auto& tensor : fixture.gradients()) {
      CAPTURE(tensor.first);
      check_slope(tensor.second, expected.directions.at(tensor.first), expected.slopes.at(tensor.first));
    }
    CHECK(fixture.guards_hold());
  }
}

template <std::size_t kIn>
constexpr auto linear = [](const auto& w, const auto& x) { return reference::linear(w, "layer", x, kIn); };
constexpr auto normalise = [](const auto& w, const auto& x) { return reference::norm(kPreset, w, "layer", x); };
constexpr auto attention_residual = [](const auto& w, const auto& x) {
  return reference::add(x, reference::attention_branch(kPreset, w, "layer", x));
};
constexpr auto mlp_residual = [](const auto& w, const auto& x) {
  return reference::add(x, reference::mlp_branch(kPreset, w, "layer", x));
};
constexpr auto block_reference = [](const auto& w, auto x) {
  x = reference::add(x, reference::attention_branch(kPreset, w, "layer.attention", x));
  return reference::add(x, reference::mlp_branch(kPreset, w, "layer.mlp", x));
};

TEST_CASE("the norm layer is the reference's norm") { check_layer<typename L::Normalise>(normalise); }

TEST_CASE("the fused projection of queries, keys and values is the reference's linear layer") {
  check_layer<L::Project<kPreset.d_model, kPreset.qkv_width()>>(linear<kPreset.d_model>);
}

TEST_CASE("the projection up is the reference's linear layer") {
  check_layer<L::UpProject>(linear<kPreset.d_model>);
}

TEST_CASE("a projection back into the residual stream is the reference's linear layer, plus the skip") {
  check_layer<L::Return<kPreset.d_model>, !L::kDrops>(linear<kPreset.d_model>);
  check_layer<L::Return<kPreset.d_ff>, !L::kDrops>(linear<kPreset.d_ff>);
}

TEST_CASE("the attention layer is the reference's causal attention, with its rotation") {
  check_layer<L::Attend>([](const auto&, const auto& qkv) {
    return reference::causal_attention(
        kPreset.position == Position::rope ? reference::rope(qkv, kSizes, kPreset.rope_theta) : qkv, kSizes);
  });
}

TEST_CASE("the activation layer is the reference's activation") {
  check_layer<Activation<kPreset.mlp, kRows, kPreset.d_ff, L::E>>([](const auto&, const auto& x) {
    return kPreset.mlp == MlpKind::gelu ? reference::gelu_tanh(x) : reference::swiglu(x, kPreset.d_ff);
  });
}

TEST_CASE("the attention branch is the reference's, on top of the stream") {
  check_layer<AttentionBranch<P, kRows>>(attention_residual);
}

TEST_CASE("the MLP branch is the reference's, on top of the stream") {
  check_layer<MlpBranch<P, kRows>>(mlp_residual);
}

TEST_CASE("a block is the attention branch and then the MLP branch") {
  check_layer<Block<P, kRows>>(block_reference);
}

TEST_CASE("the norm layer's backward adds the skip it is given") {
  using Layer = L::Normalise;
  Operand skip(Element::f32, random_values(Element::f32, kRows * kPreset.d_model, 205));
  const auto x = random_values(Element::f32, kRows * kPreset.d_model, 206),
             dy = random_values(kElement, x.size(), 207);
  for (const std::string& target : tested_targets()) {
    CAPTURE(target);
    LayerFixture<Layer> plain(target), skipping(target);
    plain.forward(x);
    skipping.forward(x);
    auto expected = plain.backward(dy).values();
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += skip[i];
    check_values(skipping.backward(dy, In<Layer::Input>{skip.floats()}), expected);
  }
}

TEST_CASE("a layer's parameter gradients are added to") {
  using Layer = Block<P, kRows>;
  LayerFixture<Layer> f(kernel_targets().front());
  f.forward(random_values(Element::f32, kRows * kPreset.d_model, 208));
  const auto dy = random_values(Element::f32, kRows * kPreset.d_model, 209);
  f.backward(dy);
  const auto once = f.gradients();
  f.backward(dy);
  for (const auto& tensor : f.gradients()) {
    CAPTURE(tensor.first);
    const auto &twice = tensor.second, &first = once.at(tensor.first);
    double off = 0;
    for (std::size_t i = 0; i < twice.size(); ++i) off = std::max(off, std::abs(twice[i] - 2 * first[i]));
    CHECK(off <= 1e-5 * norm(first));  // f32 sums in another order
  }
}

// ---- the two ends, which do not map a stream to a stream

std::vector<Token> random_tokens(std::size_t stream) {
  std::vector<Token> ids(kRows);
  for (std::size_t i = 0; i < kRows; ++i)
    ids[i] = static_cast<Token>(reference::hash(stream, i) % kPreset.vocab_size);
  std::fill_n(ids.begin(), 4, static_cast<Token>(kPreset.vocab_size - 1));  // the last id, and one that repeats
  return ids;
}

TEST_CASE("the embedding is the token's vector, plus the position's where positions are learned") {
  const auto ids = random_tokens(300);
  for (const std::string& target : tested_targets()) {
    CAPTURE(target);
    LayerFixture<L::Embed> f(target);
    const auto w = f.weights();
    auto expected = reference::embedding(std::span<const Token>(ids), w.at("layer.tokens"), kPreset.d_model);
    if (kPreset.position == Position::learned)
      expected = reference::add_positions(expected, w.at("layer.positions"));
    Operand y(Element::f32, kRows * kPreset.d_model);
    L::Embed::forward(f.context, f.frame, {ids.data()}, {y.floats()});
    check_elements(y, expected, [](std::size_t) { return 0; });
  }
}

TEST_CASE("the embedding's gradient gathers every row at its token and its position") {
  const auto ids = random_tokens(301);
  const auto dy = random_values(Element::f32, kRows * kPreset.d_model, 302);
  for (const std::string& target : tested_targets()) {
    CAPTURE(target);
    LayerFixture<L::Embed> f(target);
    auto expected = f.gradients();  // zero
    for (std::size_t i = 0; i < dy.size(); ++i) {
      const std::size_t row = i / kPreset.d_model, col = i % kPreset.d_model;
      expected.at("layer.tokens")[ids[row] * kPreset.d_model + col] += dy[i];
      if (kPreset.position == Position::learned)
        expected.at("layer.positions")[row % kPreset.seq_len * kPreset.d_model + col] += dy[i];
    }
    Operand d(Element::f32, dy);
    L::Embed::backward(f.context, f.frame, {ids.data()}, {d.floats()}, grad<"tokens">(f.frame));
    for (const auto& tensor : f.gradients()) {
      CAPTURE(tensor.first);
      check_values(Operand(Element::f32, tensor.second), expected.at(tensor.first));
    }
    CHECK(f.guards_hold());
  }
}

// The head over random features, its weight beside it: tied or not, it is told which. The weight is exact as an
// operand: where a logit is in the hundreds, its rounding would show in the probabilities.
struct HeadLayerCase {
  static constexpr std::size_t kFeatures = kRows * kPreset.d_model, kWeight = kPreset.vocab_size * kPreset.d_model;
  static constexpr float kScale = 0.125f;
  std::vector<double> x = random_values(kElement, kFeatures, 310, 1.5),
                      weight = random_values(kElement, kWeight, 311, 0.5);
  std::vector<Token> targets = random_tokens(312);
  LossOptions options{};

  HeadLayerCase() { targets[1] = targets[kRows - 1] = kIgnoredToken; }
  // The same with features so large that some losses are in the hundreds.
  static HeadLayerCase with_large_losses() {
    HeadLayerCase c;
    c.x = random_values(kElement, kFeatures, 315, 150);
    return c;
  }

  template <class S>
  S loss(const std::vector<S>& features, const std::vector<S>& w) const {
    return reference::cross_entropy(reference::linear(features, w, {}, kPreset.d_model),
                                    std::span<const Token>(targets), kPreset.vocab_size, options.label_smoothing,
                                    options.z_loss);
  }
  // The slope along a direction of both.
  double slope(const std::vector<double>& dx, const std::vector<double>& dw) const {
    auto moved = reference::to_complex(x), w = reference::to_complex(weight);
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i].imag(dx[i] * reference::kComplexStep);
    for (std::size_t i = 0; i < w.size(); ++i) w[i].imag(dw[i] * reference::kComplexStep);
    return loss(moved, w).imag() / reference::kComplexStep;
  }
  // With the vocabulary's padding, as the layer has it.
  Operand padded_weight() const {
    auto all = weight;
    all.resize(kPreset.padded_vocab() * kPreset.d_model);
    return Operand(Element::f32, all);
  }
};

void check_losses(const HeadLayerCase& c) {
  std::vector<double> expected;
  const auto logits = reference::linear(c.x, c.weight, {}, kPreset.d_model);
  for (std::size_t row = 0; row < kRows; ++row) {
    const auto first = logits.begin() + static_cast<std::ptrdiff_t>(row * kPreset.vocab_size);
    const std::vector<double> own(first, first + static_cast<std::ptrdiff_t>(kPreset.vocab_size));
    expected.push_back(
        reference::cross_entropy(own, std::span<const Token>(&c.targets[row], 1), kPreset.vocab_size));
  }
  for (const std::string& target : tested_targets()) {
    CAPTURE(target);
    LayerFixture<L::Head> f(target);
    Operand x(kElement, c.x), weight = c.padded_weight();
    L::Head::pack(f.context, f.frame, {weight.floats()});
    const auto losses =
        L::Head::forward(f.context, f.frame, {static_cast<L::E*>(x.data())}, {c.targets.data()}, {weight.floats()});
    const std::vector<double> got(losses.data, losses.data + kRows);
    check_values(Operand(Element::f32, got), expected);
    CHECK(got[1] == 0);
    CHECK(f.guards_hold());
  }
}

TEST_CASE("the head's losses are those of the reference, 0 for ignored targets, whatever block a row is in") {
  check_losses(HeadLayerCase());
}

TEST_CASE("the head's losses are those of the reference also where exponentials of their size overflow") {
  check_losses(HeadLayerCase::with_large_losses());
}

void check_gradients(const HeadLayerCase& c, double slack = 1) {
  const auto x_direction = random_values(Element::f32, c.x.size(), 313);
  const auto w_direction = random_values(Element::f32, c.weight.size(), 314);
  const double loss = c.loss(c.x, c.weight);
  const double x_slope = HeadLayerCase::kScale * c.slope(x_direction, std::vector<double>(c.weight.size()));
  const double w_slope = HeadLayerCase::kScale * c.slope(std::vector<double>(c.x.size()), w_direction);
  for (const std::string& target : tested_targets()) {
    CAPTURE(target);
    LayerFixture<L::Head> f(target);
    Operand x(kElement, c.x), dx(kElement, c.x.size()), weight = c.padded_weight();
    Operand d_weight(Element::f32, std::vector<double>(weight.size()));
    L::Head::pack(f.context, f.frame, {weight.floats()});
    Operand d_every_row(Element::f32, std::vector<double>(kPreset.d_model));
    const auto losses = L::Head::forward_backward(f.context, f.frame, {static_cast<L::E*>(x.data())},
                                                  {c.targets.data()}, {weight.floats()}, HeadLayerCase::kScale,
                                                  c.options, {static_cast<L::E*>(dx.data())}, {d_weight.floats()},
                                                  {d_every_row.floats()});
    const double sum = std::accumulate(losses.data, losses.data + kRows, 0.0);
    CHECK(sum == doctest::Approx(loss).epsilon(kLayerTolerance));
    check_slope(dx.values(), x_direction, x_slope, slack);
    auto gradient = d_weight.values();
    for (std::size_t i = 0; i < HeadLayerCase::kWeight; ++i) gradient[i] += d_every_row[i % kPreset.d_model];
    const auto padding = gradient.begin() + static_cast<std::ptrdiff_t>(HeadLayerCase::kWeight);
    CHECK(std::all_of(padding, gradient.end(), [](double v) { return v == 0; }));
    gradient.erase(padding, gradient.end());
    check_slope(gradient, w_direction, w_slope, slack);
    CHECK(dx.guards_hold());
    CHECK(d_weight.guards_hold());
    CHECK(f.guards_hold());
  }
}

TEST_CASE("the head's gradients are the exact derivatives of the scaled sum of its losses") {
  check_gradients(HeadLayerCase());
}

TEST_CASE("the head's gradients are the exact derivatives also where exponentials of a loss overflow") {
  // Logits of hundreds are good to 3e-5 in f32, and so are their exponentials.
  check_gradients(HeadLayerCase::with_large_losses(), 6);
}

TEST_CASE("with label smoothing, z-loss and both, the head's losses and gradients are the reference's") {
  for (const LossOptions& options : {LossOptions{0.125f, 0}, LossOptions{0, 0.0625f}, LossOptions{0.125f, 0.0625f}}) {
    CAPTURE(options.label_smoothing);
    CAPTURE(options.z_loss);
    HeadLayerCase c;
    c.options = options;
    check_gradients(c);
  }
}

TEST_CASE("with label smoothing and z-loss, a head's loss may overflow its exponentials") {
  HeadLayerCase c = HeadLayerCase::with_large_losses();
  c.options = {0.125f, 0.0009765625f};
  check_gradients(c, 6);
}

}  // namespace
}  // namespace diecast
