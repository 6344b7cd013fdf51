#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// bf16 over more rows than one block of any product, heads of five vectors, LayerNorm
/// without bias, RoPE beside GELU.
struct wide {
  static constexpr Preset value{
      .name = "wide",
      .n_layers = 1, .d_model = 160, .n_heads = 2, .d_ff = 32,
      .vocab_size = 40, .seq_len = 264, .batch_size = 2,
      .precision = Element::bf16,
      .position = Position::rope,
      .bias = false,
  };
};

}  // namespace diecast::presets
