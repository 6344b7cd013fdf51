// expect-error: preset: batch_size * seq_len must be even, bf16 products come in pairs
#include <diecast/preset/preset.hpp>

struct odd_rows {
  static constexpr diecast::Preset value{
      .name = "odd_rows",
      .n_layers = 2, .d_model = 64, .n_heads = 4, .d_ff = 128,
      .vocab_size = 100, .seq_len = 5, .batch_size = 3,
  };
};
template struct diecast::CheckPreset<odd_rows>;
