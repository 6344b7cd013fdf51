#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <diecast/core/token.hpp>
#include <diecast/kernels/context.hpp>
#include <diecast/model/layer.hpp>

namespace diecast {

/// Token vectors, plus a learned vector a position where kLearnedPositions. Ids must be below kVocab. Rows of
/// the table from kVocab on are padding: zero, and never touched.
template <std::size_t kBatch, std::size_t kSeqLen, std::size_t kPositions, std::size_t kVocab,
          std::size_t kPaddedVocab, std::size_t kWidth, bool kLearnedPositions>
struct Embedding {
  static_assert(kWidth % kWidthQuantum == 0, "Embedding: width must be a multiple of 32, one register panel");
  static constexpr std::size_t kRows = kBatch * kSeqLen;
  using Input = Edge<Token, Shape<kBatch, kSeqLen>>;
  using Output = Edge<float, Shape<kRows, kWidth>>;
  using Tokens = Param<"tokens", Shape<kPaddedVocab, kWidth>, Init::normal, kVocab>;
  using Params = std::conditional_t<kLearnedPositions,
                                    ParamList<Tokens, Param<"positions", Shape<kPositions, kWidth>, Init::normal>>,
                                    ParamList<Tokens>>;
  using Packs = FieldList<>;
  using Saved = FieldList<>;
  using Scratch = FieldList<>;
  static constexpr RowShape kAdd{RowOp::add, kRows, kWidth, Element::f32};
  static constexpr KernelCall kCall = call_of(kAdd);
  static constexpr KernelShapes list_shapes() {
    KernelShapes s;
    // Forward, and in backward the gradients of the tables.
    s.rows.add(kAdd, kLearnedPositions ? 3 : 2);
    return s;
  }
  static constexpr KernelShapes shapes = list_shapes();

  /// Positions count from ctx.position.
  template <class P>
  static void forward(const Context<P>& ctx, const Frame<Embedding>& f, In<Input> ids, Out<Output> y) {
    run_kernel(ctx, kCall, row_tasks(kRows), [&](std::size_t task, std::size_t) {
      const Range rows = block(task, kRowBlock, kRows);
      for (std::size_t row = rows.begin; row < rows.end; ++row) {
        const float* token = param<"tokens">(f).data + ids.data[row] * kWidth;
        float* out = y.data + row * kWidth;
        if constexpr (kLearnedPositions) {
          ctx.kernels->rows.add(token, param<"positions">(f).data + (ctx.position + row % kSeqLen) * kWidth, out,
                                kWidth);
        } else {
          std::copy_n(token, kWidth, out);
        }
      }
    });
  }

  /// Tasks are blocks of columns: every table row is then summed in one order, whatever the threads. `d_tokens` is
  /// where the gradient of the tokens' table is added.
  template <class P>
  static void backward(const Context<P>& ctx, const Frame<Embedding>& f, In<Input> ids, In<Output> dy,
                       Tensor<float, typename Tokens::shape> d_tokens) {
    run_kernel(ctx, kCall, kWidth / kWidthQuantum, [&](std::size_t task, std::size_t) {
      const std::size_t first = task * kWidthQuantum;
      const auto add_to = [&](float* table_row, std::size_t row) {
        float* out = table_row + first;
        ctx.kernels->rows.add(out, dy.data + row * kWidth + first, out, kWidthQuantum);
      };
      for (std::size_t row = 0; row < kRows; ++row) {
        add_to(d_tokens.data + ids.data[row] * kWidth, row);
        if constexpr (kLearnedPositions) add_to(grad<"positions">(f).data + row % kSeqLen * kWidth, row);
      }
    });
  }
};

}  // namespace diecast
