#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// `quarter` in half precision, with dynamic loss scaling.
struct quarter_f16 {
  static constexpr Preset value{
      .name = "quarter_f16",
      .n_layers = 2, .d_model = 256, .n_heads = 8, .d_ff = 1024,
      .vocab_size = 10000, .seq_len = 128, .batch_size = 32,
      .precision = Element::f16,
  };
};

}  // namespace diecast::presets
