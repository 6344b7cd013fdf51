#pragma once

#include "presets/gpt2.hpp"
#include "tests/shrunk.hpp"

namespace diecast::presets {

struct mini_gpt2 {
  static constexpr Preset value = shrunk("mini_gpt2", gpt2::value);
};

}  // namespace diecast::presets
