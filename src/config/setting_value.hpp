#pragma once

#include <string>

#include <toml++/toml.h>

#include "config/setting_table.hpp"

namespace diecast {

/// `file:line:column` of a place in a TOML text.
std::string where_in(const toml::source_region& region);

/// Gives the setting the value of `node` and remembers `where` it came from. Throws Error(Fault::usage) when
/// its type or its range is wrong. A number without fraction will do where a float is asked for.
void assign(const NamedSetting& setting, const toml::node& node, const std::string& where);

/// What the setting may be, as in `an integer from 0 to 1024`.
std::string allowed_values(const NamedSetting& setting);

}  // namespace diecast
