// expect-error: preset: d_model must be a multiple of n_heads
#include <diecast/preset/preset.hpp>

struct five_heads {
  static constexpr diecast::Preset value{
      .name = "five_heads",
      .n_layers = 2, .d_model = 64, .n_heads = 5, .d_ff = 128,
      .vocab_size = 100, .seq_len = 8, .batch_size = 2,
  };
};
template struct diecast::CheckPreset<five_heads>;
