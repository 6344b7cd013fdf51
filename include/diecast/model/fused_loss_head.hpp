#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>

#include <diecast/core/token.hpp>
#include <diecast/kernels/context.hpp>
#include <diecast/model/layer.hpp>
#include <diecast/model/loss_head.hpp>

namespace diecast {

/// LossHead with the softmax inside its products. The product that makes logits stores their exponentials e instead,
/// relative to the row's *target* logit, which one dot product a row gives beforehand: no pass for the maximum, none
/// for the gradient, and no logits tensor. With Z the sum of a row's e without the target,
///   loss = log(1 + Z),   d logit = scale e / (1 + Z),   d target logit = -scale Z / (1 + Z),
/// where no difference of nearly equal numbers is taken. Z <= exp(loss), so f32 and bf16 hold e while a loss stays
/// below 64; a row beyond that is done again relative to its largest logit. -Z takes the target's place among the e,
/// and 1 / (1 + Z) scales a row of dx after its product and a row of x before dW's.
/// Label smoothing takes the same s = scale e / V from the gradient of every logit: s times the sum of W's rows from
/// dx, s x from every row of dW, both in f32. With z-loss the softmax's part is scaled by 1 + 2 w log Z.
template <std::size_t kRows, std::size_t kWidth, std::size_t kVocab, std::size_t kPaddedVocab, class E, bool kTied>
struct FusedLossHead {
  static_assert(element_of<E> != Element::f16, "FusedLossHead: f16 cannot hold its exponentials");
  using Unfused = LossHead<kRows, kWidth, kVocab, kPaddedVocab, E, kTied>;
  using Input = typename Unfused::Input;
  using Weight = typename Unfused::Weight;
  using Vectors = typename Unfused::Vectors;
  using Params = typename Unfused::Params;
  using Packed = typename Unfused::Packed;
  using Packs = typename Unfused::Packs;
  using Saved = typename Unfused::Saved;
  using Targets = Tensor<const Token, Shape<kRows>>;
  using Losses = Tensor<const float, Shape<kRows>>;
  using Blocks = RowBlocks<kRows, kHeadBlock>;
  static constexpr std::size_t kBlock = Blocks::size;

  static constexpr HeadShape head_shape(std::size_t rows) {
    return {rows, kWidth, kVocab, kPaddedVocab, element_of<E>};
  }
  static constexpr std::size_t sum_blocks(TileUnit tiles) {
    return head_grid(head_shape(kBlock), kBlock, tiles).col_blocks;
  }
  static constexpr std::size_t kSumBlocks = std::max(sum_blocks(TileUnit::none), sum_blocks(TileUnit::amx));

  using Scratch =
      FieldList<Field<"exponentials", E, Shape<kBlock, kPaddedVocab>>, Field<"packed", E, Shape<kBlock, kPaddedVocab>>,
                Field<"x", E, Shape<kBlock, kWidth>>, Field<"sums", float, Shape<kSumBlocks, kBlock>>,
                Field<"targets", Token, Shape<kBlock>>, Field<"anchors", float, Shape<kBlock>>,
                Field<"offsets", float, Shape<kBlock>>, Field<"factors", float, Shape<kBlock>>,
                Field<"target_values", float, Shape<kBlock>>, Field<"shifts", float, Shape<kBlock>>,
                Field<"vector_sum", float, Shape<kWidth>>, Field<"logits", float, Shape<1, kPaddedVocab>>>;

  template <std::size_t kN>
  static constexpr KernelShapes block_shapes() {
    constexpr Element e = element_of<E>;
    KernelShapes s;
    s.heads.add(head_shape(kN));
    s.gemms.add({GemmOp::nn, kN, kWidth, kPaddedVocab, e, e, false, false, true});  // dx
    s.gemms.add({GemmOp::tn, kPaddedVocab, kWidth, kN, e, Element::f32});           // dW
    s.packs.add({PackOp::right_scaled, kN, kWidth, e});
    return s;
  }
  static constexpr KernelShapes list_shapes() {
    KernelShapes s;
    s.gemms.add(head_shape(1).logits(), kRows == 1 ? 1 : 0);  // in training, rows that overflow
    if constexpr (kRows == 1) return s;  // generation has no loss
    s.add(block_shapes<kBlock>(), Blocks::whole);
    if constexpr (Blocks::rest != 0) s.add(block_shapes<Blocks::rest>());
    Packed::add_shapes(s);
    return s;
  }
  static constexpr KernelShapes shapes = list_shapes();
  static constexpr Flops flops = Unfused::flops;

  template <class P>
  static void pack(const Context<P>& ctx, const Frame<FusedLossHead>& f, Vectors vectors) {
    Packed::refresh(ctx, vectors, f);
  }

  /// Logits (1, kPaddedVocab) of one row; the padding's are meaningless.
  template <class P>
  static Tensor<const float, Shape<1, kPaddedVocab>> logits(const Context<P>& ctx, const Frame<FusedLossHead>& f,
                                                            Tensor<const E, Shape<1, kWidth>> x) {
    const auto out = scratch<"logits">(f);
    gemm_nn(ctx, x, diecast::pack<"forward">(f), out, None{}, None{});
    return out;
  }

  /// The losses (kRows) of x against the targets, 0 where a target is ignored.
  template <class P>
  static Losses forward(const Context<P>& ctx, const Frame<FusedLossHead>& f, In<Input> x, Targets targets,
                        Vectors vectors) {
    Blocks::for_each([&](auto rows, std::size_t first) {
      losses<decltype(rows)::value>(ctx, f, x, targets, vectors, first, 0, {});
    });
    return saved<"losses">(f);
  }

  /// The same with what `options` add, and the gradients of `scale` times their sum: dx is overwritten; the sum of
  /// d_weight and, in each row below kVocab, d_every_row is W's, and either may be added to.
  template <class P>
  static Losses forward_backward(const Context<P>& ctx, const Frame<FusedLossHead>& f, In<Input> x, Targets targets,
                                 Vectors vectors, float scale, const LossOptions& options, Out<Input> dx,
                                 Tensor<float, Weight> d_weight, Tensor<float, Shape<kWidth>> d_every_row) {
    const bool smooths = options.label_smoothing != 0;
    if (smooths) sum_vectors(ctx, f, vectors);
    const HeadGradient head{scratch<"factors">(f).data, smooths ? scratch<"shifts">(f).data : nullptr,
                            scratch<"vector_sum">(f).data};
    Blocks::for_each([&](auto rows, std::size_t first) {
      constexpr std::size_t kN = decltype(rows)::value;
      const auto in = x.template rows<kN>(first);
      losses<kN>(ctx, f, x, targets, vectors, first, scale, options);
      gemm_head(ctx, scratch<"exponentials">(f).template rows<kN>(0), diecast::pack<"backward">(f), head,
                dx.template rows<kN>(first));
      const auto packed_x = scratch<"x">(f).template rows<kN>(0);
      pack_panels<PackOp::right_scaled>(ctx, in, packed_x, head.factors);
      gemm_tn(ctx, scratch<"packed">(f).template rows<kN>(0), packed_x, d_weight);
      if (smooths) scaled_column_sum(ctx, in, head.shifts, d_every_row);
    });
    return saved<"losses">(f);
  }

 private:
  // The largest sum of exponentials that is taken: the loss is 64, and twice its exponent still fits.
  static constexpr float kLargestSum = 6e27f;

  // Exponentials of a block, their sums, and from them its losses and what makes gradients of them.
  template <std::size_t kN, class P>
  static void losses(const Context<P>& ctx, const Frame<FusedLossHead>& f, In<Input> x, Targets targets,
                     Vectors vectors, std::size_t first, float scale, const LossOptions& options) {
    const auto rows = x.template rows<kN>(first);
    const Token* target = targets.data + first;
    Token* known = scratch<"targets">(f).data;
    for (std::size_t r = 0; r < kN; ++r) known[r] = target[r] == kIgnoredToken ? 0 : target[r];
    std::fill_n(scratch<"offsets">(f).data, kN, 0.0f);
    const HeadArgs args{rows.data,
                        diecast::pack<"forward">(f).data,
                        vectors.data,
                        known,
                        scratch<"anchors">(f).data,
                        scratch<"exponentials">(f).data,
                        scratch<"packed">(f).data,
                        scratch<"sums">(f).data,
                        kN,
                        scratch<"target_values">(f).data};
    const HeadFns& kernels = ctx.kernels->heads[slot(KernelPlan<P>::shapes.heads, head_shape(kN))];
    const GemmGrid grid = head_grid(head_shape(kN), kN, ctx.kernels->tiles);
    // The sums of the blocks of columns become those of the rows, in the first block's place.
    const auto exponentials = [&] {
      run_kernel(ctx, {"head_exponentials", {kN, kPaddedVocab, kWidth}, element_of<E>}, grid.tasks(),
                 [&](std::size_t task, std::size_t) { kernels.exponentials(args, task); });
      for (std::size_t b = 1; b < grid.col_blocks; ++b)
        for (std::size_t r = 0; r < kN; ++r) args.sums[r] += args.sums[b * kN + r];
    };
    run_kernel(ctx, {"head_anchors", {kN, kWidth}, element_of<E>}, row_tasks(kN),
               [&](std::size_t task, std::size_t) { kernels.anchors(args, task); });
    exponentials();
    if (anchor_overflows<kN>(ctx, f, rows)) exponentials();
    const bool smooths = options.label_smoothing != 0;
    ctx.pool->run(row_tasks(kN), [&](std::size_t task, std::size_t) {
      const Range part = block(task, kRowBlock, kN);
      for (std::size_t r = part.begin; r < part.end; ++r)
        finish_row(f, r, first, target[r] == kIgnoredToken, scale, options,
                   smooths ? mean_logit(f, rows.data + r * kWidth) : 0.0f);
      kernels.targets(args, task);
    });
  }

  // Gives rows whose sums are too large their largest logit as anchor; whether there were any.
  template <std::size_t kN, class P>
  static bool anchor_overflows(const Context<P>& ctx, const Frame<FusedLossHead>& f,
                               Tensor<const E, Shape<kN, kWidth>> x) {
    bool any = false;
    for (std::size_t r = 0; r < kN; ++r) {
      if (!(scratch<"sums">(f).data[r] > kLargestSum)) continue;
      any = true;
      const auto row = logits(ctx, f, x.template rows<1>(r)).span().template first<kVocab>();
      const float largest = *std::max_element(row.begin(), row.end());
      scratch<"anchors">(f).data[r] = largest;
      scratch<"offsets">(f).data[r] = row[scratch<"targets">(f).data[r]] - largest;
    }
    return any;
  }

  // 1 + 2 w log Z, but not so near 0 that the target's part, relative to it, would be lost. It changes by rounding.
  static float softmax_weight(float slope) { return std::copysign(std::max(std::abs(1 + slope), 1e-6f), 1 + slope); }

  static void finish_row(const Frame<FusedLossHead>& f, std::size_t row, std::size_t first, bool ignored, float scale,
                         const LossOptions& options, float mean_logit) {
    const float others = scratch<"sums">(f).data[row], offset = scratch<"offsets">(f).data[row];
    const float sum = others + std::exp(offset), smoothing = options.label_smoothing;
    const float loss = offset == 0 ? std::log1p(others) : std::log(sum) - offset;
    const float target_logit = scratch<"anchors">(f).data[row] + offset, log_z = loss + target_logit;
    const float slope = 2 * options.z_loss * log_z;  // of z-loss to log Z
    const float weight = softmax_weight(slope);
    saved<"losses">(f).data[first + row] =
        ignored ? 0 : loss + smoothing * (target_logit - mean_logit) + 0.5f * slope * log_z;
    scratch<"factors">(f).data[row] = ignored ? 0 : scale * weight / sum;
    scratch<"target_values">(f).data[row] = ignored ? 0 : sum * ((slope + smoothing) / weight) - others;
    scratch<"shifts">(f).data[row] = ignored ? 0 : -scale * smoothing / static_cast<float>(kVocab);
  }

  template <class P>
  static void sum_vectors(const Context<P>& ctx, const Frame<FusedLossHead>& f, Vectors vectors) {
    const auto sum = scratch<"vector_sum">(f);
    std::fill_n(sum.data, kWidth, 0.0f);
    ctx.pool->run(kWidth / kWidthQuantum, [&](std::size_t task, std::size_t) {
      const std::size_t col = task * kWidthQuantum;
      ctx.kernels->rows.column_sum_f32(vectors.data + col, kVocab, kWidth, kWidthQuantum, sum.data + col);
    });
  }
  // The mean of a row's logits is one itself, of the vectors' mean.
  static float mean_logit(const Frame<FusedLossHead>& f, const E* x) {
    const float* vectors = scratch<"vector_sum">(f).data;
    float sum = 0;
    for (std::size_t i = 0; i < kWidth; ++i) sum += static_cast<float>(x[i]) * vectors[i];
    return sum / static_cast<float>(kVocab);
  }
};

}  // namespace diecast
