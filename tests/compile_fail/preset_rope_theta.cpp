// expect-error: preset: rope_theta must be positive
#include <diecast/preset/preset.hpp>

using namespace diecast;

struct broken {
  static constexpr Preset value{
      .name = "broken",
      .n_layers = 1, .d_model = 64, .n_heads = 4, .d_ff = 64,
      .vocab_size = 100, .seq_len = 16, .batch_size = 2,
      .rope_theta = 0,
  };
};
template struct diecast::CheckPreset<broken>;
