#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <diecast/core/random.hpp>
#include <diecast/model/param_table.hpp>
#include <diecast/train/optimizer.hpp>

namespace diecast::testing {

/// A matrix in double, row by row, and the naive arithmetic that the papers' formulas need.
struct DoubleMatrix {
  std::size_t rows, cols;
  std::vector<double> values;

  double& at(std::size_t i, std::size_t j) { return values[i * cols + j]; }
  double at(std::size_t i, std::size_t j) const { return values[i * cols + j]; }
  double norm() const {
    double squares = 0;
    for (const double v : values) squares += v * v;
    return std::sqrt(squares);
  }
};

inline DoubleMatrix zero_matrix(std::size_t rows, std::size_t cols) {
  return {rows, cols, std::vector<double>(rows * cols)};
}

inline DoubleMatrix transposed(const DoubleMatrix& a) {
  DoubleMatrix t = zero_matrix(a.cols, a.rows);
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < a.cols; ++j) t.at(j, i) = a.at(i, j);
  return t;
}

inline DoubleMatrix product(const DoubleMatrix& a, const DoubleMatrix& b) {
  DoubleMatrix c = zero_matrix(a.rows, b.cols);
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t k = 0; k < a.cols; ++k)
      for (std::size_t j = 0; j < b.cols; ++j) c.at(i, j) += a.at(i, k) * b.at(k, j);
  return c;
}

/// zeropower_via_newtonschulz5 of Jordan et al. (2024), as their text has it: X of the shape given, wide or tall.
inline DoubleMatrix newton_schulz(DoubleMatrix x) {
  const bool is_tall = x.rows > x.cols;
  const double length = x.norm();
  if (is_tall) x = transposed(x);
  for (double& v : x.values) v /= length;
  for (int step = 0; step < 5; ++step) {
    const DoubleMatrix a = product(x, transposed(x));
    DoubleMatrix b = product(a, a);
    for (std::size_t i = 0; i < b.values.size(); ++i) b.values[i] = -4.7750 * a.values[i] + 2.0315 * b.values[i];
    const DoubleMatrix bx = product(b, x);
    for (std::size_t i = 0; i < x.values.size(); ++i) x.values[i] = 3.4445 * x.values[i] + bx.values[i];
  }
  return is_tall ? transposed(x) : x;
}

/// The arrays of a table's parameters, with parameters and gradients that are drawn; padding is zero.
struct DrawnArrays {
  const ParamTable& table;
  std::vector<float> parameters, gradients, m, v, means;

  explicit DrawnArrays(const ParamTable& rows)
      : table(rows), parameters(rows.stored), gradients(rows.stored), m(rows.stored), v(rows.stored) {
    draw(parameters, 1, 0);
  }
  void draw_gradients(std::uint64_t step) { draw(gradients, 0.01, step); }
  void keep_means() { means = parameters; }
  TrainedArrays spans() { return {parameters, gradients, m, v, means}; }

 private:
  void draw(std::vector<float>& values, double deviation, std::uint64_t stream) {
    for (const ParamRow& row : table.rows)
      for (std::size_t i = row.offset; i < row.offset + row.size(); ++i)
        values[i] = static_cast<float>(deviation * Random{1, stream}.normal(i));
  }
};

/// The update rules as their papers write them, an element or a matrix at a time, in double.
class ReferenceOptimizer {
 public:
  ReferenceOptimizer(const OptimizerSettings& settings, const DrawnArrays& arrays)
      : p(arrays.parameters.begin(), arrays.parameters.end()),
        means(p),
        s_(settings),
        table_(arrays.table),
        m(p.size()),
        v(p.size()) {}

  void step(std::uint64_t t, double lr, const std::vector<float>& gradients) {
    double squares = 0;
    for (const double g : gradients) squares += g * g;
    const double norm = std::sqrt(squares);
    const double scale = s_.grad_clip > 0 && norm > s_.grad_clip ? s_.grad_clip / norm : 1;
    correction1 = 1 - std::pow(s_.beta1, static_cast<double>(t));
    correction2 = 1 - std::pow(s_.beta2, static_cast<double>(t));
    for (const ParamRow& row : table_.rows) {
      const double decay = row.decays ? s_.weight_decay : 0;
      std::vector<double> g(gradients.begin() + static_cast<std::ptrdiff_t>(row.offset),
                            gradients.begin() + static_cast<std::ptrdiff_t>(row.offset + row.size()));
      for (double& x : g) x *= scale;
      if (s_.rule == UpdateRule::muon && row.shape.size() == 2 && row.name.starts_with("blocks."))
        muon_row(row, lr, decay, g);
      else
        for (std::size_t i = 0; i < g.size(); ++i) element(row.offset + i, lr, decay, g[i]);
    }
    const double kept = std::min(s_.mean_decay, (1 + static_cast<double>(t)) / (10 + static_cast<double>(t)));
    for (std::size_t i = 0; i < p.size(); ++i) means[i] = kept * means[i] + (1 - kept) * p[i];
  }

  std::vector<double> p, means;

 private:
  void element(std::size_t i, double lr, double decay, double g) {
    if (s_.rule == UpdateRule::lion) {  // algorithm 2 of Chen et al. 2023
      const double c = s_.beta1 * m[i] + (1 - s_.beta1) * g;
      const double sign = c > 0 ? 1 : c < 0 ? -1 : 0;
      p[i] -= lr * (sign + decay * p[i]);
      m[i] = s_.beta2 * m[i] + (1 - s_.beta2) * g;
    } else if (s_.rule == UpdateRule::sgd) {  // torch.optim.SGD: L2 decay, no dampening, not Nesterov's
      m[i] = s_.momentum * m[i] + g + decay * p[i];
      p[i] -= lr * m[i];
    } else {  // algorithm 2 of Loshchilov and Hutter 2019
      m[i] = s_.beta1 * m[i] + (1 - s_.beta1) * g;
      v[i] = s_.beta2 * v[i] + (1 - s_.beta2) * g * g;
      const double m_hat = m[i] / correction1, v_hat = v[i] / correction2;
      p[i] -= lr * (m_hat / (std::sqrt(v_hat) + s_.eps) + decay * p[i]);
    }
  }

  // Each projection by itself: `parts` rows of it.
  void muon_row(const ParamRow& row, double lr, double decay, const std::vector<double>& g) {
    const std::size_t rows = row.shape[0], cols = row.shape[1];
    std::vector<std::size_t> parts{rows};
    if (row.name.find("qkv") != std::string::npos) parts = {cols, (rows - cols) / 2, (rows - cols) / 2};
    if (row.name.find("gate_up") != std::string::npos) parts = {rows / 2, rows / 2};
    std::size_t first = 0;
    for (const std::size_t part : parts) {
      DoubleMatrix u = zero_matrix(part, cols);
      for (std::size_t i = 0; i < part * cols; ++i) {
        double& moment = m[row.offset + first + i];
        moment = s_.momentum * moment + g[first + i];
        u.values[i] = s_.momentum * moment + g[first + i];
      }
      const DoubleMatrix direction = newton_schulz(u);
      const double length = 0.2 * std::sqrt(static_cast<double>(std::max(part, cols)));
      for (std::size_t i = 0; i < part * cols; ++i) {
        double& x = p[row.offset + first + i];
        x -= lr * (decay * x + length * direction.values[i]);
      }
      first += part * cols;
    }
  }

  const OptimizerSettings s_;
  const ParamTable& table_;
  std::vector<double> m, v;
  double correction1 = 0, correction2 = 0;  // of AdamW's moments
};

}  // namespace diecast::testing
