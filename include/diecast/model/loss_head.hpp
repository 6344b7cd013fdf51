#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <diecast/core/token.hpp>
#include <diecast/kernels/context.hpp>
#include <diecast/model/layer.hpp>
#include <diecast/model/linear.hpp>

namespace diecast {

/// Rows in blocks of at most kMost, the last one shorter where kRows asks for it.
template <std::size_t kRows, std::size_t kMost>
struct RowBlocks {
  static constexpr std::size_t size = std::min(kRows, kMost);
  static constexpr std::size_t whole = kRows / size;
  static constexpr std::size_t rest = kRows % size;

  /// Calls body(integral_constant of the block's rows, its first row) for each block.
  template <class Body>
  static void for_each(const Body& body) {
    for (std::size_t first = 0; first + size <= kRows; first += size)
      body(std::integral_constant<std::size_t, size>(), first);
    if constexpr (rest != 0) body(std::integral_constant<std::size_t, rest>(), kRows - rest);
  }
};

/// logits = x Wᵀ, softmax, cross-entropy and their gradients, over blocks of rows: the logits never exist whole.
/// W is (kPaddedVocab, kWidth), this layer's own or, tied, the token embedding's (Press, Wolf 2017,
/// arXiv:1608.05859). Padding logits take no part. FusedLossHead does the same with less traffic; this one takes
/// any operand type and is what that one is tested against.
template <std::size_t kRows, std::size_t kWidth, std::size_t kVocab, std::size_t kPaddedVocab, class E, bool kTied>
struct LossHead {
  using Input = Edge<E, Shape<kRows, kWidth>>;
  using Weight = Shape<kPaddedVocab, kWidth>;
  using Vectors = Tensor<const float, Weight>;  // W's f32 masters
  using Params = std::conditional_t<kTied, ParamList<>, ParamList<Param<"weight", Weight, Init::normal, kVocab>>>;
  using Packed = PackedWeight<E, kWidth, kPaddedVocab>;
  using Packs = typename Packed::Fields;
  using Saved = FieldList<Field<"losses", float, Shape<kRows>>>;
  using Blocks = RowBlocks<kRows, kHeadBlock>;
  static constexpr std::size_t kBlock = Blocks::size;
  using Scratch = FieldList<Field<"logits", float, Shape<kBlock, kPaddedVocab>>,
                            Field<"d_logits", E, Shape<kBlock, kPaddedVocab>>,
                            Field<"packed", Widened<E>, Shape<kBlock, kPaddedVocab>>,
                            Field<"x", Widened<E>, Shape<kBlock, kWidth>>>;

  template <std::size_t kBlockRows>
  static constexpr KernelShapes block_shapes(bool training) {
    constexpr Element e = element_of<E>;
    KernelShapes s;
    s.losses.add({kVocab, kPaddedVocab, e}, kBlockRows);  // a call a row
    s.gemms.add({GemmOp::nn, kBlockRows, kPaddedVocab, kWidth, e, Element::f32});  // logits
    if (!training) return s;
    s.gemms.add({GemmOp::nn, kBlockRows, kWidth, kPaddedVocab, e, e});             // dx
    s.gemms.add({GemmOp::tn, kPaddedVocab, kWidth, kBlockRows, widened(e), Element::f32});  // dW
    s.packs.add({PackOp::left, kBlockRows, kPaddedVocab, e});
    s.packs.add({PackOp::right, kBlockRows, kWidth, e});
    return s;
  }
  static constexpr KernelShapes list_shapes() {
    KernelShapes s;
    s.add(block_shapes<kBlock>(kRows > 1), Blocks::whole);
    if constexpr (Blocks::rest != 0) s.add(block_shapes<Blocks::rest>(kRows > 1));
    if (kRows > 1) Packed::add_shapes(s);
    return s;
  }
  static constexpr KernelShapes shapes = list_shapes();
  static constexpr Flops flops{.forward = 2 * kRows * kWidth * kVocab};

  template <class P>
  static void pack(const Context<P>& ctx, const Frame<LossHead>& f, Vectors vectors) {
    Packed::refresh(ctx, vectors, f);
  }

  /// Logits (1, kPaddedVocab) of one row; the padding's are meaningless.
  template <class P>
  static Tensor<const float, Shape<1, kPaddedVocab>> logits(const Context<P>& ctx, const Frame<LossHead>& f,
                                                            In<Input> x) {
    const auto out = scratch<"logits">(f).template as<Shape<1, kPaddedVocab>>();
    gemm_nn(ctx, x, diecast::pack<"forward">(f), out, None{}, None{});
    return out;
  }

  /// The losses (kRows) of x against the targets, 0 where a target is ignored.
  template <class P>
  static Tensor<const float, Shape<kRows>> forward(const Context<P>& ctx, const Frame<LossHead>& f, In<Input> x,
                                                   Tensor<const Token, Shape<kRows>> targets, Vectors) {
    Blocks::for_each([&](auto rows, std::size_t first) {
      losses<decltype(rows)::value>(ctx, f, x, targets, first, nullptr, 0, {});
    });
    return saved<"losses">(f);
  }

  /// The same with what `options` add, and the gradients of `scale` times their sum: dx is overwritten; the sum of
  /// d_weight and, in each row below kVocab, d_every_row is W's, and either may be added to.
  template <class P>
  static Tensor<const float, Shape<kRows>> forward_backward(const Context<P>& ctx, const Frame<LossHead>& f,
                                                            In<Input> x, Tensor<const Token, Shape<kRows>> targets,
                                                            Vectors, float scale, const LossOptions& options,
                                                            Out<Input> dx, Tensor<float, Weight> d_weight,
                                                            Tensor<float, Shape<kWidth>>) {
    Blocks::for_each([&](auto rows, std::size_t first) {
      constexpr std::size_t kN = decltype(rows)::value;
      const auto d_logits = scratch<"d_logits">(f).template rows<kN>(0);
      losses<kN>(ctx, f, x, targets, first, d_logits.data, scale, options);
      gemm_nn(ctx, Tensor<const E, Shape<kN, kPaddedVocab>>(d_logits), diecast::pack<"backward">(f),
              dx.template rows<kN>(first), None{}, None{});
      const auto packed = scratch<"packed">(f).template rows<kN>(0);
      const auto packed_x = scratch<"x">(f).template rows<kN>(0);
      pack_panels<PackOp::left>(ctx, d_logits, packed);
      pack_panels<PackOp::right>(ctx, x.template rows<kN>(first), packed_x);
      gemm_tn(ctx, packed, packed_x, d_weight);
    });
    return saved<"losses">(f);
  }

 private:
  template <std::size_t kN, class P>
  static void losses(const Context<P>& ctx, const Frame<LossHead>& f, In<Input> x,
                     Tensor<const Token, Shape<kRows>> targets, std::size_t first, E* d_logits, float scale,
                     const LossOptions& options) {
    const auto logits = scratch<"logits">(f).template rows<kN>(0);
    gemm_nn(ctx, x.template rows<kN>(first), diecast::pack<"forward">(f), logits, None{}, None{});
    const LossArgs args{logits.data, targets.data + first, saved<"losses">(f).data + first, d_logits, scale, options};
    constexpr LossShape shape{kVocab, kPaddedVocab, element_of<E>};
    const LossFn kernel = ctx.kernels->losses[slot(KernelPlan<P>::shapes.losses, shape)];
    run_kernel(ctx, {"loss", {kN, kPaddedVocab}, element_of<E>}, kN,
               [&](std::size_t row, std::size_t) { kernel(args, row); });
  }
};

}  // namespace diecast
