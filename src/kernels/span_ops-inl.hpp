// Shape-free kernels over flat f32 arrays of any length. Included once per target.
#if defined(DIECAST_SPAN_OPS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_SPAN_OPS_INL
#undef DIECAST_SPAN_OPS_INL
#else
#define DIECAST_SPAN_OPS_INL
#endif

#include <cstddef>
#include <cstdint>

#include <hwy/cache_control.h>
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <diecast/kernels/span_ops.hpp>

#include "kernels/math-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = F32;

// update(d, i) for every vector, then for every element that is left, by the same operations.
template <class Update>
HWY_INLINE void for_each_lane(std::size_t n, const Update& update) {
  std::size_t i = 0;
  for (; i + hn::MaxLanes(D()) <= n; i += hn::MaxLanes(D())) update(D(), i);
  for (; i < n; ++i) update(hn::CappedTag<float, 1>(), i);
}

inline void adamw(const AdamWStep& step, float* HWY_RESTRICT param, float* HWY_RESTRICT grad, float* HWY_RESTRICT m,
                  float* HWY_RESTRICT v, std::size_t n) {
  for_each_lane(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto g = hn::Mul(hn::LoadU(d, grad + i), hn::Set(d, step.grad_scale));
    const auto m_new = hn::MulAdd(hn::Set(d, step.beta1), hn::LoadU(d, m + i), hn::Mul(hn::Set(d, 1 - step.beta1), g));
    const auto v_new = hn::MulAdd(hn::Set(d, step.beta2), hn::LoadU(d, v + i),
                                  hn::Mul(hn::Mul(hn::Set(d, 1 - step.beta2), g), g));
    const auto denominator =
        hn::MulAdd(hn::Sqrt(v_new), hn::Set(d, step.inv_sqrt_correction), hn::Set(d, step.eps));
    const auto p = hn::LoadU(d, param + i);
    const auto change = hn::Div(hn::Mul(hn::Set(d, step.step_size), m_new), denominator);
    hn::StoreU(hn::Zero(d), d, grad + i);
    hn::StoreU(m_new, d, m + i);
    hn::StoreU(v_new, d, v + i);
    hn::StoreU(hn::Sub(hn::NegMulAdd(hn::Set(d, step.decay), p, p), change), d, param + i);
  });
}

inline void lion(const LionStep& step, float* HWY_RESTRICT param, float* HWY_RESTRICT grad, float* HWY_RESTRICT m,
                 std::size_t n) {
  for_each_lane(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto g = hn::Mul(hn::LoadU(d, grad + i), hn::Set(d, step.grad_scale));
    const auto m_old = hn::LoadU(d, m + i);
    const auto c = hn::MulAdd(hn::Set(d, step.beta1), m_old, hn::Mul(hn::Set(d, 1 - step.beta1), g));
    // Zero has no sign: padding stays what it is.
    const auto change = hn::IfThenElseZero(hn::Ne(c, hn::Zero(d)), hn::CopySign(hn::Set(d, step.step_size), c));
    const auto p = hn::LoadU(d, param + i);
    hn::StoreU(hn::Zero(d), d, grad + i);
    hn::StoreU(hn::MulAdd(hn::Set(d, step.beta2), m_old, hn::Mul(hn::Set(d, 1 - step.beta2), g)), d, m + i);
    hn::StoreU(hn::Sub(hn::NegMulAdd(hn::Set(d, step.decay), p, p), change), d, param + i);
  });
}

inline void sgd(const SgdStep& step, float* HWY_RESTRICT param, float* HWY_RESTRICT grad, float* HWY_RESTRICT m,
                std::size_t n) {
  for_each_lane(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto p = hn::LoadU(d, param + i);
    const auto g = hn::MulAdd(hn::LoadU(d, grad + i), hn::Set(d, step.grad_scale), hn::Mul(hn::Set(d, step.decay), p));
    const auto m_new = hn::MulAdd(hn::Set(d, step.momentum), hn::LoadU(d, m + i), g);
    hn::StoreU(hn::Zero(d), d, grad + i);
    hn::StoreU(m_new, d, m + i);
    hn::StoreU(hn::NegMulAdd(hn::Set(d, step.step_size), m_new, p), d, param + i);
  });
}

inline void look_ahead(float grad_scale, float momentum, float* HWY_RESTRICT grad, float* HWY_RESTRICT m,
                       std::size_t n) {
  for_each_lane(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto g = hn::Mul(hn::LoadU(d, grad + i), hn::Set(d, grad_scale));
    const auto m_new = hn::MulAdd(hn::Set(d, momentum), hn::LoadU(d, m + i), g);
    hn::StoreU(m_new, d, m + i);
    hn::StoreU(hn::MulAdd(hn::Set(d, momentum), m_new, g), d, grad + i);
  });
}

inline void descend(float decay, float step_size, float* HWY_RESTRICT param, float* HWY_RESTRICT direction,
                    std::size_t n) {
  for_each_lane(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto p = hn::LoadU(d, param + i);
    const auto kept = hn::NegMulAdd(hn::Set(d, decay), p, p);
    hn::StoreU(hn::NegMulAdd(hn::Set(d, step_size), hn::LoadU(d, direction + i), kept), d, param + i);
    hn::StoreU(hn::Zero(d), d, direction + i);
  });
}

inline void approach(float share, const float* HWY_RESTRICT x, float* HWY_RESTRICT mean, std::size_t n) {
  for_each_lane(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto old = hn::LoadU(d, mean + i);
    hn::StoreU(hn::MulAdd(hn::Set(d, share), hn::Sub(hn::LoadU(d, x + i), old), old), d, mean + i);
  });
}

// The middle of one of 2^24 equal parts of (0, 1), but the last, which is 1.
HWY_INLINE V unit_interval(hn::Vec<U32> bits) {
  const V steps = hn::ConvertTo(F32(), hn::BitCast(hn::RebindToSigned<F32>(), hn::ShiftRight<8>(bits)));
  return hn::Mul(hn::Add(steps, hn::Set(F32(), 0.5f)), hn::Set(F32(), 0x1p-24f));
}

// The numbers of as many elements as a vector has lanes.
HWY_INLINE V draw_noise(const NoiseDraw& draw, std::uint32_t index) {
  const F32 d;
  const auto lanes = hn::Iota(U32(), index);
  const V u = unit_interval(mix32(hn::Xor(lanes, hn::Set(U32(), draw.radius_key))));
  const V turn = unit_interval(mix32(hn::Xor(lanes, hn::Set(U32(), draw.angle_key))));
  const V radius = hn::Sqrt(hn::Mul(hn::Set(d, -2.0f), hn::Log(d, u)));
  return hn::Mul(hn::Mul(hn::Set(d, draw.deviation), radius), hn::Cos(d, hn::Mul(turn, hn::Set(d, 6.28318530718f))));
}

inline void add_noise(const NoiseDraw& draw, std::uint32_t index, float* x, std::size_t n) {
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    store(hn::Add(load_f32(x + i), draw_noise(draw, index + static_cast<std::uint32_t>(i))), x + i);
  if (i == n) return;
  float rest[kLanes];
  store(draw_noise(draw, index + static_cast<std::uint32_t>(i)), rest);
  for (std::size_t j = 0; i < n; ++i, ++j) x[i] += rest[j];
}

// Lanes accumulate in f32 over at most kRun elements, then in double, so that the error does not grow with n.
inline double sum_of_squares(const float* x, std::size_t n) {
  constexpr std::size_t kRun = 4096;
  const D d;
  double total = 0;
  for (std::size_t begin = 0; begin < n; begin += kRun) {
    const std::size_t end = n - begin < kRun ? n : begin + kRun;
    auto sum = hn::Zero(d);
    std::size_t i = begin;
    for (; i + kLanes <= end; i += kLanes) {
      const auto v = hn::LoadU(d, x + i);
      sum = hn::MulAdd(v, v, sum);
    }
    total += hn::ReduceSum(d, sum);
    for (; i < end; ++i) total += static_cast<double>(x[i]) * x[i];
  }
  return total;
}

inline void fill(float* x, float value, std::size_t n) {
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) hn::StoreU(hn::Set(D(), value), D(), x + i);
  for (; i < n; ++i) x[i] = value;
}

// Streaming stores need whole aligned vectors.
inline void triad(const float* HWY_RESTRICT x, const float* HWY_RESTRICT y, float scale, float* HWY_RESTRICT out,
                  std::size_t n) {
  const D d;
  const auto s = hn::Set(d, scale);
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) hn::Stream(hn::MulAdd(s, hn::Load(d, y + i), hn::Load(d, x + i)), d, out + i);
  hwy::FlushStream();
  for (; i < n; ++i) out[i] = x[i] + scale * y[i];
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_SPAN_OPS_INL
