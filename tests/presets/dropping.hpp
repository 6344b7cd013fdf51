#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// Dropout at every place, a head of three vectors, one sequence a batch, and a second block of queries.
struct dropping {
  static constexpr Preset value{
      .name = "dropping",
      .n_layers = 2, .d_model = 96, .n_heads = 2, .d_ff = 128,
      .vocab_size = 100, .seq_len = 40, .batch_size = 1,
      .precision = Element::f32,
      .dropout = 0.1,
  };
};

}  // namespace diecast::presets
