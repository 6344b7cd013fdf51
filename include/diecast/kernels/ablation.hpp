#pragma once

#include <cstddef>
#include <string_view>

#include <diecast/core/element.hpp>
#include <diecast/kernels/table.hpp>

namespace diecast {

/// Kernels that exist to be compared with the real ones, for operands of one type: their extents are arguments, and
/// what the real ones fuse is a pass of its own. They work on vectors; tasks are those of grid.hpp.
struct AblationKernels {
  /// GemmOp::nn with the real kernel's register tiles and an f32 result.
  void (*gemm)(const GemmShape& shape, const GemmArgs& args, std::size_t task);
  /// c (rows, n) += bias (+ skip) for f32 c, a block of kRowBlock rows a task.
  void (*add_bias)(const GemmShape& shape, const GemmArgs& args, std::size_t task);
  /// LayerNorm with a bias.
  void (*norm_forward)(const NormShape& shape, const NormArgs& args, std::size_t task);
  void (*loss)(const LossShape& shape, const LossArgs& args, std::size_t row);
  void (*pack_left)(const PackShape& shape, const PackArgs& args, std::size_t task);
  /// Attention that writes every head's whole (T, T) matrix of weights; without rotation and dropout.
  void (*attention_forward)(const AttentionShape& shape, const AttentionArgs& args, std::size_t task);
};

/// Floats of a thread's scratch for `attention_forward`.
std::size_t plain_attention_scratch_floats(const AttentionShape& shape);

/// The kernels of a target of `kernel_targets()`; of f16, which the real kernels compute as f32, the product and its
/// epilogue alone.
AblationKernels ablation_kernels(Element operands, std::string_view target);

}  // namespace diecast
