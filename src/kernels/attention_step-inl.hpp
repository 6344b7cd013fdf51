// Attention in generation: one query against the keys and values seen so far. Included once per target.
#if defined(DIECAST_ATTENTION_STEP_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_ATTENTION_STEP_INL
#undef DIECAST_ATTENTION_STEP_INL
#else
#define DIECAST_ATTENTION_STEP_INL
#endif

#include <cmath>

#include "kernels/attention_parts-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

template <AttentionShape kShape>
void attention_step(const AttentionStepArgs& args, std::size_t kv_head) {
  using E = ElementType<kShape.operands>;
  constexpr std::size_t kD = kShape.head_dim, kGroup = kShape.n_heads / kShape.n_kv_heads;
  constexpr std::size_t kStride = kShape.n_kv_heads * kD;
  const F32 d;
  const E* qkv = static_cast<const E*>(args.qkv);
  E* out = static_cast<E*>(args.out);
  const float* rope = kShape.rope ? args.rope + args.position * kD : nullptr;
  const std::size_t count = args.position + 1;
  float* keys = args.keys + kv_head * kD;
  float* values = args.values + kv_head * kD;
  move_row<kD, 1>(qkv + (kShape.n_heads + kv_head) * kD, rope, keys + args.position * kStride);
  move_row<kD, 1>(qkv + (kShape.n_heads + kShape.n_kv_heads + kv_head) * kD, nullptr, values + args.position * kStride);
  for (std::size_t g = 0; g < kGroup; ++g) {
    const std::size_t head = kv_head * kGroup + g;
    float* scores = args.scores + head * kShape.seq_len;
    HWY_ALIGN float q[kD];
    HWY_ALIGN float sum[kD];
    move_row<kD, 1>(qkv + head * kD, rope, q);
    float highest = -1e30f;
    for (std::size_t t = 0; t < count; ++t) {
      V dot = hn::Zero(d);
      for (std::size_t c = 0; c < kD; c += kLanes)
        dot = hn::MulAdd(load_f32(q + c), load_f32(keys + t * kStride + c), dot);
      scores[t] = hn::ReduceSum(d, dot) / std::sqrt(static_cast<float>(kD));
      highest = scores[t] > highest ? scores[t] : highest;
    }
    fill_zero(sum, kD);
    float total = 0;
    for (std::size_t t = 0; t < count; ++t) {
      const float p = std::exp(scores[t] - highest);
      total += p;
      for (std::size_t c = 0; c < kD; c += kLanes)
        store(hn::MulAdd(hn::Set(d, p), load_f32(values + t * kStride + c), load_f32(sum + c)), sum + c);
    }
    const V inverse = hn::Set(d, 1.0f / total);
    for (std::size_t c = 0; c < kD; c += kLanes)
      store(hn::Mul(load_f32(sum + c), inverse), out + head * kD + c);
  }
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_ATTENTION_STEP_INL
