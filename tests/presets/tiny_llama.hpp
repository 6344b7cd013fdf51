#pragma once

#include "tests/golden/golden.hpp"

namespace diecast::presets {

using tiny_llama = golden::tiny_llama;

}  // namespace diecast::presets
