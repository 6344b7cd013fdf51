#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// bf16 for kernels in tiles: a product whose reduced extent is taken in three parts, heads of whole tiles in more
/// than two blocks of keys, and rests of 12 rows everywhere.
struct deep {
  static constexpr Preset value{
      .name = "deep",
      .n_layers = 1, .d_model = 64, .n_heads = 2, .n_kv_heads = 1, .d_ff = 1056,
      .vocab_size = 150, .seq_len = 150, .batch_size = 2,
      .precision = Element::bf16,
      .position = Position::rope,
  };
};

}  // namespace diecast::presets
