#pragma once

#include <diecast/model/observer.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

namespace diecast {

// What Transformer<ActivePreset> does, with an observer that is told so: the same kernels on the same memory. A file of
// its own, and a library with little optimisation: what runs here is only what leads from kernel to kernel.

using ActiveTransformer = Transformer<ActivePreset>;
using ActiveFrame = Frame<ActiveTransformer>;

void observed_pack(const Context<ActivePreset>& ctx, const ActiveFrame& frame, LayerObserver& observer);
ActiveTransformer::Losses observed_losses(const Context<ActivePreset>& ctx, const ActiveFrame& frame,
                                          ActiveTransformer::Ids ids, ActiveTransformer::Targets targets,
                                          LayerObserver& observer);
ActiveTransformer::Losses observed_forward_backward(const Context<ActivePreset>& ctx, const ActiveFrame& frame,
                                                    std::byte* sums, ActiveTransformer::Ids ids,
                                                    ActiveTransformer::Targets targets, float scale,
                                                    const LossOptions& options, LayerObserver& observer);

}  // namespace diecast
