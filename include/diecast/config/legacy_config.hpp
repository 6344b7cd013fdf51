#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diecast {

/// A configuration of the program that Diecast grew out of, as Diecast's own.
struct ImportedConfig {
  std::string toml;                ///< what `resolve_run_config` reads beside the preset's defaults
  std::vector<std::string> notes;  ///< a line for each key that is not simply a key here, and why
};

/// Translates a JSON configuration of that program, `{"model": {...}, "computation": {...}, "training": {...}, "data":
/// {...}}`. Its keys of a shape go into [model] where they agree with `fixed_model`, a TOML line `name = value` for each
/// field of the preset, and become a note where they do not. The notes also name the keys that did nothing there, by the
/// program's own account of itself. Throws Error(Fault::usage), with `name` and the key, for JSON that is malformed, is
/// no such configuration, or has a value of the wrong type.
ImportedConfig import_legacy_config(std::string_view json, std::string_view name,
                                    std::string_view fixed_model);

}  // namespace diecast
