#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <diecast/core/random.hpp>
#include <diecast/kernels/shapes.hpp>
#include <type_traits>
#include <vector>

#include "tests/kernels/operand.hpp"
#include "tests/reference/attention.hpp"

namespace diecast {

/// Causal attention and its gradient as plain loops in double, with the dropout mask that the reference model
/// does not have. `masked` false: as in evaluation.
struct AttentionLoops {
  AttentionShape shape;
  double theta;
  std::uint32_t key = 0;
  bool masked = false;
  /// Kernels keep rotated queries and keys as what they multiply.
  bool rounds_rotation = false;
  /// What the batch's sequences are counted from.
  std::size_t first_sequence = 0;

  reference::AttentionSizes sizes() const {
    return {shape.n_heads, shape.n_kv_heads, shape.head_dim, shape.seq_len};
  }
  std::size_t rows() const { return shape.batch * shape.seq_len; }

  /// The factor of the weight of key s for the query in `row` of all rows: 0 or 1 / (1 - p).
  double mask(std::size_t row, std::size_t head, std::size_t s) const {
    if (!masked || shape.dropout == 0) return 1;
    const std::size_t batch = first_sequence + row / shape.seq_len, t = row % shape.seq_len;
    const auto line = static_cast<std::uint32_t>((batch * shape.n_heads + head) * shape.seq_len + t);
    const std::uint32_t hash = mix32(mix32(key ^ mix32(line)) + static_cast<std::uint32_t>(s));
    return hash >> 16 >= shape.dropout ? 65536.0 / (65536 - shape.dropout) : 0;
  }

  template <class S>
  std::vector<S> rotated(const std::vector<S>& qkv) const {
    if (!shape.rope) return qkv;
    auto turned = reference::rope(qkv, sizes(), theta);
    if constexpr (std::is_same_v<S, double>)
      if (rounds_rotation)
        for (double& x : turned) x = rounded(widened(shape.operands), x);
    return turned;
  }
  /// Softmax of the scores of the query in `row`, unmasked.
  template <class S>
  std::vector<S> weights(const std::vector<S>& turned, std::size_t row, std::size_t head) const {
    const std::size_t t = row % shape.seq_len;
    return reference::softmax(reference::causal_scores(turned, sizes(), row - t, head, t));
  }

  /// out (B T, H D)
  template <class S>
  std::vector<S> forward(const std::vector<S>& qkv) const {
    const auto turned = rotated(qkv);
    const std::size_t width = shape.width();
    std::vector<S> out(rows() * shape.out_width());
    for (std::size_t row = 0; row < rows(); ++row)
      for (std::size_t h = 0; h < shape.n_heads; ++h) {
        const auto p = weights(turned, row, h);
        for (std::size_t s = 0; s < p.size(); ++s)
          for (std::size_t i = 0; i < shape.head_dim; ++i)
            out[row * shape.out_width() + h * shape.head_dim + i] +=
                mask(row, h, s) * p[s] *
                turned[(row - row % shape.seq_len + s) * width + sizes().value(h) + i];
      }
    return out;
  }

  /// Logarithms of the sums of the exponentials of the scores, (B, H, T).
  std::vector<double> log_sum_exp(const std::vector<double>& qkv) const {
    const auto turned = rotated(qkv);
    std::vector<double> result;
    for (std::size_t b = 0; b < shape.batch; ++b)
      for (std::size_t h = 0; h < shape.n_heads; ++h)
        for (std::size_t t = 0; t < shape.seq_len; ++t) {
          const auto scores = reference::causal_scores(turned, sizes(), b * shape.seq_len, h, t);
          // softmax(scores)[s] = exp(scores[s] - result)
          const auto top = static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
          result.push_back(scores[top] - std::log(reference::softmax(scores)[top]));
        }
    return result;
  }

  /// The gradient of <d_out, forward(qkv)>, where `out` is what forward gave, rounded or not.
  std::vector<double> backward(const std::vector<double>& qkv, const std::vector<double>& out,
                               const std::vector<double>& d_out) const {
    const auto turned = rotated(qkv);
    const std::size_t width = shape.width(), dim = shape.head_dim;
    const double scale = 1 / std::sqrt(static_cast<double>(dim));
    std::vector<double> d(qkv.size());
    for (std::size_t row = 0; row < rows(); ++row)
      for (std::size_t h = 0; h < shape.n_heads; ++h) {
        const std::size_t at = row * shape.out_width() + h * dim, q = row * width + sizes().query(h);
        double delta = 0;
        for (std::size_t i = 0; i < dim; ++i) delta += d_out[at + i] * out[at + i];
        const auto p = weights(turned, row, h);
        for (std::size_t s = 0; s < p.size(); ++s) {
          const std::size_t other = (row - row % shape.seq_len + s) * width;
          const std::size_t k = other + sizes().key(h), v = other + sizes().value(h);
          double dp = 0;
          for (std::size_t i = 0; i < dim; ++i) dp += d_out[at + i] * turned[v + i];
          const double ds = p[s] * (mask(row, h, s) * dp - delta) * scale;
          for (std::size_t i = 0; i < dim; ++i) {
            d[q + i] += ds * turned[k + i];
            d[k + i] += ds * turned[q + i];
            d[v + i] += mask(row, h, s) * p[s] * d_out[at + i];
          }
        }
      }
    if (shape.rope) turn_back(d);
    return d;
  }

 private:
  // The transposed rotation: by the negative angle.
  void turn_back(std::vector<double>& d) const {
    const std::size_t half = shape.head_dim / 2;
    for (std::size_t row = 0; row < rows(); ++row)
      for (std::size_t h = 0; h < shape.n_heads + shape.n_kv_heads; ++h)
        for (std::size_t i = 0; i < half; ++i) {
          const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(shape.head_dim);
          const double angle = static_cast<double>(row % shape.seq_len) * std::pow(theta, exponent);
          double& a = d[row * shape.width() + h * shape.head_dim + i];
          double& b = d[row * shape.width() + h * shape.head_dim + half + i];
          const double turned = a * std::cos(angle) + b * std::sin(angle);
          b = b * std::cos(angle) - a * std::sin(angle);
          a = turned;
        }
  }
};

/// The table kernels read: (T, D), the cosines of a position's angles, then their sines.
inline std::vector<float> rope_table(std::size_t seq_len, std::size_t head_dim, double theta) {
  std::vector<float> table;
  for (std::size_t t = 0; t < seq_len; ++t)
    for (std::size_t i = 0; i < head_dim; ++i) {
      const double pair = static_cast<double>(i % (head_dim / 2));
      const double angle =
          static_cast<double>(t) * std::pow(theta, -2 * pair / static_cast<double>(head_dim));
      table.push_back(static_cast<float>(i < head_dim / 2 ? std::cos(angle) : std::sin(angle)));
    }
  return table;
}

}  // namespace diecast
