#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <diecast/core/arena.hpp>
#include <diecast/core/field.hpp>
#include <diecast/core/random.hpp>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/kernels/span_ops.hpp>
#include <string>
#include <vector>

namespace diecast {
namespace {

// Around one, two and four vectors of every target, and past the 4096 that sum_of_squares takes at a time.
constexpr std::size_t kLengths[] = {0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 1000, 4095, 4097, 10007};
constexpr std::size_t kGuard = 16;
constexpr float kUntouched = -77.0f;

// Of the step's terms: an update takes some ten roundings of 6e-8.
constexpr double kTolerance = 1e-6;

std::vector<float> random(std::uint64_t stream, std::size_t n, double scale) {
  std::vector<float> x(n + kGuard, kUntouched);
  for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<float>(scale * Random{1, stream}.normal(i));
  return x;
}

bool guard_holds(const std::vector<float>& x) {
  return std::all_of(x.end() - kGuard, x.end(), [](float v) { return v == kUntouched; });
}

// Calls check(ops, n) on every target for every length.
template <class Check>
void on_every_target(const Check& check) {
  for (const std::string& target : kernel_targets())
    for (const std::size_t n : kLengths) {
      CAPTURE(target);
      CAPTURE(n);
      check(span_ops(target), n);
    }
}

TEST_CASE("an AdamW step agrees with the formula in double, at every length") {
  const AdamWStep s{.grad_scale = 0.5f,
                    .beta1 = 0.9f,
                    .beta2 = 0.95f,
                    .eps = 1e-3f,
                    .step_size = 0.01f,
                    .inv_sqrt_correction = 1.5f,
                    .decay = 0.002f};
  on_every_target([&](const SpanOps& ops, std::size_t n) {
    auto p = random(0, n, 1), m = random(2, n, 0.1), v = random(3, n, 0.1);
    auto g = random(1, n, 0.3);
    for (std::size_t i = 0; i < n; ++i) v[i] *= v[i];
    const auto p0 = p, m0 = m, v0 = v, g0 = g;
    ops.adamw(s, p.data(), g.data(), m.data(), v.data(), n);
    double worst = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double grad = double{s.grad_scale} * g0[i];
      const double m1 = double{s.beta1} * m0[i] + (1 - double{s.beta1}) * grad;
      const double v1 = double{s.beta2} * v0[i] + (1 - double{s.beta2}) * grad * grad;
      const double step = s.step_size * m1 / (std::sqrt(v1) * s.inv_sqrt_correction + s.eps);
      const double p1 = p0[i] - double{s.decay} * p0[i] - step;
      worst = std::max(
          {worst, std::abs(m[i] - m1), std::abs(v[i] - v1), std::abs(p[i] - p1) / (1 + std::abs(p0[i]))});
    }
    CHECK(worst <= kTolerance);
    CHECK(std::all_of(g.begin(), g.begin() + static_cast<std::ptrdiff_t>(n), [](float x) { return x == 0; }));
    CHECK(guard_holds(g));
    CHECK(guard_holds(p));
    CHECK(guard_holds(m));
    CHECK(guard_holds(v));
  });
}

TEST_CASE("an AdamW step of nothing but weight decay shrinks every parameter by it") {
  const AdamWStep s{.grad_scale = 1,
                    .beta1 = 0.9f,
                    .beta2 = 0.95f,
                    .eps = 1e-8f,
                    .step_size = 0.01f,
                    .inv_sqrt_correction = 1,
                    .decay = 0.25f};
  on_every_target([&](const SpanOps& ops, std::size_t n) {
    auto p = random(4, n, 1);
    const auto before = p;
    std::vector<float> g(n), m(n), v(n);
    ops.adamw(s, p.data(), g.data(), m.data(), v.data(), n);
    double worst = 0;
    for (std::size_t i = 0; i < n; ++i) worst = std::max(worst, std::abs(p[i] - 0.75 * before[i]));
    CHECK(worst <= kTolerance);
  });
}

TEST_CASE("an element's AdamW step does not depend on where it lies") {
  const AdamWStep s{.grad_scale = 0.7f,
                    .beta1 = 0.9f,
                    .beta2 = 0.95f,
                    .eps = 1e-8f,
                    .step_size = 0.01f,
                    .inv_sqrt_correction = 1.3f,
                    .decay = 0.01f};
  on_every_target([&](const SpanOps& ops, std::size_t n) {
    std::vector<float> p(n, 0.3f), g(n, -0.2f), m(n, 0.1f), v(n, 0.05f);
    ops.adamw(s, p.data(), g.data(), m.data(), v.data(), n);
    const auto all_the_same = [](const std::vector<float>& x) {
      return std::ranges::all_of(x, [&](float value) { return value == x.front(); });
    };
    CHECK(all_the_same(p));
    CHECK(all_the_same(m));
    CHECK(all_the_same(v));
  });
}

TEST_CASE("a sum of squares agrees with the sum in double, at every length") {
  on_every_target([](const SpanOps& ops, std::size_t n) {
    const auto x = random(5, n, 3);
    double exact = 0;
    for (std::size_t i = 0; i < n; ++i) exact += double{x[i]} * x[i];
    CHECK(std::abs(ops.sum_of_squares(x.data(), n) - exact) <= kTolerance * exact);
  });
}

TEST_CASE("a sum of a million squares is as good as a short one") {
  constexpr std::size_t kMany = 1'000'000;
  const auto x = random(7, kMany, 1);
  double exact = 0;
  for (std::size_t i = 0; i < kMany; ++i) exact += double{x[i]} * x[i];
  for (const std::string& target : kernel_targets()) {
    CAPTURE(target);
    CHECK(std::abs(span_ops(target).sum_of_squares(x.data(), kMany) - exact) <= kTolerance * exact);
  }
}

TEST_CASE("fill writes every element and no other") {
  on_every_target([](const SpanOps& ops, std::size_t n) {
    auto x = random(6, n, 1);
    ops.fill(x.data(), 2.5f, n);
    CHECK(std::all_of(x.begin(), x.end() - kGuard, [](float v) { return v == 2.5f; }));
    CHECK(guard_holds(x));
  });
}

TEST_CASE("a triad adds what it scales, into every element and no other") {
  on_every_target([](const SpanOps& ops, std::size_t n) {
    const auto x = random(8, n, 1), y = random(9, n, 1);
    // Streaming stores ask for whole cache lines.
    Arena arena(3 * round_up((n + kGuard) * sizeof(float), kAlignment));
    const auto at = [&](std::size_t i) {
      return arena.at<float>(i * round_up((n + kGuard) * sizeof(float), kAlignment));
    };
    std::copy_n(x.begin(), n, at(0));
    std::copy_n(y.begin(), n, at(1));
    ops.triad(at(0), at(1), 0.5f, at(2), n);
    double worst = 0;
    for (std::size_t i = 0; i < n; ++i) worst = std::max(worst, std::abs(at(2)[i] - (x[i] + 0.5 * y[i])));
    CHECK(worst <= kTolerance);
    CHECK(at(2)[n] == 0);
  });
}

}  // namespace
}  // namespace diecast
