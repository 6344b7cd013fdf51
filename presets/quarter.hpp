#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// The model of the story that began the project, in GPT-2's form.
struct quarter {
  static constexpr Preset value{
      .name = "quarter",
      .n_layers = 2, .d_model = 256, .n_heads = 8, .d_ff = 1024,
      .vocab_size = 10000, .seq_len = 128, .batch_size = 32,
      .precision = Element::bf16,
  };
};

}  // namespace diecast::presets
