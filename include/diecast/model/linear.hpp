#pragma once

#include <cstddef>
#include <type_traits>

#include <diecast/kernels/context.hpp>
#include <diecast/model/layer.hpp>

namespace diecast {

/// A weight's two packed copies: Wᵀ as forward reads it, W as backward does. Rewritten after each update, so
/// that neither pass transposes anything.
template <class E, std::size_t kIn, std::size_t kOut>
struct PackedWeight {
  using Fields = FieldList<Field<"forward", E, Shape<kIn, kOut>>, Field<"backward", E, Shape<kOut, kIn>>>;

  static constexpr void add_shapes(KernelShapes& shapes) {
    shapes.packs.add({PackOp::weight_transpose, kOut, kIn, element_of<E>});
    shapes.packs.add({PackOp::weight, kOut, kIn, element_of<E>});
  }
  template <class P, class L>
  static void refresh(const Context<P>& ctx, Tensor<const float, Shape<kOut, kIn>> weight, const Frame<L>& f) {
    pack_panels<PackOp::weight_transpose>(ctx, weight, pack<"forward">(f));
    pack_panels<PackOp::weight>(ctx, weight, pack<"backward">(f));
  }
};

/// y = x Wᵀ (+ b) (+ skip). Operands are E; the output is E, or f32 where the layer ends a residual branch
/// (`kResidual`): then its weight starts scaled down, and without dropout behind it the branch's skip is added
/// here (`kSkip`).
template <std::size_t kRows, std::size_t kIn, std::size_t kOut, class E, bool kBias, bool kResidual = false,
          bool kSkip = kResidual>
struct Linear {
  using R = std::conditional_t<kResidual, float, E>;
  using Input = Edge<E, Shape<kRows, kIn>>;
  using Output = Edge<R, Shape<kRows, kOut>>;
  using Weight = Param<"weight", Shape<kOut, kIn>, kResidual ? Init::residual : Init::normal>;
  using Params = std::conditional_t<kBias, ParamList<Weight, Param<"bias", Shape<kOut>, Init::zeros>>,
                                    ParamList<Weight>>;
  using Packed = PackedWeight<E, kIn, kOut>;
  using Packs = typename Packed::Fields;
  using Saved = FieldList<>;
  // Layers of short operands with an f32 output first round its gradient to them.
  static constexpr bool rounds_gradient = !std::is_same_v<R, E>;
  using Scratch = FieldList<Field<"x", Widened<E>, Shape<kRows, kIn>>, Field<"dy", Widened<E>, Shape<kRows, kOut>>,
                            Field<"rounded", E, Shape<rounds_gradient ? kRows : 1, kOut>>>;

  static constexpr KernelShapes list_shapes() {
    constexpr Element e = element_of<E>;
    KernelShapes s;
    s.gemms.add({GemmOp::nn, kRows, kOut, kIn, e, element_of<R>, kBias, kSkip});  // y
    if (kRows == 1) return s;  // generation has no backward
    s.gemms.add({GemmOp::nn, kRows, kIn, kOut, e, e});                            // dx
    s.gemms.add({GemmOp::tn, kOut, kIn, kRows, widened(e), Element::f32});        // dW
    s.packs.add({PackOp::left, kRows, kOut, e});
    s.packs.add({PackOp::right, kRows, kIn, e});
    Packed::add_shapes(s);
    if (rounds_gradient) s.rows.add({RowOp::narrow, kRows, kOut, e});
    if (kBias) s.rows.add({RowOp::column_sum, kRows, kOut, e});
    return s;
  }
  static constexpr KernelShapes shapes = list_shapes();
  static constexpr Flops flops{.forward = 2 * kRows * kIn * kOut};

  template <class P>
  static void pack(const Context<P>& ctx, const Frame<Linear>& f) {
    Packed::refresh(ctx, param<"weight">(f), f);
  }

  template <class P, class Skip = None>
  static void forward(const Context<P>& ctx, const Frame<Linear>& f, In<Input> x, Out<Output> y, Skip skip = {}) {
    static_assert(given<Skip> == kSkip, "Linear: kSkip tells whether forward is given a skip");
    gemm_nn(ctx, x, diecast::pack<"forward">(f), y, bias(f), skip);
  }

  template <class P>
  static void backward(const Context<P>& ctx, const Frame<Linear>& f, In<Input> x, In<Output> dy, Out<Input> dx) {
    const In<Edge<E, Shape<kRows, kOut>>> d = rounded(ctx, f, dy);
    gemm_nn(ctx, d, diecast::pack<"backward">(f), dx, None{}, None{});  // dx = dy W
    pack_panels<PackOp::left>(ctx, d, scratch<"dy">(f));
    pack_panels<PackOp::right>(ctx, x, scratch<"x">(f));
    gemm_tn(ctx, scratch<"dy">(f), scratch<"x">(f), grad<"weight">(f));  // dW += dyᵀ x
    if constexpr (kBias) column_sum(ctx, d, grad<"bias">(f));            // db += sum of dy
  }

 private:
  static auto bias(const Frame<Linear>& f) {
    if constexpr (kBias) {
      return param<"bias">(f);
    } else {
      return None{};
    }
  }

  template <class P>
  static auto rounded(const Context<P>& ctx, const Frame<Linear>& f, In<Output> dy) {
    if constexpr (rounds_gradient) {
      const auto out = scratch<"rounded">(f);
      for_row_blocks<kRows, kOut>(ctx, RowOp::narrow, [&](std::size_t first, std::size_t count) {
        ctx.kernels->rows.narrow(dy.data + first, out.data + first, count);
      });
      return Tensor<const E, Shape<kRows, kOut>>{out.data};
    } else {
      return dy;
    }
  }
};

}  // namespace diecast
