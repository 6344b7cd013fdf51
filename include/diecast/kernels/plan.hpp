#pragma once

#include <diecast/kernels/shapes.hpp>

namespace diecast {

/// What the model of preset P calls; defined in model/transformer.hpp.
template <class P>
struct ModelShapes;

/// Every kernel shape of the model, once. A slot is the index of one.
template <class P>
struct KernelPlan {
  static constexpr KernelShapes shapes = ModelShapes<P>::value;
};

/// The slot of a shape in one of a plan's lists; does not compile when no layer listed the shape.
template <class Set, class Item>
consteval std::size_t slot(const Set& set, const Item& item) {
  if (!set.contains(item)) throw "KernelPlan: this shape is in no layer's shapes list";
  return set.index(item);
}

}  // namespace diecast
