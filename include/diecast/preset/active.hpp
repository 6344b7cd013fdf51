#pragma once

#include <diecast/preset/preset.hpp>

#ifndef DIECAST_PRESET
#error "DIECAST_PRESET: name the preset this translation unit is built for, -DDIECAST_PRESET=quarter"
#endif
#include DIECAST_PRESET_HEADER

namespace diecast {

/// The preset this translation unit is built for.
using ActivePreset = presets::DIECAST_PRESET;
template struct CheckPreset<ActivePreset>;

}  // namespace diecast
