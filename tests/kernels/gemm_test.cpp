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
#include "tests/kernels/product.hpp"

namespace diecast {
namespace {

std::string name(const GemmShape& s) {
  return std::string(s.op == GemmOp::nn ? "nn " : "tn ") + std::to_string(s.m) + "x" + std::to_string(s.n) +
         "x" + std::to_string(s.k) + (s.bias ? " bias" : "") + (s.skip ? " skip" : "") + (s.head ? " head" : "");
}

void check_nn(const GemmShape& s) {
  const auto a = random_values(s.operands, s.m * s.k, 1);
  const auto b = random_values(Element::f32, s.k * s.n, 2);  // the master
  auto b_rounded = b;
  for (double& x : b_rounded) x = rounded(s.operands, x);
  const auto bias = random_values(Element::f32, s.n, 3);
  const auto skip = random_values(Element::f32, s.m * s.n, 4);
  const auto factors = random_values(Element::f32, s.m, 9), shifts = random_values(Element::f32, s.m, 10),
             vector_sum = random_values(Element::f32, s.n, 11);
  Product expected({}, s.m, s.n);
  add_product(expected, a, b_rounded, s);
  for (std::size_t i = 0; i < s.m * s.n; ++i) {
    if (s.head) expected.scale_and_add(i, factors[i / s.n], shifts[i / s.n] * vector_sum[i % s.n]);
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
      const Operand scales(Element::f32, factors), moves(Element::f32, shifts), sum(Element::f32, vector_sum);
      const HeadGradient head{scales.floats(), moves.floats(), sum.floats()};
      const GemmArgs args{left.data(), right.data(), c.data(), s.bias ? row.floats() : nullptr,
                          s.skip ? matrix.floats() : nullptr, s.rows(), s.head ? &head : nullptr};
      run_all(kernels.gemms[kShapes.gemms.index(s)], args, gemm_grid(s, kernels.tiles).tasks());
      check_elements(c, expected.value, [&](std::size_t i) { return kProductTolerance * expected.magnitude[i]; });
    });
  }
  CHECK(tested);
}

void check_tn(const GemmShape& s) {
  constexpr Element kStored = ActivePreset::value.precision;  // packing widens f16: these products see f32
  const auto a = random_values(kStored, s.k * s.m, 5);
  const auto b = random_values(kStored, s.k * s.n, 6);
  const auto start = random_values(Element::f32, s.m * s.n, 7);
  Product expected(start, s.m, s.n);
  add_product(expected, transposed(a, s.k, s.m), b, s);

  const PackShape left{PackOp::left, s.k, s.m, kStored}, right{PackOp::right, s.k, s.n, kStored};
  if (!kShapes.packs.contains(left)) return;  // the head's: its operands come from the head's kernels, see head_test
  REQUIRE(kShapes.packs.contains(right));
  on_every_target([&](const Kernels& kernels) {
    Operand x = packed(kernels, left, a), y = packed(kernels, right, b), c(Element::f32, start);
    const GemmArgs args{x.data(), y.data(), c.data(), nullptr, nullptr, s.rows()};
    run_all(kernels.gemms[kShapes.gemms.index(s)], args, gemm_grid(s, kernels.tiles).tasks());
    check_elements(c, expected.value, [&](std::size_t i) { return kProductTolerance * expected.magnitude[i]; });
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
    const std::vector<float> factors(shape.rows, 0.5f);
    auto expected = source;
    for (double& x : expected) x = rounded(shape.operands, shape.op == PackOp::right_scaled ? 0.5 * x : x);
    std::ranges::sort(expected);
    on_every_target([&](const Kernels& kernels) {
      auto got = packed(kernels, shape, source, factors.data()).values();
      std::ranges::sort(got);
      CHECK((got == expected));
    });
  }
}

}  // namespace
}  // namespace diecast
