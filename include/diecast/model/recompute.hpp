#pragma once

#include <cstddef>
#include <string>

#include <boost/hana/type.hpp>

#include <diecast/kernels/context.hpp>
#include <diecast/model/layer.hpp>

namespace diecast {

/// L, of which nothing is kept between forward and backward but the input: what it saves is scratch, which the next
/// layer overwrites, and backward begins by running it again (Chen et al. 2016, arXiv:1604.06174). The same kernels
/// run on the same values, dropout's masks included, and so every result equals L's bit by bit. L is a Chain or made
/// of one.
template <class L>
struct Recomputed {
  using Input = typename L::Input;
  using Output = typename L::Output;
  using Params = typename L::Params;
  using Packs = typename L::Packs;
  using Saved = Area<0>;
  using Scratch = Area<L::Saved::bytes + L::Scratch::bytes>;
  static constexpr KernelShapes shapes = L::shapes;
  static constexpr std::size_t thread_scratch_bytes = kThreadScratch<L>;
  static constexpr Flops flops{.forward = flops_of<L>().forward, .again = flops_of<L>().rerun + flops_of<L>().again};

  template <class P>
  static void pack(const Context<P>& ctx, const Frame<Recomputed>& f) {
    L::pack(ctx, inner(f));
  }

  template <class P>
  static void forward(const Context<P>& ctx, const Frame<Recomputed>& f, In<Input> x, Out<Output> y) {
    L::forward(ctx, inner(f), x, y);
  }
  template <class P>
  static void backward(const Context<P>& ctx, const Frame<Recomputed>& f, In<Input> x, In<Output> dy, Out<Input> dx) {
    L::rerun(ctx, inner(f), x);
    L::backward(ctx, inner(f), x, dy, dx);
  }

  template <class Visit>
  static void for_each_part(const Visit& visit) {
    visit(std::string(), std::size_t{0}, boost::hana::type_c<L>);
  }

 private:
  // The stream stays: L's random choices are those it makes by itself.
  static Frame<L> inner(const Frame<Recomputed>& f) {
    return {f.params, f.packs, f.grads, f.scratch, f.scratch + L::Saved::bytes, f.stream};
  }
};

}  // namespace diecast
