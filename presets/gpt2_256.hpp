#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// `gpt2` with a context of 256 tokens: a batch of it is a thousand tokens, so that an update of all its parameters
/// weighs more.
struct gpt2_256 {
  static constexpr Preset value{
      .name = "gpt2_256",
      .n_layers = 12, .d_model = 768, .n_heads = 12, .d_ff = 3072,
      .vocab_size = 50257, .seq_len = 256, .batch_size = 4,
      .precision = Element::bf16,
  };
};

}  // namespace diecast::presets
