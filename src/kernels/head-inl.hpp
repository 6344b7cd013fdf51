// The loss head's logits, as exponentials: products whose tiles are never stored as they are. Included once per target.
#if defined(DIECAST_HEAD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_HEAD_INL
#undef DIECAST_HEAD_INL
#else
#define DIECAST_HEAD_INL
#endif

#include <type_traits>

#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/table.hpp>

#include "kernels/gemm-inl.hpp"
#include "kernels/math-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

HWY_INLINE V rounded_to(float, V v) { return v; }
HWY_INLINE V rounded_to(BFloat16, V v) { return hn::BitCast(F32(), hn::ShiftLeft<16>(round_bf16(v))); }

template <HeadShape kShape>
void head_anchors(const HeadArgs& args, std::size_t task) {
  using E = ElementType<kShape.operands>;
  const F32 d;
  const Range rows = block(task, kRowBlock, args.rows);
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    const E* x = static_cast<const E*>(args.x) + row * kShape.width;
    const float* vector = args.vectors + args.targets[row] * kShape.width;
    V sum = hn::Zero(d);
    for (std::size_t i = 0; i < kShape.width; i += kLanes)
      sum = hn::MulAdd(load_f32(x + i), rounded_to(E(), load_f32(vector + i)), sum);
    args.anchors[row] = hn::ReduceSum(d, sum);
  }
}

// Where element (row, col) of a matrix (rows, ...) is among its left panels.
template <class E>
HWY_INLINE std::size_t left_packed_index(std::size_t row, std::size_t col, std::size_t rows) {
  constexpr std::size_t pair = kPair<E>;
  return (col / kLeftPanel * rows + row / pair * pair) * kLeftPanel + col % kLeftPanel * pair + row % pair;
}

// `index(row, col, rows)` is an element's place in the packed copy.
template <HeadShape kShape, class Index>
HWY_INLINE void set_targets(const HeadArgs& args, std::size_t task, const Index& index) {
  using E = ElementType<kShape.operands>;
  const Range rows = block(task, kRowBlock, args.rows);
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    const std::size_t target = args.targets[row];
    const E value(args.target_values[row]);
    static_cast<E*>(args.exponentials)[row * kShape.padded + target] = value;
    static_cast<E*>(args.exponentials_packed)[index(row, target, args.rows)] = value;
  }
}

template <HeadShape kShape>
void head_targets(const HeadArgs& args, std::size_t task) {
  set_targets<kShape>(args, task, left_packed_index<ElementType<kShape.operands>>);
}

// Lanes of columns from `col` on that are the target's or padding.
HWY_INLINE hn::Mask<F32> excluded(std::size_t col, Token target, std::size_t vocab) {
  const U32 d;
  const auto lanes = hn::Iota(d, static_cast<std::uint32_t>(col));
  return hn::RebindMask(F32(), hn::Or(hn::Eq(lanes, hn::Set(d, target)),
                                      hn::Ge(lanes, hn::Set(d, static_cast<std::uint32_t>(vocab)))));
}

static_assert(kLanes == kLeftPanel || kLanes == 2 * kLeftPanel, "head: a vector must fill one left panel or two");

// A vector whose elements (of kPair rows) belong to consecutive left panels, `panel` elements apart.
template <class D>
HWY_INLINE void store_to_panels(D d, hn::Vec<D> v, hn::TFromD<D>* out, std::size_t panel) {
  if constexpr (kLanes == kLeftPanel) {
    hn::StoreU(v, d, out);
  } else {
    const hn::Half<D> half;
    hn::StoreU(hn::LowerHalf(half, v), half, out);
    hn::StoreU(hn::UpperHalf(half, v), half, out + panel);
  }
}

// Vector j of rows `row` and `row + 1` (of `row` alone for f32), at column `col`, into the left-packed copy. A panel
// is `rows` long.
HWY_INLINE void store_left_packed(V even, V odd, float* packed, std::size_t row, std::size_t col, std::size_t rows) {
  float* out = packed + col * rows + row * kLeftPanel;
  store_to_panels(F32(), even, out, kLeftPanel * rows);
  store_to_panels(F32(), odd, out + kLeftPanel, kLeftPanel * rows);
}
HWY_INLINE void store_left_packed(V even, V odd, BFloat16* packed, std::size_t row, std::size_t col,
                                  std::size_t rows) {
  auto* out = reinterpret_cast<std::uint32_t*>(packed + col * rows + row * kLeftPanel);
  store_to_panels(U32(), paired(even, odd), out, kLeftPanel * rows / 2);
}

// Makes exponentials of a tile's logits, stores them and adds them to the rows' sums, a vector each.
template <HeadShape kShape, std::size_t kMr, std::size_t kNv>
HWY_INLINE void finish_head_rows(Accumulators<kMr, kNv>& acc, const HeadArgs& args, std::size_t row, std::size_t col,
                                 float* sums) {
  using E = ElementType<kShape.operands>;
  E* out = static_cast<E*>(args.exponentials);
  HWY_UNROLL(16) for (std::size_t i = 0; i < kMr; ++i) {
    const V anchor = hn::Set(F32(), kLog2E * args.anchors[row + i]);
    const Token target = args.targets[row + i];
    const bool holds_excluded = target - col < kNv * kLanes || col + kNv * kLanes > kShape.vocab;
    V sum = load_f32(sums + i * kLanes);
    HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j) {
      V v = exp2_f32(hn::MulSub(acc.v[i][j], hn::Set(F32(), kLog2E), anchor));
      if (holds_excluded) v = hn::IfThenZeroElse(excluded(col + j * kLanes, target, kShape.vocab), v);
      sum = hn::Add(sum, v);
      acc.v[i][j] = v;
      store(v, out + (row + i) * kShape.padded + col + j * kLanes);
    }
    store(sum, sums + i * kLanes);
  }
}

// The same, and the left-packed copy.
template <HeadShape kShape, std::size_t kMr, std::size_t kNv>
HWY_INLINE void finish_head_tile(Accumulators<kMr, kNv>& acc, const HeadArgs& args, std::size_t row, std::size_t col,
                                 float* sums) {
  using E = ElementType<kShape.operands>;
  finish_head_rows<kShape>(acc, args, row, col, sums);
  HWY_UNROLL(16) for (std::size_t i = 0; i < kMr; i += 2)
    HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j)
      store_left_packed(acc.v[i][j], acc.v[i + 1][j], static_cast<E*>(args.exponentials_packed), row + i,
                        col + j * kLanes, args.rows);
}

// The tiles of a block's exponentials; `sums` are its rows', a vector each.
template <HeadShape kShape, std::size_t kNv>
struct HeadTiles {
  static constexpr std::size_t kLastRows = 2;  // rows come in pairs
  const HeadArgs& args;
  std::size_t first_row, col;
  float* sums;

  template <std::size_t kMr>
  HWY_INLINE void prefetch(std::size_t) const {}
  template <std::size_t kMr>
  HWY_INLINE void finish(Accumulators<kMr, kNv>& acc, std::size_t row) const {
    finish_head_tile<kShape>(acc, args, row, col, sums + (row - first_row) * kLanes);
  }
};

template <HeadShape kShape, std::size_t kNv>
HWY_INLINE void head_panel(const HeadArgs& args, Range rows, std::size_t col, float* sums) {
  using E = ElementType<kShape.operands>;
  multiply_panel<kNv>(static_cast<const E*>(args.x), static_cast<const E*>(args.packed) + col * kShape.width,
                      std::integral_constant<std::size_t, kShape.width>(), rows,
                      HeadTiles<kShape, kNv>{args, rows.begin, col, sums});
}

template <HeadShape kShape>
void head_exponentials(const HeadArgs& args, std::size_t task) {
  const GemmGrid g = head_grid(kShape, args.rows, TileUnit::none);
  const std::size_t col_block = task % g.col_blocks;
  const Range rows = block(task / g.col_blocks, g.row_block, args.rows);
  const Range cols = block(col_block, g.col_block, kShape.padded);
  HWY_ALIGN float sums[kGemmRowBlock * kLanes];
  for (std::size_t i = 0; i < kGemmRowBlock; ++i) store(hn::Zero(F32()), sums + i * kLanes);
  std::size_t col = cols.begin;
  for (; col + kPanel <= cols.end; col += kPanel) head_panel<kShape, kTileVectors>(args, rows, col, sums);
  if constexpr (kShape.padded % kPanel != 0)
    if (col < cols.end) head_panel<kShape, (kShape.padded % kPanel) / kLanes>(args, rows, col, sums);
  for (std::size_t row = rows.begin; row < rows.end; ++row)
    args.sums[col_block * args.rows + row] = hn::ReduceSum(F32(), load_f32(sums + (row - rows.begin) * kLanes));
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_HEAD_INL
