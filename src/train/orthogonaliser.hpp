#pragma once

#include <cstddef>
#include <vector>

#include <diecast/core/arena.hpp>
#include <diecast/core/thread_pool.hpp>
#include <diecast/kernels/span_ops.hpp>

namespace diecast {

/// Replaces matrices by what is near U Vᵀ of their singular value decomposition U S Vᵀ: five steps of the quintic
/// Newton-Schulz iteration X <- a X + (b X Xᵀ + c (X Xᵀ)²) X with (a, b, c) = (3.4445, -4.7750, 2.0315) from X of
/// Frobenius norm 1, which bring singular values near 1, not to it (Jordan et al. 2024,
/// https://kellerjordan.github.io/posts/muon/). In f32, on a grid of tasks that the extents alone decide. Does not
/// allocate after construction.
class Orthogonaliser {
 public:
  /// For matrices of at most so many elements in their longer and their shorter extent.
  Orthogonaliser(std::size_t longer, std::size_t shorter, ThreadPool& pool, const SpanOps& ops);

  /// `matrix` (rows, cols) in place; zeros stay zeros.
  void run(float* matrix, std::size_t rows, std::size_t cols);

  std::size_t scratch_bytes() const { return scratch_.bytes(); }

 private:
  // The matrix lies upright, longer extent by shorter, with zeros in its last columns to a whole panel.
  struct Upright {
    std::size_t longer, shorter, padded, stride;
  };
  static Upright upright(std::size_t longer, std::size_t shorter);
  static std::size_t floats_of(const Upright& u) { return 2 * (u.longer + u.padded) * u.stride; }

  double norm(const float* matrix, std::size_t size);
  void load(const float* matrix, std::size_t rows, std::size_t cols, float factor);
  void iterate(const Upright& u);
  void store(float* matrix, std::size_t rows, std::size_t cols);
  void multiply(const ProductArgs& args, std::size_t rows, std::size_t cols);
  void multiply_symmetric(const ProductArgs& args, std::size_t rows);

  ThreadPool& pool_;
  const SpanOps& ops_;
  Arena scratch_;
  float *x_, *next_;             // (longer, shorter)
  float *square_, *polynomial_;  // (shorter, shorter)
  std::vector<double> sums_;
};

}  // namespace diecast
