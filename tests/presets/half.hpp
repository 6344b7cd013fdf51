#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// f16, nearly in the sizes of `mixed`: a context that is neither a whole key panel nor a whole query block, two
/// blocks of the loss head, grouped queries; LayerNorm and RoPE beside GELU.
struct half {
  static constexpr Preset value{
      .name = "half",
      .n_layers = 2, .d_model = 96, .n_heads = 6, .n_kv_heads = 2, .d_ff = 160,
      .vocab_size = 200, .seq_len = 80, .batch_size = 7,
      .precision = Element::f16,
      .position = Position::rope,
  };
};

}  // namespace diecast::presets
