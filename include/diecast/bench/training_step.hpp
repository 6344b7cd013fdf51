#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <diecast/core/thread_pool.hpp>
#include <diecast/data/batch.hpp>
#include <diecast/model/model.hpp>
#include <diecast/train/optimizer.hpp>

namespace diecast {

/// Ids drawn evenly from the vocabulary, as many as a batch of the preset holds; each target is another draw.
Batch random_batch(const Preset& preset, std::uint64_t seed);

/// An optimizer step as training takes it, without data: forward, backward, norm, clipping, AdamW, packing. Several
/// steps may share a model.
class TrainingStep {
 public:
  /// How the batch is taken.
  enum class Form {
    whole,
    by_sequence,  ///< one sequence at a time
    documents,    ///< cut into documents of a quarter of the context
  };

  /// The model must be initialised; it and the pool must outlive the step.
  TrainingStep(Model& model, ThreadPool& pool, Form form = Form::whole);

  void run();

 private:
  Model& model_;
  Form form_;
  double loss_scale_;
  std::unique_ptr<Optimizer> optimizer_;
  Batch batch_;
  std::vector<std::uint32_t> documents_;
  std::uint64_t step_ = 0;
};

}  // namespace diecast
