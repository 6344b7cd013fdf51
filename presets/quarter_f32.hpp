#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// `quarter` in single precision, what the short ones are compared with.
struct quarter_f32 {
  static constexpr Preset value{
      .name = "quarter_f32",
      .n_layers = 2, .d_model = 256, .n_heads = 8, .d_ff = 1024,
      .vocab_size = 10000, .seq_len = 128, .batch_size = 32,
      .precision = Element::f32,
  };
};

}  // namespace diecast::presets
