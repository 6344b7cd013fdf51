#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <diecast/core/element.hpp>
#include <diecast/core/token.hpp>
#include <diecast/kernels/loss_options.hpp>
#include <diecast/kernels/plan.hpp>
#include <diecast/kernels/tile_unit.hpp>

namespace diecast {

/// What turns the exponentials of the loss head into gradients, see FusedLossHead: row r is scaled by `factors[r]` and,
/// unless `shifts` is null, `shifts[r]` times `vector_sum` is added.
struct HeadGradient {
  const float* factors;     ///< (rows)
  const float* shifts;      ///< (rows), or null
  const float* vector_sum;  ///< (width)
};

/// Operands of a product. Element types are those of the GemmShape.
struct GemmArgs {
  const void* a;
  const void* b;
  void* c;
  const float* bias;  ///< (n), where the shape has a bias
  const float* skip;  ///< (m, n), where the shape has one
  std::size_t rows;   ///< GemmShape::rows()
  const HeadGradient* head = nullptr;  ///< where the shape is the head's dx
};

struct PackArgs {
  const void* source;  ///< f32 master for weights, operand element for activations
  void* packed;
  std::size_t rows;    ///< of the source
  const float* factors = nullptr;  ///< (rows), of right_scaled
};

/// A stretch of one sequence that attends to itself alone: a document of a packed row, or the used part of a
/// padded one.
struct Segment {
  std::size_t begin, length;
};

struct AttentionArgs {
  const void* qkv;        ///< (B T, width)
  void* out;              ///< (B T, H D); read by backward
  float* log_sum_exp;     ///< (B, H, T)
  const void* d_out;      ///< backward: (B T, H D)
  void* d_qkv;            ///< backward: (B T, width)
  const float* rope;      ///< (T, D): cosines of the D/2 angles, then their sines
  const Segment* segments;             ///< of all sequences; null: each sequence is one
  const std::uint32_t* first_segment;  ///< (B + 1): sequence b's are [first_segment[b], first_segment[b + 1])
  std::uint32_t dropout_key;
  std::uint32_t dropout_sequence;  ///< the index, for dropout, of the first sequence
  bool training;
  float* scratch;         ///< attention_scratch_floats(shape) of this thread's
};

/// One query row against the keys and values seen so far.
struct AttentionStepArgs {
  const void* qkv;     ///< (width) of the new token
  void* out;           ///< (H D)
  float* keys;         ///< (T, H_kv D), rotated where the shape has RoPE
  float* values;       ///< (T, H_kv D)
  float* scores;       ///< (H, T), scratch
  const float* rope;
  std::size_t position;
};

struct NormArgs {
  const float* x;       ///< (rows, width)
  const float* weight;  ///< (width)
  const float* bias;
  void* y;              ///< (rows, width)
  float* mean;          ///< (rows); LayerNorm
  float* rstd;          ///< (rows): 1 / sqrt(variance + eps)
  float eps;
  const void* dy;       ///< backward: (rows, width)
  const float* skip;    ///< backward: added to dx, or null
  float* dx;            ///< backward: (rows, width)
  float* partial;       ///< backward: (norm_backward_tasks, 2, width): sums of dweight and dbias of a task's rows
  std::size_t rows;
};

struct ActivationArgs {
  const void* x;   ///< (rows, width), or (rows, 2 width) of SwiGLU: gates first
  void* y;         ///< (rows, width)
  const void* dy;  ///< backward
  void* dx;        ///< backward
  std::size_t rows;
};

struct LossArgs {
  float* logits;          ///< (rows, padded); padding is overwritten
  const Token* targets;   ///< (rows)
  float* losses;          ///< (rows)
  void* d_logits;         ///< (rows, padded), or null: the loss alone
  float scale;            ///< of the gradient
  LossOptions options{};
};

struct HeadArgs {
  const void* x;                ///< (rows, width)
  const void* packed;           ///< (width, padded), as forward products read it
  const float* vectors;         ///< (padded, width), f32 masters
  const Token* targets;         ///< (rows), below vocab
  float* anchors;               ///< (rows): what exponentials are relative to
  void* exponentials;           ///< (rows, padded): 0 of targets and padding
  void* exponentials_packed;    ///< the same, left-packed
  float* sums;                  ///< (col_blocks of head_grid, rows): their sums
  std::size_t rows;
  const float* target_values = nullptr;  ///< (rows), see HeadFns::targets
};

/// Kernels run one task; the tasks of a call are independent and their number depends on the shape alone.
using GemmFn = void (*)(const GemmArgs&, std::size_t task);
using PackFn = void (*)(const PackArgs&, std::size_t task);
using LossFn = void (*)(const LossArgs&, std::size_t row);
struct HeadFns {
  /// anchors[r] = the logit of row r's target, for a block of kRowBlock rows.
  void (*anchors)(const HeadArgs&, std::size_t task);
  /// exponentials = exp(logits - anchors), for a task of head_grid.
  void (*exponentials)(const HeadArgs&, std::size_t task);
  /// Puts target_values at the targets, in both copies of the exponentials, for a block of kRowBlock rows.
  void (*targets)(const HeadArgs&, std::size_t task);
};
struct AttentionFns {
  void (*forward)(const AttentionArgs&, std::size_t task);
  void (*backward)(const AttentionArgs&, std::size_t task);
  void (*step)(const AttentionStepArgs&, std::size_t kv_head);
};
struct NormFns {
  void (*forward)(const NormArgs&, std::size_t task);   ///< of row_tasks
  void (*backward)(const NormArgs&, std::size_t task);  ///< of norm_backward_tasks
};
struct ActivationFns {
  void (*forward)(const ActivationArgs&, std::size_t task);
  void (*backward)(const ActivationArgs&, std::size_t task);
};

/// Kernels whose extents are arguments: n and cols must be multiples of kWidthQuantum. E is the preset's operands'.
template <class E>
struct RowOps {
  /// out[c] += sum over rows of x (rows, stride) for c in [0, cols), row after row.
  void (*column_sum_f32)(const float* x, std::size_t rows, std::size_t stride, std::size_t cols, float* out);
  void (*column_sum)(const E* x, std::size_t rows, std::size_t stride, std::size_t cols, float* out);
  /// The same with row r times factors[r].
  void (*scaled_column_sum)(const E* x, const float* factors, std::size_t rows, std::size_t stride, std::size_t cols,
                            float* out);
  /// y = x, rounded to nearest even
  void (*narrow)(const float* x, E* y, std::size_t n);
  /// y = x + z
  void (*add)(const float* x, const float* z, float* y, std::size_t n);
  /// y[i] = mask(key, first + i) x[i] / (1 - p) (+ skip[i] where skip is not null); p in 1/65536.
  void (*dropout)(const float* x, const float* skip, float* y, std::size_t first, std::size_t n,
                  std::uint32_t key, std::uint32_t p);
};

/// One function pointer per slot of the plan, for one Highway target.
template <class P>
struct KernelTable {
  static constexpr const KernelShapes& shapes = KernelPlan<P>::shapes;
  std::array<GemmFn, shapes.gemms.count> gemms;
  std::array<PackFn, shapes.packs.count> packs;
  std::array<AttentionFns, shapes.attentions.count> attentions;
  std::array<NormFns, shapes.norms.count> norms;
  std::array<ActivationFns, shapes.activations.count> activations;
  std::array<LossFn, shapes.losses.count> losses;
  std::array<HeadFns, shapes.heads.count> heads;
  RowOps<ElementType<P::value.precision>> rows;
  TileUnit tiles;  ///< what bf16 products work with: it decides their grid, see gemm_grid
};

/// The kernels of P as those of a preset with the same plan: Observed, or WithRecompute.
template <class Q, class P>
KernelTable<Q> kernels_under(const KernelTable<P>& table) {
  return {table.gemms, table.packs, table.attentions, table.norms, table.activations, table.losses,
          table.heads, table.rows, table.tiles};
}

/// The kernels of preset P for a target of `kernel_targets()` or, in a build for tests, kPlainTilesTarget. Defined for
/// ActivePreset; not thread-safe.
template <class P>
const KernelTable<P>& kernels_for(std::string_view target);

/// Fill a family's part of the table with the kernels of the target that is selected at the time of the call, and of
/// `table.tiles`.
template <class P>
void load_gemm_kernels(KernelTable<P>& table);
template <class P>
void load_attention_kernels(KernelTable<P>& table);
template <class P>
void load_row_kernels(KernelTable<P>& table);

}  // namespace diecast
