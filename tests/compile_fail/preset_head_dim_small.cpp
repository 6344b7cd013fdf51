// expect-error: preset: head_dim (d_model / n_heads) must be 16, 32, ... or 128; choose another n_heads
#include <diecast/preset/preset.hpp>

struct narrow_heads {
  static constexpr diecast::Preset value{
      .name = "narrow_heads",
      .n_layers = 2, .d_model = 64, .n_heads = 8, .d_ff = 128,
      .vocab_size = 100, .seq_len = 8, .batch_size = 2,
  };
};
template struct diecast::CheckPreset<narrow_heads>;
