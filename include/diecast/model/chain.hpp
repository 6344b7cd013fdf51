#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <utility>

#include <boost/hana/at.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/type.hpp>

#include <diecast/core/memory_plan.hpp>
#include <diecast/kernels/context.hpp>
#include <diecast/model/layer.hpp>
#include <diecast/model/observe.hpp>

namespace diecast {

/// A named layer.
template <FixedString kName, class L>
struct Stage {
  using layer = L;
  static constexpr FixedString name = kName;
};

/// Layers one after another. Its areas are its stages' areas in order; the edges between stages are saved, their
/// gradients are scratch whose places follow from their lifetimes.
template <class... Stages>
struct Chain {
  static_assert(sizeof(CheckStages<typename Stages::layer...>) > 0);

  static constexpr auto stages = boost::hana::tuple_t<Stages...>;
  static constexpr std::size_t kCount = sizeof...(Stages);
  template <std::size_t kIndex>
  using StageAt = typename decltype(+boost::hana::at_c<kIndex>(stages))::type;
  template <std::size_t kIndex>
  using LayerAt = typename StageAt<kIndex>::layer;

  using Input = typename LayerAt<0>::Input;
  using Output = typename LayerAt<kCount - 1>::Output;
  using Params = Area<(Stages::layer::Params::bytes + ...)>;
  using Packs = Area<(Stages::layer::Packs::bytes + ...)>;
  static constexpr std::size_t kEdgeBytes = (Stages::layer::Output::bytes + ...) - Output::bytes;
  using Saved = Area<(Stages::layer::Saved::bytes + ...) + kEdgeBytes>;
  static constexpr KernelShapes shapes = shapes_of<typename Stages::layer...>();
  static constexpr std::size_t thread_scratch_bytes = std::max({kThreadScratch<typename Stages::layer>...});

  // Backward visits stage i at time kCount - 1 - i. Buffers: each stage's own scratch at its time; the gradient
  // of the edge behind stage i from the visit of stage i + 1 to that of stage i.
  static constexpr auto plan_scratch() {
    constexpr std::array<std::size_t, kCount> own{Stages::layer::Scratch::bytes...};
    constexpr std::array<std::size_t, kCount> edges{Stages::layer::Output::bytes...};
    std::array<Lifetime, 2 * kCount - 1> buffers{};
    for (std::size_t i = 0; i < kCount; ++i) buffers[i] = {own[i], kCount - 1 - i, kCount - 1 - i};
    for (std::size_t i = 0; i + 1 < kCount; ++i) buffers[kCount + i] = {edges[i], kCount - 2 - i, kCount - 1 - i};
    return plan(buffers);
  }
  static constexpr auto scratch_plan = plan_scratch();
  using Scratch = Area<scratch_plan.bytes>;

  // Of the edges between stages, those up to the last that backward reads: it is behind stage kReadEdges - 1.
  static constexpr std::size_t count_read_edges() {
    constexpr std::array<bool, kCount> ignores{IgnoresInput<typename Stages::layer>...};
    constexpr std::array<bool, kCount> reads{ReadsOutput<typename Stages::layer>...};
    std::size_t count = 0;
    for (std::size_t i = 0; i + 1 < kCount; ++i)
      if (reads[i] || !ignores[i + 1]) count = i + 1;
    return count;
  }
  static constexpr std::size_t kReadEdges = count_read_edges();

  static constexpr Flops count_flops() {
    constexpr std::array<Flops, kCount> parts{flops_of<typename Stages::layer>()...};
    Flops sum;
    for (std::size_t i = 0; i < kCount; ++i) {
      sum.forward += parts[i].forward;
      sum.rerun += i < kReadEdges ? parts[i].forward : parts[i].rerun;
      sum.again += parts[i].again;
    }
    return sum;
  }
  static constexpr Flops flops = count_flops();

  template <class P>
  static void pack(const Context<P>& ctx, const Frame<Chain>& f) {
    [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
      (observe(ctx, StageAt<kIndex>::name, Pass::pack, None{},
               [&] { LayerAt<kIndex>::pack(ctx, stage<kIndex>(f)); }),
       ...);
    }(std::make_index_sequence<kCount>());
  }

  template <class P, class... Skip>
  static void forward(const Context<P>& ctx, const Frame<Chain>& f, In<Input> x, Out<Output> y, Skip... skip) {
    forward_from<0>(ctx, f, x, y, skip...);
  }

  /// Forward once more, as far as backward reads it: without y, and what leads to y alone.
  template <class P>
  static void rerun(const Context<P>& ctx, const Frame<Chain>& f, In<Input> x) {
    rerun_from<0>(ctx, f, x);
  }

  template <class P, class... Skip>
  static void backward(const Context<P>& ctx, const Frame<Chain>& f, In<Input> x, In<Output> dy, Out<Input> dx,
                       Skip... skip) {
    static_assert(!ReadsOutput<LayerAt<kCount - 1>>, "Chain: the last stage must not read its output in backward");
    backward_from<0>(ctx, f, x, dy, dx, skip...);
  }

  /// Calls visit(prefix of names, offset of the parameters in bytes, hana::type of the layer) for each stage.
  template <class Visit>
  static void for_each_part(const Visit& visit) {
    std::size_t offset = 0;
    boost::hana::for_each(stages, [&](auto type) {
      using S = typename decltype(type)::type;
      visit(std::string(std::string_view(S::name)), offset, boost::hana::type_c<typename S::layer>);
      offset += S::layer::Params::bytes;
    });
  }

  /// The frame of stage number kIndex.
  template <std::size_t kIndex>
  static Frame<LayerAt<kIndex>> stage(const Frame<Chain>& f) {
    constexpr auto before = [](const std::array<std::size_t, kCount>& sizes) {
      std::size_t sum = 0;
      for (std::size_t i = 0; i < kIndex; ++i) sum += sizes[i];
      return sum;
    };
    constexpr std::size_t params = before({Stages::layer::Params::bytes...});
    constexpr std::size_t packs = before({Stages::layer::Packs::bytes...});
    constexpr std::size_t saved = before({Stages::layer::Saved::bytes...}) + before({Stages::layer::Output::bytes...});
    return f.template part<LayerAt<kIndex>>(params, packs, saved, scratch_plan.offsets[kIndex], kIndex);
  }

 private:
  // The edge behind a stage lies behind the stage's own saved values.
  template <std::size_t kIndex>
  static auto edge(const Frame<Chain>& f) {
    using L = LayerAt<kIndex>;
    return edge_at<typename L::Output>(stage<kIndex>(f).saved + L::Saved::bytes);
  }
  template <std::size_t kIndex>
  static auto edge_gradient(const Frame<Chain>& f) {
    return edge_at<typename LayerAt<kIndex>::Output>(f.scratch + scratch_plan.offsets[kCount + kIndex]);
  }

  template <std::size_t kIndex, class P, class X, class... Skip>
  static void forward_from(const Context<P>& ctx, const Frame<Chain>& f, X x, Out<Output> y, Skip... skip) {
    using L = LayerAt<kIndex>;
    if constexpr (kIndex + 1 == kCount) {
      observe(ctx, StageAt<kIndex>::name, Pass::forward, y, [&] { L::forward(ctx, stage<kIndex>(f), x, y, skip...); });
    } else {
      forward_from<kIndex + 1>(ctx, f, forward_to_edge<kIndex>(ctx, f, x), y, skip...);
    }
  }

  template <std::size_t kIndex, class P, class X>
  static void rerun_from(const Context<P>& ctx, const Frame<Chain>& f, X x) {
    using L = LayerAt<kIndex>;
    if constexpr (kIndex < kReadEdges) {
      rerun_from<kIndex + 1>(ctx, f, forward_to_edge<kIndex>(ctx, f, x));
    } else if constexpr (L::Saved::bytes != 0) {
      observe(ctx, StageAt<kIndex>::name, Pass::forward, None{}, [&] { L::rerun(ctx, stage<kIndex>(f), x); });
    }
  }

  // Runs stage number kIndex; the result is the edge behind it.
  template <std::size_t kIndex, class P, class X>
  static auto forward_to_edge(const Context<P>& ctx, const Frame<Chain>& f, X x) {
    const auto out = edge<kIndex>(f);
    observe(ctx, StageAt<kIndex>::name, Pass::forward, out,
            [&] { LayerAt<kIndex>::forward(ctx, stage<kIndex>(f), x, out); });
    return In<typename LayerAt<kIndex>::Output>(out);
  }

  // First the gradient behind this stage, then this stage; a skip is added where the chain begins.
  template <std::size_t kIndex, class P, class X, class Dx, class... Skip>
  static void backward_from(const Context<P>& ctx, const Frame<Chain>& f, X x, In<Output> dy, Dx dx, Skip... skip) {
    using L = LayerAt<kIndex>;
    const auto run = [&](auto... edges) {
      observe(ctx, StageAt<kIndex>::name, Pass::backward, dx,
              [&] { L::backward(ctx, stage<kIndex>(f), x, edges..., dx, skip...); });
    };
    if constexpr (kIndex + 1 == kCount) {
      run(dy);
    } else {
      const In<typename L::Output> out = edge<kIndex>(f);
      const auto d_out = edge_gradient<kIndex>(f);
      backward_from<kIndex + 1>(ctx, f, out, dy, d_out);
      if constexpr (ReadsOutput<L>) {
        run(out, In<typename L::Output>(d_out));
      } else {
        run(In<typename L::Output>(d_out));
      }
    }
  }
};

/// y = x + F(x). The sum is formed where F's last stage stores, and in backward where its first stage does.
template <class F>
struct Residual : F {
  using typename F::Input;
  using typename F::Output;
  static_assert(std::same_as<Input, Output>, "Residual: a branch must return to the edge it left");

  template <class P>
  static void forward(const Context<P>& ctx, const Frame<Residual>& f, In<Input> x, Out<Output> y) {
    F::forward(ctx, f, x, y, x);
  }
  template <class P>
  static void backward(const Context<P>& ctx, const Frame<Residual>& f, In<Input> x, In<Output> dy, Out<Input> dx) {
    F::backward(ctx, f, x, dy, dx, dy);
  }
};

/// The same layer kTimes over, with parameters of its own each time: one type in a plain loop.
template <class L, std::size_t kTimes>
struct Repeat {
  static_assert(std::same_as<typename L::Input, typename L::Output>,
                "Repeat: a layer that is repeated must return to the edge it left");
  using Input = typename L::Input;
  using Output = Input;
  using Params = Area<kTimes * L::Params::bytes>;
  using Packs = Area<kTimes * L::Packs::bytes>;
  static constexpr std::size_t kSavedStride = L::Saved::bytes + Output::bytes;
  using Saved = Area<kTimes * kSavedStride>;
  // Behind L's own scratch, two gradients of the edges between blocks, used in turn.
  using Scratch = Area<L::Scratch::bytes + 2 * Output::bytes>;
  static constexpr KernelShapes shapes = KernelShapes().add(L::shapes, kTimes);
  static constexpr std::size_t thread_scratch_bytes = kThreadScratch<L>;
  static constexpr Flops flops{.forward = kTimes * flops_of<L>().forward, .again = kTimes * flops_of<L>().again};

  template <class P>
  static void pack(const Context<P>& ctx, const Frame<Repeat>& f) {
    for (std::size_t i = 0; i < kTimes; ++i) observe(ctx, i, Pass::pack, None{}, [&] { L::pack(ctx, at(f, i)); });
  }

  template <class P>
  static void forward(const Context<P>& ctx, const Frame<Repeat>& f, In<Input> x, Out<Output> y) {
    for (std::size_t i = 0; i < kTimes; ++i) {
      const Out<Output> out = i + 1 == kTimes ? y : edge(f, i);
      observe(ctx, i, Pass::forward, out,
              [&] { L::forward(ctx, at(f, i), i == 0 ? x : In<Input>(edge(f, i - 1)), out); });
    }
  }

  template <class P>
  static void backward(const Context<P>& ctx, const Frame<Repeat>& f, In<Input> x, In<Output> dy, Out<Input> dx) {
    for (std::size_t i = kTimes; i-- > 0;) {
      const Out<Input> d_in = i == 0 ? dx : edge_gradient(f, i - 1);
      observe(ctx, i, Pass::backward, d_in, [&] {
        L::backward(ctx, at(f, i), i == 0 ? x : In<Input>(edge(f, i - 1)),
                    i + 1 == kTimes ? dy : In<Output>(edge_gradient(f, i)), d_in);
      });
    }
  }

  template <class Visit>
  static void for_each_part(const Visit& visit) {
    for (std::size_t i = 0; i < kTimes; ++i)
      visit(std::to_string(i), i * L::Params::bytes, boost::hana::type_c<L>);
  }

  /// The frame of the layer's i-th copy.
  static Frame<L> at(const Frame<Repeat>& f, std::size_t i) {
    return f.template part<L>(i * L::Params::bytes, i * L::Packs::bytes, i * kSavedStride, 0, i);
  }

 private:
  static Out<Output> edge(const Frame<Repeat>& f, std::size_t i) {
    return edge_at<Output>(f.saved + i * kSavedStride + L::Saved::bytes);
  }
  static Out<Output> edge_gradient(const Frame<Repeat>& f, std::size_t i) {
    return edge_at<Output>(f.scratch + L::Scratch::bytes + i % 2 * Output::bytes);
  }
};

}  // namespace diecast
