// Matrix products of bf16 in tiles. Blocks of 2x2 result tiles keep the unit busy, with four multiplications of 16
// cycles for four loads, as long as loads find one operand in L1 and the other in L2. Included once per target.
#if defined(DIECAST_AMX_GEMM_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_AMX_GEMM_INL
#undef DIECAST_AMX_GEMM_INL
#else
#define DIECAST_AMX_GEMM_INL
#endif

#include <diecast/core/element.hpp>
#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/table.hpp>

#include "kernels/amx-inl.hpp"
#include "kernels/gemm-inl.hpp"

DIECAST_BEFORE_AMX_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

inline constexpr std::size_t kBlockSide = 2 * kTileSide;  // rows and columns of a block of results
inline constexpr std::size_t kBlockVectors = kBlockSide / kLanes;
inline constexpr std::size_t kBlockResults = 4 * kTileResults;

// The part of a result that a block holds.
struct BlockPlace {
  std::size_t row, rows, col;
  std::size_t skipped[2];  // rows of the upper and of the lower tiles that belong to other blocks
};

// A run of blocks. A block's results are stored just before the first multiplication of the next one and handed to
// `finish` between that one's others: stores and vector code then cost the tile unit nothing. So that neither waits,
// finish.prefetch(row, col) has asked for where a block's results go, a few lines a step, while it was multiplied.
template <class Tiles, class Finish>
class BlockProducts {
 public:
  // Rows of a result's tiles; fewer than kTileSide where the whole left operand has no more.
  HWY_INLINE BlockProducts(const Finish& finish, std::size_t tile_rows) : tiles_(tile_rows), finish_(finish) {}
  // Spelt out: an implicit one would not have these attributes, and then not inline that of the tiles.
  HWY_INLINE ~BlockProducts() {}
  BlockProducts(const BlockProducts&) = delete;
  BlockProducts& operator=(const BlockProducts&) = delete;

  // A product over `steps` from `at` on, added to the partial results at `start` unless that is null, and handed to
  // finish(results as Accumulators, place, row in it) for one row or two at a time.
  HWY_INLINE void add(const BlockOperands& at, std::size_t steps, const float* start, const BlockPlace& place) {
    run(at, steps, start, place);
    to_ = results_;
    unfinished_ = place;
  }
  // The same, but the results go to `partial`, a block of them.
  HWY_INLINE void add_partial(const BlockOperands& at, std::size_t steps, const float* start, float* partial) {
    run(at, steps, start, BlockPlace{});
    to_ = partial;
    unfinished_.rows = 0;
  }
  // Completes the last block.
  HWY_INLINE void end() {
    for_results([&](auto tile) { store_results(tile); });
    finish_rows(0, unfinished_.rows);
  }

 private:
  HWY_INLINE void run(BlockOperands at, std::size_t steps, const float* start, const BlockPlace& place) {
    // Pairs of rows, so that a block's 32 are finished within `steps`.
    const std::size_t rows = 2 * ceil_div(kTileSide, steps);
    multiply_block(tiles_, at, [&](auto tile) {
      store_results(tile);
      if (start == nullptr) {
        tiles_.template zero<tile>();
      } else {
        tiles_.template load<tile>(start + tile * kTileResults, kTileStride);
      }
    });
    prefetch_rows(place, 0, rows);
    finish_rows(0, rows);
    for (std::size_t s = 1; s < steps; ++s) {
      at.advance(kTileDepth, kTileElements);
      multiply_block(tiles_, at);
      prefetch_rows(place, s * rows, rows);
      finish_rows(s * rows, rows);
    }
  }
  template <class Tile>
  HWY_INLINE void store_results(Tile tile) {
    tiles_.template store<tile>(to_ + tile * kTileResults, kTileStride);
  }

  // Up to `count` of a block's rows from `row` on.
  HWY_INLINE void prefetch_rows(const BlockPlace& place, std::size_t row, std::size_t count) {
    const std::size_t end = row + count < place.rows ? row + count : place.rows;
    for (; row < end; ++row) finish_.prefetch(place.row + row, place.col);
  }
  // The same of the unfinished block.
  HWY_INLINE void finish_rows(std::size_t row, std::size_t count) {
    const std::size_t end = row + count < unfinished_.rows ? row + count : unfinished_.rows;
    for (; row + 2 <= end; row += 2) finish_(result_rows<2>(row), unfinished_, row);
    if (row < end) finish_(result_rows<1>(row), unfinished_, row);
  }
  template <std::size_t kMr>
  HWY_INLINE Accumulators<kMr, kBlockVectors> result_rows(std::size_t row) const {
    const std::size_t lower = row / kTileSide;
    const std::size_t tile_row = row % kTileSide + unfinished_.skipped[lower];
    const float* from = results_ + lower * 2 * kTileResults + tile_row * kTileSide;
    Accumulators<kMr, kBlockVectors> acc;
    HWY_UNROLL(16) for (std::size_t i = 0; i < kMr; ++i)
      HWY_UNROLL(16) for (std::size_t j = 0; j < kBlockVectors; ++j)
        acc.v[i][j] = load_f32(from + j * kLanes / kTileSide * kTileResults + i * kTileSide + j * kLanes % kTileSide);
    return acc;
  }

  Tiles tiles_;
  Finish finish_;
  BlockPlace unfinished_{};
  alignas(64) float results_[kBlockResults];
  float* to_ = results_;
};

// ---- c = a b

// The reduced extent in equal parts of at most 16 steps: 32 columns of the right operand then take 32 KiB of L1.
template <std::size_t kDepth>
struct DepthParts {
  static constexpr std::size_t steps = kDepth / kTileDepth;
  static constexpr std::size_t count = ceil_div(steps, 16);
  static constexpr std::size_t begin(std::size_t part) { return part * steps / count; }
};

// Rows [row, row + kBlockSide) of a row-major left operand that end at `end` and of which there are `total`. Where
// fewer are left, tiles move up over rows of other blocks, whose results are not used.
template <std::size_t kDepth>
HWY_INLINE BlockPlace place_left(const BFloat16* a, std::size_t row, std::size_t end, std::size_t total,
                                 BlockOperands& operands) {
  BlockPlace place{row, end - row < kBlockSide ? end - row : kBlockSide, 0, {0, 0}};
  const std::size_t last = total < kTileSide ? 0 : total - kTileSide;  // where a tile can begin
  for (std::size_t i = 0; i < 2; ++i) {
    const std::size_t wanted = row + i * kTileSide;
    const std::size_t first = wanted < last ? wanted : last;
    place.skipped[i] = wanted - first;
    operands.left[i] = a + first * kDepth;
  }
  return place;
}

// Rows and columns of a (total, kDepth) times b, packed in panels of kTileSide columns; see BlockProducts for `finish`.
// Parts of the reduced extent are the outermost loop, so that all of a's rows stay in L2 for one; then columns, so that
// b's stay in L1.
template <class Tiles, std::size_t kDepth, class Finish>
HWY_INLINE void multiply_tiled(const BFloat16* a, std::size_t total, const BFloat16* b, Range rows, Range cols,
                               const Finish& finish) {
  using Parts = DepthParts<kDepth>;
  alignas(64) float partial[Parts::count > 1 ? kPartialResults : 1];
  BlockProducts<Tiles, Finish> products(finish, total < kTileSide ? total : kTileSide);
  for (std::size_t part = 0; part < Parts::count; ++part) {
    const std::size_t begin = Parts::begin(part), steps = Parts::begin(part + 1) - begin;
    float* slot = partial;
    for (std::size_t col = cols.begin; col < cols.end; col += kBlockSide) {
      BlockOperands operands{{}, kDepth * sizeof(BFloat16), {}, kTileStride};
      for (std::size_t j = 0; j < 2; ++j)
        operands.right[j] = b + (col + j * kTileSide) * kDepth + begin * kTileElements;
      for (std::size_t row = rows.begin; row < rows.end; slot += Parts::count > 1 ? kBlockResults : 0) {
        BlockPlace place = place_left<kDepth>(a + begin * kTileDepth, row, rows.end, total, operands);
        place.col = col;
        const float* start = part == 0 ? nullptr : slot;
        if (part + 1 < Parts::count) {
          products.add_partial(operands, steps, start, slot);
        } else {
          products.add(operands, steps, start, place);
        }
        row += place.rows;
      }
    }
  }
  products.end();
}

template <GemmShape kShape>
struct FinishRows {
  const GemmArgs* args;

  HWY_INLINE void prefetch(std::size_t row, std::size_t col) const {
    const std::size_t first = row * kShape.n + col;
    prefetch_tile<1, kBlockVectors>(static_cast<const ElementType<kShape.result>*>(args->c) + first, kShape.n);
    if constexpr (kShape.skip) prefetch_tile<1, kBlockVectors>(args->skip + first, kShape.n);
  }
  template <std::size_t kMr>
  HWY_INLINE void operator()(const Accumulators<kMr, kBlockVectors>& acc, const BlockPlace& place,
                             std::size_t row) const {
    finish_tile<kShape>(acc, *args, place.row + row, place.col);
  }
};

template <class Tiles, GemmShape kShape>
void gemm_nn_tiled(const GemmArgs& args, std::size_t task) {
  const GemmGrid g = gemm_grid(kShape.with_rows(args.rows), TileUnit::amx);
  const auto *a = static_cast<const BFloat16*>(args.a), *b = static_cast<const BFloat16*>(args.b);
  multiply_tiled<Tiles, kShape.k>(a, args.rows, b, block(task / g.col_blocks, g.row_block, args.rows),
                                  block(task % g.col_blocks, g.col_block, kShape.n), FinishRows<kShape>{&args});
}

// ---- c += aᵀ b

// The last tile of a panel of activations holds fewer tokens than a whole one: its copy, with zeros behind them.
struct RestTiles {
  alignas(64) BFloat16 left[2][kTileElements], right[2][kTileElements];

  HWY_INLINE void load(const BlockOperands& operands, std::size_t depth) {
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t at = 0; at < kTileElements; ++at) {
        const std::size_t token = at % kTileDepth;
        left[i][at] = token < depth ? operands.left[i][at / kTileDepth * depth + token] : BFloat16();
        right[i][at] = at < depth * kTileSide ? operands.right[i][at] : BFloat16();
      }
    }
  }
  HWY_INLINE BlockOperands operands() const {
    return {{left[0], left[1]}, kTileStride, {right[0], right[1]}, kTileStride};
  }
};

// A run of blocks whose results begin as what c (rows of kN) holds, and go back there just before the first
// multiplications of the next block, as those of BlockProducts.
template <class Tiles, std::size_t kN>
class UpdateProducts {
 public:
  HWY_INLINE UpdateProducts() : tiles_(kTileSide) {}
  HWY_INLINE ~UpdateProducts() {}  // spelt out, see BlockProducts
  UpdateProducts(const UpdateProducts&) = delete;
  UpdateProducts& operator=(const UpdateProducts&) = delete;

  // Adds a product over `steps` from `at` on to the block at c. Asks for the one at `next`, a row a step or two.
  HWY_INLINE void add(BlockOperands at, std::size_t steps, float* c, const float* next) {
    multiply_block(tiles_, at, [&](auto tile) {
      if (unstored_ != nullptr) store_result(tile);
      tiles_.template load<tile>(c + place(tile), kRowBytes);
    });
    unstored_ = c;
    const std::size_t rows = ceil_div(kBlockSide, steps);
    prefetch_rows(next, 0, rows);
    for (std::size_t s = 1; s < steps; ++s) {
      at.advance(kTileElements, kTileElements);
      multiply_block(tiles_, at);
      prefetch_rows(next, s * rows, rows);
    }
  }
  // Completes the last block.
  HWY_INLINE void end() {
    for_results([&](auto tile) { store_result(tile); });
  }

 private:
  static constexpr std::size_t kRowBytes = kN * sizeof(float);

  static constexpr std::size_t place(std::size_t tile) {
    return tile / 2 * kTileSide * kN + tile % 2 * kTileSide;
  }
  template <class Tile>
  HWY_INLINE void store_result(Tile tile) {
    tiles_.template store<tile>(unstored_ + place(tile), kRowBytes);
  }
  HWY_INLINE void prefetch_rows(const float* block, std::size_t row, std::size_t count) const {
    const std::size_t end = row + count < kBlockSide ? row + count : kBlockSide;
    for (; row < end; ++row) prefetch_tile<1, kBlockVectors>(block + row * kN, kN);
  }

  Tiles tiles_;
  float* unstored_ = nullptr;
};

template <class Tiles, GemmShape kShape>
void gemm_tn_tiled(const GemmArgs& args, std::size_t task) {
  static_assert(kTileDepth == kTokenBlock, "gemm: a tile adds up the tokens of one block");
  constexpr std::size_t kPart = 16 * kTileDepth;  // see DepthParts
  constexpr GemmGrid g = gemm_grid(kShape, TileUnit::amx);
  const Range rows = block(task / g.col_blocks, g.row_block, kShape.m);
  const Range cols = block(task % g.col_blocks, g.col_block, kShape.n);
  const auto* a = static_cast<const BFloat16*>(args.a);
  const auto* b = static_cast<const BFloat16*>(args.b);
  float* c = static_cast<float*>(args.c);
  UpdateProducts<Tiles, kShape.n> products;
  RestTiles rest;
  for (std::size_t k = 0; k < args.rows; k += kPart) {
    const std::size_t depth = args.rows - k < kPart ? args.rows - k : kPart;
    const std::size_t steps = depth / kTileDepth;
    for (std::size_t col = cols.begin; col < cols.end; col += kBlockSide) {
      for (std::size_t row = rows.begin; row < rows.end; row += kBlockSide) {
        float* results = c + row * kShape.n + col;
        const float* next = row + kBlockSide < rows.end ? results + kBlockSide * kShape.n
                                                        : c + rows.begin * kShape.n + col + kBlockSide;
        BlockOperands operands{{}, kTileStride, {}, kTileStride};
        for (std::size_t i = 0; i < 2; ++i) {
          operands.left[i] = a + (row + i * kTileSide) * args.rows + k * kTileSide;
          operands.right[i] = b + (col + i * kTileSide) * args.rows + k * kTileSide;
        }
        if (steps > 0) products.add(operands, steps, results, next);
        if (depth % kTileDepth == 0) continue;
        operands.advance(steps * kTileElements, steps * kTileElements);
        rest.load(operands, depth % kTileDepth);
        products.add(rest.operands(), 1, results, next);
      }
    }
  }
  products.end();
}

template <class Tiles, GemmShape kShape>
constexpr GemmFn tiled_gemm_kernel() {
  if constexpr (kShape.op == GemmOp::nn) {
    return &gemm_nn_tiled<Tiles, kShape>;
  } else {
    return &gemm_tn_tiled<Tiles, kShape>;
  }
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_AMX_GEMM_INL
