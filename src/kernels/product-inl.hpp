// Products and transposes of f32 matrices whose extents are known at run time. Included once per target.
#if defined(DIECAST_PRODUCT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_PRODUCT_INL
#undef DIECAST_PRODUCT_INL
#else
#define DIECAST_PRODUCT_INL
#endif

#include <cstddef>

#include <diecast/kernels/span_ops.hpp>

#include "kernels/gemm-inl.hpp"
#include "kernels/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

// Rows of b between two updates of c: a panel of so many (at most 32 KiB) stays in L1 while tiles of c pass.
inline constexpr std::size_t kProductDepth = 128;

// `count` tiles of kMr rows from `row` on, against rows [k, end) of a panel of b; returns the row behind them.
template <std::size_t kMr, std::size_t kNv>
HWY_INLINE std::size_t product_tiles(const ProductArgs& args, Range k, std::size_t row, std::size_t count,
                                     std::size_t col) {
  for (; count > 0; --count, row += kMr) {
    Accumulators<kMr, kNv> acc;
    acc.clear();
    multiply(args.a + row * args.a_row + k.begin * args.a_step, args.a_row, args.a_step,
             args.b + k.begin * args.stride + col, args.stride, k.end - k.begin, acc);
    HWY_UNROLL(16) for (std::size_t i = 0; i < kMr; ++i) {
      const std::size_t first = (row + i) * args.stride + col;
      HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j) {
        const std::size_t at = first + j * kLanes;
        V v = acc.v[i][j];
        if (k.begin > 0) v = hn::Add(load_f32(args.c + at), v);
        if (k.end == args.depth) {
          v = hn::Mul(hn::Set(F32(), args.factor), v);
          if (args.base != nullptr) v = hn::MulAdd(hn::Set(F32(), args.base_factor), load_f32(args.base + at), v);
        }
        store(v, args.c + at);
      }
    }
  }
  return row;
}

template <std::size_t kNv>
HWY_INLINE void product_panel(const ProductArgs& args, Range k, Range rows, std::size_t col) {
  const RowTiles tiles = cover_rows(rows.end - rows.begin);
  std::size_t row = product_tiles<kTileRows, kNv>(args, k, rows.begin, tiles.whole, col);
  row = product_tiles<4, kNv>(args, k, row, tiles.fours, col);
  product_tiles<1, kNv>(args, k, row, tiles.last, col);
}

inline void product(const ProductArgs& args, const ProductBlock& part) {
  const Range rows{part.row_begin, part.row_end};
  for (std::size_t first = 0; first < args.depth; first += kProductDepth) {
    const Range k{first, args.depth - first < kProductDepth ? args.depth : first + kProductDepth};
    std::size_t col = part.col_begin;
    for (; col + kPanel <= part.col_end; col += kPanel) product_panel<kTileVectors>(args, k, rows, col);
    if constexpr (kPanel > kWidthQuantum)
      if (col < part.col_end) product_panel<kWidthQuantum / kLanes>(args, k, rows, col);
  }
}

inline void transpose(float factor, const float* in, std::size_t in_stride, std::size_t rows, std::size_t cols,
                      float* out, std::size_t out_stride) {
  const std::size_t whole_rows = rows - rows % 4, whole_cols = cols - cols % kLanes;
  const V f = hn::Set(F32(), factor);
  const auto load = [&](const float* p) HWY_ATTR { return hn::BitCast(U32(), hn::Mul(f, load_f32(p))); };
  for (std::size_t i = 0; i < whole_rows; i += 4) {
    const float* row = in + i * in_stride;
    for (std::size_t j = 0; j < whole_cols; j += kLanes, row += kLanes)
      store_transposed(U32(), load(row), load(row + in_stride), load(row + 2 * in_stride), load(row + 3 * in_stride),
                       reinterpret_cast<std::uint32_t*>(out + j * out_stride + i), out_stride);
  }
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = i < whole_rows ? whole_cols : 0; j < cols; ++j)
      out[j * out_stride + i] = factor * in[i * in_stride + j];
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_PRODUCT_INL
