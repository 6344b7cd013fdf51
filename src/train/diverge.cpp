#include "train/diverge.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <diecast/train/nonfinite.hpp>

namespace diecast {
namespace {

std::string spell_origin(const std::vector<TokenOrigin>& origins) {
  return origins.empty() ? std::string() : fmt::format("{} (id {})", origins.front().name, origins.front().id);
}

// The document of a row of a batch; none where the row is filled up.
std::string document_of(const BatchStream& batches, std::uint64_t index, std::size_t row) {
  const std::size_t seq_len = batches.options().seq_len;
  const BatchRow from = batches.row(index, row / seq_len);
  const std::size_t position = row % seq_len;
  if (position >= from.length) return {};
  return spell_origin(batches.tokens(from.part).origins(from.first + position, 1));
}

[[noreturn]] void keep_and_throw(const TrainerParts& parts, const NonFiniteBundle& bundle) {
  const std::string name(parts.model.preset().name);
  std::string remedy = "lower optimizer.lr or optimizer.grad_clip";
  const std::filesystem::path folder = parts.folder / fmt::format("nonfinite-step-{}", bundle.step);
  try {
    if (!parts.folder.empty()) {
      write_bundle(folder, parts.model, bundle);
      remedy += fmt::format("; see it again with `{} replay {}`", name, folder.string());
    }
  } catch (const Error& error) {
    parts.log.warning(error.what());
  }
  throw Error(Fault::diverged,
              fmt::format("the {} is not finite{}", bundle.what, to_text(bundle, parts.model.preset().seq_len)),
              fmt::format("step {}", bundle.step), remedy + "; checkpoints of earlier steps are intact");
}

NonFiniteBundle empty_bundle(const TrainerParts& parts, std::string_view what, std::uint64_t step) {
  return {.what = std::string(what),
          .step = step,
          .target = std::string(parts.model.target()),
          .threads = parts.pool.threads()};
}

}  // namespace

void end_diverged(const TrainerParts& parts, const Divergence& divergence) {
  NonFiniteBundle bundle = empty_bundle(parts, divergence.what, divergence.step);
  for (std::uint64_t i = 0; i < parts.plan.micro_batches && !bundle.found; ++i) {
    const std::uint64_t index = divergence.first_micro_step + i;
    bundle.micro_step = {.scale = divergence.scale,
                         .key = {.seed = parts.config.run.seed, .step = divergence.steps_done},
                         .part = {.index = i, .count = parts.plan.micro_batches, .options = parts.plan.loss}};
    parts.batches.fill(index, bundle.micro_step.batch);
    bundle.found = find_nonfinite(parts.model, bundle.micro_step);
    if (bundle.found && bundle.found->row) bundle.document = document_of(parts.batches, index, *bundle.found->row);
  }
  keep_and_throw(parts, bundle);
}

void end_diverged_evaluation(const TrainerParts& parts, std::uint64_t step) {
  NonFiniteBundle bundle = empty_bundle(parts, "validation loss", step);
  const EvaluationBatches& batches = parts.evaluator.batches();
  const std::size_t index = parts.evaluator.last_batch();
  bundle.micro_step.trains = false;
  batches.fill(index, bundle.micro_step.batch);
  bundle.found = find_nonfinite(parts.model, bundle.micro_step);
  if (bundle.found && bundle.found->row) {
    const std::uint64_t token = index * bundle.micro_step.batch.inputs.size() + *bundle.found->row;
    if (token < batches.targets()) bundle.document = spell_origin(batches.tokens().origins(token, 1));
  }
  keep_and_throw(parts, bundle);
}

}  // namespace diecast
