#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// nanoGPT's model for a CPU: characters of Shakespeare (README of github.com/karpathy/nanoGPT, "I only have a macbook").
struct shakespeare {
  static constexpr Preset value{
      .name = "shakespeare",
      .n_layers = 4, .d_model = 128, .n_heads = 4, .d_ff = 512,
      .vocab_size = 67,  // 65 characters, end of text, unknown
      .seq_len = 64, .batch_size = 12,
      .precision = Element::bf16,
      .bias = false,
  };
};

}  // namespace diecast::presets
