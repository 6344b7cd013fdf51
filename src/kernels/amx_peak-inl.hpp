// A loop that does nothing but multiply tiles. Included once per target.
#if defined(DIECAST_AMX_PEAK_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_AMX_PEAK_INL
#undef DIECAST_AMX_PEAK_INL
#else
#define DIECAST_AMX_PEAK_INL
#endif

#include <diecast/core/element.hpp>

#include "kernels/amx-inl.hpp"

DIECAST_BEFORE_AMX_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

inline constexpr double kTileFlops = 2.0 * 4 * kTileElements * kTileSide;  // of a round

// Blocks of 2x2 tiles as products have them. Operands come from 32 KiB of L1 and are neither zero nor all the same:
// multiplying zeros takes less power and flatters by a sixth.
template <class Tiles>
float tile_rounds(std::size_t rounds, float value) {
  constexpr std::size_t kSteps = 8;
  alignas(64) BFloat16 operands[kSteps][4][kTileElements];
  std::uint32_t state = 1;
  for (auto& step : operands) {
    for (auto& tile : step) {
      for (BFloat16& x : tile) {
        state = state * 1664525 + 1013904223;  // Knuth, The Art of Computer Programming, volume 2, 3.3.4
        x = BFloat16(value * (static_cast<float>(state >> 8) * 0x1p-23f - 1));
      }
    }
  }
  alignas(64) float result[kTileResults];
  Tiles tiles(kTileSide);
  for (std::size_t r = 0; r < rounds; ++r) {
    const auto& step = operands[r % kSteps];
    multiply_block(tiles, {{step[0], step[1]}, kTileStride, {step[2], step[3]}, kTileStride});
  }
  tiles.template store<0>(result, kTileStride);
  return result[0];
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_AMX_PEAK_INL
