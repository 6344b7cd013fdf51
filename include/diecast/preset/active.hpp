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

#define DIECAST_TEXT_OF(name) #name
#define DIECAST_TEXT(name) DIECAST_TEXT_OF(name)
static_assert(ActivePreset::value.name == DIECAST_TEXT(DIECAST_PRESET),
              "preset: .name must be the name of the struct and of its file");
#undef DIECAST_TEXT
#undef DIECAST_TEXT_OF

}  // namespace diecast
