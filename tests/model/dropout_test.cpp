#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>
#include <span>
#include <string>
#include <vector>

#include "tests/model/layer_fixture.hpp"
#include "tests/model/model_fixture.hpp"
#include "tests/model/sharp_weights.hpp"
#include "tests/tested_targets.hpp"

namespace diecast {
namespace {

constexpr DropoutKey kKey{7, 11};

bool no_dropout() { return active_preset().dropout == 0; }

// Central differences over a change of some 0.1 nats of 400: the third derivative and the loss's rounding,
// each about 1e-5 nats, are 1e-4 of it.
constexpr double kDifferenceTolerance = 1e-3;

TEST_CASE("the same dropout key gives the same loss and gradient, bit for bit" *
          doctest::skip(no_dropout())) {
  ModelFixture f;
  const double loss = f.model->forward_backward(f.batch(), 1.0f, kKey).sum;
  const auto gradients = f.by_name(f.model->gradients());
  std::ranges::fill(f.model->gradients(), 0.0f);
  f.model->forward_backward(f.batch(), 1.0f, {kKey.seed, kKey.step + 1});
  std::ranges::fill(f.model->gradients(), 0.0f);
  CHECK(f.model->forward_backward(f.batch(), 1.0f, kKey).sum == loss);
  CHECK(f.by_name(f.model->gradients()) == gradients);
}

TEST_CASE("another seed or another step drops something else" * doctest::skip(no_dropout())) {
  ModelFixture f;
  const double loss = f.model->forward_backward(f.batch(), 1.0f, kKey).sum;
  CHECK(f.model->forward_backward(f.batch(), 1.0f, {kKey.seed + 1, kKey.step}).sum != loss);
  CHECK(f.model->forward_backward(f.batch(), 1.0f, {kKey.seed, kKey.step + 1}).sum != loss);
}

TEST_CASE("the loss for evaluation is the reference's, which has no dropout" * doctest::skip(no_dropout())) {
  for (const std::string& target : tested_targets()) {
    CAPTURE(target);
    ModelFixture f(target);
    const double exact =
        reference::reference_loss(active_preset(), f.by_name(f.model->parameters()),
                                  std::span<const Token>(f.inputs), std::span<const Token>(f.targets));
    CHECK(f.model->loss(f.batch()).sum == doctest::Approx(exact).epsilon(tolerance(1e-5) / 10));
  }
}

TEST_CASE("evaluation does not see that training drops" * doctest::skip(no_dropout())) {
  ModelFixture f;
  const double before = f.model->loss(f.batch()).sum;
  CHECK(f.model->forward_backward(f.batch(), 1.0f, kKey).sum != before);
  CHECK(f.model->loss(f.batch()).sum == before);
}

TEST_CASE("with a fixed key, each tensor's gradient is the slope of the loss along it" *
          doctest::skip(no_dropout())) {
  for (const std::string& target : tested_targets()) {
    CAPTURE(target);
    ModelFixture f(target);
    sharpen(*f.model);
    f.model->forward_backward(f.batch(), 1.0f, kKey);
    const auto gradients = f.by_name(f.model->gradients());
    for (const ParamRow& row : f.model->param_table().rows) {
      CAPTURE(row.name);
      const auto& g = gradients.at(row.name);
      const double length = norm(g), h = std::min(0.05, 0.1 / length);
      const auto values = row.in(f.model->parameters());
      const std::vector<float> start(values.begin(), values.end());
      const auto loss_at = [&](double distance) {
        for (std::size_t i = 0; i < g.size(); ++i)
          values[i] = static_cast<float>(start[i] + distance * g[i] / length);
        f.model->parameters_changed();
        return f.model->forward_backward(f.batch(), 0.0f, kKey).sum;
      };
      const double slope = (loss_at(h) - loss_at(-h)) / (2 * h);
      loss_at(0);
      CHECK(std::abs(slope - length) <= kDifferenceTolerance * length);
    }
  }
}

TEST_CASE("a dropout layer's backward has the mask of its forward, and another layer another mask" *
          doctest::skip(no_dropout())) {
  using Drop = Layers<ActivePreset, ActivePreset::value.rows()>::Drop;
  const std::vector<double> ones(Drop::Input::shape::size, 1.0);
  LayerFixture<Drop> one(kernel_targets().front()), other(kernel_targets().front());
  one.context.training = other.context.training = true;
  other.frame.stream = one.frame.stream + 1;
  const auto mask = one.forward(ones).values();
  CHECK(one.backward(ones).values() == mask);
  CHECK(other.forward(ones).values() != mask);
  one.context.training = false;
  CHECK(one.forward(ones).values() == ones);
}

}  // namespace
}  // namespace diecast
