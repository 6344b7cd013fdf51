#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <diecast/core/field.hpp>
#include <diecast/core/random.hpp>
#include <diecast/core/tensor.hpp>
#include <diecast/kernels/shapes.hpp>
#include <diecast/model/param_table.hpp>

namespace diecast {

/// What flows between two layers: an element type and extents. Its gradient has the same type.
template <class E, class S>
struct Edge {
  using element = E;
  using shape = S;
  static constexpr std::size_t bytes = round_up(S::size * sizeof(E), kAlignment);
};

template <class E>
using In = Tensor<const typename E::element, typename E::shape>;
template <class E>
using Out = Tensor<typename E::element, typename E::shape>;

/// A learned tensor. Extents are those in memory; `kRows`, if given, counts the rows that are not padding.
template <FixedString kName, class S, Init kInit, std::size_t kRows = S::extents[0]>
struct Param : Field<kName, float, S> {
  static_assert(S::size * sizeof(float) % kAlignment == 0, "Param: a tensor must fill whole cache lines");
  static constexpr Init init = kInit;
  static constexpr std::size_t rows = kRows;
  static constexpr bool decays = S::rank > 1;
};
template <class... Params>
using ParamList = FieldList<Params...>;

/// The tensor of an edge that begins at `p`.
template <class E>
Out<E> edge_at(std::byte* p) {
  return {reinterpret_cast<typename E::element*>(p)};
}

/// Everything one layer reads and writes besides its edges, at its place in the arena: parameters, their
/// packed copies, their gradients, what forward leaves for backward, and scratch.
template <class L>
struct Frame {
  float* params;
  std::byte* packs;
  float* grads;
  std::byte* saved;
  std::byte* scratch;
  std::uint32_t stream;  ///< tells this layer's random choices from every other's

  /// A layer that is a name for another one shares its frame.
  template <class Base>
    requires(std::derived_from<L, Base> && !std::same_as<L, Base>)
  operator Frame<Base>() const {
    return {params, packs, grads, saved, scratch, stream};
  }

  /// The frame of a part of L that lies so many bytes behind the beginning of each area.
  template <class Part>
  Frame<Part> part(std::size_t param_bytes, std::size_t pack_bytes, std::size_t saved_bytes,
                   std::size_t scratch_bytes, std::size_t index) const {
    return {params + param_bytes / sizeof(float),
            packs + pack_bytes,
            grads + param_bytes / sizeof(float),
            saved + saved_bytes,
            scratch + scratch_bytes,
            mix32(stream + static_cast<std::uint32_t>(index) + 1)};
  }
};

/// Tensors of a frame by name: `param<"weight">(frame)`.
template <class List, FixedString kName, class T = typename List::template at<kName>::element, class Byte>
auto field_at(Byte* base) {
  using F = typename List::template at<kName>;
  constexpr std::size_t kOffset = List::offset(List::template index<kName>());
  return Tensor<T, typename F::shape>{reinterpret_cast<T*>(reinterpret_cast<std::byte*>(base) + kOffset)};
}
template <FixedString kName, class L>
auto param(const Frame<L>& f) {
  return field_at<typename L::Params, kName, const float>(f.params);
}
template <FixedString kName, class L>
auto grad(const Frame<L>& f) {
  return field_at<typename L::Params, kName>(f.grads);
}
template <FixedString kName, class L>
auto pack(const Frame<L>& f) {
  return field_at<typename L::Packs, kName>(f.packs);
}
template <FixedString kName, class L>
auto saved(const Frame<L>& f) {
  return field_at<typename L::Saved, kName>(f.saved);
}
template <FixedString kName, class L>
auto scratch(const Frame<L>& f) {
  return field_at<typename L::Scratch, kName>(f.scratch);
}

/// A layer is a stateless type. It maps an Edge to an Edge:
///   forward(ctx, frame, x, y, skip...)              y = f(x) (+ skip)
///   backward(ctx, frame, x, [y,] dy, dx, skip...)   dx = f'(x)ᵀ dy (+ skip), parameter gradients are added to
/// `skip` is passed where the layer ends (begins) a residual branch; y to layers with `reads_output`.
/// `pack(ctx, frame)` rewrites the packed copies of its parameters.
template <class L>
concept Layer = requires {
  typename L::Input::element;
  typename L::Output::element;
  { L::Params::bytes } -> std::convertible_to<std::size_t>;   ///< learned, f32
  { L::Packs::bytes } -> std::convertible_to<std::size_t>;    ///< copies of them as kernels read them
  { L::Saved::bytes } -> std::convertible_to<std::size_t>;    ///< what forward leaves for backward
  { L::Scratch::bytes } -> std::convertible_to<std::size_t>;  ///< lives only inside a call
  { L::shapes } -> std::convertible_to<KernelShapes>;         ///< the kernels it calls
};

template <class L>
concept ReadsOutput = requires { requires L::reads_output; };
/// Backward is given x, as every layer's is, but does not read it.
template <class L>
concept IgnoresInput = requires { requires L::ignores_input; };

/// Bytes of one thread's scratch that a layer's kernels need.
template <class L>
inline constexpr std::size_t kThreadScratch = 0;
template <class L>
  requires requires { L::thread_scratch_bytes; }
inline constexpr std::size_t kThreadScratch<L> = L::thread_scratch_bytes;

/// Floating-point operations of a layer's products, a multiply-add being two. Backward takes twice those of
/// forward, and `again`.
struct Flops {
  std::size_t forward = 0;
  std::size_t rerun = 0;  ///< of forward as far as backward reads it; see Chain::rerun
  std::size_t again = 0;  ///< of what backward runs again
};
template <class L>
constexpr Flops flops_of() {
  if constexpr (requires { L::flops; }) {
    return L::flops;
  } else {
    static_assert(L::shapes.gemms.count == 0 && L::shapes.attentions.count == 0,
                  "flops: a layer that calls products must count their operations");
    return {};
  }
}

template <class L>
struct CheckLayer {
  static_assert(Layer<L>, "every stage of a Chain must model diecast::Layer");
};

template <class A, class B>
struct CheckJoint {
  static_assert(std::same_as<typename A::Output, typename B::Input>,
                "a layer's Output must be the next layer's Input");
};

/// What a Chain of these layers must obey.
template <class L, class... Rest>
struct CheckStages : CheckLayer<L> {};
template <class L, class Next, class... Rest>
struct CheckStages<L, Next, Rest...> : CheckLayer<L>, CheckJoint<L, Next> {
  static_assert(sizeof(CheckStages<Next, Rest...>) > 0);
};

/// Sizes of a composite's areas, which its parts divide among themselves.
template <std::size_t kBytes>
struct Area {
  static constexpr std::size_t bytes = kBytes;
};

}  // namespace diecast
