#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// Dropout in blocks that are run again in backward.
struct tiny_block {
  static constexpr Preset value{
      .name = "tiny_block",
      .n_layers = 3, .d_model = 64, .n_heads = 2, .d_ff = 96,
      .vocab_size = 100, .seq_len = 24, .batch_size = 2,
      .precision = Element::f32,
      .dropout = 0.1,
      .recompute = Recompute::block,
  };
};

}  // namespace diecast::presets
