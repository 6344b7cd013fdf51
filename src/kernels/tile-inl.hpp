// Register tiles: the inner loops of every matrix product. Included once per target.
#if defined(DIECAST_TILE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_TILE_INL
#undef DIECAST_TILE_INL
#else
#define DIECAST_TILE_INL
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hwy/highway.h>

#include <diecast/core/element.hpp>

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::ScalableTag<float>;
using U32 = hn::ScalableTag<std::uint32_t>;
using Bf16 = hn::Repartition<hwy::bfloat16_t, F32>;
using V = hn::Vec<F32>;

inline constexpr std::size_t kLanes = hn::MaxLanes(F32());
// AVX-512 has 32 vector registers, the targets below it 16.
inline constexpr bool kManyRegisters = kLanes == 16;
// On AVX3_SPR the native bf16 dot has half the rate of an f32 FMA: widening and multiplying is faster.
inline constexpr bool kNativeDot = HWY_NATIVE_DOT_BF16 && HWY_TARGET != HWY_AVX3_SPR;

// Consecutive elements of the reduced extent that one 32-bit lane holds.
template <class E>
inline constexpr std::size_t kPair = sizeof(float) / sizeof(E);

// Rows of a tile whose left operand is row-major. Widening needs registers for both halves of a pair.
template <class E>
inline constexpr std::size_t kTileRows = kPair<E> == 2 && !kNativeDot ? 4 : 6;
inline constexpr std::size_t kTileVectors = kManyRegisters ? 4 : 2;
inline constexpr std::size_t kPanel = kTileVectors * kLanes;

// Tiles of products over tokens, whose operands are both packed: widths that divide every allowed extent.
inline constexpr std::size_t kLeftPanel = kManyRegisters ? 8 : 4;
inline constexpr std::size_t kRightVectors = 2;
inline constexpr std::size_t kRightPanel = kRightVectors * kLanes;

template <std::size_t kMr, std::size_t kNv>
struct Accumulators {
  V v[kMr][kNv];

  HWY_INLINE void clear() {
    HWY_UNROLL(16) for (auto& row : v) HWY_UNROLL(16) for (auto& x : row) x = hn::Zero(F32());
  }
};

// acc += a b over `steps` lanes of the reduced extent. a[i] of a step is at a + i * a_row + step * a_step, in
// elements; b's vectors of a step are contiguous, b_step elements apart from the next step's.
template <std::size_t kMr, std::size_t kNv>
HWY_INLINE void multiply(const float* HWY_RESTRICT a, std::size_t a_row, std::size_t a_step,
                         const float* HWY_RESTRICT b, std::size_t b_step, std::size_t steps,
                         Accumulators<kMr, kNv>& acc) {
  const F32 d;
  for (std::size_t s = 0; s < steps; ++s) {
    V bv[kNv];
    HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j) bv[j] = hn::LoadU(d, b + s * b_step + j * kLanes);
    HWY_UNROLL(16) for (std::size_t i = 0; i < kMr; ++i) {
      const V av = hn::Set(d, a[i * a_row + s * a_step]);
      HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j) acc.v[i][j] = hn::MulAdd(av, bv[j], acc.v[i][j]);
    }
  }
}

HWY_INLINE std::uint32_t load_pair(const BFloat16* p) {
  std::uint32_t pair;
  std::memcpy(&pair, p, sizeof pair);
  return pair;
}

template <std::size_t kMr, std::size_t kNv>
HWY_INLINE void multiply(const BFloat16* HWY_RESTRICT a, std::size_t a_row, std::size_t a_step,
                         const BFloat16* HWY_RESTRICT b, std::size_t b_step, std::size_t steps,
                         Accumulators<kMr, kNv>& acc) {
  const F32 d;
  const U32 du;
  const auto* HWY_RESTRICT bits = reinterpret_cast<const std::uint32_t*>(b);
  for (std::size_t s = 0; s < steps; ++s) {
    hn::Vec<U32> bv[kNv];
    HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j) bv[j] = hn::LoadU(du, bits + s * b_step / 2 + j * kLanes);
    if constexpr (kNativeDot) {
      HWY_UNROLL(16) for (std::size_t i = 0; i < kMr; ++i) {
        const auto av = hn::BitCast(Bf16(), hn::Set(du, load_pair(a + i * a_row + s * a_step)));
        HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j) {
          V unused = hn::Zero(d);
          acc.v[i][j] = hn::ReorderWidenMulAccumulate(d, av, hn::BitCast(Bf16(), bv[j]), acc.v[i][j], unused);
        }
      }
    } else {
      const auto high = hn::Set(du, 0xFFFF0000u);
      V b0[kNv], b1[kNv];
      HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j) {
        b0[j] = hn::BitCast(d, hn::ShiftLeft<16>(bv[j]));
        b1[j] = hn::BitCast(d, hn::And(bv[j], high));
      }
      HWY_UNROLL(16) for (std::size_t i = 0; i < kMr; ++i) {
        const auto av = hn::Set(du, load_pair(a + i * a_row + s * a_step));
        const V a0 = hn::BitCast(d, hn::ShiftLeft<16>(av));
        const V a1 = hn::BitCast(d, hn::And(av, high));
        HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j)
          acc.v[i][j] = hn::MulAdd(a1, b1[j], hn::MulAdd(a0, b0[j], acc.v[i][j]));
      }
    }
  }
}

// ---- conversions between f32 vectors and elements

// The bf16 nearest to each lane, ties to even, NaN kept; in the low half of a 32-bit lane.
HWY_INLINE hn::Vec<U32> round_bf16(V v) {
  const U32 du;
  const auto u = hn::BitCast(du, v);
  const auto odd = hn::And(hn::ShiftRight<16>(u), hn::Set(du, 1));
  const auto rounded = hn::ShiftRight<16>(hn::Add(u, hn::Add(odd, hn::Set(du, 0x7FFF))));
  return hn::IfThenElse(hn::RebindMask(du, hn::IsNaN(v)), hn::Set(du, 0x7FC0), rounded);
}

HWY_INLINE V load_f32(const float* p) { return hn::LoadU(F32(), p); }
HWY_INLINE V load_f32(const BFloat16* p) {
  const hn::Rebind<hwy::bfloat16_t, F32> half;
  return hn::PromoteTo(F32(), hn::LoadU(half, reinterpret_cast<const hwy::bfloat16_t*>(p)));
}

HWY_INLINE void store(V v, float* p) { hn::StoreU(v, F32(), p); }
HWY_INLINE void store(V v, BFloat16* p) {
  const hn::Rebind<hwy::bfloat16_t, F32> half;
  hn::StoreU(hn::DemoteTo(half, v), half, reinterpret_cast<hwy::bfloat16_t*>(p));
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_TILE_INL
