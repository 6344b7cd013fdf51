// Loops that do nothing but multiply and add. Included once per target.
#if defined(DIECAST_PEAK_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_PEAK_INL
#undef DIECAST_PEAK_INL
#else
#define DIECAST_PEAK_INL
#endif

#include "kernels/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

// More independent chains than latency times issue width needs; with both operands they fit 16 registers. They
// start with different values: equal ones would be computed once.
inline constexpr std::size_t kChains = 12;

// A lane's sum, so that nothing is optimised away. 2 * kChains * kLanes FLOP a round.
inline float fma_rounds(std::size_t rounds, float value) {
  const F32 d;
  V acc[kChains];
  HWY_UNROLL(16) for (std::size_t i = 0; i < kChains; ++i) acc[i] = hn::Set(d, value + static_cast<float>(i));
  const V a = hn::Set(d, value), b = hn::Set(d, 1 - value);
  for (std::size_t r = 0; r < rounds; ++r) HWY_UNROLL(16) for (auto& v : acc) v = hn::MulAdd(v, a, b);
  V sum = hn::Zero(d);
  HWY_UNROLL(16) for (auto& v : acc) sum = hn::Add(sum, v);
  return hn::ReduceSum(d, sum);
}

// 4 * kChains * kLanes FLOP a round.
inline float dot_rounds(std::size_t rounds, float value) {
#if HWY_NATIVE_DOT_BF16
  const F32 d;
  const Bf16 dbf;
  V acc[kChains];
  HWY_UNROLL(16) for (std::size_t i = 0; i < kChains; ++i) acc[i] = hn::Set(d, value + static_cast<float>(i));
  const auto a = hn::BitCast(dbf, hn::Set(d, value)), b = hn::BitCast(dbf, hn::Set(d, 1 - value));
  for (std::size_t r = 0; r < rounds; ++r) {
    HWY_UNROLL(16) for (auto& v : acc) {
      V unused = hn::Zero(d);
      v = hn::ReorderWidenMulAccumulate(d, a, b, v, unused);
    }
  }
  V sum = hn::Zero(d);
  HWY_UNROLL(16) for (auto& v : acc) sum = hn::Add(sum, v);
  return hn::ReduceSum(d, sum);
#else
  return fma_rounds(rounds, value);
#endif
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_PEAK_INL
