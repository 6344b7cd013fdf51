#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <diecast/core/random.hpp>
#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/table.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>
#include <limits>
#include <span>
#include <vector>

#include "tests/kernels/operand.hpp"
#include "tests/reference/complex_step.hpp"
#include "tests/reference/layers.hpp"

namespace diecast {
namespace {

using reference::Complex;

// Of the largest element of a result. Kernels round some ten times on the way to one, and an exponential is
// good to 3e-7; the worst is GELU's derivative near 5, where 1 - s is lost in s and then multiplied by 30:
// 2e-6.
constexpr double kRowTolerance = 4e-6;
constexpr float kEps = 1e-5f;
constexpr Element kOperands = ActivePreset::value.precision;

auto near(const std::vector<double>& expected) { return within(kRowTolerance * largest(expected)); }

// d/dx_i of sum_j dy_j f(x)_j for every i, by complex step.
template <class F>
std::vector<double> gradient(const F& f, const std::vector<double>& x, const std::vector<double>& dy) {
  auto z = reference::to_complex(x);
  std::vector<double> result;
  for (Complex& coordinate : z)
    result.push_back(reference::derivative(
        [&] {
          Complex sum = 0;
          const std::vector<Complex> y = f(z);
          for (std::size_t j = 0; j < y.size(); ++j) sum += dy[j] * y[j];
          return sum;
        },
        coordinate));
  return result;
}

std::vector<double> part(const std::vector<double>& x, std::size_t first, std::size_t count) {
  return std::vector<double>(x.begin() + static_cast<std::ptrdiff_t>(first),
                             x.begin() + static_cast<std::ptrdiff_t>(first + count));
}

// ---- norms

template <class S>
std::vector<S> normalised(const NormShape& s, const std::vector<S>& x, const std::vector<S>& weight,
                    const std::vector<S>& bias) {
  return s.norm == Norm::rms_norm ? reference::rms_norm(x, weight, kEps)
                                  : reference::layer_norm(x, weight, s.bias ? bias : std::vector<S>(), kEps);
}

// Rows with a mean of their own, a weight around 1, and everything norm kernels write.
struct NormCase {
  NormShape shape;
  std::vector<double> x, weight, bias, dy, skip;

  explicit NormCase(const NormShape& s)
      : shape(s),
        x(random_values(Element::f32, s.rows * s.width, 30)),
        weight(random_values(Element::f32, s.width, 31)),
        bias(random_values(Element::f32, s.width, 32)),
        dy(random_values(s.result, s.rows * s.width, 33)),
        skip(random_values(Element::f32, s.rows * s.width, 34)) {
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = rounded(Element::f32, x[i] + static_cast<double>(i / s.width % 5) - 2);
    for (double& w : weight) w = rounded(Element::f32, 1 + w / 2);
  }
  std::vector<double> forward() const { return normalised(shape, x, weight, bias); }
  std::vector<double> mean() const {
    std::vector<double> result(shape.rows);
    for (std::size_t i = 0; i < x.size(); ++i)
      result[i / shape.width] += x[i] / static_cast<double>(shape.width);
    return result;
  }
  std::vector<double> rstd() const {
    const auto means = shape.norm == Norm::layer_norm ? mean() : std::vector<double>(shape.rows);
    std::vector<double> result(shape.rows);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double centred = x[i] - means[i / shape.width];
      result[i / shape.width] += centred * centred / static_cast<double>(shape.width);
    }
    for (double& variance : result) variance = 1 / std::sqrt(variance + kEps);
    return result;
  }
};

template <class Body>
void on_every_norm(const Body& body) {
  for (std::size_t i = 0; i < kShapes.norms.count; ++i) {
    const NormCase c(kShapes.norms.items[i]);
    INFO("norm of " << c.shape.rows << " rows");
    body(c, i);
  }
}

TEST_CASE("a norm and the statistics it saves agree with the reference") {
  on_every_norm([](const NormCase& c, std::size_t slot) {
    const auto expected = c.forward(), mean = c.mean(), rstd = c.rstd();
    on_every_target([&](const Kernels& kernels) {
      Operand x(Element::f32, c.x), weight(Element::f32, c.weight), bias(Element::f32, c.bias);
      Operand y(c.shape.result, c.x.size()), saved_mean(Element::f32, c.shape.rows),
          saved_rstd(Element::f32, c.shape.rows);
      NormArgs args{};
      args.x = x.floats();
      args.weight = weight.floats();
      args.bias = bias.floats();
      args.y = y.data();
      args.mean = saved_mean.floats();
      args.rstd = saved_rstd.floats();
      args.eps = kEps;
      args.rows = c.shape.rows;
      run_all(kernels.norms[slot].forward, args, row_tasks(c.shape.rows));
      check_elements(y, expected, near(expected));
      check_elements(saved_rstd, rstd, near(rstd));
      if (c.shape.norm == Norm::layer_norm) check_elements(saved_mean, mean, near(mean));
    });
  });
}

// dx of row r alone; rows do not see each other.
std::vector<double> norm_gradient(const NormCase& c) {
  std::vector<double> dx;
  const auto weight = reference::to_complex(c.weight), bias = reference::to_complex(c.bias);
  for (std::size_t row = 0; row < c.shape.rows; ++row) {
    const auto row_dx = gradient([&](const auto& x) { return normalised(c.shape, x, weight, bias); },
                                 part(c.x, row * c.shape.width, c.shape.width),
                                 part(c.dy, row * c.shape.width, c.shape.width));
    dx.insert(dx.end(), row_dx.begin(), row_dx.end());
  }
  return dx;
}

TEST_CASE("the gradients of a norm are the exact derivatives, with a skip and without") {
  on_every_norm([](const NormCase& c, std::size_t slot) {
    const auto x = reference::to_complex(c.x), bias = reference::to_complex(c.bias),
               weight = reference::to_complex(c.weight);
    const auto dx = norm_gradient(c);
    const auto d_weight = gradient([&](const auto& w) { return normalised(c.shape, x, w, bias); }, c.weight, c.dy);
    const auto d_bias = gradient([&](const auto& b) { return normalised(c.shape, x, weight, b); }, c.bias, c.dy);
    auto dx_skip = dx;
    for (std::size_t i = 0; i < dx.size(); ++i) dx_skip[i] += c.skip[i];
    const std::size_t tasks = norm_backward_tasks(c.shape.rows), width = c.shape.width;
    on_every_target([&](const Kernels& kernels) {
      for (const bool skips : {false, true}) {
        CAPTURE(skips);
        Operand in(Element::f32, c.x), w(Element::f32, c.weight), dy(c.shape.result, c.dy),
            skip(Element::f32, c.skip);
        Operand mean(Element::f32, c.mean()), rstd(Element::f32, c.rstd());
        Operand out(Element::f32, dx.size()), partial(Element::f32, tasks * 2 * width);
        NormArgs args{};
        args.x = in.floats();
        args.weight = w.floats();
        args.mean = mean.floats();
        args.rstd = rstd.floats();
        args.eps = kEps;
        args.dy = dy.data();
        args.skip = skips ? skip.floats() : nullptr;
        args.dx = out.floats();
        args.partial = partial.floats();
        args.rows = c.shape.rows;
        run_all(kernels.norms[slot].backward, args, tasks);
        check_elements(out, skips ? dx_skip : dx, near(dx_skip));
        // The tasks' sums, added up; without a bias its sums are not needed.
        Operand sums(Element::f32, std::vector<double>(2 * width));
        for (std::size_t i = 0; i < tasks * 2 * width; ++i)
          sums.set(i % (2 * width), sums[i % (2 * width)] + partial[i]);
        CHECK(partial.guards_hold());
        check_elements(Operand(Element::f32, part(sums.values(), 0, width)), d_weight, near(d_weight));
        if (c.shape.bias)
          check_elements(Operand(Element::f32, part(sums.values(), width, width)), d_bias, near(d_bias));
      }
    });
  });
}

// ---- activations

template <class S>
std::vector<S> activation(const ActivationShape& s, const std::vector<S>& x) {
  return s.kind == MlpKind::gelu ? reference::gelu_tanh(x) : reference::swiglu(x, s.width);
}

TEST_CASE("an activation and its gradient agree with the reference from the flat left to the linear right") {
  for (std::size_t i = 0; i < kShapes.activations.count; ++i) {
    const ActivationShape& s = kShapes.activations.items[i];
    INFO("activation of " << s.rows << " rows");
    const std::size_t in = s.kind == MlpKind::gelu ? s.width : 2 * s.width;
    const auto x = random_values(s.operands, s.rows * in, 40, 12),
               dy = random_values(s.operands, s.rows * s.width, 41);
    const auto expected = activation(s, x);
    // Elementwise: output element o sees only column o % width, and for SwiGLU the one `width` further.
    std::vector<double> dx(x.size());
    for (std::size_t o = 0; o < dy.size(); ++o)
      for (std::size_t c = o / s.width * in + o % s.width; c < (o / s.width + 1) * in; c += s.width) {
        std::vector<Complex> z;
        for (std::size_t j = o / s.width * in + o % s.width; j < (o / s.width + 1) * in; j += s.width)
          z.emplace_back(x[j], j == c ? reference::kComplexStep : 0);
        const Complex y = s.kind == MlpKind::gelu ? reference::gelu_tanh(z[0]) : reference::silu(z[0]) * z[1];
        dx[c] = dy[o] * y.imag() / reference::kComplexStep;
      }
    on_every_target([&](const Kernels& kernels) {
      Operand from(s.operands, x), to(s.operands, expected.size()), d_to(s.operands, dy),
          d_from(s.operands, x.size());
      run_all(kernels.activations[i].forward, ActivationArgs{from.data(), to.data(), nullptr, nullptr, s.rows},
              row_tasks(s.rows));
      check_elements(to, expected, near(expected));
      run_all(kernels.activations[i].backward,
              ActivationArgs{from.data(), nullptr, d_to.data(), d_from.data(), s.rows}, row_tasks(s.rows));
      check_elements(d_from, dx, near(dx));
    });
  }
}

// ---- the loss

constexpr std::size_t kLossRows = 5;
constexpr float kScale = 0.25f;

// Logits (kLossRows, padded) with a padding that would win; the third target is ignored, the others are
// spread, and the last row's logits are beyond what an exponential can hold.
struct LossCase {
  LossShape shape;
  std::vector<double> logits, losses, d_logits;
  std::vector<Token> targets;

  explicit LossCase(const LossShape& s, const LossOptions& options = {})
      : shape(s), logits(random_values(Element::f32, kLossRows * s.padded, 50, 6)), d_logits(logits.size()) {
    for (std::size_t row = 0; row < kLossRows; ++row) {
      const std::size_t at = row * s.padded;
      for (std::size_t v = s.vocab; v < s.padded; ++v) logits[at + v] = 1e4;
      if (row + 1 == kLossRows)
        for (std::size_t v = 0; v < s.vocab; ++v) logits[at + v] += 1000;
      targets.push_back(row == 2 ? kIgnoredToken : static_cast<Token>(row * (s.vocab - 1) / (kLossRows - 1)));
      for (std::size_t v = 0; v < s.padded; ++v) logits[at + v] = rounded(Element::f32, logits[at + v]);
      const auto x = part(logits, at, s.vocab);
      const auto loss = [&](const auto& z) {
        return std::vector{reference::cross_entropy(z, std::span<const Token>(&targets[row], 1), s.vocab,
                                                    options.label_smoothing, options.z_loss)};
      };
      losses.push_back(loss(x)[0]);
      std::ranges::copy(gradient(loss, x, {kScale}), d_logits.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
};

TEST_CASE("a row's loss and gradient agree with the reference, whatever padding and ignored targets hold") {
  for (std::size_t i = 0; i < kShapes.losses.count; ++i) {
    const LossCase c(kShapes.losses.items[i]);
    on_every_target([&](const Kernels& kernels) {
      Operand logits(Element::f32, c.logits), losses(Element::f32, kLossRows),
          d(c.shape.gradient, c.logits.size());
      const LossArgs args{logits.floats(), c.targets.data(), losses.floats(), d.data(), kScale};
      run_all(kernels.losses[i], args, kLossRows);
      // The last row's logits are above 1000, where floats are 6e-5 apart.
      check_elements(losses, c.losses, [](std::size_t row) { return row + 1 < kLossRows ? 1e-5 : 2e-4; });
      check_elements(d, c.d_logits, within(kRowTolerance * kScale));
      CHECK(logits.guards_hold());
    });
  }
}

TEST_CASE("label smoothing and z-loss are in a row's loss and gradient as the reference has them") {
  constexpr LossOptions kOptions{.label_smoothing = 0.125f, .z_loss = 0.0078125f};
  for (std::size_t i = 0; i < kShapes.losses.count; ++i) {
    const LossCase c(kShapes.losses.items[i], kOptions);
    on_every_target([&](const Kernels& kernels) {
      Operand logits(Element::f32, c.logits), losses(Element::f32, kLossRows),
          d(c.shape.gradient, c.logits.size());
      run_all(kernels.losses[i],
              LossArgs{logits.floats(), c.targets.data(), losses.floats(), d.data(), kScale, kOptions}, kLossRows);
      check_elements(losses, c.losses, [&](std::size_t row) { return 1e-5 + 1e-6 * c.losses[row]; });
      // In the last row the softmax's part has a factor of 16.
      check_elements(d, c.d_logits, within(20 * kRowTolerance * kScale));
      CHECK(logits.guards_hold());
    });
  }
}

TEST_CASE("a row's loss without its gradient is the same one") {
  for (std::size_t i = 0; i < kShapes.losses.count; ++i) {
    const LossCase c(kShapes.losses.items[i]);
    on_every_target([&](const Kernels& kernels) {
      Operand logits(Element::f32, c.logits), again = logits, losses(Element::f32, kLossRows), alone = losses;
      Operand d(c.shape.gradient, c.logits.size());
      run_all(kernels.losses[i], LossArgs{logits.floats(), c.targets.data(), losses.floats(), d.data(), 1},
              kLossRows);
      run_all(kernels.losses[i], LossArgs{again.floats(), c.targets.data(), alone.floats(), nullptr, 1},
              kLossRows);
      CHECK(alone.values() == losses.values());
    });
  }
}

// ---- kernels whose extents are arguments

TEST_CASE("dropout keeps exactly the elements that mix32 of key and index names, and scales them") {
  constexpr std::size_t kCount = 4096, kFirst = 1024, kRun = 2048;
  constexpr std::uint32_t kKey = 0xFFFFF123u;  // key + index wraps around
  const auto x = random_values(Element::f32, kCount, 60), skip = random_values(Element::f32, kCount, 61);
  for (const std::uint32_t p : {0u, 6554u, 32768u, 65000u})
    for (const bool skips : {false, true}) {
      std::vector<double> expected(kRun);
      for (std::size_t i = 0; i < kRun; ++i) {
        const bool keep = mix32(kKey + static_cast<std::uint32_t>(kFirst + i)) >> 16 >= p;
        expected[i] = (keep ? x[kFirst + i] * 65536 / (65536 - p) : 0.0) + (skips ? skip[kFirst + i] : 0.0);
      }
      on_every_target([&](const Kernels& kernels) {
        CAPTURE(p);
        CAPTURE(skips);
        Operand from(Element::f32, x), add(Element::f32, skip), to(Element::f32, kCount);
        kernels.rows.dropout(from.floats(), skips ? add.floats() : nullptr, to.floats(), kFirst, kRun, kKey,
                             p);
        const auto all = to.values();
        check_elements(Operand(Element::f32, part(all, kFirst, kRun)), expected, near(expected));
        CHECK(std::ranges::all_of(part(all, 0, kFirst), [](double v) { return std::isnan(v); }));
        CHECK(std::ranges::all_of(part(all, kFirst + kRun, kCount - kFirst - kRun),
                                  [](double v) { return std::isnan(v); }));
      });
    }
}

TEST_CASE("dropout drops its share of the elements") {
  constexpr std::size_t kCount = 1 << 18;
  const std::vector<double> ones(kCount, 1.0);
  for (const std::uint32_t p : {656u, 6554u, 32768u})
    on_every_target([&](const Kernels& kernels) {
      Operand from(Element::f32, ones), to(Element::f32, kCount);
      kernels.rows.dropout(from.floats(), nullptr, to.floats(), 0, kCount, 77, p);
      const auto kept = to.values();
      const double dropped = static_cast<double>(std::ranges::count(kept, 0.0)) / kCount,
                   expected = p / 65536.0;
      // Five standard deviations of a fair choice.
      CHECK(std::abs(dropped - expected) < 5 * std::sqrt(expected * (1 - expected) / kCount));
    });
}

template <Element kElement, class Kernel>
void check_column_sum(const Kernel& kernel) {
  constexpr std::size_t kRows = 67, kStride = 160, kCols = 96;
  const auto x = random_values(kElement, kRows * kStride, 70), start = random_values(Element::f32, kCols, 71);
  auto expected = start;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (i % kStride < kCols) expected[i % kStride] += x[i];
  Operand from(kElement, x), sums(Element::f32, start);
  kernel(static_cast<const ElementType<kElement>*>(from.data()), kRows, kStride, kCols, sums.floats());
  check_elements(sums, expected, near(expected));
}

TEST_CASE("column sums of f32 and of operands are added to what is there") {
  on_every_target([](const Kernels& kernels) {
    check_column_sum<Element::f32>(kernels.rows.column_sum_f32);
    check_column_sum<kOperands>(kernels.rows.column_sum);
  });
}

TEST_CASE("scaled column sums are added to what is there") {
  constexpr std::size_t kRows = 67, kStride = 160, kCols = 96;
  const auto x = random_values(kOperands, kRows * kStride, 72), start = random_values(Element::f32, kCols, 73),
             factors = random_values(Element::f32, kRows, 74);
  auto expected = start;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (i % kStride < kCols) expected[i % kStride] += factors[i / kStride] * x[i];
  on_every_target([&](const Kernels& kernels) {
    Operand from(kOperands, x), scales(Element::f32, factors), sums(Element::f32, start);
    kernels.rows.scaled_column_sum(static_cast<const ElementType<kOperands>*>(from.data()), scales.floats(), kRows,
                                   kStride, kCols, sums.floats());
    check_elements(sums, expected, near(expected));
  });
}

// Halfway between neighbours, next to it, at the largest finite one and beyond: of bf16, then of f16, with the
// subnormal ones there. Then random numbers.
std::vector<double> awkward_values() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<double> x{0.0,          -0.0,         1.00390625,     1.01171875,  -1.00390625,
                        0x1.02fffep0, 0x1.030002p0, 0x1.fefffep127, 0x1.ffp127,  0x1.fffffep127,
                        0x1p-126,     kInfinity,    -kInfinity,     std::nan(""), 0x1.002p0,
                        0x1.006p0,    0x1.002002p0, 0x1.001ffep0,   65504,        65519.996,
                        65520,        -1e6,         0x1p-14,        0x1.ffep-15,  0x1.8p-24,
                        0x1p-24,      0x1p-25,      0x1.000002p-25, -0x1p-26};
  const auto random = random_values(Element::f32, 4096 - x.size(), 80, 1e3);
  x.insert(x.end(), random.begin(), random.end());
  return x;
}

TEST_CASE("f32 becomes the nearest operand, ties to even, infinities and NaN themselves") {
  const auto x = awkward_values();
  on_every_target([&](const Kernels& kernels) {
    Operand from(Element::f32, x), to(kOperands, x.size());
    kernels.rows.narrow(from.floats(), static_cast<ElementType<kOperands>*>(to.data()), x.size());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double expected = rounded(kOperands, x[i]);
      const bool right = std::isnan(expected)
                             ? std::isnan(to[i])
                             : to[i] == expected && std::signbit(to[i]) == std::signbit(expected);
      wrong += right ? 0 : 1;
    }
    CHECK(wrong == 0);
    CHECK(to.guards_hold());
  });
}

TEST_CASE("operands become f32 without a change, infinities and NaN too") {
  const auto x = awkward_values();
  const Operand operands(kOperands, x);
  on_every_target([&](const Kernels& kernels) {
    // The sum of a column of one element is that element.
    Operand from = operands, to(Element::f32, std::vector<double>(x.size()));
    const auto* elements = static_cast<const ElementType<kOperands>*>(from.data());
    kernels.rows.column_sum(elements, 1, x.size(), x.size(), to.floats());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      wrong += std::isnan(operands[i]) ? !std::isnan(to[i]) : to[i] != operands[i];
    CHECK(wrong == 0);
  });
}

TEST_CASE("a sum of two arrays is exact") {
  const auto x = random_values(Element::f32, 96, 90), z = random_values(Element::f32, 96, 91);
  std::vector<double> expected;
  for (std::size_t i = 0; i < x.size(); ++i) expected.push_back(rounded(Element::f32, x[i] + z[i]));
  on_every_target([&](const Kernels& kernels) {
    Operand a(Element::f32, x), b(Element::f32, z), sum(Element::f32, x.size());
    kernels.rows.add(a.floats(), b.floats(), sum.floats(), x.size());
    CHECK(sum.values() == expected);
    CHECK(sum.guards_hold());
  });
}

}  // namespace
}  // namespace diecast
