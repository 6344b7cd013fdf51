#include "model/observed_model.hpp"

namespace diecast {
namespace {

using Q = Observed<ActivePreset>;
using ObservedTransformer = Transformer<Q>;
static_assert(ObservedTransformer::Saved::bytes == ActiveTransformer::Saved::bytes &&
                  ObservedTransformer::Scratch::bytes == ActiveTransformer::Scratch::bytes,
              "an observed model must lie in the memory of the model");

// Calls run(context, frame), both of the observed model.
template <class Run>
auto under(const Context<ActivePreset>& ctx, const ActiveFrame& f, LayerObserver& observer, const Run& run) {
  const KernelTable<Q> kernels = kernels_under<Q>(*ctx.kernels);
  Context<Q> observed = context_under(ctx, kernels);
  observed.observer = &observer;
  return run(observed, Frame<ObservedTransformer>{f.params, f.packs, f.grads, f.saved, f.scratch, f.stream});
}

}  // namespace

void observed_pack(const Context<ActivePreset>& ctx, const ActiveFrame& frame, LayerObserver& observer) {
  under(ctx, frame, observer, [](const auto& observed, const auto& f) { ObservedTransformer::pack(observed, f); });
}

ActiveTransformer::Losses observed_losses(const Context<ActivePreset>& ctx, const ActiveFrame& frame,
                                          ActiveTransformer::Ids ids, ActiveTransformer::Targets targets,
                                          LayerObserver& observer) {
  return under(ctx, frame, observer, [&](const auto& observed, const auto& f) {
    return ObservedTransformer::losses(observed, f, ids, targets);
  });
}

ActiveTransformer::Losses observed_forward_backward(const Context<ActivePreset>& ctx, const ActiveFrame& frame,
                                                    std::byte* sums, ActiveTransformer::Ids ids,
                                                    ActiveTransformer::Targets targets, float scale,
                                                    const LossOptions& options, LayerObserver& observer) {
  return under(ctx, frame, observer, [&](const auto& observed, const auto& f) {
    return ObservedTransformer::forward_backward(observed, f, sums, ids, targets, scale, options);
  });
}

}  // namespace diecast
