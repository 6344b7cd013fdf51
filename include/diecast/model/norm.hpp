#pragma once

#include <cstddef>
#include <type_traits>

#include <diecast/kernels/context.hpp>
#include <diecast/model/layer.hpp>

namespace diecast {

/// LayerNorm or RMSNorm over rows of the f32 residual stream; the result is E, a GEMM's operand.
/// Statistics are f32. `kEpsNano` is eps in 1e-9.
template <Norm kNorm, std::size_t kRows, std::size_t kWidth, class E, bool kBias, std::size_t kEpsNano>
struct NormLayer {
  static_assert(kWidth % kWidthQuantum == 0, "NormLayer: width must be a multiple of 32, one register panel");
  static_assert(kNorm == Norm::layer_norm || !kBias, "NormLayer: RMSNorm has no bias");
  using Input = Edge<float, Shape<kRows, kWidth>>;
  using Output = Edge<E, Shape<kRows, kWidth>>;
  using Weight = Param<"weight", Shape<kWidth>, Init::ones>;
  using Params = std::conditional_t<kBias, ParamList<Weight, Param<"bias", Shape<kWidth>, Init::zeros>>,
                                    ParamList<Weight>>;
  using Packs = FieldList<>;
  using Saved = FieldList<Field<"mean", float, Shape<kRows>>, Field<"rstd", float, Shape<kRows>>>;
  using Partial = Shape<norm_backward_tasks(kRows), 2 * kWidth>;
  using Scratch = FieldList<Field<"partial", float, Partial>>;

  static constexpr NormShape shape{kNorm, kRows, kWidth, element_of<E>, kBias};
  static constexpr RowShape kPartialSum{RowOp::column_sum, Partial::outer, (kBias ? 2 : 1) * kWidth, Element::f32};
  static constexpr KernelShapes list_shapes() {
    KernelShapes s;
    s.norms.add(shape);
    if (kRows > 1) s.rows.add(kPartialSum);
    return s;
  }
  static constexpr KernelShapes shapes = list_shapes();

  template <class P>
  static void pack(const Context<P>&, const Frame<NormLayer>&) {}

  template <class P>
  static void forward(const Context<P>& ctx, const Frame<NormLayer>& f, In<Input> x, Out<Output> y) {
    NormArgs args = arguments(f, x);
    args.y = y.data;
    const NormFns& kernel = ctx.kernels->norms[slot(KernelPlan<P>::shapes.norms, shape)];
    run_kernel(ctx, call_of(shape, false), row_tasks(kRows),
               [&](std::size_t task, std::size_t) { kernel.forward(args, task); });
  }

  template <class P, class Skip = None>
  static void backward(const Context<P>& ctx, const Frame<NormLayer>& f, In<Input> x, In<Output> dy,
                       Out<Input> dx, Skip skip = {}) {
    NormArgs args = arguments(f, x);
    args.dy = dy.data;
    args.skip = skip.data;
    args.dx = dx.data;
    args.partial = scratch<"partial">(f).data;
    const NormFns& kernel = ctx.kernels->norms[slot(KernelPlan<P>::shapes.norms, shape)];
    run_kernel(ctx, call_of(shape, true), Partial::outer,
               [&](std::size_t task, std::size_t) { kernel.backward(args, task); });
    run_kernel(ctx, call_of(kPartialSum), ceil_div(kWidth, kWidthQuantum), [&](std::size_t task, std::size_t) {
      const std::size_t first = task * kWidthQuantum;
      const auto add = [&](const float* partial, float* out) {
        ctx.kernels->rows.column_sum_f32(partial + first, Partial::outer, Partial::inner, kWidthQuantum, out + first);
      };
      add(args.partial, grad<"weight">(f).data);
      if constexpr (kBias) add(args.partial + kWidth, grad<"bias">(f).data);
    });
  }

 private:
  static NormArgs arguments(const Frame<NormLayer>& f, In<Input> x) {
    NormArgs args{};
    args.x = x.data;
    args.weight = param<"weight">(f).data;
    if constexpr (kBias) args.bias = param<"bias">(f).data;
    args.mean = saved<"mean">(f).data;
    args.rstd = saved<"rstd">(f).data;
    args.eps = static_cast<float>(kEpsNano * 1e-9);
    args.rows = kRows;
    return args;
  }
};

}  // namespace diecast
