// Matrix products and the packing of their operands. Included once per target.
#if defined(DIECAST_GEMM_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_GEMM_INL
#undef DIECAST_GEMM_INL
#else
#define DIECAST_GEMM_INL
#endif

#include <type_traits>

#include <diecast/core/element.hpp>
#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/table.hpp>

#include "kernels/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

// ---- c = a b (+ bias) (+ skip)

// Writes a tile at (row, col): what the shape adds, then the conversion.
template <GemmShape kShape, std::size_t kMr, std::size_t kNv>
HWY_INLINE void finish_tile(const Accumulators<kMr, kNv>& acc, const GemmArgs& args, std::size_t row,
                            std::size_t col) {
  using Out = ElementType<kShape.result>;
  auto* HWY_RESTRICT c = static_cast<Out*>(args.c);
  HWY_UNROLL(16) for (std::size_t i = 0; i < kMr; ++i) {
    const std::size_t first = (row + i) * kShape.n + col;
    HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j) {
      V v = acc.v[i][j];
      if constexpr (kShape.head) {
        const HeadGradient& head = *args.head;
        v = hn::Mul(v, hn::Set(F32(), head.factors[row + i]));
        if (head.shifts != nullptr)
          v = hn::MulAdd(hn::Set(F32(), head.shifts[row + i]), load_f32(head.vector_sum + col + j * kLanes), v);
      }
      if constexpr (kShape.bias) v = hn::Add(v, load_f32(args.bias + col + j * kLanes));
      if constexpr (kShape.skip) v = hn::Add(v, load_f32(args.skip + first + j * kLanes));
      store(v, c + first + j * kLanes);
    }
  }
}

// Tiles that cover a block of rows: whole ones, then of four rows, then of kLast.
struct RowTiles {
  std::size_t whole, fours, last;
};
template <std::size_t kLast = 1>
HWY_INLINE RowTiles cover_rows(std::size_t rows) {
  std::size_t whole = rows / kTileRows, rest = rows % kTileRows;
  // Two tiles of four keep the units busy where one of six and two of one would not.
  if (rest == 2 && whole > 0) {
    --whole;
    rest += kTileRows;
  }
  return {whole, rest / 4, rest % 4 / kLast};
}

// `count` tiles of kMr rows from `row` on against a panel of b; returns the row behind them.
template <std::size_t kMr, std::size_t kNv, class E, class Depth, class Tiles>
HWY_INLINE std::size_t multiply_tiles(const E* a, const E* b, Depth depth, std::size_t row, std::size_t count,
                                      const Tiles& tiles) {
  for (; count > 0; --count, row += kMr) {
    tiles.template prefetch<kMr>(row);
    Accumulators<kMr, kNv> acc;
    acc.clear();
    multiply(a + row * depth, depth, kPair<E>, b, kNv * kLanes * kPair<E>, depth / kPair<E>, acc);
    tiles.finish(acc, row);
  }
  return row;
}

// Of widened operands so much of the reduced extent at a time: 64 columns are 32 KiB, a tile's rows 3 KiB, which mostly stay
// in L1. Twice as much was no faster.
inline constexpr std::size_t kWidenedDepth = 128;

// sums += rows of a, `stride` elements apart, times a widened part of a panel, `depth` elements of the reduced extent.
template <std::size_t kMr, std::size_t kNv, class E>
HWY_INLINE void add_widened_tiles(const E*& a, std::size_t stride, const float* b, std::size_t depth,
                                  std::size_t count, float*& sums) {
  constexpr std::size_t kWidth = kNv * kLanes;
  for (; count > 0; --count, a += kMr * stride, sums += kMr * kWidth) {
    HWY_ALIGN float wide[kMr * kWidenedDepth];
    widen_rows<kMr>(a, stride, depth, wide, kWidenedDepth);
    Accumulators<kMr, kNv> acc;
    acc.load(sums, kWidth);
    multiply(wide, kWidenedDepth, 1, b, kWidth, depth, acc);
    acc.store_to(sums, kWidth);
  }
}

// The sums of `rows` rows. Not a part of every shape's kernel: that took half as long again to compile.
template <std::size_t kNv, class E>
HWY_NOINLINE void widened_sums(const E* a, const E* b, std::size_t depth, std::size_t rows, float* sums) {
  constexpr std::size_t kWidth = kNv * kLanes;
  // Few rows, as in generation, use an element too seldom for a copy of it.
  if (rows < 4) {
    for (; rows > 0; --rows, a += depth, sums += kWidth) {
      Accumulators<1, kNv> acc;
      acc.clear();
      multiply(a, depth, kPair<E>, b, kWidth * kPair<E>, depth / kPair<E>, acc);
      acc.store_to(sums, kWidth);
    }
    return;
  }
  HWY_ALIGN float wide[kWidenedDepth * kWidth];
  const RowTiles tiles = cover_rows(rows);
  for (std::size_t i = 0; i < rows * kWidth; i += kLanes) store(hn::Zero(F32()), sums + i);
  for (std::size_t k = 0; k < depth; k += kWidenedDepth) {
    const std::size_t n = depth - k < kWidenedDepth ? depth - k : kWidenedDepth;
    widen_panel<kWidth>(b + k * kWidth, n, wide);
    const E* from = a + k;
    float* to = sums;
    add_widened_tiles<kTileRows, kNv>(from, depth, wide, n, tiles.whole, to);
    add_widened_tiles<4, kNv>(from, depth, wide, n, tiles.fours, to);
    add_widened_tiles<1, kNv>(from, depth, wide, n, tiles.last, to);
  }
}

// Rows of a (·, depth) against one panel of b, which is kNv vectors wide. Tiles are told of by prefetch<kMr>(row) and
// taken by finish(accumulators, row); the smallest have Tiles::kLastRows rows. Widened, they are not told of.
template <std::size_t kNv, class E, class Depth, class Tiles>
HWY_INLINE void multiply_panel(const E* a, const E* b, Depth depth, Range rows, const Tiles& tiles) {
  constexpr std::size_t kLast = Tiles::kLastRows;
  if constexpr (kWidens<E>) {
    constexpr std::size_t kWidth = kNv * kLanes;
    HWY_ALIGN float sums[kGemmRowBlock * kWidth];
    widened_sums<kNv>(a + rows.begin * depth, b, depth, rows.end - rows.begin, sums);
    const auto finish = [&](auto& acc, std::size_t row) HWY_ATTR {
      acc.load(sums + (row - rows.begin) * kWidth, kWidth);
      tiles.finish(acc, row);
    };
    std::size_t row = rows.begin;
    for (; row + 4 <= rows.end; row += 4) {
      Accumulators<4, kNv> acc;
      finish(acc, row);
    }
    for (; row < rows.end; row += kLast) {
      Accumulators<kLast, kNv> acc;
      finish(acc, row);
    }
  } else {
    const RowTiles count = cover_rows<kLast>(rows.end - rows.begin);
    std::size_t row = multiply_tiles<kTileRows, kNv>(a, b, depth, rows.begin, count.whole, tiles);
    row = multiply_tiles<4, kNv>(a, b, depth, row, count.fours, tiles);
    multiply_tiles<kLast, kNv>(a, b, depth, row, count.last, tiles);
  }
}

// The tiles of a result.
template <GemmShape kShape, std::size_t kNv>
struct ResultTiles {
  static constexpr std::size_t kLastRows = 1;
  const GemmArgs& args;
  std::size_t col;

  template <std::size_t kMr>
  HWY_INLINE void prefetch(std::size_t row) const {
    const std::size_t first = row * kShape.n + col;
    prefetch_tile<kMr, kNv>(static_cast<const ElementType<kShape.result>*>(args.c) + first, kShape.n);
    if constexpr (kShape.skip) prefetch_tile<kMr, kNv>(args.skip + first, kShape.n);
  }
  template <std::size_t kMr>
  HWY_INLINE void finish(const Accumulators<kMr, kNv>& acc, std::size_t row) const {
    finish_tile<kShape>(acc, args, row, col);
  }
};

template <GemmShape kShape, std::size_t kNv>
HWY_INLINE void result_panel(const GemmArgs& args, Range rows, std::size_t col) {
  using E = ElementType<kShape.operands>;
  multiply_panel<kNv>(static_cast<const E*>(args.a), static_cast<const E*>(args.b) + col * kShape.k,
                      std::integral_constant<std::size_t, kShape.k>(), rows, ResultTiles<kShape, kNv>{args, col});
}

template <GemmShape kShape>
void gemm_nn(const GemmArgs& args, std::size_t task) {
  static_assert(kShape.n % kWidthQuantum == 0 && kShape.k % kWidthQuantum == 0,
                "gemm: n and k must be multiples of 32, one register panel");
  const GemmGrid g = vector_gemm_grid(kShape.with_rows(args.rows));
  const Range rows = block(task / g.col_blocks, g.row_block, args.rows);
  const Range cols = block(task % g.col_blocks, g.col_block, kShape.n);
  std::size_t col = cols.begin;
  for (; col + kPanel <= cols.end; col += kPanel) result_panel<kShape, kTileVectors>(args, rows, col);
  if constexpr (kShape.n % kPanel != 0)
    if (col < cols.end) result_panel<kShape, (kShape.n % kPanel) / kLanes>(args, rows, col);
}

// ---- c += aᵀ b

// Rows of the reduced extent between two updates of c: a right panel's are 32 KiB at most; see vector_gemm_grid. A sum goes on
// from what c holds, so that these blocks leave no trace in it.
template <class E>
inline constexpr std::size_t kReduceBlock = sizeof(Multiplied<E>) == 2 ? 512 : 256;

// Rows `rows` of one panel of c, which is `stride` wide, += the left panels `left_step` elements apart, times the right one:
// `steps` lanes of the reduced extent. `next` is what will be added to after them.
template <class M>
HWY_NOINLINE void add_outer(const M* left, std::size_t left_step, const M* right, std::size_t steps, float* c,
                            std::size_t stride, std::size_t rows, const float* next) {
  for (; rows > 0; rows -= kLeftPanel, left += left_step, c += kLeftPanel * stride) {
    Accumulators<kLeftPanel, kRightVectors> acc;
    acc.load(c, stride);
    prefetch_tile<kLeftPanel, kRightVectors>(rows > kLeftPanel ? c + kLeftPanel * stride : next, stride);
    multiply(left, kPair<M>, kLeftPanel * kPair<M>, right, kRightPanel * kPair<M>, steps, acc);
    acc.store_to(c, stride);
  }
}

template <GemmShape kShape>
void gemm_tn(const GemmArgs& args, std::size_t task) {
  using E = ElementType<kShape.operands>;
  using M = Multiplied<E>;
  constexpr GemmGrid g = vector_gemm_grid(kShape);
  constexpr std::size_t kBlock = kReduceBlock<E>;
  const Range rows = block(task / g.col_blocks, g.row_block, kShape.m);
  const Range cols = block(task % g.col_blocks, g.col_block, kShape.n);
  const E* a = static_cast<const E*>(args.a) + rows.begin * args.rows;
  const E* b = static_cast<const E*>(args.b);
  float* c = static_cast<float*>(args.c) + rows.begin * kShape.n;
  for (std::size_t k = 0; k < args.rows; k += kBlock) {
    const std::size_t n = args.rows - k < kBlock ? args.rows - k : kBlock, row_count = rows.end - rows.begin;
    const auto add_column = [&](std::size_t col, const M* left, std::size_t left_step, const M* right) HWY_ATTR {
      add_outer(left, left_step, right, n / kPair<M>, c + col, kShape.n, row_count, c + col + kRightPanel);
    };
    if constexpr (kWidens<E>) {
      HWY_ALIGN float left[g.row_block * kBlock];
      HWY_ALIGN float right[kRightPanel * kBlock];
      for (std::size_t row = 0; row < row_count; row += kLeftPanel)
        widen_panel<kLeftPanel>(a + row * args.rows + k * kLeftPanel, n, left + row * n);
      for (std::size_t col = cols.begin; col < cols.end; col += kRightPanel) {
        widen_panel<kRightPanel>(b + col * args.rows + k * kRightPanel, n, right);
        add_column(col, left, kLeftPanel * n, right);
      }
    } else {
      for (std::size_t col = cols.begin; col < cols.end; col += kRightPanel)
        add_column(col, a + k * kLeftPanel, kLeftPanel * args.rows, b + col * args.rows + k * kRightPanel);
    }
  }
}

// ---- packing: panels [n / width][k / kPair][width][kPair]

// Lanes of two f32 rows as bf16 pairs, or of one row alone.
template <class E>
HWY_INLINE void pack_lanes(V even, V, E* out) {
  store(even, out);
}
HWY_INLINE void pack_lanes(V even, V odd, BFloat16* out) { store_pairs(even, odd, out, 0); }

// b = W: the reduced extent is W's rows.
template <PackShape kShape, std::size_t kWidth>
void pack_weight(const PackArgs& args, std::size_t task) {
  using E = ElementType<kShape.operands>;
  const auto* w = static_cast<const float*>(args.source);
  auto* packed = static_cast<E*>(args.packed);
  const Range cols = block(task, kPackBlock, kShape.cols);
  for (std::size_t col = cols.begin; col < cols.end; col += kWidth) {
    const std::size_t width = cols.end - col < kWidth ? cols.end - col : kWidth;
    E* out = packed + col * kShape.rows;
    for (std::size_t k = 0; k < kShape.rows; k += kPair<E>) {
      for (std::size_t j = 0; j < width; j += kLanes) {
        const float* from = w + k * kShape.cols + col + j;
        pack_lanes(load_f32(from), load_f32(from + (kPair<E> - 1) * kShape.cols), out);
        out += kLanes * kPair<E>;
      }
    }
  }
}

// A vector of 32-bit lanes, each of kPair elements of one f32 row.
HWY_INLINE hn::Vec<U32> load_pairs(float, const float* row) { return hn::BitCast(U32(), load_f32(row)); }
HWY_INLINE hn::Vec<U32> load_pairs(BFloat16, const float* row) {
  return hn::BitCast(U32(), hn::OrderedDemote2To(Bf16(), load_f32(row), load_f32(row + kLanes)));
}

// A panel [kCols / pair][width][pair] of `width` rows of kCols.
template <std::size_t kCols, class E>
HWY_INLINE void transpose_panel(const float* rows, std::size_t width, E* panel) {
  auto* out = reinterpret_cast<std::uint32_t*>(panel);
  for (std::size_t j = 0; j < width; j += 4) {
    const float* from = rows + j * kCols;
    for (std::size_t k = 0; k < kCols; k += kLanes * kPair<E>, from += kLanes * kPair<E>)
      store_transposed(U32(), load_pairs(E(), from), load_pairs(E(), from + kCols), load_pairs(E(), from + 2 * kCols),
                       load_pairs(E(), from + 3 * kCols), out + k / kPair<E> * width + j, width);
  }
}
// Halves are not 32 bits wide, alone or in pairs.
template <std::size_t kCols>
HWY_INLINE void transpose_panel(const float* rows, std::size_t width, Float16* out) {
  const hn::RebindToSigned<F32> di;
  const auto stride = hn::Mul(hn::Iota(di, 0), hn::Set(di, static_cast<std::int32_t>(kCols)));
  for (std::size_t k = 0; k < kCols; ++k)
    for (std::size_t j = 0; j < width; j += kLanes, out += kLanes)
      store(hn::GatherIndex(F32(), rows + j * kCols + k, stride), out);
}

// b = Wᵀ: the reduced extent is W's columns.
template <PackShape kShape, std::size_t kWidth>
void pack_weight_transpose(const PackArgs& args, std::size_t task) {
  using E = ElementType<kShape.operands>;
  const auto* w = static_cast<const float*>(args.source);
  auto* packed = static_cast<E*>(args.packed);
  const Range rows = block(task, kPackBlock, kShape.rows);
  for (std::size_t row = rows.begin; row < rows.end; row += kWidth)
    transpose_panel<kShape.cols>(w + row * kShape.cols, rows.end - row < kWidth ? rows.end - row : kWidth,
                                 packed + row * kShape.cols);
}

// An activation: the reduced extent is its rows, the tokens.
template <PackOp kOp, class E, std::size_t kWidth>
HWY_INLINE void pack_activation_task(const PackArgs& args, std::size_t task, std::size_t cols) {
  const auto* x = static_cast<const E*>(args.source);
  auto* packed = static_cast<Widened<E>*>(args.packed);
  const Range rows = block(task, kPackBlock, args.rows);
  for (std::size_t col = 0; col < cols; col += kWidth) {
    Widened<E>* out = packed + col * args.rows + rows.begin * kWidth;
    for (std::size_t row = rows.begin; row < rows.end; row += kPair<E>, out += kWidth * kPair<E>) {
      const E* even = x + row * cols + col;
      const E* odd = even + (kPair<E> - 1) * cols;
      if constexpr (kOp == PackOp::right_scaled) {
        const V f = hn::Set(F32(), args.factors[row]), g = hn::Set(F32(), args.factors[row + kPair<E> - 1]);
        for (std::size_t j = 0; j < kWidth; j += kLanes)
          pack_lanes(hn::Mul(load_f32(even + j), f), hn::Mul(load_f32(odd + j), g), out + j * kPair<E>);
      } else {
        pack_rows<kWidth>(even, odd, out);
      }
    }
  }
}

template <PackShape kShape, std::size_t kWidth>
void pack_activation(const PackArgs& args, std::size_t task) {
  pack_activation_task<kShape.op, ElementType<kShape.operands>, kWidth>(args, task, kShape.cols);
}

// ---- one function per slot

template <GemmShape kShape>
constexpr GemmFn gemm_kernel() {
  if constexpr (kShape.op == GemmOp::nn) {
    return &gemm_nn<kShape>;
  } else {
    return &gemm_tn<kShape>;
  }
}

// kWidth is that of right operands' panels, 0 for what this target's vectors want.
template <PackShape kShape, std::size_t kWidth = 0>
constexpr PackFn pack_kernel() {
  if constexpr (kShape.op == PackOp::weight) {
    return &pack_weight<kShape, kWidth == 0 ? kPanel : kWidth>;
  } else if constexpr (kShape.op == PackOp::weight_transpose) {
    return &pack_weight_transpose<kShape, kWidth == 0 ? kPanel : kWidth>;
  } else if constexpr (kShape.op == PackOp::left) {
    return &pack_activation<kShape, kLeftPanel>;
  } else {
    return &pack_activation<kShape, kWidth == 0 ? kRightPanel : kWidth>;
  }
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_GEMM_INL
