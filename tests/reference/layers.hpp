#pragma once

#include <cmath>
#include <complex>
#include <cstddef>
#include <diecast/core/token.hpp>
#include <numbers>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

/// Layers as obvious loops, for S = double and S = std::complex<double>. Every array is a row-major vector;
/// the number of rows follows from its size. All operations are analytic in S, so that the imaginary part
/// carries a derivative (`complex_step.hpp`): what is chosen by size is chosen by the real part.
namespace diecast::reference {

inline void require(bool holds, const std::string& rule) {
  if (!holds) throw std::invalid_argument("reference: " + rule);
}

inline double real_part(double x) { return x; }
inline double real_part(std::complex<double> x) { return x.real(); }

/// x + y, elementwise.
template <class S>
std::vector<S> add(std::vector<S> x, const std::vector<S>& y) {
  require(x.size() == y.size(), "add: both sides must have the same size");
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  return x;
}

/// y = x Wᵀ + b: x (rows, in), w (out, in), b (out) or empty, y (rows, out).
template <class S>
std::vector<S> linear(const std::vector<S>& x, const std::vector<S>& w, const std::vector<S>& b,
                      std::size_t in) {
  require(x.size() % in == 0 && w.size() % in == 0, "linear: x and w must have rows of `in` elements");
  const std::size_t rows = x.size() / in, out = w.size() / in;
  require(b.empty() || b.size() == out, "linear: the bias must be empty or as long as w has rows");
  std::vector<S> y(rows * out);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t o = 0; o < out; ++o) {
      S sum = b.empty() ? S(0) : b[o];
      for (std::size_t i = 0; i < in; ++i) sum += x[r * in + i] * w[o * in + i];
      y[r * out + o] = sum;
    }
  return y;
}

/// (x - mean) / sqrt(variance + eps) * weight + bias in every row as wide as `weight`; bias may be empty.
/// The variance divides by the width. Ba, Kiros, Hinton 2016 (arXiv:1607.06450).
template <class S>
std::vector<S> layer_norm(const std::vector<S>& x, const std::vector<S>& weight, const std::vector<S>& bias,
                          double eps) {
  const std::size_t width = weight.size();
  require(x.size() % width == 0, "layer_norm: x must have rows as wide as the weight");
  require(bias.empty() || bias.size() == width,
          "layer_norm: the bias must be empty or as wide as the weight");
  std::vector<S> y(x.size());
  for (std::size_t row = 0; row < x.size(); row += width) {
    S mean(0), variance(0);
    for (std::size_t i = 0; i < width; ++i) mean += x[row + i];
    mean /= static_cast<double>(width);
    for (std::size_t i = 0; i < width; ++i) variance += (x[row + i] - mean) * (x[row + i] - mean);
    variance /= static_cast<double>(width);
    for (std::size_t i = 0; i < width; ++i) {
      y[row + i] = (x[row + i] - mean) / std::sqrt(variance + eps) * weight[i];
      if (!bias.empty()) y[row + i] += bias[i];
    }
  }
  return y;
}

/// x / sqrt(mean(x²) + eps) * weight in every row as wide as `weight`. Zhang, Sennrich 2019
/// (arXiv:1910.07467).
template <class S>
std::vector<S> rms_norm(const std::vector<S>& x, const std::vector<S>& weight, double eps) {
  const std::size_t width = weight.size();
  require(x.size() % width == 0, "rms_norm: x must have rows as wide as the weight");
  std::vector<S> y(x.size());
  for (std::size_t row = 0; row < x.size(); row += width) {
    S mean_square(0);
    for (std::size_t i = 0; i < width; ++i) mean_square += x[row + i] * x[row + i];
    mean_square /= static_cast<double>(width);
    for (std::size_t i = 0; i < width; ++i)
      y[row + i] = x[row + i] / std::sqrt(mean_square + eps) * weight[i];
  }
  return y;
}

/// x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x³))). Hendrycks, Gimpel 2016 (arXiv:1606.08415).
template <class S>
S gelu_tanh(S x) {
  return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
}

template <class S>
std::vector<S> gelu_tanh(std::vector<S> x) {
  for (S& value : x) value = gelu_tanh(value);
  return x;
}

/// x / (1 + exp(-x)).
template <class S>
S silu(S x) {
  return x / (1.0 + std::exp(-x));
}

/// silu(gate) * up: gate_up (rows, 2 d_ff) with the gate first, result (rows, d_ff).
/// Shazeer 2020 (arXiv:2002.05202).
template <class S>
std::vector<S> swiglu(const std::vector<S>& gate_up, std::size_t d_ff) {
  require(gate_up.size() % (2 * d_ff) == 0, "swiglu: gate_up must have rows of 2 d_ff elements");
  std::vector<S> y(gate_up.size() / 2);
  for (std::size_t r = 0; r < y.size() / d_ff; ++r)
    for (std::size_t i = 0; i < d_ff; ++i)
      y[r * d_ff + i] = silu(gate_up[r * 2 * d_ff + i]) * gate_up[r * 2 * d_ff + d_ff + i];
  return y;
}

/// Row t of the result is row tokens[t] of table (V, width).
template <class S>
std::vector<S> embedding(std::span<const Token> tokens, const std::vector<S>& table, std::size_t width) {
  std::vector<S> y;
  y.reserve(tokens.size() * width);
  for (Token token : tokens) {
    require((token + std::size_t{1}) * width <= table.size(), "embedding: a token is outside the table");
    for (std::size_t i = 0; i < width; ++i) y.push_back(table[token * width + i]);
  }
  return y;
}

/// Adds table (T, width) to every sequence of x (B T, width).
template <class S>
std::vector<S> add_positions(std::vector<S> x, const std::vector<S>& table) {
  require(x.size() % table.size() == 0, "add_positions: x must consist of whole sequences");
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += table[i % table.size()];
  return x;
}

/// Stable softmax; the shift by the greatest real part cancels.
template <class S>
std::vector<S> softmax(std::vector<S> x) {
  double top = real_part(x.at(0));
  for (const S& value : x) top = std::fmax(top, real_part(value));
  S sum(0);
  for (S& value : x) sum += value = std::exp(value - top);
  for (S& value : x) value /= sum;
  return x;
}

/// The negative log-likelihoods of the targets under softmax(logits), summed over the targets that are not
/// kIgnoredToken: logits (rows, vocab), targets (rows). With `smoothing` a target's likelihood is its share of a
/// mixture with the uniform distribution; z_loss weighs the squared logarithm of the softmax's denominator.
template <class S>
S cross_entropy(const std::vector<S>& logits, std::span<const Token> targets, std::size_t vocab, double smoothing = 0,
                double z_loss = 0) {
  require(logits.size() == targets.size() * vocab, "cross_entropy: logits must have a row per target");
  S loss(0);
  for (std::size_t r = 0; r < targets.size(); ++r) {
    if (targets[r] == kIgnoredToken) continue;
    require(targets[r] < vocab, "cross_entropy: a target is outside the vocabulary");
    const S* row = logits.data() + r * vocab;
    double top = real_part(row[0]);
    for (std::size_t v = 0; v < vocab; ++v) top = std::fmax(top, real_part(row[v]));
    S sum(0);
    for (std::size_t v = 0; v < vocab; ++v) sum += std::exp(row[v] - top);
    loss += std::log(sum) - (row[targets[r]] - top);
    S all(0);
    for (std::size_t v = 0; v < vocab; ++v) all += row[v];
    const S log_z = std::log(sum) + top;
    loss += smoothing * (row[targets[r]] - all / static_cast<double>(vocab)) + z_loss * log_z * log_z;
  }
  return loss;
}

}  // namespace diecast::reference
