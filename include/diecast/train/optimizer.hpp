#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <diecast/core/thread_pool.hpp>
#include <diecast/kernels/span_ops.hpp>
#include <diecast/model/param_table.hpp>

namespace diecast {

/// What AdamW is told once.
struct AdamWSettings {
  double beta1 = 0.9;
  double beta2 = 0.95;
  double eps = 1e-8;
  double weight_decay = 0.1;  ///< decoupled; only of rows that decay
  double grad_clip = 1;       ///< largest global norm of the gradient; 0: no limit
};

/// The flat arrays of a model, laid out as its ParamTable says.
struct TrainedArrays {
  std::span<float> parameters;
  std::span<float> gradients;
  std::span<float> first_moments;
  std::span<float> second_moments;
};

/// AdamW (Loshchilov, Hutter 2019, arXiv:1711.05101) with clipping by the global norm of the gradient
/// (Pascanu et al. 2013, arXiv:1211.5063). Works on fixed chunks of the arrays and adds their sums in order,
/// so that results do not depend on the number of threads. Does not allocate after construction.
class AdamW {
 public:
  /// Elements in a chunk; rows are cut at multiples of it.
  static constexpr std::size_t kChunk = 65536;

  /// The arrays, the pool and the kernels must outlive the optimizer.
  AdamW(const ParamTable& table, const TrainedArrays& arrays, const AdamWSettings& settings, ThreadPool& pool,
        const SpanOps& ops);

  /// Before the first step, and in place of an update that is skipped.
  void zero_gradients();
  /// The global norm of the gradient, without the loss scale that the arrays hold it with.
  double gradient_norm(double loss_scale = 1);
  /// Updates parameters and moments and leaves the gradients zero. `step` counts from 1; `grad_norm` is what
  /// `gradient_norm` returned for this loss scale.
  void update(std::uint64_t step, double lr, double grad_norm, double loss_scale = 1);

 private:
  struct Chunk {
    std::size_t offset;
    std::size_t size;
    bool decays;
  };

  TrainedArrays arrays_;
  AdamWSettings settings_;
  ThreadPool& pool_;
  const SpanOps& ops_;
  std::vector<Chunk> chunks_;
  std::vector<double> sums_;  // of squares, one for each chunk
};

}  // namespace diecast
