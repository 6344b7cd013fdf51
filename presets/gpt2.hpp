#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// GPT-2 124M (Radford et al. 2019) to the letter, except that its dropout is left out, as is common today.
struct gpt2 {
  static constexpr Preset value{
      .name = "gpt2",
      .n_layers = 12, .d_model = 768, .n_heads = 12, .d_ff = 3072,
      .vocab_size = 50257, .seq_len = 1024, .batch_size = 4,
      .precision = Element::bf16,
  };
};

}  // namespace diecast::presets
