#include "cli/preset_config.hpp"

#include <string>
#include <vector>

#include <diecast/model/model.hpp>
#include <diecast/preset/fields.hpp>
#include <diecast/train/param_groups.hpp>

#include "cli/commands.hpp"
#include "cli/text_file.hpp"

namespace diecast {

RunConfig resolve_preset_config(std::span<const std::string> files, std::span<const std::string> overrides) {
  const std::string default_name = "presets/" + std::string(active_preset().name) + ".toml";
  std::vector<std::string> texts;
  for (const std::string& file : files) texts.push_back(read_text_file(file));
  std::vector<TomlText> sources{{embedded_preset_toml, default_name}};
  for (std::size_t i = 0; i < files.size(); ++i) sources.push_back({texts[i], files[i]});
  RunConfig config = resolve_run_config(sources, overrides, describe(active_preset()));
  check_groups(config.optimizer.groups, model_param_table());
  return config;
}

}  // namespace diecast
