// The products of attention's blocks in tiles. Included once per target.
#if defined(DIECAST_AMX_ATTENTION_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIECAST_AMX_ATTENTION_INL
#undef DIECAST_AMX_ATTENTION_INL
#else
#define DIECAST_AMX_ATTENTION_INL
#endif

#include <diecast/core/element.hpp>
#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/table.hpp>

#include "kernels/amx-inl.hpp"
#include "kernels/attention-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

constexpr bool has_tiled_attention(const AttentionShape& s) {
  return s.operands == Element::bf16 && s.head_dim % kTileDepth == 0;
}

// A block of scores that was computed as a whole.
struct StoredScores {
  const float* scores;  // (K, Q)

  HWY_INLINE void tile(std::size_t key, std::size_t query, Accumulators<kTileKeys, kTileQueryVectors>& acc) const {
    const float* from = scores + key * kQueryBlock + query;
    HWY_UNROLL(16) for (std::size_t i = 0; i < kTileKeys; ++i)
      HWY_UNROLL(16) for (std::size_t j = 0; j < kTileQueryVectors; ++j)
        acc.v[i][j] = load_f32(from + i * kQueryBlock + j * kLanes);
  }
};

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

DIECAST_BEFORE_AMX_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

// What VectorProducts does. Functions are calls, not inlined: the code around them has vector attributes alone.
template <class Tiles>
class TileProducts {
 public:
  static constexpr std::size_t kCausalStep = 2 * kTileSide, kReducedStep = kTileDepth;

  // These are spelt out for their attributes, see BlockProducts.
  HWY_INLINE TileProducts() : tiles_(kTileSide) {}
  HWY_INLINE ~TileProducts() {}
  TileProducts(const TileProducts&) = delete;
  TileProducts& operator=(const TileProducts&) = delete;

  template <std::size_t kD>
  HWY_NOINLINE StoredScores scores(std::size_t which, const BFloat16* keys, const BFloat16* queries_t,
                                   std::size_t diagonal) {
    float* block = scores_[which];
    for (std::size_t key = 0; key < kKeyBlock; key += kCausalStep) {
      for (std::size_t query = 0; query < kQueryBlock; query += kCausalStep) {
        if (diagonal + query + kCausalStep <= key) continue;
        const BFloat16 *upper = keys + key * kD, *right = queries_t + query * 2;
        BlockOperands at{{upper, upper + kTileSide * kD}, kD * sizeof(BFloat16), {right, right + 2 * kTileSide},
                         kQueryBlock * 2 * sizeof(BFloat16)};
        for_results([&](auto tile) { tiles_.template zero<tile>(); });
        for (std::size_t i = 0; i < kD; i += kTileDepth) {
          multiply_block(tiles_, at);
          at.advance(kTileDepth, kTileDepth * kQueryBlock);
        }
        store_block(block + key * kQueryBlock + query, kQueryBlock);
      }
    }
    return {block};
  }

  template <std::size_t kD, class Bounds>
  HWY_NOINLINE void accumulate(std::size_t rows, const BFloat16* a, std::size_t a_row, std::size_t a_step,
                               const BFloat16* b, const Bounds& bounds, float* c) {
    constexpr std::size_t kPairs = kTileDepth / 2;
    for (std::size_t row = 0; row < rows; row += kCausalStep) {
      const std::size_t begin = bounds(row).begin / kPairs;
      const std::size_t end = ceil_div(bounds(row + kCausalStep - kProductRows).end, kPairs);
      const BFloat16* left = a + row * a_row + begin * kPairs * a_step;
      std::size_t left_row = a_row, left_step = kPairs * a_step;
      if (a_row == 2) {  // a is laid out as a right operand: pairs of the reduced extent, each of all rows
        transpose_left(left, a_step, end - begin);
        left = left_[0];
        left_row = kTileDepth;
        left_step = 2 * kTileElements;
      }
      for (std::size_t col = 0; col < kD; col += kCausalStep) {
        const BFloat16* right = b + (begin * kPairs * kD + col) * 2;
        BlockOperands at{{left, left + kTileSide * left_row}, left_row * sizeof(BFloat16),
                         {right, right + 2 * kTileSide}, kD * 2 * sizeof(BFloat16)};
        load_block(c + row * kD + col, kD);
        for (std::size_t step = begin; step < end; ++step) {
          multiply_block(tiles_, at);
          at.advance(left_step, kTileDepth * kD);
        }
        store_block(c + row * kD + col, kD);
      }
    }
  }

 private:
  // The transpose, in left_, of `steps` steps of pairs for 2 kTileSide rows; lines are `line` elements apart.
  HWY_INLINE void transpose_left(const BFloat16* pairs, std::size_t line, std::size_t steps) {
    const hn::CappedTag<std::uint32_t, kTileSide> d;
    const auto* from = reinterpret_cast<const std::uint32_t*>(pairs);
    for (std::size_t tile = 0; tile < 2 * steps; ++tile) {
      auto* to = reinterpret_cast<std::uint32_t*>(left_[tile]);
      const auto* first = from + tile / 2 * kTileSide * (line / 2) + tile % 2 * kTileSide;
      for (std::size_t pair = 0; pair < kTileSide; pair += 4)
        for (std::size_t i = 0; i < kTileSide; i += hn::MaxLanes(d))
          store_transposed(d, first + pair * (line / 2) + i, line / 2, to + i * kTileSide + pair, kTileSide);
    }
  }

  // The 2x2 results at `block`, whose rows are `stride` floats apart.
  HWY_INLINE void load_block(const float* block, std::size_t stride) {
    for_results([&](auto tile) {
      tiles_.template load<tile>(block + (tile / 2 * stride + tile % 2) * kTileSide, stride * sizeof(float));
    });
  }
  HWY_INLINE void store_block(float* block, std::size_t stride) {
    for_results([&](auto tile) {
      tiles_.template store<tile>(block + (tile / 2 * stride + tile % 2) * kTileSide, stride * sizeof(float));
    });
  }

  Tiles tiles_;
  alignas(64) float scores_[2][kKeyBlock * kQueryBlock];
  alignas(64) BFloat16 left_[2 * kKeyBlock / kTileDepth][kTileElements];
};

template <class Tiles, AttentionShape kShape>
void attention_forward_tiled(const AttentionArgs& args, std::size_t task) {
  TileProducts<Tiles> products;
  attention_forward_by<kShape>(products, args, task);
}

template <class Tiles, AttentionShape kShape>
void attention_backward_tiled(const AttentionArgs& args, std::size_t task) {
  TileProducts<Tiles> products;
  attention_backward_by<kShape>(products, args, task);
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIECAST_AMX_ATTENTION_INL
