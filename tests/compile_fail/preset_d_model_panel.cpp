// expect-error: preset: d_model must be a multiple of 32, one register panel
#include <diecast/preset/preset.hpp>

struct cut_panel {
  static constexpr diecast::Preset value{
      .name = "cut_panel",
      .n_layers = 2, .d_model = 48, .n_heads = 1, .d_ff = 128,
      .vocab_size = 100, .seq_len = 8, .batch_size = 2,
  };
};
template struct diecast::CheckPreset<cut_panel>;
