// expect-error: preset: dropout must be in [0, 1)
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
