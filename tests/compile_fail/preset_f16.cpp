// expect-error: preset: precision f16 is not available; choose f32 or bf16
#include <diecast/preset/preset.hpp>

struct half {
  static constexpr diecast::Preset value{
      .name = "half",
      .n_layers = 2, .d_model = 64, .n_heads = 4, .d_ff = 128,
      .vocab_size = 100, .seq_len = 8, .batch_size = 2,
      .precision = diecast::Element::f16,
  };
};
template struct diecast::CheckPreset<half>;
