// The loss head's exponentials from products in tiles. Included once per target.
#if defined(DIECAST_AMX_HEAD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_AMX_HEAD_INL
#undef DIECAST_AMX_HEAD_INL
#else
#define DIECAST_AMX_HEAD_INL
#endif

#include "kernels/amx_gemm-inl.hpp"
#include "kernels/amx_pack-inl.hpp"
#include "kernels/head-inl.hpp"

DIECAST_BEFORE_AMX_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

// Takes a block's rows two at a time, in order: stores their exponentials, and in left tiles when there are enough.
template <HeadShape kShape>
struct FinishExponentials {
  const HeadArgs* args;
  std::size_t first_row;  // of the task
  float* sums;            // (rows of the task, kLanes)
  // (column tile, pair, column)
  alignas(64) std::uint32_t pairs[2][kGatheredPairs][kTileSide];

  HWY_INLINE void prefetch(std::size_t row, std::size_t col) const {
    const std::size_t first = row * kShape.padded + col;
    prefetch_tile<1, kBlockVectors>(static_cast<const BFloat16*>(args->exponentials) + first, kShape.padded);
  }
  template <std::size_t kMr>
  HWY_INLINE void operator()(Accumulators<kMr, kBlockVectors> acc, const BlockPlace& place, std::size_t row) {
    static_assert(kTileSide % kLanes == 0, "head: a row of a tile must be whole vectors");
    const std::size_t token = place.row + row;
    finish_head_rows<kShape>(acc, *args, token, place.col, sums + (token - first_row) * kLanes);
    if constexpr (kMr == 2) {  // rows come in pairs
      const std::size_t gathered = row / 2 % kGatheredPairs;
      HWY_UNROLL(16) for (std::size_t j = 0; j < kBlockVectors; ++j)
        hn::StoreU(paired(acc.v[0][j], acc.v[1][j]), U32(),
                   pairs[j * kLanes / kTileSide][gathered] + j * kLanes % kTileSide);
      if (gathered + 1 < kGatheredPairs && row + 2 < place.rows) return;
      const LeftTiles tiles{static_cast<BFloat16*>(args->exponentials_packed), args->rows};
      for (std::size_t i = 0; i < 2; ++i)
        tiles.store_pairs(pairs[i][0], gathered + 1, token - 2 * gathered, place.col + i * kTileSide);
    }
  }
};

template <HeadShape kShape>
void head_targets_tiled(const HeadArgs& args, std::size_t task) {
  set_targets<kShape>(args, task, LeftTiles::index);
}

template <class Tiles, HeadShape kShape>
void head_exponentials_tiled(const HeadArgs& args, std::size_t task) {
  const GemmGrid g = head_grid(kShape, args.rows, TileUnit::amx);
  const std::size_t col_block = task % g.col_blocks;
  const Range rows = block(task / g.col_blocks, g.row_block, args.rows);
  const Range cols = block(col_block, g.col_block, kShape.padded);
  HWY_ALIGN float sums[kTiledRowBlock * kLanes];
  for (std::size_t i = 0; i < rows.end - rows.begin; ++i) store(hn::Zero(F32()), sums + i * kLanes);
  multiply_tiled<Tiles, kShape.width>(static_cast<const BFloat16*>(args.x), args.rows,
                                      static_cast<const BFloat16*>(args.packed), rows, cols,
                                      FinishExponentials<kShape>{&args, rows.begin, sums, {}});
  for (std::size_t row = rows.begin; row < rows.end; ++row)
    args.sums[col_block * args.rows + row] = hn::ReduceSum(F32(), load_f32(sums + (row - rows.begin) * kLanes));
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_AMX_HEAD_INL
