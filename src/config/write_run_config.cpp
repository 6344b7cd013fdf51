#include <fmt/format.h>

#include <diecast/config/run_config.hpp>

#include "config/setting_table.hpp"
#include "config/setting_value.hpp"

namespace diecast {
namespace {

std::string_view help_of(const NamedSetting& setting) {
  return std::visit([](const auto* s) { return s->help; }, setting.setting);
}

const std::string& origin_of(const NamedSetting& setting) {
  return std::visit([](const auto* s) -> const std::string& { return s->where; }, setting.setting);
}

// A TOML text of one section after another, `line(setting)` for each setting; sections of empty lines are left out.
template <class Line>
std::string toml_by_sections(RunConfig& config, const Line& line) {
  std::string text;
  std::string section;
  for (const NamedSetting& setting : setting_table(config)) {
    const std::string written = line(setting);
    if (written.empty()) continue;
    if (setting.section != section) {
      section = setting.section;
      text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section);
    }
    text += written;
  }
  return text;
}

}  // namespace

std::string to_toml(RunConfig config, std::string_view fixed_model) {
  const std::string text = toml_by_sections(config, [](const NamedSetting& setting) {
    return fmt::format("{} = {}\n", setting.key, toml_value(setting));
  });
  return fmt::format("{}\n[model]  # fixed by the preset\n{}", text, fixed_model);
}

std::string describe_settings(RunConfig config) {
  std::string text;
  for (const NamedSetting& setting : setting_table(config))
    text += fmt::format("  {:<26} {} [{}]\n", setting.name(), help_of(setting), toml_value(setting));
  return text;
}

std::string reference_toml(RunConfig config) {
  return toml_by_sections(config, [](const NamedSetting& setting) {
    return fmt::format("# {}; {}\n{} = {}\n", help_of(setting), allowed_values(setting), setting.key,
                       toml_value(setting));
  });
}

std::string origins_toml(RunConfig config, bool all) {
  return toml_by_sections(config, [all](const NamedSetting& setting) {
    if (!all && origin_of(setting) == "default") return std::string();
    return fmt::format("{:<40}  # {}\n", fmt::format("{} = {}", setting.key, toml_value(setting)), origin_of(setting));
  });
}

}  // namespace diecast
