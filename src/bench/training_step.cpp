#include <diecast/bench/training_step.hpp>

#include <algorithm>
#include <cmath>

#include <diecast/core/error.hpp>
#include <diecast/core/random.hpp>
#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/span_ops.hpp>
#include <diecast/train/loss_scale.hpp>

namespace diecast {
namespace {

constexpr std::uint64_t kSeed = 1;
// The parameters stay what they were: every step then works on the same numbers, however many there are.
constexpr double kLearningRate = 0;

// Lengths of documents that cut each sequence into four, or fewer where it is short.
std::vector<std::uint32_t> quarters(const Preset& preset) {
  const std::size_t quarter = ceil_div(preset.seq_len, 4);
  std::vector<std::uint32_t> lengths;
  for (std::size_t sequence = 0; sequence < preset.batch_size; ++sequence)
    for (std::size_t begin = 0; begin < preset.seq_len; begin += quarter)
      lengths.push_back(static_cast<std::uint32_t>(std::min(quarter, preset.seq_len - begin)));
  return lengths;
}

}  // namespace

Batch random_batch(const Preset& preset, std::uint64_t seed) {
  const Random random{seed, 0x62656E6368};  // "bench"
  const auto id = [&](std::size_t i) {
    return static_cast<Token>(random.uniform(i) * static_cast<double>(preset.vocab_size));
  };
  Batch batch;
  for (std::size_t i = 0; i < preset.rows(); ++i) {
    batch.inputs.push_back(id(2 * i));
    batch.targets.push_back(id(2 * i + 1));
  }
  return batch;
}

TrainingStep::TrainingStep(Model& model, ThreadPool& pool, Form form)
    : model_(model),
      form_(form),
      loss_scale_(LossScale(model.preset().precision).value()),
      optimizer_(make_optimizer(
          model.param_table(), {model.parameters(), model.gradients(), model.first_moments(), model.second_moments()},
          {}, pool, span_ops(model.target()))),
      batch_(random_batch(model.preset(), kSeed)) {
  optimizer_->zero_gradients();
  if (form == Form::documents) documents_ = quarters(model.preset());
}

void TrainingStep::run() {
  const float scale = static_cast<float>(loss_scale_) / static_cast<float>(model_.preset().rows());
  TokenBatch batch = batch_.view();
  batch.documents = documents_;
  const DropoutKey key{.seed = kSeed, .step = step_};
  if (form_ == Form::by_sequence) {
    model_.forward_backward_by_sequence(batch, scale, key);
  } else {
    model_.forward_backward(batch, scale, key);
  }
  const double norm = optimizer_->gradient_norm(loss_scale_);
  if (!std::isfinite(norm))  // a learning rate of 0 would not keep it from the parameters
    throw Error(Fault::run, "the gradient is not finite", "bench", "report this with the output of doctor");
  optimizer_->update(++step_, kLearningRate, norm, loss_scale_);
  model_.parameters_changed();
}

}  // namespace diecast
