#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// The combinations that no shipped preset has, and a context that is neither a whole key panel nor a whole
/// query block. Two blocks of the loss head, the second a rest. Branches are run again in backward.
struct mixed {
  static constexpr Preset value{
      .name = "mixed",
      .n_layers = 2, .d_model = 96, .n_heads = 6, .n_kv_heads = 2, .d_ff = 160,
      .vocab_size = 200, .seq_len = 74, .batch_size = 7,
      .precision = Element::f32,
      .norm = Norm::rms_norm, .position = Position::learned, .mlp = MlpKind::swiglu,
      .tied_head = false, .bias = true,
      .recompute = Recompute::branches,
  };
};

}  // namespace diecast::presets
