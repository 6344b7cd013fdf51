#pragma once

#include <span>
#include <string>

#include <diecast/config/run_config.hpp>

namespace diecast {

/// The configuration of a new run: the preset's default, then each of `files`, then each of `overrides`. Throws
/// Error(Fault::usage).
RunConfig resolve_preset_config(std::span<const std::string> files, std::span<const std::string> overrides);

}  // namespace diecast
