#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <diecast/core/element.hpp>
#include <diecast/kernels/shapes.hpp>

namespace diecast {

/// One call of a kernel over all its tasks, by the names that `bench` and `profile` show.
struct KernelCall {
  std::string_view name;                ///< `gemm_nn`, `layer_norm_forward`
  std::array<std::size_t, 3> extents{};  ///< (m, n, k) of products, (rows, columns, 0) of the others
  Element operands = Element::f32;
  constexpr bool operator==(const KernelCall&) const = default;
};

constexpr std::string_view name_of(PackOp op) {
  switch (op) {
    case PackOp::weight: return "pack_weight";
    case PackOp::weight_transpose: return "pack_weight_transpose";
    case PackOp::left: return "pack_left";
    case PackOp::right: return "pack_right";
    case PackOp::right_scaled: break;
  }
  return "pack_right_scaled";
}

constexpr std::string_view name_of(RowOp op) {
  switch (op) {
    case RowOp::column_sum: return "column_sum";
    case RowOp::narrow: return "narrow";
    case RowOp::add: return "add";
    case RowOp::dropout: break;
  }
  return "dropout";
}

constexpr KernelCall call_of(const GemmShape& s) {
  return {s.op == GemmOp::nn ? "gemm_nn" : "gemm_tn", {s.m, s.n, s.k}, s.operands};
}
constexpr KernelCall call_of(const PackShape& s) { return {name_of(s.op), {s.rows, s.cols}, s.operands}; }
constexpr KernelCall call_of(const RowShape& s) { return {name_of(s.op), {s.rows, s.cols}, s.operands}; }
constexpr KernelCall call_of(const AttentionShape& s, bool backward) {
  return {backward ? "attention_backward" : "attention_forward", {s.batch * s.seq_len, s.width()}, s.operands};
}
constexpr KernelCall call_of(const NormShape& s, bool backward) {
  const bool layer = s.norm == Norm::layer_norm;
  return {backward ? (layer ? "layer_norm_backward" : "rms_norm_backward")
                   : (layer ? "layer_norm_forward" : "rms_norm_forward"),
          {s.rows, s.width}, s.result};
}
constexpr KernelCall call_of(const ActivationShape& s, bool backward) {
  const bool gelu = s.kind == MlpKind::gelu;
  return {backward ? (gelu ? "gelu_backward" : "swiglu_backward") : (gelu ? "gelu_forward" : "swiglu_forward"),
          {s.rows, s.width}, s.operands};
}

}  // namespace diecast
