#pragma once

#include <span>

#include <diecast/model/model.hpp>

namespace diecast {

/// Multiplies every matrix by 4. With golden values attention is close to uniform, so that a mistake in its
/// queries and keys hardly shows in a logit; then it is not.
inline void sharpen(Model& model) {
  for (const ParamRow& row : model.param_table().rows)
    if (row.shape.size() == 2)
      for (float& value : row.in(model.parameters())) value *= 4;
  model.parameters_changed();
}

}  // namespace diecast
