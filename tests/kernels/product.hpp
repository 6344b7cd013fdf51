#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <diecast/kernels/grid.hpp>

#include "tests/kernels/operand.hpp"

namespace diecast {

// Of the sum of the terms' magnitudes. Rounding a sum of random terms is a random walk that ends near 2^-25
// of them; the worst of 10^5 elements is at seven times that. A term too many or too few is over 1e-3.
inline constexpr double kProductTolerance = 5e-7;

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
  void scale_and_add(std::size_t i, double factor, double x) {
    value[i] *= factor;
    magnitude[i] *= std::abs(factor);
    add(i, x);
  }
};

// a (m, k), b (k, n)
inline void add_product(Product& c, const std::vector<double>& a, const std::vector<double>& b, const GemmShape& s) {
  for (std::size_t i = 0; i < s.m; ++i)
    for (std::size_t k = 0; k < s.k; ++k)
      for (std::size_t j = 0; j < s.n; ++j) c.add(i * s.n + j, a[i * s.k + k] * b[k * s.n + j]);
}

inline std::vector<double> transposed(const std::vector<double>& x, std::size_t rows, std::size_t cols) {
  std::vector<double> y(x.size());
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < cols; ++j) y[j * rows + i] = x[i * cols + j];
  return y;
}

// `factors` are right_scaled's.
inline Operand packed(const Kernels& kernels, const PackShape& shape, const std::vector<double>& source,
                      const float* factors = nullptr) {
  Operand from(shape.is_weight() ? Element::f32 : shape.operands, source);
  Operand to(shape.packed(), source.size());
  run_all(kernels.packs[kShapes.packs.index(shape)], PackArgs{from.data(), to.data(), shape.rows, factors}, pack_tasks(shape));
  CHECK(to.guards_hold());
  return to;
}

}  // namespace diecast
