#pragma once

#include <optional>
#include <string>

namespace diecast {

/// What parameters whose names match a pattern get in place of the others' values.
struct ParamGroup {
  std::string match;                     ///< a glob over whole names, as `blocks.*.norm.*`
  double lr = 1;                         ///< times the learning rate; 0 freezes them
  std::optional<double> weight_decay{};  ///< in place of optimizer.weight_decay; norms and biases then decay too

  bool operator==(const ParamGroup&) const = default;
};

}  // namespace diecast
