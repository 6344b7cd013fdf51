#include "train/orthogonaliser.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <diecast/core/field.hpp>
#include <diecast/kernels/grid.hpp>

namespace diecast {
namespace {

constexpr int kSchulzSteps = 5;
constexpr float kSchulzA = 3.4445f, kSchulzB = -4.7750f, kSchulzC = 2.0315f;

// Rows and columns of a task's block of a product, and elements of a task of a sum.
constexpr std::size_t kBlockRows = 64, kBlockCols = 128, kSumChunk = 16384;

}  // namespace

Orthogonaliser::Upright Orthogonaliser::upright(std::size_t longer, std::size_t shorter) {
  const std::size_t padded = round_up(shorter, kWidthQuantum);
  // A cache line more than a panel: rows a power of two apart would fall into few sets of the caches.
  return {longer, shorter, padded, padded + 16};
}

Orthogonaliser::Orthogonaliser(std::size_t longer, std::size_t shorter, ThreadPool& pool, const SpanOps& ops)
    : pool_(pool), ops_(ops), scratch_(floats_of(upright(longer, shorter)) * sizeof(float)) {
  const Upright u = upright(longer, shorter);
  x_ = scratch_.at<float>(0);
  next_ = x_ + u.longer * u.stride;
  square_ = next_ + u.longer * u.stride;
  polynomial_ = square_ + u.padded * u.stride;
  sums_.resize(ceil_div(longer * shorter, kSumChunk));
}

void Orthogonaliser::run(float* matrix, std::size_t rows, std::size_t cols) {
  const double length = norm(matrix, rows * cols);
  if (length == 0) return;
  load(matrix, rows, cols, static_cast<float>(1 / length));
  for (int i = 0; i < kSchulzSteps; ++i) iterate(upright(std::max(rows, cols), std::min(rows, cols)));
  store(matrix, rows, cols);
}

double Orthogonaliser::norm(const float* matrix, std::size_t size) {
  const std::size_t count = ceil_div(size, kSumChunk);
  pool_.run(count, [&](std::size_t task, std::size_t) {
    const Range part = block(task, kSumChunk, size);
    sums_[task] = ops_.sum_of_squares(matrix + part.begin, part.end - part.begin);
  });
  return std::sqrt(std::accumulate(sums_.begin(), sums_.begin() + static_cast<std::ptrdiff_t>(count), 0.0));
}

void Orthogonaliser::load(const float* matrix, std::size_t rows, std::size_t cols, float factor) {
  const Upright u = upright(std::max(rows, cols), std::min(rows, cols));
  pool_.run(ceil_div(u.longer, kBlockRows), [&](std::size_t task, std::size_t) {
    const Range part = block(task, kBlockRows, u.longer);
    if (cols > rows)
      ops_.transpose(factor, matrix + part.begin, cols, rows, part.end - part.begin, x_ + part.begin * u.stride,
                     u.stride);
    for (std::size_t row = part.begin; row < part.end; ++row) {
      float* out = x_ + row * u.stride;
      if (cols <= rows)
        for (std::size_t j = 0; j < cols; ++j) out[j] = factor * matrix[row * cols + j];
      std::fill(out + u.shorter, out + u.padded, 0.0f);
    }
  });
}

// Of the upright matrix: Y <- a Y + Y (b YᵀY + c (YᵀY)²). Its square is the smaller of the two there are, and no
// product reads a transposed right operand.
void Orthogonaliser::iterate(const Upright& u) {
  multiply_symmetric({.a = x_, .a_row = 1, .a_step = u.stride, .b = x_, .base = nullptr, .c = square_,
                      .base_factor = 0, .factor = 1, .stride = u.stride, .depth = u.longer},
                     u.padded);
  multiply_symmetric({.a = square_, .a_row = u.stride, .a_step = 1, .b = square_, .base = square_, .c = polynomial_,
                      .base_factor = kSchulzB, .factor = kSchulzC, .stride = u.stride, .depth = u.shorter},
                     u.padded);
  multiply({.a = x_, .a_row = u.stride, .a_step = 1, .b = polynomial_, .base = x_, .c = next_,
            .base_factor = kSchulzA, .factor = 1, .stride = u.stride, .depth = u.shorter},
           u.longer, u.padded);
  std::swap(x_, next_);
}

void Orthogonaliser::store(float* matrix, std::size_t rows, std::size_t cols) {
  const Upright u = upright(std::max(rows, cols), std::min(rows, cols));
  pool_.run(ceil_div(u.longer, kBlockRows), [&](std::size_t task, std::size_t) {
    const Range part = block(task, kBlockRows, u.longer);
    if (cols > rows)
      ops_.transpose(1, x_ + part.begin * u.stride, u.stride, part.end - part.begin, u.shorter, matrix + part.begin,
                     cols);
    else
      for (std::size_t row = part.begin; row < part.end; ++row)
        std::copy_n(x_ + row * u.stride, cols, matrix + row * cols);
  });
}

void Orthogonaliser::multiply(const ProductArgs& args, std::size_t rows, std::size_t cols) {
  const std::size_t col_blocks = ceil_div(cols, kBlockCols);
  pool_.run(ceil_div(rows, kBlockRows) * col_blocks, [&](std::size_t task, std::size_t) {
    const Range r = block(task / col_blocks, kBlockRows, rows), c = block(task % col_blocks, kBlockCols, cols);
    ops_.product(args, {r.begin, r.end, c.begin, c.end});
  });
}

// Blocks on and below the diagonal; those above are their transposes.
void Orthogonaliser::multiply_symmetric(const ProductArgs& args, std::size_t rows) {
  const std::size_t blocks = ceil_div(rows, kBlockRows);
  pool_.run(blocks * (blocks + 1) / 2, [&](std::size_t task, std::size_t) {
    std::size_t i = 0, j = task;
    while (j > i) j -= ++i;
    const Range r = block(i, kBlockRows, rows), c = block(j, kBlockRows, rows);
    ops_.product(args, {r.begin, r.end, c.begin, c.end});
    if (i != j)
      ops_.transpose(1, args.c + r.begin * args.stride + c.begin, args.stride, r.end - r.begin, c.end - c.begin,
                     args.c + c.begin * args.stride + r.begin, args.stride);
  });
}

}  // namespace diecast
