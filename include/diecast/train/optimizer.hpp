#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <diecast/config/param_group.hpp>
#include <diecast/core/thread_pool.hpp>
#include <diecast/kernels/span_ops.hpp>
#include <diecast/model/param_table.hpp>

namespace diecast {

/// How parameters follow their gradients.
enum class UpdateRule : std::uint8_t {
  adamw,  ///< Loshchilov, Hutter 2019 (arXiv:1711.05101)
  muon,   ///< Jordan et al. 2024 (https://kellerjordan.github.io/posts/muon/) for the blocks' matrices, else AdamW
  lion,   ///< Chen et al. 2023 (arXiv:2302.06675)
  sgd,    ///< with momentum; weight decay is part of the gradient, as is usual for it
};

/// What an optimizer is told once.
struct OptimizerSettings {
  UpdateRule rule = UpdateRule::adamw;
  double beta1 = 0.9;
  double beta2 = 0.95;
  double momentum = 0.95;  ///< of muon and sgd
  double eps = 1e-8;
  double weight_decay = 0.1;   ///< of rows that decay, times the learning rate
  double grad_clip = 1;        ///< largest global norm of the gradient; 0: no limit
  double gradient_noise = 0;   ///< eta of `Optimizer::add_noise`; 0: none
  double mean_decay = 0;       ///< of the moving means, where there are any
  std::uint64_t seed = 0;      ///< of the noise
  std::vector<ParamGroup> groups{};
};

/// The flat arrays of a model, laid out as its ParamTable says.
struct TrainedArrays {
  std::span<float> parameters;
  std::span<float> gradients;
  std::span<float> first_moments;
  std::span<float> second_moments;  ///< lion and sgd leave them alone, muon those of its matrices
  std::span<float> means{};         ///< moving means of the parameters; may be empty
};

/// Updates parameters by their gradients, clipped by their global norm (Pascanu et al. 2013, arXiv:1211.5063). Works
/// on fixed chunks of the arrays and adds their sums in order, so that results do not depend on the number of
/// threads. Does not allocate after construction.
class Optimizer {
 public:
  /// Elements in a chunk; rows are cut at multiples of it.
  static constexpr std::size_t kChunk = 65536;

  Optimizer(const ParamTable& table, const TrainedArrays& arrays, const OptimizerSettings& settings, ThreadPool& pool,
            const SpanOps& ops);
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Before the first step, and in place of an update that is skipped.
  void zero_gradients();
  /// Adds normal noise of variance eta / (1 + t)^0.55 for t = `step`, which counts from 0 (Neelakantan et al. 2015,
  /// arXiv:1511.06807), to gradients that hold this loss scale. A function of seed, step and element alone.
  void add_noise(std::uint64_t step, double loss_scale = 1);
  /// The global norm of the gradient, without the loss scale that the arrays hold it with.
  double gradient_norm(double loss_scale = 1);
  /// Updates parameters, moments and means and leaves the gradients zero. `step` counts from 1; `grad_norm` is what
  /// `gradient_norm` returned for this loss scale. The means keep min(mean_decay, (1 + step) / (10 + step)) of
  /// themselves, so that early ones forget the initial parameters.
  void update(std::uint64_t step, double lr, double grad_norm, double loss_scale = 1);

  /// Memory beyond the model's arrays.
  virtual std::size_t scratch_bytes() const { return 0; }

 protected:
  /// Elements of one row.
  struct Chunk {
    std::size_t offset;
    std::size_t size;
    std::size_t unpadded;  ///< elements before the row's padding
    double lr;             ///< times the step's
    double decay;          ///< before it is multiplied with the learning rate
  };
  /// What an update is told.
  struct Step {
    std::uint64_t number;
    double lr;
    float grad_scale;
    float mean_share;  ///< of the new parameters in the means
  };

  virtual void apply(const Step& step) = 0;

  /// The row's share of the learning rate and its weight decay, as a chunk has them.
  Chunk whole_row(const ParamRow& row) const;
  /// AdamW on some of the chunks.
  void apply_adamw(std::span<const Chunk> chunks, const Step& step);
  /// Calls `task(chunk)`, which updates its parameters, then moves its means.
  template <class Task>
  void run_chunks(std::span<const Chunk> chunks, const Step& step, const Task& task) {
    pool_.run(chunks.size(), [&](std::size_t i, std::size_t) {
      task(chunks[i]);
      if (arrays_.means.empty()) return;
      ops_.approach(step.mean_share, arrays_.parameters.data() + chunks[i].offset,
                    arrays_.means.data() + chunks[i].offset, chunks[i].size);
    });
  }

  TrainedArrays arrays_;
  OptimizerSettings settings_;
  ThreadPool& pool_;
  const SpanOps& ops_;
  std::vector<Chunk> chunks_;  // of all rows, in their order

 private:
  std::vector<double> sums_;  // of squares, one for each chunk
};

/// The optimizer of `settings.rule`. Arrays, pool and kernels must outlive it.
std::unique_ptr<Optimizer> make_optimizer(const ParamTable& table, const TrainedArrays& arrays,
                                          const OptimizerSettings& settings, ThreadPool& pool, const SpanOps& ops);

}  // namespace diecast
