#pragma once

#include <cstddef>
#include <cstdint>

#include <diecast/kernels/context.hpp>
#include <diecast/model/layer.hpp>

namespace diecast {

/// y = mask x / (1 - p) (+ skip) on the residual stream (Srivastava et al. 2014). The mask is a function of
/// (seed, step, layer, element of the step's whole batch) and is computed again in backward. `kProbability` is p in
/// 1/65536; `kSeqLen` rows are a sequence.
template <std::size_t kRows, std::size_t kSeqLen, std::size_t kWidth, std::uint32_t kProbability>
struct Dropout {
  static_assert(kWidth % kWidthQuantum == 0, "Dropout: width must be a multiple of 32, one register panel");
  using Input = Edge<float, Shape<kRows, kWidth>>;
  using Output = Input;
  using Params = ParamList<>;
  using Packs = FieldList<>;
  using Saved = FieldList<>;
  using Scratch = FieldList<>;
  static constexpr KernelShapes list_shapes() {
    KernelShapes s;
    s.rows.add({RowOp::dropout, kRows, kWidth, Element::f32}, 2);  // forward and backward
    return s;
  }
  static constexpr KernelShapes shapes = list_shapes();
  static constexpr bool ignores_input = true;

  template <class P>
  static void pack(const Context<P>&, const Frame<Dropout>&) {}

  template <class P, class Skip = None>
  static void forward(const Context<P>& ctx, const Frame<Dropout>& f, In<Input> x, Out<Output> y, Skip skip = {}) {
    apply(ctx, f, x, skip.data, y);
  }
  template <class P, class Skip = None>
  static void backward(const Context<P>& ctx, const Frame<Dropout>& f, In<Input>, In<Output> dy, Out<Input> dx,
                       Skip skip = {}) {
    apply(ctx, f, dy, skip.data, dx);
  }

 private:
  template <class P>
  static void apply(const Context<P>& ctx, const Frame<Dropout>& f, In<Input> x, const float* skip, Out<Input> y) {
    const std::uint32_t p = ctx.training ? kProbability : 0;
    // Elements are counted on from the key.
    const std::uint32_t key =
        mix32(ctx.dropout_key ^ f.stream) + static_cast<std::uint32_t>(ctx.sequence * kSeqLen * kWidth);
    for_row_blocks<kRows, kWidth>(ctx, RowOp::dropout, [&](std::size_t first, std::size_t count) {
      ctx.kernels->rows.dropout(x.data, skip, y.data, first, count, key, p);
    });
  }
};

}  // namespace diecast
