#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// Small enough to check every derivative; trains in seconds.
struct tiny {
  static constexpr Preset value{
      .name = "tiny",
      .n_layers = 2, .d_model = 64, .n_heads = 4, .d_ff = 256,
      .vocab_size = 500, .seq_len = 32, .batch_size = 8,
      .precision = Element::f32,
  };
};

}  // namespace diecast::presets
