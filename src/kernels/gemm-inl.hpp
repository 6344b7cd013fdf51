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

// Tiles that cover a block of rows: whole ones of kMr rows, then of four, then of one.
struct RowTiles {
  std::size_t whole, fours, ones;
};
template <std::size_t kMr>
HWY_INLINE RowTiles cover_rows(std::size_t rows) {
  std::size_t whole = rows / kMr, rest = rows % kMr;
  // Two tiles of four keep the units busy where one of six and two of one would not.
  if (kMr == 6 && rest == 2 && whole > 0) {
    --whole;
    rest += kMr;
  }
  return kMr > 4 ? RowTiles{whole, rest / 4, rest % 4} : RowTiles{whole, 0, rest};
}

// `count` tiles of kMr rows from `row` on against one panel of b; returns the row behind them.
template <GemmShape kShape, std::size_t kMr, std::size_t kNv>
HWY_INLINE std::size_t multiply_tiles(const GemmArgs& args, std::size_t row, std::size_t count, std::size_t col) {
  using E = ElementType<kShape.operands>;
  const E* a = static_cast<const E*>(args.a);
  const E* b = static_cast<const E*>(args.b) + col * kShape.k;
  for (; count > 0; --count, row += kMr) {
    prefetch_tile<kMr, kNv>(static_cast<const ElementType<kShape.result>*>(args.c) + row * kShape.n + col, kShape.n);
    if constexpr (kShape.skip) prefetch_tile<kMr, kNv>(args.skip + row * kShape.n + col, kShape.n);
    Accumulators<kMr, kNv> acc;
    acc.clear();
    multiply(a + row * kShape.k, kShape.k, kPair<E>, b, kNv * kLanes * kPair<E>, kShape.k / kPair<E>, acc);
    finish_tile<kShape>(acc, args, row, col);
  }
  return row;
}

// All rows of a block against one panel of b, which is kNv vectors wide.
template <GemmShape kShape, std::size_t kNv>
HWY_INLINE void multiply_panel(const GemmArgs& args, Range rows, std::size_t col) {
  constexpr std::size_t kMr = kTileRows<ElementType<kShape.operands>>;
  const RowTiles tiles = cover_rows<kMr>(rows.end - rows.begin);
  std::size_t row = multiply_tiles<kShape, kMr, kNv>(args, rows.begin, tiles.whole, col);
  if constexpr (kMr > 4) row = multiply_tiles<kShape, 4, kNv>(args, row, tiles.fours, col);
  multiply_tiles<kShape, 1, kNv>(args, row, tiles.ones, col);
}

template <GemmShape kShape>
void gemm_nn(const GemmArgs& args, std::size_t task) {
  static_assert(kShape.n % kWidthQuantum == 0 && kShape.k % kWidthQuantum == 0,
                "gemm: n and k must be multiples of 32, one register panel");
  const GemmGrid g = vector_gemm_grid(kShape.with_rows(args.rows));
  const Range rows = block(task / g.col_blocks, g.row_block, args.rows);
  const Range cols = block(task % g.col_blocks, g.col_block, kShape.n);
  std::size_t col = cols.begin;
  for (; col + kPanel <= cols.end; col += kPanel) multiply_panel<kShape, kTileVectors>(args, rows, col);
  if constexpr (kShape.n % kPanel != 0)
    if (col < cols.end) multiply_panel<kShape, (kShape.n % kPanel) / kLanes>(args, rows, col);
}

// ---- c += aᵀ b

// Rows of the reduced extent between two updates of c; see vector_gemm_grid. A sum goes on from what c holds, so that
// these blocks leave no trace in it.
inline constexpr std::size_t kReduceBlock = 512;

template <GemmShape kShape>
void gemm_tn(const GemmArgs& args, std::size_t task) {
  using E = ElementType<kShape.operands>;
  constexpr GemmGrid g = vector_gemm_grid(kShape);
  const Range rows = block(task / g.col_blocks, g.row_block, kShape.m);
  const Range cols = block(task % g.col_blocks, g.col_block, kShape.n);
  const E* a = static_cast<const E*>(args.a);
  const E* b = static_cast<const E*>(args.b);
  float* c = static_cast<float*>(args.c);
  for (std::size_t k = 0; k < args.rows; k += kReduceBlock) {
    const std::size_t steps = (args.rows - k < kReduceBlock ? args.rows - k : kReduceBlock) / kPair<E>;
    for (std::size_t col = cols.begin; col < cols.end; col += kRightPanel) {
      for (std::size_t row = rows.begin; row < rows.end; row += kLeftPanel) {
        float* out = c + row * kShape.n + col;
        Accumulators<kLeftPanel, kRightVectors> acc;
        acc.load(out, kShape.n);
        // The next tile of this column, or the first one of the next.
        float* next = row + kLeftPanel < rows.end ? out + kLeftPanel * kShape.n
                                                  : c + rows.begin * kShape.n + col + kRightPanel;
        prefetch_tile<kLeftPanel, kRightVectors>(next, kShape.n);
        multiply(a + row * args.rows + k * kLeftPanel, kPair<E>, kLeftPanel * kPair<E>,
                 b + col * args.rows + k * kRightPanel, kRightPanel * kPair<E>, steps, acc);
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
