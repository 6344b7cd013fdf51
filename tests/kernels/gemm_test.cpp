#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/table.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>
#include <string>
#include <vector>

#include "tests/kernels/operand.hpp"

namespace diecast {
namespace {

using Kernels = KernelTable<ActivePreset>;
constexpr const KernelShapes& kShapes = Kernels::shapes;

// Of the sum of the terms' magnitudes. Rounding a sum of random terms is a random walk that ends near 2^-25
// of them; the worst of 10^5 elements is at seven times that. A term too many or too few is over 1e-3.
constexpr double kTolerance = 5e-7;

// A matrix product in double, and for each element the sum of the magnitudes of its terms.
struct Product {
  std::vector<double> value, magnitude;

  Product(const std::vector<double>& start, std::size_t m, std::size_t n)
      : value(start.empty() ? std::vector<double>(m * n) : start), magnitude(m * n) {
    for (std::size_t i = 0; i < m * n; ++i) magnitude[i] = std::abs(value[i]);
  }
  void add(std::size_t i, double x) {
    value[i] += x;
    magnitude[i] += std::abs(x);
  }
};

// a (m, k), b (k, n)
void add_product(Product& c, const std::vector<double>& a, const std::vector<double>& b, const GemmShape& s) {
  for (std::size_t i = 0; i < s.m; ++i)
    for (std::size_t k = 0; k < s.k; ++k)
      for (std::size_t j = 0; j < s.n; ++j) c.add(i * s.n + j, a[i * s.k + k] * b[k * s.n + j]);
}

std::vector<double> transposed(const std::vector<double>& x, std::size_t rows, std::size_t cols) {
  std::vector<double> y(x.size());
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < cols; ++j) y[j * rows + i] = x[i * cols + j];
  return y;
}

// Last task first: tasks do not depend on one another.
template <class Kernel, class Args>
void run_all(const Kernel& kernel, const Args& args, std::size_t tasks) {
  while (tasks-- > 0) kernel(args, tasks);
}

Operand packed(const Kernels& kernels, const PackShape& shape, const std::vector<double>& source) {
  Operand from(shape.is_weight() ? Element::f32 : shape.operands, source);
  Operand to(shape.operands, source.size());
  run_all(kernels.packs[kShapes.packs.index(shape)], PackArgs{from.data(), to.data(), shape.rows}, pack_tasks(shape));
  CHECK(to.guards_hold());
  return to;
}

std::string name(const GemmShape& s) {
  return std::string(s.op == GemmOp::nn ? "nn " : "tn ") + std::to_string(s.m) + "x" + std::to_string(s.n) +
         "x" + std::to_string(s.k) + (s.bias ? " bias" : "") + (s.skip ? " skip" : "");
}

void check_nn(const GemmShape& s) {
  const auto a = random_values(s.operands, s.m * s.k, 1);
  const auto b = random_values(Element::f32, s.k * s.n, 2);  // the master
  auto b_rounded = b;
  for (double& x : b_rounded) x = rounded(s.operands, x);
  const auto bias = random_values(Element::f32, s.n, 3);
  const auto skip = random_values(Element::f32, s.m * s.n, 4);
  Product expected({}, s.m, s.n);
  add_product(expected, a, b_rounded, s);
  for (std::size_t i = 0; i < s.m * s.n; ++i) {
    if (s.bias) expected.add(i, bias[i % s.n]);
    if (s.skip) expected.add(i, skip[i]);
  }

  bool tested = false;
  for (const PackOp op : {PackOp::weight, PackOp::weight_transpose}) {
    const bool plain = op == PackOp::weight;
    const PackShape pack{op, plain ? s.k : s.n, plain ? s.n : s.k, s.operands};
    if (!kShapes.packs.contains(pack)) continue;
    tested = true;
    on_every_target([&](const Kernels& kernels) {
      Operand left(s.operands, a), row(Element::f32, bias), matrix(Element::f32, skip),
          c(s.result, s.m * s.n);
      Operand right = packed(kernels, pack, plain ? b : transposed(b, s.k, s.n));
      const GemmArgs args{left.data(), right.data(), c.data(), s.bias ? row.floats() : nullptr,
                          s.skip ? matrix.floats() : nullptr, s.rows()};
      run_all(kernels.gemms[kShapes.gemms.index(s)], args, gemm_grid(s).tasks());
      check_elements(c, expected.value, [&](std::size_t i) { return kTolerance * expected.magnitude[i]; });
    });
  }
  CHECK(tested);
}

void check_tn(const GemmShape& s) {
  const auto a = random_values(s.operands, s.k * s.m, 5);
  const auto b = random_values(s.operands, s.k * s.n, 6);
  const auto start = random_values(Element::f32, s.m * s.n, 7);
  Product expected(start, s.m, s.n);
  add_product(expected, transposed(a, s.k, s.m), b, s);

  const PackShape left{PackOp::left, s.k, s.m, s.operands}, right{PackOp::right, s.k, s.n, s.operands};
  REQUIRE(kShapes.packs.contains(left));
  REQUIRE(kShapes.packs.contains(right));
  on_every_target([&](const Kernels& kernels) {
    Operand x = packed(kernels, left, a), y = packed(kernels, right, b), c(Element::f32, start);
    const GemmArgs args{x.data(), y.data(), c.data(), nullptr, nullptr, s.rows()};
    run_all(kernels.gemms[kShapes.gemms.index(s)], args, gemm_grid(s).tasks());
    check_elements(c, expected.value, [&](std::size_t i) { return kTolerance * expected.magnitude[i]; });
  });
}

TEST_CASE("a product of packed weights, with what its shape adds, agrees with the double-precision loop") {
  for (std::size_t i = 0; i < kShapes.gemms.count; ++i) {
    const GemmShape& shape = kShapes.gemms.items[i];
    if (shape.op != GemmOp::nn) continue;
    INFO(name(shape));
    check_nn(shape);
  }
}

TEST_CASE("a product over the tokens of packed activations is added to what is there") {
  for (std::size_t i = 0; i < kShapes.gemms.count; ++i) {
    const GemmShape& shape = kShapes.gemms.items[i];
    if (shape.op != GemmOp::tn) continue;
    INFO(name(shape));
    check_tn(shape);
  }
}

TEST_CASE("packing keeps every element, rounded to nearest even, and nothing else") {
  for (std::size_t i = 0; i < kShapes.packs.count; ++i) {
    const PackShape& shape = kShapes.packs.items[i];
    INFO("pack " << static_cast<int>(shape.op) << " " << shape.rows << "x" << shape.cols);
      const auto source = random_values(shape.is_weight() ? Element::f32 : shape.operands, shape.rows * shape.cols, 8);
    auto expected = source;
    for (double& x : expected) x = rounded(shape.operands, x);
    std::ranges::sort(expected);
    on_every_target([&](const Kernels& kernels) {
      auto got = packed(kernels, shape, source).values();
      std::ranges::sort(got);
      CHECK((got == expected));
    });
  }
}

}  // namespace
}  // namespace diecast
