#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <diecast/core/element.hpp>

namespace diecast {

enum class Norm {
  layer_norm,  ///< Ba, Kiros, Hinton 2016 (arXiv:1607.06450)
  rms_norm,    ///< Zhang, Sennrich 2019 (arXiv:1910.07467)
};
enum class Position {
  learned,  ///< one trained vector per position, added to the token's
  rope,     ///< rotary, half-split form; Su et al. 2021 (arXiv:2104.09864)
};
enum class MlpKind {
  gelu,    ///< W2 gelu(W1 x), tanh form; Hendrycks, Gimpel 2016 (arXiv:1606.08415)
  swiglu,  ///< W2 (silu(Wg x) * Wu x); Shazeer 2020 (arXiv:2002.05202)
};

/// Which activations backward finds as forward left them; the others it computes again (Chen et al. 2016,
/// arXiv:1604.06174). Less memory for more arithmetic: no value changes.
enum class Recompute {
  none,      ///< all are kept
  branches,  ///< of the attention and MLP branches only the inputs are kept
  block,     ///< of whole blocks only the inputs are kept
};

/// Everything that fixes a shape or picks a type. A preset is a tag type with `static constexpr Preset value`.
struct Preset {
  std::string_view name;
  std::size_t n_layers;
  std::size_t d_model;
  std::size_t n_heads;
  std::size_t n_kv_heads = 0;  ///< 0: as many as n_heads. Fewer is grouped-query attention (arXiv:2305.13245)
  std::size_t d_ff;
  std::size_t vocab_size;
  std::size_t seq_len;     ///< the context, in tokens
  std::size_t batch_size;  ///< sequences in a micro-batch
  Element precision = Element::f32;  ///< of GEMM operands; statistics, loss and optimizer are f32 always
  Norm norm = Norm::layer_norm;
  Position position = Position::learned;
  MlpKind mlp = MlpKind::gelu;
  bool tied_head = true;  ///< the head's weight is the token embedding
  bool bias = true;       ///< of the linear layers and of LayerNorm
  double dropout = 0;     ///< of embeddings, attention weights and residual branches; 0 compiles it away
  double norm_eps = 1e-5;
  double rope_theta = 10000;
  Recompute recompute = Recompute::none;

  constexpr std::size_t rows() const { return batch_size * seq_len; }
  constexpr std::size_t head_dim() const { return d_model / n_heads; }
  constexpr std::size_t kv_heads() const { return n_kv_heads == 0 ? n_heads : n_kv_heads; }
  /// Width of the fused query, key and value projection.
  constexpr std::size_t qkv_width() const { return (n_heads + 2 * kv_heads()) * head_dim(); }
  /// The vocabulary rounded up so that no register tile is cut; padding logits are masked.
  constexpr std::size_t padded_vocab() const { return (vocab_size + 63) / 64 * 64; }
};

/// P with another policy of recomputation.
template <class P, Recompute kPolicy>
struct WithRecompute {
  static constexpr Preset value = [] {
    Preset preset = P::value;
    preset.recompute = kPolicy;
    return preset;
  }();
};

/// P, of which layers tell a LayerObserver what they do: the same model with hooks compiled in.
template <class P>
struct Observed {
  static constexpr Preset value = P::value;
};
template <class P>
inline constexpr bool kObserved = false;
template <class P>
inline constexpr bool kObserved<Observed<P>> = true;

/// The probability of dropout as layers take it, in 1/65536; outside the range of a probability, 65536.
constexpr std::uint32_t dropout_threshold(const Preset& p) {
  return p.dropout >= 0 && p.dropout < 1 ? static_cast<std::uint32_t>(p.dropout * 65536 + 0.5) : 65536;
}

/// Widths must be a multiple of this: every target's register tile, or half of it, divides it.
inline constexpr std::size_t kWidthQuantum = 32;

/// Every rule a preset must obey.
template <class P>
struct CheckPreset {
  static constexpr Preset p = P::value;
  static_assert(p.n_layers > 0 && p.d_model > 0 && p.n_heads > 0 && p.d_ff > 0 && p.vocab_size > 0 &&
                    p.seq_len > 0 && p.batch_size > 0,
                "preset: n_layers, d_model, n_heads, d_ff, vocab_size, seq_len and batch_size must be positive");
  static_assert(p.n_heads == 0 || p.d_model % p.n_heads == 0, "preset: d_model must be a multiple of n_heads");
  static_assert(p.n_heads == 0 || p.n_heads % p.kv_heads() == 0,
                "preset: n_heads must be a multiple of n_kv_heads");
  static_assert(p.n_heads == 0 || (p.head_dim() % 16 == 0 && p.head_dim() <= 128),
                "preset: head_dim (d_model / n_heads) must be 16, 32, ... or 128; choose another n_heads");
  static_assert(p.d_model % kWidthQuantum == 0, "preset: d_model must be a multiple of 32, one register panel");
  static_assert(p.d_ff % kWidthQuantum == 0, "preset: d_ff must be a multiple of 32, one register panel");
  static_assert(p.rows() % 2 == 0, "preset: batch_size * seq_len must be even, bf16 products come in pairs");
  static_assert(p.dropout == 0 || (dropout_threshold(p) > 0 && dropout_threshold(p) < 65536),
                "preset: dropout must be 0 or from 0.00001 to 0.9999");
  static_assert(p.norm_eps >= 1e-9 && p.norm_eps < 1, "preset: norm_eps must be at least 1e-9 and below 1");
  static_assert(p.rope_theta > 0, "preset: rope_theta must be positive");
};

}  // namespace diecast
