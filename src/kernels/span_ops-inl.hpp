// Shape-free kernels over flat f32 arrays of any length. Included once per target.
#if defined(DIECAST_SPAN_OPS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_SPAN_OPS_INL
#undef DIECAST_SPAN_OPS_INL
#else
#define DIECAST_SPAN_OPS_INL
#endif

#include <cstddef>

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <diecast/kernels/span_ops.hpp>

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;

inline void adamw(const AdamWStep& step, float* HWY_RESTRICT param, float* HWY_RESTRICT grad, float* HWY_RESTRICT m,
                  float* HWY_RESTRICT v, std::size_t n) {
  const auto update = [&](auto d, std::size_t i) HWY_ATTR {
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
  };
  std::size_t i = 0;
  for (; i + hn::MaxLanes(D()) <= n; i += hn::MaxLanes(D())) update(D(), i);
  for (; i < n; ++i) update(hn::CappedTag<float, 1>(), i);
}

// Lanes accumulate in f32 over at most kRun elements, then in double, so that the error does not grow with n.
inline double sum_of_squares(const float* x, std::size_t n) {
  constexpr std::size_t kRun = 4096;
  constexpr std::size_t kLanes = hn::MaxLanes(D());
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
  constexpr std::size_t kLanes = hn::MaxLanes(D());
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) hn::StoreU(hn::Set(D(), value), D(), x + i);
  for (; i < n; ++i) x[i] = value;
}

// Streaming stores need whole aligned vectors.
inline void triad(const float* HWY_RESTRICT x, const float* HWY_RESTRICT y, float scale, float* HWY_RESTRICT out,
                  std::size_t n) {
  constexpr std::size_t kLanes = hn::MaxLanes(D());
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
