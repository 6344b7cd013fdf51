#pragma once

#include "presets/stories.hpp"
#include "tests/shrunk.hpp"

namespace diecast::presets {

struct mini_stories {
  static constexpr Preset value = shrunk("mini_stories", stories::value);
};

}  // namespace diecast::presets
