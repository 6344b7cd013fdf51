// expect-error: preset: dropout must be 0 or from 0.00001 to 0.9999
#include <diecast/preset/preset.hpp>

struct drops_all {
  static constexpr diecast::Preset value{
      .name = "drops_all",
      .n_layers = 2, .d_model = 64, .n_heads = 4, .d_ff = 128,
      .vocab_size = 100, .seq_len = 8, .batch_size = 2,
      .dropout = 1,
  };
};
template struct diecast::CheckPreset<drops_all>;
