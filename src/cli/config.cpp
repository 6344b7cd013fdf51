#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <diecast/config/legacy_config.hpp>
#include <diecast/config/run_config.hpp>
#include <diecast/core/error.hpp>
#include <diecast/model/model.hpp>
#include <diecast/preset/fields.hpp>
#include <diecast/report/write_stderr.hpp>

#include "cli/commands.hpp"
#include "cli/preset_config.hpp"
#include "cli/text_file.hpp"
#include "core/durable_file.hpp"

namespace diecast {
namespace {

int import_config(const ConfigOptions& options) {
  const std::string& name = options.files.front();
  const ImportedConfig imported = import_legacy_config(read_text_file(name), name, describe(active_preset()));
  // An existing file may be somebody's work.
  if (!options.out.empty() && std::filesystem::exists(options.out))
    throw Error(Fault::usage, "there is a file already", options.out, "give --out another name or move that file");
  for (const std::string& note : imported.notes) write_stderr(fmt::format("note: {}\n", note));
  if (options.out.empty())
    fmt::print("{}", imported.toml);
  else
    replace_file(options.out, imported.toml);
  return 0;
}

}  // namespace

int config(const ConfigOptions& options) {
  switch (options.action) {
    case ConfigOptions::Action::reference:
      fmt::print("{}", reference_toml(resolve_preset_config({}, {})));
      return 0;
    case ConfigOptions::Action::check:
      resolve_preset_config(options.files, options.overrides);
      fmt::print("{}: a good configuration for {}\n",
                 options.files.empty() ? std::string("the default") : options.files.back(), active_preset().name);
      return 0;
    case ConfigOptions::Action::show:
      fmt::print("{}", origins_toml(resolve_preset_config(options.files, options.overrides), options.resolved));
      return 0;
    case ConfigOptions::Action::import:
      return import_config(options);
  }
  return 0;
}

}  // namespace diecast
