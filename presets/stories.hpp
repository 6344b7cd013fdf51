#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// A small model in Llama's form (Touvron et al. 2023, arXiv:2302.13971) with grouped-query attention.
struct stories {
  static constexpr Preset value{
      .name = "stories",
      .n_layers = 6, .d_model = 288, .n_heads = 6, .n_kv_heads = 3, .d_ff = 768,
      .vocab_size = 32000, .seq_len = 256, .batch_size = 16,
      .precision = Element::bf16,
      .norm = Norm::rms_norm, .position = Position::rope, .mlp = MlpKind::swiglu,
      .tied_head = true, .bias = false,
  };
};

}  // namespace diecast::presets
