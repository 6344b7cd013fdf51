#include <fmt/format.h>

#include <diecast/config/run_config.hpp>

#include "config/setting_table.hpp"

namespace diecast {

std::string to_toml(RunConfig config, std::string_view fixed_model) {
  std::string text;
  std::string section;
  for (const NamedSetting& setting : setting_table(config)) {
    if (setting.section != section) {
      section = setting.section;
      text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section);
    }
    text += fmt::format("{} = {}\n", setting.key, toml_value(setting));
  }
  return fmt::format("{}\n[model]  # fixed by the preset\n{}", text, fixed_model);
}

std::string describe_settings(RunConfig config) {
  std::string text;
  for (const NamedSetting& setting : setting_table(config)) {
    const std::string_view help = std::visit([](const auto* s) { return s->help; }, setting.setting);
    text += fmt::format("  {:<26} {} [{}]\n", setting.name(), help, toml_value(setting));
  }
  return text;
}

}  // namespace diecast
