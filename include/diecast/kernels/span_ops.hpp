#pragma once

#include <cstddef>
#include <string_view>

namespace diecast {

/// One AdamW step's constants (Loshchilov, Hutter 2019, arXiv:1711.05101). Bias corrections are folded in:
/// p -= lr * weight_decay * p + step_size * m / (sqrt(v) * inv_sqrt_correction + eps).
struct AdamWStep {
  float grad_scale;           ///< multiplies every gradient first (clipping, and the loss scale)
  float beta1, beta2, eps;
  float step_size;            ///< lr / (1 - beta1^t)
  float inv_sqrt_correction;  ///< 1 / sqrt(1 - beta2^t)
  float decay;                ///< lr * weight_decay, 0 where it does not apply
};

/// Shape-free kernels of one Highway target. They take any length and run on the caller's thread.
struct SpanOps {
  /// Leaves `grad` zero: for the next step to add to, while it is in the caches.
  void (*adamw)(const AdamWStep& step, float* param, float* grad, float* m, float* v, std::size_t n);
  double (*sum_of_squares)(const float* x, std::size_t n);
  void (*fill)(float* x, float value, std::size_t n);
  /// out = x + scale y past the caches; the three begin at multiples of 64 bytes.
  void (*triad)(const float* x, const float* y, float scale, float* out, std::size_t n);
};

/// The kernels of `target` ("AVX2", ...; empty: the best this machine has). Throws Error on an unknown one.
const SpanOps& span_ops(std::string_view target = {});

}  // namespace diecast
