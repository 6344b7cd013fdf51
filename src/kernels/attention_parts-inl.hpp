// What attention is made of: heads gathered from the fused rows, their layouts as operands, and the products of
// small blocks. Included once per target.
#if defined(DIECAST_ATTENTION_PARTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_ATTENTION_PARTS_INL
#undef DIECAST_ATTENTION_PARTS_INL
#else
#define DIECAST_ATTENTION_PARTS_INL
#endif

#include <diecast/core/element.hpp>
#include <diecast/core/random.hpp>
#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/table.hpp>

#include "kernels/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

HWY_INLINE void fill_zero(float* p, std::size_t n) {
  for (std::size_t i = 0; i < n; i += kLanes) store(hn::Zero(F32()), p + i);
}

// ---- heads and the fused rows

// One row of a head, rotated by the angles of its position (their cosines, then their sines; null: not rotated).
// kTurn -1 rotates back, which is the transposed rotation.
template <std::size_t kD, int kTurn, class From, class To>
HWY_INLINE void move_row(const From* from, const float* angles, To* to) {
  if (angles == nullptr) {
    for (std::size_t i = 0; i < kD; i += kLanes) store(load_f32(from + i), to + i);
    return;
  }
  constexpr std::size_t kHalf = kD / 2;
  const hn::CappedTag<float, (kHalf & ~(kHalf - 1))> d;  // the largest vector that divides a half
  for (std::size_t i = 0; i < kHalf; i += hn::MaxLanes(d)) {
    const auto c = hn::LoadU(d, angles + i);
    const auto turn = hn::LoadU(d, angles + kHalf + i);
    const auto s = kTurn < 0 ? hn::Neg(turn) : turn;
    const auto a = load_f32(d, from + i), b = load_f32(d, from + kHalf + i);
    store(d, hn::NegMulAdd(b, s, hn::Mul(a, c)), to + i);
    store(d, hn::MulAdd(a, s, hn::Mul(b, c)), to + kHalf + i);
  }
}

// `rows` rows of one head, (rows, D), out of rows `stride` elements apart; then zeros up to `padded` rows.
template <std::size_t kD, class From, class To>
HWY_INLINE void load_head(const From* in, std::size_t stride, std::size_t rows, std::size_t padded,
                          const float* angles, To* out) {
  for (std::size_t t = 0; t < rows; ++t)
    move_row<kD, 1>(in + t * stride, angles == nullptr ? nullptr : angles + t * kD, out + t * kD);
  for (std::size_t i = rows * kD; i < padded * kD; i += kLanes) store(hn::Zero(F32()), out + i);
}

// The reverse, from f32.
template <std::size_t kD, class E>
HWY_INLINE void store_head(const float* in, std::size_t rows, const float* angles, E* out, std::size_t stride) {
  for (std::size_t t = 0; t < rows; ++t)
    move_row<kD, -1>(in + t * kD, angles == nullptr ? nullptr : angles + t * kD, out + t * stride);
}

template <std::size_t kD>
HWY_INLINE void scale_row(float* x, float factor) {
  for (std::size_t i = 0; i < kD; i += kLanes) store(hn::Mul(load_f32(x + i), hn::Set(F32(), factor)), x + i);
}

// Calls body(segment) for each stretch of a sequence that attends to itself alone.
template <AttentionShape kShape, class Body>
HWY_INLINE void for_segments(const AttentionArgs& args, std::size_t batch, const Body& body) {
  if (args.segments == nullptr) {
    body(Segment{0, kShape.seq_len});
  } else {
    for (std::size_t i = args.first_segment[batch]; i < args.first_segment[batch + 1]; ++i) body(args.segments[i]);
  }
}

// ---- a thread's scratch: the blocks of attention_forward_blocks and attention_backward_blocks, in their order

// Takes the next block, of `floats` floats.
template <class T>
HWY_INLINE void take(float*& p, std::size_t floats, T*& block) {
  block = reinterpret_cast<T*>(p);
  p += floats;
}

template <AttentionShape kShape>
struct ForwardScratch {
  using E = Widened<ElementType<kShape.operands>>;
  E *keys, *values_paired;         // (T, D); [T / pair][D][pair]
  E *queries, *queries_t;          // (Q, D); [D / pair][Q][pair]
  E* weights;                      // [K / pair][Q][pair]
  float* scores;                   // (K, Q)
  float* out;                      // (Q, D)
  float *max, *block_max, *sum, *kept;  // (Q)
  std::uint32_t* drop_keys;        // (Q)

  explicit ForwardScratch(float* p) {
    constexpr auto sizes = attention_forward_blocks(kShape);
    std::size_t i = 0;
    const auto next = [&](auto*&... blocks) { (take(p, sizes[i++], blocks), ...); };
    next(keys, values_paired, queries, queries_t, weights, scores, out, max, block_max, sum, kept, drop_keys);
  }
};

template <AttentionShape kShape>
struct BackwardScratch {
  using E = Widened<ElementType<kShape.operands>>;
  E *keys, *values, *keys_paired;  // (T, D), (T, D), [T / pair][D][pair]
  float *d_keys, *d_values;        // (T, D)
  E *queries, *queries_t, *queries_paired, *d_out_t, *d_out_paired;
  E *weights, *d_scores;           // (K, Q)
  E* d_scores_paired;              // [K / pair][Q][pair]; of f32 the same as d_scores
  float* d_queries;                // (Q, D)
  float *log_sum_exp, *delta;      // (Q), the first to the base 2
  std::uint32_t* drop_keys;        // (Q)

  explicit BackwardScratch(float* p) {
    constexpr auto sizes = attention_backward_blocks(kShape);
    std::size_t i = 0;
    const auto next = [&](auto*&... blocks) { (take(p, sizes[i++], blocks), ...); };
    next(keys, values, keys_paired, d_keys, d_values, queries, queries_t, queries_paired, d_out_t, d_out_paired,
         weights, d_scores, d_scores_paired, d_queries, log_sum_exp, delta, drop_keys);
    if constexpr (kPair<E> == 1) d_scores_paired = d_scores;
  }
};

// ---- operands: `rows` is a multiple of four, E's pairs are as in tile-inl.hpp

// [D / pair][rows][pair] of x (rows, D): the right operand of a product that reduces D.
template <std::size_t kD, class E>
HWY_INLINE void transpose_pairs(const E* x, std::size_t rows, E* out) {
  constexpr std::size_t kPairs = kD / kPair<E>;
  const hn::CappedTag<std::uint32_t, (kPairs & ~(kPairs - 1))> d;
  const auto* from = reinterpret_cast<const std::uint32_t*>(x);
  auto* to = reinterpret_cast<std::uint32_t*>(out);
  for (std::size_t r = 0; r < rows; r += 4)
    for (std::size_t i = 0; i < kPairs; i += hn::MaxLanes(d))
      store_transposed(d, from + r * kPairs + i, kPairs, to + i * rows + r, rows);
}

// [rows / pair][D][pair] of x (rows, D): the right operand of a product that reduces rows.
template <std::size_t kD>
HWY_INLINE void interleave_rows(const float* x, std::size_t rows, float* out) {
  for (std::size_t i = 0; i < rows * kD; i += kLanes) store(load_f32(x + i), out + i);
}
template <std::size_t kD>
HWY_INLINE void interleave_rows(const BFloat16* x, std::size_t rows, BFloat16* out) {
  for (std::size_t r = 0; r < rows; r += 2) pack_rows<kD>(x + r * kD, x + (r + 1) * kD, out + r * kD);
}

// ---- products

// Steps [begin, end) of a reduced extent, each of kPair elements.
struct Steps {
  std::size_t begin, end;
};

// The keys that the queries of a tile see, and the queries that see the keys of a tile. `diagonal` is the first
// query's position less the first key's.
template <class E>
struct UpToDiagonal {
  std::size_t diagonal;
  HWY_INLINE Steps operator()(std::size_t query) const {
    const std::size_t end = diagonal + query + kProductRows;
    return {0, (end < kKeyBlock ? end : kKeyBlock) / kPair<E>};
  }
};
template <class E>
struct FromDiagonal {
  std::size_t diagonal;
  HWY_INLINE Steps operator()(std::size_t key) const {
    return {(key > diagonal ? key - diagonal : 0) / kPair<E>, kQueryBlock / kPair<E>};
  }
};

// Columns [col, col + kNv vectors) of the c below.
template <std::size_t kD, std::size_t kNv, class E, class Bounds>
HWY_INLINE void accumulate_panel(std::size_t rows, const E* a, std::size_t a_row, std::size_t a_step, const E* b,
                                 const Bounds& bounds, float* c) {
  constexpr std::size_t kMr = kManyRegisters && kNv <= 2 ? kProductRows : 4;
  for (std::size_t row = 0; row < rows; row += kMr) {
    const Steps steps = bounds(row / kProductRows * kProductRows);
    Accumulators<kMr, kNv> acc;
    acc.clear();
    multiply(a + row * a_row + steps.begin * a_step, a_row, a_step, b + steps.begin * kD * kPair<E>, kD * kPair<E>,
             steps.end - steps.begin, acc);
    HWY_UNROLL(16) for (std::size_t r = 0; r < kMr; ++r) {
      float* out = c + (row + r) * kD;
      HWY_UNROLL(16) for (std::size_t j = 0; j < kNv; ++j)
        store(hn::Add(load_f32(out + j * kLanes), acc.v[r][j]), out + j * kLanes);
    }
  }
}

// c (rows, D) += a b, where element (i, s) of a is at i * a_row + s * a_step and b is [steps][D][pair]. Rows
// [r, r + kProductRows) read the steps bounds(r) alone; the others' products are zero.
template <std::size_t kD, class E, class Bounds>
HWY_INLINE void accumulate(std::size_t rows, const E* a, std::size_t a_row, std::size_t a_step, const E* b,
                           const Bounds& bounds, float* c) {
  constexpr std::size_t kVectors = kD / kLanes;
  constexpr std::size_t kRest = kVectors % kTileVectors;
  std::size_t col = 0;
  for (; col + kPanel <= kD; col += kPanel)
    accumulate_panel<kD, kTileVectors>(rows, a, a_row, a_step, b + col * kPair<E>, bounds, c + col);
  if constexpr (kRest != 0) accumulate_panel<kD, kRest>(rows, a, a_row, a_step, b + col * kPair<E>, bounds, c + col);
}

// ---- what multiplies: vectors here, tiles in amx_attention-inl.hpp

// Scores are computed in tiles of kTileKeys keys and kTileQueries queries.
inline constexpr std::size_t kTileKeys = 4;
inline constexpr std::size_t kTileQueryVectors = 2;
inline constexpr std::size_t kTileQueries = kTileQueryVectors * kLanes;

// A block of scores, each tile when it is asked for.
template <class E, std::size_t kD>
struct VectorScores {
  const E* keys;       // (K, D)
  const E* queries_t;  // [D / pair][Q][pair]

  HWY_INLINE void tile(std::size_t key, std::size_t query, Accumulators<kTileKeys, kTileQueryVectors>& acc) const {
    acc.clear();
    multiply(keys + key * kD, kD, kPair<E>, queries_t + query * kPair<E>, kQueryBlock * kPair<E>, kD / kPair<E>, acc);
  }
};

struct VectorProducts {
  // Scores are computed for groups of so many queries, of which one sees the key; and what an accumulation reduces is
  // read in groups of so many, which must be written as zeros where no query of a group sees the key.
  static constexpr std::size_t kCausalStep = kTileQueries, kReducedStep = 1;

  // Block number `which` of scores (K, Q); `diagonal` as in UpToDiagonal.
  template <std::size_t kD, class E>
  HWY_INLINE VectorScores<E, kD> scores(std::size_t, const E* keys, const E* queries_t, std::size_t) const {
    return {keys, queries_t};
  }
  template <std::size_t kD, class E, class Bounds>
  HWY_INLINE void accumulate(std::size_t rows, const E* a, std::size_t a_row, std::size_t a_step, const E* b,
                             const Bounds& bounds, float* c) const {
    diecast::HWY_NAMESPACE::accumulate<kD>(rows, a, a_row, a_step, b, bounds, c);
  }
};

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_ATTENTION_PARTS_INL
