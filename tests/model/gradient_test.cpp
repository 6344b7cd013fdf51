#include <cmath>
#include <vector>

#include <doctest/doctest.h>


#include "tests/model/model_fixture.hpp"
#include "tests/tested_targets.hpp"

namespace diecast {
namespace {

using reference::Complex;
using reference::Weights;

// Random directions over a whole tensor: a wrong element shows in each of them.
constexpr std::size_t kDirections = 2;

std::vector<double> direction(std::size_t tensor, std::size_t which, std::size_t size) {
  std::vector<double> d(size);
  for (std::size_t i = 0; i < size; ++i) d[i] = reference::uniform(1000 * (which + 1) + tensor, i);
  return d;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

TEST_CASE("the loss and every tensor's gradient agree with the exact derivatives of the reference, on every target") {
  if (active_preset().dropout > 0) return;  // see dropout_test
  const Preset& p = active_preset();
  ModelFixture first;
  Weights<Complex> weights = reference::to_complex(first.by_name(first.model->parameters()));
  const auto loss = [&](const Weights<Complex>& w) {
    return reference::reference_loss(p, w, std::span<const Token>(first.inputs), std::span<const Token>(first.targets));
  };
  const double exact_loss = loss(weights).real();
  std::map<std::string, std::vector<double>> exact;
  const auto& rows = first.model->param_table().rows;
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t k = 0; k < kDirections; ++k)
      exact[rows[r].name].push_back(
          reference::directional_derivative(loss, weights, {{rows[r].name, direction(r, k, rows[r].size())}}));

  for (const std::string& target : tested_targets()) {
    CAPTURE(target);
    ModelFixture f(target);
    const Loss result = f.model->forward_backward(f.batch(), 1.0f, {});
    CHECK(result.tokens == f.targets.size());
    CHECK(result.sum == doctest::Approx(exact_loss).epsilon(tolerance(1e-5) / 10));
    CHECK(f.model->loss(f.batch()).sum == doctest::Approx(result.sum).epsilon(1e-6));
    const Weights<double> gradients = f.by_name(f.model->gradients());
    for (std::size_t r = 0; r < rows.size(); ++r) {
      CAPTURE(rows[r].name);
      const auto& g = gradients.at(rows[r].name);
      for (std::size_t k = 0; k < kDirections; ++k) {
        const auto d = direction(r, k, g.size());
        // The projection of a gradient of this size onto this direction is of the order of norm(g) / sqrt(3).
        // A key bias has none at all (softmax does not see it): the floor is that of the loss's rounding.
        const double bound = tolerance(2e-5) * norm(g) + 1e-6 * std::abs(exact_loss);
        CHECK(std::abs(dot(g, d) - exact.at(rows[r].name)[k]) <= bound);
      }
    }
  }
}

TEST_CASE("with label smoothing, z-loss and ignored targets the loss and its gradient are the reference's") {
  if (active_preset().dropout > 0) return;
  constexpr LossOptions kOptions{.label_smoothing = 0.125f, .z_loss = 0.0078125f};
  const Preset& p = active_preset();
  for (const std::string& target : tested_targets()) {
    CAPTURE(target);
    ModelFixture f(target);
    for (std::size_t i = 3; i < f.targets.size(); i += 5) f.targets[i] = kIgnoredToken;
    const Weights<Complex> weights = reference::to_complex(f.by_name(f.model->parameters()));
    const double evaluated = f.model->loss(f.batch()).sum;
    const Loss result = f.model->forward_backward(f.batch(), 1.0f, {}, {.options = kOptions});
    CHECK(f.model->loss(f.batch()).sum == evaluated);
    double length = 0, slope = 0;
    Weights<double> directions;
    for (const auto& tensor : f.by_name(f.model->gradients())) {
      directions[tensor.first] = direction(directions.size(), 7, tensor.second.size());
      slope += dot(tensor.second, directions[tensor.first]);
      length = std::hypot(length, norm(tensor.second));
    }
    Weights<Complex> moved = weights;
    for (auto& tensor : moved)
      for (std::size_t i = 0; i < tensor.second.size(); ++i)
        tensor.second[i] += Complex(0, reference::kComplexStep * directions[tensor.first][i]);
    const Complex exact =
        reference::reference_loss(p, moved, std::span<const Token>(f.inputs), std::span<const Token>(f.targets),
                                  kOptions.label_smoothing, kOptions.z_loss);
    CHECK(result.sum == doctest::Approx(exact.real()).epsilon(tolerance(1e-5) / 10));
    CHECK(std::abs(slope - exact.imag() / reference::kComplexStep) <= tolerance(2e-5) * length + 1e-6 * result.sum);
  }
}

TEST_CASE("a step that is given up between two micro-batches leaves nothing for the next one") {
  constexpr LossOptions kOptions{.label_smoothing = 0.125f};
  ModelFixture f;
  f.use_batch(1);
  f.model->forward_backward(f.batch(), 1.0f, {}, {.index = 0, .count = 2, .options = kOptions});
  std::ranges::fill(f.model->gradients(), 0.0f);
  f.use_batch(0);
  const double loss = f.model->forward_backward(f.batch(), 1.0f, {}, {.options = kOptions}).sum;
  ModelFixture fresh;
  CHECK(fresh.model->forward_backward(fresh.batch(), 1.0f, {}, {.options = kOptions}).sum == loss);
  CHECK(std::ranges::equal(f.model->gradients(), fresh.model->gradients()));
}

TEST_CASE("gradients are added to, and scaled") {
  ModelFixture f;
  f.model->forward_backward(f.batch(), 1.0f, {});
  const auto once = f.by_name(f.model->gradients());
  f.model->forward_backward(f.batch(), 2.0f, {});
  const auto thrice = f.by_name(f.model->gradients());
  for (const auto& tensor : once) {
    CAPTURE(tensor.first);
    const auto& g = tensor.second;
    double difference = 0;
    for (std::size_t i = 0; i < g.size(); ++i)
      difference = std::max(difference, std::abs(thrice.at(tensor.first)[i] - 3 * g[i]));
    CHECK(difference <= tolerance(1e-5) * norm(g) + 1e-6);
  }
}

TEST_CASE("ignored targets take no part in the loss and its gradients") {
  ModelFixture f;
  const Preset& p = active_preset();
  // Ignoring all of the first sequence must leave what the others give: the first sequence's inputs are free.
  std::fill_n(f.targets.begin(), p.seq_len, kIgnoredToken);
  const Loss loss = f.model->forward_backward(f.batch(), 1.0f, {});
  CHECK(loss.tokens == p.rows() - p.seq_len);
  const auto expected = f.by_name(f.model->gradients());
  std::ranges::fill(f.model->gradients(), 0.0f);
  for (std::size_t i = 0; i < p.seq_len; ++i) f.inputs[i] = static_cast<Token>((f.inputs[i] + 1) % p.vocab_size);
  CHECK(f.model->forward_backward(f.batch(), 1.0f, {}).sum == loss.sum);
  CHECK(f.by_name(f.model->gradients()) == expected);
}

TEST_CASE("padding rows of the vocabulary stay zero") {
  ModelFixture f;
  f.model->forward_backward(f.batch(), 1.0f, {});
  for (const ParamRow& row : f.model->param_table().rows)
    for (std::size_t i = row.size(); i < row.stored; ++i) CHECK(f.model->gradients()[row.offset + i] == 0.0f);
}

}  // namespace
}  // namespace diecast
