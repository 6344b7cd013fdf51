#pragma once

#include <cstddef>
#include <cstdint>
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

/// One Lion step's constants (Chen et al. 2023, arXiv:2302.06675):
/// p -= decay p + step_size sign(beta1 m + (1 - beta1) g), then m = beta2 m + (1 - beta2) g.
struct LionStep {
  float grad_scale;
  float beta1, beta2;
  float step_size;  ///< lr
  float decay;      ///< lr * weight_decay
};

/// One step's constants of SGD with momentum: m = momentum m + g + decay p, then p -= step_size m.
struct SgdStep {
  float grad_scale;
  float momentum;
  float step_size;  ///< lr
  float decay;      ///< weight_decay: part of the gradient, so the rate comes later
};

/// Normal numbers, each a function of the keys and its element's index: its radius and its angle (Box, Muller 1958)
/// are of mix32(index ^ key).
struct NoiseDraw {
  float deviation;
  std::uint32_t radius_key, angle_key;
};

/// c = base_factor base + factor a b, of extents known at run time. Element (i, k) of a is at a + i a_row + k a_step;
/// rows of b, of c and of base are `stride` apart. base may be nullptr; c overlaps with none of the others.
struct ProductArgs {
  const float* a;
  std::size_t a_row, a_step;
  const float* b;
  const float* base;
  float* c;
  float base_factor, factor;
  std::size_t stride;
  std::size_t depth;  ///< the reduced extent
};

/// A block of a product's result; columns begin and end at multiples of 32.
struct ProductBlock {
  std::size_t row_begin, row_end, col_begin, col_end;
};

/// Shape-free kernels of one Highway target. They take any length and run on the caller's thread.
struct SpanOps {
  /// Leaves `grad` zero: for the next step to add to, while it is in the caches.
  void (*adamw)(const AdamWStep& step, float* param, float* grad, float* m, float* v, std::size_t n);
  void (*lion)(const LionStep& step, float* param, float* grad, float* m, std::size_t n);
  void (*sgd)(const SgdStep& step, float* param, float* grad, float* m, std::size_t n);
  /// m = momentum m + grad_scale grad, then grad = momentum m + grad_scale grad: Nesterov's look ahead.
  void (*look_ahead)(float grad_scale, float momentum, float* grad, float* m, std::size_t n);
  /// param -= decay param + step_size direction; the direction becomes zero.
  void (*descend)(float decay, float step_size, float* param, float* direction, std::size_t n);
  /// mean += share (x - mean)
  void (*approach)(float share, const float* x, float* mean, std::size_t n);
  /// `index` is that of the first element.
  void (*add_noise)(const NoiseDraw& draw, std::uint32_t index, float* x, std::size_t n);
  void (*product)(const ProductArgs& args, const ProductBlock& block);
  /// out = factor inᵀ; in has so many rows and columns, in_stride elements apart.
  void (*transpose)(float factor, const float* in, std::size_t in_stride, std::size_t rows, std::size_t cols,
                    float* out, std::size_t out_stride);
  double (*sum_of_squares)(const float* x, std::size_t n);
  void (*fill)(float* x, float value, std::size_t n);
  /// out = x + scale y past the caches; the three begin at multiples of 64 bytes.
  void (*triad)(const float* x, const float* y, float scale, float* out, std::size_t n);
};

/// The kernels of `target` ("AVX2", ...; empty: the best this machine has). Throws Error on an unknown one.
const SpanOps& span_ops(std::string_view target = {});

}  // namespace diecast
