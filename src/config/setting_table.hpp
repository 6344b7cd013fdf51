#pragma once

#include <string>
#include <variant>
#include <vector>

#include <diecast/config/run_config.hpp>

namespace diecast {

/// A setting of a RunConfig, found by name. Points into the RunConfig it was made from.
struct NamedSetting {
  std::string section;
  std::string key;
  std::variant<Count*, Flag*, Groups*, Real*, Reals*, Text*, Texts*> setting;

  std::string name() const { return section + "." + key; }
};

/// Every setting of `config`, in the order of the sections and keys.
std::vector<NamedSetting> setting_table(RunConfig& config);

/// A number as TOML writes it: the shortest form that reads back to the same value, always a float.
std::string toml_float(double value);

/// A string in TOML's basic form, quoted and escaped.
std::string toml_string(const std::string& value);

/// The setting's value as TOML.
std::string toml_value(const NamedSetting& setting);

}  // namespace diecast
