#pragma once

#include <cstddef>

#include <diecast/kernels/context.hpp>
#include <diecast/model/layer.hpp>

namespace diecast {

/// GELU in its tanh form (kWidth to kWidth), or SwiGLU: silu(gate) * up of rows [gate | up] (2 kWidth to kWidth).
template <MlpKind kKind, std::size_t kRows, std::size_t kWidth, class E>
struct Activation {
  static_assert(kWidth % kWidthQuantum == 0, "Activation: width must be a multiple of 32, one register panel");
  using Input = Edge<E, Shape<kRows, kKind == MlpKind::gelu ? kWidth : 2 * kWidth>>;
  using Output = Edge<E, Shape<kRows, kWidth>>;
  using Params = ParamList<>;
  using Packs = FieldList<>;
  using Saved = FieldList<>;
  using Scratch = FieldList<>;

  static constexpr ActivationShape shape{kKind, kRows, kWidth, element_of<E>};
  static constexpr KernelShapes list_shapes() {
    KernelShapes s;
    s.activations.add(shape);
    return s;
  }
  static constexpr KernelShapes shapes = list_shapes();

  template <class P>
  static void pack(const Context<P>&, const Frame<Activation>&) {}

  template <class P>
  static void forward(const Context<P>& ctx, const Frame<Activation>&, In<Input> x, Out<Output> y) {
    run(ctx, call_of(shape, false), kernels(ctx).forward, {x.data, y.data, nullptr, nullptr, kRows});
  }

  template <class P>
  static void backward(const Context<P>& ctx, const Frame<Activation>&, In<Input> x, In<Output> dy, Out<Input> dx) {
    run(ctx, call_of(shape, true), kernels(ctx).backward, {x.data, nullptr, dy.data, dx.data, kRows});
  }

 private:
  template <class P>
  static const ActivationFns& kernels(const Context<P>& ctx) {
    return ctx.kernels->activations[slot(KernelPlan<P>::shapes.activations, shape)];
  }
  template <class P, class Kernel>
  static void run(const Context<P>& ctx, const KernelCall& call, Kernel kernel, const ActivationArgs& args) {
    run_kernel(ctx, call, row_tasks(kRows), [&](std::size_t task, std::size_t) { kernel(args, task); });
  }
};

}  // namespace diecast
