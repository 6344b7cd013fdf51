// Causal self-attention, forward and backward, one (sequence, key/value head) a task. Scores exist for one
// block of queries at a time; backward recomputes them from the saved log-sum-exp, so memory grows linearly
// with the context (Dao et al. 2022, arXiv:2205.14135). Included once per target.
#if defined(DIECAST_ATTENTION_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_ATTENTION_INL
#undef DIECAST_ATTENTION_INL
#else
#define DIECAST_ATTENTION_INL
#endif

#include <cmath>

#include <diecast/core/element.hpp>
#include <diecast/core/random.hpp>
#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/table.hpp>

#include "kernels/math-inl.hpp"
#include "kernels/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

// ---- small f32 products in cache

enum class Store { overwrite, accumulate };

// Columns [col, col + kNv vectors) of c (rows, n) = a b, where element (i, s) of a is at i * a_row + s * a_step.
template <Store kStore, std::size_t kNv>
HWY_INLINE void small_gemm_panel(std::size_t rows, std::size_t depth, const float* a, std::size_t a_row,
                                 std::size_t a_step, const float* b, std::size_t ldb, float* c, std::size_t ldc) {
  constexpr std::size_t kMr = 4;  // rows are a multiple of it
  for (std::size_t i = 0; i < rows; i += kMr) {
    Accumulators<kMr, kNv> acc;
    acc.clear();
    multiply(a + i * a_row, a_row, a_step, b, ldb, depth, acc);
    HWY_UNROLL(16) for (std::size_t r = 0; r < kMr; ++r) {
      float* out = c + (i + r) * ldc;
      HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j) {
        V v = acc.v[r][j];
        if constexpr (kStore == Store::accumulate) v = hn::Add(v, load_f32(out + j * kLanes));
        store(v, out + j * kLanes);
      }
    }
  }
}

// c (rows, cols) = a b with cols a multiple of the vector.
template <Store kStore>
HWY_INLINE void small_gemm(std::size_t rows, std::size_t cols, std::size_t depth, const float* a,
                           std::size_t a_row, std::size_t a_step, const float* b, std::size_t ldb, float* c,
                           std::size_t ldc) {
  std::size_t col = 0;
  for (; col + kPanel <= cols; col += kPanel)
    small_gemm_panel<kStore, kTileVectors>(rows, depth, a, a_row, a_step, b + col, ldb, c + col, ldc);
  for (; col < cols; col += kLanes)
    small_gemm_panel<kStore, 1>(rows, depth, a, a_row, a_step, b + col, ldb, c + col, ldc);
}

// ---- moving heads between the fused rows and scratch

// out (T, D) = one head's columns of the fused rows, rotated by RoPE where `rope` is given.
template <std::size_t kDim, class E>
HWY_INLINE void load_head(const E* in, std::size_t stride, std::size_t rows, const float* rope, float* out) {
  constexpr std::size_t kHalf = kDim / 2;
  for (std::size_t t = 0; t < rows; ++t, in += stride, out += kDim) {
    if (rope == nullptr) {
      for (std::size_t i = 0; i < kDim; i += kLanes) store(load_f32(in + i), out + i);
    } else {
      const float* angle = rope + t * kDim;
      for (std::size_t i = 0; i < kHalf; ++i) {
        const float c = angle[i], s = angle[kHalf + i];
        const float a = in[i], b = in[kHalf + i];
        out[i] = a * c - b * s;
        out[kHalf + i] = b * c + a * s;
      }
    }
  }
}

// The reverse: rotation is undone, which is the transposed rotation.
template <std::size_t kDim, class E>
HWY_INLINE void store_head(const float* in, std::size_t rows, const float* rope, E* out, std::size_t stride) {
  constexpr std::size_t kHalf = kDim / 2;
  for (std::size_t t = 0; t < rows; ++t, in += kDim, out += stride) {
    if (rope == nullptr) {
      for (std::size_t i = 0; i < kDim; i += kLanes) store(load_f32(in + i), out + i);
    } else {
      const float* angle = rope + t * kDim;
      for (std::size_t i = 0; i < kHalf; ++i) {
        const float c = angle[i], s = angle[kHalf + i];
        out[i] = E(in[i] * c + in[kHalf + i] * s);
        out[kHalf + i] = E(in[kHalf + i] * c - in[i] * s);
      }
    }
  }
}

// out (D, ld) = transpose of in (T, D); columns from `rows` to ld become zero.
template <std::size_t kDim>
HWY_INLINE void transpose(const float* in, std::size_t rows, float* out, std::size_t ld) {
  const F32 d;
  const hn::RebindToSigned<F32> di;
  const auto index = hn::Mul(hn::Iota(di, 0), hn::Set(di, static_cast<std::int32_t>(kDim)));
  for (std::size_t t = 0; t < ld; t += kLanes) {
    const auto valid = hn::FirstN(d, rows > t ? rows - t : 0);
    for (std::size_t i = 0; i < kDim; ++i)
      store(hn::MaskedGatherIndex(valid, d, in + t * kDim + i, index), out + i * ld + t);
  }
}

HWY_INLINE void fill_zero(float* p, std::size_t n) {
  for (std::size_t i = 0; i < n; i += kLanes) store(hn::Zero(F32()), p + i);
}

// ---- the layout of a thread's scratch

template <AttentionShape kShape>
struct AttentionScratch {
  static constexpr std::size_t kT = padded_keys(kShape.seq_len);
  static constexpr std::size_t kD = kShape.head_dim;
  float *keys, *keys_t, *values, *values_t, *d_keys, *d_values;  // (T, D), transposed (D, T)
  float *q, *d_out, *d_q;                                        // (query block, D)
  float *scores, *d_scores;                                      // (query block, T)
  float* delta;                                                  // (query block)

  explicit AttentionScratch(float* p) {
    constexpr auto sizes = attention_scratch_blocks(kShape);
    float** const blocks[sizes.size()] = {&keys, &keys_t, &values, &values_t, &d_keys,   &d_values,
                                          &q,    &d_out,  &d_q,    &scores,   &d_scores, &delta};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      *blocks[i] = p;
      p += sizes[i];
    }
  }
};

// One query head's place in the shape and in the dropout stream.
template <AttentionShape kShape>
struct Head {
  std::size_t batch, query_head;

  std::size_t row(std::size_t t) const { return batch * kShape.seq_len + t; }
  std::uint32_t dropout_row_key(std::uint32_t key, std::size_t t) const {
    const auto row = static_cast<std::uint32_t>((batch * kShape.n_heads + query_head) * kShape.seq_len + t);
    return diecast::mix32(key ^ diecast::mix32(row));
  }
};

inline constexpr float kMasked = -1e30f;

// Scaled scores of query block `first`, masked beyond the diagonal up to `limit`. Rows past the sequence's
// end are computed on zero queries and never used.
template <AttentionShape kShape>
HWY_INLINE void block_scores(AttentionScratch<kShape>& s, std::size_t first, std::size_t limit) {
  using Scratch = AttentionScratch<kShape>;
  small_gemm<Store::overwrite>(kQueryBlock, limit, Scratch::kD, s.q, Scratch::kD, 1, s.keys_t, Scratch::kT, s.scores,
                               Scratch::kT);
  for (std::size_t i = 0; i < kQueryBlock; ++i)
    for (std::size_t j = first + i + 1; j < limit; ++j) s.scores[i * Scratch::kT + j] = kMasked;
}

template <AttentionShape kShape, class E>
HWY_INLINE std::size_t load_queries(const E* qkv, const Head<kShape>& head, const float* rope, std::size_t first,
                                    float* q) {
  constexpr std::size_t kD = kShape.head_dim;
  const std::size_t rows = kShape.seq_len - first < kQueryBlock ? kShape.seq_len - first : kQueryBlock;
  load_head<kD>(qkv + head.row(first) * kShape.width() + head.query_head * kD, kShape.width(), rows,
                rope == nullptr ? nullptr : rope + first * kD, q);
  const V scale = hn::Set(F32(), 1.0f / std::sqrt(static_cast<float>(kD)));
  for (std::size_t i = 0; i < rows * kD; i += kLanes) store(hn::Mul(load_f32(q + i), scale), q + i);
  fill_zero(q + rows * kD, (kQueryBlock - rows) * kD);
  return rows;
}

template <AttentionShape kShape>
void attention_forward(const AttentionArgs& args, std::size_t task) {
  using E = ElementType<kShape.operands>;
  using Scratch = AttentionScratch<kShape>;
  constexpr std::size_t kT = Scratch::kT, kD = Scratch::kD, kGroup = kShape.n_heads / kShape.n_kv_heads;
  const F32 d;
  const E* qkv = static_cast<const E*>(args.qkv);
  E* out = static_cast<E*>(args.out);
  const float* rope = kShape.rope ? args.rope : nullptr;
  const std::size_t batch = task / kShape.n_kv_heads, kv_head = task % kShape.n_kv_heads;
  Scratch s(args.scratch);

  const E* first_row = qkv + batch * kShape.seq_len * kShape.width();
  const E* key_columns = first_row + (kShape.n_heads + kv_head) * kD;
  load_head<kD>(key_columns, kShape.width(), kShape.seq_len, rope, s.keys);
  load_head<kD>(key_columns + kShape.n_kv_heads * kD, kShape.width(), kShape.seq_len, nullptr, s.values);
  fill_zero(s.values + kShape.seq_len * kD, (kT - kShape.seq_len) * kD);
  transpose<kD>(s.keys, kShape.seq_len, s.keys_t, kT);

  for (std::size_t g = 0; g < kGroup; ++g) {
    const Head<kShape> head{batch, kv_head * kGroup + g};
    for (std::size_t first = 0; first < kShape.seq_len; first += kQueryBlock) {
      const std::size_t rows = load_queries<kShape>(qkv, head, rope, first, s.q);
      const std::size_t limit = padded_keys(first + rows);
      block_scores(s, first, limit);
      for (std::size_t i = 0; i < rows; ++i) {
        float* row = s.scores + i * kT;
        V max = load_f32(row);
        for (std::size_t j = kLanes; j < limit; j += kLanes) max = hn::Max(max, load_f32(row + j));
        const float highest = hn::ReduceMax(d, max);
        const V shift = hn::Set(d, highest);
        V sum = hn::Zero(d);
        for (std::size_t j = 0; j < limit; j += kLanes) {
          const V e = exp_f32(hn::Sub(load_f32(row + j), shift));
          sum = hn::Add(sum, e);
          store(e, row + j);
        }
        const float total = hn::ReduceSum(d, sum);
        args.log_sum_exp[(batch * kShape.n_heads + head.query_head) * kShape.seq_len + first + i] =
            highest + std::log(total);
        const V inverse = hn::Set(d, 1.0f / total);
        const std::uint32_t key = head.dropout_row_key(args.dropout_key, first + i);
        for (std::size_t j = 0; j < limit; j += kLanes) {
          V p = hn::Mul(load_f32(row + j), inverse);
          if constexpr (kShape.dropout != 0)
            if (args.training) p = hn::Mul(p, dropout_mask(key, static_cast<std::uint32_t>(j), kShape.dropout));
          store(p, row + j);
        }
      }
      small_gemm<Store::overwrite>(kQueryBlock, kD, limit, s.scores, kT, 1, s.values, kD, s.d_q, kD);
      store_head<kD>(s.d_q, rows, nullptr, out + head.row(first) * kShape.out_width() + head.query_head * kD,
                     kShape.out_width());
    }
  }
}

// With p the weights and dp = do vᵀ: ds = p (dp - sum_j p dp), and sum_j p dp = do . o.
template <AttentionShape kShape>
void attention_backward(const AttentionArgs& args, std::size_t task) {
  using E = ElementType<kShape.operands>;
  using Scratch = AttentionScratch<kShape>;
  constexpr std::size_t kT = Scratch::kT, kD = Scratch::kD, kGroup = kShape.n_heads / kShape.n_kv_heads;
  const F32 d;
  const E* qkv = static_cast<const E*>(args.qkv);
  const E* out = static_cast<const E*>(args.out);
  const E* d_out = static_cast<const E*>(args.d_out);
  E* d_qkv = static_cast<E*>(args.d_qkv);
  const float* rope = kShape.rope ? args.rope : nullptr;
  const std::size_t batch = task / kShape.n_kv_heads, kv_head = task % kShape.n_kv_heads;
  Scratch s(args.scratch);

  const std::size_t key_offset = batch * kShape.seq_len * kShape.width() + (kShape.n_heads + kv_head) * kD;
  const std::size_t value_offset = key_offset + kShape.n_kv_heads * kD;
  load_head<kD>(qkv + key_offset, kShape.width(), kShape.seq_len, rope, s.keys);
  fill_zero(s.keys + kShape.seq_len * kD, (kT - kShape.seq_len) * kD);
  load_head<kD>(qkv + value_offset, kShape.width(), kShape.seq_len, nullptr, s.values);
  transpose<kD>(s.keys, kShape.seq_len, s.keys_t, kT);
  transpose<kD>(s.values, kShape.seq_len, s.values_t, kT);
  fill_zero(s.d_keys, kT * kD);
  fill_zero(s.d_values, kT * kD);

  for (std::size_t g = 0; g < kGroup; ++g) {
    const Head<kShape> head{batch, kv_head * kGroup + g};
    for (std::size_t first = 0; first < kShape.seq_len; first += kQueryBlock) {
      const std::size_t rows = load_queries<kShape>(qkv, head, rope, first, s.q);
      const std::size_t limit = padded_keys(first + rows);
      const std::size_t at = head.row(first) * kShape.out_width() + head.query_head * kD;
      load_head<kD>(out + at, kShape.out_width(), rows, nullptr, s.d_q);
      load_head<kD>(d_out + at, kShape.out_width(), rows, nullptr, s.d_out);
      fill_zero(s.d_out + rows * kD, (kQueryBlock - rows) * kD);
      for (std::size_t i = 0; i < rows; ++i) {
        V dot = hn::Zero(d);
        for (std::size_t c = i * kD; c < (i + 1) * kD; c += kLanes)
          dot = hn::MulAdd(load_f32(s.d_q + c), load_f32(s.d_out + c), dot);
        s.delta[i] = hn::ReduceSum(d, dot);
      }
      block_scores(s, first, limit);
      small_gemm<Store::overwrite>(kQueryBlock, limit, kD, s.d_out, kD, 1, s.values_t, kT, s.d_scores, kT);
      for (std::size_t i = 0; i < kQueryBlock; ++i) {
        float* p_row = s.scores + i * kT;
        float* ds_row = s.d_scores + i * kT;
        if (i >= rows) {
          fill_zero(p_row, limit);
          fill_zero(ds_row, limit);
          continue;
        }
        const V lse = hn::Set(
            d, args.log_sum_exp[(batch * kShape.n_heads + head.query_head) * kShape.seq_len + first + i]);
        const V delta = hn::Set(d, s.delta[i]);
        const std::uint32_t key = head.dropout_row_key(args.dropout_key, first + i);
        for (std::size_t j = 0; j < limit; j += kLanes) {
          const V p = exp_f32(hn::Sub(load_f32(p_row + j), lse));
          V mask = hn::Set(d, 1.0f);
          if constexpr (kShape.dropout != 0)
            if (args.training) mask = dropout_mask(key, static_cast<std::uint32_t>(j), kShape.dropout);
          store(hn::Mul(p, hn::MulSub(load_f32(ds_row + j), mask, delta)), ds_row + j);
          store(hn::Mul(p, mask), p_row + j);
        }
      }
      small_gemm<Store::accumulate>(limit, kD, kQueryBlock, s.scores, 1, kT, s.d_out, kD, s.d_values, kD);
      small_gemm<Store::accumulate>(limit, kD, kQueryBlock, s.d_scores, 1, kT, s.q, kD, s.d_keys, kD);
      small_gemm<Store::overwrite>(kQueryBlock, kD, limit, s.d_scores, kT, 1, s.keys, kD, s.d_q, kD);
      const V scale = hn::Set(d, 1.0f / std::sqrt(static_cast<float>(kD)));
      for (std::size_t c = 0; c < rows * kD; c += kLanes) store(hn::Mul(load_f32(s.d_q + c), scale), s.d_q + c);
      store_head<kD>(s.d_q, rows, rope == nullptr ? nullptr : rope + first * kD,
                     d_qkv + head.row(first) * kShape.width() + head.query_head * kD, kShape.width());
    }
  }
  store_head<kD>(s.d_keys, kShape.seq_len, rope, d_qkv + key_offset, kShape.width());
  store_head<kD>(s.d_values, kShape.seq_len, nullptr, d_qkv + value_offset, kShape.width());
}

// ---- generation: one query against the cache

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
  load_head<kD>(qkv + (kShape.n_heads + kv_head) * kD, 0, 1, rope, keys + args.position * kStride);
  load_head<kD>(qkv + (kShape.n_heads + kShape.n_kv_heads + kv_head) * kD, 0, 1, nullptr,
                values + args.position * kStride);
  for (std::size_t g = 0; g < kGroup; ++g) {
    const std::size_t head = kv_head * kGroup + g;
    float* scores = args.scores + head * kShape.seq_len;
    HWY_ALIGN float q[kD];
    HWY_ALIGN float sum[kD];
    load_head<kD>(qkv + head * kD, 0, 1, rope, q);
    float highest = kMasked;
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

#endif  // DIECAST_ATTENTION_INL
