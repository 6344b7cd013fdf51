// AMX behind a class, and the attributes of code that uses it. Included once per target.
#if defined(DIECAST_AMX_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_AMX_INL
#undef DIECAST_AMX_INL
#else
#define DIECAST_AMX_INL
#endif

#include <cstddef>

#include <hwy/highway.h>

#include "kernels/tile_config.hpp"

// In place of HWY_BEFORE_NAMESPACE, since clang refuses to push attributes over others. Lambdas inside must not say
// HWY_ATTR, which would take the two extensions away again; the pragma covers them.
#undef DIECAST_BEFORE_AMX_NAMESPACE
#if HWY_TARGET == HWY_AVX3_SPR
#define DIECAST_BEFORE_AMX_NAMESPACE() HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",amx-tile,amx-bf16") static_assert(true)
#else
#define DIECAST_BEFORE_AMX_NAMESPACE() HWY_BEFORE_NAMESPACE()
#endif

#if HWY_TARGET == HWY_AVX3_SPR
DIECAST_BEFORE_AMX_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

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

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET == HWY_AVX3_SPR

#endif  // DIECAST_AMX_INL
