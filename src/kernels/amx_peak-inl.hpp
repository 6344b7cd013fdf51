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
    tiles.template load<4>(step[0], kTileStride);
    tiles.template load<6>(step[1], kTileStride);
    tiles.template multiply<0, 4, 6>();
    tiles.template load<7>(step[2], kTileStride);
    tiles.template multiply<1, 4, 7>();
    tiles.template load<5>(step[3], kTileStride);
    tiles.template multiply<2, 5, 6>();
    tiles.template multiply<3, 5, 7>();
  }
  tiles.template store<0>(result, kTileStride);
  return result[0];
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_AMX_PEAK_INL
