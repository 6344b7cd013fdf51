#pragma once

#include <string>
#include <vector>

#include <diecast/kernels/dispatch.hpp>
#include <diecast/preset/active.hpp>

namespace diecast {

/// The targets of this machine, and for bf16 the AMX kernels on their plain C++ body.
inline std::vector<std::string> tested_targets() {
  std::vector<std::string> targets = kernel_targets();
  if (ActivePreset::value.precision == Element::bf16) targets.emplace_back(kPlainTilesTarget);
  return targets;
}

}  // namespace diecast
