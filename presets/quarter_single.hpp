#pragma once

#include <diecast/preset/preset.hpp>

namespace diecast::presets {

/// `quarter` as the program that began the project trained it: one sequence at a time. With 32 micro-batches
/// the steps are those of `quarter`; the baseline that batching is measured against.
struct quarter_single {
  static constexpr Preset value{
      .name = "quarter_single",
      .n_layers = 2, .d_model = 256, .n_heads = 8, .d_ff = 1024,
      .vocab_size = 10000, .seq_len = 128, .batch_size = 1,
      .precision = Element::bf16,
  };
};

}  // namespace diecast::presets
