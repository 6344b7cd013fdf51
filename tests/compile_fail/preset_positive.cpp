// expect-error: preset: n_layers, d_model, n_heads, d_ff, vocab_size, seq_len and batch_size must be positive
#include <diecast/preset/preset.hpp>

struct no_layers {
  static constexpr diecast::Preset value{
      .name = "no_layers",
      .n_layers = 0, .d_model = 64, .n_heads = 4, .d_ff = 128,
      .vocab_size = 100, .seq_len = 8, .batch_size = 2,
  };
};
template struct diecast::CheckPreset<no_layers>;
