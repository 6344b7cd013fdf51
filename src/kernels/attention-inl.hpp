// Causal self-attention, forward and backward, one (sequence, key/value head) a task. Scores exist for one block
// of queries and keys at a time: forward keeps a running maximum and sum, backward recomputes the weights from
// the saved log-sum-exp, so memory grows linearly with the context (Dao et al. 2022, arXiv:2205.14135). Blocks are
// held transposed, (keys, queries): what belongs to a query is then a lane, and no sum runs across lanes.
// Included once per target.
#if defined(DIECAST_ATTENTION_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_ATTENTION_INL
#undef DIECAST_ATTENTION_INL
#else
#define DIECAST_ATTENTION_INL
#endif

#include <cmath>

#include "kernels/attention_parts-inl.hpp"
#include "kernels/math-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

// A masked score: its exponential is zero, and it stays finite when scaled.
inline constexpr float kMasked = -1e30f;

// Queries that share a bound of keys in forward: a vector of them, or the rows of a product where those are more.
inline constexpr std::size_t kWeightQueries = kLanes < kProductRows ? kProductRows : kLanes;
static_assert(kQueryBlock % kTileQueries == 0 && kKeyBlock % kProductRows == 0 && kProductRows % kTileKeys == 0 &&
                  kTileQueries % kProductRows == 0,
              "attention: a product must read no score that no tile wrote");

// A block of one query head's queries and everything a block of scores needs of them.
template <AttentionShape kShape>
struct QueryBlock {
  static constexpr std::size_t kD = kShape.head_dim;
  std::size_t batch, head;
  Segment segment;
  std::size_t begin;  // position in the segment
  std::size_t rows;   // how many exist; the block is padded with zeros

  QueryBlock(std::size_t batch_, std::size_t head_, Segment segment_, std::size_t begin_)
      : batch(batch_), head(head_), segment(segment_), begin(begin_),
        rows(segment.length - begin < kQueryBlock ? segment.length - begin : kQueryBlock) {}

  std::size_t row() const { return batch * kShape.seq_len + segment.begin + begin; }
  std::size_t statistic() const { return (batch * kShape.n_heads + head) * kShape.seq_len + segment.begin + begin; }
  std::size_t in() const { return row() * kShape.width() + head * kD; }
  std::size_t out() const { return row() * kShape.out_width() + head * kD; }
  const float* angles(const AttentionArgs& args) const {
    return kShape.rope ? args.rope + begin * kD : nullptr;
  }
};

// What scores are multiplied by: 1 / sqrt(D).
template <AttentionShape kShape>
HWY_INLINE float score_scale() {
  return 1.0f / std::sqrt(static_cast<float>(kShape.head_dim));
}

// Whether training drops weights, for kernels of shapes with dropout.
template <AttentionShape kShape>
HWY_INLINE bool drops(const AttentionArgs& args) {
  return kShape.dropout != 0 && args.training;
}

// The dropout stream's key of each query of the block.
template <AttentionShape kShape>
HWY_INLINE void dropout_keys(const AttentionArgs& args, const QueryBlock<kShape>& q, std::uint32_t* keys) {
  const U32 d;
  const std::size_t first = args.dropout_sequence * kShape.n_heads * kShape.seq_len + q.statistic();
  for (std::size_t i = 0; i < kQueryBlock; i += kLanes) {
    const auto row = hn::Iota(d, static_cast<std::uint32_t>(first + i));
    hn::StoreU(mix32(hn::Xor(hn::Set(d, args.dropout_key), mix32(row))), d, keys + i);
  }
}

// Calls tile(key, query) for the tiles of a block of scores that hold an unmasked one; both count from the block.
// `diagonal` is the first query's position less the first key's, or kKeyBlock or more where nothing is masked.
template <std::size_t kCausalStep, class Tile>
HWY_INLINE void for_tiles(std::size_t diagonal, const Tile& tile) {
  for (std::size_t key = 0; key < kKeyBlock; key += kTileKeys)
    for (std::size_t query = 0; query < kQueryBlock; query += kTileQueries)
      if (diagonal + query / kCausalStep * kCausalStep + kCausalStep > key) tile(key, query);
}

// Lanes whose query comes before the key.
HWY_INLINE hn::Mask<F32> before(std::size_t key, std::size_t first_query) {
  const hn::RebindToSigned<F32> di;
  const auto query = hn::Iota(di, static_cast<std::int32_t>(first_query));
  return hn::RebindMask(F32(), hn::Lt(query, hn::Set(di, static_cast<std::int32_t>(key))));
}

// ---- forward

// The scores of a block, and each query's maximum so far.
template <AttentionShape kShape, class S, class Products>
HWY_INLINE void forward_scores(const S& s, Products& products, std::size_t key_begin, std::size_t diagonal) {
  constexpr std::size_t kD = kShape.head_dim;
  const auto scores = products.template scores<kD>(0, s.keys + key_begin * kD, s.queries_t, diagonal);
  for_tiles<Products::kCausalStep>(diagonal, [&](std::size_t key, std::size_t query) HWY_ATTR {
    Accumulators<kTileKeys, kTileQueryVectors> acc;
    scores.tile(key, query, acc);
    const bool masks = key + kTileKeys > diagonal + query + 1;
    HWY_UNROLL(16) for (std::size_t j = 0; j < kTileQueryVectors; ++j) {
      const std::size_t first = query + j * kLanes;
      V max = load_f32(s.block_max + first);
      HWY_UNROLL(16) for (std::size_t i = 0; i < kTileKeys; ++i) {
        V v = acc.v[i][j];
        if (masks) v = hn::IfThenElse(before(key + i, diagonal + first), hn::Set(F32(), kMasked), v);
        max = hn::Max(max, v);
        store(v, s.scores + (key + i) * kQueryBlock + first);
      }
      store(max, s.block_max + first);
    }
  });
}

// Weights relative to the maximum so far, as the left operand of their product with the values; their sum; and what
// the output so far must be scaled by. `position` is the first key's in the sequence.
template <AttentionShape kShape, std::size_t kReducedStep, class S>
HWY_INLINE void forward_weights(const AttentionArgs& args, const S& s, std::size_t position, std::size_t diagonal) {
  using E = Widened<ElementType<kShape.operands>>;
  const F32 d;
  const V scale = hn::Set(d, kLog2E * score_scale<kShape>());
  for (std::size_t query = 0; query < kQueryBlock; query += kLanes) {
    const V max = load_f32(s.block_max + query);
    const V shift = hn::Mul(max, scale);
    const V kept = exp2_f32(hn::Mul(hn::Sub(load_f32(s.max + query), max), scale));
    store(max, s.max + query);
    store(kept, s.kept + query);
    V sum = hn::Mul(load_f32(s.sum + query), kept);
    const std::size_t seen = diagonal + query / kProductRows * kProductRows + kWeightQueries;
    const std::size_t end = seen < kKeyBlock ? seen : kKeyBlock;
    const auto weight = [&](std::size_t key) HWY_ATTR {
      V p = exp2_f32(hn::MulSub(load_f32(s.scores + key * kQueryBlock + query), scale, shift));
      sum = hn::Add(sum, p);
      if (drops<kShape>(args)) p = hn::Mul(p, dropout_mask(s.drop_keys + query, position + key, kShape.dropout));
      return p;
    };
    for (std::size_t key = 0; key < end; key += 2) {
      const V even = weight(key);
      store_pairs(even, weight(key + 1), s.weights + key * kQueryBlock + query * kPair<E>, kQueryBlock);
    }
    const V none = hn::Zero(d);
    for (std::size_t key = end; key % kReducedStep != 0; key += 2)
      store_pairs(none, none, s.weights + key * kQueryBlock + query * kPair<E>, kQueryBlock);
    store(sum, s.sum + query);
  }
}

// One query head's block against all its keys.
template <AttentionShape kShape, class S, class Products>
HWY_INLINE void forward_block(const AttentionArgs& args, const S& s, Products& products, const QueryBlock<kShape>& q) {
  using E = ElementType<kShape.operands>;
  constexpr std::size_t kD = kShape.head_dim;
  const F32 d;
  load_head<kD>(static_cast<const E*>(args.qkv) + q.in(), kShape.width(), q.rows, kQueryBlock, q.angles(args),
                s.queries);
  transpose_pairs<kD>(s.queries, kQueryBlock, s.queries_t);
  fill_zero(s.out, kQueryBlock * kD);
  fill_zero(s.sum, kQueryBlock);
  for (std::size_t i = 0; i < kQueryBlock; i += kLanes) {
    store(hn::Set(d, kMasked), s.max + i);
    store(hn::Set(d, kMasked), s.block_max + i);
  }
  if (drops<kShape>(args)) dropout_keys(args, q, s.drop_keys);

  for (std::size_t key = 0; key < q.begin + q.rows; key += kKeyBlock) {
    const std::size_t diagonal = q.begin - key;
    forward_scores<kShape>(s, products, key, diagonal);
    forward_weights<kShape, Products::kReducedStep>(args, s, q.segment.begin + key, diagonal);
    if (key > 0)
      for (std::size_t i = 0; i < kQueryBlock; ++i) scale_row<kD>(s.out + i * kD, s.kept[i]);
    products.template accumulate<kD>(kQueryBlock, s.weights, kPair<E>, kQueryBlock * kPair<E>,
                                     s.values_paired + key * kD, UpToDiagonal<E>{diagonal}, s.out);
  }

  float* log_sum_exp = args.log_sum_exp + q.statistic();
  for (std::size_t i = 0; i < q.rows; ++i) {
    log_sum_exp[i] = s.max[i] * score_scale<kShape>() + std::log(s.sum[i]);
    scale_row<kD>(s.out + i * kD, 1.0f / s.sum[i]);
  }
  store_head<kD>(s.out, q.rows, nullptr, static_cast<E*>(args.out) + q.out(), kShape.out_width());
}

template <AttentionShape kShape, class Products>
void attention_forward_by(Products& products, const AttentionArgs& args, std::size_t task) {
  using E = ElementType<kShape.operands>;
  constexpr std::size_t kD = kShape.head_dim, kGroup = kShape.n_heads / kShape.n_kv_heads;
  const std::size_t batch = task / kShape.n_kv_heads, kv_head = task % kShape.n_kv_heads;
  const ForwardScratch<kShape> s(args.scratch);
  for_segments<kShape>(args, batch, [&](Segment segment) HWY_ATTR {
    const std::size_t padded = padded_keys(segment.length);
    const E* keys = static_cast<const E*>(args.qkv) +
                    (batch * kShape.seq_len + segment.begin) * kShape.width() + (kShape.n_heads + kv_head) * kD;
    load_head<kD>(keys + kShape.n_kv_heads * kD, kShape.width(), segment.length, padded, nullptr, s.keys);
    interleave_rows<kD>(s.keys, padded, s.values_paired);
    load_head<kD>(keys, kShape.width(), segment.length, padded, kShape.rope ? args.rope : nullptr, s.keys);
    for (std::size_t g = 0; g < kGroup; ++g)
      for (std::size_t begin = 0; begin < segment.length; begin += kQueryBlock)
        forward_block(args, s, products, QueryBlock<kShape>(batch, kv_head * kGroup + g, segment, begin));
  });
}

template <AttentionShape kShape>
void attention_forward(const AttentionArgs& args, std::size_t task) {
  VectorProducts products;
  attention_forward_by<kShape>(products, args, task);
}

// ---- backward

// With p the weights and dp = do vᵀ: ds = p (dp - sum_j p dp), and sum_j p dp = do . o.
template <AttentionShape kShape, class S, class Products>
HWY_INLINE void backward_scores(const AttentionArgs& args, const S& s, Products& products, std::size_t key_begin,
                                std::size_t segment, std::size_t diagonal) {
  using E = Widened<ElementType<kShape.operands>>;
  constexpr std::size_t kD = kShape.head_dim;
  const F32 d;
  const V scale = hn::Set(d, score_scale<kShape>()), scale_log2 = hn::Set(d, kLog2E * score_scale<kShape>());
  const auto weights = products.template scores<kD>(0, s.keys + key_begin * kD, s.queries_t, diagonal);
  const auto slopes = products.template scores<kD>(1, s.values + key_begin * kD, s.d_out_t, diagonal);
  for_tiles<Products::kCausalStep>(diagonal, [&](std::size_t key, std::size_t query) HWY_ATTR {
    Accumulators<kTileKeys, kTileQueryVectors> weight, slope;
    weights.tile(key, query, weight);
    slopes.tile(key, query, slope);
    const bool masks = key + kTileKeys > diagonal + query + 1;
    HWY_UNROLL(16) for (std::size_t j = 0; j < kTileQueryVectors; ++j) {
      const std::size_t first = query + j * kLanes;
      const V lse = load_f32(s.log_sum_exp + first), delta = load_f32(s.delta + first);
      HWY_UNROLL(16) for (std::size_t i = 0; i < kTileKeys; ++i) {
        V p = exp2_f32(hn::MulSub(weight.v[i][j], scale_log2, lse));
        if (masks) p = hn::IfThenZeroElse(before(key + i, diagonal + first), p);
        V dp = slope.v[i][j];
        weight.v[i][j] = p;
        if (drops<kShape>(args)) {
          const V mask = dropout_mask(s.drop_keys + first, segment + key_begin + key + i, kShape.dropout);
          weight.v[i][j] = hn::Mul(p, mask);
          dp = hn::Mul(dp, mask);
        }
        slope.v[i][j] = hn::Mul(hn::Mul(p, scale), hn::Sub(dp, delta));
        const std::size_t at = (key + i) * kQueryBlock + first;
        store(weight.v[i][j], s.weights + at);
        store(slope.v[i][j], s.d_scores + at);
      }
      if constexpr (kPair<E> == 2)
        HWY_UNROLL(16) for (std::size_t i = 0; i < kTileKeys; i += 2)
          store_pairs(slope.v[i][j], slope.v[i + 1][j], s.d_scores_paired + (key + i) * kQueryBlock + first * 2,
                      kQueryBlock);
    }
  });
}

// The block's queries, output gradients and statistics, in every layout that backward reads.
template <AttentionShape kShape, class S>
HWY_INLINE void load_backward_queries(const AttentionArgs& args, const QueryBlock<kShape>& q, const S& s) {
  using E = ElementType<kShape.operands>;
  constexpr std::size_t kD = kShape.head_dim;
  const F32 d;
  const auto lay_out = [&](Widened<E>* transposed, Widened<E>* paired) HWY_ATTR {
    transpose_pairs<kD>(s.queries, kQueryBlock, transposed);
    interleave_rows<kD>(s.queries, kQueryBlock, paired);
  };
  const E* out = static_cast<const E*>(args.out) + q.out();
  load_head<kD>(static_cast<const E*>(args.d_out) + q.out(), kShape.out_width(), q.rows, kQueryBlock, nullptr, s.queries);
  lay_out(s.d_out_t, s.d_out_paired);
  for (std::size_t i = 0; i < q.rows; ++i) {
    V dot = hn::Zero(d);
    for (std::size_t c = 0; c < kD; c += kLanes)
      dot = hn::MulAdd(load_f32(out + i * kShape.out_width() + c), load_f32(s.queries + i * kD + c), dot);
    s.delta[i] = hn::ReduceSum(d, dot);
    s.log_sum_exp[i] = kLog2E * args.log_sum_exp[q.statistic() + i];
  }
  for (std::size_t i = q.rows; i < kQueryBlock; ++i) {
    s.delta[i] = 0;
    s.log_sum_exp[i] = -kMasked;  // a query that does not exist has no weights
  }
  load_head<kD>(static_cast<const E*>(args.qkv) + q.in(), kShape.width(), q.rows, kQueryBlock, q.angles(args), s.queries);
  lay_out(s.queries_t, s.queries_paired);
  if (drops<kShape>(args)) dropout_keys(args, q, s.drop_keys);
}

template <AttentionShape kShape, class S, class Products>
HWY_INLINE void backward_block(const AttentionArgs& args, const S& s, Products& products,
                               const QueryBlock<kShape>& q) {
  using E = ElementType<kShape.operands>;
  constexpr std::size_t kD = kShape.head_dim;
  load_backward_queries<kShape>(args, q, s);
  fill_zero(s.d_queries, kQueryBlock * kD);
  for (std::size_t key = 0; key < q.begin + q.rows; key += kKeyBlock) {
    const std::size_t diagonal = q.begin - key;
    backward_scores<kShape>(args, s, products, key, q.segment.begin, diagonal);
    const FromDiagonal<E> queries{diagonal};
    products.template accumulate<kD>(kKeyBlock, s.weights, kQueryBlock, kPair<E>, s.d_out_paired, queries,
                                     s.d_values + key * kD);
    products.template accumulate<kD>(kKeyBlock, s.d_scores, kQueryBlock, kPair<E>, s.queries_paired, queries,
                                     s.d_keys + key * kD);
    products.template accumulate<kD>(kQueryBlock, s.d_scores_paired, kPair<E>, kQueryBlock * kPair<E>,
                                     s.keys_paired + key * kD, UpToDiagonal<E>{diagonal}, s.d_queries);
  }
  store_head<kD>(s.d_queries, q.rows, q.angles(args), static_cast<E*>(args.d_qkv) + q.in(), kShape.width());
}

template <AttentionShape kShape, class Products>
void attention_backward_by(Products& products, const AttentionArgs& args, std::size_t task) {
  using E = ElementType<kShape.operands>;
  constexpr std::size_t kD = kShape.head_dim, kGroup = kShape.n_heads / kShape.n_kv_heads;
  const E* qkv = static_cast<const E*>(args.qkv);
  E* d_qkv = static_cast<E*>(args.d_qkv);
  const float* angles = kShape.rope ? args.rope : nullptr;
  const std::size_t batch = task / kShape.n_kv_heads, kv_head = task % kShape.n_kv_heads;
  const BackwardScratch<kShape> s(args.scratch);
  for_segments<kShape>(args, batch, [&](Segment segment) HWY_ATTR {
    const std::size_t length = segment.length, padded = padded_keys(length);
    const std::size_t key_at =
        (batch * kShape.seq_len + segment.begin) * kShape.width() + (kShape.n_heads + kv_head) * kD;
    const std::size_t value_at = key_at + kShape.n_kv_heads * kD;
    load_head<kD>(qkv + key_at, kShape.width(), length, padded, angles, s.keys);
    load_head<kD>(qkv + value_at, kShape.width(), length, padded, nullptr, s.values);
    interleave_rows<kD>(s.keys, padded, s.keys_paired);
    fill_zero(s.d_keys, padded * kD);
    fill_zero(s.d_values, padded * kD);
    for (std::size_t g = 0; g < kGroup; ++g)
      for (std::size_t begin = 0; begin < length; begin += kQueryBlock)
        backward_block(args, s, products, QueryBlock<kShape>(batch, kv_head * kGroup + g, segment, begin));
    store_head<kD>(s.d_keys, length, angles, d_qkv + key_at, kShape.width());
    store_head<kD>(s.d_values, length, nullptr, d_qkv + value_at, kShape.width());
  });
}

template <AttentionShape kShape>
void attention_backward(const AttentionArgs& args, std::size_t task) {
  VectorProducts products;
  attention_backward_by<kShape>(products, args, task);
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_ATTENTION_INL
