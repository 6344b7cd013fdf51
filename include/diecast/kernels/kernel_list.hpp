#pragma once

#include <cstddef>
#include <string_view>
#include <variant>
#include <vector>

#include <diecast/kernels/table.hpp>

namespace diecast {

/// A kernel of the model: its shape, and how often a training step of one micro-batch calls it.
template <class Shape, class Fns>
struct ListedKernel {
  Shape shape;
  std::size_t times;
  Fns kernel;
};

/// What KernelTable holds of a training step, as values: for code that is compiled once for all presets.
struct KernelList {
  TileUnit tiles;  ///< see gemm_grid
  std::vector<ListedKernel<GemmShape, GemmFn>> gemms;
  std::vector<ListedKernel<PackShape, PackFn>> packs;
  std::vector<ListedKernel<AttentionShape, AttentionFns>> attentions;
  std::vector<ListedKernel<NormShape, NormFns>> norms;
  std::vector<ListedKernel<ActivationShape, ActivationFns>> activations;
  std::vector<ListedKernel<LossShape, LossFn>> losses;
  std::vector<ListedKernel<HeadShape, HeadFns>> heads;
  StaticSet<RowShape, 16> row_calls;
  std::variant<RowOps<float>, RowOps<BFloat16>, RowOps<Float16>> rows;
};

/// The kernels that a training step of the preset this binary was built for calls, for a target of
/// `kernel_targets()`.
KernelList training_kernels(std::string_view target);

}  // namespace diecast
