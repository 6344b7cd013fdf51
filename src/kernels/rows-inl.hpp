// Kernels that work row by row: norms, activations, the loss, and small helpers. Included once per target.
#if defined(DIECAST_ROWS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_ROWS_INL
#undef DIECAST_ROWS_INL
#else
#define DIECAST_ROWS_INL
#endif

#include <cmath>
#include <type_traits>

#include <diecast/core/element.hpp>
#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/table.hpp>

#include "kernels/math-inl.hpp"
#include "kernels/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

// ---- norms: y = (x - mean) rstd weight + bias; RMSNorm has mean 0 and no bias

// A Width is a std::integral_constant, or a number where the benchmark asks what the constant gains.
template <Norm kNorm, class E, bool kBias, class Width>
HWY_INLINE void norm_forward_task(const NormArgs& args, std::size_t task, Width width) {
  const F32 d;
  const float inverse = 1.0f / static_cast<float>(std::size_t{width});
  const Range rows = block(task, kRowBlock, args.rows);
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    const float* HWY_RESTRICT x = args.x + row * width;
    E* HWY_RESTRICT y = static_cast<E*>(args.y) + row * width;
    float mean = 0;
    if constexpr (kNorm == Norm::layer_norm) {
      V sum = hn::Zero(d);
      for (std::size_t i = 0; i < width; i += kLanes) sum = hn::Add(sum, load_f32(x + i));
      mean = hn::ReduceSum(d, sum) * inverse;
      args.mean[row] = mean;
    }
    const V mean_v = hn::Set(d, mean);
    V squares = hn::Zero(d);
    for (std::size_t i = 0; i < width; i += kLanes) {
      const V centred = hn::Sub(load_f32(x + i), mean_v);
      squares = hn::MulAdd(centred, centred, squares);
    }
    const float rstd = 1.0f / std::sqrt(hn::ReduceSum(d, squares) * inverse + args.eps);
    args.rstd[row] = rstd;
    const V rstd_v = hn::Set(d, rstd);
    for (std::size_t i = 0; i < width; i += kLanes) {
      V v = hn::Mul(hn::Mul(hn::Sub(load_f32(x + i), mean_v), rstd_v), load_f32(args.weight + i));
      if constexpr (kBias) v = hn::Add(v, load_f32(args.bias + i));
      store(v, y + i);
    }
  }
}

template <NormShape kShape>
void norm_forward(const NormArgs& args, std::size_t task) {
  norm_forward_task<kShape.norm, ElementType<kShape.result>, kShape.bias>(
      args, task, std::integral_constant<std::size_t, kShape.width>());
}

// With n = (x - mean) rstd and g = dy weight: dx = rstd (g - mean(g) - n mean(g n)), dweight = sum dy n.
template <NormShape kShape>
void norm_backward(const NormArgs& args, std::size_t task) {
  const F32 d;
  constexpr std::size_t kWidth = kShape.width;
  constexpr float kInverse = 1.0f / static_cast<float>(kWidth);
  const auto* dy_all = static_cast<const ElementType<kShape.result>*>(args.dy);
  float* HWY_RESTRICT d_weight = args.partial + task * 2 * kWidth;
  float* HWY_RESTRICT d_bias = d_weight + kWidth;
  for (std::size_t i = 0; i < 2 * kWidth; i += kLanes) store(hn::Zero(d), d_weight + i);
  const Range rows = block(task, kTokenBlock, args.rows);
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    const float* HWY_RESTRICT x = args.x + row * kWidth;
    const auto* HWY_RESTRICT dy = dy_all + row * kWidth;
    const V rstd = hn::Set(d, args.rstd[row]);
    V mean = hn::Zero(d);
    if constexpr (kShape.norm == Norm::layer_norm) mean = hn::Set(d, args.mean[row]);
    V sum_g = hn::Zero(d);
    V sum_gn = hn::Zero(d);
    for (std::size_t i = 0; i < kWidth; i += kLanes) {
      const V dyv = load_f32(dy + i);
      const V n = hn::Mul(hn::Sub(load_f32(x + i), mean), rstd);
      const V g = hn::Mul(dyv, load_f32(args.weight + i));
      sum_g = hn::Add(sum_g, g);
      sum_gn = hn::MulAdd(g, n, sum_gn);
      store(hn::MulAdd(dyv, n, load_f32(d_weight + i)), d_weight + i);
      if constexpr (kShape.bias) store(hn::Add(dyv, load_f32(d_bias + i)), d_bias + i);
    }
    const V mean_gn = hn::Set(d, hn::ReduceSum(d, sum_gn) * kInverse);
    V mean_g = hn::Zero(d);
    if constexpr (kShape.norm == Norm::layer_norm) mean_g = hn::Set(d, hn::ReduceSum(d, sum_g) * kInverse);
    for (std::size_t i = 0; i < kWidth; i += kLanes) {
      const V n = hn::Mul(hn::Sub(load_f32(x + i), mean), rstd);
      const V g = hn::Mul(load_f32(dy + i), load_f32(args.weight + i));
      V dx = hn::Mul(rstd, hn::NegMulAdd(n, mean_gn, hn::Sub(g, mean_g)));
      if (args.skip != nullptr) dx = hn::Add(dx, load_f32(args.skip + row * kWidth + i));
      store(dx, args.dx + row * kWidth + i);
    }
  }
}

// ---- activations

// gelu(x) = x s with s = sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)), which is the tanh form.
struct Gelu {
  V value, derivative;
};
HWY_INLINE Gelu gelu(V x) {
  const F32 d;
  const V c = hn::Set(d, 1.5957691216057308f);  // 2 sqrt(2 / pi)
  const V c3 = hn::Set(d, 1.5957691216057308f * 0.044715f);
  const V x2 = hn::Mul(x, x);
  const V s = sigmoid(hn::Mul(x, hn::MulAdd(x2, c3, c)));
  const V slope = hn::MulAdd(x2, hn::Mul(hn::Set(d, 3.0f), c3), c);  // of sigmoid's argument
  return {hn::Mul(x, s), hn::MulAdd(hn::Mul(x, slope), hn::NegMulAdd(s, s, s), s)};
}

template <ActivationShape kShape>
void activation_forward(const ActivationArgs& args, std::size_t task) {
  using E = ElementType<kShape.operands>;
  constexpr std::size_t kWidth = kShape.width;
  const E* HWY_RESTRICT x = static_cast<const E*>(args.x);
  E* HWY_RESTRICT y = static_cast<E*>(args.y);
  const Range rows = block(task, kRowBlock, args.rows);
  if constexpr (kShape.kind == MlpKind::gelu) {
    for (std::size_t i = rows.begin * kWidth; i < rows.end * kWidth; i += kLanes)
      store(gelu(load_f32(x + i)).value, y + i);
  } else {
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      const E* gate = x + row * 2 * kWidth;
      for (std::size_t i = 0; i < kWidth; i += kLanes) {
        const V g = load_f32(gate + i);
        const V up = load_f32(gate + kWidth + i);
        store(hn::Mul(hn::Mul(g, sigmoid(g)), up), y + row * kWidth + i);
      }
    }
  }
}

template <ActivationShape kShape>
void activation_backward(const ActivationArgs& args, std::size_t task) {
  using E = ElementType<kShape.operands>;
  constexpr std::size_t kWidth = kShape.width;
  const E* HWY_RESTRICT x = static_cast<const E*>(args.x);
  const E* HWY_RESTRICT dy = static_cast<const E*>(args.dy);
  E* HWY_RESTRICT dx = static_cast<E*>(args.dx);
  const Range rows = block(task, kRowBlock, args.rows);
  if constexpr (kShape.kind == MlpKind::gelu) {
    for (std::size_t i = rows.begin * kWidth; i < rows.end * kWidth; i += kLanes)
      store(hn::Mul(load_f32(dy + i), gelu(load_f32(x + i)).derivative), dx + i);
  } else {
    const V one = hn::Set(F32(), 1.0f);
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      const std::size_t gate = row * 2 * kWidth;
      for (std::size_t i = 0; i < kWidth; i += kLanes) {
        const V g = load_f32(x + gate + i);
        const V up = load_f32(x + gate + kWidth + i);
        const V dyv = load_f32(dy + row * kWidth + i);
        const V s = sigmoid(g);
        const V silu_slope = hn::Mul(s, hn::MulAdd(g, hn::Sub(one, s), one));
        store(hn::Mul(hn::Mul(dyv, up), silu_slope), dx + gate + i);
        store(hn::Mul(dyv, hn::Mul(g, s)), dx + gate + kWidth + i);
      }
    }
  }
}

// ---- softmax and cross-entropy of one row

HWY_INLINE float sum_of(const float* x, std::size_t n) {
  const std::size_t whole = n / kLanes * kLanes;
  V sum = hn::Zero(F32());
  for (std::size_t i = 0; i < whole; i += kLanes) sum = hn::Add(sum, load_f32(x + i));
  float rest = 0;
  for (std::size_t i = whole; i < n; ++i) rest += x[i];
  return hn::ReduceSum(F32(), sum) + rest;
}

// Of E gradients; Vocab and Padded are as Width above.
template <class E, class Vocab, class Padded>
HWY_INLINE void loss_row_of(const LossArgs& args, std::size_t row, Vocab vocab, Padded padded) {
  const F32 d;
  float* HWY_RESTRICT logits = args.logits + row * padded;
  auto* d_logits = static_cast<E*>(args.d_logits);
  if (d_logits != nullptr) d_logits += row * padded;
  const Token target = args.targets[row];
  if (target == kIgnoredToken) {
    args.losses[row] = 0;
    if (d_logits != nullptr)
      for (std::size_t i = 0; i < padded; i += kLanes) store(hn::Zero(d), d_logits + i);
    return;
  }
  const float target_logit = logits[target], smoothing = args.options.label_smoothing;
  const float mean_logit = smoothing == 0 ? 0 : sum_of(logits, vocab) / static_cast<float>(std::size_t{vocab});
  for (std::size_t i = vocab; i < padded; ++i) logits[i] = -1e30f;
  V max = load_f32(logits);
  for (std::size_t i = kLanes; i < padded; i += kLanes) max = hn::Max(max, load_f32(logits + i));
  const float highest = hn::ReduceMax(d, max);
  const V shift = hn::Set(d, highest);
  V sum = hn::Zero(d);
  for (std::size_t i = 0; i < padded; i += kLanes) {
    const V e = exp_f32(hn::Sub(load_f32(logits + i), shift));
    sum = hn::Add(sum, e);
    store(e, logits + i);
  }
  const float total = hn::ReduceSum(d, sum), log_total = std::log(total);
  const float slope = 2 * args.options.z_loss * (log_total + highest);  // of z_loss to log Z
  args.losses[row] = log_total - (target_logit - highest) + smoothing * (target_logit - mean_logit) +
                     0.5f * slope * (log_total + highest);
  if (d_logits == nullptr) return;
  const float factor = args.scale * (1 + slope) / total;
  const float uniform = args.scale * smoothing / static_cast<float>(std::size_t{vocab});
  logits[target] -= total;  // p - 1 after the division
  const float of_target = logits[target] * factor - uniform + args.scale * (slope + smoothing);
  for (std::size_t i = 0; i < padded; i += kLanes)
    store(hn::Sub(hn::Mul(load_f32(logits + i), hn::Set(d, factor)), hn::Set(d, uniform)), d_logits + i);
  d_logits[target] = E(of_target);
  if (uniform != 0)
    for (std::size_t i = vocab; i < padded; ++i) d_logits[i] = E(0.0f);
}

template <LossShape kShape>
void loss_row(const LossArgs& args, std::size_t row) {
  loss_row_of<ElementType<kShape.gradient>>(args, row, std::integral_constant<std::size_t, kShape.vocab>(),
                                            std::integral_constant<std::size_t, kShape.padded>());
}

// ---- kernels whose extents are arguments; n and cols are multiples of 32

template <class E>
void column_sum(const E* x, std::size_t rows, std::size_t stride, std::size_t cols, float* out) {
  constexpr std::size_t kVectors = kWidthQuantum / kLanes;
  for (std::size_t col = 0; col < cols; col += kWidthQuantum) {
    V sum[kVectors];
    HWY_UNROLL(8) for (std::size_t j = 0; j < kVectors; ++j) sum[j] = load_f32(out + col + j * kLanes);
    for (std::size_t row = 0; row < rows; ++row)
      HWY_UNROLL(8) for (std::size_t j = 0; j < kVectors; ++j)
        sum[j] = hn::Add(sum[j], load_f32(x + row * stride + col + j * kLanes));
    HWY_UNROLL(8) for (std::size_t j = 0; j < kVectors; ++j) store(sum[j], out + col + j * kLanes);
  }
}

template <class E>
void scaled_column_sum(const E* x, const float* factors, std::size_t rows, std::size_t stride, std::size_t cols,
                       float* out) {
  for (std::size_t row = 0; row < rows; ++row) {
    const V factor = hn::Set(F32(), factors[row]);
    for (std::size_t c = 0; c < cols; c += kLanes)
      store(hn::MulAdd(factor, load_f32(x + row * stride + c), load_f32(out + c)), out + c);
  }
}

template <class E>
void narrow(const float* HWY_RESTRICT x, E* HWY_RESTRICT y, std::size_t n) {
  for (std::size_t i = 0; i < n; i += kLanes) store(load_f32(x + i), y + i);
}

inline void add(const float* x, const float* z, float* y, std::size_t n) {
  for (std::size_t i = 0; i < n; i += kLanes) store(hn::Add(load_f32(x + i), load_f32(z + i)), y + i);
}

inline void dropout(const float* x, const float* skip, float* y, std::size_t first, std::size_t n,
                    std::uint32_t key, std::uint32_t p) {
  for (std::size_t i = first; i < first + n; i += kLanes) {
    V v = hn::Mul(load_f32(x + i), dropout_mask(key, static_cast<std::uint32_t>(i), p));
    if (skip != nullptr) v = hn::Add(v, load_f32(skip + i));
    store(v, y + i);
  }
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_ROWS_INL
