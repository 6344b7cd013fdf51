// expect-error: preset: n_heads must be a multiple of n_kv_heads
#include <diecast/preset/preset.hpp>

struct three_kv_heads {
  static constexpr diecast::Preset value{
      .name = "three_kv_heads",
      .n_layers = 2, .d_model = 64, .n_heads = 4, .n_kv_heads = 3, .d_ff = 128,
      .vocab_size = 100, .seq_len = 8, .batch_size = 2,
  };
};
template struct diecast::CheckPreset<three_kv_heads>;
