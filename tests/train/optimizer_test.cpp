#include <diecast/train/optimizer.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/random.hpp>

namespace diecast {
namespace {

// Float steps against a double loop: each element takes about ten roundings of 6e-8 a step.
constexpr double kTolerance = 5e-6;

const SpanOps kPlainOps{
    .adamw =
        [](const AdamWStep& s, float* p, float* g, float* m, float* v, std::size_t n) {
          for (std::size_t i = 0; i < n; ++i) {
            const float grad = s.grad_scale * g[i];
            m[i] = s.beta1 * m[i] + (1 - s.beta1) * grad;
            v[i] = s.beta2 * v[i] + (1 - s.beta2) * grad * grad;
            p[i] -= s.decay * p[i] + s.step_size * m[i] / (std::sqrt(v[i]) * s.inv_sqrt_correction + s.eps);
            g[i] = 0;
          }
        },
    .sum_of_squares =
        [](const float* x, std::size_t n) {
          double sum = 0;
          for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]) * x[i];
          return sum;
        },
    .fill = [](float* x, float value, std::size_t n) { std::fill_n(x, n, value); },
    .triad = nullptr,
};

// A matrix of several chunks, the last one short, and a bias, whose end is padding.
ParamTable two_rows() {
  constexpr std::size_t kMatrix = 2 * AdamW::kChunk + 100;
  return {.rows = {{"w", {kMatrix}, 0, kMatrix, true, Init::normal},
                   {"b", {30}, kMatrix, 64, false, Init::zeros}},
          .stored = kMatrix + 64};
}

struct Arrays {
  std::vector<float> parameters, gradients, m, v;

  explicit Arrays(std::size_t n) : parameters(n), gradients(n), m(n), v(n) {
    for (std::size_t i = 0; i < n; ++i) parameters[i] = static_cast<float>(Random{1, 0}.normal(i));
  }
  void draw_gradients(std::uint64_t step, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) gradients[i] = static_cast<float>(0.01 * Random{2, step}.normal(i));
  }
  TrainedArrays spans() { return {parameters, gradients, m, v}; }
};

// AdamW as Loshchilov and Hutter write it (algorithm 2), in double.
struct Reference {
  AdamWSettings settings;
  std::vector<double> p, m, v;

  Reference(const AdamWSettings& s, const std::vector<float>& start)
      : settings(s), p(start.begin(), start.end()), m(start.size()), v(start.size()) {}

  void step(std::uint64_t t, double lr, const std::vector<float>& gradients, std::size_t first_undecayed) {
    double squares = 0;
    for (const double g : gradients) squares += g * g;
    const double norm = std::sqrt(squares);
    const double scale = settings.grad_clip > 0 && norm > settings.grad_clip ? settings.grad_clip / norm : 1;
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double g = scale * gradients[i];
      m[i] = settings.beta1 * m[i] + (1 - settings.beta1) * g;
      v[i] = settings.beta2 * v[i] + (1 - settings.beta2) * g * g;
      const double m_hat = m[i] / (1 - std::pow(settings.beta1, static_cast<double>(t)));
      const double v_hat = v[i] / (1 - std::pow(settings.beta2, static_cast<double>(t)));
      const double decay = i < first_undecayed ? settings.weight_decay * p[i] : 0;
      p[i] -= lr * (m_hat / (std::sqrt(v_hat) + settings.eps) + decay);
    }
  }
};

void check_against_reference(const AdamWSettings& settings) {
  const ParamTable table = two_rows();
  Arrays arrays(table.stored);
  Reference reference(settings, arrays.parameters);
  ThreadPool pool(2);
  AdamW optimizer(table, arrays.spans(), settings, pool, kPlainOps);
  for (std::uint64_t t = 1; t <= 5; ++t) {
    arrays.draw_gradients(t, table.stored);
    reference.step(t, 1e-2, arrays.gradients, table.rows[1].offset);
    optimizer.update(t, 1e-2, optimizer.gradient_norm());
    REQUIRE(optimizer.gradient_norm() == 0);
  }
  double worst = 0;
  for (std::size_t i = 0; i < table.stored; ++i)
    worst = std::max(worst, std::abs(arrays.parameters[i] - reference.p[i]));
  CHECK(worst < kTolerance);
}

std::vector<float> parameters_after_steps(std::size_t threads) {
  const ParamTable table = two_rows();
  Arrays arrays(table.stored);
  ThreadPool pool(threads);
  AdamW optimizer(table, arrays.spans(), {}, pool, kPlainOps);
  for (std::uint64_t t = 1; t <= 3; ++t) {
    arrays.draw_gradients(t, table.stored);
    optimizer.update(t, 1e-2, optimizer.gradient_norm());
  }
  return arrays.parameters;
}

TEST_CASE("AdamW agrees with the double-precision algorithm when the gradient is clipped") {
  check_against_reference({.grad_clip = 0.5});
}

TEST_CASE("AdamW agrees with the double-precision algorithm when nothing is clipped") {
  check_against_reference({.grad_clip = 0});
}

TEST_CASE("AdamW decays matrices and nothing else") {
  const ParamTable table = two_rows();
  Arrays arrays(table.stored);
  const std::vector<float> before = arrays.parameters;
  ThreadPool pool(1);
  AdamW optimizer(table, arrays.spans(), {.weight_decay = 0.5}, pool, kPlainOps);
  optimizer.update(1, 0.1, 0.0);
  for (std::size_t i = 0; i < table.stored; ++i) {
    const float factor = i < table.rows[1].offset ? 0.95f : 1.0f;
    REQUIRE(arrays.parameters[i] == doctest::Approx(before[i] * factor));
  }
}

TEST_CASE("the gradient's norm covers every element once") {
  const ParamTable table = two_rows();
  Arrays arrays(table.stored);
  std::fill(arrays.gradients.begin(), arrays.gradients.end(), 2.0f);
  ThreadPool pool(2);
  AdamW optimizer(table, arrays.spans(), {}, pool, kPlainOps);
  CHECK(optimizer.gradient_norm() == doctest::Approx(2 * std::sqrt(static_cast<double>(table.stored))));
  optimizer.zero_gradients();
  CHECK(optimizer.gradient_norm() == 0);
}

TEST_CASE("AdamW takes a loss scale out of gradients and their norm, bit for bit") {
  const ParamTable table = two_rows();
  Arrays plain(table.stored), scaled(table.stored);
  ThreadPool pool(2);
  AdamW optimizer(table, plain.spans(), {.grad_clip = 0.5}, pool, kPlainOps);
  AdamW scaled_optimizer(table, scaled.spans(), {.grad_clip = 0.5}, pool, kPlainOps);
  for (const float scale : {32768.0f, 16384.0f}) {
    plain.draw_gradients(3, table.stored);
    scaled.gradients = plain.gradients;
    for (float& gradient : scaled.gradients) gradient *= scale;
    const double norm = optimizer.gradient_norm(), unscaled_norm = scaled_optimizer.gradient_norm(scale);
    CHECK(unscaled_norm == norm);
    optimizer.update(1, 1e-2, norm);
    scaled_optimizer.update(1, 1e-2, unscaled_norm, scale);
    CHECK(scaled.parameters == plain.parameters);
    CHECK(scaled.m == plain.m);
    CHECK(scaled.v == plain.v);
  }
}

TEST_CASE("AdamW gives the same bits for any number of threads") {
  const std::vector<float> one = parameters_after_steps(1);
  CHECK(parameters_after_steps(2) == one);
  CHECK(parameters_after_steps(3) == one);
}

}  // namespace
}  // namespace diecast
