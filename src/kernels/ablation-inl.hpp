// The step's kernels without what makes them fast, for the benchmark: extents at run time, one operation a pass.
// Included once per target.
#if defined(DIECAST_ABLATION_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_ABLATION_INL
#undef DIECAST_ABLATION_INL
#else
#define DIECAST_ABLATION_INL
#endif

#include <cmath>

#include <diecast/kernels/ablation.hpp>

#include "kernels/gemm-inl.hpp"
#include "kernels/math-inl.hpp"
#include "kernels/rows-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

// ---- c = a b (+ bias) (+ skip)

template <std::size_t kNv>
struct PlainResultTiles {
  static constexpr std::size_t kLastRows = 1;
  const GemmShape& shape;
  const GemmArgs& args;
  std::size_t col;

  float* result(std::size_t row) const { return static_cast<float*>(args.c) + row * shape.n + col; }
  const float* skip(std::size_t row) const { return args.skip + row * shape.n + col; }

  template <std::size_t kMr>
  HWY_INLINE void prefetch(std::size_t row) const {
    prefetch_tile<kMr, kNv>(result(row), shape.n);
    if (shape.skip) prefetch_tile<kMr, kNv>(skip(row), shape.n);
  }
  template <std::size_t kMr>
  HWY_INLINE void finish(Accumulators<kMr, kNv>& acc, std::size_t row) const {
    const auto add = [&](const float* from, std::size_t stride) HWY_ATTR {
      HWY_UNROLL(16) for (std::size_t i = 0; i < kMr; ++i)
        HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j)
          acc.v[i][j] = hn::Add(acc.v[i][j], load_f32(from + i * stride + j * kLanes));
    };
    if (shape.bias) add(args.bias + col, 0);
    if (shape.skip) add(skip(row), shape.n);
    acc.store_to(result(row), shape.n);
  }
};

template <class E, std::size_t kNv>
HWY_INLINE void plain_panel(const GemmShape& s, const GemmArgs& args, Range rows, std::size_t col) {
  multiply_panel<kNv>(static_cast<const E*>(args.a), static_cast<const E*>(args.b) + col * s.k, s.k, rows,
                      PlainResultTiles<kNv>{s, args, col});
}

template <class E>
void plain_gemm(const GemmShape& s, const GemmArgs& args, std::size_t task) {
  const GemmGrid g = vector_gemm_grid(s.with_rows(args.rows));
  const Range rows = block(task / g.col_blocks, g.row_block, args.rows);
  const Range cols = block(task % g.col_blocks, g.col_block, s.n);
  std::size_t col = cols.begin;
  for (; col + kPanel <= cols.end; col += kPanel) plain_panel<E, kTileVectors>(s, args, rows, col);
  // n is a multiple of 32: what is left is half a panel of the widest vectors.
  if constexpr (kPanel > kWidthQuantum)
    if (col < cols.end) plain_panel<E, kWidthQuantum / kLanes>(s, args, rows, col);
}

inline void add_bias(const GemmShape& s, const GemmArgs& args, std::size_t task) {
  const Range rows = block(task, kRowBlock, args.rows);
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    float* c = static_cast<float*>(args.c) + row * s.n;
    for (std::size_t i = 0; i < s.n; i += kLanes) {
      V v = hn::Add(load_f32(c + i), load_f32(args.bias + i));
      if (s.skip) v = hn::Add(v, load_f32(args.skip + row * s.n + i));
      store(v, c + i);
    }
  }
}

// ---- norm, loss, packing

template <class E>
void plain_norm(const NormShape& s, const NormArgs& args, std::size_t task) {
  norm_forward_task<Norm::layer_norm, E, true>(args, task, s.width);
}

template <class E>
void plain_loss(const LossShape& s, const LossArgs& args, std::size_t row) {
  loss_row_of<E>(args, row, s.vocab, s.padded);
}

template <class E>
void plain_pack(const PackShape& s, const PackArgs& args, std::size_t task) {
  pack_activation_task<PackOp::left, E, kLeftPanel>(args, task, s.cols);
}

// ---- attention

// A thread's scratch; T is padded to whole panels.
template <class E>
struct PlainAttentionScratch {
  float* scores;  // (T, T), later (T, D)
  E* weights;     // (T, T)
  E* keys_t;      // [D / pair][T][pair]
  E* values;      // [T / pair][D][pair]
  E* queries;     // (T, D)

  PlainAttentionScratch(const AttentionShape& s, float* p) {
    const std::size_t t = padded_keys(s.seq_len);
    scores = p;
    weights = reinterpret_cast<E*>(scores + t * (t > s.head_dim ? t : s.head_dim));
    keys_t = weights + t * t;
    values = keys_t + t * s.head_dim;
    queries = values + t * s.head_dim;
  }
};

// c (rows, cols) = a (rows, steps pairs) b, of whole tiles.
template <std::size_t kMr, std::size_t kNv, class E>
HWY_INLINE void plain_product(const E* a, std::size_t a_row, const E* b, std::size_t rows, std::size_t cols,
                              std::size_t steps, float* c) {
  for (std::size_t col = 0; col < cols; col += kNv * kLanes) {
    for (std::size_t row = 0; row < rows; row += kMr) {
      Accumulators<kMr, kNv> acc;
      acc.clear();
      multiply(a + row * a_row, a_row, kPair<E>, b + col * kPair<E>, cols * kPair<E>, steps, acc);
      HWY_UNROLL(16) for (std::size_t i = 0; i < kMr; ++i)
        HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j)
          store(acc.v[i][j], c + (row + i) * cols + col + j * kLanes);
    }
  }
}

// Row q of the weights: the softmax of its first q + 1 scores, zeros behind.
template <class E>
HWY_INLINE float plain_softmax(float* scores, std::size_t query, std::size_t padded, float scale, E* weights) {
  const F32 d;
  for (std::size_t i = query + 1; i < padded; ++i) scores[i] = -1e30f;
  V max = load_f32(scores);
  for (std::size_t i = kLanes; i < padded; i += kLanes) max = hn::Max(max, load_f32(scores + i));
  const float highest = hn::ReduceMax(d, max) * scale;
  V sum = hn::Zero(d);
  for (std::size_t i = 0; i < padded; i += kLanes) {
    const V e = exp_f32(hn::MulSub(load_f32(scores + i), hn::Set(d, scale), hn::Set(d, highest)));
    sum = hn::Add(sum, e);
    store(e, scores + i);
  }
  const float total = hn::ReduceSum(d, sum);
  const V inverse = hn::Set(d, 1.0f / total);
  for (std::size_t i = 0; i < padded; i += kLanes) store(hn::Mul(load_f32(scores + i), inverse), weights + i);
  return highest + std::log(total);
}

// One head's rows out of the fused ones, in the three layouts that its products read; zeros behind the last row.
template <class E>
HWY_INLINE void plain_load(const AttentionShape& s, const E* rows, std::size_t head, std::size_t kv_head,
                           const PlainAttentionScratch<E>& to) {
  const F32 d;
  const std::size_t width = s.head_dim, padded = padded_keys(s.seq_len);
  const auto load = [&](std::size_t t, std::size_t column) HWY_ATTR {
    return t < s.seq_len ? load_f32(rows + t * s.width() + column) : hn::Zero(d);
  };
  const std::size_t keys = (s.n_heads + kv_head) * width, values = keys + s.n_kv_heads * width;
  for (std::size_t t = 0; t < padded; t += 2) {
    for (std::size_t i = 0; i < width; i += kLanes) {
      store(load(t, head * width + i), to.queries + t * width + i);
      store(load(t + 1, head * width + i), to.queries + (t + 1) * width + i);
      store_pairs(load(t, values + i), load(t + 1, values + i), to.values + t * width + i * kPair<E>, width);
    }
  }
  for (std::size_t t = 0; t < padded; ++t)
    for (std::size_t i = 0; i < width; i += kPair<E>)
      for (std::size_t j = 0; j < kPair<E>; ++j)
        to.keys_t[i * padded + t * kPair<E> + j] = t < s.seq_len ? rows[t * s.width() + keys + i + j] : E(0.0f);
}

template <class E>
void plain_attention(const AttentionShape& s, const AttentionArgs& args, std::size_t task) {
  const std::size_t batch = task / s.n_kv_heads, kv_head = task % s.n_kv_heads, group = s.n_heads / s.n_kv_heads;
  const std::size_t d = s.head_dim, padded = padded_keys(s.seq_len);
  const PlainAttentionScratch<E> scratch(s, args.scratch);
  const float scale = 1.0f / std::sqrt(static_cast<float>(d));
  for (std::size_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
    plain_load(s, static_cast<const E*>(args.qkv) + batch * s.seq_len * s.width(), head, kv_head, scratch);
    plain_product<4, kTileVectors>(scratch.queries, d, scratch.keys_t, padded, padded, d / kPair<E>, scratch.scores);
    for (std::size_t t = 0; t < s.seq_len; ++t)
      args.log_sum_exp[(batch * s.n_heads + head) * s.seq_len + t] =
          plain_softmax(scratch.scores + t * padded, t, padded, scale, scratch.weights + t * padded);
    // The scores are no longer needed: their place takes the result.
    plain_product<8, 1>(scratch.weights, padded, scratch.values, padded, d, padded / kPair<E>, scratch.scores);
    for (std::size_t t = 0; t < s.seq_len; ++t) {
      E* out = static_cast<E*>(args.out) + (batch * s.seq_len + t) * s.out_width() + head * d;
      for (std::size_t i = 0; i < d; i += kLanes) store(load_f32(scratch.scores + t * d + i), out + i);
    }
  }
}

template <class E>
constexpr AblationKernels ablation_table() {
  return {&plain_gemm<E>, &add_bias, &plain_norm<E>, &plain_loss<E>, &plain_pack<E>, &plain_attention<E>};
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_ABLATION_INL
