#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <diecast/core/thread_pool.hpp>
#include <diecast/core/token.hpp>
#include <diecast/kernels/loss_options.hpp>
#include <diecast/model/param_table.hpp>
#include <diecast/preset/preset.hpp>

namespace diecast {

class LayerObserver;

/// What a model needs of the machine, fixed when it was compiled.
struct ModelPlan {
  struct Part {
    std::string_view kind;  ///< `parameters`, `gradients`, `first moments`, `packed weights`, `saved activations`, ...
    std::size_t bytes;
  };
  /// The preset under one of the policies of recomputation.
  struct Policy {
    Recompute recompute;
    std::size_t total_bytes;
    std::size_t saved_bytes;   ///< of them, activations kept from forward to backward
    double extra_flops_share;  ///< FLOPs of what backward runs again, as a share of `flops_per_token`
  };
  std::vector<Part> parts;
  std::size_t total_bytes;      ///< of the one allocation; the sum of the parts
  double flops_per_token;       ///< of a training step: forward and backward once, attention counted causal
  std::vector<Policy> policies;  ///< each there is, in their order; one is the preset's
};

/// Negative log-likelihood over a micro-batch, in nats.
struct Loss {
  double sum = 0;
  std::size_t tokens = 0;  ///< targets that count

  double mean() const { return tokens == 0 ? 0.0 : sum / static_cast<double>(tokens); }
};

/// Which of a model's random choices apply: the key of the counter-based generator that dropout reads.
struct DropoutKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;         ///< optimizer steps since the start of the run
};

/// What a micro-batch is to an optimizer step. A step's micro-batches come in order, each with the same options.
struct StepPart {
  std::uint64_t index = 0, count = 1;
  LossOptions options{};
};

/// Generates one sequence, a token at a time, with a key/value cache.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Forgets the sequence.
  virtual void reset() = 0;
  /// Tokens taken since the last reset; at most the preset's seq_len.
  virtual std::size_t position() const = 0;
  /// Appends a token and returns the logits (vocab_size) of the one after it. Valid until the next call.
  /// Throws Error when position() is seq_len or the token is outside the vocabulary.
  virtual std::span<const float> next(Token token) = 0;
};

/// The run-time face of `Transformer<P>`: the border at which templates end. One virtual call per micro-batch.
/// Every flat array is laid out as `param_table()` says.
class Model {
 public:
  virtual ~Model() = default;

  virtual const Preset& preset() const = 0;
  virtual const ParamTable& param_table() const = 0;
  virtual const ModelPlan& plan() const = 0;
  /// The Highway target its kernels run on, e.g. "AVX3_ZEN4".
  virtual std::string_view target() const = 0;

  virtual std::span<float> parameters() = 0;  ///< f32 masters; call `parameters_changed` after writing
  virtual std::span<float> gradients() = 0;
  virtual std::span<float> first_moments() = 0;   ///< Adam's m; what other rules remember, too
  virtual std::span<float> second_moments() = 0;  ///< Adam's v

  /// Moving means of the parameters, which the optimizer moves; empty before `keep_means`.
  std::span<float> means() { return means_; }
  /// Allocates them, zero.
  void keep_means() { means_.resize(parameters().size()); }
  /// Makes them what the parameters are, where there are any.
  void restart_means() {
    if (!means_.empty()) std::ranges::copy(parameters(), means_.begin());
  }

  /// Fills the parameters from the seed (GPT-2's initialisation, standard deviation 0.02).
  virtual void initialise(std::uint64_t seed) = 0;
  /// Rewrites the packed copies that kernels read from the masters.
  virtual void parameters_changed() = 0;

  /// Both take batch_size * seq_len ids below vocab_size; targets may be kIgnoredToken; documents must not cross the
  /// end of a sequence. Throw Error otherwise.
  /// Adds the gradient of `scale` times the summed loss to `gradients()`, some of it with the step's last micro-batch;
  /// returns the unscaled loss of the step so far. Where a micro-batch is a multiple of kTokenBlock tokens, all bits of
  /// a step are those of the same sequences in another number of micro-batches.
  virtual Loss forward_backward(TokenBatch batch, float scale, DropoutKey key, const StepPart& part = {}) = 0;
  /// The same for a step of one batch, one sequence after another: the loop that batching does away with, for the
  /// benchmark to compare.
  virtual Loss forward_backward_by_sequence(TokenBatch batch, float scale, DropoutKey key) = 0;
  /// The loss alone, without dropout.
  virtual Loss loss(TokenBatch batch) = 0;
  /// The same, of each position, 0 where its target is ignored. Valid until the next call.
  virtual std::span<const float> losses(TokenBatch batch) = 0;

  /// From now on `forward_backward`, `loss` and `parameters_changed` tell the observer what they do; null: nobody, at no
  /// cost. Results have the same bits. It must outlive those calls.
  virtual void set_observer(LayerObserver* observer) = 0;

  /// A decoder over this model's parameters, which must outlive it. Its cache is part of the plan, so a model has
  /// one decoder at a time.
  virtual std::unique_ptr<Decoder> make_decoder() = 0;

 private:
  std::vector<float> means_;
};

/// The plan and the parameters of the preset this binary was built for, without allocating any of it.
/// `threads` 0: one per CPU the process may use.
ModelPlan model_plan(std::size_t threads = 0);
ParamTable model_param_table();
/// The preset this binary was built for.
const Preset& active_preset();
/// Casts the model; throws Error(Fault::run) when the plan does not fit into memory. Not thread-safe.
/// `target` forces kernels ("AVX2"; empty: the best this machine has).
std::unique_ptr<Model> make_model(ThreadPool& pool, std::string_view target = {});

}  // namespace diecast
