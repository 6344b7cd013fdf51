// expect-error: preset: norm_eps must be at least 1e-9 and below 1
#include <diecast/preset/preset.hpp>

using namespace diecast;

struct broken {
  static constexpr Preset value{
      .name = "broken",
      .n_layers = 1, .d_model = 64, .n_heads = 4, .d_ff = 64,
      .vocab_size = 100, .seq_len = 16, .batch_size = 2,
      .norm_eps = 0,
  };
};
template struct diecast::CheckPreset<broken>;
