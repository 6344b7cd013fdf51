// Matrix products and the packing of their operands. Included once per target.
#if defined(DIECAST_GEMM_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_GEMM_INL
#undef DIECAST_GEMM_INL
#else
#define DIECAST_GEMM_INL
#endif

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

// Of widened operands so much of the reduced extent at a time: 64 columns are 32 KiB, a tile's rows
// 3 KiB, and both stay in L1.
inline constexpr std::size_t kWidenedDepth = 128;

// A part of a product of rows with one panel: elements [k.begin, k.end) of the reduced extent, which is `depth` long.
// Between the parts, results wait in `partial` (rows.begin first).
template <class E>
struct PanelPart {
  const E* a;              // (·, depth)
  const Multiplied<E>* b;  // the part of the panel
  Range rows, k;
  std::size_t depth;
  float* partial;
};

// `count` tiles of kMr rows from `row` on; returns the row behind them.
template <std::size_t kMr, std::size_t kNv, class E, class Tiles>
HWY_INLINE std::size_t multiply_tiles(const PanelPart<E>& part, std::size_t row, std::size_t count,
                                      const Tiles& tiles) {
  constexpr std::size_t kWidth = kNv * kLanes;
  const std::size_t depth = part.k.end - part.k.begin;
  for (; count > 0; --count, row += kMr) {
    const E* a = part.a + row * part.depth + part.k.begin;
    float* partial = part.partial + (row - part.rows.begin) * kWidth;
    const bool ends = part.k.end == part.depth;
    if (ends) tiles.template prefetch<kMr>(row);
    Accumulators<kMr, kNv> acc;
    if (part.k.begin == 0) {
      acc.clear();
    } else {
      acc.load(partial, kWidth);
    }
    if constexpr (kWidens<E>) {
      HWY_ALIGN float wide[kMr * kWidenedDepth];
      widen_rows<kMr>(a, part.depth, depth, wide, kWidenedDepth);
      multiply(wide, kWidenedDepth, 1, part.b, kWidth, depth, acc);
    } else {
      multiply(a, part.depth, kPair<E>, part.b, kWidth * kPair<E>, depth / kPair<E>, acc);
    }
    if (ends) {
      tiles.finish(acc, row);
    } else {
      acc.store_to(partial, kWidth);
    }
  }
  return row;
}

// Rows of a (·, depth) against one panel of b, which is kNv vectors wide. Tiles are told of by prefetch<kMr>(row) and
// taken by finish(accumulators, row); their rows are Tiles::kLastRows at least.
template <std::size_t kNv, class E, class Depth, class Tiles>
HWY_INLINE void multiply_panel(const E* a, const E* b, Depth depth, Range rows, const Tiles& tiles) {
  const RowTiles count = cover_rows<Tiles::kLastRows>(rows.end - rows.begin);
  const auto multiply_part = [&](const PanelPart<E>& part) HWY_ATTR {
    std::size_t row = multiply_tiles<kTileRows, kNv>(part, rows.begin, count.whole, tiles);
    row = multiply_tiles<4, kNv>(part, row, count.fours, tiles);
    multiply_tiles<Tiles::kLastRows, kNv>(part, row, count.last, tiles);
  };
  if constexpr (kWidens<E>) {
    constexpr std::size_t kWidth = kNv * kLanes;
    HWY_ALIGN float wide[kWidenedDepth * kWidth];
    HWY_ALIGN float partial[kGemmRowBlock * kWidth];
    for (std::size_t k = 0; k < depth; k += kWidenedDepth) {
      const std::size_t end = depth - k < kWidenedDepth ? std::size_t{depth} : k + kWidenedDepth;
      widen_panel<kWidth>(b + k * kWidth, end - k, wide);
      multiply_part({a, wide, rows, {k, end}, depth, partial});
    }
  } else {
    multiply_part({a, b, rows, {0, depth}, depth, nullptr});
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

// Rows of the reduced extent between two updates of c: a right panel's are 32 KiB; see vector_gemm_grid. A sum goes on
// from what c holds, so that these blocks leave no trace in it.
template <class E>
inline constexpr std::size_t kReduceBlock = sizeof(Multiplied<E>) == 2 ? 512 : 256;

template <GemmShape kShape>
void gemm_tn(const GemmArgs& args, std::size_t task) {
  using E = ElementType<kShape.operands>;
  using M = Multiplied<E>;
  constexpr GemmGrid g = vector_gemm_grid(kShape);
  constexpr std::size_t kBlock = kReduceBlock<E>;
  HWY_ALIGN float wide_a[kWidens<E> ? g.row_block * kBlock : 1];
  HWY_ALIGN float wide_b[kWidens<E> ? kRightPanel * kBlock : 1];
  const Range rows = block(task / g.col_blocks, g.row_block, kShape.m);
  const Range cols = block(task % g.col_blocks, g.col_block, kShape.n);
  const E* a = static_cast<const E*>(args.a);
  const E* b = static_cast<const E*>(args.b);
  float* c = static_cast<float*>(args.c);
  for (std::size_t k = 0; k < args.rows; k += kBlock) {
    const std::size_t n = args.rows - k < kBlock ? args.rows - k : kBlock;
    if constexpr (kWidens<E>)
      for (std::size_t row = rows.begin; row < rows.end; row += kLeftPanel)
        widen_panel<kLeftPanel>(a + row * args.rows + k * kLeftPanel, n, wide_a + (row - rows.begin) * kBlock);
    for (std::size_t col = cols.begin; col < cols.end; col += kRightPanel) {
      const E* b_panel = b + col * args.rows + k * kRightPanel;
      const M* right;
      if constexpr (kWidens<E>) {
        widen_panel<kRightPanel>(b_panel, n, wide_b);
        right = wide_b;
      } else {
        right = b_panel;
      }
      for (std::size_t row = rows.begin; row < rows.end; row += kLeftPanel) {
        float* out = c + row * kShape.n + col;
        Accumulators<kLeftPanel, kRightVectors> acc;
        acc.load(out, kShape.n);
        // The next tile of this column, or the first one of the next.
        float* next = row + kLeftPanel < rows.end ? out + kLeftPanel * kShape.n
                                                  : c + rows.begin * kShape.n + col + kRightPanel;
        prefetch_tile<kLeftPanel, kRightVectors>(next, kShape.n);
        const M* left;
        if constexpr (kWidens<E>) {
          left = wide_a + (row - rows.begin) * kBlock;
        } else {
          left = a + row * args.rows + k * kLeftPanel;
        }
        multiply(left, kPair<M>, kLeftPanel * kPair<M>, right, kRightPanel * kPair<M>, n / kPair<M>, acc);
        acc.store_to(out, kShape.n);
      }
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
