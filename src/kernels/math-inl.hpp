// Elementary functions on f32 vectors. Included once per target.
#if defined(DIECAST_MATH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_MATH_INL
#undef DIECAST_MATH_INL
#else
#define DIECAST_MATH_INL
#endif

#include "kernels/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

inline constexpr float kLog2E = 1.44269504088896341f;

// 2^t with a relative error below 2e-7; 0 below -125, clamped at 127.4, NaN of NaN (x86 passes a NaN in the second
// operand of Max and Min on). The fraction's power is the minimax polynomial of degree 5 with p(0) = 1 (Remez, 1.1e-7);
// the integer is added to its exponent. Where products meet exponentials the multiplications decide: there are six.
HWY_INLINE V exp2_f32(V t) {
  const F32 d;
  const hn::RebindToSigned<F32> di;
  const V clamped = hn::Min(hn::Set(d, 127.4f), hn::Max(hn::Set(d, -125.0f), t));
  const V n = hn::Round(clamped);
  const V f = hn::Sub(clamped, n);
  V p = hn::Set(d, 0.0013292337534949183f);
  p = hn::MulAdd(p, f, hn::Set(d, 0.009671369567513466f));
  p = hn::MulAdd(p, f, hn::Set(d, 0.05550643056631088f));
  p = hn::MulAdd(p, f, hn::Set(d, 0.2402224838733673f));
  p = hn::MulAdd(p, f, hn::Set(d, 0.6931470632553101f));
  p = hn::MulAdd(p, f, hn::Set(d, 1.0f));
  const auto bits = hn::Add(hn::BitCast(di, p), hn::ShiftLeft<23>(hn::ConvertTo(di, n)));
  return hn::IfThenZeroElse(hn::Lt(t, hn::Set(d, -125.0f)), hn::BitCast(d, bits));
}

// e^x; the product's rounding adds 6e-8 |x| to the relative error.
HWY_INLINE V exp_f32(V x) { return exp2_f32(hn::Mul(x, hn::Set(F32(), kLog2E))); }

// 1 / (1 + e^-x)
HWY_INLINE V sigmoid(V x) {
  const F32 d;
  const V one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, exp2_f32(hn::Mul(x, hn::Set(d, -kLog2E)))));
}

// mix32 of core/random.hpp, lane by lane.
HWY_INLINE hn::Vec<U32> mix32(hn::Vec<U32> x) {
  const U32 d;
  x = hn::Xor(x, hn::ShiftRight<16>(x));
  x = hn::Mul(x, hn::Set(d, 0x7FEB352Du));
  x = hn::Xor(x, hn::ShiftRight<15>(x));
  x = hn::Mul(x, hn::Set(d, 0x846CA68Bu));
  return hn::Xor(x, hn::ShiftRight<16>(x));
}

// 1 / (1 - p) where the hash of a lane keeps an element, else 0. p in 1/65536.
HWY_INLINE V keep_mask(hn::Vec<U32> lanes, std::uint32_t p) {
  const F32 d;
  const auto keep = hn::Ge(hn::ShiftRight<16>(mix32(lanes)), hn::Set(U32(), p));
  return hn::IfThenElseZero(hn::RebindMask(d, keep), hn::Set(d, 65536.0f / static_cast<float>(65536 - p)));
}

// The mask of the elements from `first` on under one key.
HWY_INLINE V dropout_mask(std::uint32_t key, std::uint32_t first, std::uint32_t p) {
  return keep_mask(hn::Add(hn::Iota(U32(), first), hn::Set(U32(), key)), p);
}

// The same where each lane has a key of its own and all have one index.
HWY_INLINE V dropout_mask(const std::uint32_t* keys, std::size_t index, std::uint32_t p) {
  const U32 du;
  return keep_mask(hn::Add(hn::LoadU(du, keys), hn::Set(du, static_cast<std::uint32_t>(index))), p);
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_MATH_INL
