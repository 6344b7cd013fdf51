// Which tiles bf16 products work with. Included once per target.
#if defined(DIECAST_WITH_TILES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_WITH_TILES_INL
#undef DIECAST_WITH_TILES_INL
#else
#define DIECAST_WITH_TILES_INL
#endif

#include <type_traits>

#include <diecast/kernels/tile_unit.hpp>

#include "kernels/amx-inl.hpp"
#include "kernels/plain_tiles.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

// Calls use(std::type_identity of the unit's tiles) if there are any, in code that this target and build have.
template <class Use>
void with_tiles([[maybe_unused]] TileUnit unit, [[maybe_unused]] const Use& use) {
#if HWY_TARGET == HWY_AVX3_SPR
  if (unit == TileUnit::amx) use(std::type_identity<AmxTiles>());
#endif
#ifdef DIECAST_PLAIN_TILES
  if constexpr ((HWY_TARGET & kPlainTilesVectors) != 0)
    if (unit == TileUnit::plain) use(std::type_identity<PlainTiles>());
#endif
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_WITH_TILES_INL
