#pragma once

#include "presets/stories.hpp"
#include "tests/shrunk.hpp"

namespace diecast::presets {

/// Llama's form, its branches run again in backward.
struct tiny_branches {
  static constexpr Preset value = shrunk("tiny_branches", WithRecompute<stories, Recompute::branches>::value);
};

}  // namespace diecast::presets
