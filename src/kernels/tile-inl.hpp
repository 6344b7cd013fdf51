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
#include <type_traits>

#include <hwy/cache_control.h>
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

// Consecutive elements of the reduced extent that one lane of an operand holds: bf16 is multiplied in pairs.
template <class E>
inline constexpr std::size_t kPair = 1;
template <>
inline constexpr std::size_t kPair<BFloat16> = 2;

// Short operands that the target does not multiply as they are. Large products work on f32 copies of their parts: what is
// widened once is multiplied many times; in the inner loop, widening took up to 40 % of it.
template <class E>
inline constexpr bool kWidens = std::is_same_v<E, BFloat16> ? !kNativeDot : std::is_same_v<E, Float16>;
template <class E>
using Multiplied = std::conditional_t<kWidens<E>, float, E>;

inline constexpr std::size_t kTileRows = 6;  // of a tile whose left operand is row-major
inline constexpr std::size_t kTileVectors = kManyRegisters ? 4 : 2;
inline constexpr std::size_t kPanel = kTileVectors * kLanes;

// Tiles of products over tokens, whose operands are both packed: widths that divide every allowed extent.
inline constexpr std::size_t kLeftPanel = kManyRegisters ? 8 : 4;
inline constexpr std::size_t kRightVectors = 2;
inline constexpr std::size_t kRightPanel = kRightVectors * kLanes;

// ---- conversions between f32 vectors and elements

// The bf16 nearest to each lane, ties to even, NaN kept; in the low half of a 32-bit lane.
HWY_INLINE hn::Vec<U32> round_bf16(V v) {
  const U32 du;
  const auto u = hn::BitCast(du, v);
  const auto odd = hn::And(hn::ShiftRight<16>(u), hn::Set(du, 1));
  const auto rounded = hn::ShiftRight<16>(hn::Add(u, hn::Add(odd, hn::Set(du, 0x7FFF))));
  return hn::IfThenElse(hn::RebindMask(du, hn::IsNaN(v)), hn::Set(du, 0x7FC0), rounded);
}

template <class D>
HWY_INLINE hn::Vec<D> load_f32(D d, const float* p) {
  return hn::LoadU(d, p);
}
template <class D>
HWY_INLINE hn::Vec<D> load_f32(D d, const BFloat16* p) {
  const hn::Rebind<hwy::bfloat16_t, D> half;
  return hn::PromoteTo(d, hn::LoadU(half, reinterpret_cast<const hwy::bfloat16_t*>(p)));
}
template <class D>
HWY_INLINE hn::Vec<D> widen(D d, hn::Vec<hn::Rebind<hwy::float16_t, D>> half) {
  const auto v = hn::PromoteTo(d, half);
#if HWY_TARGET == HWY_SSE2
  // Highway's emulation reads infinity and NaN as numbers from 2^16 on. All ones in the exponent mend that.
  const auto special = hn::Or(v, hn::BitCast(d, hn::Set(hn::RebindToUnsigned<D>(), 0x7F800000u)));
  return hn::IfThenElse(hn::Ge(hn::Abs(v), hn::Set(d, 0x1p16f)), special, v);
#else
  return v;
#endif
}
template <class D>
HWY_INLINE hn::Vec<D> load_f32(D d, const Float16* p) {
  const hn::Rebind<hwy::float16_t, D> half;
  return widen(d, hn::LoadU(half, reinterpret_cast<const hwy::float16_t*>(p)));
}
template <class E>
HWY_INLINE V load_f32(const E* p) {
  return load_f32(F32(), p);
}

template <class D>
HWY_INLINE void store(D d, hn::Vec<D> v, float* p) {
  hn::StoreU(v, d, p);
}
template <class D>
HWY_INLINE void store(D, hn::Vec<D> v, BFloat16* p) {
  const hn::Rebind<hwy::bfloat16_t, D> half;
  hn::StoreU(hn::DemoteTo(half, v), half, reinterpret_cast<hwy::bfloat16_t*>(p));
}
template <class D>
HWY_INLINE void store(D, hn::Vec<D> v, Float16* p) {
  const hn::Rebind<hwy::float16_t, D> half;
  hn::StoreU(hn::DemoteTo(half, v), half, reinterpret_cast<hwy::float16_t*>(p));
}
template <class E>
HWY_INLINE void store(V v, E* p) {
  store(F32(), v, p);
}

// One element in every lane.
HWY_INLINE V broadcast(const float* p) { return hn::Set(F32(), *p); }
HWY_INLINE V broadcast(const Float16* p) {
  const hn::Rebind<hwy::float16_t, F32> half;
  const hn::RebindToUnsigned<decltype(half)> bits;
  return widen(F32(), hn::BitCast(half, hn::Set(bits, p->bits)));
}

// ---- tiles

template <std::size_t kMr, std::size_t kNv>
struct Accumulators {
  V v[kMr][kNv];

  HWY_INLINE void clear() {
    HWY_UNROLL(16) for (auto& row : v) HWY_UNROLL(16) for (auto& x : row) x = hn::Zero(F32());
  }
  // Rows are `stride` apart.
  HWY_INLINE void load(const float* from, std::size_t stride) {
    HWY_UNROLL(16) for (std::size_t i = 0; i < kMr; ++i)
      HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j) v[i][j] = load_f32(from + i * stride + j * kLanes);
  }
  HWY_INLINE void store_to(float* to, std::size_t stride) const {
    HWY_UNROLL(16) for (std::size_t i = 0; i < kMr; ++i)
      HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j) store(v[i][j], to + i * stride + j * kLanes);
  }
};

// acc += a b over `steps` lanes of the reduced extent. a[i] of a step is at a + i * a_row + step * a_step, in
// elements; b's vectors of a step are contiguous, b_step elements apart from the next step's.
template <class E, std::size_t kMr, std::size_t kNv>
HWY_INLINE void multiply(const E* HWY_RESTRICT a, std::size_t a_row, std::size_t a_step, const E* HWY_RESTRICT b,
                         std::size_t b_step, std::size_t steps, Accumulators<kMr, kNv>& acc) {
  static_assert(kPair<E> == 1);
  for (std::size_t s = 0; s < steps; ++s) {
    V bv[kNv];
    HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j) bv[j] = load_f32(b + s * b_step + j * kLanes);
    HWY_UNROLL(16) for (std::size_t i = 0; i < kMr; ++i) {
      const V av = broadcast(a + i * a_row + s * a_step);
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

// ---- f32 copies of short operands

// `n` steps of a panel [n][kWidth], or of [n / 2][kWidth][2], as [n][kWidth].
template <std::size_t kWidth>
HWY_INLINE void widen_panel(const Float16* HWY_RESTRICT panel, std::size_t n, float* HWY_RESTRICT out) {
  for (std::size_t i = 0; i < n * kWidth; i += kLanes) store(load_f32(panel + i), out + i);
}
template <std::size_t kWidth>
HWY_INLINE void widen_panel(const BFloat16* HWY_RESTRICT panel, std::size_t n, float* HWY_RESTRICT out) {
  const hn::CappedTag<std::uint32_t, kWidth & ~(kWidth - 1)> du;
  const hn::RebindToFloat<decltype(du)> d;
  const auto* HWY_RESTRICT pairs = reinterpret_cast<const std::uint32_t*>(panel);
  for (std::size_t i = 0; i < n * kWidth; i += 2 * kWidth, pairs += kWidth) {
    for (std::size_t j = 0; j < kWidth; j += hn::MaxLanes(du)) {
      const auto pair = hn::LoadU(du, pairs + j);
      hn::StoreU(hn::BitCast(d, hn::ShiftLeft<16>(pair)), d, out + i + j);
      hn::StoreU(hn::BitCast(d, hn::And(pair, hn::Set(du, 0xFFFF0000u))), d, out + i + kWidth + j);
    }
  }
}

// kRows rows of `n` elements, `stride` apart, as rows that lie `out_stride` apart.
template <std::size_t kRows, class E>
HWY_INLINE void widen_rows(const E* HWY_RESTRICT rows, std::size_t stride, std::size_t n,
                           float* HWY_RESTRICT out, std::size_t out_stride) {
  for (std::size_t i = 0; i < kRows; ++i)
    for (std::size_t k = 0; k < n; k += kLanes) store(load_f32(rows + i * stride + k), out + i * out_stride + k);
}

// Asks for a tile of kMr rows and kNv vectors that the end of a product will read or write: by then it has come.
template <std::size_t kMr, std::size_t kNv, class E>
HWY_INLINE void prefetch_tile(const E* tile, std::size_t stride) {
  constexpr std::size_t kLine = 64 / sizeof(E);
  HWY_UNROLL(16) for (std::size_t i = 0; i < kMr; ++i)
    HWY_UNROLL(16) for (std::size_t j = 0; j < kNv * kLanes; j += kLine) hwy::Prefetch(tile + i * stride + j);
}

// ---- two rows as pairs of elements

// Lanes of `even` and `odd` as bf16, one behind the other.
HWY_INLINE hn::Vec<U32> paired(V even, V odd) {
#if HWY_NATIVE_DOT_BF16
  // The conversion that these targets have puts one vector behind the other; a permutation pairs them.
  const hn::Repartition<std::uint16_t, F32> du;
  HWY_ALIGN static constexpr std::uint16_t kPairs[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                         8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const auto halves = hn::BitCast(du, hn::OrderedDemote2To(Bf16(), even, odd));
  return hn::BitCast(U32(), hn::TableLookupLanes(halves, hn::SetTableIndices(du, kPairs)));
#else
  return hn::Or(round_bf16(even), hn::ShiftLeft<16>(round_bf16(odd)));
#endif
}

// Two f32 rows' lanes: as bf16 pairs at `out`, or as they are, `ld` elements apart.
HWY_INLINE void store_pairs(V even, V odd, float* out, std::size_t ld) {
  store(even, out);
  store(odd, out + ld);
}
HWY_INLINE void store_pairs(V even, V odd, BFloat16* out, std::size_t) {
  hn::StoreU(paired(even, odd), U32(), reinterpret_cast<std::uint32_t*>(out));
}

// The same of rows in memory, of kWidth elements.
template <std::size_t kWidth, class E>
HWY_INLINE void pack_rows(const E* even, const E*, float* out) {
  const hn::CappedTag<float, kWidth & ~(kWidth - 1)> d;
  for (std::size_t j = 0; j < kWidth; j += hn::MaxLanes(d)) hn::StoreU(load_f32(d, even + j), d, out + j);
}
template <std::size_t kWidth>
HWY_INLINE void pack_rows(const BFloat16* even, const BFloat16* odd, BFloat16* out) {
  const hn::CappedTag<std::uint32_t, kWidth & ~(kWidth - 1)> d;
  const hn::Rebind<std::uint16_t, decltype(d)> half;
  for (std::size_t j = 0; j < kWidth; j += hn::MaxLanes(d)) {
    const auto lo = hn::PromoteTo(d, hn::LoadU(half, reinterpret_cast<const std::uint16_t*>(even + j)));
    const auto hi = hn::PromoteTo(d, hn::LoadU(half, reinterpret_cast<const std::uint16_t*>(odd + j)));
    hn::StoreU(hn::Or(lo, hn::ShiftLeft<16>(hi)), d, reinterpret_cast<std::uint32_t*>(out + 2 * j));
  }
}

// ---- transposition

// Each block of four elements of v, `stride` apart.
template <class D>
HWY_INLINE void store_blocks(D, hn::Vec<D> v, std::uint32_t* out, std::size_t stride) {
  const hn::Full128<std::uint32_t> block;
  hn::StoreU(hn::ExtractBlock<0>(v), block, out);
  if constexpr (hn::MaxLanes(D()) >= 8) hn::StoreU(hn::ExtractBlock<1>(v), block, out + stride);
  if constexpr (hn::MaxLanes(D()) >= 16) {
    hn::StoreU(hn::ExtractBlock<2>(v), block, out + 2 * stride);
    hn::StoreU(hn::ExtractBlock<3>(v), block, out + 3 * stride);
  }
}

// The transpose of four rows of a vector of 32-bit elements: element (i, j) goes to out + j * ld + i.
template <class D>
HWY_INLINE void store_transposed(D d, hn::Vec<D> r0, hn::Vec<D> r1, hn::Vec<D> r2, hn::Vec<D> r3, std::uint32_t* out,
                                 std::size_t ld) {
  const hn::Repartition<std::uint64_t, D> d64;
  // Within each block of four columns: pairs of rows, then all four.
  const auto a = hn::BitCast(d64, hn::InterleaveLower(d, r0, r1)), b = hn::BitCast(d64, hn::InterleaveLower(d, r2, r3));
  const auto e = hn::BitCast(d64, hn::InterleaveUpper(d, r0, r1)), f = hn::BitCast(d64, hn::InterleaveUpper(d, r2, r3));
  store_blocks(d, hn::BitCast(d, hn::InterleaveLower(d64, a, b)), out, 4 * ld);
  store_blocks(d, hn::BitCast(d, hn::InterleaveUpper(d64, a, b)), out + ld, 4 * ld);
  store_blocks(d, hn::BitCast(d, hn::InterleaveLower(d64, e, f)), out + 2 * ld, 4 * ld);
  store_blocks(d, hn::BitCast(d, hn::InterleaveUpper(d64, e, f)), out + 3 * ld, 4 * ld);
}

// The same of rows in memory, `stride` apart.
template <class D>
HWY_INLINE void store_transposed(D d, const std::uint32_t* rows, std::size_t stride, std::uint32_t* out,
                                 std::size_t ld) {
  store_transposed(d, hn::LoadU(d, rows), hn::LoadU(d, rows + stride), hn::LoadU(d, rows + 2 * stride),
                   hn::LoadU(d, rows + 3 * stride), out, ld);
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_TILE_INL
