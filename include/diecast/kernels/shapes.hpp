#pragma once

#include <cstddef>
#include <cstdint>

#include <diecast/core/element.hpp>
#include <diecast/preset/preset.hpp>

namespace diecast {

enum class GemmOp : std::uint8_t {
  nn,  ///< c (m, n) = a (m, k) b (k, n): a row-major, b in packed panels
  tn,  ///< c (m, n) += aᵀ b with a (k, m) and b (k, n), both in packed panels; c is f32
};

/// A matrix product, everything about it that is fixed when the preset is compiled.
///
/// Every shape has a `kernel()`: itself without the number of tokens, which a kernel takes as an argument. It bounds
/// the outermost loop only, and so products over a batch, a sequence and a single token share their code.
struct GemmShape {
  GemmOp op = GemmOp::nn;
  std::size_t m = 0, n = 0, k = 0;
  Element operands = Element::f32;
  Element result = Element::f32;
  bool bias = false;  ///< adds a row vector (n)
  bool skip = false;  ///< adds a matrix (m, n), the residual stream
  bool head = false;  ///< scales rows: dx of the loss head, see HeadGradient
  constexpr bool operator==(const GemmShape&) const = default;

  /// The extent that counts tokens: rows of c in nn, the reduced extent in tn.
  constexpr std::size_t rows() const { return op == GemmOp::nn ? m : k; }
  constexpr GemmShape with_rows(std::size_t rows) const {
    GemmShape s = *this;
    (op == GemmOp::nn ? s.m : s.k) = rows;
    return s;
  }
  constexpr GemmShape kernel() const { return with_rows(0); }
};

enum class PackOp : std::uint8_t {
  weight,            ///< b = W of an f32 master W (rows, cols): the right operand of dx = dy W
  weight_transpose,  ///< b = Wᵀ: the right operand of y = x Wᵀ
  left,              ///< an activation (rows, cols) as the left operand of tn
  right,             ///< an activation (rows, cols) as the right operand of tn
  right_scaled,      ///< the same with a factor for each row
};

/// Rewriting a row-major matrix into the panels a GEMM reads. Weights come in f32 and become `operands`; activations
/// come as `operands` and become what kernels multiply, see widened().
struct PackShape {
  PackOp op = PackOp::weight;
  std::size_t rows = 0, cols = 0;
  Element operands = Element::f32;
  constexpr bool operator==(const PackShape&) const = default;

  constexpr bool is_weight() const { return op == PackOp::weight || op == PackOp::weight_transpose; }
  constexpr Element packed() const { return is_weight() ? operands : widened(operands); }
  constexpr PackShape kernel() const { return {op, is_weight() ? rows : 0, cols, operands}; }
};

/// Causal self-attention on fused rows: H query heads, then H_kv key heads, then H_kv value heads.
struct AttentionShape {
  std::size_t batch = 0, seq_len = 0, n_heads = 0, n_kv_heads = 0, head_dim = 0;
  Element operands = Element::f32;
  bool rope = false;
  std::uint32_t dropout = 0;  ///< probability of dropping a weight, in 1/65536
  constexpr bool operator==(const AttentionShape&) const = default;

  constexpr std::size_t width() const { return (n_heads + 2 * n_kv_heads) * head_dim; }
  constexpr std::size_t out_width() const { return n_heads * head_dim; }
  constexpr AttentionShape kernel() const {
    AttentionShape s = *this;
    s.batch = 0;
    return s;
  }
};

struct NormShape {
  Norm norm = Norm::layer_norm;
  std::size_t rows = 0, width = 0;
  Element result = Element::f32;
  bool bias = false;
  constexpr bool operator==(const NormShape&) const = default;

  constexpr NormShape kernel() const { return {norm, 0, width, result, bias}; }
};

/// GELU (width to width) or SwiGLU (2 width to width).
struct ActivationShape {
  MlpKind kind = MlpKind::gelu;
  std::size_t rows = 0, width = 0;
  Element operands = Element::f32;
  constexpr bool operator==(const ActivationShape&) const = default;

  constexpr ActivationShape kernel() const { return {kind, 0, width, operands}; }
};

/// Softmax and cross-entropy of f32 logits, in rows of `padded` of which `vocab` count.
struct LossShape {
  std::size_t vocab = 0, padded = 0;
  Element gradient = Element::f32;
  constexpr bool operator==(const LossShape&) const = default;
};

/// Logits of rows of `width` against `padded` token vectors of which `vocab` count, and their exponentials.
struct HeadShape {
  std::size_t rows = 0, width = 0, vocab = 0, padded = 0;
  Element operands = Element::f32;
  constexpr bool operator==(const HeadShape&) const = default;

  constexpr GemmShape logits() const { return {GemmOp::nn, rows, padded, width, operands, Element::f32}; }
  constexpr HeadShape kernel() const { return {0, width, vocab, padded, operands}; }
};

/// Kernels whose extents are arguments; they have no slots and are listed for those who count a step's calls.
enum class RowOp : std::uint8_t {
  column_sum,  ///< sums of a matrix's columns, added to f32
  narrow,      ///< f32 rounded to the operands' type
  add,         ///< the sum of two f32 matrices
  dropout,     ///< f32 times a mask
};
struct RowShape {
  RowOp op = RowOp::add;
  std::size_t rows = 0, cols = 0;
  Element operands = Element::f32;
  constexpr bool operator==(const RowShape&) const = default;
};

/// A list with a fixed capacity and no repetitions, for use in the compiler. It counts how often each item was added.
template <class T, std::size_t kCapacity>
struct StaticSet {
  T items[kCapacity]{};
  std::size_t times[kCapacity]{};
  std::size_t count = 0;

  constexpr void add(const T& item, std::size_t repetitions = 1) {
    const std::size_t i = index(item);
    if (i == kCapacity) throw "StaticSet: the model has more kernel shapes than kCapacity";
    if (i == count) items[count++] = item;
    times[i] += repetitions;
  }
  constexpr void merge(const StaticSet& other, std::size_t repetitions = 1) {
    for (std::size_t i = 0; i < other.count; ++i) add(other.items[i], repetitions * other.times[i]);
  }
  constexpr bool contains(const T& item) const { return index(item) < count; }
  /// Position of `item`, or `count`.
  constexpr std::size_t index(const T& item) const {
    std::size_t i = 0;
    while (i < count && !(items[i] == item)) ++i;
    return i;
  }
};

/// The kernels a layer calls, each as often as a training step of the layer calls it (attention, norms and
/// activations: forward and backward); a composite's are its parts' together.
struct KernelShapes {
  StaticSet<GemmShape, 48> gemms;
  StaticSet<PackShape, 48> packs;
  StaticSet<AttentionShape, 4> attentions;
  StaticSet<NormShape, 8> norms;
  StaticSet<ActivationShape, 8> activations;
  StaticSet<LossShape, 4> losses;
  StaticSet<HeadShape, 4> heads;
  StaticSet<RowShape, 16> rows;

  constexpr KernelShapes& add(const KernelShapes& other, std::size_t times = 1) {
    gemms.merge(other.gemms, times);
    packs.merge(other.packs, times);
    attentions.merge(other.attentions, times);
    norms.merge(other.norms, times);
    activations.merge(other.activations, times);
    losses.merge(other.losses, times);
    heads.merge(other.heads, times);
    rows.merge(other.rows, times);
    return *this;
  }
};

/// The union of what several layers call.
template <class... Layers>
consteval KernelShapes shapes_of() {
  KernelShapes all;
  (all.add(Layers::shapes), ...);
  return all;
}

}  // namespace diecast
