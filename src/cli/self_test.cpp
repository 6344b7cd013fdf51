#include "cli/self_test.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <diecast/bench/training_step.hpp>
#include <diecast/data/batch.hpp>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/kernels/peak.hpp>
#include <diecast/machine/memory.hpp>
#include <diecast/model/model.hpp>

namespace diecast {
namespace {

constexpr std::string_view kReference = "SSE2";
constexpr std::uint64_t kSeed = 1;

// Any kernel that is wrong is wrong by more. f32 differs by the order of sums alone; the same short roundings
// flip where those sums lie near the middle of two bf16 numbers, 2^-9 apart relatively, or of f16, 2^-12 apart.
double bound() { return active_preset().precision == Element::f32 ? 1e-4 : 2e-2; }

// Seconds that SSE2 may take for a training step. Kernels reach a quarter of the peak even where it emulates bf16.
constexpr double kMostSeconds = 10;
constexpr double kShareOfPeak = 0.25;

bool step_is_affordable(ThreadPool& pool) {
  const double flops = model_plan().flops_per_token * static_cast<double>(active_preset().rows());
  const double gflops = measure_peak(pool, kReference).gflops(active_preset().precision);
  return flops < kMostSeconds * kShareOfPeak * gflops * 1e9;
}

std::vector<NamedValues> gradients_of(Model& model) {
  const Batch batch = random_batch(active_preset(), kSeed);
  std::ranges::fill(model.gradients(), 0.0f);
  model.forward_backward(batch.view(), 1.0f, {.seed = kSeed});  // of the sum: those of the mean are small for f16
  std::vector<NamedValues> gradients;
  for (const ParamRow& row : model.param_table().rows) {
    const auto values = row.in(model.gradients());
    gradients.push_back({row.name, {values.begin(), values.end()}});
  }
  return gradients;
}

std::vector<NamedValues> logits_of(Model& model) {
  const auto decoder = model.make_decoder();
  const Batch batch = random_batch(active_preset(), kSeed);
  std::vector<NamedValues> logits;
  for (std::size_t i = 0; i < std::min<std::size_t>(8, active_preset().seq_len); ++i) {
    const auto values = decoder->next(batch.inputs[i]);
    logits.push_back({fmt::format("position {}", i), {values.begin(), values.end()}});
  }
  return logits;
}

using Evaluate = std::vector<NamedValues> (*)(Model&);

// One model at a time: two may not fit.
std::vector<NamedValues> evaluate_on(std::string_view target, ThreadPool& pool, Evaluate evaluate) {
  const std::unique_ptr<Model> model = make_model(pool, target);
  model->initialise(kSeed);
  return evaluate(*model);
}

}  // namespace

Check self_test(ThreadPool& pool, const std::string& target, std::size_t available_bytes) {
  const std::vector<std::string> targets = kernel_targets();
  const std::string other = target == kReference ? targets.front() : std::string(kReference);
  if (other == target)
    return {"self-test", Check::Status::warn, fmt::format("{} is all there is, nothing to compare with", target),
            "build with -Dtargets=all"};
  const std::size_t needed = model_plan(pool.threads()).total_bytes + 2 * sizeof(float) * model_param_table().stored;
  if (needed > available_bytes)
    return {"self-test", Check::Status::warn, "skipped: it needs " + readable_bytes(needed), "free some memory"};

  const bool whole_step = step_is_affordable(pool);
  const Evaluate evaluate = whole_step ? gradients_of : logits_of;
  const auto expected = evaluate_on(other, pool, evaluate);
  const auto actual = evaluate_on(target, pool, evaluate);
  return agreement_check(fmt::format("{} of {} and {}", whole_step ? "gradients" : "logits", target, other),
                         worst_disagreement(actual, expected), bound());
}

}  // namespace diecast
