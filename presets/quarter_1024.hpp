#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// `quarter` with a context of 1024 tokens and as many tokens in a batch: what a longer context costs.
struct quarter_1024 {
  static constexpr Preset value{
      .name = "quarter_1024",
      .n_layers = 2, .d_model = 256, .n_heads = 8, .d_ff = 1024,
      .vocab_size = 10000, .seq_len = 1024, .batch_size = 4,
      .precision = Element::bf16,
  };
};

}  // namespace diecast::presets
