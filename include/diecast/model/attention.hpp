#pragma once

#include <cstddef>

#include <diecast/kernels/context.hpp>
#include <diecast/model/layer.hpp>

namespace diecast {

/// Causal self-attention over fused rows [queries | keys | values]; with RoPE, queries and keys are rotated as
/// they are read. Saves one log-sum-exp a row and head; backward recomputes the weights from it and needs the
/// output (Dao et al. 2022, arXiv:2205.14135). Sequences may be cut into segments, see Context::segments.
template <AttentionShape kShape>
struct Attention {
  static constexpr std::size_t kRows = kShape.batch * kShape.seq_len;
  using E = ElementType<kShape.operands>;
  using Input = Edge<E, Shape<kRows, kShape.width()>>;
  using Output = Edge<E, Shape<kRows, kShape.out_width()>>;
  using Params = ParamList<>;
  using Packs = FieldList<>;
  using Saved = FieldList<Field<"log_sum_exp", float, Shape<kShape.batch, kShape.n_heads, kShape.seq_len>>>;
  using Scratch = FieldList<>;
  static constexpr bool reads_output = true;
  static constexpr std::size_t thread_scratch_bytes = attention_scratch_floats(kShape) * sizeof(float);

  static constexpr KernelShapes list_shapes() {
    KernelShapes s;
    s.attentions.add(kShape);
    return s;
  }
  static constexpr KernelShapes shapes = list_shapes();
  // Two products, of which causality leaves half.
  static constexpr Flops flops{.forward = 2 * kRows * kShape.seq_len * kShape.out_width()};

  template <class P>
  static void pack(const Context<P>&, const Frame<Attention>&) {}

  template <class P>
  static void forward(const Context<P>& ctx, const Frame<Attention>& f, In<Input> qkv, Out<Output> out) {
    AttentionArgs args = arguments(ctx, f, qkv);
    args.out = out.data;
    run_attention(ctx, call_of(kShape, false), attention_kernels<P, kShape>(ctx).forward, attention_tasks(kShape), args);
  }

  template <class P>
  static void backward(const Context<P>& ctx, const Frame<Attention>& f, In<Input> qkv, In<Output> out,
                       In<Output> d_out, Out<Input> d_qkv) {
    AttentionArgs args = arguments(ctx, f, qkv);
    args.out = const_cast<E*>(out.data);  // backward only reads it
    args.d_out = d_out.data;
    args.d_qkv = d_qkv.data;
    run_attention(ctx, call_of(kShape, true), attention_kernels<P, kShape>(ctx).backward, attention_tasks(kShape), args);
  }

 private:
  template <class P>
  static AttentionArgs arguments(const Context<P>& ctx, const Frame<Attention>& f, In<Input> qkv) {
    AttentionArgs args{};
    args.qkv = qkv.data;
    args.log_sum_exp = saved<"log_sum_exp">(f).data;
    args.rope = ctx.rope;
    args.segments = ctx.segments;
    args.first_segment = ctx.first_segment;
    args.dropout_key = mix32(ctx.dropout_key ^ f.stream);
    args.dropout_sequence = static_cast<std::uint32_t>(ctx.sequence);
    args.training = ctx.training;
    return args;
  }
};

/// The same layer in generation: one row, at `ctx.position`, against the keys and values of the rows before it,
/// which it keeps in `Saved`. It has no backward.
template <AttentionShape kShape>
struct CachedAttention {
  using E = ElementType<kShape.operands>;
  using Input = Edge<E, Shape<1, kShape.width()>>;
  using Output = Edge<E, Shape<1, kShape.out_width()>>;
  using Params = ParamList<>;
  using Packs = FieldList<>;
  using Cache = Shape<kShape.seq_len, kShape.n_kv_heads * kShape.head_dim>;
  using Saved = FieldList<Field<"keys", float, Cache>, Field<"values", float, Cache>>;
  using Scratch = FieldList<Field<"scores", float, Shape<kShape.n_heads, kShape.seq_len>>>;
  static constexpr KernelShapes shapes = Attention<kShape>::shapes;

  template <class P>
  static void forward(const Context<P>& ctx, const Frame<CachedAttention>& f, In<Input> qkv, Out<Output> out) {
    const AttentionStepArgs args{qkv.data, out.data, saved<"keys">(f).data, saved<"values">(f).data,
                                 scratch<"scores">(f).data, ctx.rope, ctx.position};
    for (std::size_t kv_head = 0; kv_head < kShape.n_kv_heads; ++kv_head)
      attention_kernels<P, kShape>(ctx).step(args, kv_head);
  }
};

}  // namespace diecast
