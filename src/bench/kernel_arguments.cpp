#include "bench/kernel_arguments.hpp"

#include <algorithm>

#include <diecast/kernels/grid.hpp>

namespace diecast {
namespace {

// Whatever the target multiplies with.
std::size_t most_col_blocks(const HeadShape& s) {
  return std::max(head_grid(s, s.rows, TileUnit::none).col_blocks, head_grid(s, s.rows, TileUnit::amx).col_blocks);
}

}  // namespace

GemmArgs arguments_for(const GemmShape& s, Operands& memory) {
  return {memory.elements(s.operands, s.m * s.k),
          memory.elements(s.operands, s.k * s.n),
          memory.elements(s.result, s.m * s.n),
          s.bias ? memory.floats(s.n) : nullptr,
          s.skip ? memory.floats(s.m * s.n) : nullptr,
          s.rows()};
}

HeadArgs arguments_for(const HeadShape& s, Operands& memory) {
  return {memory.elements(s.operands, s.rows * s.width),
          memory.elements(s.operands, s.width * s.padded),
          memory.floats(s.padded * s.width),
          memory.tokens(s.rows, s.vocab),
          memory.floats(s.rows),
          memory.elements(s.operands, s.rows * s.padded),
          memory.elements(s.operands, s.rows * s.padded),
          memory.floats(most_col_blocks(s) * s.rows),
          s.rows};
}

NormArgs arguments_for(const NormShape& s, Operands& memory) {
  const std::size_t size = s.rows * s.width;
  return {.x = memory.floats(size),
          .weight = memory.floats(s.width),
          .bias = memory.floats(s.width),
          .y = memory.elements(s.result, size),
          .mean = memory.floats(s.rows),
          .rstd = memory.floats(s.rows),
          .eps = 1e-5f,
          .dy = memory.elements(s.result, size),
          .skip = memory.floats(size),
          .dx = memory.floats(size),
          .partial = memory.floats(norm_backward_tasks(s.rows) * 2 * s.width),
          .rows = s.rows};
}

ActivationArgs arguments_for(const ActivationShape& s, Operands& memory) {
  const std::size_t out = s.rows * s.width, in = s.kind == MlpKind::swiglu ? 2 * out : out;
  return {memory.elements(s.operands, in), memory.elements(s.operands, out), memory.elements(s.operands, out),
          memory.elements(s.operands, in), s.rows};
}

PackArgs arguments_for(const PackShape& s, Operands& memory) {
  return {memory.elements(s.is_weight() ? Element::f32 : s.operands, s.rows * s.cols),
          memory.elements(s.packed(), s.rows * s.cols), s.rows, memory.floats(s.rows)};
}

LossArgs arguments_for(const LossShape& s, std::size_t rows, Operands& memory) {
  return {memory.floats(rows * s.padded), memory.tokens(rows, s.vocab), memory.floats(rows),
          memory.elements(s.gradient, rows * s.padded), 1.0f};
}

AttentionArgs arguments_for(const AttentionShape& s, std::size_t threads, std::size_t scratch_floats,
                            Operands& memory) {
  const std::size_t rows = s.batch * s.seq_len;
  AttentionArgs args{};
  args.qkv = memory.elements(s.operands, rows * s.width());
  args.out = memory.elements(s.operands, rows * s.out_width());
  args.log_sum_exp = memory.floats(rows * s.n_heads);
  args.d_out = memory.elements(s.operands, rows * s.out_width());
  args.d_qkv = memory.elements(s.operands, rows * s.width());
  args.rope = s.rope ? memory.floats(s.seq_len * s.head_dim) : nullptr;
  args.training = true;
  args.scratch = memory.floats(threads * scratch_floats);
  return args;
}

}  // namespace diecast
