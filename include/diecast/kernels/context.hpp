#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <diecast/core/tensor.hpp>
#include <diecast/core/thread_pool.hpp>
#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/kernel_call.hpp>
#include <diecast/kernels/table.hpp>

namespace diecast {

class LayerObserver;

/// Stands for what a call does not have.
struct None {
  static constexpr const float* data = nullptr;
};
template <class T>
inline constexpr bool given = !std::is_same_v<T, None>;

/// What a layer is handed: the kernels of one target, the threads, and the call's circumstances.
template <class P>
struct Context {
  const KernelTable<P>* kernels;
  ThreadPool* pool;
  std::byte* thread_scratch;  ///< `thread_scratch_bytes` for each thread
  std::size_t thread_scratch_bytes;
  const float* rope;              ///< see AttentionArgs
  bool training = false;          ///< whether dropout applies
  std::uint32_t dropout_key = 0;  ///< of this step
  std::size_t sequence = 0;       ///< index in the step of the first sequence: where its dropout masks begin
  std::size_t position = 0;       ///< generation: index of the token
  const Segment* segments = nullptr;             ///< see AttentionArgs
  const std::uint32_t* first_segment = nullptr;
  [[no_unique_address]] std::conditional_t<kObserved<P>, LayerObserver*, None> observer{};

  float* scratch_of(std::size_t thread) const {
    return reinterpret_cast<float*>(thread_scratch + thread * thread_scratch_bytes);
  }
};

/// The context of the same call for a preset with the same plan, whose `kernels` are those of `kernels_under`. Nobody
/// observes it yet.
template <class Q, class P>
Context<Q> context_under(const Context<P>& ctx, const KernelTable<Q>& kernels) {
  return {&kernels,        ctx.pool,     ctx.thread_scratch, ctx.thread_scratch_bytes, ctx.rope,         ctx.training,
          ctx.dropout_key, ctx.sequence, ctx.position,       ctx.segments,             ctx.first_segment};
}

/// Runs the tasks of one call of a kernel, which an observer is told of.
template <class P, class Task>
void run_kernel(const Context<P>& ctx, [[maybe_unused]] const KernelCall& call, std::size_t tasks, const Task& task) {
  if constexpr (kObserved<P>) ctx.observer->enter_kernel(call);
  ctx.pool->run(tasks, task);
  if constexpr (kObserved<P>) ctx.observer->leave_kernel();
}

/// Runs the tasks of a product.
template <GemmShape kShape, class P>
void run_gemm(const Context<P>& ctx, const GemmArgs& args) {
  const GemmFn kernel = ctx.kernels->gemms[slot(KernelPlan<P>::shapes.gemms, kShape)];
  const std::size_t tasks = gemm_grid(kShape, ctx.kernels->tiles).tasks();
  run_kernel(ctx, call_of(kShape), tasks, [&](std::size_t task, std::size_t) { kernel(args, task); });
}

/// y (m, n) = x b (+ bias) (+ skip), where `packed` holds b (k, n). bias and skip are tensors or None.
template <class P, class E, class R, std::size_t kM, std::size_t kN, std::size_t kK, class Bias, class Skip>
void gemm_nn(const Context<P>& ctx, Tensor<const E, Shape<kM, kK>> x, Tensor<E, Shape<kK, kN>> packed,
             Tensor<R, Shape<kM, kN>> y, Bias bias, Skip skip) {
  constexpr GemmShape shape{GemmOp::nn, kM, kN, kK, element_of<E>, element_of<R>, given<Bias>, given<Skip>};
  run_gemm<shape>(ctx, {x.data, packed.data, y.data, bias.data, skip.data, kM});
}

/// dx (m, n) of the loss head: exponentials (m, k), those of targets replaced, times `packed` (k, n), then what `head`
/// says.
template <class P, class E, std::size_t kM, std::size_t kN, std::size_t kK>
void gemm_head(const Context<P>& ctx, Tensor<E, Shape<kM, kK>> exponentials, Tensor<E, Shape<kK, kN>> packed,
               const HeadGradient& head, Tensor<E, Shape<kM, kN>> dx) {
  constexpr GemmShape shape{GemmOp::nn, kM, kN, kK, element_of<E>, element_of<E>, false, false, true};
  run_gemm<shape>(ctx, {exponentials.data, packed.data, dx.data, nullptr, nullptr, kM, &head});
}

/// c (m, n) += aᵀ b, where `a` holds a left-packed (k, m) and `b` a right-packed (k, n).
template <class P, class E, std::size_t kM, std::size_t kN, std::size_t kK>
void gemm_tn(const Context<P>& ctx, Tensor<E, Shape<kK, kM>> a, Tensor<E, Shape<kK, kN>> b,
             Tensor<float, Shape<kM, kN>> c) {
  static_assert(kK % 2 == 0, "gemm_tn: the number of tokens must be even, bf16 products come in pairs");
  constexpr GemmShape shape{GemmOp::tn, kM, kN, kK, element_of<E>, Element::f32};
  run_gemm<shape>(ctx, {a.data, b.data, c.data, nullptr, nullptr, kK});
}

/// Rewrites `source` (rows, cols) into the panels that kOp names; `factors` (rows) are right_scaled's.
template <PackOp kOp, class P, class S, class E, std::size_t kRows, std::size_t kCols, class Packed>
void pack_panels(const Context<P>& ctx, Tensor<S, Shape<kRows, kCols>> source, Tensor<E, Packed> packed,
                 const float* factors = nullptr) {
  static_assert(Packed::size == kRows * kCols, "pack_panels: packed and source must have one size");
  using Source = std::remove_const_t<S>;
  constexpr bool kWeight = PackShape{kOp}.is_weight();
  constexpr PackShape shape{kOp, kRows, kCols, element_of<std::conditional_t<kWeight, E, Source>>};
  static_assert(std::is_same_v<Source, float> || !kWeight, "pack_panels: weights are packed from f32 masters");
  static_assert(element_of<E> == shape.packed(), "pack_panels: activations are packed as what kernels multiply");
  const PackFn kernel = ctx.kernels->packs[slot(KernelPlan<P>::shapes.packs, shape)];
  const PackArgs args{source.data, packed.data, kRows, factors};
  run_kernel(ctx, call_of(shape), pack_tasks(shape), [&](std::size_t task, std::size_t) { kernel(args, task); });
}

template <class P, AttentionShape kShape>
const AttentionFns& attention_kernels(const Context<P>& ctx) {
  return ctx.kernels->attentions[slot(KernelPlan<P>::shapes.attentions, kShape)];
}

/// Runs an attention kernel over its tasks, each with its thread's scratch.
template <class P>
void run_attention(const Context<P>& ctx, const KernelCall& call, void (*kernel)(const AttentionArgs&, std::size_t),
                   std::size_t tasks, const AttentionArgs& args) {
  run_kernel(ctx, call, tasks, [&](std::size_t task, std::size_t thread) {
    AttentionArgs mine = args;
    mine.scratch = ctx.scratch_of(thread);
    kernel(mine, task);
  });
}

/// out[c] += sum over rows of x (rows, cols).
template <class P, class E, std::size_t kRows, std::size_t kCols>
void column_sum(const Context<P>& ctx, Tensor<E, Shape<kRows, kCols>> x, Tensor<float, Shape<kCols>> out) {
  constexpr std::size_t kBlock = kWidthQuantum;
  static_assert(kCols % kBlock == 0, "column_sum: columns must be a multiple of 32, one register panel");
  constexpr KernelCall call = call_of(RowShape{RowOp::column_sum, kRows, kCols, element_of<std::remove_const_t<E>>});
  run_kernel(ctx, call, ceil_div(kCols, kBlock), [&](std::size_t task, std::size_t) {
    const std::size_t first = task * kBlock;
    ctx.kernels->rows.column_sum(x.data + first, kRows, kCols, kBlock, out.data + first);
  });
}

/// out[c] += sum over rows of factors[r] x[r].
template <class P, class E, std::size_t kRows, std::size_t kCols>
void scaled_column_sum(const Context<P>& ctx, Tensor<const E, Shape<kRows, kCols>> x, const float* factors,
                       Tensor<float, Shape<kCols>> out) {
  constexpr std::size_t kBlock = kWidthQuantum;
  static_assert(kCols % kBlock == 0, "scaled_column_sum: columns must be a multiple of 32, one register panel");
  constexpr KernelCall call{"scaled_column_sum", {kRows, kCols}, element_of<E>};
  run_kernel(ctx, call, ceil_div(kCols, kBlock), [&](std::size_t task, std::size_t) {
    const std::size_t first = task * kBlock;
    ctx.kernels->rows.scaled_column_sum(x.data + first, factors, kRows, kCols, kBlock, out.data + first);
  });
}

/// Calls `body(first, count)` for blocks of rows that together cover a (rows, width) tensor's elements: `op`, told of.
template <std::size_t kRows, std::size_t kWidth, class P, class Body>
void for_row_blocks(const Context<P>& ctx, RowOp op, const Body& body) {
  const KernelCall call = call_of(RowShape{op, kRows, kWidth, Element::f32});
  run_kernel(ctx, call, row_tasks(kRows), [&](std::size_t task, std::size_t) {
    const Range rows = block(task, kRowBlock, kRows);
    body(rows.begin * kWidth, (rows.end - rows.begin) * kWidth);
  });
}

}  // namespace diecast
