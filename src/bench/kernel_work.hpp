#pragma once

#include <cstddef>

#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/shapes.hpp>
#include <diecast/machine/roofline.hpp>

namespace diecast {

// What one call of a kernel asks of the machine. Operations are counted from the kernels' source, one for each
// element and arithmetic instruction; a division or a square root takes as long as three.

inline constexpr double kExp = 10;
inline constexpr double kDivision = 3;

inline double product(std::size_t a, std::size_t b) { return static_cast<double>(a) * static_cast<double>(b); }

inline Work work_of(const GemmShape& s) {
  const double operands = static_cast<double>(element_bytes(s.operands)), results = product(s.m, s.n);
  const double added = (s.op == GemmOp::tn ? 4.0 : 0.0) + (s.skip ? 4.0 : 0.0);
  return {.products = 2 * results * static_cast<double>(s.k),
          .bytes = operands * (product(s.m, s.k) + product(s.k, s.n)) +
                   results * (static_cast<double>(element_bytes(s.result)) + added)};
}

inline Work work_of(const PackShape& s) {
  const double elements = product(s.rows, s.cols), source = s.is_weight() ? 4 : element_bytes(s.operands);
  return {.operations = elements, .bytes = elements * (source + static_cast<double>(element_bytes(s.packed())))};
}

/// Of one pass; backward makes the scores again and four products more.
inline Work attention_work(const AttentionShape& s, bool backward) {
  const double rows = product(s.batch, s.seq_len), operands = static_cast<double>(element_bytes(s.operands));
  const double scores = rows * static_cast<double>(s.n_heads) * static_cast<double>(s.seq_len + 1) / 2;
  const double in = rows * static_cast<double>(s.width()) * operands;
  const double out = rows * static_cast<double>(s.out_width()) * operands;
  return {.products = (backward ? 5 : 2) * 2 * scores * static_cast<double>(s.head_dim),
          .operations = scores * (kExp + (backward ? 10 : 6)),
          .bytes = (backward ? 2 : 1) * (in + out)};
}

inline Work norm_work(const NormShape& s, bool backward) {
  const double elements = product(s.rows, s.width), result = static_cast<double>(element_bytes(s.result));
  return {.operations = elements * (backward ? 20 : 8), .bytes = elements * (result + (backward ? 12 : 4))};
}

inline Work activation_work(const ActivationShape& s, bool backward) {
  const double elements = product(s.rows, s.width), operands = static_cast<double>(element_bytes(s.operands));
  const double tensors = s.kind == MlpKind::gelu ? (backward ? 3 : 2) : (backward ? 5 : 3);
  return {.operations = elements * (kExp + kDivision + (backward ? 13 : 9)), .bytes = elements * operands * tensors};
}

/// Of a row: logits are read and become exponentials, gradients are written.
inline Work work_of(const LossShape& s) {
  const double elements = static_cast<double>(s.padded);
  return {.operations = elements * (kExp + 6),
          .bytes = elements * (8 + static_cast<double>(element_bytes(s.gradient)))};
}

/// The logits' exponentials, stored twice.
inline Work head_work(const HeadShape& s) {
  const Work logits = work_of(s.logits());
  const double elements = product(s.rows, s.padded), operands = static_cast<double>(element_bytes(s.operands));
  return {.products = logits.products,
          .operations = elements * (kExp + 6),
          .bytes = logits.bytes + elements * (2 * operands - 4)};
}

/// The logits of the targets alone.
inline Work anchor_work(const HeadShape& s) {
  const double elements = product(s.rows, s.width);
  return {.operations = 4 * elements, .bytes = elements * (4 + static_cast<double>(element_bytes(s.operands)))};
}

inline Work work_of(const RowShape& s) {
  const double elements = product(s.rows, s.cols), operands = static_cast<double>(element_bytes(s.operands));
  switch (s.op) {
    case RowOp::column_sum: return {.operations = 2 * elements, .bytes = operands * elements};
    case RowOp::narrow: return {.operations = 2 * elements, .bytes = (4 + operands) * elements};
    case RowOp::add: return {.operations = 2 * elements, .bytes = 12 * elements};
    case RowOp::dropout: break;
  }
  return {.operations = 14 * elements, .bytes = 8 * elements};
}

/// Of so many parameters: four arrays are read and written.
inline Work adamw_work(double parameters) {
  return {.operations = parameters * (14 + 2 * kDivision), .bytes = 32 * parameters};
}

}  // namespace diecast
