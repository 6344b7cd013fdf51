// Packing for products in tiles. Right operands need panels of a tile's width and nothing else; left ones are
// transposed. Included once per target.
#if defined(DIECAST_AMX_PACK_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_AMX_PACK_INL
#undef DIECAST_AMX_PACK_INL
#else
#define DIECAST_AMX_PACK_INL
#endif

#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/table.hpp>

#include "kernels/gemm-inl.hpp"
#include "kernels/tile_config.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

// Pairs of tokens on their way into left tiles: four, so that they are transposed in registers.
inline constexpr std::size_t kGatheredPairs = 4;

// An activation (tokens, cols) as the left operand of a product over tokens: panels of kTileSide columns, tiles
// [kTileSide][kTileDepth] of tokens in each, the last with as many tokens as are left.
struct LeftTiles {
  BFloat16* packed;
  std::size_t tokens;

  // Where element (token, col) is.
  static HWY_INLINE std::size_t index(std::size_t token, std::size_t col, std::size_t tokens) {
    const std::size_t first = token / kTileDepth * kTileDepth;
    const std::size_t depth = tokens - first < kTileDepth ? tokens - first : kTileDepth;
    return col / kTileSide * kTileSide * tokens + first * kTileSide + col % kTileSide * depth + (token - first);
  }
  // Writes `count` pairs (pair, column), the first of them of tokens `token` and `token + 1`, for the panel at `col`.
  HWY_INLINE void store_pairs(const std::uint32_t* pairs, std::size_t count, std::size_t token,
                              std::size_t col) const {
    const std::size_t first = token / kTileDepth * kTileDepth;
    const std::size_t row_pairs = (tokens - first < kTileDepth ? tokens - first : kTileDepth) / 2;
    auto* out = reinterpret_cast<std::uint32_t*>(packed + col * tokens + first * kTileSide) + (token - first) / 2;
    if (count == kGatheredPairs) {
      const hn::CappedTag<std::uint32_t, kTileSide> d;
      for (std::size_t j = 0; j < kTileSide; j += hn::MaxLanes(d))
        store_transposed(d, pairs + j, kTileSide, out + j * row_pairs, row_pairs);
    } else {
      for (std::size_t pair = 0; pair < count; ++pair)
        for (std::size_t j = 0; j < kTileSide; ++j) out[j * row_pairs + pair] = pairs[pair * kTileSide + j];
    }
  }
};

template <PackShape kShape>
void pack_left_tiles(const PackArgs& args, std::size_t task) {
  static_assert(kPackBlock % kTileDepth == 0, "pack: a task must fill whole tiles");
  constexpr std::size_t kTokens = 2 * kGatheredPairs;
  const auto* x = static_cast<const BFloat16*>(args.source);
  const LeftTiles tiles{static_cast<BFloat16*>(args.packed), args.rows};
  const Range tokens = block(task, kPackBlock, args.rows);
  for (std::size_t token = tokens.begin; token < tokens.end; token += kTokens) {
    const std::size_t pairs = (tokens.end - token < kTokens ? tokens.end - token : kTokens) / 2;
    for (std::size_t col = 0; col < kShape.cols; col += kTileSide) {
      HWY_ALIGN BFloat16 gathered[kGatheredPairs][2 * kTileSide];
      for (std::size_t pair = 0; pair < pairs; ++pair) {
        const BFloat16* even = x + (token + 2 * pair) * kShape.cols + col;
        pack_rows<kTileSide>(even, even + kShape.cols, gathered[pair]);
      }
      tiles.store_pairs(reinterpret_cast<const std::uint32_t*>(gathered), pairs, token, col);
    }
  }
}

template <PackShape kShape>
constexpr PackFn tiled_pack_kernel() {
  if constexpr (kShape.op == PackOp::left) {
    return &pack_left_tiles<kShape>;
  } else {
    return pack_kernel<kShape, kTileSide>();
  }
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_AMX_PACK_INL
