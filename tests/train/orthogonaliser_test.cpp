#include "train/orthogonaliser.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/random.hpp>
#include <diecast/kernels/dispatch.hpp>

#include "tests/train/update_reference.hpp"

namespace diecast {
namespace {

using testing::DoubleMatrix;

// Relative to a matrix whose singular values are near 1: products of up to 300 terms in f32, five steps.
constexpr double kOrthogonalTolerance = 1e-4;

DoubleMatrix drawn(std::size_t rows, std::size_t cols) {
  DoubleMatrix a = testing::zero_matrix(rows, cols);
  for (std::size_t i = 0; i < a.values.size(); ++i) a.values[i] = static_cast<float>(1e-3 * Random{5, rows}.normal(i));
  return a;
}

std::vector<float> orthogonalised(const DoubleMatrix& a, std::size_t threads, std::string_view target = {}) {
  ThreadPool pool(threads, Waiting::block);
  Orthogonaliser orthogonaliser(300, 200, pool, span_ops(target));
  std::vector<float> values(a.values.begin(), a.values.end());
  orthogonaliser.run(values.data(), a.rows, a.cols);
  return values;
}

// Squares of the singular values of a square matrix's, the eigenvalues of aᵀ a by Jacobi's rotations.
std::vector<double> squared_singular_values(const DoubleMatrix& a) {
  DoubleMatrix s = testing::product(testing::transposed(a), a);
  for (int sweep = 0; sweep < 12; ++sweep)
    for (std::size_t p = 0; p < s.rows; ++p)
      for (std::size_t q = p + 1; q < s.rows; ++q) {
        const double angle = 0.5 * std::atan2(2 * s.at(p, q), s.at(q, q) - s.at(p, p));
        const double c = std::cos(angle), t = std::sin(angle);
        for (std::size_t k = 0; k < s.rows; ++k) {
          const double x = s.at(k, p), y = s.at(k, q);
          s.at(k, p) = c * x - t * y;
          s.at(k, q) = t * x + c * y;
        }
        for (std::size_t k = 0; k < s.rows; ++k) {
          const double x = s.at(p, k), y = s.at(q, k);
          s.at(p, k) = c * x - t * y;
          s.at(q, k) = t * x + c * y;
        }
      }
  std::vector<double> values;
  for (std::size_t i = 0; i < s.rows; ++i) values.push_back(s.at(i, i));
  return values;
}

TEST_CASE("orthogonalised matrices agree with the iteration in double, of any extents, on every target") {
  constexpr std::pair<std::size_t, std::size_t> kExtents[] = {{1, 1},   {1, 40},   {5, 7},    {33, 31},
                                                              {64, 96}, {200, 65}, {130, 300}};
  for (const std::string& target : kernel_targets())
    for (const auto& extents : kExtents) {
      const std::size_t rows = extents.first, cols = extents.second;
      CAPTURE(target);
      CAPTURE(rows);
      CAPTURE(cols);
      const DoubleMatrix a = drawn(rows, cols), exact = testing::newton_schulz(a);
      const std::vector<float> ours = orthogonalised(a, 2, target);
      double worst = 0;
      for (std::size_t i = 0; i < ours.size(); ++i) worst = std::max(worst, std::abs(ours[i] - exact.values[i]));
      CHECK(worst < kOrthogonalTolerance);
    }
}

TEST_CASE("singular values come near 1") {
  const DoubleMatrix a = drawn(40, 24);
  const std::vector<float> ours = orthogonalised(a, 1);
  const DoubleMatrix o{40, 24, {ours.begin(), ours.end()}};
  for (const double square : squared_singular_values(o)) {
    CHECK(square > 0.6 * 0.6);  // the paper's coefficients end between 0.7 and 1.2
    CHECK(square < 1.25 * 1.25);
  }
  const std::vector<double> before = squared_singular_values(a);
  CHECK(*std::ranges::max_element(before) > 10 * *std::ranges::min_element(before));
}

TEST_CASE("a matrix of zeros stays one") {
  for (const float x : orthogonalised(testing::zero_matrix(30, 50), 1)) REQUIRE(x == 0);
}

TEST_CASE("orthogonalised matrices have the same bits for any number of threads") {
  const DoubleMatrix a = drawn(200, 180);
  const std::vector<float> one = orthogonalised(a, 1);
  CHECK(orthogonalised(a, 2) == one);
  CHECK(orthogonalised(a, 3) == one);
}

}  // namespace
}  // namespace diecast
