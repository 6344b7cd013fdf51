#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include <diecast/kernels/shapes.hpp>
#include <diecast/kernels/tile_unit.hpp>

namespace diecast {

// Tasks of a kernel call. They are functions of the shape alone, so that results do not depend on the number
// of threads.

constexpr std::size_t ceil_div(std::size_t n, std::size_t d) { return (n + d - 1) / d; }

/// A part [begin, end) of an extent.
struct Range {
  std::size_t begin, end;
};
constexpr Range block(std::size_t index, std::size_t size, std::size_t extent) {
  return {index * size, std::min((index + 1) * size, extent)};
}

/// Sums over tokens are made in the tokens' order, each term added to all before it, across calls too. Where a kernel
/// adds up some tokens first, it is blocks of this many: gradients of a batch have the same bits however it is cut
/// into micro-batches of whole blocks.
constexpr std::size_t kTokenBlock = 32;

/// How a product's result is cut into tasks.
struct GemmGrid {
  std::size_t row_block, col_block;
  std::size_t row_blocks, col_blocks;
  constexpr std::size_t tasks() const { return row_blocks * col_blocks; }
};

/// Rows of one task of nn: ten 6-row tiles and a 4-row one. With K = 1024 in bf16 (128 KiB) they stay in L2 beside a
/// panel, and they cut the usual power of two into equal tasks: 96 left one of two threads idle for 3 % of the time.
constexpr std::size_t kGemmRowBlock = 64;

constexpr GemmGrid vector_gemm_grid(const GemmShape& s) {
  GemmGrid g{};
  if (s.op == GemmOp::nn) {
    g.row_block = kGemmRowBlock;
    g.row_blocks = ceil_div(s.m, g.row_block);
    // Enough tasks that dozens of threads end together.
    const std::size_t wanted = ceil_div(64, g.row_blocks);
    g.col_block = ceil_div(ceil_div(s.n, wanted), 64) * 64;
  } else {
    // A right panel's rows of a block (32 KiB, see kReduceBlock) stay in L1 while the left ones (64 KiB) pass from L2.
    g.row_block = 64;
    g.row_blocks = ceil_div(s.m, g.row_block);
    g.col_block = 128;
  }
  g.col_blocks = ceil_div(s.n, g.col_block);
  return g;
}

// Products in tiles wait for L3 below some 110 FLOP a byte of it, since a core reads 8 bytes a cycle there: blocks of
// results are as large as L2 (2 MiB) allows, and what passes L1 is read again from L2 alone.

/// Rows of one task: with K <= 512 in bf16 (512 KiB) they stay in L2 while b's columns pass.
constexpr std::size_t kTiledRowBlock = 512;
/// K from which on it is taken in parts, and results of a block this high and wide wait in f32.
constexpr std::size_t kTiledDeep = 513;
constexpr std::size_t kTiledSquare = 256;
constexpr std::size_t kPartialResults = kTiledSquare * kTiledSquare;

constexpr GemmGrid tiled_gemm_grid(const GemmShape& s) {
  const bool square = s.op == GemmOp::tn || s.k >= kTiledDeep;
  GemmGrid g{};
  g.row_block = square ? kTiledSquare : kTiledRowBlock;
  g.row_blocks = ceil_div(s.m, g.row_block);
  g.col_block = square ? kTiledSquare : ceil_div(ceil_div(s.n, ceil_div(32, g.row_blocks)), 64) * 64;
  g.col_blocks = ceil_div(s.n, g.col_block);
  // Work for a few threads is worth more than the last bytes from L3.
  while (g.tasks() < 4 && g.row_block > 128) {
    g.row_block /= 2;
    g.row_blocks = ceil_div(s.m, g.row_block);
  }
  return g;
}

/// The grid of the kernels that work with `tiles`.
constexpr GemmGrid gemm_grid(const GemmShape& s, TileUnit tiles) {
  return tiles == TileUnit::none || s.operands != Element::bf16 ? vector_gemm_grid(s) : tiled_gemm_grid(s);
}

/// Rows of a block of the loss head: long enough that W's gradient, which every block updates whole, is not the
/// cost, and short enough that a block's logits of a usual vocabulary stay in L3.
constexpr std::size_t kHeadBlock = 512;
static_assert(kHeadBlock % kTokenBlock == 0, "head: blocks must not cut what sums over tokens keep together");

/// The grid of `rows` rows of a loss head's exponentials. Columns are cut as a whole block's are, so that a row's sum
/// has the same bits among any number of rows.
constexpr GemmGrid head_grid(const HeadShape& s, std::size_t rows, TileUnit tiles) {
  GemmGrid g = gemm_grid(s.logits().with_rows(kHeadBlock), tiles);
  g.row_blocks = ceil_div(rows, g.row_block);
  return g;
}

/// Rows (activations) or columns (weights) of the source that one packing task takes.
constexpr std::size_t kPackBlock = 64;
constexpr std::size_t pack_tasks(const PackShape& s) {
  return s.op == PackOp::weight ? ceil_div(s.cols, kPackBlock) : ceil_div(s.rows, kPackBlock);
}

constexpr std::size_t attention_tasks(const AttentionShape& s) { return s.batch * s.n_kv_heads; }

/// Rows of one task of a norm or an activation.
constexpr std::size_t kRowBlock = 64;
constexpr std::size_t row_tasks(std::size_t rows) { return ceil_div(rows, kRowBlock); }
/// Tasks of a norm's backward, which adds up a block's rows.
constexpr std::size_t norm_backward_tasks(std::size_t rows) { return ceil_div(rows, kTokenBlock); }

/// Queries and keys of a block of scores. Wide enough that loading a block and adding to its gradients is little
/// beside its products; the block's operands, weights and slopes (40 KiB with head_dim 64 in bf16) stay near L1.
constexpr std::size_t kQueryBlock = 64;
constexpr std::size_t kKeyBlock = 64;
static_assert(kQueryBlock == kKeyBlock, "attention: a block of scores must lie on the diagonal or below it");
/// Rows of a product that share one causal bound.
constexpr std::size_t kProductRows = 8;
constexpr std::size_t padded_keys(std::size_t length) { return ceil_div(length, kKeyBlock) * kKeyBlock; }

/// Floats of the blocks of one thread's attention scratch, in the order of ForwardScratch and BackwardScratch. There,
/// operands are what kernels multiply.
constexpr std::array<std::size_t, 12> attention_forward_blocks(const AttentionShape& s) {
  const std::size_t size = element_bytes(widened(s.operands)), d = s.head_dim, scores = kKeyBlock * kQueryBlock;
  const std::size_t keys = padded_keys(s.seq_len) * d * size / 4, queries = kQueryBlock * d * size / 4;
  constexpr std::size_t q = kQueryBlock;
  return {keys, keys, queries, queries, scores * size / 4, scores, q * d, q, q, q, q, q};
}
constexpr std::array<std::size_t, 17> attention_backward_blocks(const AttentionShape& s) {
  const std::size_t size = element_bytes(widened(s.operands)), d = s.head_dim;
  const std::size_t weights = kKeyBlock * kQueryBlock * size / 4;
  const std::size_t gradients = padded_keys(s.seq_len) * d, keys = gradients * size / 4;
  const std::size_t queries = kQueryBlock * d * size / 4;
  constexpr std::size_t q = kQueryBlock;
  return {keys,    keys,    keys,    gradients, gradients, queries, queries, queries, queries,
          queries, weights, weights, weights,   q * d,     q,       q,       q};
}
constexpr std::size_t attention_scratch_floats(const AttentionShape& s) {
  const auto sum = [](const auto& blocks) {
    std::size_t floats = 0;
    for (std::size_t block : blocks) floats += block;
    return floats;
  };
  return std::max(sum(attention_forward_blocks(s)), sum(attention_backward_blocks(s)));
}

}  // namespace diecast
