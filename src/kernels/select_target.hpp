#pragma once

#include <string_view>

#include <hwy/targets.h>

#include <diecast/kernels/dispatch.hpp>

namespace diecast {

/// Calls `use` while Highway's dynamic dispatch resolves to `target`, a name of kernel_targets(). Not
/// thread-safe: called when tables are made, before work starts.
template <class Use>
void with_target(std::string_view target, const Use& use) {
  hwy::SetSupportedTargetsForTest(target_bit(target));
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  use();
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace diecast
