// AMX behind a class, and the attributes of code that uses it. Included once per target.
#if defined(DIECAST_AMX_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_AMX_INL
#undef DIECAST_AMX_INL
#else
#define DIECAST_AMX_INL
#endif

#include <cstddef>
#include <type_traits>

#include <hwy/highway.h>

#include <diecast/core/element.hpp>

#include "kernels/tile_config.hpp"

// In place of HWY_BEFORE_NAMESPACE, since clang refuses to push attributes over others. Lambdas inside must not say
// HWY_ATTR, which would take the two extensions away again; the pragma covers them.
#undef DIECAST_BEFORE_AMX_NAMESPACE
#if HWY_TARGET == HWY_AVX3_SPR
#define DIECAST_BEFORE_AMX_NAMESPACE() HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",amx-tile,amx-bf16") static_assert(true)
#else
#define DIECAST_BEFORE_AMX_NAMESPACE() HWY_BEFORE_NAMESPACE()
#endif

DIECAST_BEFORE_AMX_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX3_SPR

// The eight tiles of this thread, zero at first; released with the object, so that no other code pays for switching
// 8 KiB of state. Instructions are spelt out, because g++ 12's intrinsics take only literal tile numbers and do not
// tell the compiler that a load reads memory.
class AmxTiles {
 public:
  // `rows` as in tile_config.
  HWY_INLINE explicit AmxTiles(std::size_t rows) {
    const TileConfig config = tile_config(rows);
    __asm__ volatile("ldtilecfg %0" : : "m"(config));
  }
  HWY_INLINE ~AmxTiles() { __asm__ volatile("tilerelease"); }
  AmxTiles(const AmxTiles&) = delete;
  AmxTiles& operator=(const AmxTiles&) = delete;

  // `stride` counts bytes.
  template <int kTile>
  HWY_INLINE void load(const void* from, std::size_t stride) {
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(stride), "i"(kTile) : "memory");
  }
  template <int kTile>
  HWY_INLINE void store(void* to, std::size_t stride) const {
    __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(stride), "i"(kTile) : "memory");
  }
  template <int kTile>
  HWY_INLINE void zero() {
    __asm__ volatile("tilezero %%tmm%c0" : : "i"(kTile));
  }
  // result += left right
  template <int kResult, int kLeft, int kRight>
  HWY_INLINE void multiply() {
    __asm__ volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kResult), "i"(kLeft), "i"(kRight));
  }
};

#endif  // HWY_TARGET == HWY_AVX3_SPR

// A step of a block of 2x2 result tiles: rows of the left operand's upper and lower tile are left_stride bytes apart,
// those of the right one's two tiles right_stride.
struct BlockOperands {
  const BFloat16* left[2];
  std::size_t left_stride;
  const BFloat16* right[2];
  std::size_t right_stride;

  // To another step, so many elements on.
  HWY_INLINE void advance(std::size_t left_step, std::size_t right_step) {
    for (const BFloat16*& tile : left) tile += left_step;
    for (const BFloat16*& tile : right) tile += right_step;
  }
};

// results += left right; results are the tiles 0 to 3, row by row. Calls before(integral constant of a result) ahead
// of its multiplication.
template <class Tiles, class Before>
HWY_INLINE void multiply_block(Tiles& tiles, const BlockOperands& at, const Before& before) {
  tiles.template load<4>(at.left[0], at.left_stride);
  tiles.template load<6>(at.right[0], at.right_stride);
  before(std::integral_constant<int, 0>());
  tiles.template multiply<0, 4, 6>();
  tiles.template load<7>(at.right[1], at.right_stride);
  before(std::integral_constant<int, 1>());
  tiles.template multiply<1, 4, 7>();
  tiles.template load<5>(at.left[1], at.left_stride);
  before(std::integral_constant<int, 2>());
  tiles.template multiply<2, 5, 6>();
  before(std::integral_constant<int, 3>());
  tiles.template multiply<3, 5, 7>();
}
template <class Tiles>
HWY_INLINE void multiply_block(Tiles& tiles, const BlockOperands& at) {
  multiply_block(tiles, at, [](auto) {});
}

// Calls body(integral constant) for each of a block's result tiles.
template <class Body>
HWY_INLINE void for_results(const Body& body) {
  body(std::integral_constant<int, 0>());
  body(std::integral_constant<int, 1>());
  body(std::integral_constant<int, 2>());
  body(std::integral_constant<int, 3>());
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_AMX_INL
