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
#include <numbers>
#include <string>
#include <vector>

namespace diecast {
namespace {

// Around one, two and four vectors of every target, and past the 4096 that sum_of_squares takes at a time.
constexpr std::size_t kLengths[] = {0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 1000, 4095, 4097, 10007};
constexpr std::size_t kGuard = 16;
constexpr float kUntouched = -77.0f;

// Of the step's terms: an update takes some ten roundings of 6e-8.
constexpr double kSpanTolerance = 1e-6;

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
    CHECK(worst <= kSpanTolerance);
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
    CHECK(worst <= kSpanTolerance);
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

double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

TEST_CASE("a Lion step agrees with the formula in double, and zeros stay, at every length") {
  const LionStep s{.grad_scale = 0.5f, .beta1 = 0.9f, .beta2 = 0.97f, .step_size = 0.01f, .decay = 0.002f};
  on_every_target([&](const SpanOps& ops, std::size_t n) {
    auto p = random(0, n, 1), g = random(1, n, 0.3), m = random(2, n, 0.1);
    if (n > 2) p[2] = g[2] = m[2] = 0;
    const auto p0 = p, g0 = g, m0 = m;
    ops.lion(s, p.data(), g.data(), m.data(), n);
    double worst = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double grad = double{s.grad_scale} * g0[i];
      const double c = double{s.beta1} * m0[i] + (1 - double{s.beta1}) * grad;
      const double p1 = p0[i] - double{s.decay} * p0[i] - double{s.step_size} * sign(c);
      const double m1 = double{s.beta2} * m0[i] + (1 - double{s.beta2}) * grad;
      // Where the sign hangs on a rounding there is nothing to compare.
      if (std::abs(c) > 1e-7 || c == 0) worst = std::max(worst, std::abs(p[i] - p1) / (1 + std::abs(p0[i])));
      worst = std::max({worst, std::abs(m[i] - m1), std::abs(double{g[i]})});
    }
    CHECK(worst <= kSpanTolerance);
    CHECK((guard_holds(p) && guard_holds(g) && guard_holds(m)));
  });
}

TEST_CASE("a step of SGD with momentum agrees with the formula in double, at every length") {
  const SgdStep s{.grad_scale = 0.5f, .momentum = 0.9f, .step_size = 0.01f, .decay = 0.1f};
  on_every_target([&](const SpanOps& ops, std::size_t n) {
    auto p = random(0, n, 1), g = random(1, n, 0.3), m = random(2, n, 0.1);
    const auto p0 = p, g0 = g, m0 = m;
    ops.sgd(s, p.data(), g.data(), m.data(), n);
    double worst = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double m1 = double{s.momentum} * m0[i] + double{s.grad_scale} * g0[i] + double{s.decay} * p0[i];
      const double p1 = p0[i] - double{s.step_size} * m1;
      worst = std::max({worst, std::abs(m[i] - m1) / (1 + std::abs(m1)), std::abs(p[i] - p1) / (1 + std::abs(p0[i])),
                        std::abs(double{g[i]})});
    }
    CHECK(worst <= kSpanTolerance);
    CHECK((guard_holds(p) && guard_holds(g) && guard_holds(m)));
  });
}

TEST_CASE("looking ahead, descending and approaching agree with their formulas, at every length") {
  on_every_target([&](const SpanOps& ops, std::size_t n) {
    auto g = random(1, n, 0.3), m = random(2, n, 0.1), p = random(0, n, 1), mean = random(3, n, 1);
    const auto g0 = g, m0 = m, p0 = p, mean0 = mean;
    ops.look_ahead(0.5f, 0.9f, g.data(), m.data(), n);
    const auto direction = g;
    ops.descend(0.25f, 0.1f, p.data(), g.data(), n);
    ops.approach(0.125f, p.data(), mean.data(), n);
    double worst = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double m1 = double{0.9f} * m0[i] + 0.5 * g0[i];
      const double p1 = 0.75 * p0[i] - double{0.1f} * direction[i];
      worst = std::max({worst, std::abs(m[i] - m1), std::abs(direction[i] - (double{0.9f} * m1 + 0.5 * g0[i])),
                        std::abs(p[i] - p1), std::abs(mean[i] - (0.875 * mean0[i] + 0.125 * p[i])),
                        std::abs(double{g[i]})});
    }
    CHECK(worst <= kSpanTolerance);
    CHECK((guard_holds(p) && guard_holds(g) && guard_holds(m) && guard_holds(mean)));
  });
}

TEST_CASE("an element's noise depends on its index and the keys, not on where a call begins") {
  const NoiseDraw draw{.deviation = 2, .radius_key = 0x12345678, .angle_key = 0x9ABCDEF0};
  constexpr std::size_t kMany = 500;
  for (const std::string& target : kernel_targets()) {
    CAPTURE(target);
    const SpanOps& ops = span_ops(target);
    std::vector<float> whole(kMany), parts(kMany);
    ops.add_noise(draw, 1000, whole.data(), kMany);
    for (std::size_t begin = 0; begin < kMany; begin += 7)
      ops.add_noise(draw, static_cast<std::uint32_t>(1000 + begin), parts.data() + begin,
                    std::min<std::size_t>(7, kMany - begin));
    CHECK(parts == whole);
    for (std::size_t i = 0; i < kMany; ++i) {
      const auto uniform = [&](std::uint32_t key) {
        const std::uint32_t index = 1000 + static_cast<std::uint32_t>(i);
        return ((mix32(index ^ key) >> 8) + 0.5) * 0x1p-24;
      };
      const double exact = 2 * std::sqrt(-2 * std::log(uniform(draw.radius_key))) *
                           std::cos(2 * std::numbers::pi * uniform(draw.angle_key));
      REQUIRE(std::abs(whole[i] - exact) < 1e-5);
    }
  }
}

// Extents of a product: a row of a tile, a panel of 32, more than one block of the reduced extent.
struct Extents {
  std::size_t rows, cols, depth;
};
constexpr Extents kProducts[] = {{1, 32, 1}, {7, 32, 5}, {13, 96, 130}, {64, 128, 300}};

TEST_CASE("a product of run-time extents agrees with the sum in double, the left operand upright or not") {
  for (const std::string& target : kernel_targets())
    for (const Extents& extents : kProducts)
      for (const bool upright : {false, true}) {
        const auto [rows, cols, depth] = extents;
        CAPTURE(target);
        CAPTURE(extents.rows);
        const std::size_t stride = std::max({rows, cols, depth}) + 3;
        const auto a = random(1, std::max(rows, depth) * stride, 1), b = random(2, depth * stride, 1);
        const auto base = random(3, rows * stride, 1);
        std::vector<float> c(rows * stride + kGuard, kUntouched);
        const ProductArgs args{.a = a.data(),
                               .a_row = upright ? 1 : stride,
                               .a_step = upright ? stride : 1,
                               .b = b.data(),
                               .base = base.data(),
                               .c = c.data(),
                               .base_factor = 0.5f,
                               .factor = -0.25f,
                               .stride = stride,
                               .depth = depth};
        span_ops(target).product(args, {0, rows, 0, cols});
        double worst = 0;
        for (std::size_t i = 0; i < rows; ++i)
          for (std::size_t j = 0; j < stride; ++j) {
            if (j >= cols) {
              REQUIRE(c[i * stride + j] == kUntouched);
              continue;
            }
            double sum = 0;
            for (std::size_t k = 0; k < depth; ++k)
              sum += double{a[i * args.a_row + k * args.a_step]} * b[k * stride + j];
            worst = std::max(worst, std::abs(c[i * stride + j] - (0.5 * base[i * stride + j] - 0.25 * sum)));
          }
        CHECK(worst <= 1e-5);
      }
}

TEST_CASE("a transpose moves every element and no other") {
  for (const std::string& target : kernel_targets())
    for (const auto& [rows, cols, unused] : kProducts) {
      const auto in = random(1, rows * (cols + 5), 1);
      std::vector<float> out(cols * (rows + 2), kUntouched);
      span_ops(target).transpose(2, in.data(), cols + 5, rows, cols, out.data(), rows + 2);
      for (std::size_t j = 0; j < cols; ++j)
        for (std::size_t i = 0; i < rows + 2; ++i)
          REQUIRE(out[j * (rows + 2) + i] == (i < rows ? 2 * in[i * (cols + 5) + j] : kUntouched));
    }
}

TEST_CASE("a sum of squares agrees with the sum in double, at every length") {
  on_every_target([](const SpanOps& ops, std::size_t n) {
    const auto x = random(5, n, 3);
    double exact = 0;
    for (std::size_t i = 0; i < n; ++i) exact += double{x[i]} * x[i];
    CHECK(std::abs(ops.sum_of_squares(x.data(), n) - exact) <= kSpanTolerance * exact);
  });
}

TEST_CASE("a sum of a million squares is as good as a short one") {
  constexpr std::size_t kMany = 1'000'000;
  const auto x = random(7, kMany, 1);
  double exact = 0;
  for (std::size_t i = 0; i < kMany; ++i) exact += double{x[i]} * x[i];
  for (const std::string& target : kernel_targets()) {
    CAPTURE(target);
    CHECK(std::abs(span_ops(target).sum_of_squares(x.data(), kMany) - exact) <= kSpanTolerance * exact);
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
    CHECK(worst <= kSpanTolerance);
    CHECK(at(2)[n] == 0);
  });
}

}  // namespace
}  // namespace diecast
