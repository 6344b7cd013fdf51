#pragma once

#include <span>
#include <vector>

#include <diecast/model/model.hpp>

namespace diecast {

/// One of the model's flat arrays and what its tensors' names begin with in a checkpoint's files.
struct FlatArray {
  const char* prefix;
  std::span<float> values;
};

/// What model.safetensors holds.
inline std::vector<FlatArray> parameter_arrays(Model& model) { return {{"", model.parameters()}}; }
/// What ema.safetensors holds.
inline std::vector<FlatArray> mean_arrays(Model& model) { return {{"", model.means()}}; }
/// What optimizer.safetensors holds.
inline std::vector<FlatArray> moment_arrays(Model& model) {
  return {{"m.", model.first_moments()}, {"v.", model.second_moments()}};
}

}  // namespace diecast
