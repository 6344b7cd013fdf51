#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/table.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>
#include <vector>

#include "tests/kernels/operand.hpp"
#include "tests/kernels/product.hpp"

namespace diecast {
namespace {

// What the head's kernels are given, and what they must make of it.
struct HeadCase {
  HeadShape shape;
  std::vector<double> x, vectors;
  std::vector<Token> targets;
  std::vector<double> anchors, exponentials, sums;  // (rows), (rows, padded), (rows)

  explicit HeadCase(const HeadShape& s)
      : shape(s),
        x(random_values(s.operands, s.rows * s.width, 50)),
        vectors(random_values(Element::f32, s.padded * s.width, 51)),
        exponentials(s.rows * s.padded) {
    for (std::size_t row = 0; row < s.rows; ++row) {
      targets.push_back(static_cast<Token>(row == 0 ? s.vocab - 1 : row * 13 % s.vocab));
      anchors.push_back(logit(row, targets[row]));
      sums.push_back(0);
      for (std::size_t v = 0; v < s.vocab; ++v) {
        if (v == targets[row]) continue;
        exponentials[row * s.padded + v] = std::exp(logit(row, v) - anchors[row]);
        sums[row] += exponentials[row * s.padded + v];
      }
    }
  }
  double logit(std::size_t row, std::size_t v) const {
    double sum = 0;
    for (std::size_t i = 0; i < shape.width; ++i)
      sum += x[row * shape.width + i] * rounded(shape.operands, vectors[v * shape.width + i]);
    return sum;
  }
};

// The kernels' results.
struct HeadCall {
  Operand anchors, exponentials, exponentials_packed, sums;

  HeadCall(const HeadCase& c, const Kernels& kernels, std::size_t slot)
      : anchors(Element::f32, c.shape.rows),
        exponentials(c.shape.operands, c.exponentials.size()),
        exponentials_packed(c.shape.operands, c.exponentials.size()),
        sums(Element::f32, head_grid(c.shape, c.shape.rows, kernels.tiles).col_blocks * c.shape.rows) {
    Operand x(c.shape.operands, c.x), vectors(Element::f32, c.vectors);
    Operand right = packed(kernels, {PackOp::weight_transpose, c.shape.padded, c.shape.width, c.shape.operands}, c.vectors);
    const HeadArgs args{x.data(), right.data(), vectors.floats(), c.targets.data(), anchors.floats(),
                        exponentials.data(), exponentials_packed.data(), sums.floats(), c.shape.rows};
    run_all(kernels.heads[slot].anchors, args, row_tasks(c.shape.rows));
    run_all(kernels.heads[slot].exponentials, args, head_grid(c.shape, c.shape.rows, kernels.tiles).tasks());
  }
  void set_targets(const HeadCase& c, const Kernels& kernels, std::size_t slot, const std::vector<float>& values) {
    HeadArgs args{};
    args.targets = c.targets.data();
    args.exponentials = exponentials.data();
    args.exponentials_packed = exponentials_packed.data();
    args.rows = c.shape.rows;
    args.target_values = values.data();
    run_all(kernels.heads[slot].targets, args, row_tasks(c.shape.rows));
  }
  // Of a row, over the blocks of columns.
  Operand row_sums(std::size_t rows) const {
    Operand all(Element::f32, std::vector<double>(rows));
    for (std::size_t i = 0; i < sums.size(); ++i) all.set(i % rows, all[i % rows] + sums[i]);
    return all;
  }
};

// Calls body(case, slot) for each head of the plan.
template <class Body>
void on_every_head(const Body& body) {
  for (std::size_t i = 0; i < kShapes.heads.count; ++i) {
    INFO("head of " << kShapes.heads.items[i].rows << " rows");
    body(HeadCase(kShapes.heads.items[i]), i);
  }
}

TEST_CASE("the head's exponentials are relative to the target's logit, without the target and the padding") {
  on_every_head([](const HeadCase& c, std::size_t slot) {
    on_every_target([&](const Kernels& kernels) {
      const HeadCall call(c, kernels, slot);
      check_elements(call.anchors, c.anchors, [](std::size_t) { return 1e-5; });
      check_elements(call.exponentials, c.exponentials, [&](std::size_t i) { return 2e-5 * c.exponentials[i]; });
      check_elements(call.row_sums(c.shape.rows), c.sums, [&](std::size_t i) { return 2e-5 * c.sums[i]; });
      CHECK(call.sums.guards_hold());
    });
  });
}

TEST_CASE("the head's targets are put where they are, and nothing else is changed") {
  on_every_head([](const HeadCase& c, std::size_t slot) {
    std::vector<float> values;
    for (std::size_t row = 0; row < c.shape.rows; ++row) values.push_back(-0.5f * static_cast<float>(row % 64 + 1));
    on_every_target([&](const Kernels& kernels) {
      HeadCall call(c, kernels, slot);
      auto expected = call.exponentials.values();
      for (std::size_t row = 0; row < c.shape.rows; ++row)
        expected[row * c.shape.padded + c.targets[row]] = values[row];
      call.set_targets(c, kernels, slot, values);
      CHECK((call.exponentials.values() == expected));
      CHECK(call.exponentials.guards_hold());
    });
  });
}

TEST_CASE("the head's packed exponentials are the left operand of the vectors' gradient") {
  on_every_head([](const HeadCase& c, std::size_t slot) {
    const HeadShape& h = c.shape;
    const GemmShape product{GemmOp::tn, h.padded, h.width, h.rows, h.operands, Element::f32};
    REQUIRE(kShapes.gemms.contains(product));
    std::vector<float> factors, targets;  // such as are seen beside exponentials
    for (const double sum : c.sums) targets.push_back(static_cast<float>(-sum));
    std::vector<double> scaled = c.x;
    for (std::size_t row = 0; row < h.rows; ++row) factors.push_back(row % 2 == 0 ? 0.5f : -2.0f);
    for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] *= factors[i / h.width];
    on_every_target([&](const Kernels& kernels) {
      HeadCall call(c, kernels, slot);
      call.set_targets(c, kernels, slot, targets);
      const auto start = random_values(Element::f32, h.padded * h.width, 52);
      Product expected(start, h.padded, h.width);
      add_product(expected, transposed(call.exponentials.values(), h.rows, h.padded), scaled, product);
      Operand right = packed(kernels, {PackOp::right_scaled, h.rows, h.width, h.operands}, c.x, factors.data());
      Operand out(Element::f32, start);
      run_all(kernels.gemms[kShapes.gemms.index(product)],
              GemmArgs{call.exponentials_packed.data(), right.data(), out.data(), nullptr, nullptr, h.rows},
              gemm_grid(product, kernels.tiles).tasks());
      // Exponentials are positive and a few of them dominate, so that their sum's rounding is no random walk.
      check_elements(out, expected.value, [&](std::size_t i) { return 5 * kProductTolerance * expected.magnitude[i]; });
      CHECK(call.exponentials_packed.guards_hold());
    });
  });
}

}  // namespace
}  // namespace diecast
