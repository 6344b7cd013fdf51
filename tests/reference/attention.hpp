#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/reference/layers.hpp"

namespace diecast::reference {

/// The layout of qkv (B T, (H + 2 Hkv) D): in every row H D numbers of queries, then Hkv D of keys, then Hkv
/// D of values. Query head h reads key and value head h / (H / Hkv) (Ainslie et al. 2023, arXiv:2305.13245).
struct AttentionSizes {
  std::size_t n_heads;
  std::size_t n_kv_heads;
  std::size_t head_dim;
  std::size_t seq_len;

  std::size_t qkv_width() const { return (n_heads + 2 * n_kv_heads) * head_dim; }
  std::size_t query(std::size_t head) const { return head * head_dim; }
  std::size_t key(std::size_t head) const { return (n_heads + head / group()) * head_dim; }
  std::size_t value(std::size_t head) const { return (n_heads + n_kv_heads + head / group()) * head_dim; }
  std::size_t group() const { return n_heads / n_kv_heads; }
};

/// Rotates the queries and keys in qkv by their position in the sequence: in every head the pair
/// (i, i + D/2) by the angle position * theta^(-2i/D). Half-split form; Su et al. 2021 (arXiv:2104.09864).
template <class S>
std::vector<S> rope(std::vector<S> qkv, const AttentionSizes& sizes, double theta) {
  require(qkv.size() % (sizes.seq_len * sizes.qkv_width()) == 0, "rope: qkv must consist of whole sequences");
  const std::size_t half = sizes.head_dim / 2;
  for (std::size_t row = 0; row < qkv.size() / sizes.qkv_width(); ++row)
    for (std::size_t head = 0; head < sizes.n_heads + sizes.n_kv_heads; ++head)
      for (std::size_t i = 0; i < half; ++i) {
        const double position = static_cast<double>(row % sizes.seq_len);
        const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(sizes.head_dim);
        const double angle = position * std::pow(theta, exponent);
        S& a = qkv[row * sizes.qkv_width() + head * sizes.head_dim + i];
        S& b = qkv[row * sizes.qkv_width() + head * sizes.head_dim + i + half];
        const S rotated = a * std::cos(angle) - b * std::sin(angle);
        b = a * std::sin(angle) + b * std::cos(angle);
        a = rotated;
      }
  return qkv;
}

/// The scores of one query against the keys up to its own position, scaled by 1/sqrt(D), before the softmax.
/// `sequence` is the first row of its sequence.
template <class S>
std::vector<S> causal_scores(const std::vector<S>& qkv, const AttentionSizes& sizes, std::size_t sequence,
                             std::size_t head, std::size_t position) {
  const std::size_t width = sizes.qkv_width();
  std::vector<S> scores(position + 1);
  for (std::size_t s = 0; s <= position; ++s) {
    S dot(0);
    for (std::size_t i = 0; i < sizes.head_dim; ++i)
      dot += qkv[(sequence + position) * width + sizes.query(head) + i] *
             qkv[(sequence + s) * width + sizes.key(head) + i];
    scores[s] = dot / std::sqrt(static_cast<double>(sizes.head_dim));
  }
  return scores;
}

/// Causal softmax attention: qkv (B T, (H + 2 Hkv) D), result (B T, H D) with the heads side by side.
/// Vaswani et al. 2017 (arXiv:1706.03762).
template <class S>
std::vector<S> causal_attention(const std::vector<S>& qkv, const AttentionSizes& sizes) {
  require(sizes.n_heads % sizes.n_kv_heads == 0,
          "causal_attention: n_heads must be a multiple of n_kv_heads");
  const std::size_t width = sizes.qkv_width(), out = sizes.n_heads * sizes.head_dim,
                    rows = qkv.size() / width;
  require(qkv.size() % (sizes.seq_len * width) == 0, "causal_attention: qkv must consist of whole sequences");
  std::vector<S> y(rows * out);
  for (std::size_t sequence = 0; sequence < rows; sequence += sizes.seq_len)
    for (std::size_t head = 0; head < sizes.n_heads; ++head)
      for (std::size_t t = 0; t < sizes.seq_len; ++t) {
        const std::vector<S> weights = softmax(causal_scores(qkv, sizes, sequence, head, t));
        for (std::size_t s = 0; s <= t; ++s)
          for (std::size_t i = 0; i < sizes.head_dim; ++i)
            y[(sequence + t) * out + head * sizes.head_dim + i] +=
                weights[s] * qkv[(sequence + s) * width + sizes.value(head) + i];
      }
  return y;
}

}  // namespace diecast::reference
