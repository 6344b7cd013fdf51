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

// e^x with a relative error below 3e-7; 0 below -87, clamped above 88, NaN of NaN (x86 passes a NaN in the
// second operand of Max and Min on). Reduction to |r| <= ln 2 / 2 by
// Cody and Waite's two-part ln 2, then the Taylor polynomial of degree 6 (its remainder there is 2e-7 of e^r).
HWY_INLINE V exp_f32(V x) {
  const F32 d;
  const hn::RebindToSigned<F32> di;
  const V clamped = hn::Min(hn::Set(d, 88.3f), hn::Max(hn::Set(d, -87.3f), x));
  const V n = hn::Round(hn::Mul(clamped, hn::Set(d, 1.44269504088896341f)));
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), clamped);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  V p = hn::Set(d, 1.0f / 720);
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 120));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 24));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 6));
  p = hn::MulAdd(p, r, hn::Set(d, 0.5f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  const auto exponent = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, n), hn::Set(di, 127)));
  const V result = hn::Mul(p, hn::BitCast(d, exponent));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -87.3f)), result);
}

// 1 / (1 + e^-x)
HWY_INLINE V sigmoid(V x) {
  const F32 d;
  const V one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, exp_f32(hn::Neg(x))));
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
