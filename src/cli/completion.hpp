#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace diecast {

/// The script with which `shell` (bash, zsh or fish) completes the commands and options of `app`, files, and after --set
/// the keys of the configuration.
std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace diecast
